"""Trailers of a file become trailers of a day: numbered, their arrivals drawn by the seed, each trailer on its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from scenarios.language.grammar.trailers import FREE_TIME_US, LatenessEntry, TrailerEntry
from scenarios.language.lateness import lateness_us
from scenarios.language.rates import Rates
from scenarios.language.references import Known, Times
from sim.assumptions import UNREADABLE_SHARE
from sim.load.generators import GENERATORS
from sim.load.mistakes import Mistakes, with_mistakes
from sim.load.planned import goods_drawn
from sim.plan import (
    BischoffRatcliffLoad,
    CountedLoad,
    Fidelity,
    GeneratedLoad,
    Generator,
    LoadPlan,
    ManifestLoad,
    OrdersLoad,
    TrailerPlan,
)
from twin.rng import Draws, exponential

_ID_MAX = 32
_FITS_FOR_SURE: dict[Generator, int] = {"columns": 400, "bricks": 400, "mixed": 1500}
"""So many generated cases leave room in a 40 ft trailer on every seed; above it, the load is made to see."""
_FLAWS = ("missing", "wrong", "too_heavy", "too_large", "damaged")
"""A case has one of them at most; what is extra is of no announced case."""


class Arrivals:
    """Turns trailer entries into plans, declares their ids. `folder`: paths of manifests begin there."""

    def __init__(
        self,
        times: Times,
        draws: Draws,
        known: Known,
        *,
        lateness: LatenessEntry | None,
        fidelity: Fidelity,
        folder: Path,
    ) -> None:
        self._times, self._draws, self._known = times, draws, known
        self._lateness, self._fidelity, self._folder = lateness, fidelity, folder

    def of(self, entry: TrailerEntry) -> list[TrailerPlan]:
        """The trailers of one entry."""
        first_arrival_us = self._times.us(entry.at, "arrives", entry.arrives, within_day=True)
        appointment_us = self._times.us(entry.at, "appointment", entry.appointment, within_day=True)
        due_us = self._times.us(entry.at, "due", entry.due)
        expected_us = appointment_us if first_arrival_us is None else first_arrival_us
        if due_us is not None and expected_us is not None and due_us <= expected_us:
            entry.at.blame("due", f"a time after it arrives, {self._times.text(expected_us)}")
        _check_flaws(entry)
        load = self._load(entry)
        if entry.count is None:
            self._known.declare(entry.at, entry.id)
            return [self._plan(entry, entry.id, load, first_arrival_us, appointment_us, due_us)]
        if len(f"{entry.id}-{entry.count}") > _ID_MAX:
            entry.at.blame("id", f"an id that has room for -{entry.count} within {_ID_MAX} characters")
        if entry.arrivals == "by_rate":
            return list(self._by_rate(entry, load, entry.count))
        return list(self._spaced(entry, load, entry.count, first_arrival_us, appointment_us, due_us))

    def _spaced(
        self,
        entry: TrailerEntry,
        load: LoadPlan,
        count: int,
        first_arrival_us: int | None,
        appointment_us: int | None,
        due_us: int | None,
    ) -> Iterator[TrailerPlan]:
        """Trailers that come one mean gap apart, exactly or on average."""
        if entry.arrivals == "poisson" and appointment_us is not None:
            entry.at.blame("arrivals", "even: trailers with an appointment come by their lateness")
        shift_us = 0
        for number in range(1, count + 1):
            trailer_id = f"{entry.id}-{number}"
            self._known.declare(entry.at, trailer_id)
            if entry.arrivals == "poisson":
                shift_us += max(1, round(exponential(self._gap(trailer_id), entry.mean_gap)))
            shifts_us = [None if us is None else us + shift_us for us in (first_arrival_us, appointment_us, due_us)]
            plan = self._plan(entry, trailer_id, load, *shifts_us)
            yield plan
            if entry.arrivals == "even":
                shift_us += entry.mean_gap
            if plan.arrives_us >= self._times.until_us and first_arrival_us is not None:
                end = self._times.text(self._times.until_us)
                got = f"{entry.count}, of which {trailer_id} would arrive at {self._times.text(plan.arrives_us)}"
                entry.at.blame("count", f"arrivals before the end of the day, {end}", got=got)
                return

    def _by_rate(self, entry: TrailerEntry, load: LoadPlan, count: int) -> Iterator[TrailerPlan]:
        """Trailers that come at random by rates; those that would come after the end of the day do not."""
        rates = Rates.of(entry, self._times)
        if rates is None:
            return
        expected = 0.0
        for number in range(1, count + 1):
            trailer_id = f"{entry.id}-{number}"
            expected += exponential(self._gap(trailer_id), 1.0)
            arrives_us = rates.instant_us(expected)
            if arrives_us is None or arrives_us >= self._times.until_us:
                if number == 1:
                    entry.at.blame("rates", "a trailer before the end of the day", got="none with this seed")
                return
            self._known.declare(entry.at, trailer_id)
            yield self._plan(entry, trailer_id, load, arrives_us, None, None)

    def _gap(self, trailer_id: str) -> float:
        u, *_ = self._draws.uniforms("scenario.gap", trailer_id)
        return u

    def _plan(
        self,
        entry: TrailerEntry,
        trailer_id: str,
        load: LoadPlan,
        arrives_us: int | None,
        appointment_us: int | None,
        due_us: int | None,
    ) -> TrailerPlan:
        start_us = self._times.start_us
        expected_us = next((us for us in (appointment_us, arrives_us) if us is not None), start_us)
        if arrives_us is None:
            arrives_us = max(start_us, expected_us + self._lateness_us(entry, trailer_id))
        if isinstance(load, GeneratedLoad):
            self._refuse_what_does_not_fit(entry, trailer_id, load)
        unload_kind: Literal["live", "drop"] = "drop" if entry.unload == "drop" else "live"
        free_time_us = FREE_TIME_US[unload_kind] if entry.free_time is None else entry.free_time
        return TrailerPlan(
            trailer_id=trailer_id,
            announced_us=min(arrives_us, max(start_us, expected_us - entry.notice)),
            arrives_us=arrives_us,
            due_us=max(arrives_us, expected_us) + free_time_us if due_us is None else due_us,
            load=load,
            carrier=entry.carrier,
            unload_kind=unload_kind,
            appointment_us=appointment_us,
            detention_per_h=entry.detention,
            missing=entry.missing,
            missing_of=entry.missing_of,
            extra=entry.extra,
            wrong=entry.wrong,
            too_heavy=entry.too_heavy,
            too_large=entry.too_large,
            damaged=entry.damaged,
        )

    def _lateness_us(self, entry: TrailerEntry, trailer_id: str) -> int:
        lateness = entry.lateness or self._lateness
        if lateness is None:
            return 0
        u, *_ = self._draws.uniforms("scenario.lateness", trailer_id)
        return lateness_us(lateness, u)

    def _load(self, entry: TrailerEntry) -> LoadPlan:
        if entry.manifest is not None:
            path = self._folder / entry.manifest
            if entry.at.is_sound("manifest") and not path.is_file():
                entry.at.blame("manifest", f"a file; there is no {path.as_posix()}")
            return ManifestLoad(path=path.as_posix(), generator=entry.load)
        if entry.at.is_given("orders"):
            return OrdersLoad(orders=() if isinstance(entry.orders, str) else entry.orders)
        if entry.bischoff_ratcliff is not None:
            return BischoffRatcliffLoad(name=entry.bischoff_ratcliff)
        if self._fidelity == "trailer":
            return CountedLoad(cases=entry.cases)
        return GeneratedLoad(generator=entry.load, cases=entry.cases, purchase_orders=entry.purchase_orders)

    def _refuse_what_does_not_fit(self, entry: TrailerEntry, trailer_id: str, load: GeneratedLoad) -> None:
        if not entry.at.is_sound("cases", "load", "extra", *_FLAWS) or _flawed(entry) > load.cases:
            return
        if load.cases + entry.extra + entry.too_large <= _FITS_FOR_SURE[load.generator]:
            return
        goods = goods_drawn(load, self._draws, trailer_id=trailer_id)
        flaws = {key: getattr(entry, key) for key in ("extra", *_FLAWS)}
        loaded = with_mistakes(goods, Mistakes(**flaws), self._draws, unreadable_share=UNREADABLE_SHARE)
        left_over = len(GENERATORS[load.generator](loaded).unplaced)
        if left_over:
            room = load.cases - left_over
            entry.at.blame("cases", f"at most {room}: no more of this load fit into {trailer_id} with this seed")


def _check_flaws(entry: TrailerEntry) -> None:
    """How many cases a manifest or orders have is not known here."""
    told = [key for key in entry.at.values if key in _FLAWS]
    if not told or not entry.at.is_given("cases") or not entry.at.is_sound("cases", "extra", *told):
        return
    if _flawed(entry) > entry.cases:
        got = f"{_flawed(entry)} with {', '.join(told)} together"
        entry.at.blame(told[-1], f"together at most its cases, {entry.cases}", got=got)
    elif entry.missing == entry.cases and not entry.extra:
        entry.at.blame("missing", f"fewer than its cases, {entry.cases}: an empty trailer is not unloaded")


def _flawed(entry: TrailerEntry) -> int:
    return sum(getattr(entry, key) for key in _FLAWS)
