"""Figures 3 to 5 of the paper from a gallery, with the numbers of the page's views *Weights*, *Map* and *Classes*."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image
from plotly.subplots import make_subplots

from isra_model.figures import colours
from isra_model.inspection.classes import Doubt, class_rates, class_similarity, doubtful_annotations
from isra_model.inspection.gallery import Gallery
from isra_model.inspection.weights import batches, weighted_batch

HEIGHTS = {3: 0.95, 4: 0.54, 5: 0.25, 6: 0.38}
"""Of each of the paper's figures, as a share of its width."""
DOUBTS_SHOWN = 5
WIDEST_SCORE = 3.0
MARKS = ("circle", "diamond", "x")


@dataclass(frozen=True)
class Subject:
    """What a figure is of.

    Attributes
    ----------
    gallery : Gallery
        The images and what each model says of them.
    titles : Mapping[str, str]
        The models that are compared, name to title, in the order in which they are shown.
    model : str
        The one that the figure is about.
    """

    gallery: Gallery
    titles: Mapping[str, str]
    model: str


def weights_figure(
    subject: Subject, number: int = 0, history: Mapping[int, Sequence[float]] = MappingProxyType({})
) -> go.Figure:
    """Return figure 3: the weights and topics of a mini-batch, the maps of all models, and class weights.

    Parameters
    ----------
    subject : Subject
        The models.
    number : int
        Which mini-batch, see `batches`.
    history : Mapping[int, Sequence[float]]
        The model's class weights during training, by the number of steps before them; left out where it is empty.

    Raises
    ------
    IndexError
        If there is no such mini-batch.
    """
    count = len(subject.titles)
    rows: list[list[dict[str, Any] | None]] = [
        [{"colspan": count}, *[None] * (count - 1)] * 3,
        [{"colspan": 3}, None, None] * count,
        [{"colspan": 3 * count}, *[None] * (3 * count - 1)],
    ]
    names = ["Entropy conditioning 1 + exp(−H)", "Weight in the adversarial loss", "Topics, standard scores"]
    names += [f"{title}: t-SNE" for title in subject.titles.values()] + ["Class weights"]
    if history:
        rows.append(rows[-1])
        names.append(f"Class weights of {subject.titles[subject.model]} over training")
    figure = make_subplots(
        len(rows),
        3 * count,
        specs=rows,
        subplot_titles=[f"({letter}) {name}" for letter, name in zip("abcdefghijklmnop", names, strict=False)],
        vertical_spacing=0.09,
        row_heights=[1, 1.25, 1, 1][: len(rows)],
    )
    _add_batch(figure, subject, number)
    for place, model in enumerate(subject.titles):
        _add_map(figure, subject.gallery, model, column=3 * place + 1)
    _add_class_weights(figure, subject)
    if history:
        _add_history(figure, subject.gallery, history)
    figure.update_layout(legend={"orientation": "h", "y": -0.16, "x": 0}, margin={"l": 40, "r": 10, "t": 24, "b": 20})
    return figure


def similarity_figure(subject: Subject) -> go.Figure:
    """Return figure 4 with table 3: how alike the domains' classes are, and how well each model tells the target's.

    The accuracies, with Wilson's 95 % intervals, are left out where target labels are unknown.
    """
    gallery, found = subject.gallery, class_similarity(subject.gallery, subject.model)
    columns = _shared_first(gallery, found.sources)
    labelled = gallery.labelled
    titles = [f"Class similarity, {subject.titles[subject.model]}", "Accuracy, %"]
    figure = make_subplots(
        1,
        1 + labelled,
        subplot_titles=[f"({letter}) {title}" for letter, title in zip("ab", titles, strict=True)][: 1 + labelled],
        column_widths=[0.86, 0.14] if labelled else None,
        horizontal_spacing=0.02,
        shared_yaxes=True,
    )
    heat = go.Heatmap(
        z=found.cosines[:, columns],
        zmin=-1,
        zmax=1,
        colorscale=colours.RAMPS["signed"],
        xgap=0.5,
        ygap=0.5,
        colorbar={
            "orientation": "h",
            "y": -0.26,
            "yanchor": "top",
            "len": 0.3,
            "x": 0,
            "xanchor": "left",
            "thickness": 6,
        },
    )
    figure.add_trace(heat, 1, 1)
    names = [_words(gallery.classes[label]) for label in found.sources[columns]]
    figure.update_xaxes(tickvals=list(range(len(names))), ticktext=names, tickangle=-90, col=1)
    rows = [_words(gallery.classes[label]) for label in found.targets]
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=rows, range=[len(rows) - 0.5, -0.5], showgrid=False, zeroline=False
    )
    _mark_source_only(figure, gallery.shared[found.sources[columns]], row=1)
    if labelled:
        _add_accuracies(figure, subject, found.targets)
    below = {"orientation": "h", "x": 1, "xanchor": "right", "y": -0.26, "yanchor": "top"}
    figure.update_layout(legend=below, margin={"l": 70, "r": 10, "t": 24, "b": 40})
    return figure


