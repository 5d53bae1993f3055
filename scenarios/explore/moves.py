"""Ways to make a candidate smaller: each gives smaller documents, the smallest first. What they name stays consistent.

A move promises nothing: whether what is left still fails is found out by running it.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from scenarios.explore.times import span_us
from scenarios.language.kinds import duration_text
from twin.clock import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scenarios.explore.document import Document
    from scenarios.explore.times import DayClock

    Move = Callable[[Document, DayClock], Iterator[Document]]

SEEDS_RETRIED = 3
"""A rare coincidence moves when there is less of a scenario: under another seed it may be there again."""
_FAULT_KEYS = ("timeline", "faults")
_KEPT = ("site", "start", "trailers", "expect", "until", "grace", *_FAULT_KEYS)
"""Without them there is no scenario, or more of it: a shorter grace leaves cases on conveyors."""
_WHEN_KEYS = ("robot_holds_case", "trailer_docked", "of_trailer")


# -- fewer faults, trailers, robots, doors, people, cases ------------------------------------------------------------


def fewer_faults(document: Document, _clock: DayClock) -> Iterator[Document]:
    """Without some of its faults: all of them, halves, quarters, single ones."""
    faults = [(key, entry) for key in _FAULT_KEYS for entry in document.get(key) or []]
    for kept in _shortened(faults):
        fewer = {key: value for key, value in document.items() if key not in _FAULT_KEYS}
        for key in _FAULT_KEYS:
            if entries := [entry for kept_key, entry in kept if kept_key == key]:
                fewer[key] = entries
        yield fewer


def fewer_trailers(document: Document, _clock: DayClock) -> Iterator[Document]:
    """Without some trailers, or with fewer of a kind."""
    for kept in _shortened(document["trailers"]):
        if kept:
            gone = _ids(document["trailers"]) - _ids(kept)
            yield from _other_seeds(_without({**document, "trailers": kept}, "trailer", gone))
    for index, entry in enumerate(document["trailers"]):
        if isinstance(entry.get("count"), int):
            for count in _less(entry["count"]):
                yield from _other_seeds(_changed(document, ("trailers", index, "count"), count))


def fewer_robots(document: Document, _clock: DayClock) -> Iterator[Document]:
    """Without some robots; what strikes those that go strikes one that stays, or goes too."""
    robots = document["site"]["robots"]
    for kept in _shortened(robots):
        if kept:
            less = _changed(document, ("site", "robots"), kept)
            gone = _ids(robots) - _ids(kept)
            instead = kept[0]["id"]
            yield from _other_seeds(_renamed(less, "robot", gone, str(instead)))
            yield from _other_seeds(_without(less, "robot", gone))


def fewer_doors(document: Document, _clock: DayClock) -> Iterator[Document]:
    """Without some doors and their conveyors."""
    doors = document["site"]["doors"]
    for kept in _shortened(doors):
        if kept:
            less = _changed(document, ("site", "doors"), kept)
            less = _renamed(less, "door", _ids(doors) - _ids(kept), str(kept[0]["id"]))
            gone = {str(door["conveyor"]) for door in doors} - {str(door["conveyor"]) for door in kept}
            yield from _other_seeds(_renamed(less, "conveyor", gone, str(kept[0]["conveyor"])))


def fewer_people(document: Document, _clock: DayClock) -> Iterator[Document]:
    """One of each role, and fewer of those by name."""
    operators = document["site"].get("operators") or {}
    for role in ("remote", "floor"):
        if isinstance(operators.get(role), int) and operators[role] > 1:
            yield _changed(document, ("site", "operators", role), 1)
    for kept in _shortened(operators.get("people") or []):
        yield _changed(document, ("site", "operators", "people"), kept)


def fewer_cases(document: Document, clock: DayClock) -> Iterator[Document]:
    """Fewer cases in all trailers, with everything that comes later drawn nearer; then in each."""
    for share in (1 / 8, 1 / 4, 1 / 2):
        less = document
        for index, entry in enumerate(document["trailers"]):
            if isinstance(entry.get("cases"), int):
                less = _with_cases(less, index, max(1, int(entry["cases"] * share)))
        if less is not document:
            yield from _other_seeds(_drawn_nearer(less, clock, share))
            yield from _other_seeds(less)
    for index, entry in enumerate(document["trailers"]):
        if isinstance(entry.get("cases"), int):
            for cases in _less(entry["cases"]):
                yield _with_cases(document, index, cases)


def _with_cases(document: Document, index: int, cases: int) -> Document:
    """The trailer with so many cases; no fault waits for more of them, no PO is without one."""
    less = _changed(document, ("trailers", index, "cases"), cases)
    entry = less["trailers"][index]
    if isinstance(entry.get("purchase_orders"), int):
        entry["purchase_orders"] = min(entry["purchase_orders"], cases)
    for fault in less.get("timeline") or []:
        when = fault.get("when") or {}
        if when.get("of_trailer") == entry["id"]:
            when["cases_placed"] = min(when["cases_placed"], cases)
    return less


def _drawn_nearer(document: Document, clock: DayClock, share: float) -> Document:
    """Faults at an instant come sooner after the first trailer does: there is nothing to unload before."""
    times = [str(entry.get("arrives") or entry.get("appointment") or "") for entry in document["trailers"]]
    begin_us = min((clock.us(time) for time in times if time), default=clock.start_us)
    nearer = deepcopy(document)
    for fault in nearer.get("timeline") or []:
        if "at" in fault and (at_us := clock.us(fault["at"])) > begin_us:
            fault["at"] = clock.text(begin_us + int((at_us - begin_us) * share))
    return nearer


# -- shorter, earlier, plainer ---------------------------------------------------------------------------------------


def shorter_faults(document: Document, clock: DayClock) -> Iterator[Document]:
    """Each fault for a shorter time, and at a round one."""
    for index, fault in enumerate(document.get("timeline") or []):
        if "for" in fault:
            now_us = span_us(fault["for"])
            for us in (US_PER_S, 10 * US_PER_S, 60 * US_PER_S, _round(now_us // 4), _round(now_us // 2)):
                if 0 < us < now_us:
                    yield _changed(document, ("timeline", index, "for"), duration_text(us))
            if _round(now_us) != now_us:
                yield _changed(document, ("timeline", index, "for"), duration_text(_round(now_us) or US_PER_S))
        if "share" in fault and fault["fault"] == "messages_lost":
            yield from _fewer_lost(document, index, fault)
        if "at" in fault:
            now_us = clock.us(fault["at"])
            for unit_us in (60 * US_PER_S, 10 * US_PER_S, US_PER_S, US_PER_S // 1000):
                us = now_us // unit_us * unit_us
                if us != now_us and us >= clock.start_us:
                    yield _changed(document, ("timeline", index, "at"), clock.text(us))


def _fewer_lost(document: Document, index: int, fault: dict[str, Any]) -> Iterator[Document]:
    """A smaller share of the messages."""
    percent = float(str(fault["share"]).removesuffix("%"))
    for less in (1, 5, 10, 25, 50):
        if less < percent:
            yield _changed(document, ("timeline", index, "share"), f"{less} %")


def fewer_types(document: Document, _clock: DayClock) -> Iterator[Document]:
    """Fewer types of messages lost: of those that are named some less."""
    for key in _FAULT_KEYS:
        for index, fault in enumerate(document.get(key) or []):
            for kept in _shortened(fault.get("types") or []):
                if kept:
                    yield _changed(document, (key, index, "types"), kept)


def plainer_faults(document: Document, _clock: DayClock) -> Iterator[Document]:
    """Each fault without what it need not say."""
    for key in _FAULT_KEYS:
        for index, fault in enumerate(document.get(key) or []):
            for part in ("when", "link"):
                for name in fault.get(part) or {}:
                    yield _dropped(document, (key, index, part), name)
            for name in [name for name in fault if name not in ("at", "when", "fault")]:
                yield _dropped(document, (key, index), name)


def plainer_scenario(document: Document, _clock: DayClock) -> Iterator[Document]:
    """Without sections and keys that it need not have."""
    for key in [key for key in document if key not in _KEPT]:
        yield _dropped(document, (), key)
    for key in document["site"]:
        yield _dropped(document, ("site",), key)
    for section in ("dock", "link", "operators"):
        for key in document["site"].get(section) or {}:
            yield _dropped(document, ("site", section), key)
    for part in ("robots", "trailers"):
        holder: tuple[str, ...] = ("site", "robots") if part == "robots" else ("trailers",)
        entries = document["site"]["robots"] if part == "robots" else document["trailers"]
        for index, entry in enumerate(entries):
            for key in [key for key in entry if key != "id"]:
                yield _dropped(document, (*holder, index), key)


MOVES: tuple[Move, ...] = (
    fewer_faults,
    fewer_robots,
    fewer_trailers,
    fewer_doors,
    fewer_cases,
    fewer_people,
    fewer_types,
    shorter_faults,
    plainer_faults,
    plainer_scenario,
)
"""In the order in which they matter; then from the beginning again, as long as anything gets smaller."""


# -- changes ---------------------------------------------------------------------------------------------------------


def _shortened(items: list[Any]) -> Iterator[list[Any]]:
    """The list without all, half, a quarter ... of its items, in every place."""
    size = len(items)
    while size >= 1:
        for begin in range(0, len(items), size):
            yield items[:begin] + items[begin + size :]
        size //= 2


def _less(number: int) -> Iterator[int]:
    yield from sorted(
        {value for value in (1, number // 4, number // 2, number * 3 // 4, number - 1) if 0 < value < number}
    )


def _other_seeds(document: Document) -> Iterator[Document]:
    yield document
    for seed in range(1, SEEDS_RETRIED + 1):
        yield {**document, "seed": seed}


def _ids(entries: list[dict[str, Any]]) -> set[str]:
    return {str(entry["id"]) for entry in entries}


def _changed(document: Document, path: tuple[str | int, ...], value: Any) -> Document:  # noqa: ANN401 - of a file
    other = deepcopy(document)
    place: Any = other
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return other


def _dropped(document: Document, path: tuple[str | int, ...], key: str) -> Document:
    other = deepcopy(document)
    place: Any = other
    for step in path:
        place = place[step]
    del place[key]
    return other


def _names(fault: dict[str, Any], kind: str, ids: set[str]) -> bool:
    """Whether the fault is about one of these, or waits for it."""
    when = fault.get("when") or {}
    waits = [when.get(key) for key in _WHEN_KEYS if kind in key]
    addresses = {f"{kind}/{name}" for name in ids}
    return str(fault.get(kind)) in ids or str(fault.get("what")) in addresses or any(str(w) in ids for w in waits)


def _without(document: Document, kind: str, ids: set[str]) -> Document:
    """Without the faults that name one of these; numbered trailers are named after their kind."""
    named = {key: document[key] for key in _FAULT_KEYS if document.get(key)}
    kept = {key: [fault for fault in faults if not _names(fault, kind, ids)] for key, faults in named.items()}
    return {**document, **kept}


def _renamed(document: Document, kind: str, ids: set[str], name: str) -> Document:
    """With another one in place of these in every fault."""
    other = deepcopy(document)
    for key in _FAULT_KEYS:
        for fault in other.get(key) or []:
            if str(fault.get(kind)) in ids:
                fault[kind] = name
            if str(fault.get("what")).removeprefix(f"{kind}/") in ids:
                fault["what"] = f"{kind}/{name}"
            when = fault.get("when") or {}
            for place in (place for place in _WHEN_KEYS if kind in place and str(when.get(place)) in ids):
                when[place] = name
    return other


def _round(us: int) -> int:
    """Down to a whole second, or minute where it is many."""
    unit_us = 60 * US_PER_S if us >= 600 * US_PER_S else US_PER_S
    return us // unit_us * unit_us
