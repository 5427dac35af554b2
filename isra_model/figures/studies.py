"""Figures of what is recorded: on white for a page that is read, on nothing for one that is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from isra_model.benchmarking.class_gains import ClassGain
from isra_model.benchmarking.results import Gain
from isra_model.benchmarking.studies import Outcome
from isra_model.figures import colours

SYMBOLS = {"alpha": "α", "beta": "β", "topics": "d<sub>e</sub>"}


def sensitivity_figure(outcomes: Sequence[Outcome]) -> go.Figure:
    """Return one panel a setting, of outcomes named ``setting = value``: mean gain against the value.

    Bars are 95 % intervals over tasks; the dashed line is the bare method.
    """
    curves: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        curves.setdefault(outcome.name.partition(" = ")[0], []).append(outcome)
    titles = [SYMBOLS.get(name, name) for name in curves]
    figure = make_subplots(1, len(curves), subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.03)
    for column, points in enumerate(curves.values(), start=1):
        figure.add_trace(_curve(points), row=1, col=column)
        figure.add_hline(y=0.0, line={"dash": "dash", "color": colours.UNSHARED}, row=1, col=column)
        figure.update_xaxes(type="category", row=1, col=column)
    figure.update_yaxes(title="gain over BA3US, points", row=1, col=1)
    return on_white(figure)


def _curve(points: Sequence[Outcome]) -> go.Scatter:
    gains = [point.gain for point in points]
    return go.Scatter(
        x=[point.name.partition(" = ")[2] for point in points],
        y=[gain and gain.mean for gain in gains],
        error_y=_bars(gains),
        customdata=[point.name for point in points],
        mode="lines+markers",
        line={"color": colours.SOURCE},
        showlegend=False,
    )


def gains_figure(ours: Sequence[tuple[str, Gain]], papers: Sequence[tuple[str, Gain]], printed: float) -> go.Figure:
    """Return a forest plot: one line a comparison with its 95 % interval, ours above the paper's.

    Parameters
    ----------
    ours, papers : Sequence[tuple[str, Gain]]
        What each comparison is called, and what it came to.
    printed : float
        The gain that the paper states, as a dashed line.
    """
    rows = [*ours, *papers]
    heights = [-float(place) - (0.5 if place >= len(ours) else 0.0) for place in range(len(rows))]
    figure = go.Figure()
    marks = {"symbol": "circle", "color": colours.SOURCE}, {"symbol": "square-open", "color": colours.UNSHARED}
    for name, found, places, mark in (
        ("recorded here", ours, heights[: len(ours)], marks[0]),
        ("the paper's", papers, heights[len(ours) :], marks[1]),
    ):
        figure.add_trace(_intervals(name, found, places, mark))
    figure.add_vline(x=0.0, line={"color": colours.TEXT, "width": 1})
    figure.add_vline(x=printed, line={"color": colours.TARGET, "width": 1.5, "dash": "dash"})
    figure.add_annotation(x=printed, y=1.0, yref="paper", yanchor="bottom", text=f"paper {printed:+.1f}")
    for (label, gain), height in zip(rows, heights, strict=True):
        beside = {"y": height, "xref": "paper", "showarrow": False}
        named = f"{label}<br><span style='font-size:11px'>{counts(gain)}</span>"
        figure.add_annotation(text=named, x=0.0, xanchor="right", xshift=-10, align="right", **beside)
        figure.add_annotation(text=interval(gain), x=1.0, xanchor="left", xshift=10, **beside)
    figure.update_annotations(showarrow=False)
    figure.update_xaxes(title="difference with ISRA, points", zeroline=False)
    figure.update_yaxes(visible=False, range=[min(heights, default=0.0) - 0.6, 0.6])
    return figure.update_layout(height=110 + 42 * len(rows), margin={"l": 260, "r": 140, "t": 26, "b": 46})


def _intervals(
    name: str, rows: Sequence[tuple[str, Gain]], heights: Sequence[float], mark: dict[str, str]
) -> go.Scatter:
    gains = [gain for _, gain in rows]
    return go.Scatter(
        name=name,
        x=[gain.mean for gain in gains],
        y=list(heights),
        error_x=_bars(gains) | {"thickness": 2, "width": 5},
        customdata=list(range(len(gains))),
        text=[f"{label}: {interval(gain)}, {counts(gain)}" for label, gain in rows],
        hovertemplate="%{text}<extra></extra>",
        mode="markers",
        marker={"size": 10, **mark},
        showlegend=False,
    )


def _bars(gains: Sequence[Gain | None]) -> dict[str, Any]:
    """Return the intervals as Plotly's error bars."""
    return {
        "array": [gain and gain.interval[1] - gain.mean for gain in gains],
        "arrayminus": [gain and gain.mean - gain.interval[0] for gain in gains],
    }


def interval(gain: Gain) -> str:
    """Return a gain and its interval as text."""
    return str(gain).replace("-", "−")


def counts(gain: Gain) -> str:
    """Return what a gain is over, e.g. ``14 pairs of 6 tasks and 3 seeds``; printed tables say no seeds."""
    return f"{gain.pairs} pairs of {gain.tasks} tasks and {gain.seeds} seeds" if gain.seeds else f"{gain.tasks} tasks"


def class_gain_figure(gains: Sequence[ClassGain]) -> go.Figure:
    """Return each class of each task: its gain with ISRA against its similarity to the nearest source-only class."""
    figure = go.Figure()
    tasks = list(dict.fromkeys((gain.source, gain.target) for gain in gains))
    for index, (source, target) in enumerate(tasks):
        rows = [gain for gain in gains if (gain.source, gain.target) == (source, target)]
        figure.add_trace(
            go.Scatter(
                x=[row.similarity for row in rows],
                y=[row.gain for row in rows],
                text=[f"{row.label} (like {row.nearest})" for row in rows],
                mode="markers",
                marker={"color": colours.CLASS_COLOURS[index % len(colours.CLASS_COLOURS)], "size": 6, "opacity": 0.7},
                name=f"{source} → {target}",
            )
        )
    similarity, points = np.array([gain.similarity for gain in gains]), np.array([gain.gain for gain in gains])
    slope, offset = np.polyfit(similarity, points, 1)
    ends = np.array([similarity.min(), similarity.max()])
    figure.add_trace(
        go.Scatter(x=ends, y=slope * ends + offset, mode="lines", line={"color": colours.TEXT}, name="least squares")
    )
    figure.update_xaxes(title="similarity to the nearest source-only class (cosine)")
    figure.update_yaxes(title="gain with ISRA, points")
    return on_white(figure)


def on_page(figure: go.Figure) -> go.Figure:
    """Return a figure without a ground of its own, for a page that may be light or dark."""
    figure.update_layout(
        template=go.layout.Template(),
        paper_bgcolor=colours.CLEAR,
        plot_bgcolor=colours.CLEAR,
        font={"size": 12.5, "color": colours.TEXT},
        dragmode=False,
    )
    grid = {"gridcolor": "rgba(127,127,127,0.18)", "fixedrange": True, "zeroline": False}
    return figure.update_xaxes(grid).update_yaxes(grid)


def on_white(figure: go.Figure) -> go.Figure:
    """Return a figure on white, for a page that is read."""
    figure.update_layout(template="plotly_white", font={"size": 13}, margin={"l": 60, "r": 20, "t": 40, "b": 50})
    return figure