def doubts_figure(subject: Subject) -> go.Figure:
    """Return figure 5: the images whose label the model and the images' neighbours contradict, the worst first.

    Raises
    ------
    ValueError
        If there is none that may be shown.
    """
    gallery = subject.gallery
    doubts = [doubt for doubt in doubtful_annotations(gallery, subject.model) if gallery.has_picture(doubt.row)]
    doubts = doubts[:DOUBTS_SHOWN]
    if not doubts:
        raise ValueError("There is no label here that both the model and the neighbours contradict.")
    captions = [_caption(gallery, letter, doubt) for letter, doubt in zip("abcdef", doubts, strict=False)]
    figure = make_subplots(1, len(doubts), horizontal_spacing=0.02)
    for column, (doubt, caption) in enumerate(zip(doubts, captions, strict=True), start=1):
        picture = go.Image(source=_png_url(gallery.thumbnail(doubt.row)))
        figure.add_trace(picture, 1, column)
        figure.update_xaxes(visible=False, row=1, col=column)
        figure.update_yaxes(visible=False, row=1, col=column)
        below = {"xref": "x domain", "yref": "y domain", "x": 0.5, "y": -0.03, "yanchor": "top"}
        figure.add_annotation(text=caption, showarrow=False, row=1, col=column, **below)
    figure.update_layout(margin={"l": 2, "r": 2, "t": 4, "b": 60})
    return figure


def _add_batch(figure: go.Figure, subject: Subject, number: int) -> None:
    """Add the panels of one mini-batch: two weights of each image, and the topics that differ most in it."""
    gallery, count = subject.gallery, len(subject.titles)
    batch = weighted_batch(gallery, subject.model, batches(gallery)[number])
    places = np.arange(len(batch.rows))
    for column, values in ((1, batch.confidence), (count + 1, batch.weight)):
        for domain, pattern in (("source", ""), ("target", "/")):
            mine = gallery.domains[batch.rows] == domain
            looks = {"color": colours.DOMAIN_COLOURS[domain], "pattern": {"shape": pattern}, "line": {"width": 0}}
            bars = go.Bar(x=places[mine], y=values[mine], marker=looks, name=domain, showlegend=False, width=0.8)
            figure.add_trace(bars, 1, column)
        figure.update_xaxes(title="image: source, then target", showticklabels=False, row=1, col=column)
    heat = go.Heatmap(
        z=batch.strengths,
        zmin=-WIDEST_SCORE,
        zmax=WIDEST_SCORE,
        colorscale=colours.RAMPS["signed"],
        showscale=False,
    )
    figure.add_trace(heat, 1, 2 * count + 1)
    figure.update_xaxes(title="topic", showticklabels=False, row=1, col=2 * count + 1)
    figure.update_yaxes(title="image", showticklabels=False, autorange="reversed", row=1, col=2 * count + 1)


def _add_map(figure: go.Figure, gallery: Gallery, model: str, column: int) -> None:
    positions = gallery.models[model].maps["tsne"].positions
    for domain, symbol in colours.SYMBOLS.items():
        x, y = positions[gallery.domains == domain].round(2).T
        looks = {"color": colours.DOMAIN_COLOURS[domain], "symbol": symbol, "size": 2.5, "opacity": 0.7}
        dots = go.Scatter(x=x, y=y, mode="markers", marker=looks, name=domain, showlegend=column == 1)
        figure.add_trace(dots, 2, column)
    figure.update_xaxes(visible=False, row=2, col=column)
    figure.update_yaxes(visible=False, row=2, col=column)


