"""The domain discriminators of adversarial adaptation: one for all samples, or one a class."""

import torch
from torch import Tensor, nn

from isra_model.networks.head import three_layers

SATURATED = -88.0, 16.0
"""Logits beyond which a probability, or one less it, is 0 in single precision.

The methods' programs compute binary cross-entropies from probabilities, so that a logit beyond has no gradient, however
wrong it is. Logits are bounded here to the same end: without, large features and their adversary drive one another to
infinity.
"""


class Discriminator(nn.Module):
    """Tell source (logit > 0) from target (logit < 0): ``d -> 1024 -> 1024 -> 1`` with ReLU and dropout 0.5."""

    def __init__(self, features: int, hidden: int = 1024) -> None:
        super().__init__()
        self.layers = three_layers(features, hidden, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return one domain logit a row, (n,), within `SATURATED`, of ``features`` (n, d)."""
        logits: Tensor = self.layers(features)
        return logits.squeeze(1).clamp(*SATURATED)


class ClassDiscriminators(nn.Module):
    """``C`` independent discriminators ``d -> P -> P -> 1``, one a class, as batched products.

    ReLU and dropout 0.5 as in `Discriminator`.
    """

    def __init__(self, features: int, classes: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _BatchedLinear(classes, features, hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            _BatchedLinear(classes, hidden, hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            _BatchedLinear(classes, hidden, 1),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return the domain logits (n, C) of ``features`` (C, n, d): what each class's discriminator is to see."""
        logits: Tensor = self.layers(features)
        return logits.squeeze(2).T.clamp(*SATURATED)


class _BatchedLinear(nn.Module):
    """``C`` linear layers from (C, n, inputs) to (C, n, outputs), each initialised as `xavier_linear` is."""

    def __init__(self, classes: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, inputs, outputs) * (2.0 / (inputs + outputs)) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(classes, 1, outputs))

    def forward(self, values: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, values, self.weight)
