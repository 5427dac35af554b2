"""Entropies of class predictions."""

import math

import torch
from torch import Tensor

TINY = 1e-12


def entropy(logits: Tensor) -> Tensor:
    """Return the entropy in nats, (n,), of the predictions ``softmax(logits)``, logits (n, C)."""
    log_probabilities = logits.log_softmax(dim=1)
    return -(log_probabilities.exp() * log_probabilities).sum(dim=1)


def marginal_entropy(logits: Tensor) -> Tensor:
    """Return the entropy in nats, (), of the mean prediction over ``logits`` (n, C): high where predictions differ."""
    mean = logits.softmax(dim=1).mean(dim=0)
    return -(mean * mean.clamp_min(TINY).log()).sum()


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Return ``sum(weights * values) / sum(weights)``, shapes equal, the divisor detached; 0 without weight."""
    return (weights * values).sum() / weights.sum().detach().clamp_min(TINY)


def complement_entropy(logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the complement entropy over the classes other than the label (BA3US; lower is flatter).

    With ``q = p / (1 - p_y)`` on the other classes, ``l = sum q log q / log(C - 1)``, averaged with the detached
    weights ``weights * (1 - p_y)``. ``q`` is a log-softmax over the other classes, finite even at ``p_y = 1``;
    with two classes there is nothing to flatten and the loss is 0.

    Parameters
    ----------
    logits : Tensor
        (n, C).
    labels : Tensor
        (n,) int64.
    weights : Tensor | None
        (n,) not negative, e.g. the class weight of each label; equal if left out.
    """
    classes = logits.shape[1]
    columns = torch.arange(classes - 1, device=logits.device)
    others = columns + (columns >= labels.unsqueeze(1))
    log_q = logits.gather(1, others).log_softmax(dim=1)
    values = (log_q.exp() * log_q).sum(dim=1) / (math.log(classes - 1) or 1.0)
    doubt = 1.0 - logits.detach().softmax(dim=1).gather(1, labels.unsqueeze(1)).squeeze(1)
    return weighted_mean(values, doubt if weights is None else doubt * weights)
