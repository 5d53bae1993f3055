"""A backend of the simplest kind, to drive the simulator in tests: it orders greedily and believes what it hears."""

# ruff: noqa: ANN401 - it reads whatever data come

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from sim.assumptions import GRIP_SHARE_MIN
from sim.plan import DayPlan
from sim.world import World
from tests.sim.fake_voice import RESEND_US, FakeVoice
from twin.clock import NEVER_US, US_PER_S
from twin.ids import DURABLE_CHANNELS, parse_source
from twin.messages.envelope import Command, Message
from twin.messages.robot import (
    AssignOrder,
    AssignPickPlan,
    Assist,
    ErrorAnswerData,
    OrderData,
    Pause,
    PauseData,
    PickPlanData,
    ReleaseToWork,
    Resend,
    ResendData,
    Resume,
    Retry,
    Skip,
)
from twin.messages.trailer import AssignDoor, ReleaseTrailer, TrailerCommandData
from twin.messages.wall import SeenCase
from twin.participant import Delivery

GAP_US = US_PER_S
LOST_US = 32 * US_PER_S
BATTERY_MIN = 0.25
STUCK_US = 600 * US_PER_S
AGAIN_US = 30 * US_PER_S
HOUR_US = 3600 * US_PER_S
ANSWERS: dict[str, type[Command]] = {"retry": Retry, "skip": Skip, "assist": Assist}

Planner = Callable[[Sequence[SeenCase]], list[str]]


def top_down(cases: Sequence[SeenCase]) -> list[str]:
    """The floor first, then wall by wall from the top; what is half hidden only if there is nothing else."""
    open_cases = [case for case in cases if not case.lies_on_floor and case.visible_fraction >= GRIP_SHARE_MIN]
    standing = sorted(
        open_cases or [case for case in cases if not case.lies_on_floor],
        key=lambda case: (round(case.position_m[0] - case.size_m[0] / 2.0, 1), -case.position_m[2]),
    )
    return [case.track_id for case in cases if case.lies_on_floor] + [case.track_id for case in standing]


