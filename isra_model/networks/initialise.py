"""Initial values of new layers."""

from torch import nn


def xavier_linear(inputs: int, outputs: int) -> nn.Linear:
    """Return a linear layer with Xavier-normal weights and zero bias, as every new layer of BA3US has."""
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_normal_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
