"""What goes wrong because the scenario says so: each line of the timeline once, when its trigger holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.dock import Dock
    from sim.plan import Action, Trigger


class Faults:
    """The timeline. `check` is called whenever something a trigger may wait for has happened."""

    def __init__(self) -> None:
        self._dock: Dock | None = None
        self._waiting: list[Action] = []

    def begin(self, dock: Dock) -> None:
        """Wait for the triggers of the dock's plan."""
        self._dock = dock
        start_us = dock.plan.start_us
        for action in dock.plan.timeline:
            trigger = action.trigger
            if trigger.at_us is not None:
                dock.kernel.after(trigger.at_us - start_us, lambda action=action: self._do(action))  # type: ignore[misc]
                continue
            self._waiting.append(action)
            if trigger.after_us > start_us:
                dock.kernel.after(trigger.after_us - start_us, self.check)

    def check(self) -> None:
        """Let every fault happen whose trigger holds now: at this instant, after the event that called."""
        if not self._waiting:
            return
        dock = self._at_work
        due = [action for action in self._waiting if self._holds(action.trigger)]
        for action in due:
            self._waiting.remove(action)
            # Not at once: the caller may be the script of the very robot that dies.
            dock.kernel.after(0, lambda action=action: self._do(action))  # type: ignore[misc]

    def _holds(self, trigger: Trigger) -> bool:
        dock = self._at_work
        if dock.kernel.now_us < trigger.after_us:
            return False
        if trigger.robot_holds_case is not None and dock.robots[trigger.robot_holds_case].holding is None:
            return False
        if trigger.trailer_docked is not None and dock.trailers[trigger.trailer_docked].docked_us is None:
            return False
        if trigger.cases_placed is None:
            return True
        trailers = dock.trailers.values() if trigger.of_trailer is None else (dock.trailers[trigger.of_trailer],)
        return sum(trailer.placed for trailer in trailers) >= trigger.cases_placed

    def _do(self, action: Action) -> None:
        dock = self._at_work
        kind, _, entity = action.entity.partition("/")
        match action.fault:
            case "robot_dies":
                dock.robots[entity].die(repair_us=action.for_us)
            case "robot_silent":
                assert action.for_us is not None, "the schema asks for for_us"
                dock.gateway.silence(action.entity, dock.kernel.now_us + action.for_us)
            case "conveyor_jam":
                dock.conveyors[entity].jam(for_us=action.for_us)
            case "link":
                self._change_link(action)
            case "grip_fails" | "case_drops":
                dock.robots[entity].forced.add(action.fault)
            case "no_read":
                assert kind == "conveyor", "barcodes are read at conveyors"
                dock.conveyors[entity].misreads += 1

    def _change_link(self, action: Action) -> None:
        dock = self._at_work
        assert action.for_us is not None, "the schema asks for for_us"
        addresses = [f"robot/{robot_id}" for robot_id in dock.robots] if action.entity == "*" else [action.entity]
        for address in addresses:
            dock.gateway.change_link(address, action.link)

        def restore() -> None:
            for address in addresses:
                dock.gateway.change_link(address, None)

        dock.kernel.after(action.for_us, restore)

    @property
    def _at_work(self) -> Dock:
        assert self._dock is not None, "the dock has not begun"
        return self._dock
