"""Pictures of a run as plotly figures: doors and robots on one time axis, and a load in three dimensions.

Quiet until something is wrong: work is grey, colour marks what is abnormal.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go

from scenarios.kpis import BY_NAME
from scenarios.report.load_figures import FONT, INK, LINE, case_words, edges, faces, labels, scene
from scenarios.report.words import count, dock_id, duration, figure, plural
from sim.physics.boxes import boxes_of
from sim.trailer import trailer_of
from twin.clock import US_PER_S
from twin.errors import BadInputError
from twin.ids import parse_source
from twin.messages.exception import ExceptionRaised, ExceptionResolved
from twin.messages.robot import RobotRemoved, UnloadFinished, UnloadStarted
from twin.rng import Draws

if TYPE_CHECKING:
    from scenarios.verdict import Verdict
    from sim.load.load import LoadedCase
    from sim.truth import CaseRow, TrailerRow

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STANDING, _WORKING, _TAKEN_FIRST, _TAKEN_LAST = "#d9dfe4", "#8d99a5", "#e4e7ea", "#6b7985"
_LEVELS = {"URGENT": "#f08c2e", "CRITICAL": "#c1151d", "FATAL": "#c1151d", "WARNING": "#e6c419"}
_SYMBOLS = {"URGENT": "triangle-up", "CRITICAL": "square", "FATAL": "square", "WARNING": "diamond"}
_NOT_TAKEN = "#8a2fa3"
_MARGIN = {"l": 10, "r": 10, "t": 60, "b": 40}
_ROW_PX = 34
_BELOW_THE_TEXT = 0.28
"""Rows: where on a bar symbols leave its text readable."""


class _Bar(NamedTuple):
    row: str
    from_us: int
    until_us: int
    text: str
    colour: str


# -- doors and robots ------------------------------------------------------------------------------------------------


def timeline(verdict: Verdict) -> go.Figure:
    """Doors (a trailer stands there) and robots (they work in one) over the day, and exceptions where they arose."""
    offset_s = verdict.result.scenario.utc_offset_s
    bars = [*_door_bars(verdict), *_robot_bars(verdict)]
    site = verdict.result.scenario.day.site
    rows = [dock_id(f"door/{door.door_id}") for door in site.doors] + [dock_id(f"robot/{r}") for r in site.robots]
    picture = go.Figure()
    for colour, name in ((_STANDING, "trailer at the door"), (_WORKING, "robot at work")):
        chosen = [bar for bar in bars if bar.colour == colour]
        picture.add_bar(
            orientation="h",
            y=[rows.index(bar.row) for bar in chosen],
            width=0.8,
            base=[_local(bar.from_us, offset_s) for bar in chosen],
            x=[(bar.until_us - bar.from_us) / 1000 for bar in chosen],
            text=[bar.text for bar in chosen],
            textposition="inside",
            insidetextanchor="start",
            insidetextfont={"color": INK},
            textangle=0,
            customdata=[f"{bar.row}: {bar.text}, {duration(bar.until_us - bar.from_us)}" for bar in chosen],
            hovertemplate="%{customdata}<extra></extra>",
            marker={"color": colour, "line": {"color": "#ffffff", "width": 1}},
            name=name,
        )
    _add_exceptions(picture, verdict, rows)
    picture.update_layout(
        title={"text": f"{verdict.scenario}, seed {verdict.seed}: doors and robots", "font": {"size": 14}},
        barmode="overlay",
        font=FONT,
        height=120 + _ROW_PX * len(rows),
        margin=_MARGIN,
        plot_bgcolor="#ffffff",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"},
    )
    picture.update_xaxes(type="date", tickformat="%H:%M", gridcolor=LINE, title="time of day")
    picture.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=rows, range=[len(rows) - 0.5, -0.5], showgrid=False, zeroline=False
    )
    return picture


def _door_bars(verdict: Verdict) -> list[_Bar]:
    end_us = verdict.result.end_us
    return [
        _Bar(dock_id(f"door/{t.door_id}"), t.docked_us, t.departed_us or end_us, dock_id(t.trailer_id), _STANDING)
        for t in verdict.result.truth.trailers
        if t.door_id is not None and t.docked_us is not None
    ]


def _robot_bars(verdict: Verdict) -> list[_Bar]:
    bars: list[_Bar] = []
    open_at: dict[str, tuple[int, str]] = {}
    for at_us, message in verdict.result.deliveries:
        if isinstance(message, UnloadStarted):
            open_at[parse_source(message.source)[1].entity] = (at_us, message.data.trailer_id)
        elif isinstance(message, UnloadFinished | RobotRemoved):
            removed = message.data.robot_id if isinstance(message, RobotRemoved) else None
            robot = removed or parse_source(message.source)[1].entity
            begun = open_at.pop(robot, None)
            if begun is not None:
                bars.append(_Bar(dock_id(f"robot/{robot}"), begun[0], at_us, dock_id(begun[1]), _WORKING))
    end_us = verdict.result.end_us
    bars += [_Bar(dock_id(f"robot/{r}"), at, end_us, dock_id(t), _WORKING) for r, (at, t) in open_at.items()]
    return bars


def _add_exceptions(picture: go.Figure, verdict: Verdict, rows: list[str]) -> None:
    """One symbol an exception, on the row of what it is about: shape and colour say the level."""
    offset_s = verdict.result.scenario.utc_offset_s
    raised: dict[str, tuple[int, ExceptionRaised]] = {}
    resolved: dict[str, int] = {}
    for at_us, message in verdict.result.deliveries:
        if isinstance(message, ExceptionRaised):
            raised.setdefault(message.data.exception_id, (at_us, message))
        elif isinstance(message, ExceptionResolved):
            resolved.setdefault(message.data.exception_id, at_us)
    door_of = {t.trailer_id: t.door_id for t in verdict.result.truth.trailers}
    for level in ("WARNING", "URGENT", "CRITICAL", "FATAL"):
        points = []
        for exception_id, (at_us, message) in raised.items():
            row = _row_of(message, door_of, rows)
            if message.data.level == level and row is not None:
                span = f", {duration(resolved[exception_id] - at_us)}" if exception_id in resolved else ", open"
                told = f"{row}: {message.data.exception_type.replace('_', ' ')}{span}"
                points.append((_local(at_us, offset_s), rows.index(row) + _BELOW_THE_TEXT, told))
        if points:
            picture.add_scatter(
                x=[x for x, _, _ in points],
                y=[y for _, y, _ in points],
                text=[text for _, _, text in points],
                mode="markers",
                hovertemplate="%{text}<extra></extra>",
                marker={
                    "symbol": _SYMBOLS[level],
                    "color": _LEVELS[level],
                    "size": 8,
                    "line": {"color": INK, "width": 0.5},
                },
                name=level.lower(),
            )


def _row_of(message: ExceptionRaised, door_of: dict[str, str | None], rows: list[str]) -> str | None:
    """The robot or door it is about; of a conveyor or a trailer, the door."""
    own = dock_id(message.data.entity)
    if own in rows:
        return own
    door = door_of.get(message.data.trailer_id or "")
    return None if door is None else dock_id(f"door/{door}")


def _local(at_us: int, offset_s: int) -> str:
    """As plotly reads a date: the site's time of day, without a zone."""
    return (_EPOCH + timedelta(microseconds=at_us, seconds=offset_s)).strftime("%Y-%m-%d %H:%M:%S.%f")


