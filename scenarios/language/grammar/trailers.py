"""Trailers, declared: when they come, what they carry and what is wrong with it, how long they may stay."""

from __future__ import annotations

from typing import Annotated, ClassVar, get_args

from scenarios.language.grammar.bounds import CASES_MAX, DAY_US, ENTRIES_MAX, HOUR_US, MINUTE_US, TRAILERS_MAX
from scenarios.language.kinds import Choice, Duration, Id, Number, Text, Whole, Written
from scenarios.language.rules import AtLeastOne, Depends, ExactlyOne, NotBoth, Rule, Takes, Together
from scenarios.language.sections import ListOf, Of, ScalarOr, Section
from scenarios.language.times import Moment, When
from sim.plan import Generator, ServicePlan

FREE_TIME_US = {"live": 2 * HOUR_US, "drop": 24 * HOUR_US}
"""Assumption: two hours are usual for a driver who waits, a day for a trailer that was dropped."""
_SERVICE = ServicePlan()
_LATENESS = Duration(least_us=-DAY_US, most_us=DAY_US, example="5 min or -10 min")
_SIGMA = Number(0.01, 5)


class LatenessEntry(Section, frozen=True, kw_only=True):
    """How late trailers are for their appointment; early is negative."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Depends(
            "distribution",
            {
                "normal": Takes(("mean", "stddev")),
                "uniform": Takes(("least", "most")),
                "lognormal": Takes(("mean", "sigma"), ("shift",)),
                "empirical": Takes(("values",)),
            },
        ),
    )

    distribution: Annotated[
        str, Choice(("normal", "uniform", "lognormal", "empirical")), "How it is drawn, for each trailer on its own."
    ]
    mean: Annotated[int, _LATENESS, "Of `normal`, or of `lognormal` before the shift."] = 0
    stddev: Annotated[int, Duration(most_us=DAY_US), "Of `normal`."] = 0
    least: Annotated[int, _LATENESS, "Of `uniform`."] = 0
    most: Annotated[int, _LATENESS, "Of `uniform`."] = 0
    sigma: Annotated[float, _SIGMA, "Of `lognormal`: standard deviation of the logarithm."] = 0
    shift: Annotated[int, _LATENESS, "Of `lognormal`: added to what is drawn, so that some are early."] = 0
    values: Annotated[
        tuple[int, ...],
        ListOf(_LATENESS, least=1, most=ENTRIES_MAX),
        "Of `empirical`: what was measured, each as likely as any other.",
    ] = ()


class RateEntry(Section, frozen=True, kw_only=True):
    """From when on so many trailers come an hour, until the next entry or the end."""

    from_: Annotated[Moment, When(), "When it begins."]
    per_hour: Annotated[float, Number(0, 1000), "Mean number of arrivals an hour."]


class TrailerEntry(Section, frozen=True, kw_only=True):
    """One trailer, or with `count` so many of them: the ids are then numbered, as t-1, t-2 ... of `t`."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        AtLeastOne("arrives", "appointment", "rates"),
        ExactlyOne("cases", "manifest", "orders", "bischoff_ratcliff"),
        NotBoth("due", "free_time"),
        Together("count", "arrivals", optional=("mean_gap", "rates")),
        Together("missing", optional=("missing_of",)),
        Depends(
            "arrivals",
            {"even": Takes(("mean_gap",)), "poisson": Takes(("mean_gap",)), "by_rate": Takes(("rates",))},
        ),
        NotBoth("rates", "arrives"),
        NotBoth("rates", "appointment"),
        NotBoth("rates", "due"),
        NotBoth("orders", "load"),
        NotBoth("bischoff_ratcliff", "load"),
    )

    id: Annotated[str, Id(), "Its id."]
    arrives: Annotated[Moment | None, When(), "When it is in the yard."] = None
    appointment: Annotated[Moment | None, When(), "When it is expected; it comes by its lateness."] = None
    lateness: Annotated[LatenessEntry | None, Of(LatenessEntry), "Its own, instead of the scenario's."] = None
    due: Annotated[Moment | None, When(), "When its free time ends."] = None
    free_time: Annotated[
        int | None,
        Duration(),
        "It is due so long after arrival or a later appointment; if not given, 2 h live, 24 h drop.",
    ] = None
    detention: Annotated[
        float,
        Written("/h", least=0, most=100_000, what="a rate", example="75 /h"),
        "What an hour costs after its free time; the currency is yours.",
    ] = 0.0
    notice: Annotated[int, Duration(), "It is announced so long before, at the earliest at the start."] = 30 * MINUTE_US
    cases: Annotated[int, Whole(1, CASES_MAX), "So many cases, drawn by the seed."] = 0
    manifest: Annotated[str | None, Text(256), "The cases of a CSV manifest; a path from the scenario's folder."] = None
    orders: Annotated[
        str | tuple[str, ...],
        ScalarOr(Choice(("all",)), ListOf(Text(24), least=1, most=ENTRIES_MAX)),
        "Real pallet orders of the BED-BPP data: `all`, or a list of order ids.",
    ] = ()
    bischoff_ratcliff: Annotated[
        str | None, Text(24), "A truck load of the Bischoff-Ratcliff benchmark, as BR1_01, in a trailer long enough."
    ] = None
    load: Annotated[Generator, Choice(get_args(Generator)), "How the cases stand."] = "columns"
    purchase_orders: Annotated[int, Whole(1, 100), "So many purchase orders share the cases."] = 1
    missing: Annotated[int, Whole(0, CASES_MAX), "So many cases of the manifest are not in it."] = 0
    missing_of: Annotated[str | None, Text(64), "All that are missing are of this purchase order."] = None
    extra: Annotated[int, Whole(0, CASES_MAX), "So many cases more than a manifest line says, with its label."] = 0
    wrong: Annotated[int, Whole(0, CASES_MAX), "So many cases have a label that is on no manifest line."] = 0
    too_heavy: Annotated[int, Whole(0, CASES_MAX), "So many cases are heavier than any robot takes."] = 0
    too_large: Annotated[int, Whole(0, CASES_MAX), "So many cases are larger than any robot takes."] = 0
    damaged: Annotated[int, Whole(0, CASES_MAX), "So many cases come crushed."] = 0
    carrier: Annotated[str, Text(64), "Who brings it."] = "not named"
    unload: Annotated[str, Choice(("live", "drop")), "Whether its driver waits."] = "live"
    count: Annotated[int | None, Whole(1, TRAILERS_MAX), "So many trailers like this; with `by_rate`, at most."] = None
    arrivals: Annotated[
        str | None,
        Choice(("even", "poisson", "by_rate")),
        "With `count`: every `mean_gap` from `arrives` (or `appointment`) on, at random with this mean, or by `rates`.",
    ] = None
    mean_gap: Annotated[
        int, Duration(least_us=1, most_us=DAY_US), "Of `even` and `poisson`: mean time from one arrival to the next."
    ] = 0
    rates: Annotated[
        tuple[RateEntry, ...],
        ListOf(Of(RateEntry), least=1, most=100),
        "Of `by_rate`: how many come an hour, and from when on.",
    ] = ()


class ServiceEntry(Section, frozen=True, kw_only=True):
    """How long a robot works at a trailer, in the fidelity `trailer`."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Depends(
            "distribution",
            {
                "constant": Takes(may_have=("mean",)),
                "exponential": Takes(may_have=("mean",)),
                "lognormal": Takes(may_have=("mean", "sigma")),
                "empirical": Takes(("values",)),
            },
        ),
    )

    distribution: Annotated[str, Choice(("constant", "exponential", "lognormal", "empirical")), "How it is drawn."] = (
        _SERVICE.distribution
    )
    mean: Annotated[int, Duration(least_us=1, most_us=DAY_US), "Its mean; not of `empirical`."] = _SERVICE.mean_us
    sigma: Annotated[float, _SIGMA, "Of `lognormal`: standard deviation of the logarithm."] = _SERVICE.sigma
    values: Annotated[
        tuple[int, ...],
        ListOf(Duration(least_us=1, most_us=DAY_US), least=1, most=ENTRIES_MAX),
        "Of `empirical`: what was measured, each as likely as any other.",
    ] = ()
