"""The plots of a view at print size, for the browser to draw: the figures of `python -m isra_model figure`."""

from __future__ import annotations

import plotly.graph_objects as go

from isra_model.figures.paper import HEIGHTS, Subject, similarity_figure, weights_figure
from isra_model.figures.printing import PrintSize, set_in_print
from isra_model.interface.studio import OpenTask
from isra_model.training.log import read_class_weights

WIDTH, POINTS = 180.0, 6.0


def printed_address(task: OpenTask, view: str) -> str:
    """Return where the page finds the plots of a view; relative, since the page may lie below any path."""
    return f"figures/{task.name}/{view}.json"


def printed_figure(task: OpenTask, view: str, model: str | None, number: int) -> go.Figure:
    """Return the plots of *Weights* or *Classes* for one model, by default the last.

    Parameters
    ----------
    task : OpenTask
        The models.
    view : str
        "weights" or "classes".
    model : str | None
        The one that it is about.
    number : int
        Which mini-batch of *Weights*, from 0.

    Raises
    ------
    LookupError
        If there is no such view, model or mini-batch.
    """
    subject = Subject(task.gallery, task.titles, model or task.models[-1])
    match view:
        case "weights":
            history = read_class_weights(task.inspectors[subject.model].checkpoint.folder)
            figure, height = weights_figure(subject, number, history), HEIGHTS[3]
        case "classes":
            figure, height = similarity_figure(subject), HEIGHTS[4]
        case _:
            raise LookupError(view)
    return set_in_print(figure, PrintSize(WIDTH, WIDTH * height, font=POINTS))
