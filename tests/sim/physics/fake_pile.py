"""A physics by hand: support graphs that do what a pile of real boxes does to those who unload it.

Cases fall late and one after the other, seals let go, with the case still in its place or on the floor, cases that
stand shift, loose ones lie askew, and a pick that was to be spared an episode is audited.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

from sim.load.audit import Finding
from sim.load.load import Load, Vector
from sim.physics.boxes import Boxes
from sim.physics.port import Extraction, Fall, Pick, SkipAudit
from sim.physics.support import SupportGraph, SupportPhysics
from twin.geometry import UPRIGHT

ASKEW = (0.0, 0.0, math.sin(0.25), math.cos(0.25))
"""Turned by half a radian."""

SHIFT_M = 0.004
"""How far what stood beside a case comes along when that is pulled."""


class FakePile:
    """A support graph whose cases shift and turn."""

    is_settled = True

    def __init__(self, graph: SupportGraph, drawn_m: dict[str, float]) -> None:
        self.graph = graph
        self.drawn_m = drawn_m
        """How far cases have been drawn towards the door."""

    @property
    def floor(self) -> tuple[str, ...]:
        return self.graph.floor

    def stands(self, case_id: str) -> bool:
        return self.graph.stands(case_id)

    def center_m(self, case_id: str) -> Vector:
        x, y, z = self.graph.center_m(case_id)
        return x - self.drawn_m.get(case_id, 0.0), y, z

    def orientation_xyzw(self, case_id: str) -> tuple[float, float, float, float]:
        return UPRIGHT if self.graph.stands(case_id) else ASKEW

    def boxes(self) -> Boxes:
        boxes = self.graph.boxes()
        for row, case_id in enumerate(boxes.ids):
            boxes.center_m[row] = self.center_m(case_id)
            boxes.orientation_xyzw[row] = self.orientation_xyzw(case_id)
        return boxes

    def visible(self) -> list[str]:
        return self.graph.visible()

    def visible_fraction(self, case_id: str) -> float:
        return self.graph.visible_fraction(case_id)

    def blocked_by(self, case_id: str) -> list[str]:
        return self.graph.blocked_by(case_id)

    def rests_on_top(self, case_id: str) -> list[str]:
        return self.graph.rests_on_top(case_id)

    def beside(self, case_id: str) -> list[str]:
        return self.graph.beside(case_id)

    def put_on_floor(self, case_id: str) -> None:
        self.graph.put_on_floor(case_id)

    def copy(self) -> Self:
        return type(self)(self.graph.copy(), dict(self.drawn_m))


class FakePhysics:
    """`fall_us`: how long the first fall takes, and how much longer each further one.

    `lets_go`: at what share of a robot's pulls the seal lets go, `comes_down`: at what share of those the case falls.
    `misses`: the cases whose pick is audited and has moved something; every pick is audited if there are any.
    """

    def __init__(
        self,
        *,
        fall_us: int = 400_000,
        lets_go: float = 0.0,
        comes_down: float = 0.5,
        misses: Sequence[str] = (),
    ) -> None:
        self._fall_us = fall_us
        self._lets_go = lets_go
        self._comes_down = comes_down
        self.misses = misses
        self._support = SupportPhysics()
        self.picks: list[Pick] = []

    def settle(self, load: Load) -> FakePile:
        return FakePile(self._support.settle(load), {})

    def extract(self, state: FakePile, pick: Pick, uniforms: Sequence[float]) -> tuple[FakePile, Extraction]:
        self.picks.append(pick)
        if pick.by == "robot" and uniforms and uniforms[0] < self._lets_go:
            return self._let_go(state, pick.case_id, uniforms)
        neighbours = state.beside(pick.case_id)
        graph, extraction = self._support.extract(state.graph, pick, uniforms)
        drawn_m = dict(state.drawn_m)
        for case_id in neighbours:
            drawn_m[case_id] = drawn_m.get(case_id, 0.0) + SHIFT_M
        audit = SkipAudit(moved=tuple(neighbours) if pick.case_id in self.misses else ()) if self.misses else None
        return FakePile(graph, drawn_m), Extraction(fallen=self._late(extraction.fallen), audit=audit)

    def _let_go(self, state: FakePile, case_id: str, uniforms: Sequence[float]) -> tuple[FakePile, Extraction]:
        if not state.stands(case_id) or uniforms[1] >= self._comes_down:
            return state.copy(), Extraction(came_out=False)
        after, fallen = self.topple(state, [case_id], uniforms)
        return after, Extraction(fallen=fallen, came_out=False)

    def topple(
        self, state: FakePile, case_ids: Sequence[str], uniforms: Sequence[float]
    ) -> tuple[FakePile, tuple[Fall, ...]]:
        graph, fallen = self._support.topple(state.graph, case_ids, uniforms)
        return FakePile(graph, dict(state.drawn_m)), self._late(fallen)

    def audit(self, state: FakePile) -> tuple[Finding, ...]:
        return self._support.audit(state.graph)

    def _late(self, fallen: Sequence[Fall]) -> tuple[Fall, ...]:
        return tuple(
            Fall(case_id=fall.case_id, height_m=fall.height_m, after_us=self._fall_us * number)
            for number, fall in enumerate(fallen, 1)
        )
