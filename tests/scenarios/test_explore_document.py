from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.explore.document import Document, read, written
from scenarios.schema import library, scenario_from_text

_TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=30)
_SCALARS = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | _TEXTS
_KEYS = st.from_regex(r"[a-z_]{1,12}", fullmatch=True).filter(lambda key: key not in ("null", "true", "false"))
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=20
)


@settings(max_examples=50)
@given(st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=5))
def test_what_is_written_reads_the_same(document: Document) -> None:
    assert read(written(document)) == document


@pytest.mark.parametrize("entry", library(), ids=lambda entry: entry.name)
def test_a_scenario_of_the_library_says_the_same_when_it_is_written_again(entry: object) -> None:
    path = entry.path  # type: ignore[attr-defined]
    text = path.read_text("utf-8")
    again = written(read(text))
    before, after = scenario_from_text(text, path), scenario_from_text(again, path)
    assert [e.condition for e in before.expectations] == [e.condition for e in after.expectations]
    assert before.day.trailers == after.day.trailers
    assert [action.entity for action in before.day.timeline] == [action.entity for action in after.day.timeline]


@pytest.mark.parametrize("text", ["a: 007\n", "a: 1e3\n", "a: 0x1f\n", "a: +1\n", 'a: "06:00"\n', "a: 06:00\n"])
def test_numbers_and_times_stay_as_an_author_wrote_them(text: str) -> None:
    assert written(read(text)).replace('"', "") == text.replace('"', "")
