"""The reference of the language, made from its declarations: the tables of `docs/write-a-scenario.md`."""

from __future__ import annotations

import re
from typing import Any

from msgspec import NODEFAULT

from scenarios.language.fidelities import PerFidelity
from scenarios.language.grammar import expectations, faults, file, people, site, trailers
from scenarios.language.kinds import Choice, Flag, Kind, ScalarKind, Whole
from scenarios.language.sections import Key, ListOf, MappingOf, Of, OneOf, ScalarOr, Section, keys_of

_DETAIL = re.compile(r",? such as|:| of [0-9]| -?[0-9]")
"""Where the words for a kind of value go into detail that the text above the tables has said once."""

_TITLES: dict[str, type[Section]] = {
    "The file": file.ScenarioFile,
    "`site`": site.SiteEntry,
    "`site.doors[]`": site.DoorEntry,
    "`site.robots[]`": site.RobotEntry,
    "`site.sorter`": site.SorterEntry,
    "`site.dock`": site.DockEntry,
    "`site.link`": site.LinkEntry,
    "`site.operators`": people.OperatorsEntry,
    "`site.operators.people[]`": people.PersonEntry,
    "`site.operators.people[].shifts[]`": people.ShiftEntry,
    "`site.operators.people[].shifts[].breaks[]`": people.BreakEntry,
    "`trailers[]`": trailers.TrailerEntry,
    "`trailers[].rates[]`": trailers.RateEntry,
    "`lateness`": trailers.LatenessEntry,
    "`service`": trailers.ServiceEntry,
    "`timeline[]`": faults.TimelineEntry,
    "`timeline[].when`": faults.WhenEntry,
    "`faults[]`": faults.RandomFaultEntry,
    **{f"`expect[]`: `{key}`": section for key, section in expectations.EXPECTATIONS.items()},
    "`expect[].after`, `expect[].leads_to`": expectations.PatternEntry,
    "`expect[].short` and the like": expectations.BoundsEntry,
    "`measure`": file.MeasureEntry,
    "`planners`": file.PlannersEntry,
}


def reference_markdown() -> str:
    """Every section with its keys, in the order in which an author meets them."""
    return "\n\n".join(_section(title, section) for title, section in _TITLES.items())


def _section(title: str, section: type[Section]) -> str:
    rows = [
        f"| `{key.key}` | {_value(key.kind)} | {_default(key)} | {key.doc} |".replace("||", "|")
        for key in keys_of(section).values()
    ]
    about = " ".join((section.__doc__ or "").split())
    return "\n".join([f"### {title}", "", about, "", "| key | value | default | meaning |", "|---|---|---|---|", *rows])


def _value(kind: Kind) -> str:
    """What the key takes; what has a table of its own is only named."""
    words = kind.expects()
    match kind:
        case Of():
            words = "a mapping, below"
        case ListOf():
            words = "a list, below" if isinstance(kind.item, Of | OneOf) else "a list"
        case PerFidelity():
            words = f"{_value(kind.scalar)}, or one for each fidelity"
        case ScalarOr():
            words = f"{_value(kind.scalar)}, or {_value(kind.other)}"
        case Choice():
            words = kind.what or ", ".join(f"`{name}`" for name in kind.names)
        case Whole() | Flag() | MappingOf():
            pass
        case _:
            words = _DETAIL.split(words, maxsplit=1)[0]
    return words


def _default(key: Key) -> str:
    if key.default is NODEFAULT:
        return "must be given"
    written: Any = key.default
    if isinstance(key.kind, ScalarKind) and key.default is not None:
        written = key.kind.written(key.default)
    if written is None or written in ("", (), {}) or (written in (0, "0") and not _takes_nought(key)):
        return ""
    return f"`{str(written).lower() if isinstance(written, bool) else written}`"


def _takes_nought(key: Key) -> bool:
    """Whether 0 is a value an author may write, not just what stands for none."""
    return key.key not in {"cases", "mean_gap", "mean", "stddev", "least", "most", "sigma", "offset"}
