"""What a topic is, seen from all images: the images and classes that it is strongest in, and its neighbours.

Everything here is arithmetic on what the gallery and the model hold already: a few milliseconds, nothing to store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from isra_model.checkpoints import Checkpoint
from isra_model.inspection.gallery import Gallery, ModelRows

IMAGES = 12
CLASSES = 5
NEIGHBOURS = 5


@dataclass(frozen=True)
class DomainPortrait:
    """A topic in one domain.

    Attributes
    ----------
    rows : tuple[int, ...]
        The gallery's rows in which it is strongest, strongest first, as far as it is there at all.
    share : float
        Of the domain's images that it is in, from 0 to 1.
    strength : float
        Its mean value in those, 0 where there is none.
    """

    rows: tuple[int, ...]
    share: float
    strength: float


@dataclass(frozen=True)
class ClassShare:
    """A class and a number that a topic has for it.

    Attributes
    ----------
    index : int
        The class's place in the checkpoint's classes.
    value : float
        See where it is used.
    """

    index: int
    value: float


@dataclass(frozen=True)
class TopicNeighbour:
    """Another topic that points into nearly the same direction of the features; its cosine is in [-1, 1]."""

    index: int
    cosine: float


@dataclass(frozen=True)
class TopicPortrait:
    """One topic of a model over its whole gallery.

    Attributes
    ----------
    index : int
        j, the topic's number.
    source, target : DomainPortrait
        The topic in each domain.
    profile : tuple[ClassShare, ...]
        Share of the topic's values that falls on each predicted class, largest first.
    spread : float
        Effective number of classes that it spreads over, the exponential of the profile's entropy; 0 if it is dead.
    argues_for, argues_against : tuple[ClassShare, ...]
        The classes whose logits one image's worth of the topic, its mean value where it is active, raises most against
        the mean class, and lowers most; as `value` that many logits.
    gaps : Mapping[str, float]
        By model name, how far apart the two domains' images with this topic lie in that model's features: the squared
        distance of their means, divided by the features' variance. The images are the same for all models, so that a
        model with ISRA can be compared with one without. Empty where a domain has none.
    neighbours : tuple[TopicNeighbour, ...]
        The topics nearest to it by the direction in which they change the features, nearest first.
    """

    index: int
    source: DomainPortrait
    target: DomainPortrait
    profile: tuple[ClassShare, ...]
    spread: float
    argues_for: tuple[ClassShare, ...]
    argues_against: tuple[ClassShare, ...]
    gaps: Mapping[str, float]
    neighbours: tuple[TopicNeighbour, ...]


def topic_portraits(checkpoint: Checkpoint, gallery: Gallery) -> tuple[TopicPortrait, ...]:
    """Return a portrait of every topic of a model, by number; none for a model without topics or rows."""
    rows = gallery.models.get(checkpoint.name)
    if checkpoint.isra is None or rows is None:
        return ()
    effects, cosines = _effects(checkpoint), _cosines(checkpoint)
    return tuple(
        _portrait(j, rows.topic_values[:, j], gallery, rows, effects[:, j], cosines[j])
        for j in range(rows.topic_values.shape[1])
    )


def _portrait(
    index: int,
    values: NDArray[np.float32],
    gallery: Gallery,
    rows: ModelRows,
    effect: NDArray[np.float32],
    cosines: NDArray[np.float32],
) -> TopicPortrait:
    active = values > 0
    profile = _profile(values, rows.predicted, len(gallery.classes))
    argument = effect * (values[active].mean() if active.any() else 0.0)
    order = np.argsort(-argument, kind="stable")
    nearest = np.argsort(-cosines, kind="stable")[:NEIGHBOURS]
    return TopicPortrait(
        index=index,
        source=_in_domain(values, gallery.domains == "source"),
        target=_in_domain(values, gallery.domains == "target"),
        profile=_classes(profile, np.argsort(-profile, kind="stable")[:CLASSES]),
        spread=float(np.exp(-np.sum(profile * np.log(np.maximum(profile, 1e-12))))) if active.any() else 0.0,
        argues_for=_classes(argument, order[:CLASSES]),
        argues_against=_classes(argument, order[::-1][:CLASSES]),
        gaps=_gaps(active, gallery),
        neighbours=tuple(TopicNeighbour(int(j), float(cosines[j])) for j in nearest),
    )


def _in_domain(values: NDArray[np.float32], domain: NDArray[np.bool_]) -> DomainPortrait:
    rows = np.flatnonzero(domain & (values > 0))
    strongest = rows[np.argsort(-values[rows], kind="stable")[:IMAGES]]
    share = len(rows) / max(1, int(domain.sum()))
    return DomainPortrait(tuple(strongest.tolist()), share, float(values[rows].mean()) if len(rows) else 0.0)


def _profile(values: NDArray[np.float32], predicted: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    mass = np.bincount(predicted, weights=values, minlength=classes)
    shares: NDArray[np.float64] = mass / max(mass.sum(), 1e-12)
    return shares


def _classes(values: NDArray[np.floating], chosen: NDArray[np.int64]) -> tuple[ClassShare, ...]:
    return tuple(ClassShare(int(index), float(values[index])) for index in chosen)


def _gaps(active: NDArray[np.bool_], gallery: Gallery) -> dict[str, float]:
    source, target = active & (gallery.domains == "source"), active & (gallery.domains == "target")
    if not (source.any() and target.any()):
        return {}
    return {name: _gap(rows, source, target) for name, rows in gallery.models.items()}


def _gap(rows: ModelRows, source: NDArray[np.bool_], target: NDArray[np.bool_]) -> float:
    distance = np.square(rows.features[source].mean(axis=0) - rows.features[target].mean(axis=0)).sum()
    return float(distance / max(rows.variance, 1e-12))


@torch.no_grad()
def _effects(checkpoint: Checkpoint) -> NDArray[np.float32]:
    """Return (C, d_e) what one unit of each topic adds to each logit, less what it adds to the mean one."""
    assert checkpoint.isra is not None
    effects: NDArray[np.float32] = (checkpoint.network.classifier.weight @ checkpoint.isra.class2vec.directions).numpy()
    effects -= effects.mean(axis=0)
    return effects


@torch.no_grad()
def _cosines(checkpoint: Checkpoint) -> NDArray[np.float32]:
    """Return (d_e, d_e) the cosines between the topics' directions, each with itself at -1, lest it be a neighbour."""
    assert checkpoint.isra is not None
    directions = torch.nn.functional.normalize(checkpoint.isra.class2vec.directions, dim=0)
    cosines: NDArray[np.float32] = (directions.T @ directions).fill_diagonal_(-1.0).numpy()
    return cosines
