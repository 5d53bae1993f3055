"""Lists and sections: a section is a Struct whose fields are annotated with their kind and what they mean.

One declaration reads, judges and describes itself to editors:

    class Service(Section, frozen=True, kw_only=True):
        mean: Annotated[int, Duration(), "How long a robot works at a trailer."] = 1_800_000_000
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, NamedTuple, TypeVar, get_type_hints

import msgspec
from msgspec import NODEFAULT, Struct, structs
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from scenarios.language.kinds import UNREAD, AnyScalar, Choice, Json, Kind, ScalarKind, Spot, near
from scenarios.language.rules import Rule
from scenarios.language.source import Source, Span, printable, resolved, shown

S = TypeVar("S", bound="Section")


class At(Struct):
    """Where a section stands, where each of its values does, and which of them were read."""

    source: Source
    path: str
    span: Span
    values: dict[str, Node] = msgspec.field(default_factory=dict)
    keys: dict[str, Node] = msgspec.field(default_factory=dict)
    meant: set[str] = msgspec.field(default_factory=set)
    """Keys that unknown keys were most like: the author will add them when those are mended."""
    unread: set[str] = msgspec.field(default_factory=set)
    troubled: set[str] = msgspec.field(default_factory=set)
    """Keys with a mistake somewhere below them."""
    item_line: int = 0

    def is_given(self, key: str) -> bool:
        """Whether the author wrote the key."""
        return key in self.values

    def is_sound(self, *keys: str) -> bool:
        """Whether the values of these keys, written or by default, are what the author meant."""
        return not self.unread.intersection(keys)

    def spot(self, key: str) -> Spot:
        """The value of a key that was given."""
        return Spot(self.source, self.values[key], self._path(key), self.item_line)

    def line_of(self, key: str) -> int:
        """The line of a key's value, or of the section if it was not given."""
        return self.values[key].start_mark.line + 1 if key in self.values else self.span.line

    def blame(self, key: str, expected: str, *, got: str | None = None, suggestion: str | None = None) -> None:
        """Note a mistake at the value of a key, or at the section for want of the key."""
        if key in self.values:
            self.spot(key).blame(expected, got=got, suggestion=suggestion)
        else:
            path = self._path(key) if key else self.path
            self.source.note(self.span, path, got=got or "nothing", expected=expected, item_line=self.item_line)

    def blame_key(self, key: str, expected: str, *, got: str) -> None:
        """Note a mistake at a key that was given, whatever its value."""
        Spot(self.source, self.keys[key], self._path(key), self.item_line).blame(expected, got=got)

    def blame_missing(self, key: str, expected: str) -> None:
        """Note that a key is missing, unless the author only misspelt it."""
        if key not in self.meant:
            self.blame(key, expected)

    def _path(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


class Section(Struct, frozen=True, kw_only=True):
    """A mapping with known keys. A field `for_` is the key `for`."""

    RULES: ClassVar[tuple[Rule, ...]] = ()

    at: At


class Key(NamedTuple):
    """One key of a section. `default` is NODEFAULT where the key must be given."""

    field: str
    key: str
    kind: Kind
    doc: str
    default: Any


@cache
def keys_of(section: type[Section]) -> Mapping[str, Key]:
    """The keys of a section, in the order in which they are declared."""
    hints = get_type_hints(section, include_extras=True)
    keys = {}
    for field in structs.fields(section):
        if field.name != "at":
            kind, doc = hints[field.name].__metadata__
            default = field.default
            if field.default_factory is not NODEFAULT:
                default = field.default_factory()
            key = field.name.removesuffix("_")
            keys[key] = Key(field.name, key, kind, doc, default)
    return keys


class Of(Kind):
    """A section."""

    def __init__(self, section: type[Section]) -> None:
        self.section = section

    def expects(self) -> str:
        """The keys it has."""
        return f"a mapping of {', '.join(keys_of(self.section))}"

    def read(self, spot: Spot) -> Any:  # noqa: ANN401
        """The section, with stand-ins for what could not be read."""
        if not isinstance(spot.node, MappingNode):
            spot.blame(self.expects())
            return UNREAD
        return read_section(self.section, spot, spot.source.span_of(spot.node))

    def schema(self, definitions: dict[str, Json]) -> Json:
        """A reference to the section's definition."""
        name = self.section.__name__
        if name not in definitions:
            definitions[name] = {}
            definitions[name] = section_schema(self.section, definitions)
        return {"$ref": f"#/$defs/{name}"}


def read_section(section: type[S], spot: Spot, span: Span) -> S:
    """The mapping at `spot` as a section; every mistake in it is noted."""
    assert isinstance(spot.node, MappingNode)
    keys = keys_of(section)
    at = At(spot.source, spot.path, span, item_line=spot.item_line)
    at.keys, at.values = read_keys(spot, list(keys), at.meant)
    fields: dict[str, Any] = {"at": at}
    for key in keys.values():
        value = key.default
        if key.key in at.values:
            before = len(at.source.mistakes)
            value = key.kind.read(at.spot(key.key))
            if len(at.source.mistakes) > before:
                at.troubled.add(key.key)
        elif value is NODEFAULT:
            at.blame_missing(key.key, key.kind.expects())
            value = UNREAD
        if value is UNREAD:
            at.unread.add(key.key)
            value = stand_in(key.kind, at)
        fields[key.field] = value
    read = section(**fields)
    if section.RULES:
        values = {key.key: fields[key.field] for key in keys.values()}
        expects = {key.key: key.kind.expects() for key in keys.values()}
        for rule in section.RULES:
            rule.check(at, values, expects)
    return read


def stand_in(kind: Kind, at: At) -> Any:  # noqa: ANN401
    """A value of this kind in place of one that could not be read; a section of such values says so of all its keys."""
    if not isinstance(kind, Of):
        return kind.stand_in
    inner = At(at.source, at.path, at.span, unread=set(keys_of(kind.section)))
    return kind.section(at=inner, **{key.field: stand_in(key.kind, inner) for key in keys_of(kind.section).values()})


def read_keys(spot: Spot, known: list[str] | None, meant: set[str]) -> tuple[dict[str, Node], dict[str, Node]]:
    """The nodes of keys and of values, by key. `known`: None where any key will do; `meant` gets what others are like.

    Keys that are unknown or come twice are blamed and left out.
    """
    keys: dict[str, Node] = {}
    values: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for node, value in spot.node.value:
        key = node.value if isinstance(node, ScalarNode) else None
        path = f"{spot.path}.{printable(str(key))[:40]}" if spot.path else printable(str(key))[:40]
        at_key = Spot(spot.source, node, path, spot.item_line)
        if key is None or resolved(node) is None:
            Spot(spot.source, node, spot.path, spot.item_line).blame("a key", got=f"{shown(node)} as a key")
        elif key in lines:
            at_key.blame(f"each key once (it stands in line {lines[key]})", got="the key again")
        elif known is not None and key not in known:
            nearest = near(key, known)
            at_key.blame("one of " + ", ".join(known), got="an unknown key", suggestion=nearest)
            meant.update([nearest] if nearest else [])
        else:
            keys[key], values[key] = node, value
        lines.setdefault(str(key), node.start_mark.line + 1)
    return keys, values


class ListOf(Kind):
    """A list of values of one kind: a tuple."""

    stand_in = ()

    def __init__(self, item: Kind, *, least: int = 0, most: int) -> None:
        self.item, self._least, self._most = item, least, most
        self.expected = f"a list of {least} to {most}"

    def read(self, spot: Spot) -> Any:  # noqa: ANN401
        """The items that could be read; UNREAD where not all of them were."""
        if not isinstance(spot.node, SequenceNode):
            spot.blame(self.expected)
            return UNREAD
        if not self._least <= len(spot.node.value) <= self._most:
            spot.blame(self.expected, got=f"a list of {len(spot.node.value)}")
            return UNREAD
        items = []
        for index, node in enumerate(spot.node.value):
            at = Spot(spot.source, node, f"{spot.path}[{index}]", _naming_line(node) or spot.item_line)
            items.append(self.item.read(at))
        return tuple(item for item in items if item is not UNREAD)

    def schema(self, definitions: dict[str, Json]) -> Json:
        """An array."""
        bounds: Json = {"minItems": self._least, "maxItems": self._most}
        return {"type": "array", "items": self.item.schema(definitions), **bounds}


def _naming_line(node: Node) -> int:
    """The line of a list item that says which item it is: that of its `id`; 0 if it has none."""
    if isinstance(node, MappingNode):
        for key, _ in node.value:
            if key.value == "id":
                return int(key.start_mark.line) + 1
    return 0


class Entry(NamedTuple):
    """One value of a mapping with keys of the author's own, and where key and value stand."""

    value: Any
    spot: Spot
    key_spot: Spot


class MappingOf(Kind):
    """A mapping with keys of the author's own: a dict of entries."""

    def __init__(self, value: Kind, *, of: str, keys: Choice | None = None) -> None:
        self._value, self._keys, self.stand_in = value, keys, {}
        self.expected = f"a mapping of {of}"

    def read(self, spot: Spot) -> Any:  # noqa: ANN401
        """The entries that could be read."""
        if not isinstance(spot.node, MappingNode):
            spot.blame(self.expected)
            return UNREAD
        keys, values = read_keys(spot, None, set())
        entries = {}
        for key, node in values.items():
            path = f"{spot.path}.{printable(key)}"
            at, at_key = (Spot(spot.source, place, path, spot.item_line) for place in (node, keys[key]))
            if self._keys is not None and self._keys.read(at_key) is UNREAD:
                continue
            entries[key] = Entry(self._value.read(at), at, at_key)
        return {key: entry for key, entry in entries.items() if entry.value is not UNREAD}

    def schema(self, definitions: dict[str, Json]) -> Json:
        """An object."""
        schema: Json = {"type": "object", "additionalProperties": self._value.schema(definitions)}
        return schema if self._keys is None else {**schema, "propertyNames": {"enum": self._keys.names}}


class ScalarOr(Kind):
    """A scalar of one kind, or a list or mapping of another."""

    def __init__(self, scalar: ScalarKind, other: Kind) -> None:
        self.scalar, self.other, self.stand_in = scalar, other, other.stand_in

    def expects(self) -> str:
        """Either."""
        return f"{self.scalar.expects()}, or {self.other.expects()}"

    def read(self, spot: Spot) -> Any:  # noqa: ANN401
        """What the node's form asks for."""
        wanted = SequenceNode if isinstance(self.other, ListOf) else MappingNode
        if isinstance(spot.node, ScalarNode) and not isinstance(self.scalar, AnyScalar):
            value = self.scalar.parse(spot.node, resolved(spot.node))
            if value is UNREAD:
                spot.blame(self.expects(), suggestion=self.scalar.nearest(spot.node.value))
            return value
        if not isinstance(spot.node, wanted):
            spot.blame(self.expects())
            return UNREAD
        return self.other.read(spot)

    def schema(self, definitions: dict[str, Json]) -> Json:
        """Either."""
        return {"anyOf": [self.scalar.schema(definitions), self.other.schema(definitions)]}


class OneOf(Kind):
    """One of several sections; which one shows by the key that only it has."""

    def __init__(self, sections: Mapping[str, type[Section]]) -> None:
        self._sections = sections
        self.expected = "a mapping with one of " + ", ".join(sections)

    def read(self, spot: Spot) -> Any:  # noqa: ANN401
        """The section."""
        if not isinstance(spot.node, MappingNode):
            spot.blame(self.expected)
            return UNREAD
        keys = [(node.value, node) for node, _ in spot.node.value if isinstance(node, ScalarNode)]
        told = [(key, node) for key, node in keys if key in self._sections]
        if not told:
            guess = next((match for key, _ in keys if (match := near(key, self._sections))), None)
            key, node = keys[0] if keys else ("", spot.node)
            spot = Spot(spot.source, node, spot.path, spot.item_line)
            spot.blame(self.expected, got=f'"{printable(key)}"' if keys else "nothing", suggestion=guess)
            return UNREAD
        if len({key for key, _ in told}) > 1:
            spot = Spot(spot.source, told[1][1], spot.path, spot.item_line)
            spot.blame(f"one of {', '.join(self._sections)}", got=f"both {told[0][0]} and {told[1][0]}")
            return UNREAD
        return read_section(self._sections[told[0][0]], spot, spot.source.span_of(spot.node))

    def schema(self, definitions: dict[str, Json]) -> Json:
        """Any of them; the keys keep them apart."""
        return {"anyOf": [Of(section).schema(definitions) for section in self._sections.values()]}


def section_schema(section: type[Section], definitions: dict[str, Json]) -> Json:
    """JSON Schema of a section."""
    properties: Json = {}
    required = []
    for key in keys_of(section).values():
        described = {"description": key.doc, **key.kind.schema(definitions)}
        if key.default is NODEFAULT:
            required.append(key.key)
        elif isinstance(key.kind, ScalarKind | ScalarOr) and key.default is not None:
            default = key.kind.written(key.default) if isinstance(key.kind, ScalarKind) else key.default
            if isinstance(default, str | int | float):
                described["default"] = default
        properties[key.key] = described
    schema: Json = {
        "type": "object",
        "description": " ".join((section.__doc__ or "").split()),
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    clauses = [rule.schema() for rule in section.RULES]
    return {**schema, "allOf": clauses} if clauses else schema
