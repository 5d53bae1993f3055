"""What the benchmark prints and holds against its budgets: each row's name, unit and budget."""

from __future__ import annotations

import math
from operator import ge, le, lt
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Row(NamedTuple):
    """One row. A ratio compares two things measured in turns in one run; `what` is its sentence."""

    unit: str
    what: str
    sense: Literal["<", "<=", ">="] | None = None
    budget: float | None = None


class Measured(Struct, frozen=True, kw_only=True):
    """A row as bench.json holds it; `ok` is null where there is no budget."""

    value: float
    budget: float | None
    unit: str
    ok: bool | None
    note: str


ROWS: Mapping[str, Row] = {
    "inline_us_per_message": Row(
        "us", "CPU of a whole inline run above the same simulator without messages, a message", "<=", 4.0
    ),
    "inline_vs_bare_simpy": Row(
        "ratio", "CPU of a pick in the textbook SimPy model / in an inline run, at 4 messages a pick", ">=", 0.3
    ),
    "inline_vs_two_timeouts": Row("ratio", "the same for the bare loop of two timeouts a pick"),
    "messages_per_pick": Row("messages", "all messages on the bus, robot states and commands included, a pick"),
    "growth_doors_1_to_200": Row(
        "ratio", "growth of CPU a pick from 1 to 200 doors / that of the bare loop", "<=", 1.2
    ),
    "growth_robots_10_to_5000": Row(
        "ratio", "growth of CPU a message from 10 to 5,000 robots / that of the bare loop", "<=", 1.2
    ),
    "lockstep_vs_empty": Row(
        "ratio", "wall time of as many empty grants and answers / of a lockstep run on NATS", ">=", 0.5
    ),
    "day_speed": Row(
        "s/s", "simulated seconds a second of a whole day, faults at random: the run and its files", ">=", 1000.0
    ),
    "day_memory_mib": Row("MiB", "the most memory that day ever held, in a process of its own", "<", 1024.0),
    "physics_episode_vs_bare": Row(
        "ratio", "CPU of an episode / of as many bare steps of the same boxes with nothing done", "<=", 1.25
    ),
    "physics_build_share": Row("share", "of an episode's CPU: putting its world up", "<=", 0.15),
    "physics_day_speed": Row(
        "s/s", "simulated seconds a second of CPU, a mixed trailer unloaded top-down with physics, one core", ">=", 50.0
    ),
    "physics_vs_naive": Row(
        "ratio", "CPU of the same trailer all dynamic, awake, at every step (sampled) / as it is", ">=", 100.0
    ),
    "physics_memory_mib": Row("MiB", "the most memory that trailer ever held, in a process of its own", "<", 1024.0),
    "bare_us_per_pick": Row("us", "CPU of a pick in the bare SimPy loop: two timeouts"),
    "textbook_us_per_pick": Row("us", "CPU of a pick in a textbook SimPy model: draws, a resource, a ride on the belt"),
    "simulator_us_per_pick": Row("us", "CPU of a pick in the simulator without messages"),
    "link_us_per_message": Row("us", "of inline_us_per_message: build, number and stamp, the link, the windows"),
    "digest_us_per_message": Row("us", "of inline_us_per_message: order, encode and hash"),
    "backend_us_per_message": Row("us", "of inline_us_per_message: the backend with its checks"),
    "recording_us_per_message": Row("us", "CPU of writing the recording, a message"),
    "simulated_s_per_s_inline": Row("s/s", "simulated seconds a second of CPU, morning_rush inline"),
    "simulated_s_per_s_lockstep": Row("s/s", "simulated seconds a second, morning_rush in lockstep"),
}


_MEETS: Mapping[str, Callable[[float, float], bool]] = {"<": lt, "<=": le, ">=": ge}


def measured(name: str, value: float, note: str = "") -> Measured:
    """The value of a row, held against its budget."""
    assert math.isfinite(value), f"{name}: got {value}"
    row = ROWS[name]
    ok = None
    if row.budget is not None:
        ok = _MEETS[row.sense or "<="](value, row.budget)
    return Measured(value=round(value, 3), budget=row.budget, unit=row.unit, ok=ok, note=note)


def budget_words(row: Row) -> str:
    """The budget as people read it, as `<= 4`; empty if there is none."""
    return "" if row.budget is None else f"{row.sense} {row.budget:g}"


def table(results: Mapping[str, Measured]) -> list[str]:
    """The rows as lines of a Markdown table, which reads well on a terminal too."""
    cells: list[tuple[str, ...]] = [("row", "value", "budget", "unit", "met", "note")]
    for name, result in results.items():
        met = {None: "", True: "yes", False: "no"}[result.ok]
        value = f"{result.value:,.0f}" if result.value >= 100 else f"{result.value:.3g}"
        cells.append((f"`{name}`", value, budget_words(ROWS[name]), result.unit, met, result.note))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    widths[-1] = 4
    cells.insert(1, tuple("-" * width for width in widths))
    return ["| " + " | ".join(map(str.ljust, row, widths)).rstrip() + " |" for row in cells]
