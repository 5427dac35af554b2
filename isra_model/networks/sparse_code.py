"""A sparse form of class2vec: of all topics an image keeps the few that it shows most.

What is whose. The k-sparse auto-encoder, a linear encoder of whose values only the k largest are kept, is Makhzani and
Frey's (2014). Decoder columns of unit norm, lest a small value hide behind a long column, and topics that are brought
back when they fall silent are from Bricken et al., "Towards Monosemanticity" (Anthropic, 2023). That the silent are
taught by what the others leave unexplained, with the weight 1/32, is Gao et al.'s ("Scaling and evaluating sparse
autoencoders", 2024), and so is an encoder that starts as the decoder's transpose. Ours is that inputs are centred and
scaled by running statistics, because the features move while the network trains.

Shapes: ``n`` samples, ``d`` bottleneck features, ``d_e`` topics.
"""

from __future__ import annotations

import torch
from torch import Tensor

from isra_model.networks.isra import Class2Vec

REVIVAL_WEIGHT = 1 / 32
PATIENCE = 2000
"""Samples without an answer after which a topic counts as silent."""
LEAST_SHARE = 0.01
"""What a batch adds to the running statistics at least; the first batches count alike."""


class SparseCode(Class2Vec):
    """class2vec with the ``kept`` largest topics of each sample, and every other one exactly 0.

    Attributes
    ----------
    kept : int
        k.
    centre : Tensor
        (d,) running mean of the features.
    variance : Tensor
        () running mean over the features of their variance.
    batches : Tensor
        () number of batches seen.
    silence : Tensor
        (d_e,) samples since a topic was last kept.
    """

    centre: Tensor
    variance: Tensor
    batches: Tensor
    silence: Tensor

    def __init__(self, features: int, topics: int, kept: int) -> None:
        """Create the code.

        Raises
        ------
        ValueError
            If there are not as many topics as are kept.
        """
        if not 0 < kept <= topics:
            raise ValueError(f"A sparse code keeps 1 to {topics} of {topics} topics, not {kept}: choose another k.")
        super().__init__(features, topics)
        self.kept = kept
        self.register_buffer("centre", torch.zeros(features))
        self.register_buffer("variance", torch.ones(()))
        self.register_buffer("batches", torch.zeros((), dtype=torch.long))
        self.register_buffer("silence", torch.zeros(topics, dtype=torch.long))
        self.encoder.weight.data.copy_(torch.nn.functional.normalize(self.decoder.weight.data, dim=0).T)

    def response(self, features: Tensor) -> Tensor:
        """Return the topics before any is dropped, (n, d_e); affine in ``features`` (n, d)."""
        values: Tensor = self.encoder((features - self.centre) / self.variance.sqrt())
        return values

    def encode(self, features: Tensor) -> Tensor:
        """Return the topic values, (n, d_e), not negative and at most `kept` of a row not 0, of ``features`` (n, d)."""
        return _largest(self.response(features), self.kept)

    @property
    def directions(self) -> Tensor:
        """Return (d, d_e) what one unit of each topic adds to the features: columns of one length."""
        return torch.nn.functional.normalize(self.decoder.weight, dim=0) * self.variance.sqrt()

    @property
    def offset(self) -> Tensor:
        """Return (d,) the reconstruction where no topic answers."""
        return self.centre + self.decoder.bias * self.variance.sqrt()

    @torch.no_grad()
    def observe(self, features: Tensor) -> None:
        """Take a batch of ``features`` (n, d) into the running statistics, and count who was silent."""
        self.batches += 1
        share = (1.0 / self.batches).clamp_min(LEAST_SHARE).to(features.dtype)
        self.centre.lerp_(features.mean(dim=0), share)
        self.variance.lerp_((features - self.centre).square().mean().clamp_min(1e-12), share)
        answered = self.encode(features).amax(dim=0) > 0
        self.silence.add_(len(features)).masked_fill_(answered, 0)

    def revival_loss(self, features: Tensor) -> Tensor:
        """Return how badly the silent topics explain what the others leave of ``features`` (n, d), weighted; or 0.

        The strongest of them, as many as twice `kept`, are to reconstruct the residual; only they receive gradient.
        """
        silent, seen = self.silence > PATIENCE, features.detach()
        residual = (seen - self.decode(self.encode(seen))).detach()
        values = _largest(self.response(seen) * silent, min(2 * self.kept, len(silent)))
        errors = (residual - values @ self.directions.T).square().sum(dim=1).mean()
        return REVIVAL_WEIGHT * silent.any() * errors


def _largest(values: Tensor, count: int) -> Tensor:
    """Return ``values`` (n, m) with all but the ``count`` largest positive ones of each row 0."""
    kept, places = values.topk(count, dim=1)
    return torch.zeros_like(values).scatter(1, places, torch.relu(kept))


@torch.no_grad()
def found_active(predicted: Tensor, topics: Tensor) -> tuple[float, float]:
    """Return precision and recall with which receptors say that a topic is active, over all samples and topics.

    A receptor says so where its value ``predicted`` (n, d_e) is more than half of what the topic, ``topics`` (n, d_e),
    has on average where it is active. Where nothing is said, or nothing is active, the share is 0.
    """
    active = topics > 0
    usual = topics.sum(dim=0) / active.sum(dim=0).clamp_min(1)
    said = (predicted > usual / 2) & (usual > 0)
    hits = float((said & active).sum())
    return hits / max(1, int(said.sum())), hits / max(1, int(active.sum()))
