"""People, in their simplest form: two pools of a few, who come after a while, do what is to be done, and say so.

How long they take is drawn by what it is about and how often that was asked, never by the id of the request, so that
another decision elsewhere changes nothing here.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Literal

from sim import assumptions
from sim.endpoint import Endpoint
from twin.clock import parse_time
from twin.ids import Address, parse_address
from twin.messages.case import CaseRecovered, CaseRecoveredData
from twin.messages.exception import InterventionAnswered, InterventionAnsweredData, InterventionRequested
from twin.messages.robot import RobotRemoved, RobotRemovedData
from twin.rng import lognormal

if TYPE_CHECKING:
    from sim.dock import Dock
    from sim.truth import Case, Trailer
    from twin.messages.envelope import Message
    from twin.messages.exception import InterventionRequestedData, Role

REQUESTS_REMEMBERED_MAX = 4096
"""Requests known again when the radio brings them twice."""


class Pool:
    """The people of one role: so many at work at once, the others' requests wait in order."""

    def __init__(self, dock: Dock, *, role: Role, entity: str) -> None:
        people = dock.plan.operators
        self._dock = dock
        self._role = role
        self._free = people.remote if role == "remote" else people.floor
        self._response_us = people.remote_response_us if role == "remote" else people.floor_response_us
        self._handling_us = people.remote_handling_us if role == "remote" else people.floor_handling_us
        self._queue: deque[InterventionRequested] = deque()
        self._seen: dict[str, None] = {}
        self._asked: Counter[str] = Counter()
        self.entity = entity
        self.endpoint = Endpoint(
            dock.kernel, dock.gateway, site=dock.plan.site.site_id, address=Address("operator", entity)
        )
        dock.gateway.connect(str(self.endpoint.address), self)

    def receive(self, message: Message) -> None:
        """A request waits for whoever is free; commands are for the endpoint."""
        if not isinstance(message, InterventionRequested):
            self.endpoint.receive(message)
            return
        if message.id in self._seen:
            return
        self._seen[message.id] = None
        if len(self._seen) > REQUESTS_REMEMBERED_MAX:
            del self._seen[next(iter(self._seen))]
        self._queue.append(message)
        self._take_next()

    def _take_next(self) -> None:
        while self._free and self._queue:
            request = self._queue.popleft()
            self._free -= 1
            asked = request.data
            subject = f"{asked.exception_type}/{asked.entity}/{asked.track_id or asked.trailer_id or ''}"
            self._asked[subject] += 1
            response, handling, *_ = self._dock.draws.uniforms(f"people.{self._role}", subject, self._asked[subject])
            response_us = self._lasts_us(response, self._response_us)
            handling_us = self._lasts_us(handling, self._handling_us)
            self._respond_later(request, response_us, handling_us)

    def _respond_later(self, request: InterventionRequested, response_us: int, handling_us: int) -> None:
        kernel = self._dock.kernel
        answer = self._choice(request.data)

        def respond() -> None:
            if self._role == "remote" and kernel.now_us > parse_time(request.data.deadline_at):
                self._be_free()  # the default has held already, the request is off the screen
            elif self._role == "remote" and request.data.exception_type != "no_read":
                # The robot is told at once; helping it keeps the person busy.
                self._answer(request, answer)
                kernel.after(handling_us if answer == "assist" else 0, self._be_free)
            else:
                kernel.after(handling_us, finish)

        def finish() -> None:
            label = self._do(request, answer)
            self._answer(request, answer, label=label)
            self._be_free()

        kernel.after(response_us, respond)

    def _be_free(self) -> None:
        self._free += 1
        self._take_next()

    def _lasts_us(self, uniform: float, median_us: int) -> int:
        return round(lognormal(uniform, median_us, assumptions.HUMAN_SIGMA)) if median_us else 0

    def _choice(self, asked: InterventionRequestedData) -> Literal["retry", "skip", "assist", "abandon"]:
        wanted = self._dock.plan.operators.answers.get(asked.exception_type)
        return next((option for option in asked.options if option == wanted), asked.options[0])

    def _answer(
        self,
        request: InterventionRequested,
        answer: Literal["retry", "skip", "assist", "abandon"],
        *,
        label: str | None = None,
    ) -> None:
        data = InterventionAnsweredData(intervention_id=request.data.intervention_id, answer=answer, label=label)
        self.endpoint.emit(InterventionAnswered, data, correlation_id=request.correlationid, causation_id=request.id)

    # -- what they do -----------------------------------------------------------------------------------------------

    def _do(self, request: InterventionRequested, answer: str) -> str | None:
        """Do what the exception asks for; returns the label if one was read."""
        asked = request.data
        match asked.exception_type:
            case "no_read" if answer == "assist" and asked.trailer_id and asked.track_id:
                case = self._dock.trailers[asked.trailer_id].by_track.get(asked.track_id)
                return case.loaded.label if case else None
            case "conveyor_jammed":
                self._dock.conveyors[parse_address(asked.entity).entity].clear(causation_id=request.id)
            case "leftovers" if asked.trailer_id:
                self._carry_out(request, self._dock.trailers[asked.trailer_id])
            case "robot_lost":
                self._see_to_robot(request, parse_address(asked.entity).entity)
        return None

    def _carry_out(self, request: InterventionRequested, trailer: Trailer) -> None:
        """Every case that is still in the trailer is carried out; who comes when it is closed or gone finds nothing."""
        door = self._dock.doors.get(trailer.door_id or "")
        if door is None or door.trailer is not trailer or not door.may_be_entered:
            return
        for case in trailer.cases.values():
            if case.whereabouts == "in_trailer":
                self._recover(request, trailer, case)

    def _recover(self, request: InterventionRequested, trailer: Trailer, case: Case) -> None:
        case.whereabouts = "carried_out"
        data = CaseRecoveredData(
            trailer_id=trailer.trailer_id,
            track_id=trailer.perception.track_of(case),
            disposition=case.mark or "manual",
            label=case.loaded.label,
        )
        self.endpoint.emit(CaseRecovered, data, correlation_id=trailer.order_id, causation_id=request.id)

    def _see_to_robot(self, request: InterventionRequested, robot_id: str) -> None:
        """A dead robot is taken away with what it holds; one that lives is left alone."""
        robot = self._dock.robots[robot_id]
        if not robot.is_dead or robot.order is None:
            return
        door_id = robot.order.data.door_id
        case, trailer = robot.holding, self._dock.trailers[robot.order.data.trailer_id]
        robot.repair()
        if case is not None:
            self._recover(request, trailer, case)
        data = RobotRemovedData(robot_id=robot_id, door_id=door_id)
        self.endpoint.emit(RobotRemoved, data, correlation_id=trailer.order_id, causation_id=request.id)


class Operators:
    """Both pools."""

    def __init__(self, dock: Dock) -> None:
        site = dock.plan.site
        self._pools: dict[Role, Pool] = {
            "remote": Pool(dock, role="remote", entity=site.remote_operators_id),
            "floor": Pool(dock, role="floor", entity=site.floor_staff_id),
        }

    def entity_of(self, role: Role) -> str:
        """The id under which the people of this role are on the bus."""
        return self._pools[role].entity
