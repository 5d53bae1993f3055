"""Evidence: the message at which an expectation broke, and what led there."""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from scenarios.report.tell import is_abnormal, sentence
from twin.ids import parse_source
from twin.messages.envelope import Data, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scenarios.model import MessagePattern, Scenario
    from twin.messages.envelope import Message
    from twin.participant import Delivery

CHAIN_MAX = 100
"""Steps kept of a chain; a longer one keeps its latest."""


class Step(Struct, frozen=True, kw_only=True):
    """One message of a chain. `is_abnormal`: it tells of trouble."""

    at_us: int
    message_id: str
    text: str
    is_abnormal: bool


class Failure(Struct, frozen=True, kw_only=True):
    """Why an expectation is not met, in sentences. `chain`: oldest first; each message caused by the one before it."""

    expected: str
    got: str
    note: str = ""
    chain: tuple[Step, ...] = ()
    scripted: tuple[str, ...] = ()
    """Faults of the timeline at entities of the chain."""


class Log:
    """A log of deliveries, each message once (the first copy), to be asked by pattern and by id."""

    def __init__(self, deliveries: Iterable[Delivery]) -> None:
        first: dict[str, Delivery] = {}
        for delivery in deliveries:
            first.setdefault(delivery.message.id, delivery)
        self.by_id = first
        self._by_type: dict[str, list[Delivery]] = {}
        for delivery in first.values():
            self._by_type.setdefault(delivery.message.type, []).append(delivery)

    def matches(self, pattern: MessagePattern) -> list[Delivery]:
        """What matches the pattern, in order."""
        return [d for d in self._by_type.get(pattern.type, ()) if _is_match(d.message, pattern)]

    def follower(self, delivery: Delivery, pattern: MessagePattern, *, same: tuple[str, ...]) -> Delivery | None:
        """The first message from then on that matches the pattern and is about the same things of these kinds."""
        wanted = [_of_kind(things_named(delivery.message), kind) for kind in same]
        candidates = self._by_type.get(pattern.type, [])
        first = bisect_left(candidates, delivery.at_us, key=lambda it: it.at_us)
        for it in islice(candidates, first, None):
            if it is delivery or not _is_match(it.message, pattern):
                continue
            things = things_named(it.message)
            if all(_of_kind(things, kind) & names for kind, names in zip(same, wanted, strict=True)):
                return it
        return None

    def last_about(self, trailer_id: str) -> Delivery | None:
        """The last message whose data name the trailer; what is said again and again tells nothing."""
        return next(
            (
                d
                for d in reversed(self.by_id.values())
                if getattr(d.message.data, "trailer_id", None) == trailer_id and not isinstance(d.message, State)
            ),
            None,
        )

    def chain(self, delivery: Delivery | None) -> tuple[Step, ...]:
        """What led to this message, oldest first, itself last."""
        steps: list[Step] = []
        while delivery is not None and len(steps) < CHAIN_MAX:
            at_us, message = delivery
            steps.append(
                Step(at_us=at_us, message_id=message.id, text=sentence(message), is_abnormal=is_abnormal(message))
            )
            delivery = self.by_id.get(message.causationid or "")
        return tuple(reversed(steps))

    def scripted(self, scenario: Scenario, chain: tuple[Step, ...]) -> tuple[str, ...]:
        """The timeline's faults at an entity of the chain (or one that its messages name), with their lines."""
        entities = {e for step in chain for e in things_named(self.by_id[step.message_id].message)}
        return tuple(
            f"line {action.line}: {action.fault} at {action.entity}"
            for action in scenario.day.timeline
            if action.entity in entities
        )


def _of_kind(things: set[str], kind: str) -> set[str]:
    return {name for name in things if name.startswith(f"{kind}/")}


def things_named(message: Message) -> set[str]:
    """What a message is about, as `robot/r5`, `track/t1-c7`, `order/o-t1`: by or for whom it is, what its data name."""
    data: Data = message.data
    named = {f"{kind}/{name}" for key, kind in _naming_keys(type(data)) if (name := getattr(data, key)) is not None}
    named.add(str(parse_source(message.source)[1]))
    named |= {name for name in (message.target, getattr(data, "entity", None)) if name is not None}
    if message.correlationid is not None:
        named.add(f"order/{message.correlationid}")
    return named


@cache
def _naming_keys(data_type: type[Data]) -> tuple[tuple[str, str], ...]:
    """The fields that name a thing, and of what kind: `robot_id` a robot, `person` a person."""
    keys = [field.name for field in structs.fields(data_type)]
    return tuple((key, key.removesuffix("_id")) for key in keys if key.endswith("_id") or key == "person")


def _is_match(message: Message, pattern: MessagePattern) -> bool:
    if pattern.entity is not None and pattern.entity not in {str(parse_source(message.source)[1]), message.target}:
        return False
    return all(getattr(message.data, key, None) == value for key, value in pattern.where.items())
