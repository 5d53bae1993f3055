"""What every test stands on: property tests repeat, so that a red test is red again tomorrow."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# `repeatable` is what everyone runs. `--hypothesis-profile=explore` looks for new examples.
# No deadline: on a shared machine the time of one example says nothing.
settings.register_profile("repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, max_examples=2_000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")


def pytest_configure() -> None:
    """A suite started in the background ignores Ctrl-C, and so would every process it starts, to interrupt or not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
