"""BA3US + Co-learn: pseudo-labels from the network that training started from (Zhang et al., ICCV 2023).

"Rethinking the Role of Pre-Trained Networks in Source-Free Domain Adaptation": while the source is learnt, a pretrained
network forgets what it knew of images like the target's. Here a second branch keeps it as it was, and tells target
images apart by the nearest class centroid of *its* features. Where both branches say the same class, or only one of
them is confident, the image gets that class as its pseudo-label.

Ours: the paper adds its labels to source-free methods, we add them to BA3US, which keeps the source. Centroids are
means weighted by predictions times the class weight, for the target lacks most classes; a class that fewer images are
then predicted to be than if all were equally frequent has none. Labels follow from the target as last measured, at
every evaluation instead of every epoch; before the first there are none. The pretrained network is the backbone's own,
on images of the size that it was pretrained on. The paper could not be had whole: the confidence, the temperature and
the term's weight are ours, as they first came. Which classes have a centroid was decided on photographs, with their
labels: with centroids for ten images and more, as in SHOT, classes that the target lacks took over more and more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from isra_model.losses.entropy import TINY, weighted_mean
from isra_model.methods.ba3us import Ba3us, Ba3usSettings
from isra_model.methods.base import Batch, State
from isra_model.networks import PdaNetwork

TEMPERATURE = 0.01
"Of the softmax over cosines with the centroids."


@dataclass(frozen=True)
class Ba3usColearnSettings(Ba3usSettings):
    """BA3US's choices, and Co-learn's.

    Attributes
    ----------
    pseudo_label_weight : float
        Weight of the cross-entropy with pseudo-labels.
    confidence : float
        gamma, the probability from which a branch counts as confident.
    """

    pseudo_label_weight: float = 1.0
    confidence: float = 0.5


class Ba3usColearn(Ba3us):
    """BA3US's terms, and cross-entropy of target images with what two branches label them."""

    settings_type = Ba3usColearnSettings
    settings: Ba3usColearnSettings
    reads_pretrained: ClassVar[bool] = True

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return BA3US's terms and that of the pseudo-labels, which is 0 before the target is first measured."""
        terms = super().losses(batch, network, state)
        logits, index = batch.target.logits, batch.target.index
        if state.target is None or state.pretrained is None:
            return terms | {"pseudo_labels": 0.0 * logits.sum()}
        labels, labelled = self.pseudo_labels(state.target.logits, state.pretrained, state.class_weight)
        errors = F.cross_entropy(logits, labels[index], reduction="none")
        return terms | {
            "pseudo_labels": self.settings.pseudo_label_weight * weighted_mean(errors, labelled[index].to(errors.dtype))
        }

    def pseudo_labels(self, logits: Tensor, pretrained: Tensor, class_weight: Tensor) -> tuple[Tensor, Tensor]:
        """Return each target image's class, (n_t,) int64, and whether it has one, (n_t,) bool.

        Parameters
        ----------
        logits : Tensor
            (n_t, C), of the network that is trained.
        pretrained : Tensor
            (n_t, width), the pretrained network's features.
        class_weight : Tensor
            (C,), BA3US's.
        """
        own, own_label = logits.softmax(dim=1).max(dim=1)
        predictions = F.normalize(logits.softmax(dim=1) * class_weight, p=1.0, dim=1)
        other, other_label = nearest_centroids(predictions, pretrained).max(dim=1)
        agree = own_label == other_label
        sure, other_sure = own > self.settings.confidence, other > self.settings.confidence
        return torch.where(agree | other_sure, other_label, own_label), agree | (sure != other_sure)


def nearest_centroids(predictions: Tensor, features: Tensor) -> Tensor:
    """Return the probabilities (n, C) that features (n, width) give by cosine with each class's centroid.

    A centroid is the mean of unit features weighted by ``predictions`` (n, C). A class that fewer than n / C images are
    predicted to be has none.
    """
    features = F.normalize(features, dim=1)
    centroids = predictions.T @ features / predictions.sum(dim=0).clamp_min(TINY).unsqueeze(1)
    counts = predictions.argmax(dim=1).bincount(minlength=predictions.shape[1])
    kept = counts * len(counts) >= len(features)
    cosines = features @ F.normalize(centroids, dim=1).T
    return (cosines / TEMPERATURE).masked_fill(~kept, -torch.inf).softmax(dim=1)
