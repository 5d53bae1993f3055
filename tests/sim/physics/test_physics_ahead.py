"""What was computed ahead is what would be computed now; whatever becomes of the workers, no result is another."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from sim.physics import ahead as ahead_module
from sim.physics import workers as workers_module
from sim.physics.ahead import PhysicsAhead
from sim.physics.port import Pick
from sim.physics.support import SupportPhysics
from sim.physics.worker import Lending
from tests.sim.physics.gated_physics import GatedPhysics, Gates, no_physics
from tests.sim.physics.settled_loads import a_load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.physics.port import Extraction
    from sim.physics.support import SupportGraph

UNIFORMS = (0.1, 0.2, 0.3, 0.4)
LOADS = [a_load(number, cases=5) for number in range(4)]
MIDDLE = [load.cases[2].case_id for load in LOADS]


class Site:
    """A physics over workers, the gates its workers come to, and what it does itself."""

    def __init__(self, folder: Path, *, workers: int) -> None:
        self.gates = Gates(folder)
        self.ahead = PhysicsAhead(partial(GatedPhysics, self.gates), workers=workers)

    @property
    def done_here(self) -> list[str]:
        home = self.ahead._physics
        assert isinstance(home, GatedPhysics)
        return home.done

    @property
    def pids(self) -> list[int]:
        return self.ahead._workers.pids if self.ahead._workers else []

    def begin(self, state: SupportGraph, case_id: str, *, is_given_out: bool = True) -> None:
        self.ahead.begin(state, Pick(case_id=case_id), UNIFORMS)
        if is_given_out:
            self.give_out()

    def give_out(self) -> None:
        workers = self.ahead._workers
        assert workers is not None
        while workers._waiting and workers._turn(60.0):
            pass
        assert self.pids or not workers._waiting, "with no worker behind it a gate is waited at for ever"

    def extract(self, state: SupportGraph, case_id: str) -> tuple[SupportGraph, Extraction]:
        return self.ahead.extract(state, Pick(case_id=case_id), UNIFORMS)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """With two workers."""
    it = Site(tmp_path, workers=2)
    with closing(it.ahead):
        yield it


def told(result: tuple[SupportGraph, Extraction]) -> tuple[object, ...]:
    """All that is to be known of what came of a pick."""
    state, extraction = result
    boxes = state.boxes()
    return boxes.ids, boxes.center_m.tobytes(), state.floor, extraction


def right(state: SupportGraph, case_id: str) -> tuple[object, ...]:
    return told(SupportPhysics().extract(state, Pick(case_id=case_id), UNIFORMS))


def states() -> list[SupportGraph]:
    return [SupportPhysics().settle(load) for load in LOADS]


# -- picks -----------------------------------------------------------------------------------------------------------


def test_a_pick_that_was_begun_is_not_computed_here(site: Site) -> None:
    state = states()[0]
    site.begin(state, MIDDLE[0])
    assert told(site.extract(state, MIDDLE[0])) == right(state, MIDDLE[0])
    assert site.done_here == []
    assert site.ahead.taken == 1
    assert site.ahead.notices == ()


def test_one_worker_after_the_other_may_answer_in_any_order(site: Site) -> None:
    first, second, *_ = states()
    site.gates.put_up(*MIDDLE[:2])
    site.begin(first, MIDDLE[0])
    site.begin(second, MIDDLE[1])
    site.gates.open(MIDDLE[1])
    assert told(site.extract(second, MIDDLE[1])) == right(second, MIDDLE[1])
    site.gates.open(MIDDLE[0])
    assert told(site.extract(first, MIDDLE[0])) == right(first, MIDDLE[0])
    assert site.done_here == []


def test_a_pick_from_a_load_that_has_changed_since_is_computed_anew(site: Site) -> None:
    state = states()[0]
    state, _ = SupportPhysics().extract(state, Pick(case_id=LOADS[0].cases[4].case_id), UNIFORMS)
    site.begin(state, MIDDLE[0])
    state.put_on_floor(LOADS[0].cases[4].case_id)
    assert told(site.extract(state, MIDDLE[0])) == right(state, MIDDLE[0])
    assert site.done_here == [MIDDLE[0]]


@pytest.mark.parametrize("pick", [Pick(case_id=MIDDLE[0], by="people"), Pick(case_id=LOADS[0].cases[3].case_id)])
def test_another_pick_is_computed_anew(site: Site, pick: Pick) -> None:
    state = states()[0]
    site.begin(state, MIDDLE[0])
    assert told(site.ahead.extract(state, pick, UNIFORMS)) == told(SupportPhysics().extract(state, pick, UNIFORMS))
    assert site.done_here == [pick.case_id]


def test_a_pick_with_other_draws_is_computed_anew(site: Site) -> None:
    state = states()[0]
    site.begin(state, MIDDLE[0])
    site.ahead.extract(state, Pick(case_id=MIDDLE[0]), UNIFORMS[:3])
    assert site.done_here == [MIDDLE[0]]


def test_what_nobody_has_begun_by_the_time_it_is_needed_is_computed_here(site: Site) -> None:
    held = states()
    site.gates.put_up(*MIDDLE[:2])
    for state, case_id in zip(held[:2], MIDDLE, strict=False):
        site.begin(state, case_id)
    site.begin(held[2], MIDDLE[2], is_given_out=False)
    assert told(site.extract(held[2], MIDDLE[2])) == right(held[2], MIDDLE[2])
    assert site.done_here == [MIDDLE[2]]


def test_so_many_may_be_begun_and_the_oldest_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead_module, "BEGUN_MAX", 2)
    held = states()
    for state, case_id in zip(held, MIDDLE, strict=True):
        site.begin(state, case_id)
    for state, case_id in zip(held, MIDDLE, strict=True):
        assert told(site.extract(state, case_id)) == right(state, case_id)
    assert site.done_here == MIDDLE[:2]


# -- loads -----------------------------------------------------------------------------------------------------------


def test_loads_settle_side_by_side_and_are_had_in_any_order(site: Site) -> None:
    for load in LOADS:
        site.ahead.begin_settling(load)
    for load in reversed(LOADS):
        settled, alone = site.ahead.settle(load), SupportPhysics().settle(load)
        assert settled.boxes().center_m.tobytes() == alone.boxes().center_m.tobytes()
    assert site.done_here == []
    assert len(site.pids) == 2


def test_a_load_that_was_kept_needs_no_worker(tmp_path: Path) -> None:
    gates = Gates(tmp_path)
    ahead = PhysicsAhead(partial(GatedPhysics, gates, kept=LOADS), workers=2)
    with closing(ahead):
        ahead.begin_settling(LOADS[0])
        assert ahead._workers is not None
        assert ahead._workers.pids == []


def test_a_load_is_settled_once_but_whoever_asks_again_gets_it_again(site: Site) -> None:
    site.ahead.begin_settling(LOADS[0])
    first, second = site.ahead.settle(LOADS[0]), site.ahead.settle(LOADS[0])
    assert first.boxes().center_m.tobytes() == second.boxes().center_m.tobytes()


# -- workers that fail -----------------------------------------------------------------------------------------------


def test_the_work_of_a_killed_worker_is_done_here_and_said(site: Site) -> None:
    first, second, *_ = states()
    site.gates.put_up(MIDDLE[0])
    site.begin(first, MIDDLE[0])
    site.begin(second, MIDDLE[1])
    site.gates.open(MIDDLE[0], "die")
    assert told(site.extract(first, MIDDLE[0])) == right(first, MIDDLE[0])
    assert told(site.extract(second, MIDDLE[1])) == right(second, MIDDLE[1])
    assert site.done_here == [MIDDLE[0]]
    assert site.ahead.notices == (
        "a process that computed physics ahead was killed by signal 9; what it had begun is computed here",
    )


def test_with_all_workers_killed_everything_is_computed_here(site: Site) -> None:
    held = states()
    site.gates.put_up(*MIDDLE[:2])
    for state, case_id in zip(held[:2], MIDDLE, strict=False):
        site.begin(state, case_id)
    for state, case_id in zip(held[:2], MIDDLE, strict=False):
        site.gates.open(case_id)
        site.extract(state, case_id)
    assert len(site.pids) == 2
    for pid in site.pids:
        os.kill(pid, signal.SIGKILL)
    for state, case_id in zip(held[2:], MIDDLE[2:], strict=True):
        site.begin(state, case_id)
        assert told(site.extract(state, case_id)) == right(state, case_id)
    site.ahead.begin_settling(LOADS[0])
    site.ahead.settle(LOADS[0])
    assert site.done_here == [*MIDDLE[2:], LOADS[0].trailer_id]
    assert len(site.ahead.notices) == 1
    assert site.pids == []


def test_a_killed_worker_leaves_no_load_unsettled(site: Site) -> None:
    site.gates.put_up(LOADS[0].trailer_id)
    for load in LOADS:
        site.ahead.begin_settling(load)
    site.give_out()
    site.gates.open(LOADS[0].trailer_id, "die")
    for load in LOADS:
        assert site.ahead.settle(load).boxes().ids == tuple(case.case_id for case in load.cases)
    assert site.done_here == [LOADS[0].trailer_id]


def test_what_raises_in_a_worker_is_computed_here_and_said(site: Site) -> None:
    state = states()[0]
    site.gates.put_up(MIDDLE[0])
    site.begin(state, MIDDLE[0])
    site.gates.open(MIDDLE[0], "fail")
    assert told(site.extract(state, MIDDLE[0])) == right(state, MIDDLE[0])
    assert site.ahead.notices == (
        f"physics computed ahead failed, and is computed anew: RuntimeError: {MIDDLE[0]} has had enough",
    )
    assert len(site.pids) > 0


def test_what_a_worker_has_to_say_is_heard(site: Site) -> None:
    state = states()[0]
    site.gates.put_up(MIDDLE[0])
    site.begin(state, MIDDLE[0])
    site.gates.open(MIDDLE[0], "speak")
    site.extract(state, MIDDLE[0])
    assert site.ahead.notices == (f"{MIDDLE[0]} was here",)


def test_workers_that_do_not_start_are_done_without(site: Site) -> None:
    workers = site.ahead._workers
    assert workers is not None
    workers._make = no_physics
    site.ahead.begin_settling(LOADS[0])
    assert site.ahead.settle(LOADS[0]).boxes().ids == tuple(case.case_id for case in LOADS[0].cases)
    [notice] = site.ahead.notices
    assert "ended with status 1 (ImportError: there is no physics in a worker); what it had begun" in notice


def test_a_worker_that_has_loaded_other_code_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead_module, "code_hash", lambda: "as it was")
    site = Site(tmp_path, workers=1)
    with closing(site.ahead):
        site.ahead.begin_settling(LOADS[0])
        site.ahead.settle(LOADS[0])
        assert site.done_here == [LOADS[0].trailer_id]
        assert site.pids == []
        assert "other code than this process" in site.ahead.notices[0]


def test_a_worker_that_never_answers_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    state = states()[0]
    site.gates.put_up(MIDDLE[0])
    site.begin(state, MIDDLE[0])
    monkeypatch.setattr(workers_module, "ANSWER_S_MAX", 0.05)
    assert told(site.extract(state, MIDDLE[0])) == right(state, MIDDLE[0])
    assert site.ahead.notices == (
        "a process that computed physics ahead did not answer within 0.05 s; what it had begun is computed here",
    )


# -- beginning and end -----------------------------------------------------------------------------------------------


def test_without_workers_nothing_is_begun(tmp_path: Path) -> None:
    site = Site(tmp_path, workers=0)
    state = states()[0]
    site.ahead.begin_settling(LOADS[0])
    site.begin(state, MIDDLE[0], is_given_out=False)
    assert told(site.extract(state, MIDDLE[0])) == right(state, MIDDLE[0])
    assert site.done_here == [MIDDLE[0]]
    site.ahead.close()


def test_no_process_is_started_before_there_is_work(site: Site) -> None:
    assert site.pids == []
    site.begin(states()[0], MIDDLE[0])
    assert len(site.pids) == 1


def test_closing_ends_every_process_in_the_middle_of_its_work_too(site: Site) -> None:
    held = states()
    site.gates.put_up(*MIDDLE[:2])
    for state, case_id in zip(held[:2], MIDDLE, strict=False):
        site.begin(state, case_id)
    pids = site.pids
    assert len(pids) == 2
    site.ahead.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert told(site.extract(held[0], MIDDLE[0])) == right(held[0], MIDDLE[0])


def test_workers_are_out_of_reach_of_an_interrupt_at_the_terminal(site: Site) -> None:
    site.begin(states()[0], MIDDLE[0])
    assert [os.getsid(pid) for pid in site.pids] == site.pids


KILLED = """
import os, signal
from functools import partial
from pathlib import Path
from tests.sim.physics.gated_physics import GatedPhysics, Gates
from tests.sim.physics.settled_loads import a_load
from sim.physics.ahead import PhysicsAhead
ahead = PhysicsAhead(partial(GatedPhysics, Gates(Path("."))), workers=2)
loads = [a_load(0), a_load(1)]
for load in loads:
    ahead.begin_settling(load)
for load in loads:
    ahead.settle(load)
print(*ahead._workers.pids, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_no_worker_outlives_a_killed_run() -> None:
    top = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", KILLED], cwd=top, capture_output=True, text=True, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr
    for pid in map(int, run.stdout.split()):
        try:
            psutil.Process(pid).wait(timeout=30.0)
        except psutil.NoSuchProcess:
            continue


# -- what is sent once -----------------------------------------------------------------------------------------------


def test_a_load_is_sent_once_and_what_comes_back_holds_the_very_same() -> None:
    here, there = Lending(), Lending()
    small, used = here.pickled({"load": LOADS[0], "picked": 3}, lends=True)
    assert used == {0}
    assert len(small) < 100 < len(pickle.dumps(LOADS[0]))
    there.lend(0, a_load(0, cases=5))
    back, _ = there.pickled(there.unpickled(small), lends=False)
    assert here.unpickled(back)["load"] is LOADS[0]


def test_a_load_made_there_comes_back_whole() -> None:
    here, there = Lending(), Lending()
    back, used = there.pickled([LOADS[1]], lends=False)
    assert used == set()
    assert here.unpickled(back) == [LOADS[1]]
