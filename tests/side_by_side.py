"""Tests marked `side_by_side` run in as many processes as there are cores, each told as if it had run in this one.

Mark tests that take long, that write nothing outside a folder of their own, and that do not mind what else the machine
does. Once all tests are collected, this process forks others, which take the marked tests while it runs the rest; then
it helps. Marked tests of one module with one parameter are taken together: they often share a run.
"""

from __future__ import annotations

import pickle
from itertools import groupby, pairwise
from multiprocessing import get_context, parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import pytest
from joblib import cpu_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.context import ForkProcess
    from multiprocessing.sharedctypes import Synchronized

    Share = list[pytest.Item]

MARK = "side_by_side"
_FORK = get_context("fork")


class Told(NamedTuple):
    """What there is to say of one test."""

    nodeid: str
    location: tuple[str, int | None, str]
    reports: list[dict[str, Any]]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Pytest's own loop does, unless there is something to run beside it and somewhere to run it."""
    option = session.config.option
    shares = shares_of([item for item in session.items if item.get_closest_marker(MARK)])
    processes = min(cpu_count(), len(shares))
    if processes < 2 or session.testsfailed or option.collectonly or option.usepdb:
        return None
    ours = [item for item in session.items if not item.get_closest_marker(MARK)]
    begun = _FORK.Value("i", 0)
    with TemporaryDirectory(prefix="side-by-side-") as folder:
        helpers = [Helper(session, shares, begun, Path(folder, str(number))) for number in range(1, processes)]
        try:
            for _ in _run(session, ours):
                _tell(session, helpers)
            for share in _taken(shares, begun):
                for _ in _run(session, share):
                    _tell(session, helpers)
            for helper in helpers:
                helper.wait()
                _tell(session, helpers)
        finally:
            for helper in helpers:
                helper.stop()
    return True


def shares_of(items: Sequence[pytest.Item]) -> list[Share]:
    """Those that are taken together, in the order of the first of each."""
    order: dict[tuple[Path, str], int] = {}
    for item in items:
        order.setdefault(_share_of(item), len(order))
    in_order = sorted(items, key=lambda item: order[_share_of(item)])
    return [list(share) for _, share in groupby(in_order, key=_share_of)]


def _share_of(item: pytest.Item) -> tuple[Path, str]:
    """The module, and in it the parameter, or the test that has none."""
    parameter: str | None = getattr(getattr(item, "callspec", None), "id", None)
    return item.path, item.name if parameter is None else f"[{parameter}]"


def _taken(shares: list[Share], begun: Synchronized[int]) -> Iterator[Share]:
    """The shares that this process takes, one at a time, until all are begun."""
    while True:
        with begun.get_lock():
            number = begun.value
            begun.value += 1
        if number >= len(shares):
            return
        yield shares[number]


def _run(session: pytest.Session, share: Share) -> Iterator[None]:
    """Run one test after another; of the last nothing is left standing, whatever comes next."""
    for item, after in pairwise([*share, None]):
        assert item is not None
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        yield
        _stop_if_asked(session)


def _tell(session: pytest.Session, helpers: list[Helper]) -> None:
    for helper in helpers:
        helper.tell(session.config)
    _stop_if_asked(session)


def _stop_if_asked(session: pytest.Session) -> None:
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)


class Helper:
    """Another process that runs shares, as this one sees it."""

    def __init__(self, session: pytest.Session, shares: list[Share], begun: Synchronized[int], path: Path) -> None:
        path.touch()
        self._told = path.open("rb")
        self._process: ForkProcess = _FORK.Process(target=_help, args=(session, shares, begun, path))
        self._process.start()

    def tell(self, config: pytest.Config) -> None:
        """Tell of the tests that it has run since."""
        while (told := self._next()) is not None:
            config.hook.pytest_runtest_logstart(nodeid=told.nodeid, location=told.location)
            for data in told.reports:
                report = config.hook.pytest_report_from_serializable(config=config, data=data)
                config.hook.pytest_runtest_logreport(report=report)
            config.hook.pytest_runtest_logfinish(nodeid=told.nodeid, location=told.location)

    def _next(self) -> Told | None:
        at = self._told.tell()
        try:
            told: Told = pickle.load(self._told)  # noqa: S301 - our own process wrote it
        except (EOFError, pickle.UnpicklingError):  # no more, or not all of it yet
            self._told.seek(at)
            return None
        return told

    def wait(self) -> None:
        """Until it has run all that it has taken. Raises RuntimeError if it has died of it."""
        self._process.join()
        if self._process.exitcode:
            msg = f"a process that ran tests side by side ended with status {self._process.exitcode}"
            raise RuntimeError(msg)

    def stop(self) -> None:
        """End it, if it has not ended by itself."""
        self._process.terminate()
        self._process.join()
        self._told.close()


def _help(session: pytest.Session, shares: list[Share], begun: Synchronized[int], path: Path) -> None:
    """Run shares until all are begun, in a process of its own."""
    plugins = session.config.pluginmanager
    capture: Any = plugins.getplugin("capturemanager")
    if capture is not None:  # into files of its own: those it has inherited are its parent's too
        capture.stop_global_capturing()
        capture.start_global_capturing()
        capture.suspend_global_capture(in_=True)
    plugins.unregister(name="terminalreporter")
    parent = parent_process()
    assert parent is not None
    with path.open("wb") as file:
        plugins.register(Teller(session.config, file))
        try:
            for share in _taken(shares, begun):
                for _ in _run(session, share):
                    file.flush()
                    if not parent.is_alive():
                        return
        except (KeyboardInterrupt, session.Failed, session.Interrupted):
            return  # which the parent has been told of


class Teller:
    """Writes down what there is to say of each test."""

    def __init__(self, config: pytest.Config, file: IO[bytes]) -> None:
        self._config = config
        self._file = file
        self._reports: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Of its set-up, its call or its tear-down."""
        hook = self._config.hook
        self._reports.append(hook.pytest_report_to_serializable(config=self._config, report=report))

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """All is said of it."""
        pickle.dump(Told(nodeid, location, self._reports), self._file)
        self._reports = []