class FakeBackend(FakeVoice):
    """Reads deliveries, publishes through `out`, wakes at `next_us`."""

    def __init__(self, plan: DayPlan, planner: Planner = top_down) -> None:
        super().__init__(plan)
        self._planner = planner
        self.log: list[Delivery] = []
        """What took effect, in order."""
        self._next_seq: dict[tuple[str, int, str], int] = {}
        self._held: dict[tuple[str, int, str], dict[int, Message]] = {}
        self._gaps: dict[tuple[str, int, str], int] = {}
        self._heard_us: dict[str, int] = {}
        self._free_robots = dict.fromkeys(plan.site.robots, plan.start_us)
        self._free_doors = [door.door_id for door in plan.site.doors]
        self._waiting: list[str] = []
        self._door_of: dict[str, str] = {}
        self._ready: dict[str, set[str]] = {}
        self._orders: list[str] = []
        self._robot_at: dict[str, str] = {}
        self._scans: dict[str, list[SeenCase]] = {}
        self._left_out: dict[str, set[str]] = {}
        self._errors: dict[str, tuple[str, str, str, str]] = {}
        self._later: list[tuple[int, Callable[[], None]]] = []
        self._moved_us: dict[str, int] = {}
        self._resting: dict[str, str] = {}
        self._stopped: dict[str, str] = {}
        self._answered: set[str] = set()

    # -- the participant ----------------------------------------------------------------------------------------

    @property
    def next_us(self) -> int:
        lost = [heard + LOST_US for robot, heard in self._heard_us.items() if robot in self._robot_at.values()]
        stuck = [self._moved_us[robot] + STUCK_US for robot in self._robot_at.values()]
        timers = [at_us for at_us, _ in [*self._open.values(), *self._later]]
        return min(timers + lost + stuck + list(self._gaps.values()), default=NEVER_US)

    def wake(self, now_us: int) -> None:
        self._now_us = now_us
        for key in [key for key, at_us in self._gaps.items() if at_us <= now_us]:
            source, boot, channel = key
            self._gaps[key] = now_us + 5 * GAP_US
            first, last = self._next_seq[key], min(self._held[key]) - 1
            data = self._data(ResendData, lost_boot=boot, channel=channel, from_seq=first, to_seq=last)
            self._command(Resend, str(parse_source(source)[1]), data)
        due = [entry for entry in self._later if entry[0] <= now_us]
        self._later = [entry for entry in self._later if entry[0] > now_us]
        for _, act in due:
            act()
        for action, (at_us, command) in list(self._open.items()):
            if at_us <= now_us:
                self._open[action] = (now_us + RESEND_US, command)
                self.out.append(command)
        for robot, heard_us in self._heard_us.items():
            if heard_us + LOST_US <= now_us and robot in self._robot_at.values():
                self._heard_us[robot] = now_us + HOUR_US
                self._request("robot_lost", "floor", ("abandon",), f"robot/{robot}")
        for robot in self._robot_at.values():
            if self._moved_us[robot] + STUCK_US <= now_us:
                self._moved_us[robot] = now_us + HOUR_US
                self._request("robot_stuck", "floor", ("abandon",), f"robot/{robot}")

    def hear(self, delivery: Delivery) -> None:
        self._now_us = delivery.at_us
        message = delivery.message
        if message.CHANNEL not in DURABLE_CHANNELS:
            self._apply(delivery)
            return
        key = (message.source, message.boot, message.CHANNEL)
        expected = self._next_seq.setdefault(key, 1)
        if message.seq < expected:
            return
        held = self._held.setdefault(key, {})
        held[message.seq] = message
        while self._next_seq[key] in held:
            self._apply(Delivery(delivery.at_us, held.pop(self._next_seq[key])))
            self._next_seq[key] += 1
        if held:
            self._gaps.setdefault(key, self._now_us + GAP_US)
        else:
            self._gaps.pop(key, None)

    def _apply(self, delivery: Delivery) -> None:
        self.log.append(delivery)
        message = delivery.message
        handler = getattr(self, "_on_" + message.type.removesuffix(".v1").replace(".", "_"), None)
        if handler is not None:
            handler(message, message.data)
        if message.source.split("/")[2] == "robot":
            robot = message.source.split("/")[3]
            self._heard_us[robot] = self._now_us
            if message.CHANNEL in DURABLE_CHANNELS:
                self._moved_us[robot] = self._now_us
        self._dispatch()

    # -- what it does about what it hears -----------------------------------------------------------------------

    def _dispatch(self) -> None:
        while self._waiting and self._free_doors:
            trailer, door = self._waiting.pop(0), self._free_doors.pop(0)
            self._door_of[trailer] = door
            self._command(
                AssignDoor,
                f"yard/{self._site.yard_id}",
                self._data(TrailerCommandData, trailer_id=trailer, door_id=door),
            )
        for trailer in list(self._orders):
            robot = next((robot for robot, at_us in self._free_robots.items() if at_us <= self._now_us), None)
            if robot is None:
                return
            del self._free_robots[robot]
            self._orders.remove(trailer)
            self._robot_at[trailer] = robot
            self._heard_us[robot] = self._moved_us[robot] = self._now_us
            at = next(door for door in self._site.doors if door.door_id == self._door_of[trailer])
            data = self._data(
                OrderData,
                order_id=f"o-{trailer}",
                trailer_id=trailer,
                door_id=at.door_id,
                conveyor_id=at.conveyor_id,
                cases_expected=0,
            )
            self._command(AssignOrder, f"robot/{robot}", data, trailer)

    def _on_trailer_arrived(self, _message: Message, data: Any) -> None:
        self._waiting.append(data.trailer_id)

    def _on_door_restraint_engaged(self, message: Message, data: Any) -> None:
        self._ready.setdefault(data.trailer_id, set()).add(message.type)
        if len(self._ready[data.trailer_id]) == 3:
            self._orders.append(data.trailer_id)

    _on_door_opened = _on_door_leveller_lowered = _on_door_restraint_engaged

    def _on_trailer_docked(self, _message: Message, data: Any) -> None:
        meant = self._door_of[data.trailer_id]
        self._door_of[data.trailer_id] = data.door_id
        if data.door_id in self._free_doors:
            self._free_doors.remove(data.door_id)
        if meant not in self._door_of.values():
            self._free_doors.append(meant)

    def _on_trailer_departed(self, _message: Message, data: Any) -> None:
        del self._door_of[data.trailer_id]
        self._free_doors.append(data.door_id)

    def _on_wall_scanned(self, message: Message, data: Any) -> None:
        seen = self._scans.setdefault(data.scan_id, [])
        seen.extend(data.cases)
        if data.part != data.parts:
            return
        left_out = self._left_out.setdefault(data.trailer_id, set())
        tracks = self._planner([case for case in seen if case.track_id not in left_out])[:300]
        plan = self._data(
            PickPlanData,
            order_id=f"o-{data.trailer_id}",
            plan_id=f"p-{data.scan_id}",
            scan_id=data.scan_id,
            track_ids=tuple(tracks),
            then_leave=not tracks,
        )
        self._command(AssignPickPlan, str(parse_source(message.source)[1]), plan, data.trailer_id)

    def _on_case_refused(self, _message: Message, data: Any) -> None:
        self._left_out.setdefault(data.trailer_id, set()).add(data.track_id)

    _on_case_damaged = _on_case_retracted = _on_case_refused

    def _on_robot_error_raised(self, message: Message, data: Any) -> None:
        if not data.allowed_answers:
            return
        robot = str(parse_source(message.source)[1])
        intervention = self._request(
            data.error_type, data.owner, data.allowed_answers, robot, trailer_id=data.trailer_id, track_id=data.track_id
        )
        self._errors[intervention] = (robot, data.error_id, data.trailer_id, data.track_id)

    def _on_conveyor_jammed(self, message: Message, _data: Any) -> None:
        conveyor_or_sorter = parse_source(message.source)[1]
        self._request(f"{conveyor_or_sorter.kind}_jammed", "floor", ("retry",), str(conveyor_or_sorter))

    _on_sorter_jammed = _on_conveyor_jammed

    def _on_robot_emergency_stopped(self, message: Message, _data: Any) -> None:
        self._request("emergency_stop", "floor", ("assist",), str(parse_source(message.source)[1]))

    def _on_robot_emergency_stop_reset(self, message: Message, _data: Any) -> None:
        robot = str(parse_source(message.source)[1])
        self._stopped[self._request("release_to_work", "remote", ("release",), robot)] = robot

    def _on_robot_action_requested(self, _message: Message, data: Any) -> None:
        command = {"pause": Pause, "resume": Resume}[data.action]
        self._command(command, f"robot/{data.robot_id}", self._data(PauseData))

    def _on_case_unreadable(self, message: Message, data: Any) -> None:
        conveyor = str(parse_source(message.source)[1])
        self._request(
            "no_read", "remote", ("assist", "skip"), conveyor, trailer_id=data.trailer_id, track_id=data.track_id
        )

    def _on_intervention_answered(self, _message: Message, data: Any) -> None:
        if data.intervention_id in self._answered:
            return
        self._answered.add(data.intervention_id)
        stopped = self._stopped.pop(data.intervention_id, None)
        if stopped is not None:
            self._command(ReleaseToWork, stopped, self._data(PauseData))
        error = self._errors.pop(data.intervention_id, None)
        if error is not None:
            robot, error_id, trailer, track = error
            if data.answer == "skip":
                self._left_out[trailer].add(track)
            self._command(ANSWERS[data.answer], robot, self._data(ErrorAnswerData, error_id=error_id), trailer)
        kind, _, trailer = data.intervention_id.partition(":")
        if kind == "leftovers":
            self._release(trailer.partition(":")[0])

    def _release(self, trailer: str) -> None:
        data = self._data(TrailerCommandData, trailer_id=trailer, door_id=self._door_of[trailer])
        self._command(ReleaseTrailer, f"yard/{self._site.yard_id}", data, trailer)

    def _on_robot_removed(self, _message: Message, data: Any) -> None:
        self._give_to_another(data.robot_id)

    def _on_robot_factsheet(self, message: Message, _data: Any) -> None:
        self._give_to_another(message.source.split("/")[3])

    def _give_to_another(self, robot: str) -> None:
        """The robot is out, or has started anew: it knows of no order any more."""
        trailer = next((trailer for trailer, it in self._robot_at.items() if it == robot), None)
        if trailer is None:
            return
        del self._robot_at[trailer]
        self._orders.append(trailer)
        self._open = {action: entry for action, entry in self._open.items() if entry[1].subject != f"robot/{robot}"}

    def _on_robot_state(self, message: Message, data: Any) -> None:
        robot = message.source.split("/")[3]
        if self._resting.get(robot) != data.robot_state:
            self._resting[robot] = data.robot_state
            self._moved_us[robot] = self._now_us
        is_charged = data.battery_fraction is None or data.battery_fraction >= BATTERY_MIN
        is_free = robot not in self._free_robots and robot not in self._robot_at.values()
        if data.robot_state == "IDLE" and is_free and is_charged:
            self._free_robots[robot] = self._now_us

    def _on_command_accepted(self, _message: Message, data: Any) -> None:
        self._open.pop(data.action_id, None)

    def _on_command_expired(self, message: Message, data: Any) -> None:
        command_type, target, sent, trailer = self._sent[data.command_id]
        if data.command_id not in self._order_commands and command_type is not Resend:
            again = replace(sent, action_id=f"{sent.action_id}-again", expires_at=self._expiry())
            self._command(command_type, target, again, trailer)
        self._on_command_failed(message, data)

    def _on_command_failed(self, message: Message, data: Any) -> None:
        self._open.pop(data.action_id, None)
        trailer = self._order_commands.get(data.command_id)
        if trailer is not None and self._robot_at.get(trailer) == message.source.split("/")[3]:
            del self._robot_at[trailer]
            self._orders.append(trailer)

    def _on_command_rejected(self, message: Message, data: Any) -> None:
        command_type, _, sent, _ = self._sent[data.command_id]
        if command_type is ReleaseTrailer and data.code in {"robot_inside", "person_inside"}:
            self._later.append((self._now_us + AGAIN_US, lambda: self._release(sent.trailer_id)))
        elif command_type is AssignDoor and data.code == "door_occupied":
            del self._door_of[sent.trailer_id]
            self._waiting.append(sent.trailer_id)
        self._on_command_failed(message, data)

    def _on_command_completed(self, message: Message, data: Any) -> None:
        robot = message.source.split("/")[3]
        if data.command_id in self._order_commands:
            trailer = self._order_commands[data.command_id]
            if self._robot_at.get(trailer) == robot:
                del self._robot_at[trailer]
                self._free_robots[robot] = self._now_us
                at = f"door/{self._door_of[trailer]}"
                self._request("leftovers", "floor", ("assist",), at, trailer_id=trailer)