# -- the load --------------------------------------------------------------------------------------------------------


def load_picture(verdict: Verdict, trailer_id: str | None = None) -> go.Figure:
    """The load of a trailer (of the first, if none is named) as it came, darker the later a case was taken.

    It is the simulator's truth: the backend never saw it. Raises BadInputError if there is no such load.
    """
    row, cases = _load(verdict, trailer_id)
    taken = {c.case_id: c for c in verdict.result.truth.cases if c.trailer_id == row.trailer_id}
    order = sorted((c for c in taken.values() if c.picked_us is not None), key=lambda c: c.picked_us or 0)
    share = {c.case_id: n / max(1, len(order) - 1) for n, c in enumerate(order)}
    picture = go.Figure()
    by_robot = [case for case in cases if case.case_id in share]
    others = [case for case in cases if case.case_id not in share]
    if by_robot:
        shades = [share[case.case_id] for case in by_robot]
        picture.add_trace(
            faces(
                boxes_of(by_robot), intensity=shades, colorscale=[[0, _TAKEN_FIRST], [1, _TAKEN_LAST]], showscale=False
            )
        )
    if others:
        picture.add_trace(faces(boxes_of(others), color=_NOT_TAKEN))
    boxes = boxes_of(cases)
    picture.add_trace(edges(boxes))
    picture.add_trace(labels(boxes, [_case_words(case, taken.get(case.case_id), row) for case in cases]))
    told = f"{plural(len(cases), 'case')}, darker: taken later"
    if others:
        told += f"; violet: {count(len(others))} never taken by a robot"
    picture.update_layout(
        title={"text": f"The load of {dock_id(row.trailer_id)}: {told}", "font": {"size": 14}},
        font=FONT,
        height=520,
        margin={**_MARGIN, "b": 10},
        showlegend=False,
        scene=scene(),
    )
    return picture


