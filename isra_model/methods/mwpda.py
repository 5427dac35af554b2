"""MWPDA: multi-weight partial domain adaptation (Hu et al., BMVC 2019).

No program was published. What its abstract says: Otsu's method turns the class weights into hard labels, shared or not,
"to decrease weights of outlier classes and increase ones of shared classes"; a shared-sample classifier, trained with
them, weights samples; both weights act on source classifier and domain discriminator. Around that we had to
decide, and chose by target accuracy on the tests' toy problem:

* Class weight: the mean of PADA's soft weight ``gamma / max gamma`` and the hard label. It raises shared classes
  towards 1 and lowers the others, and a class that Otsu misses keeps half its weight.
* Shared-sample classifier: `Discriminator`'s form on detached features; cross-entropy with the hard label of its class
  for a source image, with "shared" for a target image, as by definition all are. Its probability is the sample weight.
* A source image weighs the product of both, a constant and at most 1, as PADA's; a target image weighs 1. With hard
  labels for the source alone, or weights of mean 1, one wrong threshold confirms itself until a single class is left.
* The trade-offs are 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from isra_model.losses.adversarial import reversed_adversarial_loss
from isra_model.losses.entropy import weighted_mean
from isra_model.methods.base import Batch, Method, Settings, State
from isra_model.networks import Discriminator, PdaNetwork, reversal_coefficient


@dataclass(frozen=True)
class MwpdaSettings(Settings):
    """MWPDA's choices.

    Attributes
    ----------
    adversarial_weight : float
        Weight of the adversary.
    sharing_weight : float
        Weight of the shared-sample classifier's loss; no other part receives its gradient.
    """

    adversarial_weight: float = 1.0
    sharing_weight: float = 1.0


class Mwpda(Method[MwpdaSettings]):
    """Cross-entropy and adversary with the source weighted by class and by sample, and the shared-sample classifier."""

    settings_type = MwpdaSettings

    def __init__(self, features: int, classes: int, settings: MwpdaSettings) -> None:
        super().__init__(features, classes, settings)
        self.sharing = Discriminator(features)
        self.discriminator = Discriminator(features)

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return the weighted cross-entropy, the shared-sample classifier's loss and the weighted adversary."""
        source, target, settings = batch.source, batch.target, self.settings
        shared = shared_classes(state.class_weight).to(state.class_weight.dtype)
        class_weight = (state.class_weight / state.class_weight.max() + shared) / 2.0
        looks_shared = self.sharing(source.features.detach())
        target_looks_shared = self.sharing(target.features.detach())
        sharing = F.binary_cross_entropy_with_logits(looks_shared, shared[source.labels])
        sharing = (sharing + F.softplus(-target_looks_shared).mean()) / 2.0
        weights = class_weight[source.labels] * looks_shared.detach().sigmoid()
        features, reversal = (source.features, target.features), reversal_coefficient(state.progress)
        adversarial = reversed_adversarial_loss(self.discriminator, features, reversal, weights)
        return {
            "cross_entropy": weighted_mean(F.cross_entropy(source.logits, source.labels, reduction="none"), weights),
            "sharing": settings.sharing_weight * sharing,
            "adversarial": settings.adversarial_weight * adversarial,
        }


def shared_classes(class_weight: Tensor) -> Tensor:
    """Return which classes Otsu's method takes for shared, (C,) bool, of class weights (C,).

    The threshold between two groups of weights that maximises the variance between them; equal weights are all shared.
    """
    ordered = class_weight.sort(descending=True).values
    above = torch.arange(1, len(ordered), device=ordered.device)
    below = len(ordered) - above
    sums = ordered.cumsum(dim=0)[:-1]
    gap = sums / above - (ordered.sum() - sums) / below
    lowest_shared = ordered.take((above * below * gap.square()).argmax())
    return class_weight >= lowest_shared
