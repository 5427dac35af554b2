"""SHOT: source hypothesis transfer (Liang et al., ICML 2020, "Do We Really Need to Access the Source Data?").

First the source alone trains the network; then the classifier, the *source hypothesis*, is frozen and the target alone
moves the rest towards it, here in the paper's partial-set form: without the diversity term, and without the centroids
of classes that hardly any image is predicted to be. Network and constants are the paper's; where it is silent we follow
the authors' program (tim-learn/SHOT).

Ours: both halves share one run and its one learning-rate schedule, where the authors start theirs anew for the target.
The pseudo-labels follow from the target as last measured, five times in its half; theirs are renewed 15 times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional as F

from isra_model.losses.entropy import TINY, entropy
from isra_model.methods.base import Batch, Method, Settings, Sizes, State
from isra_model.networks import PdaNetwork, Response


@dataclass(frozen=True)
class ShotSettings(Settings):
    """SHOT's choices.

    Attributes
    ----------
    source_share : float
        Part of the steps that train the source; at least the first evaluation's.
    label_smoothing : float
        alpha, of the source's labels.
    pseudo_label_weight : float
        beta.
    least_predictions : int
        T_c; a class keeps its centroid if more target images than these are predicted to be it.
    """

    source_share: float = 0.5
    label_smoothing: float = 0.1
    pseudo_label_weight: float = 0.3
    least_predictions: int = 10


class Shot(Method[ShotSettings]):
    """Source training with smoothed labels, then target entropy and centroid pseudo-labels on a frozen classifier."""

    settings_type = ShotSettings
    network_form: ClassVar[Mapping[str, Any]] = {"bottleneck_norm": "batch", "classifier": "weight-norm"}

    def sizes(self, batch_size: int, progress: float) -> Sizes:
        """Return B source images and no target ones, then the reverse."""
        return Sizes(0, batch_size) if self._adapts(progress) else Sizes(batch_size, 0)

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return the source's cross-entropy, later the target's terms.

        Raises
        ------
        ValueError
            If the target's half begins before the target was measured.
        """
        settings = self.settings
        if not self._adapts(state.progress):
            smoothing = settings.label_smoothing
            return {
                "cross_entropy": F.cross_entropy(batch.source.logits, batch.source.labels, label_smoothing=smoothing)
            }
        if state.target is None:
            raise ValueError(
                "SHOT adapts to the target as last measured; raise `settings.source_share` or `evaluations`."
            )
        labels = centroid_labels(state.target, settings.least_predictions)[batch.target.index]
        logits = classify_frozen(network, batch.target.features)
        return {
            "target_entropy": entropy(logits).mean(),
            "pseudo_labels": settings.pseudo_label_weight * F.cross_entropy(logits, labels),
        }

    def _adapts(self, progress: float) -> bool:
        return bool(progress >= self.settings.source_share)


def classify_frozen(network: PdaNetwork, features: Tensor) -> Tensor:
    """Return the logits (n, C) of ``features`` (n, d), with a gradient for them and none for the classifier."""
    weights = {name: value.detach() for name, value in network.classifier.named_parameters()}
    logits: Tensor = functional_call(network.classifier, weights, (features,))
    return logits


def centroid_labels(target: Response, least_predictions: int) -> Tensor:
    """Return the pseudo-label of every target image, (n_t,): its nearest class centroid's.

    Centroids are means of features, first weighted by the predictions, then by the labels which those centroids gave;
    distance is the cosine's. Of classes that ``least_predictions`` images or fewer are predicted to be, or labelled,
    none is kept; where that would leave no class, the most frequent ones are. As in the authors' program a feature is
    followed by a 1 and scaled to unit length.
    """
    ones = torch.ones_like(target.features[:, :1])
    features = F.normalize(torch.cat([target.features, ones], dim=1))
    labels, weights = target.logits.argmax(dim=1), target.logits.softmax(dim=1)
    for _ in range(2):
        centroids = weights.T @ features / weights.sum(dim=0).clamp_min(TINY).unsqueeze(1)
        counts = F.one_hot(labels, weights.shape[1]).sum(dim=0)
        kept = counts > counts.max().clamp_max(least_predictions + 1) - 1
        similarity = features @ F.normalize(centroids).T
        labels = similarity.masked_fill(~kept, -torch.inf).argmax(dim=1)
        weights = F.one_hot(labels, weights.shape[1]).to(features.dtype)
    return labels
