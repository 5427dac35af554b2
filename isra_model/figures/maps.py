"""The linked maps: one panel a model, the same points in each, drawn once and recoloured in the browser.

The traces of a figure are ordered model by model: source points, target points, then the uploaded image as a star.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from isra_model.figures import colours
from isra_model.inspection.gallery import Gallery, ModelRows
from isra_model.inspection.maps import torn_apart
from isra_model.inspection.selection import changes
from isra_model.inspection.views import MapName, MapPlacement

DOMAINS = ("source", "target")
TRACES_A_MODEL = len(DOMAINS) + 1
ColourBy = Literal[
    "domain",
    "class",
    "prediction",
    "correct",
    "class weight",
    "sample weight",
    "topic",
    "prediction changed",
    "neighbours changed",
    "overlap",
    "torn apart",
]
COLOUR_BY: tuple[ColourBy, ...] = get_args(ColourBy)


@dataclass(frozen=True)
class MapStyle:
    """What the points show.

    Attributes
    ----------
    map_name : MapName
        "umap" or "tsne".
    colour_by : ColourBy
        The quantity that gives the colour.
    topic : int
        The topic of `colour_by` = "topic".
    against : str
        The model that "prediction changed" and "neighbours changed" compare the others with; the first one shown if
        there is none of that name.
    """

    map_name: MapName = "umap"
    colour_by: ColourBy = "domain"
    topic: int = 0
    against: str = ""


def colourings(gallery: Gallery) -> tuple[ColourBy, ...]:
    """Return what a gallery's points can be coloured by; *correct* needs labels on all rows, *changed* two models."""
    has_topics = any(rows.topic_values.shape[1] for rows in gallery.models.values())
    alone = len(gallery.models) == 1
    left_out = {
        "correct": not gallery.labelled,
        "topic": not has_topics,
        "prediction changed": alone,
        "neighbours changed": alone,
    }
    return tuple(name for name in COLOUR_BY if not left_out.get(name))


def linked_maps(gallery: Gallery, titles: Mapping[str, str], style: MapStyle) -> go.Figure:
    """Return one panel for each model in `titles` (name to title); a point's `customdata` is its row in the gallery."""
    figure = make_subplots(1, len(titles), subplot_titles=list(titles.values()), horizontal_spacing=0.012)
    colouring = {update["trace"]: update for update in recolour(gallery, tuple(titles), style)["updates"]}
    for column, model in enumerate(titles, start=1):
        positions = gallery.models[model].maps[style.map_name].positions
        for offset, domain in enumerate(DOMAINS):
            rows = np.flatnonzero(gallery.domains == domain)
            trace = (column - 1) * TRACES_A_MODEL + offset
            figure.add_trace(_points(positions, rows, domain, colouring[trace]), 1, column)
        figure.add_trace(_star(), 1, column)
    return _bare(figure, len(titles))


def recolour(gallery: Gallery, models: tuple[str, ...], style: MapStyle) -> dict[str, Any]:
    """Return marker colours and symbols for every trace of points, and the legend that explains them."""
    updates = []
    style = style if style.against in models else replace(style, against=models[0])
    shown = [gallery.models[model] for model in models]
    values = [_values(gallery, model, style) for model in shown]
    limits = _limits(values)
    for number, (model, of_model) in enumerate(zip(shown, values, strict=True)):
        for offset, domain in enumerate(DOMAINS):
            rows = np.flatnonzero(gallery.domains == domain)
            if of_model is None:
                colour = _colour(gallery, model, rows, style)
            else:
                colour = colours.sequential(of_model[rows], limits)
            symbol = _symbol(gallery, model, rows, domain, style)
            updates.append({"trace": number * TRACES_A_MODEL + offset, "color": colour, "symbol": symbol})
    return {"updates": updates, "legend": _legend(gallery, style, limits)}


def geometry(gallery: Gallery, models: tuple[str, ...], map_name: MapName) -> list[dict[str, Any]]:
    """Return x and y for every trace of points, to move them to another map without a new figure."""
    moved = []
    for number, model in enumerate(models):
        positions = gallery.models[model].maps[map_name].positions
        moved += _coordinates(gallery, positions, number)
    return moved


