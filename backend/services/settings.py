"""What a site's backend is told when it starts."""

from __future__ import annotations

from msgspec import Struct

from twin.clock import US_PER_S
from twin.messages.envelope import Epoch
from twin.site import Site

_MINUTE_US = 60 * US_PER_S
SILENT_PERIODS = 3


class Timeouts(Struct, frozen=True, kw_only=True):
    """How long the backend waits, microseconds. All are choices of ours, to be tuned by site."""

    resend_us: int = 2 * US_PER_S
    """An unanswered command is sent again."""
    expires_us: int = 60 * US_PER_S
    """After that nobody may carry a command out."""
    expiry_grace_us: int = 5 * US_PER_S
    """An answer may take so long to reach us after that; then the outcome is unknown."""
    robot_grace_us: int = 2 * US_PER_S
    """A robot is lost after three state periods and this."""
    gap_resend_us: int = US_PER_S
    gap_deadline_us: int = 30 * US_PER_S
    robot_lost_us: int = 120 * US_PER_S
    """A lost robot may return by itself; then somebody has to go there."""
    floor_us: int = 30 * _MINUTE_US
    """Floor staff have so long to answer."""
    robot_error_us: int = 60 * US_PER_S
    no_read_us: int = 120 * US_PER_S
    stuck_us: int = 300 * US_PER_S
    """A robot at work does something within that time, or somebody goes there."""
    clock_off_us: int = 2 * US_PER_S
    """A state may bear an instant so far ahead of when it came."""
    clock_late_us: int = 4 * US_PER_S
    """Or so far behind: the same, and as long on its way."""
    rule_us: int = 120 * US_PER_S
    """An exception that a rule ends should be over by then."""
    receipt_us: int = 10 * _MINUTE_US
    """After departure a receipt waits no longer for cases in unknown places."""
    retry_us: int = 10 * US_PER_S
    """A refused command is tried again."""


def robot_silence_us(site: Site, timeouts: Timeouts) -> int:
    """After so long a robot that says nothing is lost."""
    return SILENT_PERIODS * site.state_period_us + timeouts.robot_grace_us


class Settings(Struct, frozen=True, kw_only=True):
    """The site and how its backend behaves."""

    site: Site
    dock_planner: str
    unload_planner: str
    epoch: Epoch = 1
    boot: int = 1
    timeouts: Timeouts = Timeouts()
    restarts_us: tuple[int, ...] = ()
    """When the core is dropped and rebuilt from its ledger."""
    rebuild_every: int | None = None
    """A test mode: after so many inputs the state is rebuilt from its own bytes, and nothing may change by it."""
    recheck_every: int | None = None
    """A test mode: after so many inputs all is looked at as if it were due, and nothing may come of it."""
    audit_every: int = 1000
    """The whole state is checked after so many inputs, or after so many as it has things, if they are more."""
