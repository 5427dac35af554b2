"""ISRA's losses, equations 1 to 3 of the paper, and the released program's variants of them.

Shapes: ``n`` samples, ``d`` features, ``d_e`` topics. Rows are ordered source first; middle rows count as target.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from isra_model.networks.isra import TopicReceptors, topic_masks

Normalisation = Literal["batch", "row"]
Pooling = Literal["mean", "sum"]
Reduction = Literal["samples", "values"]


def reconstruction_loss(
    features: Tensor, reconstruction: Tensor, source_count: int, reduction: Reduction = "samples"
) -> Tensor:
    """Return ``L_c2v`` (equation 1): the mean squared l2 error of the source plus that of the target.

    ``reduction="values"`` is the released program's form, the mean over all ``n * d`` values of both: about ``2 d``
    times smaller. ``features`` and ``reconstruction`` are (n, d).
    """
    squares = (features - reconstruction).square()
    if reduction == "values":
        return squares.mean()
    errors = squares.sum(dim=1)
    return errors[:source_count].mean() + errors[source_count:].mean()


def receptor_loss(
    receptors: TopicReceptors, features: Tensor, topics: Tensor, sparsity: float, pooling: Pooling
) -> Tensor:
    """Return ``L_reg`` (equation 2): each topic's squared errors plus ``sparsity * |first layer|_1``, mean over topics.

    The paper sums the errors over samples; ``pooling="mean"`` is the released program's form, which also counts the
    first layer's biases and makes the same sparsity about ``n`` times stronger. ``features`` (n, d) and ``topics``
    (n, d_e) are detached here.
    """
    errors = (receptors(features.detach()) - topics.detach()).square()
    weights = torch.linalg.vector_norm(receptors.weight, ord=1)
    if pooling == "mean":
        fit, weights = errors.mean(dim=0).sum(), weights + receptors.bias.abs().sum()
    else:
        fit = errors.sum()
    loss: Tensor = (fit + sparsity * weights) / topics.shape[1]
    return loss


def domain_pool(source_weights: Tensor, others: int, pooling: Pooling) -> Tensor:
    """Return what each sample counts in source minus target, (n,): the source's by their weights, ``others`` equally.

    With "mean" the source's sum to 1 and the others' to -1; with "sum" each counts its weight, or -1.
    """
    others_weights = source_weights.new_full((others,), -1.0)
    if pooling == "sum":
        return torch.cat([source_weights, others_weights])
    return torch.cat([source_weights / source_weights.sum().clamp_min(1e-12), others_weights / others])


def topic_gaps(features: Tensor, attention: Tensor, pool: Tensor, normalisation: Normalisation) -> Tensor:
    """Return ``pool(M_j^s) - pool(M_j^t)`` of all topics' masks ``M_j = N(A_j) * X``, (d_e, d).

    Parameters
    ----------
    features : Tensor
        X (n, d), the only argument that receives gradient.
    attention : Tensor
        A (n, d_e, d), constant.
    pool : Tensor
        (n,) of `domain_pool`.
    normalisation : Normalisation
        "batch": ``A_j`` divided by its norm over all samples, times n, as released; "row": each sample's by its own.
    """
    weighted = features * pool.unsqueeze(1)
    if normalisation == "row":
        return topic_masks(attention, weighted).sum(dim=0)
    gaps: Tensor = (attention * weighted.unsqueeze(1)).sum(dim=0)
    norm: Tensor = attention.norm(dim=(0, 2)).clamp_min(1e-12)
    return gaps * (len(features) / norm).unsqueeze(1)


def topic_responses(features: Tensor, attention: Tensor, topics: Tensor) -> tuple[Tensor, Tensor]:
    """Return what one domain's images show of each topic: ``mean_i f(x_i)_j M_j(x_i)`` and ``mean_i f(x_i)_j``.

    The ratio of the two is the mean of the topic's mask over the images in which it responds. Masks are normalised by
    row, because the norm of a batch changes from one to the next.

    Parameters
    ----------
    features : Tensor
        X (n, d), the only argument that receives gradient.
    attention : Tensor
        A (n, d_e, d), constant.
    topics : Tensor
        f(x) (n, d_e), not negative, constant.

    Returns
    -------
    tuple[Tensor, Tensor]
        (d_e, d) and (d_e,).
    """
    weights = topics / len(features)
    masks = (topic_masks(attention, features) * weights.unsqueeze(2)).sum(dim=0)
    return masks, weights.sum(dim=0)


def conditional_alignment_loss(masks: Tensor, responses: Tensor, variance: Tensor) -> Tensor:
    """Return ``L_a = sum_j s_j |m_j^s - m_j^t|^2 / v``, the alignment of each topic over its own images.

    ``m_j = sum_i f(x_i)_j M_j(x_i) / sum_i f(x_i)_j`` is a domain's mean of the topic's mask over the images in which
    it responds: what two domains with other classes can still share. ``s_j`` is the smaller of the topic's shares of
    all responses in the two domains, so that a topic which one of them lacks counts nothing. ``v`` gives the loss the
    scale of the features. This is ours, not the paper's.

    Parameters
    ----------
    masks : Tensor
        (2, d_e, d), source and target, of `topic_responses`.
    responses : Tensor
        (2, d_e), constant, of the same.
    variance : Tensor
        v (), constant: a feature's variance, mean over the features.
    """
    means = masks / responses.clamp_min(1e-12).unsqueeze(2)
    shares = (responses / responses.sum(dim=1, keepdim=True).clamp_min(1e-12)).amin(dim=0)
    loss: Tensor = (shares * (means[0] - means[1]).square().sum(dim=1)).sum() / variance.clamp_min(1e-12)
    return loss


def alignment_loss(gaps: Tensor, pooling: Pooling) -> Tensor:
    """Return ``L_a = sum_j |pool(M_j^s) - pool(M_j^t)|^2`` (equation 3) of the ``gaps`` (d_e, d) of `topic_gaps`.

    ``pooling="mean"`` also averages over features, as released.
    """
    loss: Tensor = gaps.square().sum() / (gaps.shape[1] if pooling == "mean" else 1)
    return loss