def _add_class_weights(figure: go.Figure, subject: Subject) -> None:
    gallery = subject.gallery
    columns = _shared_first(gallery, np.arange(len(gallery.classes)))
    for place, (model, title) in enumerate(subject.titles.items()):
        looks = {"symbol": MARKS[place % len(MARKS)], "size": 4, "color": colours.CLASS_COLOURS[place]}
        weights = gallery.models[model].class_weight[columns]
        figure.add_trace(go.Scatter(y=weights, mode="markers", marker=looks, name=title), 3, 1)
    names = [_words(gallery.classes[label]) for label in columns]
    figure.update_xaxes(
        tickvals=list(range(len(names))), ticktext=names, tickangle=-90, range=[-0.6, len(names) - 0.4], row=3, col=1
    )
    _mark_source_only(figure, gallery.shared[columns], row=3)


def _add_history(figure: go.Figure, gallery: Gallery, history: Mapping[int, Sequence[float]]) -> None:
    steps, weights = list(history), np.array(list(history.values()), dtype=np.float32)
    for shared, name, dash in ((True, "shared class", "solid"), (False, "source-only class", "dot")):
        first = True
        for label in np.flatnonzero(gallery.shared == shared):
            line = {"color": colours.SOURCE if shared else colours.UNSHARED, "width": 1, "dash": dash}
            curve = go.Scatter(x=steps, y=weights[:, label], mode="lines", line=line, name=name)
            figure.add_trace(curve.update(showlegend=first), 4, 1)
            first = False
    figure.update_xaxes(title="training step", row=4, col=1)


def _add_accuracies(figure: go.Figure, subject: Subject, targets: NDArray[np.int64]) -> None:
    """Add each model's accuracy of each class of the target, one above the other within a class's line."""
    offsets = np.linspace(-0.26, 0.26, len(subject.titles)) if len(subject.titles) > 1 else np.zeros(1)
    for place, (offset, (model, title)) in enumerate(zip(offsets, subject.titles.items(), strict=True)):
        rates = class_rates(subject.gallery, model)
        chosen = [rates[label] for label in targets.tolist()]
        percents = np.array([rate.percent for rate in chosen])
        low, high = np.array([rate.interval for rate in chosen]).T
        dots = go.Scatter(
            x=percents,
            y=np.arange(len(targets)) + offset,
            mode="markers",
            marker={"symbol": MARKS[place % len(MARKS)], "size": 3.5, "color": colours.CLASS_COLOURS[place]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": high - percents,
                "arrayminus": percents - low,
                "thickness": 0.5,
                "width": 0,
            },
            name=title,
        )
        figure.add_trace(dots, 1, 2)
    figure.update_xaxes(range=[-4, 104], tickvals=[0, 50, 100], zeroline=False, row=1, col=2)


def _shared_first(gallery: Gallery, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of the target's classes, then those of source-only ones, each in the order of `labels`."""
    return np.argsort(~gallery.shared[labels], kind="stable")


def _mark_source_only(figure: go.Figure, shared: NDArray[np.bool_], row: int) -> None:
    """Draw a line between the shared classes and the source-only ones that follow them."""
    if shared.all():
        return
    border = float(shared.sum()) - 0.5
    line = {"dash": "dash", "width": 1, "color": "#000000"}
    figure.add_vline(x=border, line=line, row=row, col=1)
    if row != 1:
        words = {"text": "source-only →", "x": border, "xanchor": "left", "y": 1, "yanchor": "top", "yref": "y domain"}
        figure.add_annotation(showarrow=False, row=row, col=1, **words)


def _caption(gallery: Gallery, letter: str, doubt: Doubt) -> str:
    label, predicted, rival = (
        _words(gallery.classes[each]) for each in (gallery.labels[doubt.row], doubt.predicted, doubt.rival)
    )
    lines: Sequence[str] = (
        f"({letter}) {label}",
        f"model: {predicted} {100 * doubt.probability:.0f} %",
        f"nearest: {rival} {100 * doubt.votes:.0f} %",
        str(gallery.domains[doubt.row]),
    )
    return "<br>".join(lines)


def _png_url(image: Image.Image) -> str:
    """Return an image as a data URL in PNG, which every program that reads SVG can draw."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _words(label: str) -> str:
    return label.replace("_", " ")
