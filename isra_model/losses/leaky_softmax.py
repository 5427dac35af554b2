"""ETN's leaky softmax ``e^z_c / (C + sum_k e^z_k)``: class probabilities that leave room for none of the classes."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def leaky_sum_logit(logits: Tensor) -> Tensor:
    """Return (n,) the logit of the leaky softmax's sum: ``sigmoid`` of it is ``sum_c e^z_c / (C + sum_k e^z_k)``."""
    return logits.logsumexp(dim=1) - math.log(logits.shape[1])


def one_against_rest_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return C binary cross-entropies of the leaky softmax, each class against the rest, summed; their mean over rows.

    ``logits`` is (n, C) and ``labels`` (n,) int64. Only the largest share can come near 1, where ``1 - share`` rounds
    to 0: what it leaves is summed from the others.
    """
    room = logits.new_full((len(logits), 1), math.log(logits.shape[1]))
    shares = torch.cat([logits, room], dim=1).log_softmax(dim=1)
    largest = shares.detach().argmax(dim=1, keepdim=True)
    left = shares.scatter(1, largest, -torch.inf).logsumexp(dim=1, keepdim=True)
    rest = torch.log1p(-shares.scatter(1, largest, -1.0).exp()).scatter(1, largest, left)[:, :-1]
    truth = F.one_hot(labels, logits.shape[1]).bool()
    return -torch.where(truth, shares[:, :-1], rest).sum() / len(logits)
