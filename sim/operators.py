"""The people of a role on the bus: requests wait in order for whoever is free, on duty and has the skill.

How long people take is drawn by what it is about and how often that was asked, never by the id of the request or of the
person, so that another decision elsewhere changes nothing here.
"""

from __future__ import annotations

from collections.abc import Collection, Generator
from typing import TYPE_CHECKING, Any, Literal

from sim import assumptions
from sim.case import Case
from sim.endpoint import Endpoint
from sim.floor_work import FloorWork
from sim.kernel import Script, Step
from sim.people import people_of
from twin.clock import instant_us, us
from twin.ids import Address
from twin.messages.exception import (
    InterventionAnswered,
    InterventionAnsweredData,
    InterventionHandedBack,
    InterventionPersonData,
    InterventionRequested,
    InterventionTaken,
)
from twin.messages.operator import ActionRequested, ActionRequestedData, OperatorState, OperatorStateData

if TYPE_CHECKING:
    from sim.dock import Dock
    from sim.people import Person
    from twin.messages.envelope import Message
    from twin.messages.exception import Answer, InterventionRequestedData, Role

REQUESTS_REMEMBERED_MAX = 4096
"""Requests known again when the radio brings them twice, and things known to have been asked about before."""

Work = Generator[Step, Any, None]


def _keep_latest(remembered: dict[str, Any]) -> None:
    if len(remembered) > REQUESTS_REMEMBERED_MAX:
        del remembered[next(iter(remembered))]


class HandedBackError(Exception):
    """Thrown into the work of a person who goes off duty before it has begun."""


class Task:
    """One request, waiting or seen to. `has_begun`: the person is there, and will end it before they go."""

    __slots__ = ("deadline_us", "handling", "has_begun", "number", "request", "response", "script")

    def __init__(self, request: InterventionRequested, *, number: int, response: float, handling: float) -> None:
        self.is_asked(request)
        self.number = number
        self.response = response
        self.handling = handling
        self.has_begun = False
        self.script: Script | None = None

    def is_asked(self, request: InterventionRequested) -> None:
        """From now on it is about this request."""
        self.request = request
        self.deadline_us = instant_us(request.data.deadline_at)


