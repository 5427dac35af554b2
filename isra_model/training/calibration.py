"""Probabilities that mean what they say: one temperature, from images of the source that no training saw."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

BINS = 15


def calibrate(logits: Tensor, labels: Tensor) -> dict[str, float]:
    """Return the temperature that suits ``logits`` (n, C) to ``labels`` (n,), and what it is worth; JSON values.

    The temperature minimises the cross-entropy of ``logits / temperature`` (Guo et al., ICML 2017). ``ece_before`` and
    ``ece_after`` are the expected calibration error in percent, see `calibration_error`; after, each half of the images
    has the temperature of the other half, so that no image is measured with what was fitted to it.
    """
    second = torch.arange(len(labels)) % 2 == 1
    scaled = logits.clone()
    for half in (second, ~second):
        scaled[half] /= fit_temperature(logits[~half], labels[~half])
    return {
        "temperature": round(fit_temperature(logits, labels), 4),
        "ece_before": round(100.0 * calibration_error(logits, labels), 2),
        "ece_after": round(100.0 * calibration_error(scaled, labels), 2),
        "images": len(labels),
    }


def fit_temperature(logits: Tensor, labels: Tensor, low: float = 0.05, high: float = 20.0) -> float:
    """Return the temperature between ``low`` and ``high`` with the least cross-entropy.

    Cross-entropy is convex in the temperature's inverse, so a search that halves its interval finds it.
    """
    logits = logits.double()
    inverse_low, inverse_high = 1.0 / high, 1.0 / low
    for _ in range(60):
        inverse = torch.tensor((inverse_low + inverse_high) / 2, dtype=torch.float64, requires_grad=True)
        (slope,) = torch.autograd.grad(F.cross_entropy(logits * inverse, labels), inverse)
        if slope > 0:
            inverse_high = float(inverse.detach())
        else:
            inverse_low = float(inverse.detach())
    return 2.0 / (inverse_low + inverse_high)


def calibration_error(logits: Tensor, labels: Tensor, bins: int = BINS) -> float:
    """Return the expected calibration error of ``logits`` (n, C), from 0 to 1.

    The mean over images of ``|accuracy - confidence|`` of those whose largest probability falls into the same of
    ``bins`` equal parts of 0 to 1.
    """
    confidence, guess = logits.softmax(dim=1).max(dim=1)
    part = (confidence * bins).long().clamp_max(bins - 1)
    excess = torch.zeros(bins, dtype=confidence.dtype)
    excess.index_add_(0, part, (guess == labels).to(confidence.dtype) - confidence)
    return float(excess.abs().sum() / len(labels))
