"""SAN: partial transfer learning with selective adversarial networks (Cao et al., CVPR 2018).

Every class has a discriminator, and a sample counts with those of the classes that it may be of. Where the paper and
the authors' program (thuml/SAN) differ:

* The paper weights a sample's loss at discriminator k with its probability of class k. The program multiplies its
  features by it instead, and so do we: their gradient is weighted alike, and k sees nothing of other classes' samples.
* The class weight is the mean target softmax, over the whole target as the paper writes it, divided by its maximum, as
  the program does. It weights the discriminator's loss (paper), not the reversed gradient alone (program).
* The entropy is the target's (paper); the program adds the source's.
* The program's discriminators are 1024-1024 wide for 31 classes, one layer of 256 for 256 classes and linear for 1,000.
  Ours are 128-128: with 65 classes 3 million weights, not 85. `Settings.hidden` is theirs at 1024.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from isra_model.losses.adversarial import weighted_adversarial_loss
from isra_model.losses.entropy import entropy
from isra_model.methods.base import Batch, DomainBatch, Method, Settings, State
from isra_model.networks import ClassDiscriminators, PdaNetwork, reversal_coefficient, reverse_gradient


@dataclass(frozen=True)
class SanSettings(Settings):
    """SAN's choices.

    Attributes
    ----------
    adversarial_weight : float
        lambda.
    entropy_weight : float
        Weight of the target entropy.
    hidden : int
        P, width of both hidden layers of every discriminator.
    """

    adversarial_weight: float = 1.0
    entropy_weight: float = 0.2
    hidden: int = 128


class San(Method[SanSettings]):
    """Cross-entropy, one weighted adversary a class, and target entropy."""

    settings_type = SanSettings

    def __init__(self, features: int, classes: int, settings: SanSettings) -> None:
        super().__init__(features, classes, settings)
        self.discriminators = ClassDiscriminators(features, classes, settings.hidden)

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return the cross-entropy, ``sum_k gamma_k L_d^k`` and the target entropy."""
        source, target, settings = batch.source, batch.target, self.settings
        coefficient = reversal_coefficient(state.progress)

        def domain_logits(part: DomainBatch) -> Tensor:
            probabilities = part.logits.detach().softmax(dim=1)
            selected = probabilities.T.unsqueeze(2) * reverse_gradient(part.features, coefficient)
            logits: Tensor = self.discriminators(selected)
            return logits

        weights = state.class_weight / state.class_weight.max()
        mean_by_class = weighted_adversarial_loss(domain_logits(source), domain_logits(target), weights, weights)
        return {
            "cross_entropy": F.cross_entropy(source.logits, source.labels),
            "adversarial": settings.adversarial_weight * len(weights) * mean_by_class,
            "target_entropy": settings.entropy_weight * entropy(target.logits).mean(),
        }
