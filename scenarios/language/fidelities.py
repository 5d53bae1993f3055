"""Values that differ from fidelity to fidelity: a bound is one value, or a mapping of fidelities and values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from msgspec import Struct, structs
from yaml.nodes import MappingNode, Node, ScalarNode

from scenarios.language.kinds import UNREAD, Json, ScalarKind, Spot
from scenarios.language.names import fidelities
from scenarios.language.sections import Section, read_keys
from scenarios.language.source import Scalar

S = TypeVar("S", bound=Section)


class ByFidelity(Struct, frozen=True):
    """One value for each fidelity that is named, and where it stands."""

    values: dict[str, Any]
    nodes: dict[str, Node]


class PerFidelity(ScalarKind):
    """A value for every fidelity, or a mapping of those in which it is asked and a value for each."""

    def __init__(self, scalar: ScalarKind) -> None:
        self.scalar, self.stand_in = scalar, scalar.stand_in

    def expects(self) -> str:
        """What one value is."""
        return self.scalar.expects()

    def read(self, spot: Spot) -> Any:  # noqa: ANN401
        """One value, or one a fidelity; UNREAD where not all could be read."""
        if not isinstance(spot.node, MappingNode):
            return self.scalar.read(spot)
        _, nodes = read_keys(spot, sorted(fidelities()), set())
        if len(nodes) < len(spot.node.value) or not nodes:
            if not spot.node.value:
                spot.blame(f"{self.expects()}, for one fidelity or more", got="an empty mapping")
            return UNREAD
        values = {
            name: self.scalar.read(Spot(spot.source, node, f"{spot.path}.{name}", spot.item_line))
            for name, node in nodes.items()
        }
        return UNREAD if UNREAD in values.values() else ByFidelity(values, nodes)

    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401
        """The one value."""
        return self.scalar.parse(node, value)

    def schema(self, definitions: dict[str, Json]) -> Json:
        """Either."""
        one = self.scalar.schema(definitions)
        several: Json = {
            "type": "object",
            "properties": dict.fromkeys(sorted(fidelities()), one),
            "additionalProperties": False,
            "minProperties": 1,
        }
        return {"anyOf": [one, several]}

    def written(self, value: Any) -> Any:  # noqa: ANN401
        """The one value as an author writes it."""
        return self.scalar.written(value)


def named_in(section: Section) -> list[str]:
    """The fidelities in which all that the section says can be asked, sorted; none where it says the same for all."""
    named = [set(it.values) for it in _differing(section)]
    return sorted(set.intersection(*named)) if named else []


def differs(section: Section) -> bool:
    """Whether the section says one thing or another by fidelity."""
    return any(True for _ in _differing(section))


def in_fidelity(section: S, fidelity: str) -> S:
    """The section as it is in a fidelity; mistakes are then shown where that value stands.

    Of values that do not name it, any stands in.
    """
    at = section.at
    nodes = dict(at.values)
    changes: dict[str, Any] = {}
    for field in structs.fields(section):
        value = getattr(section, field.name)
        if isinstance(value, ByFidelity):
            name = fidelity if fidelity in value.values else next(iter(value.values))
            changes[field.name] = value.values[name]
            nodes[field.name] = value.nodes[name]
        elif isinstance(value, Section):
            changes[field.name] = in_fidelity(value, fidelity)
    return structs.replace(section, at=structs.replace(at, values=nodes), **changes)


def _differing(section: Section) -> Iterator[ByFidelity]:
    for field in structs.fields(section):
        value = getattr(section, field.name)
        if isinstance(value, ByFidelity):
            yield value
        elif isinstance(value, Section):
            yield from _differing(value)
