"""Kinds of values: each reads a scalar and says what it expected, and describes itself as JSON Schema for editors."""

from __future__ import annotations

import difflib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, Final

from msgspec import Struct
from yaml.nodes import Node, ScalarNode

from scenarios.language.source import Scalar, Source, resolved, shown
from twin.ids import TOKEN_PATTERN

Json = dict[str, Any]
"""A piece of a JSON Schema."""

NAMES_LISTED_MAX = 30


class _Unread:
    """What reading gives for a value that was blamed; never reaches a scenario."""


UNREAD: Final = _Unread()


class Spot(Struct, frozen=True):
    """A value at its place. `item_line`: the line that names the list item around it, 0 for none."""

    source: Source
    node: Node
    path: str
    item_line: int = 0

    def blame(self, expected: str, *, got: str | None = None, suggestion: str | None = None) -> None:
        """Note that this value is a mistake."""
        self.source.note(
            self.source.span_of(self.node),
            self.path,
            got=got or shown(self.node),
            expected=expected,
            suggestion=suggestion,
            item_line=self.item_line,
        )


class Kind(ABC):
    """What may stand as a value."""

    expected: str = ""
    stand_in: Any = None
    """Takes the place of a value that could not be read, so that the rest of the file is judged too."""

    def expects(self) -> str:
        """What a mistake says was expected, as `a whole number 1 to 5000`."""
        return self.expected

    @abstractmethod
    def read(self, spot: Spot) -> Any:  # noqa: ANN401 - each kind has its own type, named where a section uses it
        """The value; UNREAD after a mistake was noted."""

    @abstractmethod
    def schema(self, definitions: dict[str, Json]) -> Json:
        """JSON Schema of the value; sections put themselves among the definitions."""

    def written(self, value: Any) -> Any:  # noqa: ANN401 - as above
        """The value as an author would write it, for the defaults in the schema."""
        return value


class ScalarKind(Kind):
    """A kind written as one scalar."""

    def read(self, spot: Spot) -> Any:  # noqa: ANN401
        """The value of the scalar."""
        value = self.parse(spot.node, resolved(spot.node)) if isinstance(spot.node, ScalarNode) else UNREAD
        if value is UNREAD:
            nearest = self.nearest(spot.node.value) if isinstance(spot.node, ScalarNode) else None
            spot.blame(self.expects(), suggestion=nearest)
        return value

    @abstractmethod
    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401
        """The value, or UNREAD. `value`: what YAML itself makes of the scalar."""

    def nearest(self, text: str) -> str | None:  # noqa: ARG002 - some kinds know better
        """What the author may have meant."""
        return None


