"""The head that adversarial methods put on the features."""

from torch import nn

from isra_model.networks.initialise import xavier_linear


def three_layers(features: int, hidden: int, outputs: int) -> nn.Sequential:
    """Return ``features -> hidden -> hidden -> outputs`` with ReLU and dropout 0.5 after the first two layers."""
    return nn.Sequential(
        xavier_linear(features, hidden),
        nn.ReLU(),
        nn.Dropout(0.5),
        xavier_linear(hidden, hidden),
        nn.ReLU(),
        nn.Dropout(0.5),
        xavier_linear(hidden, outputs),
    )
