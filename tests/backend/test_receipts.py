"""Receipts: what was received, by line of each purchase order; a label binds a case to its line."""

# ruff: noqa: ANN401 - it speaks all types of messages alike

from __future__ import annotations

from typing import Any

import pytest

from backend.core.dock import Case, Trailer
from backend.core.receipt import count
from tests.backend.field import Field
from twin.messages import conveyor, door, exception, receipt, sorter, trailer
from twin.messages.trailer import ManifestLine


def line(number: int, *, label: str | None = None, quantity: int = 1, po: str = "po-1") -> ManifestLine:
    return ManifestLine(line_id=f"l{number}", po_id=po, sku="s", label=label or f"label-{number}", quantity=quantity)


def trailer_of(*lines: ManifestLine) -> Trailer:
    return Trailer(trailer_id="t-1", lines_by_part={1: lines})


def put(it: Trailer, place: Any, label: str | None = None) -> Case:
    case = it.cases[f"c{len(it.cases)}"] = Case(track_id=f"c{len(it.cases)}", place=place, label=label)
    return case


def counted(it: Trailer) -> list[tuple[int, int, int, int, int]]:
    return [(one.received, one.damaged, one.refused, one.short, one.over) for one in count(it)[0]]


def test_each_line_names_its_purchase_order() -> None:
    it = trailer_of(line(1, po="po-1"), line(2, po="po-2"))
    assert [(one.line_id, one.po_id) for one in count(it)[0]] == [("l1", "po-1"), ("l2", "po-2")]


def test_received_damaged_refused_and_short_add_up_to_what_was_expected() -> None:
    it = trailer_of(line(1, quantity=5))
    for place in ("delivered", "manual", "damaged", "refused"):
        put(it, place, "label-1")
    assert counted(it) == [(2, 1, 1, 1, 0)]


def test_what_is_too_many_is_over() -> None:
    it = trailer_of(line(1, quantity=1))
    for _ in range(3):
        put(it, "delivered", "label-1")
    assert counted(it) == [(1, 0, 0, 0, 2)]


def test_what_is_on_no_line_is_unidentified() -> None:
    it = trailer_of(line(1))
    put(it, "delivered", "another")
    put(it, "delivered")
    assert count(it)[1] == 2
    assert counted(it) == [(0, 0, 0, 1, 0)]


def test_lines_that_share_a_label_are_filled_in_their_order() -> None:
    it = trailer_of(line(1, label="same", quantity=2), line(2, label="same", quantity=2, po="po-2"))
    for _ in range(3):
        put(it, "delivered", "same")
    assert counted(it) == [(2, 0, 0, 0, 0), (1, 0, 0, 1, 0)]


def test_what_turned_out_to_be_no_case_is_in_no_sum() -> None:
    it = trailer_of(line(1))
    put(it, "retracted")
    assert counted(it) == [(0, 0, 0, 1, 0)]
    assert count(it)[1] == 0


def test_a_case_is_bound_to_its_line_when_its_label_is_read() -> None:
    field = Field()
    field.start(cases=2)
    field.pick("t-1-c2")
    field.place("t-1-c2")
    it = field.backend.state.trailers["t-1"]
    assert [one.received for one in count(it)[0]] == [0, 0]
    field.identify("t-1-c2")
    assert [one.received for one in count(it)[0]] == [0, 1]


def test_a_label_read_before_the_manifest_came_is_bound_when_it_comes() -> None:
    field = Field()
    field.identify("t-1-c2")
    field.announce(cases=2)
    assert [one.received for one in count(field.backend.state.trailers["t-1"])[0]] == [0, 1]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_label_on_lines_of_two_parts_is_bound_to_the_first_whichever_came_first(order: tuple[int, int]) -> None:
    field = Field()
    lines = {1: line(1, label="same"), 2: line(2, label="same")}
    field.identify("same")
    for part in order:
        data = trailer.TrailerManifestData(trailer_id="t-1", part=part, parts=2, lines=(lines[part],))
        field.say("yard/yard", trailer.TrailerManifest, data)
    assert [one.received for one in count(field.backend.state.trailers["t-1"])[0]] == [1, 0]


def test_two_purchase_orders_are_told_apart_on_the_bus() -> None:
    field = Field()
    plan = field.start(cases=1)
    field.pick("t-1-c1")
    field.place("t-1-c1")
    field.identify("t-1-c1")
    field.complete(plan)
    field.scan(scan_id="s2")
    field.finish(placed=1)
    field.say("yard/yard", trailer.TrailerReleased, trailer.TrailerData(trailer_id="t-1", door_id="d1"))
    (line_closed,) = field.last(receipt.ReceiptClosed).data.lines
    assert (line_closed.line_id, line_closed.po_id, line_closed.received) == ("l1", "po", 1)


