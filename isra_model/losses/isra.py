"""ISRA's losses, equations 1 to 3 of the paper, and the released program's variants of them.

Shapes: ``n`` samples, ``d`` features, ``d_e`` topics. Rows are ordered source first; middle rows count as target.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from isra_model.networks.isra import TopicReceptors

Normalisation = Literal["batch", "row"]
Pooling = Literal["mean", "sum"]


def reconstruction_loss(features: Tensor, reconstruction: Tensor, source_count: int) -> Tensor:
    """Return ``L_c2v`` (equation 1): the mean squared l2 error of the source plus that of the target.

    ``features`` and ``reconstruction`` are (n, d).
    """
    errors = (features - reconstruction).square().sum(dim=1)
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
    weights = receptors.weight.abs().sum()
    if pooling == "mean":
        fit, weights = errors.mean(dim=0).sum(), weights + receptors.bias.abs().sum()
    else:
        fit = errors.sum()
    loss: Tensor = (fit + sparsity * weights) / topics.shape[1]
    return loss


def alignment_loss(
    features: Tensor, attention: Tensor, source_count: int, normalisation: Normalisation, pooling: Pooling
) -> Tensor:
    """Return ``L_a = sum_j |pool(M_j^s) - pool(M_j^t)|^2`` with ``M_j = N(A_j) * X`` (equation 3).

    The masks are never formed: ``pool(M_j)_k = sum_i p_i A_ijk X_ik`` is one product.

    Parameters
    ----------
    features : X (n, d), the only argument that receives gradient.
    attention : A (n, d_e, d), constant.
    normalisation : "batch": ``A_j`` divided by its norm over all samples, times n, as released; "row": by sample.
    pooling : "mean" over each side and over d, as released; "sum", as equation 3 is printed.
    """
    n, _, d = attention.shape
    norm = attention.norm(dim=(0, 2) if normalisation == "batch" else 2, keepdim=True).clamp_min(1e-12)
    pool = torch.full((n,), 1.0 / source_count, device=features.device)
    pool[source_count:] = -1.0 / (n - source_count)
    if pooling == "sum":
        pool = pool.sign()
    scaled = features * (pool * (n if normalisation == "batch" else 1.0)).unsqueeze(1)
    gaps = torch.einsum("njk,nk->jk", attention / norm, scaled)
    return gaps.square().sum() / (d if pooling == "mean" else 1)
