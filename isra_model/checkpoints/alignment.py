"""How far the domains' masks lie apart, and what a step's batches make of it: the alignment as an estimate."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from isra_model.data.streams import generator_for
from isra_model.losses.isra import alignment_loss, domain_pool, topic_gaps
from isra_model.methods.isra import ROWS
from isra_model.networks import IsraModules, topic_masks

BATCHES = 20
"""Random pairs of batches over which the pull is averaged."""


@dataclass(frozen=True)
class MaskMoments:
    """What all images of a domain show of every topic's mask, normalised by row.

    Attributes
    ----------
    mean : Tensor
        (d_e, d).
    variance : Tensor
        () of one image's mask, summed over topics and features.
    """

    mean: Tensor
    variance: Tensor


@torch.no_grad()
def mask_moments(isra: IsraModules, features: Tensor, weights: Tensor | None = None) -> MaskMoments:
    """Return the moments of the masks of ``features`` (n, d), whose rows count as ``weights`` (n,) or alike."""
    weights = features.new_ones(len(features)) if weights is None else weights
    shares = weights / weights.sum().clamp_min(1e-12)
    mean, square = features.new_zeros(()), features.new_zeros(())
    for rows, share in zip(torch.split(features, ROWS), torch.split(shares, ROWS), strict=True):
        masks = topic_masks(isra.receptors.attention(rows), rows)
        mean = mean + torch.einsum("n,njd->jd", share, masks)
        square = square + (share * masks.square().sum(dim=(1, 2))).sum()
    return MaskMoments(mean, square - mean.square().sum())


def alignment_estimate(
    isra: IsraModules, source: Tensor, target: Tensor, weights: Tensor, batch_size: int
) -> dict[str, float]:
    """Return L_a between whole domains, and between batches of them, by name; no label of the target is read.

    ``alignment`` is equation 3 with mean pooling and each row's own normalisation: the batch's grows with the number of
    rows, and whole domains could not be compared with one another. ``alignment_of_batches`` is its expectation for
    ``batch_size`` images drawn from each domain: the means' own variance comes on top, whatever lies between the
    domains. ``alignment_class_weighted`` counts each source image by the class weight of its label, ``weights`` (n_s,),
    as if the domains had the same classes.
    """
    ours, theirs = mask_moments(isra, source), mask_moments(isra, target)
    weighted = mask_moments(isra, source, weights)
    noise = (ours.variance + theirs.variance) / (batch_size * source.shape[1])
    apart = alignment_loss(ours.mean - theirs.mean, "mean")
    return {
        "alignment": round(float(apart), 6),
        "alignment_of_batches": round(float(apart + noise), 6),
        "alignment_class_weighted": round(float(alignment_loss(weighted.mean - theirs.mean, "mean")), 6),
    }


def alignment_cosine(
    isra: IsraModules, classifier: nn.Linear, source: tuple[Tensor, Tensor], target: Tensor, batch_size: int
) -> float:
    """Return the cosine between the pulls of the alignment and of cross-entropy on the source's features.

    It is the mean over `BATCHES` random batches of ``batch_size`` rows of each domain; where it is negative, aligning
    takes from what tells the classes apart. ``source`` holds features (n_s, d) and labels.
    """
    generator, cosines = generator_for(0, "alignment"), []
    for _ in range(BATCHES):
        ours, theirs = (torch.randint(len(rows), (batch_size,), generator=generator) for rows in (source[0], target))
        features = source[0][ours].clone().requires_grad_()
        both = torch.cat([features, target[theirs]])
        pool = domain_pool(features.new_ones(batch_size), batch_size, "mean")
        gaps = topic_gaps(both, isra.receptors.attention(both.detach()), pool, "batch")
        losses = alignment_loss(gaps, "mean"), nn.functional.cross_entropy(classifier(features), source[1][ours])
        aligning, telling = (torch.autograd.grad(loss, features)[0].flatten() for loss in losses)
        cosines.append(nn.functional.cosine_similarity(aligning, telling, dim=0))
    return round(float(torch.stack(cosines).mean()), 4)
