"""A story that no file can tell: robots that can do less than others, and remember less.

One does not know how to pause. One can remember eight commands, so that it must refuse what comes for an hour then. One
keeps few of its messages, so that it cannot say again all that its radio has lost. Each says what it cannot do, and the
dock gets its work done all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from sim.endpoint import Endpoint
from sim.gateway import Gateway
from sim.mailbox import Mailbox
from tests.e2e.meddling import first_that_fails, run_meddled
from twin.clock import parse_time
from twin.messages.case import CasePlaced
from twin.messages.reply import CommandCompleted
from twin.messages.robot import Pause, UnloadFinished
from twin.robot import CommandGate, ResendBuffer

if TYPE_CHECKING:
    from scenarios.verdict import Verdict
    from sim.endpoint import Handler
    from sim.link import Way
    from twin.messages.envelope import Command, Message

ACTIONS = 8
KEPT = 4
CANNOT_PAUSE = """\
# R1 has old software and does not know how to pause: it says so, and works on.
site: {id: bos1, doors: 1, robots: 1, dock: {docking: 1 min}}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 60}
timeline:
  - {at: 06:09, fault: operator_pauses, robot: r1, for: 1 min}
expect:
  - every_trailer: departed
    by: 06:25
  - every_case: [received, manual, damaged, refused]
  - name: it says that it does not know how to pause
    each: action.pause.v1
    leads_to: {message: command.rejected.v1, where: {code: unsupported}, entity: robot/r1}
    within: 1 s
  - name: nobody is troubled for it
    never: exception.raised.v1
    where: {exception_type: command_unknown}
"""
REMEMBERS_LITTLE = """\
# R1 can remember eight commands: it takes no more until an hour after they have expired, says why, and then works on.
site: {id: bos1, doors: 1, robots: 1, dock: {docking: 1 min, no_reads: 0 %}}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 140}
  - {id: t-2, arrives: 06:06, cases: 50}
expect:
  - every_trailer: departed
    by: 07:50
  - every_case: [received, manual, damaged, refused]
  - name: it says that it can remember no more
    eventually: command.rejected.v1
    where: {code: too_many_commands}
  - name: and as soon as it may forget the first it takes the next
    eventually: pick_plan.assign.v1
    entity: robot/r1
    by: 07:13
  - kpi: cases_short
    at_most: 0
"""
KEEPS_LITTLE = """\
# R1 keeps its last four messages. What its radio has lost before them it cannot say again, and says so.
site: {id: bos1, doors: 2, robots: 2, dock: {docking: 1 min}}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 60}
  - {id: t-2, arrives: 06:05, cases: 60}
expect:
  - name: what is lost of its last words is asked for as soon as it says how it is
    every_trailer: departed
    by: 06:17
  - every_case: [received, manual, damaged, refused]
  - name: as soon as it is asked it says what it cannot say again
    eventually: events.lost.v1
    entity: robot/r1
    by: "06:09:21.7"
  - name: each of four gaps is asked for a second after it has shown
    eventually: action.resend.v1
    entity: robot/r1
    at_least: 4
    by: "06:10:19"
  - name: what it has no more shows at once
    each: events.lost.v1
    leads_to: {message: exception.raised.v1, where: {exception_type: messages_lost, entity: robot/r1}}
    within: 100 ms
  - name: and is over when it has said how it is
    each: exception.raised.v1
    where: {exception_type: messages_lost}
    leads_to: {message: exception.resolved.v1, where: {exception_type: messages_lost, resolution: state_known}}
    within: 12 s
  - kpi: cases_short
    at_most: 0
