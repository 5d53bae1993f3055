"""One look at both sides: what is under way between them, and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backend.core.invariants import VIOLATIONS_KEPT_MAX
from twin.clock import US_PER_S
from twin.run_control import Violation

if TYPE_CHECKING:
    from backend.core.state import CommandRecord, Sender, SiteState
    from backend.services.settings import Timeouts
    from sim.dock import Dock

EVERY_US = 10 * US_PER_S
"""Between two looks, at least: what lasts shorter than that may not be seen."""

Key = tuple[str, str, str]
"""Code, entity, and what about it."""


class Difference(NamedTuple):
    """Since when something is believed that is not so, while what is so has been the same."""

    true: object
    since_us: int
    is_told: bool


class Memory:
    """What a look leaves to the next."""

    def __init__(self) -> None:
        self.differences: dict[Key, Difference] = {}
        self.violations: list[Violation] = []
        self.bad_us: dict[str, int] = {}
        """By address, when its radio was last found to lose or to delay."""
        self.lost: dict[str, int] = {}
        """By address, messages that its radio has lost for good."""
        self.given_up: dict[str, tuple[int, ...]] = {}
        """By address, its boot and how many of its messages the backend has given up."""
        self.lossy_us: dict[str, int] = {}
        """By address, when either was last found to have become more."""
        self.factsheets: dict[tuple[str, int], str] = {}
        """By robot and boot, those that were compared."""
        self.errors_known: dict[str, None] = {}
        """Errors of robots that were asked about, or answered."""


class Look:
    """Truth and belief at one instant."""

    def __init__(self, dock: Dock, state: SiteState, timeouts: Timeouts, memory: Memory, *, now_us: int) -> None:
        self.dock = dock
        self.state = state
        self.timeouts = timeouts
        self.now_us = now_us
        self.differences: dict[Key, Difference] = {}
        self.factsheets = memory.factsheets
        self.errors_known = memory.errors_known
        self._prefix = f"/{dock.plan.site.site_id}/"
        self._durable, self._states = dock.gateway.under_way()
        self._memory = memory
        self._told: set[str] | None = None
        self._commands: dict[str, list[CommandRecord]] = {}
        for record in state.commands.values():
            self._commands.setdefault(record.command.subject, []).append(record)
        self._exceptions = {(it.own_type, it.entity) for it in state.exceptions.values()}

    # -- what is on its way -----------------------------------------------------------------------------------------

    def has_heard(self, *addresses: str) -> bool:
        """Whether nothing durable that these have said is still on its way."""
        return not self._durable or all(self._prefix + address not in self._durable for address in addresses)

    def tells_states(self, address: str, period_us: int) -> bool:
        """Whether the last state that it has said is here: its radio has been good for longer than a period."""
        bad_us = self._memory.bad_us.get(address)
        is_good = bad_us is None or self.now_us - bad_us > period_us + EVERY_US
        return is_good and self._prefix + address not in self._states

    def sender(self, address: str) -> Sender | None:
        """What the backend knows of a publisher's streams."""
        return self.state.senders.get(self._prefix + address)

    def is_all_here(self, address: str) -> bool:
        """Whether nothing that it has said in this boot is lost for good, or held back."""
        sender = self.sender(address)
        streams = () if sender is None else (sender.event, sender.reply)
        return address not in self._memory.lossy_us and not any(it.lost or it.held for it in streams)

    def _repaired_us(self, address: str) -> int:
        """How long it takes to know again what an entity has said: at once, or with its next states if it is lost."""
        if self.is_all_here(address):
            return 0
        return self.timeouts.gap_deadline_us + 3 * self.dock.plan.site.equipment_state_period_us

    def is_told(self, address: str) -> bool:
        """Whether something is on its way to this address."""
        if self._told is None:
            self._told = self.dock.gateway.told()
        return address in self._told

    def loses_for_good(self, address: str) -> bool:
        """Whether its radio has lately lost what cannot be had again: people are asked anew after so long."""
        lossy_us = self._memory.lossy_us.get(address)
        return lossy_us is not None and self.now_us - lossy_us <= self.timeouts.floor_us + self.timeouts.gap_deadline_us

    # -- what is believed -------------------------------------------------------------------------------------------

    def commands_at(self, address: str) -> list[CommandRecord]:
        """Those that are open at an entity."""
        return self._commands.get(address, [])

    def has_exception(self, own_type: str, address: str) -> bool:
        """Whether an exception of this type of the backend's own is open about it."""
        return (own_type, address) in self._exceptions

    def errors_at(self, address: str) -> list[str]:
        """The errors of a robot about which exceptions are open."""
        if (None, address) not in self._exceptions:
            return []
        exceptions = self.state.exceptions.values()
        return [it.error_id for it in exceptions if it.entity == address and it.error_id is not None]

    # -- what differs -----------------------------------------------------------------------------------------------

    def same(
        self,
        code: str,
        entity: str,
        what: str,
        believed: object,
        true: object,
        *,
        for_us: int = 0,
        told_by: str | None = None,
    ) -> None:
        """`believed` is `true`, or was not for less than `for_us` in which the truth did not change.

        `told_by`: who tells of it, if that may be lost for good and be known only by what is said later.
        """
        if believed == true:
            return
        lossy_us = 0
        if told_by is not None:
            for_us = max(for_us, self._repaired_us(told_by))
            lossy_us = self._memory.lossy_us.get(told_by, 0)  # while all is lost nobody can tell
        key = (code, entity, what)
        before = self._memory.differences.get(key)
        if before is None or before.true != true:
            before = Difference(true, self.now_us, is_told=False)
        if not before.is_told and self.now_us - max(before.since_us, lossy_us) >= for_us:
            before = before._replace(is_told=True)
            violations = self._memory.violations
            if len(violations) < VIOLATIONS_KEPT_MAX:
                detail = f"{what}: {_words(believed)} is believed, {_words(true)} is so"
                violations.append(Violation(code=code, entity=entity, detail=detail, at_us=self.now_us))
        self.differences[key] = before

    def keep(self, code: str) -> None:
        """What differed at the look before and is not compared at this one still does."""
        self.differences.update({key: it for key, it in self._memory.differences.items() if key[0] == code})


def _words(it: object) -> str:
    if it is None or isinstance(it, bool):
        return {None: "none", True: "yes", False: "no"}[it]
    return (", ".join(map(str, it)) or "nothing") if isinstance(it, tuple) else str(it)
