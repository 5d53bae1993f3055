"""A dock that speaks the contract, scripted by hand: enough of it to unload trailers.

It is no simulator: everything takes a fixed time and succeeds unless the test says otherwise. `link` decides when each
copy of what the field says arrives.
"""
# ruff: noqa: ANN401 - it speaks all types of messages alike

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from backend.services.site import Settings, SiteBackend
from tests.backend.fake_robot import FakeRobot
from twin.clock import NEVER_US, US_PER_S, format_time
from twin.ids import Address
from twin.messages import (
    case,
    conveyor,
    door,
    exception,
    reply,
    robot,
    trailer,
)
from twin.messages.emitter import Emitter
from twin.participant import Delivery
from twin.site import Door, Site

if TYPE_CHECKING:
    from twin.messages import Message

EQUIPMENT_PERIOD_S = 100
START_US = 1_767_592_800_000_000
LATENCY_US = 20_000

Link = Callable[["Message"], list[int]]


def site(*, doors: int = 1, robots: int = 1, sorter_id: str | None = None) -> Site:
    return Site(
        site_id="bos1",
        doors=tuple(Door(door_id=f"d{n}", conveyor_id=f"c{n}", position_m=4.0 * n) for n in range(1, doors + 1)),
        robots=tuple(f"r{n}" for n in range(1, robots + 1)),
        sorter_id=sorter_id,
    )


def perfect(_message: Message) -> list[int]:
    return [LATENCY_US]


def dock_of(*, cases: int = 7, trailers: int = 1, doors: int = 1, robots: int = 1, **about: Any) -> FakeDock:
    names = ("rebuild_every", "audit_every", "dock_planner", "unload_planner", "epoch", "timeouts")
    settings: dict[str, Any] = {"dock_planner": "earliest_due", "unload_planner": "top_down"}
    settings |= {key: about.pop(key) for key in names if key in about}
    ledger = about.pop("ledger", None)
    backend = SiteBackend(Settings(site=site(doors=doors, robots=robots), **settings), ledger)
    return FakeDock(backend, trailers={f"t-{n}": cases for n in range(1, trailers + 1)}, **about)


