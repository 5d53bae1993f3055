"""The truck loads of the benchmark come into a longer trailer, every box of them, and only in ways it may stand."""

from __future__ import annotations

import csv
import math
import shutil
from collections import Counter
from pathlib import Path

import pytest

from sim import assumptions
from sim.load.audit import Defect, audit
from sim.load.bischoff_ratcliff import FOLDER, WAYS, WHERE_TO_GET_THEM, read_boxes
from sim.load.load import Load
from sim.load.mistakes import Mistakes
from twin.config import data_dir
from twin.errors import DataAbsentError, ManifestError
from twin.rng import Draws

NAMES = [f"BR{kind}_{number:02}" for kind in (1, 2, 3) for number in range(1, 11)]
HEADER = "ID,X,Y,Z," + ",".join(f"ROTATION_{way}" for way in WAYS) + ",COPIES"
GOOD = "0,108,76,30,1,1,0,0,0,0,40"
CONTAINER = "ID,X,Y,Z\n0,587,233,220\n"


@pytest.fixture(scope="module")
def data() -> Path:
    folder = data_dir()
    if folder is None or not (folder / FOLDER).is_dir():
        pytest.skip(f"the Bischoff-Ratcliff data are absent: get them from {WHERE_TO_GET_THEM} and set DOCKTWIN_DATA")
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A data folder with one good load."""
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "container.csv").write_text(CONTAINER)
    (tmp_path / FOLDER / "BR1_01_items.csv").write_text(f"{HEADER}\n{GOOD}\n")
    return tmp_path


def read(folder: Path | None, name: str = "BR1_01", seed: int = 1, mistakes: Mistakes | None = None) -> Load:
    return read_boxes(folder, Draws(seed), trailer_id="t-1", name=name, mistakes=mistakes or Mistakes())


def mistakes_of(folder: Path, *rows: str) -> list[str]:
    path = folder / FOLDER / "BR1_01_items.csv"
    path.write_text("\n".join(rows) + "\n")
    with pytest.raises(ManifestError) as caught:
        read(folder)
    return [mistake.removeprefix(f"{path.parent}/") for mistake in caught.value.message.split("\n")]


@pytest.mark.parametrize("name", NAMES)
def test_every_box_of_a_load_is_placed_soundly_and_in_a_way_it_may_stand(data: Path, name: str) -> None:
    load = read(data, name)
    assert audit(load) == ()
    assert load.unplaced == ()
    with (data / FOLDER / f"{name}_items.csv").open() as file:
        rows = {f"{name}-{row['ID']}": row for row in csv.DictReader(file)}
    assert Counter(case.sku for case in load.cases) == {sku: int(row["COPIES"]) for sku, row in rows.items()}
    for case in load.cases:
        row = rows[case.sku]
        allowed = {tuple(int(row[edge]) for edge in way) for way in WAYS if row[f"ROTATION_{way}"] == "1"}
        assert tuple(round(side_m * 100) for side_m in case.size_m) in allowed


def test_the_trailer_is_as_wide_and_high_as_the_container_and_longer(own: Path) -> None:
    assert read(own).interior_m == (assumptions.SEMITRAILER_LENGTH_M, 2.33, 2.2)
    (own / FOLDER / "container.csv").write_text("ID,X,Y,Z\n0,1600,233,220\n")
    assert read(own).interior_m == (16.0, 2.33, 2.2)


def test_weights_follow_from_volumes_and_are_as_the_manifest_says(own: Path) -> None:
    load = read(own)
    (line,) = load.manifest
    assert line.weight_kg == pytest.approx(assumptions.BOX_DENSITY_KG_PER_M3 * math.prod(line.size_m), abs=0.01)
    assert {case.weight_kg for case in load.cases} == {line.weight_kg}
    assert (line.quantity, line.po_id, line.size_m) == (40, "BR1_01", (1.08, 0.76, 0.3))


def test_a_load_repeats_and_another_seed_stacks_it_otherwise(data: Path) -> None:
    assert read(data, "BR3_05") == read(data, "BR3_05")
    assert read(data, "BR3_05", seed=2).cases != read(data, "BR3_05").cases


def test_what_is_amiss_is_loaded_so(data: Path) -> None:
    amiss = Mistakes(missing=4, extra=3, wrong=2, too_heavy=2, too_large=2, damaged=2, length_limit_m=1.2)
    load = read(data, "BR2_03", mistakes=amiss)
    assert {finding.defect for finding in audit(load)} == {Defect.MISCOUNTED}
    assert len(load.cases) + len(load.unplaced) == 166 - 4 + 3
    assert sum(max(case.size_m) > 1.2 for case in load.cases) == 2


@pytest.mark.parametrize("folder", [None, Path("nowhere")])
def test_absent_data_say_where_to_get_them(folder: Path | None) -> None:
    with pytest.raises(DataAbsentError, match="got no load files") as caught:
        read(folder)
    assert WHERE_TO_GET_THEM in caught.value.hint


def test_a_load_that_is_not_there_is_refused_with_those_there_are(own: Path) -> None:
    shutil.copy(own / FOLDER / "BR1_01_items.csv", own / FOLDER / "BR7_02_items.csv")
    for name in ("BR9_01", "../br/BR1_01"):
        with pytest.raises(ManifestError, match="expected one of BR1_01, BR7_02"):
            read(own, name)


def test_of_many_loads_the_nearest_names_are_offered(own: Path) -> None:
    for name in ("BR1_02", "BR1_99", "BR7_01", "BR7_98"):
        shutil.copy(own / FOLDER / "BR1_01_items.csv", own / FOLDER / f"{name}_items.csv")
    with pytest.raises(
        ManifestError, match=r"got no load 'BR99_01', expected one of BR[^,]*, BR[^,]*, BR[^,]*, or"
    ) as told:
        read(own, "BR99_01")
    assert "BR1_01" in told.value.message
    assert told.value.message.endswith(", or one of 2 others")


def test_all_mistakes_are_told_at_once_in_line_order(own: Path) -> None:
    assert mistakes_of(
        own,
        HEADER,
        "0,108,none,0,1,2,0,0,0,0,40",
        "0,108,76,30,0,0,0,0,0,0,40",
        "too-long-a-name,108,76,30,1,1,0,0,0,0,0",
        "3,108,76",
    ) == [
        "BR1_01_items.csv:2: Y: got 'none', expected a whole number from 1 to 2000",
        "BR1_01_items.csv:2: Z: got '0', expected a whole number from 1 to 2000",
        "BR1_01_items.csv:2: ROTATION_YXZ: got '2', expected a whole number from 0 to 1",
        "BR1_01_items.csv:3: ID: got '0' again (first on line 2), expected each id once",
        "BR1_01_items.csv:3: ROTATION_XYZ: got 0 in all six columns, expected 1 in at least one",
        "BR1_01_items.csv:4: ID: got 'too-long-a-name', expected 1 to 8 printable characters",
        "BR1_01_items.csv:4: COPIES: got '0', expected a whole number from 1 to 10000",
        "BR1_01_items.csv:5: row: got 3 fields, expected 11",
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "header: got nothing, expected ID,X,Y,Z"),
        ([HEADER], "row: got nothing, expected at least one box"),
        ([HEADER.replace("COPIES", "COPY"), GOOD], r"header: got 'COPY', expected a known column \(did you mean COP"),
        ([HEADER, GOOD.replace(",40", ",6000"), "1" + GOOD[1:].replace(",40", ",6000")], "COPIES: got 12000 cases in"),
    ],
)
def test_a_file_that_is_no_load_is_refused(own: Path, rows: list[str], expected: str) -> None:
    (own / FOLDER / "BR1_01_items.csv").write_text("\n".join(rows) + "\n")
    with pytest.raises(ManifestError, match=expected):
        read(own)


def test_one_container_is_needed(own: Path) -> None:
    (own / FOLDER / "container.csv").write_text(CONTAINER + "1,587,233,220\n")
    with pytest.raises(ManifestError, match=r"container.csv:4: row: got 2 containers, expected one"):
        read(own)
