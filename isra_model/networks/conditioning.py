"""The multilinear map of CDAN: features and class predictions as one vector."""

import math

import torch
from torch import Tensor, nn

LARGEST_EXACT = 4096


class MultilinearMap(nn.Module):
    """``T(f, g)`` of features ``f`` and predictions ``g`` (Long et al., NeurIPS 2018).

    Their outer product, flattened, where it has at most 4,096 entries; else its randomised approximation
    ``(R_f f) * (R_g g) / sqrt(dimension)``, whose inner products equal the outer products' in expectation. ``R_f`` and
    ``R_g`` are Gaussian with unit variance and are never trained.

    Attributes
    ----------
    outputs : int
        The number of entries of ``T``.
    """

    def __init__(self, features: int, classes: int, dimension: int = 1024) -> None:
        super().__init__()
        self.exact = features * classes <= LARGEST_EXACT
        self.outputs = features * classes if self.exact else dimension
        self.feature_projection: Tensor
        self.class_projection: Tensor
        if not self.exact:
            self.register_buffer("feature_projection", torch.randn(features, dimension))
            self.register_buffer("class_projection", torch.randn(classes, dimension))

    def forward(self, features: Tensor, predictions: Tensor) -> Tensor:
        """Return (n, outputs) of features (n, d) and predictions (n, C)."""
        if self.exact:
            return torch.einsum("nc,nd->ncd", predictions, features).flatten(1)
        product = (features @ self.feature_projection) * (predictions @ self.class_projection)
        return product / math.sqrt(self.outputs)
