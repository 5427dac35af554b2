"""What can be said of target predictions without target labels, to weight classes and to choose a checkpoint."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from isra_model.losses.entropy import entropy


def class_weight(logits: Tensor) -> Tensor:
    """Return the mean softmax over target ``logits`` (n, C): (C,), sums to 1 (BA3US, section 3.1)."""
    return logits.softmax(dim=1).mean(dim=0)


def target_entropy(logits: Tensor) -> float:
    """Return the mean entropy in nats of ``logits`` (n, C); lower is better (BA3US's own rule)."""
    return float(entropy(logits).mean())


def neighbourhood_density(logits: Tensor, temperature: float = 0.05) -> float:
    """Return the soft neighbourhood density of ``logits`` (n, C); higher is better (Saito et al., ICCV 2021).

    The mean entropy of each sample's softmax similarity to all others, on l2-normalised class probabilities.
    """
    probabilities = F.normalize(logits.softmax(dim=1), dim=1)
    similarity = (probabilities @ probabilities.T) / temperature
    similarity.fill_diagonal_(-torch.inf)
    shares = similarity.softmax(dim=1)
    return float(-(shares * shares.clamp_min(1e-12).log()).sum(dim=1).mean())


def information_maximisation(logits: Tensor) -> float:
    """Return the entropy of the mean prediction minus the mean entropy; higher is better (Bridle et al. 1992)."""
    mean = class_weight(logits)
    return float(-(mean * mean.clamp_min(1e-12).log()).sum()) - target_entropy(logits)


def selection_scores(logits: Tensor) -> dict[str, float]:
    """Return every label-free score by name, each turned so that higher is better."""
    return {
        "target-entropy": -target_entropy(logits),
        "neighbourhood-density": neighbourhood_density(logits),
        "information-maximisation": information_maximisation(logits),
    }
