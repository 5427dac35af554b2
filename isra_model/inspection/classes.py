"""What the models of a task make of its classes: how alike, how well recognised, and what adaptation changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isra_model.checkpoints.recognition import Rate
from isra_model.inspection.gallery import Gallery
from isra_model.inspection.neighbours import normalised


@dataclass(frozen=True)
class Similarity:
    """How alike one model finds the domains' classes.

    Attributes
    ----------
    sources : NDArray[np.int64]
        (S,) the classes that the source has images of.
    targets : NDArray[np.int64]
        (T,) the same of the target, by its labels; by what the model says of it where it has none.
    cosines : NDArray[np.float32]
        (T, S) cosine between the mean features of a class in the target and in the source, seen from the midpoint of
        the two domains: from the origin, all of a network's features look alike.
    """

    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    cosines: NDArray[np.float32]


@dataclass(frozen=True)
class Pair:
    """A source image, a target image, and their distance: 1 - cosine of their features."""

    source: int
    target: int
    distance: float


@dataclass(frozen=True)
class Change:
    """Target images that one model says are of a class, and another of a second class.

    Attributes
    ----------
    before, after : int
        The two classes.
    rows : NDArray[np.int64]
        (k,) the images.
    mended, made : int
        How many of them the second model alone says right, and how many the first alone; 0 where labels are unknown.
    """

    before: int
    after: int
    rows: NDArray[np.int64]
    mended: int
    made: int


@dataclass(frozen=True)
class Doubt:
    """An image whose label the model and the image's neighbours both contradict.

    Attributes
    ----------
    row : int
        The image.
    predicted : int
        The class that the model says.
    probability, of_label : float
        The probability of that class, and of the label.
    rival : int
        The class that most of its labelled neighbours have.
    votes, for_label : float
        Share of the labelled neighbours of that class, and of the label.
    """

    row: int
    predicted: int
    probability: float
    of_label: float
    rival: int
    votes: float
    for_label: float

    @property
    def score(self) -> float:
        """Return how strongly model and neighbours speak against the label, in [0, 1]."""
        return (self.probability - self.of_label + self.votes - self.for_label) / 2


def class_similarity(gallery: Gallery, model: str) -> Similarity:
    """Return how alike `model` finds each class of the source and each of the target."""
    of_class = _known_classes(gallery, model)
    said, is_target = gallery.models[model], gallery.domains == "target"
    sources, source_means = _class_means(said.features[~is_target], of_class[~is_target])
    targets, target_means = _class_means(said.features[is_target], of_class[is_target])
    midpoint = (source_means.mean(axis=0) + target_means.mean(axis=0)) / 2
    cosines: NDArray[np.float32] = normalised(target_means - midpoint) @ normalised(source_means - midpoint).T
    return Similarity(sources, targets, cosines)


def closest_pairs(gallery: Gallery, model: str, source: int, target: int, count: int = 6) -> tuple[Pair, ...]:
    """Return the closest images of class `source` in the source and `target` in the target; no image comes twice."""
    of_class, is_target = _known_classes(gallery, model), gallery.domains == "target"
    ours, theirs = (
        np.flatnonzero(mask) for mask in (~is_target & (of_class == source), is_target & (of_class == target))
    )
    directions = gallery.models[model].directions
    distances = (1 - directions[ours] @ directions[theirs].T).clip(0)
    pairs: list[Pair] = []
    while len(pairs) < min(count, *distances.shape):
        i, j = np.unravel_index(distances.argmin(), distances.shape)
        pairs.append(Pair(int(ours[i]), int(theirs[j]), float(distances[i, j])))
        distances[i], distances[:, j] = np.inf, np.inf
    return tuple(pairs)


def class_rates(gallery: Gallery, model: str) -> dict[int, Rate]:
    """Return how many of the target's labelled images of each class `model` says right; nothing if none has a label."""
    known = (gallery.domains == "target") & (gallery.labels >= 0)
    labels, said = gallery.labels[known], gallery.models[model].predicted[known]
    return {
        label: Rate(int((said[labels == label] == label).sum()), int((labels == label).sum()))
        for label in np.unique(labels).tolist()
    }


def changes(gallery: Gallery, before: str, after: str) -> tuple[Change, ...]:
    """Return which classes of target images a second model says instead of which of the first, most images first."""
    first, second = gallery.models[before].predicted, gallery.models[after].predicted
    groups: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for row in np.flatnonzero((gallery.domains == "target") & (first != second)).tolist():
        groups[int(first[row]), int(second[row])].append(row)
    found = [_change(gallery, pair, rows) for pair, rows in groups.items()]
    return tuple(sorted(found, key=lambda change: (-len(change.rows), change.before, change.after)))


def doubtful_annotations(gallery: Gallery, model: str) -> tuple[Doubt, ...]:
    """Return the images whose label neither `model` nor most of their neighbours agree with, the worst first."""
    said, labels = gallery.models[model], gallery.labels
    contradicted = np.flatnonzero((labels >= 0) & (said.predicted != labels))
    doubts = (_doubt(gallery, model, row) for row in contradicted.tolist())
    return tuple(sorted((doubt for doubt in doubts if doubt), key=lambda doubt: -doubt.score))


def _known_classes(gallery: Gallery, model: str) -> NDArray[np.int64]:
    """Return (n,) the class of each row: its label, or what the model says where target labels are unknown."""
    return (
        gallery.labels
        if gallery.labelled
        else np.where(gallery.labels < 0, gallery.models[model].predicted, gallery.labels)
    )


def _class_means(
    features: NDArray[np.float32], of_class: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    classes = np.unique(of_class)
    means = [features[of_class == label].mean(axis=0) for label in classes]
    return classes, np.stack(means).astype(np.float32)


def _change(gallery: Gallery, pair: tuple[int, int], rows: Sequence[int]) -> Change:
    chosen = np.array(rows, dtype=np.int64)
    labels = gallery.labels[chosen]
    before, after = pair
    return Change(before, after, chosen, mended=int((labels == after).sum()), made=int((labels == before).sum()))


def _doubt(gallery: Gallery, model: str, row: int) -> Doubt | None:
    said, label = gallery.models[model], int(gallery.labels[row])
    around = gallery.labels[said.neighbours[row]]
    around = around[around >= 0]
    if not len(around):
        return None
    votes = np.bincount(around, minlength=len(gallery.classes)) / len(around)
    rival = int(votes.argmax())
    if votes[label] >= votes[rival]:
        return None
    predicted = int(said.predicted[row])
    return Doubt(
        row=row,
        predicted=predicted,
        probability=float(said.probabilities[row, predicted]),
        of_label=float(said.probabilities[row, label]),
        rival=rival,
        votes=float(votes[rival]),
        for_label=float(votes[label]),
    )
