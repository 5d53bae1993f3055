"""A kept load is the computed one to the bit; whatever happens to the folder, nobody ever gets a wrong one."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.physics.boxes import Boxes
from tests.sim.physics.settled_loads import (
    PARAMETERS,
    Kept,
    Parameters,
    Settled,
    Stiffness,
    a_load,
    exactly,
    settled,
    share,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sim.load.load import Load

LOAD = a_load()


def entries(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.settled"))


def only_entry(folder: Path) -> Path:
    [entry] = entries(folder)
    return entry


# -- what is kept ----------------------------------------------------------------------------------------------------


def test_a_load_is_settled_once(tmp_path: Path) -> None:
    first, second = Kept(tmp_path), Kept(tmp_path)
    assert exactly(first.settled(LOAD)) == exactly(second.settled(LOAD)) == exactly(settled(LOAD))
    assert (first.count, second.count) == (1, 0)


@given(numbers=st.lists(st.floats(), min_size=1), height_m=st.floats(allow_nan=False), is_quiet=st.booleans())
def test_a_kept_load_is_the_computed_one_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[float], height_m: float, *, is_quiet: bool
) -> None:
    column = np.array(numbers).reshape(-1, 1)
    boxes = Boxes(tuple(map(str, numbers)), column, column.repeat(2, axis=1), -column)
    made = Settled(boxes=boxes, fallen=settled(LOAD).fallen, is_quiet=is_quiet)
    made = msgspec.structs.replace(made, fallen=(msgspec.structs.replace(made.fallen[0], height_m=height_m),))
    kept = Kept(tmp_path_factory.mktemp("kept")).loads
    kept.settled(LOAD, PARAMETERS, lambda: made)
    again = kept.recalled(LOAD, PARAMETERS)
    assert again is not None
    assert exactly(again) == exactly(made)


def test_what_is_done_to_a_load_does_not_change_the_one_that_is_kept(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    for _ in range(3):
        kept.settled(LOAD).boxes.center_m[0, 0] = 99.0
    assert exactly(kept.settled(LOAD)) == exactly(settled(LOAD))


def with_case(load: Load, **changes: object) -> Load:
    first, *others = load.cases
    return msgspec.structs.replace(load, cases=(msgspec.structs.replace(first, **changes), *others))


NUMBERS = st.floats(allow_nan=False)
VECTORS = st.tuples(NUMBERS, NUMBERS, NUMBERS)
OTHER_LOADS = st.one_of(
    VECTORS.map(lambda it: with_case(LOAD, center_m=it)),
    VECTORS.map(lambda it: with_case(LOAD, size_m=it)),
    NUMBERS.map(lambda it: with_case(LOAD, weight_kg=it)),
    st.text(max_size=3).map(lambda it: with_case(LOAD, wrap=it)),
    st.text(max_size=3).map(lambda it: with_case(LOAD, case_id=it)),
    VECTORS.map(lambda it: msgspec.structs.replace(LOAD, interior_m=it)),
    st.permutations(LOAD.cases).map(lambda it: msgspec.structs.replace(LOAD, cases=tuple(it))),
    st.integers(0, 2).map(lambda count: msgspec.structs.replace(LOAD, cases=LOAD.cases[:count])),
)
OTHER_PARAMETERS = st.builds(Parameters, NUMBERS, st.integers(-(2**63), 2**63), st.builds(Stiffness, NUMBERS))


@given(load=st.just(LOAD) | OTHER_LOADS, parameters=st.just(PARAMETERS) | OTHER_PARAMETERS)
def test_another_load_or_parameter_is_another_entry(
    tmp_path_factory: pytest.TempPathFactory, load: Load, parameters: Parameters
) -> None:
    kept = Kept(tmp_path_factory.mktemp("kept"))
    kept.settled(LOAD)
    is_same = repr((load, parameters)) == repr((LOAD, PARAMETERS))
    assert (kept.loads.recalled(load, parameters) is not None) == is_same


def test_another_engine_is_another_entry(tmp_path: Path) -> None:
    Kept(tmp_path).settled(LOAD)
    other = Kept(tmp_path, engine="engine 2")
    other.settled(LOAD)
    assert other.count == 1


def test_other_code_is_another_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Kept(tmp_path).settled(LOAD)
    monkeypatch.setattr("sim.physics.cache.code_hash", lambda: "edited")
    other = Kept(tmp_path)
    other.settled(LOAD)
    assert other.count == 1


def test_papers_and_labels_do_not_change_how_a_load_settles(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.settled(LOAD)
    kept.settled(with_case(msgspec.structs.replace(LOAD, trailer_id="another"), label="other", is_damaged=True))
    assert kept.count == 1


# -- what cannot be trusted ------------------------------------------------------------------------------------------


def spoilt_everywhere(folder: Path, spoil: Callable[[bytes, int], bytes]) -> int:
    """How many of the entries, spoilt at each byte in turn, are settled anew and right, and kept whole again."""
    Kept(folder).settled(LOAD)
    path = only_entry(folder)
    whole, rebuilt = path.read_bytes(), 0
    for at in range(len(whole)):
        path.write_bytes(spoil(whole, at))
        kept = Kept(folder)
        rebuilt += exactly(kept.settled(LOAD)) == exactly(settled(LOAD)) and kept.count == 1
        assert path.read_bytes() == whole
    assert rebuilt == len(whole)
    return rebuilt


def test_an_entry_cut_off_anywhere_is_settled_anew(tmp_path: Path) -> None:
    assert spoilt_everywhere(tmp_path, lambda whole, at: whole[:at]) > 200


def test_an_entry_with_any_byte_changed_is_settled_anew(tmp_path: Path) -> None:
    assert spoilt_everywhere(tmp_path, lambda whole, at: whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]) > 200


def test_an_entry_with_something_behind_it_is_settled_anew(tmp_path: Path) -> None:
    assert spoilt_everywhere(tmp_path, lambda whole, at: whole + whole[: at + 1]) > 200


def test_an_entry_under_the_name_of_another_is_settled_anew(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.settled(LOAD)
    mine = only_entry(tmp_path)
    mine.rename(tmp_path / "aside")
    kept.settled(a_load(1))
    only_entry(tmp_path).replace(mine)
    assert exactly(kept.settled(LOAD)) == exactly(settled(LOAD))


def test_an_entry_of_another_kind_is_settled_anew(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    key = kept.loads._key(LOAD, PARAMETERS)
    kept.loads._keep(key, msgspec.msgpack.encode({"boxes": 1}))
    assert exactly(kept.settled(LOAD)) == exactly(settled(LOAD))
    assert kept.count == 1


def test_what_is_no_file_at_all_is_never_read(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.settled(LOAD)
    path = only_entry(tmp_path)
    path.unlink()
    os.mkfifo(path)  # to read it would be to wait for ever
    kept.settled(LOAD)
    assert path.is_file()
    path.unlink()
    path.mkdir()
    assert exactly(kept.settled(LOAD)) == exactly(settled(LOAD))
    assert len(kept.said) == 1


# -- how much is kept ------------------------------------------------------------------------------------------------


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    kept = Kept(tmp_path, bytes_max=3 * 4096)
    for number in range(3):
        kept.settled(a_load(number))
        path = kept.loads._path(kept.loads._key(a_load(number), PARAMETERS))
        os.utime(path, (1_000 + number, 1_000 + number))
    kept.settled(a_load(0))
    kept.settled(a_load(3))
    kept.count = 0
    kept.settled(a_load(0))
    kept.settled(a_load(3))
    assert kept.count == 0
    assert len(entries(tmp_path)) == 3


def test_what_is_larger_than_all_there_is_room_for_is_not_kept(tmp_path: Path) -> None:
    kept = Kept(tmp_path, bytes_max=100)
    kept.settled(LOAD)
    assert list(tmp_path.iterdir()) == []
    assert kept.said == []


def test_a_part_whose_writer_is_gone_is_removed_and_one_being_written_is_not(tmp_path: Path) -> None:
    left, young, foreign = (tmp_path / name for name in ("a.part", "b.part", "notes.txt"))
    for path in (left, young, foreign):
        path.write_bytes(b"x")
    os.utime(left, (1_000, 1_000))
    os.utime(foreign, (1_000, 1_000))
    Kept(tmp_path, bytes_max=2 * 4096).settled(LOAD)
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".settled") == ["b.part", "notes.txt"]


# -- folders ---------------------------------------------------------------------------------------------------------


def test_without_a_folder_every_load_is_settled_anew() -> None:
    kept = Kept(None)
    kept.settled(LOAD)
    kept.settled(LOAD)
    assert kept.count == 2
    assert kept.loads.recalled(LOAD, PARAMETERS) is None


def test_the_folder_is_made_and_may_have_spaces_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "a folder" / "in it"
    Kept(folder).settled(LOAD)
    second = Kept(folder)
    second.settled(LOAD)
    assert second.count == 0


def test_a_folder_that_cannot_be_used_is_said_once_and_no_error(tmp_path: Path) -> None:
    folder = tmp_path / "a file"
    folder.write_bytes(b"")
    kept = Kept(folder)
    for number in (0, 1, 0):
        assert exactly(kept.settled(a_load(number))) == exactly(settled(a_load(number)))
    assert kept.count == 3
    assert kept.said == [f"settled loads are not kept in {folder}: it is no folder; every run settles them anew"]
    assert folder.read_bytes() == b""


# -- many at once ----------------------------------------------------------------------------------------------------


def test_two_that_settle_one_load_at_once_keep_it_once(tmp_path: Path) -> None:
    first, second = Kept(tmp_path), Kept(tmp_path)
    made = first.loads.settled(LOAD, PARAMETERS, lambda: second.settled(LOAD))
    assert exactly(made) == exactly(settled(LOAD))
    assert only_entry(tmp_path).stat().st_size > 0
    assert second.count == 1


def test_processes_that_share_a_small_folder_never_get_a_wrong_load(tmp_path: Path) -> None:
    folder, bytes_max = tmp_path / "shared by all", 5 * 4096
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(share, folder, seed, 150, bytes_max, "clear" if seed == 3 else "use") for seed in range(4)]
        assert [job.result() for job in jobs] == [(0, [])] * 4
    left = list(folder.iterdir()) if folder.exists() else []
    assert {path.suffix for path in left} <= {".settled"}
    assert len(left) <= 5
