"""The field, message by message: what each entity says, numbered and stamped, at instants the test chooses."""
# ruff: noqa: ANN401 - it speaks all types of messages alike

from __future__ import annotations

from typing import Any

from backend.services.site import Settings, SiteBackend, Timeouts
from tests.backend.fake_dock import START_US, site
from twin.clock import US_PER_S, format_time
from twin.ids import Address
from twin.messages import Message, case, door, reply, robot, trailer, wall
from twin.messages.emitter import Emitter
from twin.participant import Delivery


class Field:
    """One door, one robot unless told otherwise; `said` is all the backend has published."""

    def __init__(self, *, doors: int = 1, robots: int = 1, sorter_id: str | None = None, **settings: Any) -> None:
        settings = {"dock_planner": "earliest_due", "unload_planner": "top_down"} | settings
        of_site = site(doors=doors, robots=robots, sorter_id=sorter_id)
        self.backend = SiteBackend(Settings(site=of_site, **settings))
        self.now_us = START_US
        self.said: list[Delivery] = []
        self.emitters: dict[str, Emitter] = {}

    @property
    def timeouts(self) -> Timeouts:
        return self.backend.settings.timeouts

    def emitter(self, address: str) -> Emitter:
        if address not in self.emitters:
            self.emitters[address] = Emitter(site="bos1", address=Address(*address.split("/")), boot=1)
        return self.emitters[address]

    def make(self, address: str, message_type: type[Any], data: Any, **about: Any) -> Any:
        """The next message of an entity, not delivered yet."""
        return self.emitter(address).emit(message_type, data, at_us=self.now_us, **about)

    def deliver(self, *messages: Message) -> list[Message]:
        """Deliver now; returns what the backend said because of it."""
        published = self.backend.handle_window([Delivery(self.now_us, it) for it in messages], self.now_us)
        self.said += published
        return [message for _, message in published]

    def say(self, address: str, message_type: type[Any], data: Any, **about: Any) -> list[Message]:
        return self.deliver(self.make(address, message_type, data, **about))

    def wait(self, seconds: float) -> list[Message]:
        """Let time pass; returns what the backend said by itself."""
        self.now_us += round(seconds * US_PER_S)
        published = self.backend.handle_window([], self.now_us)
        self.said += published
        return [message for _, message in published]

    def codes(self) -> list[str]:
        """Codes of the invariants found broken."""
        return [it.code for it in self.backend.violations]

    # --- what is said often ---

    def announce(self, name: str = "t-1", cases: int = 3) -> None:
        data = trailer.TrailerAnnouncedData(
            trailer_id=name,
            carrier="",
            unload_kind="live",
            cases=cases,
            parts=1,
            manifest_sha256="0" * 64,
            due_at=format_time(self.now_us + 3600 * US_PER_S),
        )
        self.say("yard/yard", trailer.TrailerAnnounced, data)
        lines = tuple(
            trailer.ManifestLine(line_id=f"l{n}", po_id="po", sku="s", label=f"{name}-c{n}", quantity=1)
            for n in range(1, cases + 1)
        )
        manifest = trailer.TrailerManifestData(trailer_id=name, part=1, parts=1, lines=lines)
        self.say("yard/yard", trailer.TrailerManifest, manifest)

    def arrive(self, name: str = "t-1") -> list[Message]:
        return self.say("yard/yard", trailer.TrailerArrived, trailer.TrailerData(trailer_id=name))

    def dock(self, name: str = "t-1", at: str = "d1") -> list[Message]:
        self.say("yard/yard", trailer.TrailerDocked, trailer.TrailerData(trailer_id=name, door_id=at))
        self.say(f"door/{at}", door.RestraintEngaged, door.DoorData(trailer_id=name))
        self.say(f"door/{at}", door.DoorOpened, door.DoorData(trailer_id=name))
        return self.say(f"door/{at}", door.LevellerLowered, door.DoorData(trailer_id=name))

    def people(self, inside: int, at: str = "d1", name: str | None = "t-1") -> list[Message]:
        """So many people are in the cell from now on."""
        told = door.PersonEntered if inside else door.PersonLeft
        return self.say(f"door/{at}", told, door.DoorPeopleData(people_inside=inside, trailer_id=name))

    def report(self, name: str = "r1", state: str = "IDLE", **about: Any) -> list[Message]:
        seqs = self.emitter(f"robot/{name}").seqs
        heard = {"last_event_seq": seqs.get("event", 0), "last_reply_seq": seqs.get("reply", 0)}
        about = {"operating_mode": "AUTOMATIC", "connection_state": "ONLINE"} | heard | about
        data = robot.RobotStateData(
            robot_state=state,  # type: ignore[arg-type]
            **about,
        )
        return self.say(f"robot/{name}", robot.RobotStateReport, data)

    def reply(self, command: Any, reply_type: type[Any], code: str | None = None) -> list[Message]:
        data = reply.ReplyData(command_id=command.id, action_id=command.data.action_id, code=code)
        return self.say(command.subject, reply_type, data)

    def complete(self, command: Any) -> list[Message]:
        self.reply(command, reply.CommandAccepted)
        return self.reply(command, reply.CommandCompleted)

    def last(self, message_type: type[Any]) -> Any:
        """The last message of this type the backend has said."""
        return next(it for _, it in reversed(self.said) if isinstance(it, message_type))

    def scan(self, *tracks: str, name: str = "t-1", by: str = "r1", scan_id: str = "s1") -> list[Message]:
        data = wall.WallScannedData(
            trailer_id=name,
            scan_id=scan_id,
            part=1,
            parts=1,
            frame_id="trailer",
            captured_at=format_time(self.now_us),
            position_stddev_m=0.0,
            cases=tuple(
                wall.SeenCase(track_id=track, position_m=(1.0, 0.5 * n, 0.2), size_m=(0.4, 0.4, 0.4))
                for n, track in enumerate(tracks)
            ),
        )
        return self.say(f"robot/{by}", wall.WallScanned, data)

    def pick(self, track: str, *, name: str = "t-1", by: str = "r1") -> list[Message]:
        data = case.CasePickedData(trailer_id=name, track_id=track, taken_from="wall", attempts=1, weight_kg=9.0)
        return self.say(f"robot/{by}", case.CasePicked, data)

    def place(self, track: str, *, name: str = "t-1", by: str = "r1") -> list[Message]:
        return self.say(
            f"robot/{by}", case.CasePlaced, case.CasePlacedData(trailer_id=name, track_id=track, conveyor_id="c1")
        )

    def identify(self, track: str, *, name: str = "t-1") -> list[Message]:
        data = case.CaseIdentifiedData(trailer_id=name, track_id=track, label=track)
        return self.say("conveyor/c1", case.CaseIdentified, data)

    def start(self, *, cases: int = 3) -> Any:
        """As far as a robot before its first wall, with a plan for all of it; returns the plan."""
        self.report()
        self.announce(cases=cases)
        self.arrive()
        self.complete(self.last(trailer.AssignDoor))
        self.dock()
        self.reply(self.last(robot.AssignOrder), reply.CommandAccepted)
        for state in ("TRAVELLING", "ENTERING", "SCANNING"):
            self.report(state=state, door_id="d1", trailer_id="t-1")
        self.say("robot/r1", robot.UnloadStarted, robot.UnloadData(trailer_id="t-1", door_id="d1"))
        self.scan(*[f"t-1-c{n}" for n in range(1, cases + 1)])
        plan = self.last(robot.AssignPickPlan)
        self.reply(plan, reply.CommandAccepted)
        return plan

    def finish(self, placed: int) -> None:
        """The robot is told to leave, and does."""
        plan = self.last(robot.AssignPickPlan)
        self.reply(plan, reply.CommandAccepted)
        data = robot.UnloadFinishedData(trailer_id="t-1", door_id="d1", cases_placed=placed)
        self.say("robot/r1", robot.UnloadFinished, data)
        self.reply(plan, reply.CommandCompleted)
        self.reply(self.last(robot.AssignOrder), reply.CommandCompleted)
