"""Learning curves of trained models, from their logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from isra_model.figures import colours
from isra_model.figures.studies import on_white


@dataclass(frozen=True)
class LearningCurve:
    """Accuracy over one training; nothing was chosen by it.

    Attributes
    ----------
    task : str
        Its source and target.
    model : str
        The model's title.
    steps : Sequence[int]
        Steps taken before each evaluation.
    accuracy : Sequence[float]
        Percent, of target images that no training saw.
    """

    task: str
    model: str
    steps: Sequence[int]
    accuracy: Sequence[float]


def learning_curves_figure(curves: Sequence[LearningCurve]) -> go.Figure:
    """Return one panel a task with a line a model."""
    tasks = list(dict.fromkeys(curve.task for curve in curves))
    models = list(dict.fromkeys(curve.model for curve in curves))
    titles = [task.replace(" → ", "<br>→ ") for task in tasks]
    figure = make_subplots(1, len(tasks), subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.02)
    named: set[str] = set()
    for curve in curves:
        place = models.index(curve.model)
        line = go.Scatter(
            x=list(curve.steps),
            y=list(curve.accuracy),
            name=curve.model,
            legendgroup=curve.model,
            showlegend=curve.model not in named,
            mode="lines+markers",
            line={"color": colours.CLASS_COLOURS[place]},
            marker={"symbol": ("circle", "square", "triangle-up", "diamond")[place % 4], "size": 7},
        )
        named.add(curve.model)
        figure.add_trace(line, row=1, col=tasks.index(curve.task) + 1)
    figure.update_xaxes(title="steps", rangemode="tozero")
    figure.update_yaxes(title="held-out accuracy, %", row=1, col=1)
    return on_white(figure).update_layout(legend={"orientation": "h", "y": -0.22}, margin={"t": 60})
