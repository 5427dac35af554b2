"""The network every method adapts: backbone, bare linear bottleneck, linear classifier."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from isra_model.networks.backbones import AppliedBackbone, BackboneError, create_backbone
from isra_model.networks.initialise import xavier_linear


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of a `PdaNetwork`.

    Attributes
    ----------
    backbone : any timm model's name.
    bottleneck : d, the number of features between backbone and classifier.
    output_stride : pixels between positions of the spatial map; below 32 the last stages are dilated, not strided.
    pretrained : whether training starts from the backbone's ImageNet weights.
    bottleneck_norm : after the bottleneck's linear layer, nothing, batch norm (SHOT), or batch norm, ReLU and
        dropout 0.5 (AFN). With the last a feature is no mean over positions any more.
    classifier : a linear layer, or one with weight norm (SHOT).
    frozen : the backbone stays as pretrained and is applied once, before training: the images are its pooled features
        (n, width, 1, 1).
    """

    backbone: str = "tf_efficientnet_lite0"
    bottleneck: int = 256
    output_stride: int = 32
    pretrained: bool = True
    bottleneck_norm: Literal["none", "batch", "batch-relu-dropout"] = "none"
    classifier: Literal["linear", "weight-norm"] = "linear"
    frozen: bool = False


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
        self.classifier = xavier_linear(config.bottleneck, classes)
        if config.classifier == "weight-norm":
            weight_norm(self.classifier)

    def forward(self, images: Tensor) -> Response:
        """Return features (n, d) and logits (n, C) of normalised ``images`` (n, 3, h, w)."""
        features = self.norm(self.bottleneck(self.backbone(images).mean(dim=(2, 3))))
        return Response(features, self.classifier(features))

    def spatial_features(self, images: Tensor) -> Tensor:
        """Return the bottleneck at every position, (n, d, h', w'), in evaluation mode.

        Its mean over positions is the features, but for the ReLU of "batch-relu-dropout".
        """
        positions = self.backbone(images).permute(0, 2, 3, 1)
        spatial: Tensor = self.norm(self.bottleneck(positions).flatten(0, 2))
        return spatial.view(*positions.shape[:3], -1).permute(0, 3, 1, 2)


def _norm(config: NetworkConfig) -> nn.Module:
    if config.bottleneck_norm == "none":
        return nn.Identity()
    norm = nn.BatchNorm1d(config.bottleneck)
    return norm if config.bottleneck_norm == "batch" else nn.Sequential(norm, nn.ReLU(), nn.Dropout(0.5))


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
    except (AssertionError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
        raise BackboneError(f"{config.backbone} has no output stride of {output_stride}.") from error
    return finer.eval().requires_grad_(False)
