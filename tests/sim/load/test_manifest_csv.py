"""A CSV manifest becomes a load, or a list of all its mistakes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.load.audit import audit
from sim.load.generators import columns
from sim.load.goods import goods_of_manifest
from sim.load.manifest_csv import CASES_MAX, read_manifest
from twin.errors import ManifestError
from twin.rng import Draws

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "line_id,po_id,sku,label,quantity,length_m,width_m,height_m,weight_kg"
GOOD = "l1,po1,sku1,00012345,12,0.6,0.4,0.3,9.5"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return tmp_path / "manifest.csv"


def mistakes(path: Path, *rows: str) -> list[str]:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(ManifestError) as caught:
        read_manifest(path)
    return [mistake.removeprefix(f"{path.parent}/") for mistake in caught.value.message.split("\n")]


def test_every_announced_case_is_placed_with_its_line_s_size_weight_and_label(manifest: Path) -> None:
    manifest.write_text(f"{HEADER}\n{GOOD}\n\nl2,po1,sku2,x,3,0.5,0.5,0.5,20\n", encoding="utf-8")
    load = columns(goods_of_manifest(Draws(1), trailer_id="t-1", manifest=read_manifest(manifest)))
    assert audit(load) == ()
    assert [case.manifest_line for case in load.cases] == ["l1"] * 12 + ["l2"] * 3
    assert {(case.weight_kg, case.label) for case in load.cases} == {(9.5, "00012345"), (20.0, "x")}


def test_columns_come_in_any_order_with_a_byte_order_mark(manifest: Path) -> None:
    names, fields = HEADER.split(",")[::-1], GOOD.split(",")[::-1]
    manifest.write_text("\ufeff" + ",".join(names) + "\r\n" + ",".join(fields) + "\r\n", encoding="utf-8")
    (line,) = read_manifest(manifest)
    assert (line.line_id, line.quantity, line.size_m) == ("l1", 12, (0.6, 0.4, 0.3))


def test_all_mistakes_are_told_at_once_in_line_order(manifest: Path) -> None:
    assert mistakes(
        manifest, HEADER, "l1,po1,s,x,none,0.6,0,0.3,-1", GOOD.replace("l1", "l2"), "l2,,s,x,1,1,1,nan,1"
    ) == [
        "manifest.csv:2: quantity: got 'none', expected a whole number from 1 to 10000",
        "manifest.csv:2: width_m: got '0', expected a number of metres above 0 and up to 5",
        "manifest.csv:2: weight_kg: got '-1', expected a number of kilograms above 0 and up to 1000",
        "manifest.csv:4: po_id: got '', expected 1 to 64 printable characters",
        "manifest.csv:4: line_id: got 'l2' again (first on line 3), expected each line id once",
        "manifest.csv:4: height_m: got 'nan', expected a number of metres above 0 and up to 5",
    ]


def test_a_row_is_named_by_the_line_it_starts_on_though_a_field_before_spans_two(manifest: Path) -> None:
    told = mistakes(manifest, HEADER, 'l1,po1,"a\nb",x,1,1,1,1,1', "l2,po1,s,x,0,1,1,1,1")
    assert [mistake.split(": ")[0] for mistake in told] == ["manifest.csv:2", "manifest.csv:4"]


def test_a_misspelt_column_is_told_with_what_it_may_mean(manifest: Path) -> None:
    told = mistakes(manifest, HEADER.replace("weight_kg", "weigth_kg"), GOOD)
    assert told[0] == "manifest.csv:1: header: got 'weigth_kg', expected a known column (did you mean weight_kg?)"
    assert told[1].startswith("manifest.csv:1: header: got no column 'weight_kg'")


def test_a_row_with_too_few_fields_is_told(manifest: Path) -> None:
    assert mistakes(manifest, HEADER, "l1,po1") == ["manifest.csv:2: row: got 2 fields, expected 9"]


@pytest.mark.parametrize("text", ["", HEADER, f"{HEADER}\n,,,,,,,,"])
def test_a_file_without_lines_is_told(manifest: Path, text: str) -> None:
    assert "got nothing" in mistakes(manifest, text)[0]


def test_a_slipped_digit_does_not_fill_the_memory(manifest: Path) -> None:
    rows = [GOOD.replace("l1", f"l{number}").replace(",12,", f",{CASES_MAX},") for number in range(2)]
    assert mistakes(manifest, HEADER, *rows) == [
        "manifest.csv:4: quantity: got 20000 cases in all, expected at most 10000"
    ]


def test_an_absent_file_is_a_mistake_of_input(manifest: Path) -> None:
    with pytest.raises(ManifestError, match="got no readable file"):
        read_manifest(manifest)


@given(content=st.binary(max_size=400) | st.text(max_size=200).map(lambda text: f"{HEADER}\n{text}".encode()))
def test_no_file_raises_anything_but_our_own_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "manifest.csv"
    path.write_bytes(content)
    with contextlib.suppress(ManifestError):
        assert read_manifest(path)
