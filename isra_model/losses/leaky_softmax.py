"""The leaky softmax: class probabilities that leave room for none of the classes."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def leaky_softmax(logits: Tensor) -> Tensor:
    """Return ``e^z_c / (C + sum_k e^z_k)``, (n, C), of ``logits`` (n, C): each row sums to less than 1 (ETN)."""
    room = logits.new_full((len(logits), 1), math.log(logits.shape[1]))
    return torch.cat([logits, room], dim=1).softmax(dim=1)[:, :-1]


def leaky_sum_logit(logits: Tensor) -> Tensor:
    """Return (n,) the logit of the leaky softmax's sum: ``sigmoid`` of it is ``sum_c e^z_c / (C + sum_k e^z_k)``."""
    return logits.logsumexp(dim=1) - math.log(logits.shape[1])


def one_against_rest_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return C binary cross-entropies of the leaky softmax, each class against the rest, summed; their mean over rows.

    ``logits`` is (n, C) and ``labels`` (n,) int64. Computed in float64: in float32 a share rounds to 1 where a wrong
    class leads by 18, and its logarithm's gradient is then thousands of times too large.
    """
    shares = leaky_softmax(logits.double())
    truth = F.one_hot(labels, logits.shape[1]).to(shares.dtype)
    return (F.binary_cross_entropy(shares, truth, reduction="sum") / len(logits)).to(logits.dtype)
