"""Figures of the studies, on white, for a page that is read rather than used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from isra_model.benchmarking.class_gains import ClassGain
from isra_model.benchmarking.studies import Outcome
from isra_model.figures import colours

SYMBOLS = {"alpha": "α", "beta": "β", "topics": "d_e"}


def sensitivity_figure(outcomes: Sequence[Outcome]) -> go.Figure:
    """Return one panel a setting, of outcomes named ``setting = value``: mean gain against the value.

    Bars are standard errors over tasks and seeds; the dashed line is the bare method.
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
    return _on_white(figure)


def _curve(points: Sequence[Outcome]) -> go.Scatter:
    errors = [point.gain_deviation / max(1, point.runs) ** 0.5 for point in points]
    return go.Scatter(
        x=[point.name.partition(" = ")[2] for point in points],
        y=[point.gain for point in points],
        error_y={"array": errors},
        mode="lines+markers",
        line={"color": colours.SOURCE},
        showlegend=False,
    )


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
    return _on_white(figure)


def _on_white(figure: go.Figure) -> go.Figure:
    figure.update_layout(template="plotly_white", font={"size": 13}, margin={"l": 60, "r": 20, "t": 40, "b": 50})
    return figure
