"""Rules between the keys of one section: which of them go together. Checked when it is read, and told to editors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from scenarios.language.sections import At


class Rule(ABC):
    """One rule of a section."""

    @abstractmethod
    def check(self, at: At, values: Mapping[str, Any], expects: Mapping[str, str]) -> None:
        """Blame what breaks the rule. `values`: of all keys, `expects`: what each key takes, in words."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """JSON Schema of the rule."""


class ExactlyOne(Rule):
    """One of these keys, and no second."""

    def __init__(self, *keys: str) -> None:
        self._keys = keys

    def check(self, at: At, values: Mapping[str, Any], expects: Mapping[str, str]) -> None:  # noqa: ARG002
        """Blame the second, or the want of any."""
        given = [key for key in at.values if key in self._keys]
        if not given and not at.meant.intersection(self._keys):
            at.blame("", f"one of {', '.join(self._keys)}", got="none of the keys that say it")
        for key in given[1:]:
            at.blame_key(key, f"one of {', '.join(self._keys)}", got=f"the key beside {given[0]}")

    def schema(self) -> dict[str, Any]:
        """One required key."""
        return {"oneOf": [{"required": [key]} for key in self._keys]}


class AtLeastOne(Rule):
    """One of these keys, or more."""

    def __init__(self, *keys: str) -> None:
        self._keys = keys

    def check(self, at: At, values: Mapping[str, Any], expects: Mapping[str, str]) -> None:  # noqa: ARG002
        """Blame the want of the first."""
        if not any(key in at.values or key in at.meant for key in self._keys):
            others = " or ".join(self._keys[1:])
            at.blame(self._keys[0], f"{expects[self._keys[0]]} (or {others})")

    def schema(self) -> dict[str, Any]:
        """Any required key."""
        return {"anyOf": [{"required": [key]} for key in self._keys]}


class NotBoth(Rule):
    """One of these keys at most."""

    def __init__(self, *keys: str) -> None:
        self._keys = keys

    def check(self, at: At, values: Mapping[str, Any], expects: Mapping[str, str]) -> None:  # noqa: ARG002
        """Blame the second."""
        given = [key for key in at.values if key in self._keys]
        for key in given[1:]:
            at.blame_key(key, f"one of {', '.join(self._keys)}", got=f"the key beside {given[0]}")

    def schema(self) -> dict[str, Any]:
        """Not both required keys."""
        return {"not": {"required": list(self._keys)}}


class Together(Rule):
    """With the first key, the others are needed; without it, they mean nothing."""

    def __init__(self, key: str, *others: str, optional: tuple[str, ...] = ()) -> None:
        self._key, self._others, self._optional = key, others, optional

    def check(self, at: At, values: Mapping[str, Any], expects: Mapping[str, str]) -> None:  # noqa: ARG002
        """Blame what is missing, or what stands alone."""
        is_given = self._key in at.values
        for other in (*self._others, *self._optional):
            if other in at.values and not is_given:
                at.blame_key(other, f"it only with {self._key}", got="the key alone")
        for other in self._others:
            if is_given and other not in at.values:
                at.blame_missing(other, f"{expects[other]} ({self._key} needs it)")

    def schema(self) -> dict[str, Any]:
        """Dependent required keys."""
        needs = {other: [self._key] for other in (*self._others, *self._optional)}
        return {"dependentRequired": {self._key: list(self._others), **needs}}


class Takes(Struct, frozen=True):
    """Which keys go with one value of another: those it needs, and those it may have."""

    needs: tuple[str, ...] = ()
    may_have: tuple[str, ...] = ()


class Depends(Rule):
    """Which keys there are depends on the value of one; where it is not given, another rule has to judge."""

    def __init__(self, on: str, table: Mapping[str, Takes]) -> None:
        self._on, self._table = on, table
        self._governed = sorted({key for takes in table.values() for key in takes.needs + takes.may_have})

    def check(self, at: At, values: Mapping[str, Any], expects: Mapping[str, str]) -> None:
        """Blame what is missing, and what does not go with the value."""
        if not at.is_sound(self._on):
            return
        value = values[self._on]
        if value is None:
            return
        takes = self._table[value]
        for key in takes.needs:
            if key not in at.values:
                at.blame_missing(key, f"{expects[key]} ({self._on}: {value} needs it)")
        for key in self._governed:
            if key in at.values and key not in takes.needs + takes.may_have:
                allowed = ", ".join(takes.needs + takes.may_have)
                words = f"with {self._on}: {value}"
                at.blame_key(key, f"{words} only {allowed}" if allowed else f"no such key {words}", got="the key")

    def schema(self) -> dict[str, Any]:
        """A condition for each value."""
        clauses = []
        for value, takes in self._table.items():
            refused = [key for key in self._governed if key not in takes.needs + takes.may_have]
            then = {"required": list(takes.needs), "properties": dict.fromkeys(refused, False)}
            clauses.append({"if": {"properties": {self._on: {"const": value}}, "required": [self._on]}, "then": then})
        return {"allOf": clauses}
