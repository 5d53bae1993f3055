"""Robots: how they are (state), what they can do (factsheet), what goes wrong, and the work they are given.

Field names follow VDA5050 3.0 where it has one: operating_mode, errors, safety_state, connection_state, factsheet,
action states.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from twin.geometry import Size
from twin.ids import DURABLE_CHANNELS, Name, Token
from twin.messages.envelope import (
    Boot,
    Command,
    CommandData,
    Count,
    Data,
    Event,
    LastSeq,
    Seq,
    State,
    StateData,
    Timestamp,
)
from twin.robot_states import RobotState

PICKS_PER_PLAN_MAX = 300
RECENT_ACTIONS_MAX = 32
CASES_PER_PICK_MAX = 4

_ROBOT = frozenset({"robot"})
_ANY_FIELD_ENTITY = frozenset({"robot", "yard", "door", "conveyor", "sorter", "operator"})

ErrorLevel = Literal["WARNING", "URGENT", "CRITICAL", "FATAL"]
ActionState = Literal["WAITING", "INITIALIZING", "RUNNING", "PAUSED", "RETRIABLE", "FINISHED", "FAILED"]
DurableChannel = Literal["event", "reply"]
assert frozenset(DurableChannel.__args__) == DURABLE_CHANNELS  # type: ignore[attr-defined]


def _check_range(from_seq: int, to_seq: int) -> None:
    if from_seq > to_seq:
        msg = f"out_of_range: got from_seq {from_seq}, expected at most to_seq {to_seq}"
        raise ValueError(msg)


class RobotError(Data, frozen=True, kw_only=True):
    """One open error, as `grip_failed`."""

    error_type: Name
    error_level: ErrorLevel


class SafetyState(Data, frozen=True, kw_only=True):
    """What keeps the machine from moving: an emergency stop latched, or its field violated, as long as that is so.

    `awaits_release`: the emergency stop is reset, nobody has released it to work.
    """

    active_emergency_stop: Literal["NONE", "MANUAL", "REMOTE"] = "NONE"
    field_violation: bool = False
    awaits_release: bool = False


class PreviousBoot(Data, frozen=True, kw_only=True):
    """Where the durable channels of the boot before ended, so that a lost tail shows."""

    boot: Boot
    last_event_seq: LastSeq
    last_reply_seq: LastSeq


class RecentAction(Data, frozen=True, kw_only=True):
    """An action the robot has taken on or ended lately."""

    action_id: Name
    action_state: ActionState


class RobotStateData(StateData, frozen=True, kw_only=True):
    """How the robot is now."""

    robot_state: RobotState
    operating_mode: Literal["AUTOMATIC", "INTERVENED", "MANUAL", "SERVICE"]
    connection_state: Literal["ONLINE", "OFFLINE", "CONNECTION_BROKEN"]
    door_id: Token | None = None
    trailer_id: Token | None = None
    holding: Annotated[tuple[Name, ...], Meta(max_length=CASES_PER_PICK_MAX)] = ()
    """The tracks it has in hand, in the order they were picked."""
    battery_fraction: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None
    errors: Annotated[tuple[RobotError, ...], Meta(max_length=16)] = ()
    safety_state: SafetyState = SafetyState()
    recent_actions: Annotated[tuple[RecentAction, ...], Meta(max_length=RECENT_ACTIONS_MAX)] = ()
    previous_boot: PreviousBoot | None = None


class RobotStateReport(State, tag="robot.state.v1", frozen=True, kw_only=True):
    """On change and every state period. The alternation of PICKING and PLACING is told by the case events, not here."""

    PUBLISHERS = _ROBOT
    data: RobotStateData


class RobotFactsheetData(Data, frozen=True, kw_only=True):
    """What the robot can do; the first event of each boot. Lengths in metres, `speed_m_per_s` unladen.

    `weight_kg_max`: near the floor; `weight_kg_max_high`: of a case whose centre is above `high_from_m`.
    """

    software_version: Name
    calibrated_at: Timestamp
    """When its camera was last calibrated to its gripper."""
    commands_accepted: Annotated[tuple[Name, ...], Meta(max_length=64)]
    weight_kg_max: Annotated[float, Meta(gt=0.0, le=1000.0)]
    size_m_max: Size
    """Longest, middle and shortest edge of a case."""
    weight_kg_max_high: Annotated[float, Meta(gt=0.0, le=1000.0)]
    high_from_m: Annotated[float, Meta(ge=0.0, le=10.0)]
    reach_m: Annotated[float, Meta(gt=0.0, le=10.0)]
    speed_m_per_s: Annotated[float, Meta(gt=0.0, le=10.0)]
    cases_per_pick_max: Annotated[int, Meta(ge=1, le=CASES_PER_PICK_MAX)] = 1
    power: Literal["tether", "battery"] = "tether"


class RobotFactsheet(Event, tag="robot.factsheet.v1", frozen=True, kw_only=True):
    """What the robot can do, announced when it starts."""

    PUBLISHERS = _ROBOT
    data: RobotFactsheetData


class RobotErrorData(Data, frozen=True, kw_only=True):
    """`error_id` names this occurrence; `track_id` the case it is about."""

    error_id: Name
    error_type: Name
    error_level: ErrorLevel
    trailer_id: Token | None = None
    track_id: Name | None = None
    allowed_answers: Annotated[tuple[Literal["retry", "skip", "assist", "abandon"], ...], Meta(max_length=4)] = ()
    """What the robot can do about it when told; empty: it needs nothing."""
    owner: Literal["remote", "floor"] = "remote"
    """Who can help: an operator at a screen, or staff at the machine."""


class RobotErrorRaised(Event, tag="robot.error_raised.v1", frozen=True, kw_only=True):
    """Something is wrong; if `allowed_answers` has entries, the robot waits for one."""

    PUBLISHERS = _ROBOT
    data: RobotErrorData


class RobotErrorClearedData(Data, frozen=True, kw_only=True):
    """Which occurrence is over."""

    error_id: Name


class RobotErrorCleared(Event, tag="robot.error_cleared.v1", frozen=True, kw_only=True):
    """The error is over."""

    PUBLISHERS = _ROBOT
    data: RobotErrorClearedData


class StopData(Data, frozen=True, kw_only=True):
    """Where it stands, if it has an order."""

    trailer_id: Token | None = None
    door_id: Token | None = None


class EmergencyStopped(Event, tag="robot.emergency_stopped.v1", frozen=True, kw_only=True):
    """The emergency stop is latched at the machine: it moves no more until that is reset there."""

    PUBLISHERS = _ROBOT
    data: StopData


class EmergencyStopReset(Event, tag="robot.emergency_stop_reset.v1", frozen=True, kw_only=True):
    """The emergency stop was reset at the machine, by a person; it waits to be released to work."""

    PUBLISHERS = _ROBOT
    data: StopData


class UnloadData(Data, frozen=True, kw_only=True):
    """One robot's work at one trailer."""

    trailer_id: Token
    door_id: Token