def training_frames(gallery: Gallery, models: tuple[str, ...], map_name: MapName) -> list[dict[str, Any]]:
    """Return the maps during training, first step first: {"step", "traces"}; empty if no snapshots were kept.

    There is a frame at each step at which a model kept a snapshot; the others are where they were last, before their
    first snapshot where that has them. A model that kept none stays where it is: the frames have no traces of it.
    """
    histories = {number: gallery.models[model].maps[map_name].snapshots for number, model in enumerate(models)}
    steps = sorted({snapshot.step for snapshots in histories.values() for snapshot in snapshots})
    frames = []
    for step in steps:
        traces: list[dict[str, Any]] = []
        for number, snapshots in histories.items():
            if snapshots:
                then = next((each for each in reversed(snapshots) if each.step <= step), snapshots[0])
                traces += _coordinates(gallery, then.positions, number)
        frames.append({"step": step, "traces": traces})
    return frames


def playable(gallery: Gallery, models: tuple[str, ...]) -> list[str]:
    """Return which of the models kept snapshots, so that their training can be played."""
    return [model for model in models if any(fitted.snapshots for fitted in gallery.models[model].maps.values())]


def star_positions(placements: Mapping[str, Mapping[MapName, MapPlacement]], map_name: MapName) -> list[dict[str, Any]]:
    """Return where the uploaded image lies on each model's map, in the order of the models."""
    stars = []
    for number, of_model in enumerate(placements.values()):
        placement = of_model[map_name]
        trace = number * TRACES_A_MODEL + len(DOMAINS)
        position = [round(float(value), 3) for value in placement.position]
        stars.append({"trace": trace, "position": position, "off_map": placement.off_map})
    return stars


def _coordinates(gallery: Gallery, positions: NDArray[np.float32], number: int) -> list[dict[str, Any]]:
    coordinates = []
    for offset, domain in enumerate(DOMAINS):
        x, y = positions[gallery.domains == domain].round(3).T
        coordinates.append({"trace": number * TRACES_A_MODEL + offset, "x": x.tolist(), "y": y.tolist()})
    return coordinates


def _points(
    positions: NDArray[np.float32], rows: NDArray[np.int64], domain: str, colouring: Mapping[str, Any]
) -> go.Scattergl:
    looks = {"color": colouring["color"], "symbol": colouring["symbol"]}
    marker = looks | {"size": 6, "opacity": 0.8, "line": {"width": 0}}
    return go.Scattergl(
        x=positions[rows, 0],
        y=positions[rows, 1],
        customdata=rows.astype(np.int32),
        mode="markers",
        marker=marker,
        hoverinfo="none",
        name=domain,
        unselected={"marker": {"opacity": 0.08}},
    )


def _star() -> go.Scattergl:
    marker = {"symbol": "star", "size": 20, "color": colours.STAR, "line": {"width": 1.5, "color": colours.STAR_EDGE}}
    # WebGL like the points: an SVG star would lie under them.
    return go.Scattergl(x=[None], y=[None], mode="markers", marker=marker, hoverinfo="none", name="your image")


def _bare(figure: go.Figure, panels: int) -> go.Figure:
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    for panel in range(1, panels + 1):
        anchor = "x" if panel == 1 else f"x{panel}"
        figure.update_yaxes(scaleanchor=anchor, col=panel)
    figure.update_layout(
        template="none",
        showlegend=False,
        dragmode="lasso",
        hovermode="closest",
        margin={"l": 0, "r": 0, "t": 28, "b": 0},
        paper_bgcolor=colours.CLEAR,
        plot_bgcolor=colours.PANEL,
        font={"family": "IBM Plex Sans, ui-sans-serif, system-ui, sans-serif", "size": 13, "color": colours.TEXT},
        newselection={"line": {"color": colours.TEXT, "width": 1.5, "dash": "dot"}},
    )
    return figure


