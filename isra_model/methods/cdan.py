"""CDAN+E: conditional adversarial domain adaptation with entropy conditioning (Long et al., NeurIPS 2018).

Follows the paper's equations. Two things come from the authors' program (thuml/CDAN): the discriminator is told the
predictions as constants (``g`` is detached), and each domain's entropy weights are divided by their mean.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from isra_model.losses.adversarial import entropy_confidence, mean_one, weighted_adversarial_loss
from isra_model.losses.entropy import entropy
from isra_model.methods.base import Batch, DomainBatch, Method, Settings, State
from isra_model.networks import Discriminator, MultilinearMap, PdaNetwork, reversal_coefficient, reverse_gradient


@dataclass(frozen=True)
class CdanSettings(Settings):
    """CDAN+E's choices.

    Attributes
    ----------
    adversarial_weight : float
        lambda; the reversal brings it from 0 to its value.
    random_dimension : int
        Entries of the randomised map, taken where ``d C > 4,096``.
    """

    adversarial_weight: float = 1.0
    random_dimension: int = 1024


class Cdan(Method[CdanSettings]):
    """Cross-entropy, and an adversary that sees features and predictions together, certain samples most."""

    settings_type = CdanSettings

    def __init__(self, features: int, classes: int, settings: CdanSettings) -> None:
        super().__init__(features, classes, settings)
        self.map = MultilinearMap(features, classes, settings.random_dimension)
        self.discriminator = Discriminator(self.map.outputs)

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return E(G) and lambda E(D, G)."""
        coefficient = reversal_coefficient(state.progress)

        def domain_logits(part: DomainBatch) -> Tensor:
            joint = self.map(part.features, part.logits.detach().softmax(dim=1))
            logits: Tensor = self.discriminator(reverse_gradient(joint, coefficient))
            return logits

        def confidence(part: DomainBatch) -> Tensor:
            return mean_one(entropy_confidence(reverse_gradient(entropy(part.logits), coefficient)))

        source, target = batch.source, batch.target
        adversarial = weighted_adversarial_loss(
            domain_logits(source), domain_logits(target), confidence(source), confidence(target)
        )
        return {
            "cross_entropy": F.cross_entropy(source.logits, source.labels),
            "adversarial": self.settings.adversarial_weight * adversarial,
        }
