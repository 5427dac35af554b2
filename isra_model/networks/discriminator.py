"""The domain discriminator of adversarial adaptation."""

from torch import Tensor, nn

from isra_model.networks.initialise import xavier_linear


class Discriminator(nn.Module):
    """Tell source (logit > 0) from target (logit < 0): ``d -> 1024 -> 1024 -> 1`` with ReLU and dropout 0.5."""

    def __init__(self, features: int, hidden: int = 1024) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            xavier_linear(features, hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            xavier_linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            xavier_linear(hidden, 1),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return one domain logit a row, (n,), of ``features`` (n, d)."""
        logits: Tensor = self.layers(features)
        return logits.squeeze(1)
