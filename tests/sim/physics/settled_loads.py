"""Loads, what they settle to without any physics, and what a process does that shares a cache with others."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from sim.load.load import LabelFault, Load, LoadedCase
from sim.physics.boxes import Boxes, boxes_of
from sim.physics.cache import SettledLoads
from sim.physics.port import Fall
from twin.rng import Draws

BYTES_MAX = 1_000_000


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    boxes: Boxes
    fallen: tuple[Fall, ...] = ()
    is_quiet: bool = True


class Stiffness(msgspec.Struct, frozen=True):
    n_per_m: float = 1e6


class Parameters(msgspec.Struct, frozen=True):
    friction: float = 0.5
    steps_per_s: int = 240
    floor: Stiffness = Stiffness()


PARAMETERS = Parameters()


def a_load(number: int = 0, *, cases: int = 3) -> Load:
    return Load(
        trailer_id=f"t-{number}",
        interior_m=(12.0, 2.4, 2.6),
        manifest=(),
        cases=tuple(
            LoadedCase(
                case_id=f"t-{number}-c{row}",
                size_m=(0.6, 0.4, 0.3),
                weight_kg=10.0 + number,
                manifest_line=None,
                sku="sku",
                label="label",
                fault=LabelFault.NONE,
                center_m=(5.0, 0.0, 0.15 + 0.3 * row),
            )
            for row in range(cases)
        ),
    )


def settled(load: Load) -> Settled:
    """Each case a little off where it was loaded, by its id alone."""
    boxes = boxes_of(load.cases)
    off_m = np.array([Draws(1).uniforms("off", case.case_id)[:3] for case in load.cases]) / 1000.0
    fallen = tuple(Fall(case_id=case.case_id, height_m=1 / 3, after_us=7) for case in load.cases[:1])
    return Settled(boxes=boxes._replace(center_m=boxes.center_m + off_m), fallen=fallen)


def exactly(it: Settled) -> tuple[object, ...]:
    """All of it, to the bit."""
    arrays = [it.boxes.center_m, it.boxes.half_m, it.boxes.orientation_xyzw]
    shapes = [(array.dtype.str, array.shape, array.tobytes()) for array in arrays]
    return it.boxes.ids, shapes, msgspec.msgpack.encode(it.fallen), it.is_quiet


class Kept:
    """A cache in a folder, which counts what had to be settled and remembers what it was told."""

    def __init__(self, folder: Path | None, *, engine: str = "engine 1", bytes_max: int = BYTES_MAX) -> None:
        self.said: list[str] = []
        self.count = 0
        self.loads = SettledLoads(folder, Settled, engine=engine, bytes_max=bytes_max, say=self.said.append)

    def settled(self, load: Load, parameters: Parameters = PARAMETERS) -> Settled:
        return self.loads.settled(load, parameters, lambda: self._settle(load))

    def _settle(self, load: Load) -> Settled:
        self.count += 1
        return settled(load)


def share(folder: Path, seed: int, rounds: int, bytes_max: int, role: Literal["use", "clear"]) -> tuple[int, list[str]]:
    """Use a folder that others use too; how many loads were not as they should be, and what was said."""
    kept, wrong = Kept(folder, bytes_max=bytes_max), 0
    loads = [a_load(number, cases=20) for number in range(10)]
    right = [exactly(settled(load)) for load in loads]
    for number in range(rounds):
        choice, spoils, *_ = Draws(seed).uniforms("round", "share", number)
        which = int(choice * len(loads))
        wrong += exactly(kept.settled(loads[which])) != right[which]
        if role == "clear" and number % 10 == 0:
            shutil.rmtree(folder, ignore_errors=True)
        elif spoils < 0.1:
            _spoil(folder)
    return wrong, kept.said


def _spoil(folder: Path) -> None:
    """One entry is cut off, as by a disk that ran full."""
    for path in folder.glob("*.settled"):
        try:
            with path.open("r+b") as file:  # which never makes one
                file.truncate(100)
        except FileNotFoundError:
            continue
        return