class UnloadStarted(Event, tag="unload.started.v1", frozen=True, kw_only=True):
    """The robot is in the trailer and begins."""

    PUBLISHERS = _ROBOT
    data: UnloadData


class UnloadFinishedData(Data, frozen=True, kw_only=True):
    """`cases_placed`: by this robot at this trailer since it started. `counted_only`: no case was reported singly."""

    trailer_id: Token
    door_id: Token
    cases_placed: Count
    counted_only: bool = False


class UnloadFinished(Event, tag="unload.finished.v1", frozen=True, kw_only=True):
    """The robot has ended its work and leaves the trailer."""

    PUBLISHERS = _ROBOT
    data: UnloadFinishedData


class RobotRemovedData(Data, frozen=True, kw_only=True):
    """Which robot, from which door."""

    robot_id: Token
    door_id: Token


class RobotRemoved(Event, tag="robot.removed.v1", frozen=True, kw_only=True):
    """People have taken a robot that cannot move out of its trailer, to maintenance."""

    PUBLISHERS = frozenset({"operator"})
    data: RobotRemovedData


class EventsLostData(Data, frozen=True, kw_only=True):
    """These messages of boot `lost_boot` cannot be sent again."""

    lost_boot: Boot
    channel: DurableChannel
    from_seq: Seq
    to_seq: Seq

    def __post_init__(self) -> None:
        _check_range(self.from_seq, self.to_seq)


