"""Prints the score: `python -m tests.planted`. Exit status 1 if a bug is missed."""

from __future__ import annotations

import sys

from tests.planted.planting import judge_all, score
from tests.planted.plants import MORE, THE_TEN

if __name__ == "__main__":
    outcomes = judge_all(THE_TEN + MORE)
    ten, more = outcomes[: len(THE_TEN)], outcomes[len(THE_TEN) :]
    sys.stdout.write(f"{score('planted bugs', ten)}\n\n{score('more planted bugs', more)}\n")
    sys.exit(not all(outcome.is_caught for outcome in outcomes))