def test_what_stands_on_a_belt_that_is_jammed_is_waited_for() -> None:
    field = departed_with_a_case_on_the_belt()
    field.say("conveyor/c1", conveyor.ConveyorJammed, conveyor.ConveyorData())
    for _ in range(9):
        field.wait(600)
    assert receipts_of(field) == []
    field.say("conveyor/c1", conveyor.ConveyorCleared, conveyor.ConveyorData())
    field.identify("t-1-c1")
    (closed,) = receipts_of(field)
    assert sum(line.received for line in closed.data.lines) == 1


def test_what_lies_on_a_belt_is_waited_for_while_the_sorter_stands() -> None:
    field = departed_with_a_case_on_the_belt(sorter_id="s1")
    field.say("sorter/s1", sorter.SorterJammed, sorter.SorterData())
    field.wait(1300)
    assert receipts_of(field) == []
    field.say("sorter/s1", sorter.SorterCleared, sorter.SorterData())
    field.identify("t-1-c1")
    assert len(receipts_of(field)) == 1


@pytest.mark.parametrize("stands_s", [590, 1199])
@pytest.mark.parametrize("runs", ["conveyor", "sorter"])
def test_what_lies_on_a_belt_has_time_to_come_when_it_runs_again(stands_s: float, runs: str) -> None:
    field = departed_with_a_case_on_the_belt(sorter_id="s1")
    if runs == "conveyor":
        field.say("conveyor/c1", conveyor.ConveyorJammed, conveyor.ConveyorData())
        field.wait(stands_s)
        field.say("conveyor/c1", conveyor.ConveyorCleared, conveyor.ConveyorData())
    else:
        field.say("sorter/s1", sorter.SorterJammed, sorter.SorterData())
        field.wait(stands_s)
        field.say("sorter/s1", sorter.SorterCleared, sorter.SorterData())
    field.wait(599)
    assert receipts_of(field) == []
    field.wait(1.1)
    assert len(receipts_of(field)) == 1


def test_a_belt_that_runs_again_at_another_door_puts_no_receipt_off() -> None:
    field = departed_with_a_case_on_the_belt(doors=2)
    field.say("conveyor/c2", conveyor.ConveyorJammed, conveyor.ConveyorData())
    field.wait(300)
    field.say("conveyor/c2", conveyor.ConveyorCleared, conveyor.ConveyorData())
    field.wait(300.1)
    assert len(receipts_of(field)) == 1


def test_a_belt_that_stands_at_another_door_holds_no_receipt_up() -> None:
    field = departed_with_a_case_on_the_belt(doors=2)
    field.say("conveyor/c2", conveyor.ConveyorJammed, conveyor.ConveyorData())
    field.wait(600.1)
    assert len(receipts_of(field)) == 1


def test_what_does_not_come_from_a_belt_that_runs_is_short_in_the_end() -> None:
    field = departed_with_a_case_on_the_belt()
    field.wait(600.1)
    (closed,) = receipts_of(field)
    assert sum(line.short for line in closed.data.lines) == 1


def test_for_a_receipt_that_waits_there_is_one_timer_however_often_its_trailer_is_looked_at() -> None:
    field = departed_with_a_case_on_the_belt()
    for _ in range(3):
        field.say("door/d1", door.LevellerStored, door.DoorData(trailer_id="t-1"))
        field.say("door/d1", door.LevellerLowered, door.DoorData(trailer_id="t-1"))
    assert [kind for _, _, kind, _ in field.backend.state.timers].count("receipt") == 1


def test_what_people_do_not_find_in_a_trailer_is_not_known_and_comes_from_the_belt_or_is_short() -> None:
    field = Field()
    plan = field.start(cases=2)
    field.complete(plan)
    field.scan(scan_id="s2")
    field.finish(placed=0)
    asked = field.last(exception.InterventionRequested).data
    assert asked.exception_type == "leftovers"
    answer = exception.InterventionAnsweredData(intervention_id=asked.intervention_id, answer="assist")
    field.say("operator/floor", exception.InterventionAnswered, answer)
    places = [case.place for case in field.backend.state.trailers["t-1"].cases.values()]
    assert places == ["unknown", "unknown"]
    field.identify("t-1-c1")
    where = trailer.TrailerData(trailer_id="t-1", door_id="d1")
    field.say("yard/yard", trailer.TrailerReleased, where)
    field.say("yard/yard", trailer.TrailerDeparted, where)
    field.wait(600.1)
    (closed,) = receipts_of(field)
    assert [(line.received, line.short) for line in closed.data.lines] == [(1, 0), (0, 1)]
    assert field.codes() == []


def departed_with_a_case_on_the_belt(**of_site: Any) -> Field:
    field = Field(**of_site)
    plan = field.start(cases=1)
    field.pick("t-1-c1")
    field.place("t-1-c1")
    field.complete(plan)
    field.scan(scan_id="s2")
    field.finish(placed=1)
    where = trailer.TrailerData(trailer_id="t-1", door_id="d1")
    field.say("yard/yard", trailer.TrailerReleased, where)
    field.say("yard/yard", trailer.TrailerDeparted, where)
    return field


def receipts_of(field: Field) -> list[receipt.ReceiptClosed]:
    return [it for _, it in field.said if isinstance(it, receipt.ReceiptClosed)]
