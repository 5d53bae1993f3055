"""What every test stands on: property tests repeat, so that a red test is red again tomorrow; all cores are used."""

from __future__ import annotations

import gc
import signal
import tempfile

import pytest
from hypothesis import HealthCheck, settings

from tests.side_by_side import MARK, pytest_runtestloop

__all__ = ["pytest_runtestloop"]

# `repeatable` is what everyone runs. `--hypothesis-profile=explore` looks for new examples.
# No deadline: on a shared machine the time of one example says nothing.
settings.register_profile("repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, max_examples=2_000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    """A suite started in the background ignores Ctrl-C, and so would every process it starts, to interrupt or not."""
    config.addinivalue_line("markers", f"{MARK}: may run in another process, beside any other test")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    _give_it_a_cache(config)


def _give_it_a_cache(config: pytest.Config) -> None:
    """Its own, as long as it runs: nothing is found in that of whoever runs it, nor left there."""
    environment, folder = pytest.MonkeyPatch(), tempfile.TemporaryDirectory(prefix="docktwin-cache-")
    environment.setenv("DOCKTWIN_CACHE_DIR", folder.name)
    config.add_cleanup(folder.cleanup)
    config.add_cleanup(environment.undo)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The scenarios of the library, as items of their own, are like our tests of them."""
    for item in items:
        if item.path.suffix == ".yaml":
            item.add_marker(MARK)


def pytest_collection_finish() -> None:
    """A run makes much that lives long and little garbage: to look for it less often saves a tenth of its time."""
    gc.freeze()
    gc.set_threshold(10_000)
