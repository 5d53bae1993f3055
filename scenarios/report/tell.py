"""Messages as sentences: what a person reads of a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scenarios.report.words import case_id, dock_id, plural
from twin.ids import parse_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.messages.envelope import Message

ABNORMAL_PREFIXES = (
    "exception.",
    "intervention.",
    "robot.error",
    "robot.emergency",
    "robot.removed",
    "robot_action.",
    "door.person",
    "events.lost",
)
ABNORMAL_TYPES = frozenset(
    {
        "case.dropped.v1",
        "case.damaged.v1",
        "case.refused.v1",
        "case.unreadable.v1",
        "case.recovered.v1",
        "case.retracted.v1",
        "case.split.v1",
        "conveyor.jammed.v1",
        "conveyor.cleared.v1",
        "conveyor.blocked.v1",
        "conveyor.unblocked.v1",
        "sorter.jammed.v1",
        "sorter.cleared.v1",
        "command.rejected.v1",
        "command.failed.v1",
        "command.expired.v1",
    }
)
"""With the prefixes above, what does not happen on a day without trouble."""


def is_abnormal(message: Message) -> bool:
    """Whether it tells of trouble, or of its end."""
    return message.type in ABNORMAL_TYPES or message.type.startswith(ABNORMAL_PREFIXES)


def sentence(message: Message) -> str:
    """What the message says, in a line.

    A type without a sentence of its own is told by its name and who said it.
    """
    who = dock_id(str(parse_source(message.source)[1]))
    tell = _SENTENCES.get(message.type)
    if tell is not None:
        return tell(who, message.data)
    name = message.type.rsplit(".", 1)[0]
    return f"{who}: {name}" if message.target is None else f"{name} to {dock_id(message.target)}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _about(data: Any) -> str:  # noqa: ANN401 - any message's data
    about = [dock_id(data.entity)]
    if data.track_id is not None:
        about.append(case_id(data.track_id))
    elif data.trailer_id is not None:
        about.append(dock_id(data.trailer_id))
    return ", ".join(about)


def _with_code(data: Any) -> str:  # noqa: ANN401 - any reply's data
    return f": {_words(data.code)}" if data.code else ""


def _people(data: Any) -> str:  # noqa: ANN401 - any message's data
    return plural(data.people_inside, "person", "people")


_SENTENCES: dict[str, Callable[[str, Any], str]] = {
    "trailer.announced.v1": lambda _, d: f"{dock_id(d.trailer_id)} announced with {plural(d.cases, 'case')}",
    "trailer.arrived.v1": lambda _, d: f"{dock_id(d.trailer_id)} arrives",
    "trailer.docked.v1": lambda _, d: f"{dock_id(d.trailer_id)} docks at {_door(d)}",
    "trailer.released.v1": lambda _, d: f"{dock_id(d.trailer_id)} released",
    "trailer.departed.v1": lambda _, d: f"{dock_id(d.trailer_id)} departs",
    "trailer.assign_door.v1": lambda _, d: f"{dock_id(d.trailer_id)} called to {_door(d)}",
    "trailer.release.v1": lambda _, d: f"{dock_id(d.trailer_id)} to be released from {_door(d)}",
    "order.assign.v1": lambda _, d: f"order: unload {dock_id(d.trailer_id)} at {_door(d)}",
    "pick_plan.assign.v1": lambda _, d: f"pick plan of {plural(len(d.track_ids), 'case')}",
    "unload.started.v1": lambda who, d: f"{who} begins in {dock_id(d.trailer_id)}",
    "unload.finished.v1": lambda who, d: (
        f"{who} leaves {dock_id(d.trailer_id)}, {plural(d.cases_placed, 'case')} placed"
    ),
    "wall.scanned.v1": lambda who, d: (
        f"{who} scans the wall of {dock_id(d.trailer_id)}: {plural(len(d.cases), 'case')} seen"
    ),
    "case.picked.v1": lambda who, d: f"{who} picks {case_id(d.track_id)}",
    "case.placed.v1": lambda who, d: f"{who} places {case_id(d.track_id)}",
    "case.dropped.v1": lambda who, d: f"{case_id(d.track_id)} {d.cause} at {who}",
    "case.damaged.v1": lambda who, d: f"{who} sets {case_id(d.track_id)} aside, damaged",
    "case.refused.v1": lambda who, d: f"{who} refuses {case_id(d.track_id)}: {_words(d.reason)}",
    "case.identified.v1": lambda _, d: f"{case_id(d.track_id)} delivered, read as {d.label}",
    "case.unreadable.v1": lambda _, d: f"{case_id(d.track_id)} delivered, not readable",
    "case.recovered.v1": lambda who, d: f"{who} take out {case_id(d.track_id)}: {d.disposition}",
    "robot.removed.v1": lambda who, d: f"{who} take {dock_id('robot/' + d.robot_id)} away from {_door(d)}",
    "robot.error_raised.v1": lambda who, d: f"{who} reports {_words(d.error_type)}",
    "robot.error_cleared.v1": lambda who, _: f"{who} reports its error as over",
    "robot.state.v1": lambda who, d: f"{who} is {_words(d.robot_state.lower())}",
    "robot.factsheet.v1": lambda who, _: f"{who} announces itself",
    "door.opened.v1": lambda who, _: f"{who} is open",
    "door.closed.v1": lambda who, _: f"{who} is closed",
    "door.restraint_engaged.v1": lambda who, d: f"{who} holds {dock_id(d.trailer_id)}",
    "door.restraint_released.v1": lambda who, d: f"{who} lets go of {dock_id(d.trailer_id)}",
    "door.leveller_lowered.v1": lambda who, _: f"{who} lays its leveller down",
    "door.leveller_stored.v1": lambda who, _: f"{who} takes its leveller up",
    "door.person_entered.v1": lambda who, d: f"a person enters the cell of {who}: {_people(d)} inside",
    "door.person_left.v1": lambda who, d: f"a person leaves the cell of {who}: {_people(d)} inside",
    "robot.emergency_stopped.v1": lambda who, _: f"{who} is stopped by its emergency stop",
    "robot.emergency_stop_reset.v1": lambda who, _: f"the emergency stop of {who} is reset at the machine",
    "robot_action.requested.v1": lambda _, d: f"{d.person} asks: {d.action} {dock_id('robot/' + d.robot_id)}",
    "case.retracted.v1": lambda who, d: f"{who} finds no {case_id(d.track_id)}: it was a ghost",
    "case.split.v1": lambda who, d: f"{who} finds {case_id(d.track_id)} to be {plural(len(d.successors), 'case')}",
    "conveyor.blocked.v1": lambda who, _: f"{who} is full and blocked",
    "conveyor.unblocked.v1": lambda who, _: f"{who} has room again",
    "sorter.jammed.v1": lambda who, _: f"{who} is down",
    "sorter.cleared.v1": lambda who, _: f"{who} runs again",
    "conveyor.jammed.v1": lambda who, _: f"{who} jams",
    "conveyor.cleared.v1": lambda who, _: f"{who} runs again",
    "exception.raised.v1": lambda _, d: f"exception {_words(d.exception_type)}: {_about(d)}",
    "exception.resolved.v1": lambda _, d: f"{_words(d.exception_type)} resolved by {d.by}: {_words(d.resolution)}",
    "intervention.requested.v1": lambda _, d: f"{dock_id('operator/' + d.role)} asked about {_words(d.exception_type)}",
    "intervention.answered.v1": lambda who, d: f"{who} answered: {d.answer}",
    "intervention.refused.v1": lambda _, d: f"an answer is refused: {_words(d.code)}",
    "intervention.taken.v1": lambda _, d: f"{d.person} sees to it",
    "intervention.handed_back.v1": lambda _, d: f"{d.person} hands it back",
    "exception.assigned.v1": lambda _, d: f"{_words(d.exception_type)} is seen to by {d.person or 'nobody'}",
    "events.lost.v1": lambda who, d: f"{who} has lost {d.channel} {d.from_seq} to {d.to_seq}",
    "command.accepted.v1": lambda who, _: f"{who} accepts a command",
    "command.completed.v1": lambda who, _: f"{who} has done a command",
    "command.rejected.v1": lambda who, d: f"{who} rejects a command{_with_code(d)}",
    "command.failed.v1": lambda who, d: f"{who} could not do a command{_with_code(d)}",
    "command.expired.v1": lambda who, _: f"{who} got a command too late",
    "receipt.closed.v1": lambda _, d: f"receipt of {dock_id(d.trailer_id)} closed",
}


def _door(data: Any) -> str:  # noqa: ANN401 - any message's data
    return "no door" if data.door_id is None else dock_id(f"door/{data.door_id}")