class Day:
    """One day, inline, in the loop of docs/architecture.md; `has_windows` off takes the smallest steps there are."""

    def __init__(self, plan: DayPlan, *, planner: Planner = top_down, has_windows: bool = True) -> None:
        self.world = World(plan)
        self.backend = FakeBackend(plan, planner)
        self.plan = plan
        self.arrivals: list[Delivery] = []
        self.published: list[Delivery] = []
        self._has_windows = has_windows

    def run(self, *, until_us: int = NEVER_US) -> Day:
        world, backend = self.world, self.backend
        answer_us = world.downlink_least_us + self.plan.site.decision_latency_us
        granted_us = self.plan.start_us
        while granted_us < min(until_us, world.end_us or NEVER_US):
            first_us = min(backend.next_us, world.first_arrival())
            if self._has_windows:
                reached_us = world.advance(min(first_us + answer_us, world.end_us or NEVER_US))
                grant_us = min(reached_us + world.uplink_least_us, world.end_us or NEVER_US)
            else:
                grant_us = reached_us = world.advance(min(first_us, world.next_time()) + 1)
            assert grant_us < NEVER_US, "nothing will ever happen again"
            for delivery in world.take_arrivals(grant_us):
                self._wake_before(delivery.at_us)
                self.arrivals.append(delivery)
                backend.hear(delivery)
                self._publish(delivery.at_us)
            self._wake_before(grant_us)
            granted_us = grant_us
        return self

    def _wake_before(self, before_us: int) -> None:
        while (at_us := self.backend.next_us) < before_us:
            self.backend.wake(at_us)
            self._publish(at_us)

    def _publish(self, at_us: int) -> None:
        for message in self.backend.out:
            self.published.append(Delivery(at_us, message))
            self.world.deliver(at_us, message)
        self.backend.out.clear()

    def messages(self, type_name: str) -> list[Any]:
        """What the backend took in of one type, in order."""
        return [delivery.message for delivery in self.backend.log if delivery.message.type == f"{type_name}.v1"]
