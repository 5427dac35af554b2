"""Maximum mean discrepancies: how far apart two samples lie, in the eyes of Gaussian kernels.

One kernel matrix over the rows of both samples serves every discrepancy between parts of them. A sample is a row of
weights: those of its own rows positive, of sum 1, and those of the other sample negative, of sum -1.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Multiples of the mean squared distance (Long et al. 2015 and 2017)."""


def gaussian_kernel(rows: Tensor, widths: Sequence[float] = WIDTHS, bandwidth: float | None = None) -> Tensor:
    """Return the sum of Gaussian kernels ``exp(-||x - y||^2 / (width * bandwidth))``, (n, n), of ``rows`` (n, d).

    The bandwidth is the mean squared distance between two rows, detached, where it is not given.
    """
    distances = (rows.unsqueeze(1) - rows.unsqueeze(0)).square().sum(dim=2)
    if bandwidth is None:
        pairs = len(rows) * (len(rows) - 1)
        scale = (distances.detach().sum() / max(1, pairs)).clamp_min(1e-12)
    else:
        scale = distances.new_tensor(bandwidth)
    return torch.stack([torch.exp(-distances / (width * scale)) for width in widths]).sum(dim=0)


def mmd(kernel: Tensor, weights: Tensor) -> Tensor:
    """Return the squared discrepancy ``w K w``, (...), of signed ``weights`` (..., n) under ``kernel`` (n, n).

    It is the biased estimate (Gretton et al. 2012), never negative: what small classes need, of which a
    batch may hold a single image. Under a product of kernels, one a layer, it is the joint discrepancy of those layers
    (JAN, Long et al. 2017).
    """
    return torch.einsum("...i,ij,...j->...", weights, kernel, weights)


def signed_shares(source: Tensor, target: Tensor) -> Tensor:
    """Return the weights (..., n_s + n_t) that compare a source sample with a target sample.

    ``source`` (..., n_s) and ``target`` (..., n_t) say how much each row belongs to the samples. Where one of the two
    is empty there is nothing to compare, and all weights are 0.
    """
    source_sum, target_sum = source.sum(dim=-1, keepdim=True), target.sum(dim=-1, keepdim=True)
    both = (source_sum > 0) & (target_sum > 0)
    shares = torch.cat([source / source_sum.clamp_min(1e-12), -target / target_sum.clamp_min(1e-12)], dim=-1)
    return torch.where(both, shares, torch.zeros_like(shares))
