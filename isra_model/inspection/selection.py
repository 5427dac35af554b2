"""Questions about some rows of the gallery: who they are, which topics they share, what adaptation changed."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isra_model.inspection.gallery import Gallery, ModelRows
from isra_model.inspection.mixing import Mixing, mixing
from isra_model.inspection.neighbours import shared_neighbours
from isra_model.inspection.views import Domain, MapName


@dataclass(frozen=True)
class ClassCount:
    """How many of the selected rows have a label."""

    label: str
    count: int


@dataclass(frozen=True)
class TopicContrast:
    """A topic's mean value f(x)_j in the selection and in all other rows."""

    index: int
    inside: float
    outside: float


@dataclass(frozen=True)
class Moved:
    """What a second model changed for one row.

    Attributes
    ----------
    row : int
        The row.
    kept : float
        Share of its nearest neighbours under the first model that it keeps under the second, in [0, 1].
    shift : float
        Half the summed change of its class probabilities, in [0, 1].
    """

    row: int
    kept: float
    shift: float


@dataclass(frozen=True)
class Selection:
    """A summary of some rows of the gallery, under one model.

    Attributes
    ----------
    rows : NDArray[np.int64]
        (k,) the selected rows, in ascending order.
    domains : Mapping[Domain, int]
        Number of rows by domain.
    classes : tuple[ClassCount, ...]
        Number of rows by label, most frequent first; rows without a label are not counted.
    topics : tuple[TopicContrast, ...]
        Topics by contrast, strongest first, in units of the topic's standard deviation; empty without ISRA or when all
        rows are selected.
    mixing : Mixing
        How mixed the domains are among the rows' neighbours, and what chance would give.
    overlap : Mapping[MapName, float]
        By map, the mean share of a row's nearest neighbours that are its nearest on the map too; empty for no row.
    """

    rows: NDArray[np.int64]
    domains: Mapping[Domain, int]
    classes: tuple[ClassCount, ...]
    topics: tuple[TopicContrast, ...]
    mixing: Mixing
    overlap: Mapping[MapName, float]


def summarise(gallery: Gallery, model: str, rows: Sequence[int]) -> Selection:
    """Return a summary of `rows`, whose topics and neighbours are those of `model`."""
    chosen = np.unique(np.array(rows, dtype=np.int64))
    domains, maps = gallery.domains[chosen], gallery.models[model].maps
    return Selection(
        rows=chosen,
        domains={"source": int((domains == "source").sum()), "target": int((domains == "target").sum())},
        classes=_class_counts(gallery, chosen),
        topics=_contrasts(gallery.models[model].topic_values, chosen),
        mixing=mixing(gallery, model, chosen),
        overlap={name: float(fitted.overlap[chosen].mean()) for name, fitted in maps.items() if len(chosen)},
    )


def changes(before: ModelRows, after: ModelRows) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the share of its nearest neighbours that each row keeps, and the `shift` of its prediction: (n,) both."""
    kept = shared_neighbours(before.neighbours, after.neighbours)
    shift: NDArray[np.float32] = np.abs(before.probabilities - after.probabilities).sum(axis=1) / 2
    return kept, shift


def moved_most(gallery: Gallery, before: str, after: str, count: int = 24) -> tuple[Moved, ...]:
    """Return the target rows that keep the fewest neighbours from one model to the other; equals by their `shift`.

    They are the source's rows where the gallery has no picture of the target's.
    """
    kept, shift = changes(gallery.models[before], gallery.models[after])
    shown = np.arange(gallery.sprites.pictures)
    targets = shown[gallery.domains[shown] == "target"]
    rows = targets if len(targets) else shown
    ranked = rows[np.lexsort((-shift[rows], kept[rows]))][:count]
    return tuple(Moved(row, float(kept[row]), float(shift[row])) for row in ranked.tolist())


def rows_as_csv(gallery: Gallery, model: str, rows: Sequence[int]) -> str:
    """Return `rows` as comma-separated text: who they are, and what `model` predicts and where it puts them."""
    said = gallery.models[model]
    predicted = said.predicted
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    coordinates = [f"{name}_{axis}" for name in said.maps for axis in "xy"]
    writer.writerow(["row", "key", "domain", "label", "predicted", "probability", *coordinates])
    for row in rows:
        best = int(predicted[row])
        where = [f"{value:.3f}" for fitted in said.maps.values() for value in fitted.positions[row]]
        probability = f"{said.probabilities[row, best]:.3f}"
        who = [row, gallery.keys[row], gallery.domains[row], gallery.label(row)]
        writer.writerow([*who, gallery.classes[best], probability, *where])
    return text.getvalue()


def _class_counts(gallery: Gallery, rows: NDArray[np.int64]) -> tuple[ClassCount, ...]:
    labels = gallery.labels[rows]
    counts = np.bincount(labels[labels >= 0], minlength=len(gallery.classes))
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    return tuple(ClassCount(gallery.classes[label], int(counts[label])) for label in order)


def _contrasts(values: NDArray[np.float32], rows: NDArray[np.int64]) -> tuple[TopicContrast, ...]:
    selected = np.zeros(len(values), dtype=np.bool_)
    selected[rows] = True
    if values.shape[1] == 0 or selected.all() or not selected.any():
        return ()
    inside, outside = values[selected].mean(axis=0), values[~selected].mean(axis=0)
    contrast = (inside - outside) / (values.std(axis=0) + 1e-6)
    order = np.argsort(-np.abs(contrast), kind="stable").tolist()
    return tuple(TopicContrast(j, float(inside[j]), float(outside[j])) for j in order)
