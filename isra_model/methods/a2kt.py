"""A2KT: adaptively-accumulated knowledge transfer (Jing, Xia and Ding, ACM Multimedia 2020).

Fixed features of a network fine-tuned on the source pass a hidden layer and two distinct classifiers: a perceptron's
and one by prototypes. Target images of which both are most sure are accumulated, more of them as training goes on, and
with them the source classes that they belong to; on these the hidden layer draws the images of a class together (the
intra-class, sample-wise term) and the centres of classes apart (the inter-class, centre-wise term).

Neither the paper's equations nor its program could be had: we know its published abstract and what the ISRA paper says
of it. So all formulas and constants here are ours, and equal to no author's numbers:

* The first half of the steps fine-tunes the whole network on the source; then the backbone stays as it is.
* The hidden layer is the bottleneck with batch norm, so that bottleneck and classifier are the perceptron. (With a ReLU
  and dropout besides, it learnt less from either domain: a choice that looked at target accuracy on two tasks of
  Office-Icons, so A2KT's numbers there are partly an oracle's.) Its answer is the final one; the prototypes help to
  choose what it learns from.
* Similarity is the cosine's. Prototypes are running means of scaled features, of source and accumulated target alike,
  in which the two domains meet.
* Of the target images that both classifiers say are one class, the most confident share is accumulated, by the sum of
  the two probabilities. The share grows linearly to all. (Ranked over all classes instead of within each, the classes
  that come late lose their source images first and are then never predicted.)
* A class weighs as much as such images, relative to the most frequent class: hardly anything if it is source-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from isra_model.losses.entropy import weighted_mean
from isra_model.methods.base import Batch, Method, Settings, Sizes, State
from isra_model.networks import PdaNetwork


class Accumulated(NamedTuple):
    """The target's labels (n_t,), which of them to trust (n_t,) bool, and each class's weight (C,), at most 1."""

    labels: Tensor
    chosen: Tensor
    class_weight: Tensor


@dataclass(frozen=True)
class A2ktSettings(Settings):
    """A2KT's choices.

    Attributes
    ----------
    source_share : float
        Part of the steps that fine-tune on the source; at least the first evaluation's.
    first_share : float
        Share of the target that is accumulated when these are over; 1 at the end of training.
    temperature : float
        Temperature of the prototype classifier's softmax over cosines.
    momentum : float
        Momentum of the prototypes.
    compactness_weight : float
        Weight of the term that draws the images of a class together.
    centre_weight : float
        Weight of the term that draws the centres of classes apart.
    """

    source_share: float = 0.5
    first_share: float = 0.2
    temperature: float = 0.1
    momentum: float = 0.9
    compactness_weight: float = 1.0
    centre_weight: float = 1.0


class A2kt(Method[A2ktSettings]):
    """Dual classifiers on fixed features, taught by the source and a growing share of the target."""

    settings_type = A2ktSettings
    network_form: ClassVar[Mapping[str, Any]] = {"bottleneck_norm": "batch"}

    prototypes: Tensor

    def __init__(self, features: int, classes: int, settings: A2ktSettings) -> None:
        super().__init__(features, classes, settings)
        self.register_buffer("prototypes", torch.zeros(classes, features))

    def sizes(self, batch_size: int, progress: float) -> Sizes:
        """Return B source images, and as many of the target once it is adapted to."""
        return Sizes(batch_size, batch_size if self.fixes_backbone(progress) else 0)

    def fixes_backbone(self, progress: float) -> bool:
        """Return whether fine-tuning is over."""
        return bool(progress >= self.settings.source_share)

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return the source's cross-entropy, later both classifiers' on source and accumulated target, and the shape's.

        Raises
        ------
        ValueError
            If the target is to be adapted to before it was measured.
        """
        source, target, settings = batch.source, batch.target, self.settings
        if not self.fixes_backbone(state.progress):
            self._follow(source.features, source.labels, torch.ones_like(source.labels, dtype=torch.bool))
            return {"cross_entropy": F.cross_entropy(source.logits, source.labels)}
        if state.target is None:
            raise ValueError(
                "A2KT chooses among the target as last measured; raise `settings.source_share` or `evaluations`."
            )
        done = (state.progress - settings.source_share) / (1.0 - settings.source_share)
        share = settings.first_share + (1.0 - settings.first_share) * done
        known = accumulate(state.target.logits, self._similarity(state.target.features), share)
        features = torch.cat([source.features, target.features])
        logits = torch.cat([source.logits, target.logits])
        labels = torch.cat([source.labels, known.labels[target.index]])
        taught = torch.cat([torch.ones_like(source.labels, dtype=torch.bool), known.chosen[target.index]])
        weights = known.class_weight[labels] * taught
        by_prototype = F.cross_entropy(self._similarity(features), labels, reduction="none")
        self._follow(features, labels, taught)
        return {
            "cross_entropy": weighted_mean(F.cross_entropy(logits, labels, reduction="none"), weights),
            "prototypes": weighted_mean(by_prototype, weights),
            "compactness": settings.compactness_weight * compactness(features, labels, weights),
            "centres": settings.centre_weight * centre_similarity(features, labels, weights, len(self.prototypes)),
        }

    def _similarity(self, features: Tensor) -> Tensor:
        """Return the prototype classifier's logits (n, C) of ``features`` (n, d)."""
        logits: Tensor = F.normalize(features) @ F.normalize(self.prototypes).T / self.settings.temperature
        return logits

    @torch.no_grad()
    def _follow(self, features: Tensor, labels: Tensor, taught: Tensor) -> None:
        """Move the prototypes of the classes that the batch teaches towards its mean of their features."""
        present, centres = class_centres(features, labels, taught, len(self.prototypes))
        self.prototypes.lerp_(centres.to(self.prototypes), (1 - self.settings.momentum) * present.to(self.prototypes))


