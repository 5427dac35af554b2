"""The network every method adapts: backbone, bare linear bottleneck, linear classifier."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from isra_model.networks.backbones import AppliedBackbone, BackboneError, create_backbone, first_layers
from isra_model.networks.initialise import xavier_linear


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of a `PdaNetwork`.

    Attributes
    ----------
    backbone : str
        The name of a timm convolutional network.
    bottleneck : int
        d, the number of features between backbone and classifier.
    output_stride : int
        Pixels between positions of the spatial map; below 32 the last stages are dilated, not strided.
    pretrained : bool
        Whether training starts from the backbone's ImageNet weights.
    bottleneck_norm : Literal["none", "batch", "batch-relu-dropout"]
        After the bottleneck's linear layer, nothing, batch norm (SHOT), or batch norm, ReLU and a dropout of 0.5 that
        keeps the expected squared norm (AFN). With the last a feature is no mean over positions.
    classifier : Literal["linear", "weight-norm"]
        A linear layer, or one with weight norm (SHOT).
    target_residual : bool
        Target images' features are ``f + R(f)``, source images' are ``f`` (DRCN).
    frozen : bool
        The backbone stays as pretrained and is applied once, before training: the images are its pooled features (n,
        width, 1, 1).
    frozen_layers : int
        How many of the backbone's first layers, the stem and then its stages, stay as pretrained, batch norm included,
        for a shorter step.
    """

    backbone: str = "tf_efficientnet_lite0"
    bottleneck: int = 256
    output_stride: int = 32
    pretrained: bool = True
    bottleneck_norm: Literal["none", "batch", "batch-relu-dropout"] = "none"
    classifier: Literal["linear", "weight-norm"] = "linear"
    target_residual: bool = False
    frozen: bool = False
    frozen_layers: int = 0


class Response(NamedTuple):
    """What the network says of a batch: bottleneck features (n, d) and class logits (n, C)."""

    features: Tensor
    logits: Tensor


class PdaNetwork(nn.Module):
    """``images -> backbone -> average pool -> bottleneck -> classifier``.

    All that follows the last convolution map is an average and a linear layer, so each feature is exactly the
    mean over positions of a spatial map, which `spatial_features` returns.
    """

    def __init__(self, config: NetworkConfig, classes: int, *, pretrained: bool = False) -> None:
        super().__init__()
        self.config = config
        self.backbone = (
            AppliedBackbone(config.backbone)
            if config.frozen
            else create_backbone(config.backbone, pretrained=pretrained, output_stride=config.output_stride)
        )
        self.bottleneck = xavier_linear(int(self.backbone.num_features), config.bottleneck)  # type: ignore[arg-type]
        self.norm = _norm(config)
        self.correction = ResidualCorrection(config.bottleneck) if config.target_residual else nn.Identity()
        self.classifier = xavier_linear(config.bottleneck, classes)
        if config.classifier == "weight-norm":
            weight_norm(self.classifier)

    def let_backbone_learn(self, learns: bool) -> None:
        """Set what of the backbone a step changes: its frozen layers never, so their forward pass keeps nothing."""
        self.backbone.requires_grad_(learns).train(self.training and learns)
        for layer in first_layers(self.backbone, self.config.frozen_layers):
            layer.requires_grad_(False).eval()

    def forward(self, images: Tensor, *, source: bool = False) -> Response:
        """Return features (n, d) and logits (n, C) of normalised ``images`` (n, 3, h, w).

        Images are taken to be the target's; ``source`` ones go without the target's residual block, if there is one.
        """
        return self.head(self.pool(images), source=source)

    def pool(self, images: Tensor) -> Tensor:
        """Return the backbone's map of ``images``, averaged over positions, (n, width)."""
        pooled: Tensor = self.backbone(images).mean(dim=(2, 3))
        return pooled

    def head(self, pooled: Tensor, *, source: bool = False) -> Response:
        """Return features (n, d) and logits (n, C) of a ``pooled`` map (n, width); see `forward`."""
        features = self.norm(self.bottleneck(pooled))
        if not source:
            features = self.correction(features)
        return Response(features, self.classifier(features))

    def spatial_features(self, images: Tensor) -> Tensor:
        """Return the bottleneck at every position, (n, d, h', w'), in evaluation mode.

        Its mean over positions is the features, but for the ReLU of "batch-relu-dropout" and the target's residual.
        """
        return self._at_every_position(self.backbone(images))

    def respond_with_map(self, images: Tensor) -> tuple[Response, Tensor]:
        """Return `forward` and `spatial_features` of target images from one pass, in evaluation mode."""
        maps = self.backbone(images)
        return self.head(maps.mean(dim=(2, 3))), self._at_every_position(maps)

    def _at_every_position(self, maps: Tensor) -> Tensor:
        positions = maps.permute(0, 2, 3, 1)
        spatial: Tensor = self.norm(self.bottleneck(positions).flatten(0, 2))
        return spatial.view(*positions.shape[:3], -1).permute(0, 3, 1, 2)


class ResidualCorrection(nn.Module):
    """DRCN's correction of target features, ``f + R(f)`` with ``R = FC - BN - ReLU - FC``; small at first."""

    def __init__(self, features: int) -> None:
        super().__init__()
        last = nn.Linear(features, features)
        nn.init.normal_(last.weight, std=0.005)
        nn.init.zeros_(last.bias)
        self.residual = nn.Sequential(xavier_linear(features, features), nn.BatchNorm1d(features), nn.ReLU(), last)

    def forward(self, features: Tensor) -> Tensor:
        """Return the corrected features (n, d) of target features (n, d)."""
        corrected: Tensor = features + self.residual(features)
        return corrected


class NormPreservingDropout(nn.Dropout):
    """Dropout that keeps the expected squared norm, dividing by ``sqrt(1 - p)`` (AFN's L2-preserved dropout)."""

    def forward(self, values: Tensor) -> Tensor:
        """Return ``values`` (n, d), in training with a share ``p`` of them 0."""
        dropped = super().forward(values)
        return dropped * (1.0 - self.p) ** 0.5 if self.training else dropped


def _norm(config: NetworkConfig) -> nn.Module:
    if config.bottleneck_norm == "none":
        return nn.Identity()
    norm = nn.BatchNorm1d(config.bottleneck)
    return norm if config.bottleneck_norm == "batch" else nn.Sequential(norm, nn.ReLU(), NormPreservingDropout(0.5))


def dilated(network: PdaNetwork, output_stride: int) -> PdaNetwork:
    """Return a network on the same weights, not copied, with a position of the map every ``output_stride`` pixels.

    It is for looking: in evaluation mode, without gradients. Where the network skips positions its filters are spread
    instead (à trous), so its map is the network's own and, between those positions, what the same filters see there.

    Raises
    ------
    BackboneError
        If the backbone cannot be dilated so.
    """
    config = replace(network.config, output_stride=output_stride)
    try:
        with torch.device("meta"):
            finer = PdaNetwork(config, network.classifier.out_features)
        finer.load_state_dict(network.state_dict(), assign=True)
    except RuntimeError as error:
        raise BackboneError(f"{config.backbone} has no output stride of {output_stride}.") from error
    return finer.eval().requires_grad_(False)
