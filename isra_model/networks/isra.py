"""ISRA's modules: class2vec finds implicit semantic topics, receptors say which features answer to each.

Shapes: ``n`` samples, ``d`` bottleneck features, ``d_e`` topics, ``P`` hidden units a receptor.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from isra_model.networks.initialise import xavier_linear


class Class2Vec(nn.Module):
    """Auto-encoder whose code is the implicit semantic embedding (paper, section 3.2 and equation 1).

    The decoder is linear: with the released program's closing ReLU it could not reconstruct the negative
    values of a bare linear bottleneck.
    """

    def __init__(self, features: int, topics: int) -> None:
        super().__init__()
        self.encoder = xavier_linear(features, topics)
        self.decoder = xavier_linear(topics, features)

    def response(self, features: Tensor) -> Tensor:
        """Return the topics before the ReLU, (n, d_e); affine in ``features`` (n, d)."""
        values: Tensor = self.encoder(features)
        return values

    def encode(self, features: Tensor) -> Tensor:
        """Return the topic values ``f(x)``, (n, d_e), not negative, of ``features`` (n, d)."""
        return torch.relu(self.response(features))

    @property
    def directions(self) -> Tensor:
        """Return (d, d_e) what one unit of each topic adds to the features."""
        return self.decoder.weight

    @property
    def offset(self) -> Tensor:
        """Return (d,) the reconstruction where no topic answers."""
        return self.decoder.bias

    def decode(self, topics: Tensor) -> Tensor:
        """Return the reconstruction ``h(z)``, (n, d), of topic values (n, d_e)."""
        return nn.functional.linear(topics, self.directions, self.offset)


class TopicReceptors(nn.Module):
    """``d_e`` independent regressors ``Linear(d, P) - ReLU - Linear(P, 1)``, one a topic, as one batched product.

    The first layer starts at a tenth of Xavier's size: the l1 penalty of equation 2 leaves weights that small, and
    from full size it spends the first hundred steps on nothing but shrinking them.
    """

    def __init__(self, features: int, topics: int, hidden: int = 128) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(topics, hidden, features))
        self.bias = nn.Parameter(torch.zeros(topics, hidden))
        self.readout = nn.Parameter(torch.empty(topics, hidden))
        self.offset = nn.Parameter(torch.zeros(topics))
        nn.init.normal_(self.weight, std=0.1 * (2.0 / (features + hidden)) ** 0.5)
        nn.init.normal_(self.readout, std=(2.0 / (hidden + 1)) ** 0.5)

    def hidden(self, features: Tensor) -> Tensor:
        """Return the hidden values before the ReLU, (d_e, n, P), of ``features`` (n, d)."""
        return torch.baddbmm(self.bias.unsqueeze(1), features.expand(len(self.weight), -1, -1), self.weight.mT)

    def forward(self, features: Tensor) -> Tensor:
        """Return the predicted topic values ``g_j(x)``, (n, d_e), of ``features`` (n, d)."""
        values: Tensor = torch.einsum("jnp,jp->nj", torch.relu(self.hidden(features)), self.readout) + self.offset
        return values

    @torch.no_grad()
    def attention(self, features: Tensor) -> Tensor:
        """Return the topic attention ``A = |d g_j / d x|``, (n, d_e, d), of ``features`` (n, d).

        Closed form: ``|((h_j > 0) * v_j) W_j|``, for all topics at once. It is constant almost everywhere,
        so no gradient is lost by taking none.
        """
        open_units: Tensor = (self.hidden(features) > 0) * self.readout.unsqueeze(1)
        return torch.bmm(open_units, self.weight).abs_().transpose(0, 1)

    @torch.no_grad()
    def loss_gradient_attention(self, features: Tensor, topics: Tensor) -> Tensor:
        """Return the released program's attention, (n, d_e, d): ``|d mean_j,n (g_j(x) - f(x)_j)^2 / d x|``.

        It vanishes where a receptor is right; kept to be compared with `attention`.
        """
        residual: Tensor = 2.0 * (self(features) - topics) / topics.numel()
        return self.attention(features).mul_(residual.abs().unsqueeze(2))


def topic_masks(attention: Tensor, features: Tensor) -> Tensor:
    """Return the feature masks ``M_j = N(A_j) * X``, (n, d_e, d), with ``N`` the l2 norm of each sample and topic.

    ``attention`` is (n, d_e, d) and ``features`` (n, d).
    """
    return nn.functional.normalize(attention, dim=2) * features.unsqueeze(1)
