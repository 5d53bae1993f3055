"""`python -m tests.mutation [COUNT] [--seed N] [-n WORKERS] [--only TEXT] [--new]`: the mutation score.

Plants COUNT bugs, each by itself in a copy of the code, and runs the library and random faults against each. Exit
status 1 if fewer than 95 % are caught of those that can change what a dock does, or if a survivor has no explanation in
`tests/mutation/explained.py`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutation.explained import HARMLESS, UNSEEN
from tests.mutation.judging import RUNS, Bench, Outcome
from tests.mutation.mutants import sample
from tests.planted.planting import copy_of_the_code
from tests.telling import say

CAUGHT_MIN = 0.95


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.mutation", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=60, help="how many (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="draws which ones (default %(default)s)")
    parser.add_argument("-n", "--workers", type=int, default=2, help="at the same time (default %(default)s)")
    parser.add_argument("--only", default="", help="those whose key has this text, all of them")
    parser.add_argument("--new", action="store_true", help="ask none that is explained: each counts as a survivor")
    parser.add_argument(
        "--runs", type=int, default=RUNS, help="of explore on each of its scenarios (default %(default)s)"
    )
    given = parser.parse_args()
    with TemporaryDirectory(prefix="docktwin-bench-") as folder:
        bench = Bench(copy_of_the_code(Path(folder)), runs=given.runs)
        fails = bench.measure(workers=given.workers)
        if fails:
            say(f"no score: without any bug it fails too: {fails}")
            return 1
        pool = bench.mutants
        chosen = sample(pool, count=given.count, seed=given.seed)
        if given.only:
            chosen = [mutant for mutant in pool if given.only in mutant.key]
        explained = UNSEEN | HARMLESS
        survivors = [mutant for mutant in chosen if given.new and mutant.key in explained]
        asked = [mutant for mutant in chosen if mutant not in survivors]
        for number, outcome in enumerate(bench.judge_all(asked, workers=given.workers), 1):
            say(_told(outcome, f"{number:4} of {len(asked)}"))
            if not outcome.by:
                survivors.append(outcome.mutant)
    caught = len(chosen) - len(survivors)
    say(f"mutation score: {caught} of {len(chosen)} caught, of {len(pool)} that could be planted; seed {given.seed}")
    bugs = len(chosen) - sum(mutant.key in HARMLESS for mutant in survivors)
    say(f"of {bugs} that can change what a dock does {caught} are caught: {100 * caught / max(bugs, 1):.0f} %")
    for mutant in survivors:
        say(f"  survives: {mutant.key}\n            {explained.get(mutant.key, 'NOT EXPLAINED')}")
    is_explained = all(mutant.key in explained for mutant in survivors)
    return 0 if caught >= CAUGHT_MIN * bugs and is_explained else 1


def _told(outcome: Outcome, which: str) -> str:
    mutant, by = outcome.mutant, outcome.by
    told = f"{which}  {'caught ' if by else 'SURVIVES'}  {mutant.key} (line {mutant.line})"
    if by:
        return f"{told}\n              {by}"
    where = f"the same log in all of {outcome.asked} that come past it" if outcome.asked else "nothing comes past it"
    if outcome.differs:
        where = f"another log of {', '.join(outcome.differs)}"
    shown = f"; a baseline shows it: {outcome.kpis}" if outcome.kpis else ""
    return f"{told}\n              becomes {' '.join(mutant.new.split())[:80]}; {where}{shown}"


if __name__ == "__main__":
    sys.exit(main())
