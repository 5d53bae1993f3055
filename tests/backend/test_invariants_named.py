"""Every invariant has a code, a sentence on the page, a place that checks it and a planted fault that it finds."""

from __future__ import annotations

import re
from pathlib import Path

from backend.core.invariants import INVARIANTS

TOP = Path(__file__).resolve().parents[2]
PAGE = (TOP / "docs" / "invariants.md").read_text()


def test_what_the_code_can_find_broken_is_what_is_named() -> None:
    source = "\n".join(file.read_text() for file in sorted((TOP / "backend").rglob("*.py")))
    assert set(re.findall(r'breach\(\s*"([a-z_]+)"', source)) == set(INVARIANTS)


def test_the_page_has_each_invariant_with_its_rule_and_sentence_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| ([1-9]) \| (.+) \|$", PAGE, re.MULTILINE)
    assert rows == [(code, str(it.rule), it.says) for code, it in INVARIANTS.items()]


def test_every_rule_with_a_code_is_on_the_page() -> None:
    rules = set(re.findall(r"^([1-9])\. ", PAGE, re.MULTILINE))
    assert rules == {str(number) for number in range(1, 10)}
    assert {str(it.rule) for it in INVARIANTS.values()} <= rules


def test_every_invariant_is_found_broken_by_a_test() -> None:
    tests = "\n".join(
        file.read_text() for file in sorted((TOP / "tests" / "backend").glob("test_*.py")) if file != Path(__file__)
    )
    assert [code for code in INVARIANTS if f'"{code}"' not in tests] == []
