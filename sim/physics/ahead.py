"""Physics computed ahead, in other processes. It changes how long a run takes, and nothing else.

What is computed there is what would be computed here, of the very same load, pick and draws: a result is taken only if
they are still the same to the bit when it is asked for. So no digest depends on how many workers there are, nor on how
fast they are, nor on whether they live.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, cast

from sim.physics.code_hash import code_hash
from sim.physics.port import Physics, StateT
from sim.physics.workers import Task, Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.load.audit import Finding
    from sim.load.load import Load
    from sim.physics.port import Extraction, Fall, Pick

BEGUN_MAX = 64
"""So many episodes may be under way or done for whoever asks; for one more, the oldest is given up."""

Key = tuple[bytes, "Pick", tuple[float, ...]]
"""All that decides an episode. The bytes are the pickled state."""


class SlowPhysics(Physics[StateT], Protocol[StateT]):
    """A physics worth computing ahead. Its states can be pickled, and to look at one does not change its pickle."""

    def recalled(self, load: Load) -> StateT | None:
        """The load as it was settled before, if that was kept; None if it takes long."""


class _Begun(NamedTuple):
    state: object
    task: Task


class PhysicsAhead(Generic[StateT]):
    """A `Physics` that may have begun before it is asked, over so many `workers`; with none it only asks another.

    `make` builds that other, here and in each worker, and can be pickled; it is given whom to tell what people should
    know, which `notices` collects. To be closed.
    """

    def __init__(self, make: Callable[[Callable[[str], None]], SlowPhysics[StateT]], *, workers: int) -> None:
        self._notices: dict[str, None] = {}
        self._physics = make(self._notice)
        self._workers: Workers | None = None
        if workers:
            code = code_hash()
            self._workers = Workers(make, code=code, count=workers, say=self._notice)
        self._settling: dict[int, Task] = {}
        self._begun: dict[Key, _Begun] = {}
        self.taken = 0
        """How many results computed ahead were of use."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What people should know, each once: nothing of it changes a result."""
        return tuple(self._notices)

    def _notice(self, words: str) -> None:
        self._notices[words] = None

    def close(self) -> None:
        """End the workers. What they have begun is computed here if it is asked for all the same."""
        if self._workers is not None:
            self._workers.close()
        self._workers = None

    # -- loads ------------------------------------------------------------------------------------------------------

    def begin_settling(self, load: Load) -> None:
        """The load will be asked for."""
        if self._workers is None or self._physics.recalled(load) is not None:
            return
        first, needs = self._workers.lending.pickled(load, lends=True)
        task = self._settling[id(load)] = Task("settle", first, (), needs)
        self._workers.begin(task)

    def settle(self, load: Load) -> StateT:
        """The load as it stands when the doors open."""
        task = self._settling.pop(id(load), None)
        if task is not None and self._workers is not None:
            state = self._workers.result_of(task, is_long=True)
            if state is not None:
                self.taken += 1
                return cast("StateT", state)
        return self._physics.settle(load)

    # -- picks ------------------------------------------------------------------------------------------------------

    def begin(self, state: StateT, pick: Pick, uniforms: Sequence[float]) -> None:
        """The pick will be asked for, unless something happens before."""
        if self._workers is None:
            return
        first, needs = self._workers.lending.pickled(state, lends=True)
        key = (first, pick, tuple(uniforms))
        if key in self._begun:
            return
        task = Task("extract", first, key[1:], needs)
        if len(self._begun) >= BEGUN_MAX:
            self._workers.drop(self._begun.pop(next(iter(self._begun))).task)
        self._begun[key] = _Begun(state, task)
        self._workers.begin(task)

    def extract(self, state: StateT, pick: Pick, uniforms: Sequence[float]) -> tuple[StateT, Extraction]:
        """Take one case out, as it stands or lies; the state given is left as it was."""
        if self._workers is not None and any(begun.state is state for begun in self._begun.values()):
            first, _ = self._workers.lending.pickled(state, lends=True)
            begun = self._begun.pop((first, pick, tuple(uniforms)), None)
            self._forget(state)
            result = None if begun is None else self._workers.result_of(begun.task, is_long=False)
            if result is not None:
                self.taken += 1
                return cast("tuple[StateT, Extraction]", result)
        return self._physics.extract(state, pick, uniforms)

    def _forget(self, state: StateT) -> None:
        """Of a state that is over nothing else is asked for."""
        assert self._workers is not None
        for key in [key for key, begun in self._begun.items() if begun.state is state]:
            self._workers.drop(self._begun.pop(key).task)

    # -- what is never begun before ---------------------------------------------------------------------------------

    def topple(
        self, state: StateT, case_ids: Sequence[str], uniforms: Sequence[float]
    ) -> tuple[StateT, tuple[Fall, ...]]:
        """Standing cases tip towards the door; the state given is left as it was."""
        return self._physics.topple(state, case_ids, uniforms)

    def audit(self, state: StateT) -> tuple[Finding, ...]:
        """What is impossible about the load as it is."""
        return self._physics.audit(state)