def near(text: str, names: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """The name most like the text, if one is near.

    >>> near("robot_silnet", ["robot_dies", "robot_silent"])
    'robot_silent'
    """
    known = {name.lower(): name for name in names}
    return next((known[match] for match in difflib.get_close_matches(text.lower(), known, n=1, cutoff=likeness)), None)


class Whole(ScalarKind):
    """A whole number, bounds included."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most, self.stand_in = least, most, least
        self.expected = f"a whole number {least} to {most}"

    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401, ARG002
        """The number."""
        fits = isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most
        return value if fits else UNREAD

    def schema(self, definitions: dict[str, Json]) -> Json:  # noqa: ARG002
        """An integer with bounds."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


class Number(ScalarKind):
    """A number, bounds included."""

    def __init__(self, least: float, most: float) -> None:
        self.least, self.most, self.stand_in = least, most, least
        self.expected = f"a number {least:g} to {most:g}"

    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401, ARG002
        """The number as a float."""
        fits = isinstance(value, int | float) and not isinstance(value, bool) and self.least <= value <= self.most
        return float(value) if fits and value is not None else UNREAD

    def schema(self, definitions: dict[str, Json]) -> Json:  # noqa: ARG002
        """A number with bounds."""
        return {"type": "number", "minimum": self.least, "maximum": self.most}


class Flag(ScalarKind):
    """True or false."""

    expected = "true or false"
    stand_in = False

    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401, ARG002
        """The truth value."""
        return value if isinstance(value, bool) else UNREAD

    def nearest(self, text: str) -> str | None:
        """Words of YAML 1.1 and of people."""
        return {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.lower())

    def schema(self, definitions: dict[str, Json]) -> Json:  # noqa: ARG002
        """A boolean."""
        return {"type": "boolean"}


class Text(ScalarKind):
    """Words, on one line; digits alone are a text too."""

    stand_in = ""

    def __init__(self, most: int) -> None:
        self.most = most
        self.expected = f"a text of 1 to {most} characters on one line"

    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401
        """The text."""
        text: str = node.value
        is_text = isinstance(value, str | int) and not isinstance(value, bool)
        fits = is_text and text.isprintable() and 0 < len(text) <= self.most
        return text if fits else UNREAD

    def schema(self, definitions: dict[str, Json]) -> Json:  # noqa: ARG002
        """A string or an integer."""
        return {"type": ["string", "integer"], "minLength": 1, "maxLength": self.most}


class Id(ScalarKind):
    """A token of a subject; digits alone are an id too."""

    stand_in = ""
    expected = "an id: 1 to 32 of a-z 0-9 _ -"
    _token = re.compile(TOKEN_PATTERN)

    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401
        """The id as it is written."""
        is_id = isinstance(value, str | int) and not isinstance(value, bool) and self._token.match(node.value)
        return node.value if is_id else UNREAD

    def nearest(self, text: str) -> str | None:
        """The same in lower case."""
        return text.lower() if self._token.match(text.lower()) and text != text.lower() else None

    def schema(self, definitions: dict[str, Json]) -> Json:  # noqa: ARG002
        """A string or an integer."""
        return {"type": ["string", "integer"], "pattern": TOKEN_PATTERN.replace(r"\Z", "$")}


_Names = Iterable[str] | Callable[[], Iterable[str]]


class Choice(ScalarKind):
    """One of some names, which may be known only when a file is read."""

    stand_in = ""

    def __init__(self, names: _Names, *, what: str = "", listed_by: str = "") -> None:
        self._names = names
        self.what, self._listed_by = what, listed_by

    @property
    def names(self) -> list[str]:
        """All of them, sorted."""
        return sorted(self._names() if callable(self._names) else self._names)

    def expects(self) -> str:
        """The names; where they are many, what they are and what lists them."""
        names = self.names
        if len(names) > NAMES_LISTED_MAX:
            return f"{self.what} ({self._listed_by} lists them)"
        return names[0] if len(names) == 1 else "one of " + ", ".join(names)

    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401
        """The name."""
        return node.value if isinstance(value, str) and node.value in self.names else UNREAD

    def nearest(self, text: str) -> str | None:
        """The name most like it."""
        return near(text, self.names)

    def schema(self, definitions: dict[str, Json]) -> Json:  # noqa: ARG002
        """An enum."""
        return {"type": "string", "enum": self.names}


class Written(ScalarKind):
    """A number with its unit, as `3.5 m` or `2 %`; 0 needs none."""

    def __init__(self, unit: str, *, least: float, most: float, what: str, example: str) -> None:
        self._unit, self._least, self._most = unit, least, most
        self.stand_in = least
        self._form = re.compile(rf"(-?[0-9]{{1,9}}(?:\.[0-9]{{1,9}})?) ?{re.escape(unit)}\Z")
        self.expected = f"{what} of {least:g} to {most:g} {unit}, such as {example}"

    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401
        """The number in its base unit."""
        match = self._form.match(node.value) if isinstance(value, str) else None
        if value == 0 and not isinstance(value, bool):
            number = 0.0
        elif match is not None:
            number = float(match[1])
        else:
            return UNREAD
        return number if self._least <= number <= self._most else UNREAD

    def nearest(self, text: str) -> str | None:
        """The number with its unit."""
        with_unit = ScalarNode("plain", f"{text} {self._unit}")
        return None if self.parse(with_unit, with_unit.value) is UNREAD else with_unit.value

    def schema(self, definitions: dict[str, Json]) -> Json:  # noqa: ARG002
        """A string with the unit, or 0."""
        return {"anyOf": [{"type": "string", "pattern": f"^{self._form.pattern}".replace(r"\Z", "$")}, {"const": 0}]}

    def written(self, value: float) -> str:
        """The number with its unit."""
        return f"{value:g} {self._unit}"


class Share(Written):
    """A probability, written in percent."""

    def __init__(self) -> None:
        super().__init__("%", least=0, most=100, what="a share", example="2 %")

    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401
        """The probability, 0 to 1."""
        percent = super().parse(node, value)
        return UNREAD if percent is UNREAD else percent / 100

    def nearest(self, text: str) -> str | None:
        """Below 1 it is the share itself that was written."""
        try:
            number = float(text)
        except ValueError:
            return None
        percent = number * 100 if number < 1 else number
        return f"{percent:g} %" if 0 < percent <= self._most else None

    def written(self, value: float) -> str:
        """In percent."""
        return f"{value * 100:g} %"


_UNITS_US = {"d": 86_400_000_000, "h": 3_600_000_000, "min": 60_000_000, "s": 1_000_000, "ms": 1000, "us": 1}
_YEAR_US = 366 * _UNITS_US["d"]
_AMOUNT = r"[0-9]{1,9}(?:\.[0-9]{1,6})?"
_DURATION = re.compile(r"(-?)(?=[0-9])" + "".join(rf"(?:({_AMOUNT}) ?{unit}(?: |\Z))?" for unit in _UNITS_US) + r"\Z")


class Duration(ScalarKind):
    """A length of time, as `250 ms` or `1 h 30 min`, in whole microseconds; 0 needs no unit."""

    def __init__(self, *, least_us: int = 0, most_us: int = _YEAR_US, example: str = "4 min") -> None:
        self._least_us, self._most_us, self.stand_in = least_us, most_us, max(least_us, 0)
        low = "" if least_us == 0 else f", at least {duration_text(least_us)}"
        high = "" if most_us >= _YEAR_US else f", at most {duration_text(most_us)}"
        self.expected = f"a duration such as {example}{low}{high}"

    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401
        """Microseconds."""
        match = _DURATION.match(node.value) if isinstance(value, str) else None
        if value == 0 and not isinstance(value, bool):
            total = Fraction(0)
        elif match is not None:
            parts = zip(match.groups()[1:], _UNITS_US.values(), strict=True)
            total = sum((Fraction(amount) * unit_us for amount, unit_us in parts if amount), Fraction(0))
            total = -total if match[1] else total
        else:
            return UNREAD
        fits = total.denominator == 1 and self._least_us <= total <= self._most_us
        return int(total) if fits else UNREAD

    def schema(self, definitions: dict[str, Json]) -> Json:  # noqa: ARG002
        """A string of amounts with units, or 0."""
        return {"anyOf": [{"type": "string", "pattern": "^" + _DURATION.pattern.replace(r"\Z", "$")}, {"const": 0}]}

    def written(self, value: int) -> str:
        """As an author writes it."""
        return duration_text(value)


def duration_text(us: int) -> str:
    """Microseconds as an author writes them.

    >>> duration_text(5_400_000_000), duration_text(250_000), duration_text(-600_000_000), duration_text(0)
    ('1 h 30 min', '250 ms', '-10 min', '0')
    """
    rest, parts = abs(us), []
    for unit, unit_us in _UNITS_US.items():
        amount, rest = divmod(rest, unit_us)
        if amount:
            parts.append(f"{amount} {unit}")
    return ("-" if us < 0 else "") + (" ".join(parts) or "0")


class AnyScalar(ScalarKind):
    """A scalar whose kind depends on its key: the node itself."""

    expected = "a text, a number, true or false"
    stand_in = ScalarNode("plain", "")

    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401
        """The node."""
        return UNREAD if value is None else node

    def schema(self, definitions: dict[str, Json]) -> Json:  # noqa: ARG002
        """Whatever is neither list nor mapping."""
        return {"type": ["string", "number", "boolean"]}
