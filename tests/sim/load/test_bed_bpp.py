"""Five real pallet orders come into the trailer, every item of them."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sim import assumptions
from sim.load.audit import Defect, audit
from sim.load.bed_bpp import ORDERS_FILE, PLANS_FILE, WHERE_TO_GET_THEM, read_orders
from sim.load.load import Load
from sim.load.mistakes import Mistakes
from twin.config import data_dir
from twin.errors import ManifestError
from twin.rng import Draws


@pytest.fixture
def data() -> Path:
    folder = data_dir()
    if folder is None or not (folder / PLANS_FILE).is_file():
        pytest.skip(f"the BED-BPP data are absent: get them from {WHERE_TO_GET_THEM} and set DOCKTWIN_DATA")
    return folder


@pytest.fixture
def copied(data: Path, tmp_path: Path) -> Path:
    shutil.copytree(data / "bed-bpp", tmp_path / "bed-bpp")
    for path in (tmp_path / "bed-bpp").iterdir():
        path.chmod(0o644)
    return tmp_path


def read(folder: Path | None, *orders: str, interior_m: tuple[float, float, float] = (12.03, 2.35, 2.39)) -> Load:
    return read_orders(folder, Draws(1), trailer_id="t-1", orders=orders, interior_m=interior_m)


def items(folder: Path) -> dict[str, list[dict[str, Any]]]:
    orders = json.loads((folder / ORDERS_FILE).read_text())
    return {order: list(given["item_sequence"].values()) for order, given in orders.items()}


def test_every_item_of_the_five_orders_is_placed_soundly(data: Path) -> None:
    load = read(data)
    given = items(data)
    assert len(given) == 5
    assert audit(load) == ()
    assert load.unplaced == ()
    for order, expected in given.items():
        placed = [case for case in load.cases if case.label.startswith(order)]
        assert Counter(case.weight_kg for case in placed) == Counter(item["weight/kg"] for item in expected)
        assert Counter(case.sku for case in placed) == Counter(item["id"] for item in expected)


def test_the_plans_stand_wrapped_in_rows(data: Path) -> None:
    backs: dict[str, float] = {}
    for case in read(data).cases:
        if case.wrap:
            backs[case.wrap] = max(backs.get(case.wrap, 0.0), round(case.center_m[0] + case.size_m[0] / 2.0, 6))
    assert set(backs) == set(items(data))
    assert sorted(Counter(backs.values()).values()) == [2, 3], "as many abreast as fit"


def test_a_taller_trailer_keeps_whole_plans(data: Path) -> None:
    planned = sum(len(plan) for plan in json.loads((data / PLANS_FILE).read_text()).values())
    load = read(data, interior_m=(12.03, 2.35, 3.6))
    assert audit(load) == ()
    assert sum(bool(case.wrap) for case in load.cases) == planned == 189


def test_what_finds_no_room_is_reported(data: Path) -> None:
    load = read(data, interior_m=(1.4, 2.35, 2.39))
    assert audit(load) == ()
    assert len(load.cases) + len(load.unplaced) == 200
    assert load.unplaced


def test_what_a_missing_case_would_have_carried_is_loaded_loose(data: Path) -> None:
    mistakes = Mistakes(missing=6, wrong=3, too_heavy=3, too_large=3, damaged=3, extra=4)
    sound = read(data)
    load = read_orders(data, Draws(1), trailer_id="t-1", interior_m=(14.0, 2.35, 2.39), mistakes=mistakes)
    assert {finding.defect for finding in audit(load)} == {Defect.MISCOUNTED}
    assert load.unplaced == ()
    assert len(load.cases) == len(sound.cases) - 6 + 4
    longest_m = max(assumptions.CASE_SIZE_LIMITS_M)
    assert sum(max(case.size_m) > longest_m for case in load.cases) == 3
    wrapped = [case for case in load.cases if case.wrap]
    assert 0 < len(wrapped) < sum(bool(case.wrap) for case in sound.cases) - 6
    unwrapped = msgspec.structs.replace(load, cases=tuple(msgspec.structs.replace(it, wrap="") for it in load.cases))
    assert not [finding for finding in audit(unwrapped) if finding.detail == "nothing carries it"]


def test_single_orders_can_be_named(data: Path) -> None:
    order = next(iter(items(data)))
    assert {line.po_id for line in read(data, order).manifest} == {order}


def test_an_unknown_order_is_refused_with_those_there_are(data: Path) -> None:
    with pytest.raises(ManifestError, match="got no order '7', expected one of 00100408, 00100001"):
        read(data, "7")


@pytest.mark.parametrize("folder", [None, Path("nowhere")])
def test_absent_data_say_where_to_get_them(folder: Path | None) -> None:
    with pytest.raises(ManifestError, match="got no file") as caught:
        read(folder)
    assert WHERE_TO_GET_THEM in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"1": [{"item": {}}]}', b"[" * 100_000])
def test_data_of_another_form_are_refused(copied: Path, content: bytes) -> None:
    (copied / PLANS_FILE).write_bytes(content)
    with pytest.raises(ManifestError, match="expected BED-BPP"):
        read(copied)


def test_a_plan_that_stacks_an_item_twice_is_refused(copied: Path) -> None:
    plans = json.loads((copied / PLANS_FILE).read_text())
    plans["00100408"].append(plans["00100408"][0])
    (copied / PLANS_FILE).write_text(json.dumps(plans))
    with pytest.raises(ManifestError, match=r"\$\['00100408'\]\[26\].item: got item 1, expected"):
        read(copied)
