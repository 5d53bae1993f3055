"""The tables against what physics did: what was counted with its intervals, what was fitted, the rule of thumb."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from scenarios.report.load_figures import FONT, LINE, SECOND
from sim.physics.tables import RULE_OF_THUMB, at

if TYPE_CHECKING:
    from sim.physics.calibration_fit import Calibration, Fit
    from sim.physics.tables import Points

_FITTED, _COUNTED = "#1a5fb4", "#1a2027"
_MARGIN = 0.08
"""How far lines go on beyond the outermost middles, as a share of the width."""


def comparison(result: Calibration) -> go.Figure:
    """Two panels: whether a case that lost a support stays, and whether a seal lets go."""
    titles = "A case that lost a support stays", "A seal lets go of a case as it is pulled out"
    figure = make_subplots(rows=1, cols=2, subplot_titles=titles, horizontal_spacing=0.09)
    _panel(figure, 1, result.stays, RULE_OF_THUMB.stays, "its middle inside what carries it, m")
    _panel(figure, 2, result.lets_go, RULE_OF_THUMB.lets_go, "what it carries, kg")
    figure.update_yaxes(range=[-0.03, 1.03], title_text="probability", gridcolor=LINE, zeroline=False)
    figure.update_layout(
        font=FONT,
        margin={"l": 70, "r": 30, "t": 60, "b": 60},
        plot_bgcolor="#ffffff",
        paper_bgcolor="#fbfcfd",
        legend={"orientation": "h", "x": 0, "y": -0.12},
    )
    return figure


def _panel(figure: go.Figure, column: int, fit: Fit, rule: Points, title: str) -> None:
    figure.update_xaxes(title_text=title, gridcolor=LINE, zeroline=False, row=1, col=column)
    shares = [each.happened / each.count for each in fit.bins]
    figure.add_trace(
        go.Scatter(
            x=[each.where for each in fit.bins],
            y=shares,
            error_y={
                "type": "data",
                "array": [each.high - share for each, share in zip(fit.bins, shares, strict=True)],
                "arrayminus": [share - each.low for each, share in zip(fit.bins, shares, strict=True)],
            },
            mode="markers",
            marker={"color": _COUNTED, "size": 8},
            text=[f"{each.happened:,} of {each.count:,}" for each in fit.bins],
            hovertemplate="%{x:.3f}: %{text}<extra></extra>",
            name="physics, with 95 % intervals",
            showlegend=column == 1,
        ),
        row=1,
        col=column,
    )
    ends = [each.where for each in fit.bins] or [0.0]
    for name, points, line in (
        ("fitted", fit.points, {"color": _FITTED, "width": 3}),
        ("rule of thumb", rule, {"color": SECOND, "width": 2, "dash": "dash"}),
    ):
        if points:
            x, y = _drawn(points, min(ends), max(ends))
            trace = go.Scatter(x=x, y=y, mode="lines", line=line, name=name, showlegend=column == 1)
            figure.add_trace(trace, row=1, col=column)


def _drawn(points: Points, low: float, high: float) -> tuple[list[float], list[float]]:
    """The line through the points, level beyond them."""
    more = (high - low) * _MARGIN
    x = sorted({low - more, *(where for where, _ in points), high + more})
    return x, [at(points, where) for where in x]
