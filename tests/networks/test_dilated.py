"""A dilated network asks the same filters more often."""

import pytest
import torch

from isra_model.networks import NetworkConfig, PdaNetwork
from isra_model.networks.backbones import BackboneError
from isra_model.networks.network import dilated


@pytest.mark.parametrize(("backbone", "first"), [("test_efficientnet", 0), ("tf_efficientnet_lite0", 3)])
def test_the_networks_own_positions_are_among_those_of_the_dilated_one(backbone: str, first: int) -> None:
    torch.manual_seed(0)
    network = PdaNetwork(NetworkConfig(backbone, bottleneck=8), classes=3).eval().double()
    images = torch.randn(1, 3, 96, 96, dtype=torch.float64)

    finer = dilated(network, output_stride=8).spatial_features(images)

    assert finer.shape == (1, 8, 12, 12)
    torch.testing.assert_close(finer[..., first::4, first::4], network.spatial_features(images), rtol=1e-4, atol=1e-3)


def test_weights_are_shared_and_training_goes_on() -> None:
    network = PdaNetwork(NetworkConfig("test_efficientnet", bottleneck=8), classes=3)
    finer = dilated(network, output_stride=8)

    theirs = network.state_dict()
    assert all(weight.data_ptr() == theirs[name].data_ptr() for name, weight in finer.state_dict().items())
    assert not finer.training
    assert not any(parameter.requires_grad for parameter in finer.parameters())
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_a_backbone_that_cannot_be_dilated_says_so() -> None:
    network = PdaNetwork(NetworkConfig("dla46_c", bottleneck=8), classes=3)
    with pytest.raises(BackboneError, match="dla46_c has no output stride of 8"):
        dilated(network, output_stride=8)
