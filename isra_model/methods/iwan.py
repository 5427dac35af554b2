"""IWAN: importance weighted adversarial nets for partial domain adaptation (Zhang et al., CVPR 2018).

Of two discriminators the first only weights: ``w = (1 - D(f)) / mean (1 - D(f))`` is high for source samples that could
be target samples. The second, ``D_0``, is the adversary on the source so weighted. We decided:

* The paper trains a source network, then a second one for the target. Here both domains have one network, as in
  Transfer-Learning-Library. As there, the mean is the batch's, and ``D`` weights with its dropout on.
* Both discriminators' losses weigh 1, as in the authors' program (hellojing89/weightedGANpartialDA). It reverses at
  most a tenth of the gradient, for its second network starts well; here it is reversed as in the other methods. The
  library's trade-offs, 3 and 4.5, go with a normalised bottleneck and a tenth of our rate; on a bare one they diverge.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from isra_model.losses.adversarial import mean_one, reversed_adversarial_loss, weighted_adversarial_loss
from isra_model.losses.entropy import entropy
from isra_model.methods.base import Batch, Method, Settings, State
from isra_model.networks import Discriminator, PdaNetwork, reversal_coefficient


@dataclass(frozen=True)
class IwanSettings(Settings):
    """IWAN's choices.

    Attributes
    ----------
    adversarial_weight : float
        lambda, of the weighted adversary ``D_0``.
    entropy_weight : float
        gamma, of the target entropy.
    """

    adversarial_weight: float = 1.0
    entropy_weight: float = 0.1


class Iwan(Method[IwanSettings]):
    """Cross-entropy, a discriminator that weights the source, the weighted adversary and target entropy."""

    settings_type = IwanSettings

    def __init__(self, features: int, classes: int, settings: IwanSettings) -> None:
        super().__init__(features, classes, settings)
        self.weighting = Discriminator(features)
        self.discriminator = Discriminator(features)

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return the cross-entropy, the loss of D, the weighted loss of D_0 and the target entropy."""
        source, target, settings = batch.source, batch.target, self.settings
        looks_source = self.weighting(source.features.detach())
        features, reversal = (source.features, target.features), reversal_coefficient(state.progress)
        adversarial = reversed_adversarial_loss(self.discriminator, features, reversal, importance(looks_source))
        return {
            "cross_entropy": F.cross_entropy(source.logits, source.labels),
            "weighting": weighted_adversarial_loss(looks_source, self.weighting(target.features.detach())),
            "adversarial": settings.adversarial_weight * adversarial,
            "target_entropy": settings.entropy_weight * entropy(target.logits).mean(),
        }


@torch.no_grad()
def importance(domain_logits: Tensor) -> Tensor:
    """Return ``w = (1 - D) / mean (1 - D)``, (n,) constants, of the logits (n,) that D gives source samples."""
    return mean_one(torch.sigmoid(-domain_logits))