"""
NEVER_HEARD = """\
# One word of R1 never comes through: it is asked for less and less often, and in the end done without.
site: {id: bos1, doors: 1, robots: 1, dock: {docking: 1 min}}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 60}
expect:
  - every_trailer: departed
    by: 06:20
  - every_case: [received, manual, damaged, refused]
  - name: it is asked for five times
    eventually: action.resend.v1
    entity: robot/r1
    at_least: 5
    by: "06:09:20"
  - name: and not every second, for as long as it may still come
    never: action.resend.v1
    after: "06:09:20"
  - name: until it shows that it is missing
    eventually: exception.raised.v1
    where: {exception_type: messages_lost, entity: robot/r1}
    by: "06:09:35"
  - name: all that came behind it counts
    eventually: exception.resolved.v1
    where: {exception_type: messages_lost, resolution: state_known}
    by: "06:09:46"
  - kpi: cases_short
    at_most: 0
"""
NEVER_HEARD_FROM_US = parse_time("2026-01-05T06:09:00.000000Z")
LOST_US = [
    (parse_time(f"2026-01-05T06:{first}.000000Z"), parse_time(f"2026-01-05T06:{last}.000000Z"))
    for first, last in (("09:00", "09:20"), ("09:40", "09:46"), ("10:00", "10:06"), ("10:12", "10:17"))
]
"""From when to when nothing that R1 says is heard."""


def cannot_pause() -> Verdict:
    """A robot of old software."""
    handlers = Mailbox.handlers

    def without_pause(mailbox: Mailbox) -> dict[type[Command], Handler]:
        known = handlers(mailbox)
        del known[Pause]
        return known

    with patch.object(Mailbox, "handlers", without_pause):
        return run_meddled(CANNOT_PAUSE, {})


def remembers_little() -> Verdict:
    """A robot whose gate is full soon."""
    init, gates = Endpoint.__init__, []

    def with_a_small_gate(endpoint: Endpoint, *args: Any, **named: Any) -> None:  # noqa: ANN401 - as it is made
        init(endpoint, *args, **named)
        if str(endpoint.address) == "robot/r1":
            endpoint._gate = CommandGate(endpoint.commands_accepted, actions_max=ACTIONS)
            gates.append(endpoint._gate)

    with patch.object(Endpoint, "__init__", with_a_small_gate):
        verdict = run_meddled(REMEMBERS_LITTLE, {})
    assert len(gates[0].remember().actions) <= ACTIONS, "it remembers more than it has room for"
    return verdict


def keeps_little() -> Verdict:
    """A robot that keeps its last messages only, on a radio that loses many of them."""
    send = Gateway.send

    def lossy(gateway: Gateway, way: Way, message: Message, *, transmission: int = 1) -> bool:
        now_us = gateway._kernel.now_us
        is_lost = any(first <= now_us < last for first, last in LOST_US) or _is_last_word(message)
        if is_lost and message.source.endswith("/robot/r1") and transmission == 1:
            way.lost += 1
            return False  # it does not know what is lost
        return send(gateway, way, message, transmission=transmission)

    with patch("sim.endpoint.ResendBuffer", lambda: ResendBuffer(KEPT)), patch.object(Gateway, "send", lossy):
        return run_meddled(KEEPS_LITTLE, {})


def never_heard() -> Verdict:
    """A radio that loses one word again and again."""
    send, never = Gateway.send, set[str]()

    def lossy(gateway: Gateway, way: Way, message: Message, *, transmission: int = 1) -> bool:
        if gateway._kernel.now_us >= NEVER_HEARD_FROM_US and isinstance(message, CasePlaced) and not never:
            never.add(message.id)
        if message.id in never:
            way.lost += 1
            return False
        return send(gateway, way, message, transmission=transmission)

    with patch.object(Gateway, "send", lossy):
        return run_meddled(NEVER_HEARD, {})


def _is_last_word(message: Message) -> bool:
    """That the work of an order is done, or the order itself: it has nothing to say after that."""
    return isinstance(message, UnloadFinished | CommandCompleted) and message.correlationid is not None


SCENES = (cannot_pause, remembers_little, keeps_little, never_heard)


def run() -> Verdict:
    """The verdict of the story."""
    return first_that_fails(*SCENES)