class EventsLost(Event, tag="events.lost.v1", frozen=True, kw_only=True):
    """The answer to `resend` of a publisher that no longer has what was asked for."""

    PUBLISHERS = _ANY_FIELD_ENTITY
    data: EventsLostData


class OrderData(CommandData, frozen=True, kw_only=True):
    """Which trailer at which door, and the conveyor to place on. `cases_expected`: of the manifest, for information."""

    order_id: Name
    trailer_id: Token
    door_id: Token
    conveyor_id: Token
    cases_expected: Count


class AssignOrder(Command, tag="order.assign.v1", frozen=True, kw_only=True):
    """To a robot: go to the door, enter, scan. Completed when the robot has left the trailer."""

    data: OrderData


class PickPlanData(CommandData, frozen=True, kw_only=True):
    """The cases of a scan in the order to take them. `then_leave`: no scan afterwards, the robot leaves the trailer."""

    order_id: Name
    plan_id: Name
    scan_id: Name
    track_ids: Annotated[tuple[Name, ...], Meta(max_length=PICKS_PER_PLAN_MAX)]
    then_leave: bool = False


class AssignPickPlan(Command, tag="pick_plan.assign.v1", frozen=True, kw_only=True):
    """To a robot that has scanned: take these. Completed after the last; failed: `wall_changed` or `cancelled`."""

    data: PickPlanData


class ErrorAnswerData(CommandData, frozen=True, kw_only=True):
    """Which error is answered."""

    error_id: Name


class Retry(Command, tag="action.retry.v1", frozen=True, kw_only=True):
    """To a robot that waits: try again."""

    data: ErrorAnswerData


class Skip(Command, tag="action.skip.v1", frozen=True, kw_only=True):
    """To a robot that waits: leave this case and go on."""

    data: ErrorAnswerData


class Assist(Command, tag="action.assist.v1", frozen=True, kw_only=True):
    """To a robot that waits: a remote operator takes over for this case."""

    data: ErrorAnswerData


class CancelData(CommandData, frozen=True, kw_only=True):
    """Which order is ended."""

    order_id: Name


class Cancel(Command, tag="action.cancel.v1", frozen=True, kw_only=True):
    """To a robot: end the order, leave the trailer."""

    data: CancelData


class PauseData(CommandData, frozen=True, kw_only=True):
    """Nothing but what every command carries."""


class Pause(Command, tag="action.pause.v1", frozen=True, kw_only=True):
    """To a robot: stop where you are; go on when told."""

    data: PauseData


class Resume(Command, tag="action.resume.v1", frozen=True, kw_only=True):
    """To a robot that is paused: go on."""

    data: PauseData


class ReleaseToWork(Command, tag="action.release_to_work.v1", frozen=True, kw_only=True):
    """To a robot whose emergency stop was reset: a person who has the right says that it may work again."""

    data: PauseData


class SnapshotData(CommandData, frozen=True, kw_only=True):
    """Nothing but what every command carries."""


class Snapshot(Command, tag="action.snapshot.v1", frozen=True, kw_only=True):
    """To any publisher that has a state: publish it now."""

    data: SnapshotData


class ResendData(CommandData, frozen=True, kw_only=True):
    """Which messages of which boot are asked for again, bounds included."""

    lost_boot: Boot
    channel: DurableChannel
    from_seq: Seq
    to_seq: Seq

    def __post_init__(self) -> None:
        _check_range(self.from_seq, self.to_seq)


class Resend(Command, tag="action.resend.v1", frozen=True, kw_only=True):
    """To any publisher: send these again, identical to the byte, or say that they are lost."""

    data: ResendData
