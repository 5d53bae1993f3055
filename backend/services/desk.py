"""The desk: where the services of one site read the state, say things and set timers. It decides nothing."""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING

from backend.core.changes import Changes
from backend.services.free_robots import FreeRobots
from backend.services.open_commands import OpenCommands
from backend.services.settings import robot_silence_us
from twin.clock import NEVER_US
from twin.ids import Address
from twin.messages.emitter import Emitter
from twin.participant import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.core.state import Sender, SiteState, Tally
    from backend.planning.ports import DockPlanner, UnloadPlanner
    from backend.services.settings import Settings, Timeouts
    from twin.messages import Event, Message
    from twin.messages.envelope import Data


class Desk:
    """State, time and outbox of one site's backend. All but `state` and `tally` is empty between inputs, or derived."""

    def __init__(
        self,
        settings: Settings,
        state: SiteState,
        tally: Tally,
        dock_planner: DockPlanner,
        unload_planner: UnloadPlanner,
        take_effect: Callable[[Sender, Message], None],
    ) -> None:
        self.settings = settings
        self.timeouts: Timeouts = settings.timeouts
        self.robot_silence_us = robot_silence_us(settings.site, settings.timeouts)
        self.dock_planner = dock_planner
        self.unload_planner = unload_planner
        self.changes = Changes()
        self.outbox: list[Delivery] = []
        self.take_effect = take_effect
        """How a held-back message takes effect when a timer gives up the gap before it."""
        self.now_us = 0
        self.cause: Message | None = None
        """The message being handled, None while a timer is."""
        self.planner_asked: tuple[str, int] | None = None
        """The planner that is thinking right now, and the number of the question; for whoever guards against hangs."""
        self.questions = 0
        self.due_us = NEVER_US
        """No timer or watchdog is due before; it may be early, never late."""
        self.bind(state, tally)

    def bind(self, state: SiteState, tally: Tally) -> None:
        """Work on this state from now on."""
        site = self.settings.site
        self.state = state
        self.tally = tally
        self.free_robots = FreeRobots(state)
        self.open_at = OpenCommands(state.commands)
        self.emitter = Emitter(
            site=site.site_id, address=Address("backend", site.backend_id), boot=state.boot, seqs=state.seqs
        )

    def publish(self, message_type: type[Event], data: Data, *, correlation_id: str | None) -> Event:
        """Say a fact now."""
        message = self.emitter.emit(
            message_type,
            data,
            at_us=self.now_us,
            correlation_id=correlation_id,
            causation_id=None if self.cause is None else self.cause.id,
        )
        self.send(message)
        return message

    def send(self, message: Message) -> None:
        """Put a message on the bus now."""
        self.outbox.append(Delivery(self.now_us, message))

    def set_timer(self, at_us: int, kind: str, key: str) -> None:
        """Wake up at `at_us`. Timers are not taken back: whoever is woken looks whether it is still due."""
        state = self.state
        number = state.counters.get("timer", 0) + 1
        state.counters["timer"] = number
        heappush(state.timers, (at_us, number, kind, key))
        self.due_us = min(self.due_us, at_us)

    def arm(self, watchdogs: dict[str, int], key: str, timeout_us: int) -> None:
        """Let this watchdog bite after `timeout_us`, counted from now."""
        watchdogs.pop(key, None)
        deadline_us = self.now_us + timeout_us
        watchdogs[key] = deadline_us
        self.due_us = min(self.due_us, deadline_us)

    def refuse(self, code: str) -> None:
        """Count what was not acted upon."""
        refused = self.tally.refused
        refused[code] = refused.get(code, 0) + 1