class Pool:
    """The people of one role. `answers_late_next`, `answers_twice_next`: so many of the next answers are."""

    def __init__(self, dock: Dock, *, role: Role, entity: str) -> None:
        self._dock = dock
        self._kernel = dock.kernel
        self._role = role
        self._people = people_of(dock.plan.operators, role)
        self._queue: list[Task] = []
        self._under_way: dict[str, Task] = {}
        """By the person who sees to it."""
        self._open: dict[str, Task] = {}
        """What was not answered yet, by exception."""
        self._seen: dict[str, None] = {}
        self._asked: dict[str, int] = {}
        """How often, by what it is about, the latest last."""
        self._help_us: dict[str, int] = {}
        """How long somebody helps who has said so, by the entity."""
        self._tasks = 0
        self._late: dict[str, None] = {}
        """The exceptions that somebody answers once it is too late."""
        self.answers_late_next = 0
        self.answers_twice_next = 0
        self.entity = entity
        self.endpoint = Endpoint(
            dock.kernel,
            dock.gateway,
            site=dock.plan.site.site_id,
            address=Address("operator", entity),
            report=self.report,
            hears=self,
        )
        self._floor = FloorWork(dock, self.endpoint)
        self._keep_to_the_shifts(dock.plan.start_us)

    # -- on and off duty --------------------------------------------------------------------------------------------

    def _keep_to_the_shifts(self, start_us: int) -> None:
        edges = {edge_us for person in self._people for stretch in person.duty or () for edge_us in stretch}
        for edge_us in sorted(edges):
            if edge_us > start_us:
                self._kernel.after(edge_us - start_us, self._change_duty)
        self._kernel.after(0, self._change_duty)

    def _change_duty(self) -> None:
        for person in self._people:
            person.is_on_duty = person.is_due(self._kernel.now_us)
            task = self._under_way.get(person.person_id)
            if task is not None and not person.is_on_duty and not task.has_begun:
                self._hand_back(person, task)
        self.report()
        self._take_next()

    def _hand_back(self, person: Person, task: Task) -> None:
        assert task.script is not None, "somebody was on the way"
        task.script.throw(HandedBackError())
        del self._under_way[person.person_id]
        if self._is_off_the_screen(task):
            self._close(task)
            return
        self._say_who(InterventionHandedBack, person, task)
        self._queue.append(task)
        self._queue.sort(key=lambda waiting: waiting.number)

    @property
    def on_duty(self) -> list[Person]:
        """Who is there, in the order of the plan."""
        return [person for person in self._people if person.is_on_duty]

    @property
    def asked(self) -> dict[str, str | None]:
        """What they know they are asked, by exception, and who sees to it; None: it waits."""
        asked: dict[str, str | None] = dict.fromkeys(self._open)
        asked.update({task.request.data.exception_id: person for person, task in self._under_way.items()})
        return asked

    @property
    def answered_late(self) -> Collection[str]:
        """The exceptions that somebody is about to answer once it is too late."""
        return self._late

    @property
    def robots_max(self) -> int | None:
        """As many robots as those there can supervise; with nobody there none, unless it was never counted."""
        if self._role != "remote":
            return None
        counts = [person.robots_max for person in self.on_duty or self._people]
        known = [count for count in counts if count is not None]
        if not counts or len(known) < len(counts):
            return None
        return sum(known) if self.on_duty else 0

    def report(self) -> None:
        """Publish the state."""
        self.endpoint.emit(
            OperatorState,
            OperatorStateData(
                **self.endpoint.last_seqs(),
                role=self._role,
                people_on_duty=len(self.on_duty),
                robots_max=self.robots_max,
            ),
        )

    # -- what they are asked ----------------------------------------------------------------------------------------

    def receive(self, message: Message) -> None:
        """A request waits for whoever can see to it; commands are for the endpoint."""
        if not isinstance(message, InterventionRequested):
            self.endpoint.receive(message)
            return
        if message.id in self._seen:
            return
        self._seen[message.id] = None
        _keep_latest(self._seen)
        asked = message.data
        subject = f"{asked.exception_type}/{asked.entity}/{asked.track_id or asked.trailer_id or ''}"
        self._asked[subject] = times = self._asked.pop(subject, 0) + 1
        _keep_latest(self._asked)
        if asked.exception_id in self._open:
            self._ask_anew(self._open[asked.exception_id], message)
            return
        response, handling, *_ = self._dock.draws.uniforms(f"people.{self._role}", subject, times)
        self._tasks += 1
        task = Task(message, number=self._tasks, response=response, handling=handling)
        self._open[asked.exception_id] = task
        self._queue.append(task)
        self._take_next()

    def _ask_anew(self, task: Task, request: InterventionRequested) -> None:
        """Nobody has answered in time: the new request takes the old one's place, and whoever sees to it goes on."""
        task.is_asked(request)
        for person in self._people:
            if self._under_way.get(person.person_id) is task:
                self._say_who(InterventionTaken, person, task)

    def _take_next(self) -> None:
        self._clear_the_screen()
        while True:
            free = [person for person in self.on_duty if person.person_id not in self._under_way]
            pair = self._next_pair(free) if free else None
            if pair is None:
                return
            task, person = pair
            self._queue.remove(task)
            self._under_way[person.person_id] = task
            self._say_who(InterventionTaken, person, task)
            task.script = Script(self._kernel, self._see_to(task, person))
            task.script.start()

    def _clear_the_screen(self) -> None:
        """What nobody has taken in time is not taken any more."""
        for task in [task for task in self._queue if self._is_off_the_screen(task)]:
            self._queue.remove(task)
            self._close(task)

    def _is_off_the_screen(self, task: Task) -> bool:
        """Whether the default has held already; who has to go to a door goes, whatever holds by then."""
        return self._role == "remote" and self._kernel.now_us > task.deadline_us

    def _next_pair(self, free: list[Person]) -> tuple[Task, Person] | None:
        """The first request that one of these can see to, and the first of them who can."""
        for task in self._queue:
            exception_type = task.request.data.exception_type
            for person in free:
                if person.can_see_to(exception_type):
                    return task, person
        return None

    # -- what they do -----------------------------------------------------------------------------------------------

    def _see_to(self, task: Task, person: Person) -> Work:
        yield person.response_us(task.response)
        task.has_begun = True
        handling_us = person.handling_us(task.handling)
        if self._role == "remote":
            yield from self._at_the_screen(task, person, handling_us)
        else:
            yield from self._floor.see_to(task.request, handling_us)
            yield from self._answer(task, person)
        self._close(task)
        del self._under_way[person.person_id]
        self._take_next()

    def _at_the_screen(self, task: Task, person: Person, handling_us: int) -> Work:
        asked = task.request.data
        if self._is_off_the_screen(task):
            return
        answer = self._choice(asked)
        if asked.exception_type == "no_read":
            yield handling_us
            yield from self._answer(task, person, label=self._label_read(asked) if answer == "assist" else None)
            return
        # The robot is told at once; helping it keeps the person busy.
        yield from self._answer(task, person)
        if answer == "assist":
            self._help_us[asked.entity] = handling_us
            yield handling_us

    def takes_help_us(self, address: str) -> int | None:
        """How long the person takes who has said that they will help this entity; None: nobody has."""
        return self._help_us.pop(address, None)

    def _label_read(self, asked: InterventionRequestedData) -> str | None:
        trailer = self._dock.trailers.get(asked.trailer_id or "")
        case = trailer.by_track.get(asked.track_id or "") if trailer else None
        return case.loaded.label if isinstance(case, Case) else None

    def _choice(self, asked: InterventionRequestedData) -> Answer:
        wanted = self._dock.plan.operators.answers.get(asked.exception_type)
        return next((option for option in asked.options if option == wanted), asked.options[0])

    def _answer(self, task: Task, person: Person, *, label: str | None = None) -> Work:
        """Say it: to the request as it stands now, whatever is asked after this."""
        request = task.request
        data = InterventionAnsweredData(
            intervention_id=request.data.intervention_id,
            answer=self._choice(request.data),
            person=person.person_id,
            label=label,
        )
        self._close(task)
        if self.answers_late_next:
            self.answers_late_next -= 1
            self._late[request.data.exception_id] = None
            yield max(task.deadline_us + us(assumptions.LATE_S) - self._kernel.now_us, 0)
            self._late.pop(request.data.exception_id, None)
        times = 1
        if self.answers_twice_next:
            self.answers_twice_next -= 1
            times = 2
        for _ in range(times):
            self.endpoint.emit(
                InterventionAnswered, data, correlation_id=request.correlationid, causation_id=request.id
            )

    def _close(self, task: Task) -> None:
        """What is asked about the same exception from now on is a request of its own."""
        exception_id = task.request.data.exception_id
        if self._open.get(exception_id) is task:
            del self._open[exception_id]

    def _say_who(
        self, message_type: type[InterventionTaken | InterventionHandedBack], person: Person, task: Task
    ) -> None:
        request = task.request
        data = InterventionPersonData(intervention_id=request.data.intervention_id, person=person.person_id)
        self.endpoint.emit(message_type, data, correlation_id=request.correlationid, causation_id=request.id)

    # -- what they want by themselves -------------------------------------------------------------------------------

    def request_action(self, person: str, robot_id: str, action: Literal["pause", "resume", "cancel"]) -> None:
        """A person asks for a robot to be paused, to go on, or to leave its trailer."""
        self.endpoint.emit(ActionRequested, ActionRequestedData(person=person, robot_id=robot_id, action=action))


class Operators:
    """Both pools."""

    def __init__(self, dock: Dock) -> None:
        site = dock.plan.site
        self._pools: dict[Role, Pool] = {
            "remote": Pool(dock, role="remote", entity=site.remote_operators_id),
            "floor": Pool(dock, role="floor", entity=site.floor_staff_id),
        }
        self.pools: dict[str, Pool] = {pool.entity: pool for pool in self._pools.values()}
        """By the id under which they are on the bus."""

    def pool_of(self, role: Role) -> Pool:
        """The people of this role."""
        return self._pools[role]
