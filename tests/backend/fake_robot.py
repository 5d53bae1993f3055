"""The robots of the fake dock: they scan, pick and place by fixed times, and do what the test has planned."""
# ruff: noqa: ANN401 - they hear all types of commands alike

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.clock import format_time
from twin.messages import case, reply, robot, wall

if TYPE_CHECKING:
    from tests.backend.fake_dock import FakeDock

CASES_SEEN_MAX = 6


class FakeRobot:
    """One robot; `holding` and `inside` are the truth."""

    def __init__(self, name: str, dock: FakeDock) -> None:
        self.dock = dock
        self.name = name
        self.emitter = dock.emitter(f"robot/{name}")
        self.state = "IDLE"
        self.holding: str | None = None
        self.order: robot.AssignOrder | None = None
        self.plan: robot.AssignPickPlan | None = None
        self.queue: list[str] = []
        self.placed = 0
        self.is_dead = False
        self.is_silent = False
        self.error: tuple[str, str] | None = None
        self.actions: dict[str, str] = {}
        self.previous: robot.PreviousBoot | None = None

    def start(self) -> None:
        sheet = robot.RobotFactsheetData(
            software_version="1",
            commands_accepted=(),
            calibrated_at=format_time(self.dock.now_us),
            weight_kg_max=30.0,
            weight_kg_max_high=30.0,
            high_from_m=1.5,
            size_m_max=(1.0, 1.0, 1.0),
            reach_m=2.0,
            speed_m_per_s=1.0,
        )
        self.dock.say(f"robot/{self.name}", robot.RobotFactsheet, sheet)
        self._enter("IDLE")
        self._beat()

    def _beat(self) -> None:
        if not self.is_dead:
            self.report()
            self.dock.at(10, self._beat)

    def _enter(self, state: str) -> None:
        if self.state != state or state == "IDLE":
            self.state = state
            self.report()

    def report(self) -> None:
        if self.is_silent or self.is_dead:
            return
        seqs = self.emitter.seqs
        order = self.order
        data = robot.RobotStateData(
            robot_state=self.state,  # type: ignore[arg-type]
            operating_mode="AUTOMATIC",
            connection_state="ONLINE",
            last_event_seq=seqs.get("event", 0),
            last_reply_seq=seqs.get("reply", 0),
            door_id=None if order is None else order.data.door_id,
            trailer_id=None if order is None else order.data.trailer_id,
            holding=() if self.holding is None else (self.holding,),
            recent_actions=tuple(
                robot.RecentAction(action_id=key, action_state=value)  # type: ignore[arg-type]
                for key, value in list(self.actions.items())[-32:]
            ),
            previous_boot=self.previous,
        )
        self.dock.say(f"robot/{self.name}", robot.RobotStateReport, data)

    def command(self, message: Any) -> None:
        if self.is_dead or message.data.action_id in self.actions:
            return
        if format_time(self.dock.now_us) > message.data.expires_at:
            self.dock.reply(message, reply.CommandExpired)
            return
        self.dock.reply(message, reply.CommandAccepted)
        if isinstance(message, robot.AssignOrder):
            self.order, self.placed = message, 0
            self._enter("TRAVELLING")
            self.dock.at(10, self._go_in)
        elif isinstance(message, robot.AssignPickPlan):
            self.plan, self.queue = message, list(message.data.track_ids)
            self._next_pick()
        elif isinstance(message, robot.Snapshot):
            self.report()
            self.dock.reply(message, reply.CommandCompleted)
        else:
            self._answered(message)

    def _go_in(self) -> None:
        assert self.order is not None
        if self.is_dead:
            return
        self._enter("ENTERING")
        data = self.order.data
        about = robot.UnloadData(trailer_id=data.trailer_id, door_id=data.door_id)
        self.dock.say(f"robot/{self.name}", robot.UnloadStarted, about)
        if self.dock.is_counted_only:
            self._enter("SCANNING")
            self._enter("PICKING")
            self.dock.at(600, self._leave)
        else:
            self.dock.at(2, self._scan)

    def _scan(self) -> None:
        if self.is_dead or self.order is None:
            return
        self._enter("SCANNING")
        name = self.order.data.trailer_id
        self.dock.scans += 1
        seen = tuple(self._see(track) for track in self.dock.remaining[name][:CASES_SEEN_MAX])
        data = wall.WallScannedData(
            trailer_id=name,
            scan_id=f"{name}-s{self.dock.scans}",
            part=1,
            parts=1,
            frame_id="trailer",
            captured_at=format_time(self.dock.now_us),
            position_stddev_m=0.005,
            cases=seen,
        )
        self.dock.say(f"robot/{self.name}", wall.WallScanned, data)

    def _see(self, track: str) -> wall.SeenCase:
        number = int(track.rpartition("-c")[2])
        floor = "floor" in self.dock.grips.get(track, [])
        return wall.SeenCase(
            track_id=track,
            position_m=(1.0 + number, 0.0, 0.2),
            size_m=(0.4, 0.4, 0.4),
            lies_on_floor=floor,
        )

    def _next_pick(self) -> None:
        assert self.plan is not None
        assert self.order is not None
        if self.is_dead:
            return
        if self.queue:
            self._enter("PICKING")
            self.dock.at(3, lambda: self._grip(self.queue.pop(0)))
        elif self.plan.data.then_leave:
            self._leave()
        else:
            self.dock.reply(self.plan, reply.CommandCompleted)
            self._enter("ADVANCING")
            self.dock.at(4, self._scan)

    def _grip(self, track: str) -> None:
        if self.is_dead:
            return
        name = track.rpartition("-")[0]
        fates = self.dock.grips.get(track, [])
        fate = fates.pop(0) if fates else "holds"
        address = f"robot/{self.name}"
        if fate == "refused":
            self.dock.remaining[name].remove(track)
            self.dock.aside[name].append(track)
            self.dock.say(
                address, case.CaseRefused, case.CaseSetAsideData(trailer_id=name, track_id=track, reason="too_heavy")
            )
            self._next_pick()
            return
        if fate == "grip_failed":
            self.error = (f"e-{track}", track)
            self._enter("AWAITING_ASSIST")
            self.dock.say(
                address,
                robot.RobotErrorRaised,
                robot.RobotErrorData(
                    error_id=self.error[0],
                    error_type="grip_failed",
                    error_level="URGENT",
                    trailer_id=name,
                    track_id=track,
                    allowed_answers=("retry", "skip", "assist"),
                ),
            )
            return
        taken_from = "floor" if fate == "floor" else "wall"
        self.holding = track
        self.dock.say(
            address,
            case.CasePicked,
            case.CasePickedData(trailer_id=name, track_id=track, taken_from=taken_from, attempts=1, weight_kg=10.0),  # type: ignore[arg-type]
        )
        self.dock.remaining[name].remove(track)
        if fate == "dies":
            self.is_dead = True
        else:
            self.dock.at(2, lambda: self._place(track))

    def _place(self, track: str) -> None:
        assert self.order is not None
        if self.is_dead:
            return
        name, belt = self.order.data.trailer_id, self.order.data.conveyor_id
        self.holding = None
        self.placed += 1
        data = case.CasePlacedData(trailer_id=name, track_id=track, conveyor_id=belt)
        self.dock.say(f"robot/{self.name}", case.CasePlaced, data)

        def read() -> None:
            if self.dock.reads.get(track, True):
                labelled = case.CaseIdentifiedData(trailer_id=name, track_id=track, label=track)
                self.dock.say(f"conveyor/{belt}", case.CaseIdentified, labelled)
            else:
                unread = case.CaseUnreadableData(trailer_id=name, track_id=track)
                self.dock.say(f"conveyor/{belt}", case.CaseUnreadable, unread)

        self.dock.at(20, read)
        self._next_pick()

    def _answered(self, message: Any) -> None:
        assert self.error is not None
        error_id, track = self.error
        self.error = None
        self.dock.say(f"robot/{self.name}", robot.RobotErrorCleared, robot.RobotErrorClearedData(error_id=error_id))
        self.dock.reply(message, reply.CommandCompleted)
        self._enter("PICKING")
        if isinstance(message, robot.Skip):
            self._next_pick()
        else:
            self.dock.at(3, lambda: self._grip(track))

    def _leave(self) -> None:
        assert self.order is not None
        data = self.order.data
        placed = len(self.dock.remaining[data.trailer_id]) if self.dock.is_counted_only else self.placed
        if self.dock.is_counted_only:
            self.dock.remaining[data.trailer_id] = []
        self.dock.say(
            f"robot/{self.name}",
            robot.UnloadFinished,
            robot.UnloadFinishedData(
                trailer_id=data.trailer_id,
                door_id=data.door_id,
                cases_placed=placed,
                counted_only=self.dock.is_counted_only,
            ),
        )
        self._enter("EXITING")
        self.dock.at(5, self._out)

    def _out(self) -> None:
        order, plan = self.order, self.plan
        assert order is not None
        self.order = self.plan = None
        self._enter("IDLE")
        if plan is not None:
            self.dock.reply(plan, reply.CommandCompleted)
        self.dock.reply(order, reply.CommandCompleted)
