"""The results that are committed are of the rows there are, held against the budgets there are."""

from __future__ import annotations

import re
from pathlib import Path

from tests.perf.rows import ROWS, budget_words

TOP = Path(__file__).resolve().parents[2]
LINE = re.compile(
    r"^\| `(?P<name>\w+)` +\| (?P<value>[\d.,e+-]+) +\| (?P<budget>[^|]*?) *\| (?P<unit>\S+) *\|", re.MULTILINE
)


def test_the_committed_table_has_the_rows_units_and_budgets_of_the_benchmark() -> None:
    found = LINE.findall((TOP / "docs/results/bench.md").read_text())
    assert [(name, budget, unit) for name, _, budget, unit in found] == [
        (name, budget_words(row), row.unit) for name, row in ROWS.items()
    ]


def test_the_committed_results_say_what_each_row_is() -> None:
    text = (TOP / "docs/results/bench.md").read_text()
    assert [name for name, row in ROWS.items() if row.what not in text] == []
