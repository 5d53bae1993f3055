"""Cases: what perception tracks (`track_id`), bound later to a manifest line by barcode, or never."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from twin.ids import Name, Token
from twin.messages.envelope import Count, Data, Event

_ROBOT = frozenset({"robot"})
_CONVEYOR = frozenset({"conveyor"})

Weight = Annotated[float, Meta(gt=0.0, le=1000.0)]


class CasePickedData(Data, frozen=True, kw_only=True):
    """`attempts`: grips tried, the last one held. `weight_kg`: as the gripper feels it."""

    trailer_id: Token
    track_id: Name
    taken_from: Literal["wall", "floor"]
    attempts: Count
    weight_kg: Weight


class CasePicked(Event, tag="case.picked.v1", frozen=True, kw_only=True):
    """The robot holds the case."""

    PUBLISHERS = _ROBOT
    data: CasePickedData


class CasePlacedData(Data, frozen=True, kw_only=True):
    """Onto which conveyor."""

    trailer_id: Token
    track_id: Name
    conveyor_id: Token


class CasePlaced(Event, tag="case.placed.v1", frozen=True, kw_only=True):
    """The case lies on the conveyor; the robot's hand is empty."""

    PUBLISHERS = _ROBOT
    data: CasePlacedData


class CaseDroppedData(Data, frozen=True, kw_only=True):
    """`cause`: it slipped from the gripper, or it fell: another case was taken, or the wall came down.

    `height_m`: of the fall.
    """

    trailer_id: Token
    track_id: Name
    cause: Literal["slipped", "fell"]
    height_m: Annotated[float, Meta(ge=0.0, le=10.0)]


class CaseDropped(Event, tag="case.dropped.v1", frozen=True, kw_only=True):
    """The case lies on the trailer's floor."""

    PUBLISHERS = _ROBOT
    data: CaseDroppedData


class CaseSetAsideData(Data, frozen=True, kw_only=True):
    """`reason` in the robot's words, as `too_heavy` or `crushed_corner`."""

    trailer_id: Token
    track_id: Name
    reason: Name


class CaseDamaged(Event, tag="case.damaged.v1", frozen=True, kw_only=True):
    """The case is damaged; the robot has set it aside in the trailer for people."""

    PUBLISHERS = _ROBOT
    data: CaseSetAsideData


class CaseRefused(Event, tag="case.refused.v1", frozen=True, kw_only=True):
    """The case is beyond the robot's limits; it stays in the trailer for people."""

    PUBLISHERS = _ROBOT
    data: CaseSetAsideData


class CaseRetractedData(Data, frozen=True, kw_only=True):
    """Names the track that was none."""

    trailer_id: Token
    track_id: Name


class CaseRetracted(Event, tag="case.retracted.v1", frozen=True, kw_only=True):
    """There is no such case: perception had seen a ghost. Its track is over."""

    PUBLISHERS = frozenset({"robot", "operator"})
    data: CaseRetractedData


class CaseSplitData(Data, frozen=True, kw_only=True):
    """`successors`: the tracks of the cases that were seen as one."""

    trailer_id: Token
    track_id: Name
    successors: Annotated[tuple[Name, ...], Meta(min_length=2, max_length=8)]


class CaseSplit(Event, tag="case.split.v1", frozen=True, kw_only=True):
    """What was seen as one case is several, still where they were. Its track is over, theirs begin."""

    PUBLISHERS = _ROBOT
    data: CaseSplitData


class CaseIdentifiedData(Data, frozen=True, kw_only=True):
    """`label`: the text of the barcode."""

    trailer_id: Token
    track_id: Name
    label: Name


class CaseIdentified(Event, tag="case.identified.v1", frozen=True, kw_only=True):
    """The case has reached induction and its barcode was read: it is delivered."""

    PUBLISHERS = _CONVEYOR
    data: CaseIdentifiedData


class CaseUnreadableData(Data, frozen=True, kw_only=True):
    """Names the case."""

    trailer_id: Token
    track_id: Name


class CaseUnreadable(Event, tag="case.unreadable.v1", frozen=True, kw_only=True):
    """The case has reached induction and no barcode could be read: it is delivered, not identified."""

    PUBLISHERS = _CONVEYOR
    data: CaseUnreadableData


class CaseRecoveredData(Data, frozen=True, kw_only=True):
    """What people did with it: carried it out, or put it with the damaged or refused goods. `label` as they read it."""

    trailer_id: Token
    track_id: Name
    disposition: Literal["manual", "damaged", "refused"]
    label: Name | None = None


class CaseRecovered(Event, tag="case.recovered.v1", frozen=True, kw_only=True):
    """A person took the case out of the trailer, or out of a robot's gripper."""

    PUBLISHERS = frozenset({"operator"})
    data: CaseRecoveredData