def _load(verdict: Verdict, trailer_id: str | None) -> tuple[TrailerRow, tuple[LoadedCase, ...]]:
    day = verdict.result.scenario.day
    plan = next((t for t in day.trailers if trailer_id in {None, t.trailer_id}), None)
    row = next((t for t in verdict.result.truth.trailers if plan and t.trailer_id == plan.trailer_id), None)
    if plan is None or row is None:
        msg = f"got trailer {trailer_id!r}, expected one of {', '.join(t.trailer_id for t in day.trailers)}"
        raise BadInputError(msg)
    load = trailer_of(plan, day, Draws(day.seed)).load
    if load is None:
        msg = f"{plan.trailer_id}: got a run in the fidelity {day.fidelity}, expected case or physics: no load to show"
        raise BadInputError(msg)
    return row, load.cases


def _case_words(case: LoadedCase, truth: CaseRow | None, row: TrailerRow) -> str:
    words = case_words(case)
    if truth is None:
        return words
    if truth.picked_us is not None and row.unload_started_us is not None:
        words += f"<br>taken {duration(truth.picked_us - row.unload_started_us)} after the robot began"
    return f"{words}<br>{truth.outcome.replace('_', ' ')}"


# -- figures ---------------------------------------------------------------------------------------------------------


def kpi_table(verdict: Verdict) -> str:
    """The KPIs as an HTML table: in words, value, and where there is none the reason."""
    rows = []
    for name, value in verdict.kpis.items():
        kpi = BY_NAME[name]
        shown = figure(value, kpi.unit) if value is not None else f"- ({kpi.none_when})"
        unit = "" if kpi.unit in {"1", "min", "s"} or value is None else f" {kpi.unit}"
        rows.append(
            f"<tr><td style='text-align:left'>{escape(kpi.words)}</td><td style='text-align:right'>"
            f"{escape(shown + unit)}</td><td style='text-align:left'><code>{escape(name)}</code></td></tr>"
        )
    simulated = duration(round(verdict.simulated_s * US_PER_S))
    caption = f"{verdict.scenario}, seed {verdict.seed}: {verdict.verdict}, {simulated} simulated"
    head = "<tr><th style='text-align:left'>KPI</th><th>Value</th><th style='text-align:left'>Name</th></tr>"
    return f"<table><caption>{escape(caption)}</caption><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
