"""What can be said of target predictions without target labels, to weight classes and to choose a checkpoint."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from isra_model.losses.entropy import entropy, marginal_entropy

ROWS = 1024
"""Samples that neighbourhood density compares with all others at a time."""


def class_weight(logits: Tensor) -> Tensor:
    """Return the mean softmax over target ``logits`` (n, C): (C,), sums to 1 (BA3US)."""
    return logits.softmax(dim=1).mean(dim=0)


def target_entropy(logits: Tensor) -> float:
    """Return the mean entropy in nats of ``logits`` (n, C); lower is better (BA3US's own rule)."""
    return float(entropy(logits).mean())


def neighbourhood_density(logits: Tensor, temperature: float = 0.05) -> float:
    """Return the soft neighbourhood density of ``logits`` (n, C); higher is better (Saito et al., ICCV 2021).

    The mean entropy of each sample's softmax similarity to all others, on l2-normalised class probabilities. Taken
    `ROWS` samples at a time: all at once a target of 50,000 images would need 10 GB.
    """
    probabilities = F.normalize(logits.softmax(dim=1), dim=1)
    total = 0.0
    for start in range(0, len(probabilities), ROWS):
        similarity = probabilities[start : start + ROWS] @ probabilities.T / temperature
        similarity.diagonal(start).fill_(-torch.inf)
        shares = similarity.softmax(dim=1)
        total -= float((shares * shares.clamp_min(1e-12).log()).sum())
    return total / len(probabilities)


def information_maximisation(logits: Tensor) -> float:
    """Return the entropy of the mean prediction minus the mean entropy; higher is better (Bridle et al. 1992)."""
    return float(marginal_entropy(logits)) - target_entropy(logits)


def selection_scores(logits: Tensor) -> dict[str, float]:
    """Return every label-free score by name, each turned so that higher is better."""
    return {
        "target-entropy": -target_entropy(logits),
        "neighbourhood-density": neighbourhood_density(logits),
        "information-maximisation": information_maximisation(logits),
    }
