"""ETN, example transfer network: learn which source examples transfer (Cao et al., CVPR 2019).

An auxiliary label predictor ``G~_y`` with a leaky softmax sees the features, detached. What its class probabilities sum
to is the auxiliary domain discriminator ``G~_d``: near 1 on the source, near 0 on the target, and lower on source
examples that resemble the target's. Each source example's weight is ``w = 1 - G~_d``, of mean 1 over the batch.

* ``E_Gy  = mean w CE + gamma mean H(p_t)``: classifier.
* ``E_Gd  = mean w BCE(D_s, 1) + mean BCE(D_t, 0)``: discriminator, reversed for the features.
* ``E_G~y``: each class against the rest on the source, weight lambda. ``E_G~d``: ``BCE(G~_d, source or target)``.

The authors' program (thuml/ETN) gives what the paper leaves open: gamma 0.2, lambda 1, ``E_G~d`` times 10, batches in
which the source's classes are equally likely, and no gradient from the auxiliary head or the weights to the features.
Decided here: as nothing else trains the auxiliary head, the size of its loss is its learning rate. New layers learn ten
times as fast here as in that program, so both terms are scaled by 0.1, which is the program's rate again. What they do
without was not measured by itself.

The auxiliary head's logits are bounded where the program's probabilities saturate, as a discriminator's are.
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from isra_model.losses.adversarial import mean_one, reversed_adversarial_loss, weighted_adversarial_loss
from isra_model.losses.entropy import entropy
from isra_model.losses.leaky_softmax import leaky_sum_logit, one_against_rest_loss
from isra_model.methods.base import Batch, Method, Settings, State
from isra_model.networks import Discriminator, PdaNetwork, reversal_coefficient
from isra_model.networks.discriminator import SATURATED
from isra_model.networks.head import three_layers


@dataclass(frozen=True)
class EtnSettings(Settings):
    """ETN's choices.

    Attributes
    ----------
    adversarial_weight : float
        Weight of ``E_Gd``.
    entropy_weight : float
        gamma, of the target entropy.
    auxiliary_domain_weight : float
        Weight of ``E_G~d``.
    auxiliary_class_weight : float
        lambda, of ``E_G~y``.
    auxiliary_rate : float
        Rate of the auxiliary head, as a share of the rate of new layers.
    """

    adversarial_weight: float = 1.0
    entropy_weight: float = 0.2
    auxiliary_domain_weight: float = 10.0
    auxiliary_class_weight: float = 1.0
    auxiliary_rate: float = 0.1


class Etn(Method[EtnSettings]):
    """Cross-entropy and adversary weighted by example, target entropy, and the head that finds the weights."""

    settings_type = EtnSettings
    balanced_source: ClassVar[bool] = True

    def __init__(self, features: int, classes: int, settings: EtnSettings) -> None:
        super().__init__(features, classes, settings)
        self.discriminator = Discriminator(features)
        self.auxiliary = three_layers(features, 1024, classes)

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return the terms of E_Gy, E_Gd, E_G~d and E_G~y; the paper adds both domains' means, hence the factors 2."""
        source, target, settings = batch.source, batch.target, self.settings
        auxiliary = nn.Sequential(self.auxiliary, nn.Hardtanh(*SATURATED))
        source_auxiliary = auxiliary(source.features.detach())
        source_domain = leaky_sum_logit(source_auxiliary)
        target_domain = leaky_sum_logit(auxiliary(target.features.detach()))
        weight = transferability(source_domain)
        cross_entropy = F.cross_entropy(source.logits, source.labels, reduction="none")
        auxiliary_domain = 2.0 * weighted_adversarial_loss(source_domain, target_domain)
        features, reversal = (source.features, target.features), reversal_coefficient(state.progress)
        adversarial = 2.0 * reversed_adversarial_loss(self.discriminator, features, reversal, weight)
        auxiliary_class = one_against_rest_loss(source_auxiliary, source.labels)
        return {
            "cross_entropy": (weight * cross_entropy).mean(),
            "target_entropy": settings.entropy_weight * entropy(target.logits).mean(),
            "adversarial": settings.adversarial_weight * adversarial,
            "auxiliary_domain": settings.auxiliary_rate * settings.auxiliary_domain_weight * auxiliary_domain,
            "auxiliary_class": settings.auxiliary_rate * settings.auxiliary_class_weight * auxiliary_class,
        }


def transferability(domain_logits: Tensor) -> Tensor:
    """Return ``w = 1 - G~_d``, (n,), divided by its mean and without gradient, of logits of ``G~_d`` (n,)."""
    return mean_one((-domain_logits.detach()).sigmoid())