def _values(gallery: Gallery, model: ModelRows, style: MapStyle) -> NDArray[np.float32] | None:
    """Return (n,) the quantity behind a sequential colour, or None where this model does not have it."""
    if style.colour_by == "class weight":
        known = np.where(gallery.domains == "source", gallery.labels, model.predicted)
        return model.class_weight[known]
    if style.colour_by == "sample weight":
        return model.sample_weight
    fitted = model.maps[style.map_name]
    if style.colour_by == "overlap":
        return fitted.overlap
    if style.colour_by == "torn apart":
        return torn_apart(model.neighbours, fitted.positions)
    if style.colour_by in ("prediction changed", "neighbours changed"):
        before = gallery.models[style.against]
        kept, shift = changes(before, model)
        return None if model is before else shift if style.colour_by == "prediction changed" else 1 - kept
    has_topic = style.topic < model.topic_values.shape[1]
    return model.topic_values[:, style.topic] if style.colour_by == "topic" and has_topic else None


def _limits(values: Sequence[NDArray[np.float32] | None]) -> tuple[float, float]:
    """Return one scale for all panels, so that their colours compare: the 1st and 99th percentile."""
    known = [array for array in values if array is not None]
    if not known:
        return 0.0, 1.0
    low, high = np.percentile(np.concatenate(known), (1, 99))
    return float(low), float(high)


def _colour(gallery: Gallery, model: ModelRows, rows: NDArray[np.int64], style: MapStyle) -> str | list[str]:
    """Return the colours where there is no quantity behind them; grey where this model lacks it."""
    if style.colour_by == "domain":
        return colours.DOMAIN_COLOURS[str(gallery.domains[rows[0]])]
    if style.colour_by == "class":
        return colours.categorical(gallery.labels[rows], gallery.shared)
    if style.colour_by == "prediction":
        return colours.categorical(model.predicted[rows], gallery.shared)
    if style.colour_by == "correct":
        return [colours.CORRECT[is_right] for is_right in _correct(gallery, model, rows)]
    return colours.UNSHARED


def _symbol(
    gallery: Gallery, model: ModelRows, rows: NDArray[np.int64], domain: str, style: MapStyle
) -> str | list[str]:
    symbol = colours.SYMBOLS[domain]
    if style.colour_by != "correct":
        return symbol
    return [f"{symbol}-open" if is_right is False else symbol for is_right in _correct(gallery, model, rows)]


def _correct(gallery: Gallery, model: ModelRows, rows: NDArray[np.int64]) -> list[bool | None]:
    """Return whether the model is right about each row; None where nobody knows."""
    pairs = zip(model.predicted[rows].tolist(), gallery.labels[rows].tolist(), strict=True)
    return [predicted == label if label >= 0 else None for predicted, label in pairs]


def _legend(gallery: Gallery, style: MapStyle, limits: tuple[float, float]) -> dict[str, Any]:
    if style.colour_by == "domain":
        entries = [{"name": domain, "colour": colours.DOMAIN_COLOURS[domain], "symbol": domain} for domain in DOMAINS]
        return {"kind": "entries", "entries": entries}
    if style.colour_by == "correct":
        right = {"name": "right", "colour": colours.RIGHT, "symbol": "filled"}
        wrong = {"name": "wrong", "colour": colours.WRONG, "symbol": "open"}
        return {"kind": "entries", "entries": [right, wrong]}
    if style.colour_by in ("class", "prediction"):
        enough = gallery.shared.sum() <= len(colours.CLASS_COLOURS)
        name = "shared class, a hue each" if enough else "shared class (hues repeat)"
        hues = {"name": name, "colour": colours.CLASS_COLOURS[0], "symbol": "filled"}
        grey = {"name": "source-only class", "colour": colours.UNSHARED, "symbol": "filled"}
        if not gallery.labelled:
            hues["name"], grey["name"] = name.removeprefix("shared "), "no label"
        return {"kind": "entries", "entries": [hues, grey]}
    return {"kind": "scale", "colours": list(colours.SEQUENTIAL), "low": limits[0], "high": limits[1]}
