"""A pool of processes for many runs: results as they come or in order; an interrupt at any instant ends it whole."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.backend import resource_tracker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

T = TypeVar("T")
R = TypeVar("R")

_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


class Pool:
    """So many workers, kept from one call to the next; with one, everything runs in this process.

    To be used in a `with` block: leaving it, by an interrupt too, ends all workers and what they started.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers

    @property
    def is_shared(self) -> bool:
        """Whether there are processes beside this one."""
        return self._workers > 1

    def __enter__(self) -> Self:
        """Workers are started by the first call."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers."""
        if self._workers > 1:
            get_reusable_executor().shutdown(wait=True, kill_workers=True)

    def as_they_come(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """The result of each item, whichever is ready first."""
        return self._results(function, items, "generator_unordered")

    def in_order(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """The result of each item, in the order of the items."""
        return self._results(function, items, "generator")

    def _results(self, function: Callable[[T], R], items: Iterable[T], return_as: str) -> Iterator[R]:
        if self._workers == 1:
            yield from map(function, items)
            return
        pool = Parallel(n_jobs=self._workers, backend="loky", return_as=return_as)
        with _interrupts_held():
            results = pool(delayed(_in_worker)(function, item) for item in items)
        yield from results


def _in_worker(function: Callable[[Any], R], item: object) -> R:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # what a worker starts must be stoppable
    return function(item)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """An interrupt waits until this is over: a pool that is half started cannot be ended.

    Workers are started meanwhile. Ctrl-C reaches the whole group, so they inherit a mask against it: ending them is
    for us. The mask alone does not hold ours back, which any other thread may take.
    """
    resource_tracker.ensure_running()  # when it is started later, it takes the mask away
    held: list[int] = []
    handlers = {number: signal.signal(number, lambda number, _: held.append(number)) for number in _INTERRUPTS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        yield
    except Exception:
        if not held:
            raise  # else a worker has died of the same interrupt, before it was masked
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if held:
        signal.raise_signal(held[0])
