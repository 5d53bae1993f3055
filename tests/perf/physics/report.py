"""What the campaigns found, as tables; docs/results/physics.md is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.perf.physics import agreement, skips

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.perf.physics.agreement import Agreed
    from tests.perf.physics.skips import Unloaded

_AGREEMENT = """\
## Agreement with the full simulation

{table}

- Up to {loads_a_kind} loads a kind, {pulls_a_load} pulls from each. Loads are at least {depth_min_m:g} m deep, across
  the whole trailer; 240 Hz. Seeds are fixed in the code. Half of the cases have nothing on top, half are any seen.
- *full*: the whole load dynamic and awake, no front, no skip rule. *mode*: as it is shipped. *floor*: the full
  simulation with every case up to 10 um elsewhere, {noise_draws} draws. *nothing moves*: a model in which nothing does.
- A number is the mean agreement with *full*: the Jaccard index of the cases that moved (more than 5 cm, or fell), the
  pulled one aside; 1 where none did in either.
- *at least*: the lower 95 % bound of mode - floor (one-sided, bootstrap over pulls), which may be {floor_margin:g}. The
  mode has to be {graph_margin:g} above the support graph over all pulls.
- *moving*: pulls that moved something in *full*. *seal*: pulls after which the case is out in one of mode and full, and
  in the other not.

{machine}.
"""

_SKIPS = """\
## The skip rule

{table}

- Each load has ridden to the dock and is unloaded top-down, nearest first, all of it. Each pick that by the rule needs
  no episode is given one. A miss is one in which another case moves more than 2 cm, or that brings nothing out.
- *at most*: the upper 95 % bound of the share of misses (one-sided, Clopper-Pearson), which may be {misses_max:g}.
- The seeds are others than the rule was made with; loads named BR are of the Bischoff-Ratcliff benchmark.

{machine}.
"""


def agreement_part(results: Sequence[Agreed], machine: str) -> str:
    """The table of pulls, and what it says."""
    plan = agreement.Plan()
    return _AGREEMENT.format(
        table="\n".join(agreement_table(results)),
        pulls_a_load=plan.pulls_a_load,
        loads_a_kind=plan.loads_a_kind,
        depth_min_m=plan.depth_min_m,
        noise_draws=plan.noise_draws,
        floor_margin=agreement.FLOOR_MARGIN,
        graph_margin=agreement.GRAPH_MARGIN,
        machine=machine,
    )


def skips_part(results: Sequence[Unloaded], machine: str) -> str:
    """The table of loads unloaded, and what it says."""
    return _SKIPS.format(table="\n".join(skips_table(results)), misses_max=skips.MISSES_MAX, machine=machine)


def agreement_table(results: Sequence[Agreed]) -> list[str]:
    """A row a kind, and one for all."""
    head = ("kind", "pulls", "moving", "mode", "floor", "mode - floor", "at least", "nothing moves")
    rows = [_kind_row(kind, pulls) for kind, pulls in agreement.by_kind(results).items()]
    return _table([(*head, "support graph", "mode - graph", "seal", "met"), *rows])


def _kind_row(kind: str, pulls: Sequence[Agreed]) -> tuple[str, ...]:
    mode, floor = _mean(it.mode for it in pulls), _mean(it.floor for it in pulls)
    graph = _mean(it.graph for it in pulls)
    bound = agreement.lower_bound([it.mode - it.floor for it in pulls])
    is_met = bound >= agreement.FLOOR_MARGIN and (kind != "all" or mode - graph >= agreement.GRAPH_MARGIN)
    return (
        kind,
        str(len(pulls)),
        str(sum(it.moved > 0 for it in pulls)),
        f"{mode:.3f}",
        f"{floor:.3f}",
        f"{mode - floor:+.3f}",
        f"{bound:+.3f}",
        f"{_mean(it.still for it in pulls):.3f}",
        f"{graph:.3f}",
        f"{mode - graph:+.3f}",
        str(sum(it.full_out != it.mode_out for it in pulls)),
        "yes" if is_met else "no",
    )


def skips_table(results: Sequence[Unloaded]) -> list[str]:
    """A row a load, one for all; then each miss with what is needed to see it again."""
    rows = [(f"{it.source}, seed {it.seed}", it.cases, [it]) for it in results]
    lines = _table(
        [
            ("load", "cases", "picks", "skippable", "share", "misses", "at most", "met"),
            *[_load_row(name, cases, of, is_judged=False) for name, cases, of in rows],
            _load_row("all", sum(it.cases for it in results), results, is_judged=True),
        ]
    )
    misses = [(it, miss) for it in results for miss in it.misses]
    for it, miss in misses:
        where = f"`{it.source}`, seed {it.seed}, after {len(miss.before)} picks"
        lines += ["", f"Missed: {miss.case_id} of {where} moved {', '.join(miss.moved) or 'nothing, nor came out'}."]
    return lines


def _load_row(name: str, cases: int, of: Sequence[Unloaded], *, is_judged: bool) -> tuple[str, ...]:
    picks, skipped = sum(it.picks for it in of), sum(it.skipped for it in of)
    misses = sum(len(it.misses) for it in of)
    bound = skips.upper_bound(misses, skipped)
    is_met = skipped >= skips.SKIPPED_MIN and bound <= skips.MISSES_MAX
    judged = (f"{bound:.2%}", "yes" if is_met else "no") if is_judged else ("", "")
    return (name, str(cases), str(picks), str(skipped), f"{skipped / max(picks, 1):.0%}", str(misses), *judged)


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / max(len(listed), 1)


def _table(cells: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [cells[0], tuple("-" * width for width in widths), *cells[1:]]
    return ["| " + " | ".join(map(str.ljust, row, widths)).rstrip() + " |" for row in lines]
