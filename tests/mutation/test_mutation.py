from __future__ import annotations

import types
from collections import Counter
from pathlib import Path

import pytest

from tests.mutation.explained import HARMLESS, UNSEEN
from tests.mutation.judging import Bench, Outcome, in_order
from tests.mutation.mutants import PLACES, RULES, Mutant, all_mutants, of_file, sample
from tests.mutation.reach import make_noting
from tests.planted.planting import IN_CODE, ROOT, copy_of_the_code

QUICK = ("to_the_tick", "wrong_door")


@pytest.fixture(scope="module")
def mutants() -> list[Mutant]:
    return all_mutants()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Without any bug the copy passes."""
    bench = Bench(copy_of_the_code(tmp_path_factory.mktemp("bench")), scenarios=QUICK, explored=("wrong_door",), runs=1)
    assert bench.measure() == ""
    return bench


@pytest.mark.parametrize("seed", [1, 2])
def test_every_mutant_of_a_sample_can_be_planted_and_compiles(mutants: list[Mutant], seed: int) -> None:
    for mutant in sample(mutants, count=60, seed=seed):
        source = (ROOT / mutant.file).read_text("utf-8")
        planted = mutant.applied(source)
        assert planted != source
        compile(planted, mutant.file, "exec")


def test_there_are_mutants_of_every_rule_in_every_place(mutants: list[Mutant]) -> None:
    assert {(mutant.rule, place) for mutant in mutants for place in PLACES if mutant.file.startswith(place)} >= {
        (rule, place) for rule in RULES for place in ("backend/core", "backend/services")
    }
    assert any(mutant.file.startswith("twin/robot") for mutant in mutants)


def test_a_sample_takes_every_rule_by_turns_and_is_the_same_for_the_same_seed(mutants: list[Mutant]) -> None:
    chosen = sample(mutants, count=60, seed=1)
    assert chosen == sample(list(reversed(mutants)), count=60, seed=1) != sample(mutants, count=60, seed=2)
    assert Counter(mutant.rule for mutant in chosen) == dict.fromkeys(RULES, 12)


def test_a_mutant_of_a_file_that_has_changed_since_proves_nothing_and_fails(mutants: list[Mutant]) -> None:
    with pytest.raises(AssertionError, match="is stale"):
        mutants[0].applied("\n" + (ROOT / mutants[0].file).read_text("utf-8"))


WATCHED = """
def fold(state, changes, robot):
    if robot.cases > 3:
        changes.breach("too_many", robot.id)
    _look(changes, robot)
    desk.refuse("counted")
    robot.cases += 1

def _look(changes, robot):
    for case in robot.cases:
        if case.owner is None:
            changes.breach("case_not_owned", case.id)
    changes.touched.append(robot)
"""


def test_what_only_watches_or_counts_is_left_alone() -> None:
    assert [(it.rule, it.old) for it in of_file("x.py", WATCHED)] == [("drop a step", "robot.cases += 1")]


def test_steps_are_swapped_only_where_one_is_given_what_the_other_writes() -> None:
    source = "def f(desk, a, b):\n    a.x = 1\n    go(desk, {})\n"
    for given, is_swapped in (("a", True), ("a.x", True), ("b", False)):
        rules = [it.rule for it in of_file("x.py", source.format(given))]
        assert ("swap two steps" in rules) == is_swapped, given


def test_an_obvious_bug_is_caught_and_one_that_changes_nothing_is_not(bench: Bench) -> None:
    bug = next(it for it in bench.mutants if it.function == "_assign_door" and it.old == "door.trailer_id = trailer_id")
    assert bench.judge(bug).by
    idle = bug._replace(new=bug.old)
    assert bench.judge(idle) == Outcome(idle, "", asked=len(QUICK) + 2)


def test_a_mutant_that_nothing_comes_past_is_not_asked_anywhere(bench: Bench) -> None:
    """No robot is stuck in these."""
    bug = next(it for it in bench.mutants if it.file.endswith("stuck.py") and it.rule == "drop a step")
    assert bench.judge(bug) == Outcome(bug, "")


COMPARED = """\
def f(a_us, b_us):
    if a_us < b_us:
        go(a_us)
"""


@pytest.mark.parametrize(
    ("a_us", "b_us", "noted"),
    [(1, 2, {"drop a branch", "drop a step"}), (2, 2, {"off by one"}), (3, 2, set())],
)
def test_it_is_noted_where_a_bug_would_have_made_a_difference(
    tmp_path: Path, a_us: int, b_us: int, noted: set[str]
) -> None:
    (tmp_path / "twin").mkdir()
    (tmp_path / "x.py").write_text(COMPARED, "utf-8")
    mutants = list(of_file("x.py", COMPARED))
    make_noting(tmp_path, mutants)
    code = (tmp_path / "twin" / "reached.py").read_text("utf-8")
    module = types.ModuleType("reached")
    exec(code, module.__dict__)  # noqa: S102 - it is ours
    source = (tmp_path / "x.py").read_text("utf-8").replace("from twin import reached as _reached\n", "")
    exec(source + f"\nf({a_us}, {b_us})\n", {"_reached": module, "go": lambda _: None})  # noqa: S102 - it is ours
    assert {mutants[number].rule for number in module.REACHED} == noted


def test_all_of_the_library_is_asked_but_the_longest_and_what_needs_data() -> None:
    assert set(IN_CODE) < set(in_order())
    assert not {"long_night", "real_orders", "bischoff_ratcliff"} & set(in_order())
    assert len(in_order()) == len(set(in_order())) >= 25


def test_what_is_said_of_survivors_is_a_sentence_each_and_no_bug_is_both_harmless_and_unseen() -> None:
    assert not set(HARMLESS) & set(UNSEEN)
    assert all(why.endswith(".") for why in (*HARMLESS.values(), *UNSEEN.values()))


def test_what_is_explained_is_a_mutant_that_can_be_planted(mutants: list[Mutant]) -> None:
    assert set(HARMLESS) | set(UNSEEN) <= {mutant.key for mutant in mutants}