class FakeDock:
    """Everything in front of the backend. `grips`: what happens to a track when gripped, a list used up in turn."""

    def __init__(
        self,
        backend: SiteBackend,
        *,
        trailers: dict[str, int],
        link: Link = perfect,
        is_counted_only: bool = False,
    ) -> None:
        self.backend = backend
        self.site = backend.settings.site
        self.link = link
        self.is_counted_only = is_counted_only
        self.now_us = START_US
        self.grips: dict[str, list[str]] = {}
        self.reads: dict[str, bool] = {}
        self.deaf: set[str] = set()
        self.answers: dict[str, str | None] = {}
        self.said: list[Delivery] = []
        self.heard: list[Delivery] = []
        self.commands: list[Any] = []
        self.last_us = START_US
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._number = 0
        self._emitters: dict[str, Emitter] = {}
        self.remaining = {name: [f"{name}-c{n}" for n in range(1, count + 1)] for name, count in trailers.items()}
        self.aside: dict[str, list[str]] = {name: [] for name in trailers}
        self.doors: dict[str, str] = {}
        self.standing: dict[str, str | None] = {}
        """The trailers in the yard, and at which door each stands."""
        self.released: set[str] = set()
        self.how_doors_are: dict[str, dict[str, Any]] = {it.door_id: {} for it in self.site.doors}
        self.robots = {name: FakeRobot(name, self) for name in self.site.robots}
        self.scans = 0
        self._yard_actions: list[str] = []
        self._kept: list[Message] = []
        for fake in self.robots.values():
            self.at(0, fake.start)
        self.at(EQUIPMENT_PERIOD_S, self._equipment_tells)
        for index, name in enumerate(trailers):
            self.at(5 * (index + 1), partial(self._announce, name, trailers[name]))

    # --- time and messages ---

    def emitter(self, address: str) -> Emitter:
        if address not in self._emitters:
            kind, entity = address.split("/")
            self._emitters[address] = Emitter(site=self.site.site_id, address=Address(kind, entity), boot=1)
        return self._emitters[address]

    def at(self, after_s: float, act: Callable[[], None]) -> None:
        self._push(self.now_us + round(after_s * US_PER_S), act)

    def _push(self, at_us: int, act: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._heap, (at_us, self._number, act))

    def say(self, address: str, message_type: type[Any], data: Any, **about: Any) -> Any:
        message = self.emitter(address).emit(message_type, data, at_us=self.now_us, **about)
        self._kept.append(message)
        self.transmit(message)
        return message

    def transmit(self, message: Message) -> None:
        for delay_us in self.link(message):
            self._push(self.now_us + delay_us, lambda: self._deliver(message))

    def _deliver(self, message: Message) -> None:
        delivery = Delivery(self.now_us, message)
        self.heard.append(delivery)
        self._hear(self.backend.handle_window([delivery], self.now_us))

    def _hear(self, published: list[Delivery]) -> None:
        for at_us, message in published:
            self.said.append(Delivery(at_us, message))
            self.last_us = at_us
            if message.target is not None:
                self.commands.append(message)
                self._push(at_us + 50_000 + LATENCY_US, partial(self.command, message))
            elif isinstance(message, exception.InterventionRequested):
                self._push(at_us + 10 * US_PER_S, partial(self._asked, message))

    def run(self, for_s: float = 3600.0) -> FakeDock:
        """Everything that happens within `for_s`; state reports go on for ever, so the end is an instant."""
        end_us = self.now_us + round(for_s * US_PER_S)
        while True:
            at_us = self._heap[0][0] if self._heap else NEVER_US
            timer_us = self.backend.next_time()
            if min(at_us, timer_us) >= end_us:
                break
            if at_us <= timer_us:
                self.now_us, _, act = heapq.heappop(self._heap)
                act()
            else:
                self.now_us = timer_us
                self._hear(self.backend.handle_window([], timer_us + 1))
        self.now_us = end_us
        self._hear(self.backend.handle_window([], end_us))
        return self

    def of_type(self, message_type: type[Any]) -> list[Any]:
        return [message for _, message in self.said if isinstance(message, message_type)]

    # --- yard, doors, conveyors, people ---

    def _announce(self, name: str, count: int) -> None:
        yard = f"yard/{self.site.yard_id}"
        lines = tuple(
            trailer.ManifestLine(line_id=f"{name}-l{n}", po_id="po", sku=f"s{n}", label=f"{name}-c{n}", quantity=1)
            for n in range(1, count + 1)
        )
        parts = 0 if self.is_counted_only else 1
        self.say(
            yard,
            trailer.TrailerAnnounced,
            trailer.TrailerAnnouncedData(
                trailer_id=name,
                carrier="",
                unload_kind="live",
                cases=count,
                parts=parts,
                manifest_sha256=hashlib.sha256(name.encode()).hexdigest(),
                due_at=format_time(self.now_us + 7200 * US_PER_S),
            ),
        )
        if parts:
            data = trailer.TrailerManifestData(trailer_id=name, part=1, parts=1, lines=lines)
            self.say(yard, trailer.TrailerManifest, data)

        def arrive() -> None:
            self.standing[name] = None
            self.say(yard, trailer.TrailerArrived, trailer.TrailerData(trailer_id=name))

        self.at(60, arrive)

    def _equipment_tells(self) -> None:
        """Yard and doors say how they are."""
        standing = tuple(
            trailer.StandingTrailer(trailer_id=name, door_id=at, is_released=name in self.released)
            for name, at in self.standing.items()
        )
        self._tells(f"yard/{self.site.yard_id}", trailer.YardState, trailer.YardStateData, trailers=standing)
        for door_id, how in self.how_doors_are.items():
            about = {"trailer_id": self.doors.get(door_id)} | how
            self._tells(f"door/{door_id}", door.DoorState, door.DoorStateData, **about)
        self.at(EQUIPMENT_PERIOD_S, self._equipment_tells)

    def _tells(self, address: str, message_type: type[Any], data_type: type[Any], **about: Any) -> None:
        seqs = self.emitter(address).seqs
        last = {"last_event_seq": seqs.get("event", 0), "last_reply_seq": seqs.get("reply", 0)}
        self.say(address, message_type, data_type(**last, **about))

    def _at_door(self, door_id: str, message_type: type[Any], name: str, **how: Any) -> None:
        """The door does something, and is so from now on."""
        self.how_doors_are[door_id] |= how
        self.say(f"door/{door_id}", message_type, door.DoorData(trailer_id=name))

    def command(self, message: Any) -> None:
        if message.subject in self.deaf:
            return
        kind, entity = message.subject.split("/")
        if isinstance(message, robot.Resend):
            self._resend(message)
        elif kind == "robot":
            self.robots[entity].command(message)
        elif message.data.action_id not in self._yard_actions:
            self._yard_actions.append(message.data.action_id)
            self._yard_command(message)

    def _yard_command(self, message: Any) -> None:
        yard = message.subject
        name, door_id = message.data.trailer_id, message.data.door_id
        data = trailer.TrailerData(trailer_id=name, door_id=door_id)
        self.reply(message, reply.CommandAccepted)

        def later(after_s: float, message_type: type[Any], **how: bool) -> None:
            self.at(after_s, partial(self._at_door, door_id, message_type, name, **how))

        def docked() -> None:
            self.doors[door_id] = name
            self.standing[name] = door_id
            self.say(yard, trailer.TrailerDocked, data)
            self.reply(message, reply.CommandCompleted)
            later(15, door.RestraintEngaged, is_restrained=True)
            later(45, door.DoorOpened, is_open=True)
            later(60, door.LevellerLowered, is_leveller_down=True)

        def released() -> None:
            self._at_door(door_id, door.RestraintReleased, name, is_restrained=False)
            self.released.add(name)
            self.say(yard, trailer.TrailerReleased, data)
            self.at(120, departed)

        def departed() -> None:
            self.doors.pop(door_id, None)
            del self.standing[name]
            self.say(yard, trailer.TrailerDeparted, data)
            self.reply(message, reply.CommandCompleted)

        if isinstance(message, trailer.AssignDoor):
            self.at(240, docked)
        else:
            later(15, door.LevellerStored, is_leveller_down=False)
            later(45, door.DoorClosed, is_open=False)
            self.at(60, released)

    def _asked(self, request: exception.InterventionRequested) -> None:
        """People answer by `answers` of the exception type, else the default or the one option; None: nobody does."""
        data = request.data
        answer = self.answers.get(data.exception_type, data.default_answer or data.options[0])
        if answer is None:
            return
        person = f"operator/{self.site.remote_operators_id if data.role == 'remote' else self.site.floor_staff_id}"
        taken = exception.InterventionPersonData(intervention_id=data.intervention_id, person="ana")
        self.say(person, exception.InterventionTaken, taken)
        if data.exception_type == "leftovers":
            assert data.trailer_id is not None
            assert data.door_id is not None
            self._people(data.door_id, 1)
            self.at(0.5, partial(self._people, data.door_id, 0))
            for track in self.aside[data.trailer_id] + self.remaining[data.trailer_id]:
                self._recover(track)
            self.aside[data.trailer_id], self.remaining[data.trailer_id] = [], []
        if data.exception_type == "robot_lost":
            self._take_out(self.robots[data.entity.partition("/")[2]])
        if data.exception_type == "conveyor_jammed":
            nothing = conveyor.ConveyorData()
            self.say(data.entity, conveyor.ConveyorCleared, nothing, causation_id=request.id)
        label = data.track_id if (data.exception_type, answer) == ("no_read", "assist") else None
        answered = exception.InterventionAnsweredData(intervention_id=data.intervention_id, answer=answer, label=label)  # type: ignore[arg-type]
        self.at(1, lambda: self.say(person, exception.InterventionAnswered, answered))

    def _people(self, door_id: str, inside: int) -> None:
        self.how_doors_are[door_id]["people_inside"] = inside
        about = door.DoorPeopleData(people_inside=inside, trailer_id=self.doors.get(door_id))
        self.say(f"door/{door_id}", door.PersonEntered if inside else door.PersonLeft, about)

    def _recover(self, track: str) -> None:
        data = case.CaseRecoveredData(
            trailer_id=track.rpartition("-")[0], track_id=track, disposition="manual", label=track
        )
        self.say(f"operator/{self.site.floor_staff_id}", case.CaseRecovered, data)

    def _take_out(self, it: FakeRobot) -> None:
        if not it.is_dead or it.order is None:
            return
        if it.holding is not None:
            self._recover(it.holding)
        data = robot.RobotRemovedData(robot_id=it.name, door_id=it.order.data.door_id)
        self.say(f"operator/{self.site.floor_staff_id}", robot.RobotRemoved, data)

    # --- robots ---

    def reply(self, message: Any, reply_type: type[Any], code: str | None = None) -> None:
        kind, entity = message.subject.split("/")
        if kind == "robot":
            it = self.robots[entity]
            it.actions[message.data.action_id] = {
                reply.CommandAccepted: "RUNNING",
                reply.CommandCompleted: "FINISHED",
            }.get(reply_type, "FAILED")
        data = reply.ReplyData(command_id=message.id, action_id=message.data.action_id, code=code)
        self.say(message.subject, reply_type, data, correlation_id=message.correlationid, causation_id=message.id)

    def reboot(self, name: str) -> None:
        """The robot starts again in its next boot, having forgotten what it did."""
        it = self.robots[name]
        old = it.emitter
        it.previous = robot.PreviousBoot(
            boot=old.boot, last_event_seq=old.seqs.get("event", 0), last_reply_seq=old.seqs.get("reply", 0)
        )
        it.emitter = Emitter(site=self.site.site_id, address=old.address, boot=old.boot + 1)
        self._emitters[f"robot/{name}"] = it.emitter
        it.order = it.plan = it.holding = it.error = None
        it.queue, it.actions, it.state = [], {}, "IDLE"
        it.is_dead = it.is_silent = False
        it.start()

    def _resend(self, message: robot.Resend) -> None:
        """Everything durable is kept: send again what was asked for."""
        self.reply(message, reply.CommandAccepted)
        address = f"/{self.site.site_id}/{message.subject}"
        asked = message.data
        for sent in self._kept:
            wanted = (asked.lost_boot, asked.channel)
            is_of_stream = sent.source == address and (sent.boot, sent.CHANNEL) == wanted
            if is_of_stream and asked.from_seq <= sent.seq <= asked.to_seq:
                self._push(self.now_us + LATENCY_US, partial(self._deliver, sent))
        self.reply(message, reply.CommandCompleted)
