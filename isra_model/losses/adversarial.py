"""Domain-adversarial losses: the plain weighted one, and BA3US's balanced one."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from isra_model.losses.entropy import TINY, weighted_mean
from isra_model.networks.reversal import reverse_gradient


def entropy_confidence(entropy: Tensor) -> Tensor:
    """Return ``e = 1 + exp(-H)``, (n,), the weight of confident samples (CDAN+E)."""
    return 1.0 + torch.exp(-entropy)


def share(weights: Tensor) -> Tensor:
    """Return (n,) weights divided by their detached sum."""
    return weights / weights.sum().detach().clamp_min(TINY)


def mean_one(weights: Tensor) -> Tensor:
    """Return (n,) weights divided by their detached mean."""
    return share(weights) * len(weights)


def weighted_adversarial_loss(
    source_logits: Tensor,
    target_logits: Tensor,
    source_weights: Tensor | None = None,
    target_weights: Tensor | None = None,
) -> Tensor:
    """Return the domain loss ``(mean w_s BCE(D_s, 1) + mean w_t BCE(D_t, 0)) / 2`` (Ganin et al. 2016).

    The weights are taken as they are, not normalised: `mean_one` does that where a method wants it.

    Parameters
    ----------
    source_logits, target_logits : Tensor
        (n_s,) and (n_t,), what a discriminator says of each domain's samples; of K discriminators (n_s, K) and (n_t,
        K), to be averaged.
    source_weights, target_weights : Tensor | None
        Weights of each logit, or what broadcasts to that; 1 if left out. They keep their gradient.
    """
    source = F.softplus(-source_logits)
    target = F.softplus(target_logits)
    source = source if source_weights is None else source_weights * source
    target = target if target_weights is None else target_weights * target
    return (source.mean() + target.mean()) / 2.0


def reversed_adversarial_loss(
    discriminator: nn.Module, features: tuple[Tensor, Tensor], coefficient: float, source_weights: Tensor | None = None
) -> Tensor:
    """Return `weighted_adversarial_loss` of a discriminator that source and target features are to deceive.

    ``features`` are (n_s, d) and (n_t, d); they receive the discriminator's gradient times ``-coefficient``.
    """
    source_logits, target_logits = (discriminator(reverse_gradient(rows, coefficient)) for rows in features)
    return weighted_adversarial_loss(source_logits, target_logits, source_weights)


def balanced_adversarial_loss(source_like: tuple[Tensor, Tensor], target: tuple[Tensor, Tensor], middle: int) -> Tensor:
    """Return the balanced, weighted domain loss of BA3US.

    Middle images are source images that the discriminator is told are target images. They share the source's
    weight budget, which grows with their number: ``(1 + m/B) u / sum(u) + v / sum(v)``. Source is 1, the rest 0.

    Parameters
    ----------
    source_like : tuple[Tensor, Tensor]
        Domain logits (B + m,) and weights ``u`` (B + m,), the source's rows first, then the middle's.
    target : tuple[Tensor, Tensor]
        Domain logits (B',) and weights ``v`` (B',).
    middle : int
        m, how many of the source-like rows are middle.
    """
    source_logits, source_weights = source_like
    target_logits, target_weights = target
    source_count = len(source_logits) - middle
    weights = torch.cat([(1.0 + middle / source_count) * share(source_weights), share(target_weights)])
    logits = torch.cat([source_logits, target_logits])
    domains = torch.zeros_like(logits)
    domains[:source_count] = 1.0
    return weighted_mean(F.binary_cross_entropy_with_logits(logits, domains, reduction="none"), weights)
