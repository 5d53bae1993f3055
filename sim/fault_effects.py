"""What each fault does to the dock, by its name in the plan."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from sim import assumptions
from sim.falling import come_down
from sim.link import Loss
from twin.clock import us

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.dock import Dock
    from sim.physics.port import Fall
    from sim.plan import Action
    from sim.trailer import Trailer


class FaultEffects:
    """Lets faults happen to the things of one dock."""

    def __init__(self, dock: Dock) -> None:
        self._dock = dock
        self._link_faults: dict[str, list[Action]] = {}
        """Those that last, by address, the latest last."""
        self._collapses: Counter[str] = Counter()
        self._paused_until_us: dict[str, int] = {}
        """When robots are to go on that people have had paused, the latest of all who have."""
        self._by_kind: dict[str, Callable[[Action, str], None]] = {
            "robot": self._to_robot,
            "trailer": self._to_trailer,
            "conveyor": self._to_conveyor,
            "sorter": self._to_sorter,
            "door": self._to_door,
            "operator": self._to_operators,
        }

    def entities(self, pattern: str) -> list[str]:
        """The entities a random fault strikes one by one: `robot/*` is each robot, all else is itself."""
        kind, _, name = pattern.partition("/")
        return [f"{kind}/{entity}" for entity in self._of_kind(kind)] if name == "*" else [pattern]

    def happen(self, action: Action) -> None:
        """It happens now."""
        if action.fault == "link":
            self._change_link(action)
        elif action.fault in {"partition", "robot_silent"}:
            until_us = self._dock.kernel.now_us + _lasting_us(action)
            for address in self._addresses(action):
                self._dock.gateway.silence(address, until_us)
        elif action.fault == "messages_lost":
            self._lose(action)
        else:
            kind, _, entity = action.entity.partition("/")
            self._by_kind[kind](action, entity)

    # -- the radio --------------------------------------------------------------------------------------------------

    def _change_link(self, action: Action) -> None:
        addresses = self._addresses(action)
        for address in addresses:
            self._link_faults.setdefault(address, []).append(action)
            self._dock.gateway.change_link(address, action.link)

        def restore() -> None:
            for address in addresses:
                lasting = self._link_faults[address]
                lasting.remove(action)
                self._dock.gateway.change_link(address, lasting[-1].link if lasting else None)

        self._dock.kernel.after(_lasting_us(action), restore)

    def _lose(self, action: Action) -> None:
        gateway, addresses = self._dock.gateway, self._addresses(action)
        loss = Loss(action.types, 1.0 if action.share is None else action.share)
        for address in addresses:
            gateway.lose(address, loss)

        def end() -> None:
            for address in addresses:
                gateway.lose_no_more(address, loss)

        self._dock.kernel.after(_lasting_us(action), end)

    def _addresses(self, action: Action) -> list[str]:
        """Whose radio: `*` is that of all robots where the link is bad, else everybody's."""
        if action.entity != "*":
            return self.entities(action.entity)
        kinds = ("robot",) if action.fault == "link" else ("yard", "door", "conveyor", "sorter", "robot", "operator")
        return [f"{kind}/{entity}" for kind in kinds for entity in self._of_kind(kind)]

    def _of_kind(self, kind: str) -> list[str]:
        dock = self._dock
        by_kind: dict[str, list[str]] = {
            "robot": list(dock.robots),
            "door": list(dock.doors),
            "conveyor": list(dock.conveyors),
            "trailer": list(dock.trailers),
            "operator": list(dock.operators.pools),
            "sorter": [dock.sorter.sorter_id] if dock.sorter else [],
            "yard": [dock.plan.site.yard_id],
        }
        return by_kind[kind]

    # -- robots -----------------------------------------------------------------------------------------------------

    def _to_robot(self, action: Action, robot_id: str) -> None:
        robot = self._dock.robots[robot_id]
        match action.fault:
            case "robot_dies":
                robot.die(repair_us=action.for_us)
            case "robot_zombie":
                robot.become_zombie(action.for_us)
            case "double_identity":
                robot.be_doubled(action.for_us)
            case "clock_off":
                robot.endpoint.set_clock_off(action.offset_us, action.for_us)
            case "emergency_stop":
                robot.emergency_stop()
            case "protective_stop":
                robot.violate_field(_lasting_us(action))
            case "grip_fails" | "case_drops" | "case_damaged" | "vacuum_lost" as fault:
                robot.forced.add(fault)
            case "operator_pauses":
                self._pause(robot_id, us(assumptions.PAUSE_S) if action.for_us is None else action.for_us)
            case _:
                _is_unknown(action)

    def _pause(self, robot_id: str, for_us: int) -> None:
        """Somebody has it paused, and whoever is there then ends that again."""
        until_us = self._dock.kernel.now_us + for_us
        if self._ask_for("pause", robot_id) and until_us > self._paused_until_us.get(robot_id, 0):
            self._paused_until_us[robot_id] = until_us
            self._dock.kernel.after(for_us, lambda: self._resume(robot_id, until_us, assumptions.LOOKS_MAX))

    def _resume(self, robot_id: str, until_us: int, looks_left: int) -> None:
        """The policy may refuse it, as while somebody is in the cell: then it is asked for again."""
        if self._paused_until_us[robot_id] != until_us:
            return  # it was paused for longer meanwhile
        if looks_left == assumptions.LOOKS_MAX or self._dock.robots[robot_id].stops.holds("pause"):
            self._ask_for("resume", robot_id)
        if looks_left:
            self._dock.kernel.after(us(assumptions.LOOK_S), lambda: self._resume(robot_id, until_us, looks_left - 1))

    def _ask_for(self, action: Literal["pause", "resume"], robot_id: str) -> bool:
        """Whoever is there first, at a screen or else on the floor, asks for it; returns whether anybody is."""
        there = ((pool, person) for pool in self._dock.operators.pools.values() for person in pool.on_duty)
        pool, person = next(there, (None, None))
        if pool is None or person is None:
            return False
        pool.request_action(person.person_id, robot_id, action)
        return True

    # -- trailers ---------------------------------------------------------------------------------------------------

    def _to_trailer(self, action: Action, trailer_id: str) -> None:
        trailer = self._dock.trailers[trailer_id]
        match action.fault:
            case "wrong_door":
                trailer.goes_to_wrong_door = True
            case "wall_collapse":
                self._collapse(trailer, assumptions.COLLAPSE_SHARE if action.share is None else action.share)
            case "ghost_case" | "merged_cases" as fault:
                trailer.perception.forced.add(fault)
            case _:
                _is_unknown(action)

    def _collapse(self, trailer: Trailer, share: float) -> None:
        """A robot inside says what it sees come down; else the next scan shows it on the floor."""
        self._collapses[trailer.trailer_id] += 1
        uniforms = self._dock.draws.uniforms("collapse", trailer.trailer_id, self._collapses[trailer.trailer_id])
        falls = trailer.collapse(share, uniforms)
        if not falls:
            return
        door = self._dock.doors.get(trailer.door_id or "")
        robots = door.robots_inside.values() if door is not None and door.trailer is trailer else ()
        lookers = [robot.unloading for robot in robots if robot.unloading is not None]
        tellers = [unloading.sees_coming_down(falls) for unloading in lookers]

        def tell(fall: Fall) -> None:
            for teller in tellers:
                teller(fall)

        come_down(self._dock.kernel, trailer, falls, tell)

    # -- what stands on the dock, and who walks there ---------------------------------------------------------------

    def _to_conveyor(self, action: Action, conveyor_id: str) -> None:
        conveyor = self._dock.conveyors[conveyor_id]
        match action.fault:
            case "conveyor_jam":
                conveyor.jam(for_us=action.for_us)
            case "no_read":
                conveyor.misreads += 1
            case _:
                _is_unknown(action)

    def _to_sorter(self, action: Action, _sorter_id: str) -> None:
        assert action.fault == "sorter_down", f"{action.fault} is no sorter's"
        assert self._dock.sorter is not None, "the schema asks for a sorter"
        self._dock.sorter.jam(for_us=action.for_us)

    def _to_door(self, action: Action, door_id: str) -> None:
        assert action.fault == "person_in_cell", f"{action.fault} is no door's"
        door = self._dock.doors[door_id]
        if door.person_enters():
            self._dock.kernel.after(_lasting_us(action), door.person_leaves)

    def _to_operators(self, action: Action, entity: str) -> None:
        pool = self._dock.operators.pools[entity]
        match action.fault:
            case "late_answer":
                pool.answers_late_next += 1
            case "double_answer":
                pool.answers_twice_next += 1
            case _:
                _is_unknown(action)


def _lasting_us(action: Action) -> int:
    assert action.for_us is not None, f"the schema asks for how long {action.fault} lasts"
    return action.for_us


def _is_unknown(action: Action) -> None:
    msg = f"{action.fault} does not happen to {action.entity}"
    raise AssertionError(msg)
