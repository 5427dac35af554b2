"""The norm of features, made to grow."""

from torch import Tensor


def stepwise_norm_loss(features: Tensor, step: float) -> Tensor:
    """Return ``mean (||f|| - (||f||_0 + step))^2`` over rows of ``features`` (n, d), ``||f||_0`` the norm as it is now.

    ``||f||_0`` is a constant (AFN's stepwise form, Xu et al. 2019), so the value is always ``step^2``. What acts is the
    gradient, ``-2 step f / ||f|| / n``: whatever its norm, every feature is pushed outwards alike.
    """
    norms: Tensor = features.norm(dim=1)
    return (norms - (norms.detach() + step)).square().mean()