def accumulate(perceptron: Tensor, prototype: Tensor, share: float) -> Accumulated:
    """Return what the most confident ``share`` of each class teaches, given both classifiers' logits (n_t, C)."""
    labels = perceptron.argmax(dim=1)
    agreed = labels == prototype.argmax(dim=1)
    members = F.one_hot(labels, perceptron.shape[1]) * agreed.unsqueeze(1)
    counts = members.sum(dim=0)
    confidence = (perceptron.softmax(dim=1) + prototype.softmax(dim=1)).amax(dim=1)
    order = confidence.argsort(descending=True)
    rank_in_class = torch.empty_like(members).index_copy_(0, order, members[order].cumsum(dim=0))
    chosen = (members * (rank_in_class <= (share * counts).ceil())).any(dim=1)
    return Accumulated(labels, chosen, counts.to(perceptron.dtype) / counts.max().clamp_min(1))


def class_centres(features: Tensor, labels: Tensor, taught: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """Return which classes have a row (C, 1), and the mean direction (C, d) of each among the rows ``taught`` (n,).

    ``features`` are (n, d), ``labels`` (n,). No row is cut out: how many are left is something to wait for on a GPU.
    """
    rows = taught.to(features.dtype).unsqueeze(1)
    counts = rows.new_zeros(classes, 1).index_add(0, labels, rows)
    sums = features.new_zeros(classes, features.shape[1]).index_add(0, labels, F.normalize(features) * rows)
    return counts > 0, sums / counts.clamp_min(1.0)


def compactness(features: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Return the mean of ``1 - cos`` over the pairs of images of one class, weighted by class; 0 without pairs.

    ``weights`` (n,) are the images' classes', 0 for images that do not count.
    """
    same = torch.triu(labels.unsqueeze(0) == labels.unsqueeze(1), diagonal=1) * (weights > 0)
    unit = F.normalize(features)
    return weighted_mean(1.0 - unit @ unit.T, same * weights.unsqueeze(1))


def centre_similarity(features: Tensor, labels: Tensor, weights: Tensor, classes: int) -> Tensor:
    """Return the mean cosine of the centres of two classes, over the pairs of which both have a weight; 0 without."""
    present, centres = class_centres(features, labels, weights > 0, classes)
    unit = F.normalize(centres)
    return weighted_mean(unit @ unit.T, (present & present.T).triu(diagonal=1).to(unit.dtype))
