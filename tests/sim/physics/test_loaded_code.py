"""The hash of loaded code: another for any edit that may matter, the same in every process that has loaded the same."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from sim.physics.loaded_code import loaded_code
from sim.physics.support import SupportPhysics
from tests.sim.physics.settled_loads import a_load

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = """
from __future__ import annotations
from functools import cache, cached_property
from typing import NamedTuple
import msgspec
import numpy as np
import sim.of_this_test_below as below
LIMIT_M = 0.5
TABLE = np.array([21.0])
NAMES = {"left": (1, 2), "right": frozenset({"a", "b", "c"})}
class Numbers(msgspec.Struct, frozen=True):
    steps: int = 240
class Row(NamedTuple):
    x_m: float = 1.5
@cache
def doubled(x: float) -> float:
    return x * 2.0
def outer(x: float, by: float = 3.0) -> float:
    def inner() -> float:
        return x * by + 7.0
    return inner()
class Physics:
    share = 0.25
    @property
    def told(self) -> int:
        return 11
    @cached_property
    def found(self) -> int:
        return 12
    @classmethod
    def made(cls) -> int:
        return 13
    @staticmethod
    def plain() -> int:
        return 14
    def __getstate__(self) -> int:
        return 15
    class Within:
        def deep(self) -> int:
            return 16
"""
BELOW = "def helps() -> int:\n    return 17\n"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    for name in ("sim.of_this_test", "sim.of_this_test_below"):
        sys.modules.pop(name, None)


def loaded(name: str, text: str) -> ModuleType:
    module = sys.modules[name] = ModuleType(name)
    exec(text, vars(module))  # noqa: S102 - our own text above
    return module


def hashed(code: str = CODE, below: str = BELOW) -> str:
    sys.modules["sim"].of_this_test_below = loaded("sim.of_this_test_below", below)  # type: ignore[attr-defined]
    try:
        return loaded_code(loaded("sim.of_this_test", code).Physics)
    finally:
        del sys.modules["sim"].of_this_test_below


def test_the_same_code_has_the_same_hash() -> None:
    assert hashed() == hashed()


@pytest.mark.parametrize(
    "now",
    ["0.5", "21.0", "(1, 2)", '"c"', "240", "1.5", "x * 2.0", "3.0", "7.0", "0.25", "11", "12", "13", "14", "15", "16"],
)
def test_an_edit_anywhere_is_another_hash(now: str) -> None:
    assert CODE.count(now) == 1
    assert hashed(CODE.replace(now, '"d"' if now == '"c"' else "99")) != hashed()


def test_an_edit_in_a_module_that_is_imported_is_another_hash() -> None:
    assert hashed(below=BELOW.replace("17", "18")) != hashed()


def test_words_and_lines_that_change_nothing_are_no_other_hash() -> None:
    assert hashed("# a comment\n\n" + CODE) == hashed()


def test_use_is_no_edit() -> None:
    before = loaded_code(SupportPhysics)
    pickle.dumps(SupportPhysics())
    copy.copy(SupportPhysics().settle(a_load()))
    assert loaded_code(SupportPhysics) == before


def test_every_process_has_the_same_hash_of_the_same_code() -> None:
    code = (
        "from sim.physics.loaded_code import loaded_code; from sim.physics.support import SupportPhysics; "
        "import scenarios.drivers; print(loaded_code(SupportPhysics))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == loaded_code(SupportPhysics)
