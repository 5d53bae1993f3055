"""A backend that is dropped in the middle of a run and rebuilt from its ledger, boot and epoch raised by one.

Wherever a `SiteBackend` is driven this may stand in its place, and does where restarts are due.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.services.ledger import RESTARTED, Refused
from backend.services.site import SiteBackend
from backend.store.memory import MemoryLedger
from twin.clock import NEVER_US
from twin.participant import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backend.core.state import SiteState
    from backend.services.ledger import Input
    from backend.services.settings import Settings
    from twin.run_control import Violation


def backend_of(settings: Settings) -> SiteBackend | RestartingBackend:
    """The backend of a run, on a ledger in memory: one that restarts only if it is to, for others are spared its calls.

    Raises ConfigError if a planner of the settings is not known.
    """
    return RestartingBackend(settings) if settings.restarts_us else SiteBackend(settings, MemoryLedger())


class RestartingBackend:
    """Restarts at each instant of `settings.restarts_us`, before anything else of that instant.

    Raises ConfigError if a planner of the settings is not known.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ledger = MemoryLedger()
        self.backend = SiteBackend(settings, self.ledger)
        self._due = [*sorted(set(settings.restarts_us), reverse=True)]
        """Those to come, the next one last."""
        self._said: list[Delivery] = []
        """What the backends before this one have said in this window."""

    def next_time(self) -> int:
        """No timer, watchdog or restart is due before; it may be early, never late."""
        if not self._due:
            return self.backend.next_time()
        return min(self.backend.next_time(), self._next_restart_us)

    @property
    def _next_restart_us(self) -> int:
        return self._due[-1] if self._due else NEVER_US

    def handle_window(self, deliveries: list[Delivery], until_us: int) -> list[Delivery]:
        """Take all messages in order, fire timers before `until_us`, commit; returns what was said, in order."""
        if not self._due:
            return self.backend.handle_window(deliveries, until_us)
        for at_us, message in deliveries:
            self._restart_until(at_us)
            self.backend.deliver(at_us, message)
        return self.finish_window(until_us)

    def receive(self, at_us: int, subject: str, payload: bytes) -> None:
        """Take a message from its bytes."""
        if self._next_restart_us <= at_us:
            self._restart_until(at_us)
        self.backend.receive(at_us, subject, payload)

    def finish_window(self, until_us: int) -> list[Delivery]:
        """After the messages of a window: fire timers before `until_us`, commit; returns what was said, in order."""
        self._restart_until(until_us - 1)
        said, self._said = self._said, []
        return said + self.backend.finish_window(until_us)

    def _restart_until(self, until_us: int) -> None:
        while self._next_restart_us <= until_us:
            at_us = self._due.pop()
            before = self.backend
            before.advance(at_us)
            self._said += before.commit()
            self.backend = rebuilt(self.settings, self.ledger)
            self.backend.succeed(before, self.ledger)
            self.backend.begin_epoch(at_us)

    def audit(self) -> None:
        """Check the whole state now; breaches go where all go."""
        self.backend.audit()

    def take_timers_fired(self) -> list[tuple[int, str]]:
        """Every timer that acted since the last call, restarts too: (instant, name), in order."""
        return self.backend.take_timers_fired()

    @property
    def planner_asked(self) -> tuple[str, int] | None:
        """The planner that is thinking right now and the number of its question, None between questions."""
        return self.backend.planner_asked

    @property
    def state(self) -> SiteState:
        """What the backend knows; not to be changed."""
        return self.backend.state

    @property
    def invariants_checked(self) -> int:
        """After how many inputs the invariants have been checked: all so far."""
        return self.backend.invariants_checked

    @property
    def violations(self) -> list[Violation]:
        """What was found broken, also before a restart."""
        return self.backend.violations


def rebuilt(settings: Settings, ledger: MemoryLedger) -> SiteBackend:
    """The backend that the ledger's inputs make: it says nothing of what was said before, and writes to no ledger."""
    backend = SiteBackend(settings)
    _replay(backend, ledger.inputs())
    return backend


def _replay(backend: SiteBackend, inputs: Iterable[Input]) -> None:
    """Messages and restarts are taken again; timers fire by themselves, all that the ledger tells of."""
    end_us = 0
    for it in inputs:
        end_us = it.at_us
        if isinstance(it, Delivery):
            backend.deliver(it.at_us, it.message)
        elif isinstance(it, Refused):
            backend.take_refused(it)
        elif it.name == RESTARTED:
            backend.begin_epoch(it.at_us)
    backend.advance(end_us + 1)
    backend.commit()
