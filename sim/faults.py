"""What goes wrong: because the scenario says so, each line once when its trigger holds, or at random, by rate."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sim.fault_effects import FaultEffects
from sim.plan import Action, Trigger
from twin.clock import US_PER_S
from twin.rng import exponential

if TYPE_CHECKING:
    from sim.dock import Dock
    from sim.plan import RandomFault

US_PER_H = 3600 * US_PER_S


class Faults:
    """The timeline and the random faults. `check` is called whenever something a trigger may wait for has happened."""

    def __init__(self) -> None:
        self._dock: Dock | None = None
        self._effects: FaultEffects | None = None
        self._waiting: list[Action] = []

    def begin(self, dock: Dock) -> None:
        """Wait for the triggers of the dock's plan, and for chance."""
        self._dock = dock
        self._effects = FaultEffects(dock)
        start_us = dock.plan.start_us
        for action in dock.plan.timeline:
            if action.fault == "backend_restarts":
                continue  # whoever drives the run does that
            trigger = action.trigger
            if trigger.at_us is not None:
                dock.kernel.after(trigger.at_us - start_us, lambda action=action: self._do(action))  # type: ignore[misc]
                continue
            self._waiting.append(action)
            if trigger.after_us > start_us:
                dock.kernel.after(trigger.after_us - start_us, self.check)
        entries: Counter[tuple[str, str]] = Counter()
        for random_fault in dock.plan.random_faults:
            for entity in self._effects.entities(random_fault.entity):
                before = entries[random_fault.fault, entity]
                entries[random_fault.fault, entity] += 1
                purpose = f"fault.{random_fault.fault}" + (f".{before + 1}" if before else "")
                self._await_chance(random_fault, purpose, entity, 1, random_fault.from_us)

    # -- by script --------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Let every fault happen whose trigger holds now: at this instant, after the event that called."""
        if not self._waiting:
            return
        due = [action for action in self._waiting if self._holds(action.trigger)]
        for action in due:
            self._waiting.remove(action)
            # Not at once: the caller may be the script of the very robot that dies.
            self._at_work.kernel.after(0, lambda action=action: self._do(action))  # type: ignore[misc]

    def _holds(self, trigger: Trigger) -> bool:
        dock = self._at_work
        if dock.kernel.now_us < trigger.after_us:
            return False
        if trigger.robot_holds_case is not None and not dock.robots[trigger.robot_holds_case].holding:
            return False
        if trigger.trailer_docked is not None and dock.trailers[trigger.trailer_docked].docked_us is None:
            return False
        if trigger.cases_placed is None:
            return True
        trailers = dock.trailers.values() if trigger.of_trailer is None else (dock.trailers[trigger.of_trailer],)
        return sum(trailer.placed for trailer in trailers) >= trigger.cases_placed

    # -- at random --------------------------------------------------------------------------------------------------

    def _await_chance(self, fault: RandomFault, purpose: str, entity: str, number: int, since_us: int) -> None:
        """The gap before the n-th and its length depend on nothing but the seed, the purpose, the entity and n.

        The purpose: the fault, and which of its entries for this entity this is.
        """
        dock = self._at_work
        gap, length, *_ = dock.draws.uniforms(purpose, entity, number)
        at_us = since_us + round(exponential(gap, US_PER_H / fault.per_h))
        if at_us >= fault.until_us:
            return
        for_us = None if fault.for_us is None else max(round(exponential(length, fault.for_us)), 1)
        action = Action(
            trigger=Trigger(at_us=at_us),
            fault=fault.fault,
            entity=entity,
            for_us=for_us,
            link=fault.link,
            offset_us=fault.offset_us,
            share=fault.share,
            types=fault.types,
        )

        def strike() -> None:
            self._do(action)
            self._await_chance(fault, purpose, entity, number + 1, at_us)

        dock.kernel.after(max(at_us - dock.kernel.now_us, 0), strike)

    def _do(self, action: Action) -> None:
        assert self._effects is not None, "the dock has not begun"
        self._effects.happen(action)

    @property
    def _at_work(self) -> Dock:
        assert self._dock is not None, "the dock has not begun"
        return self._dock
