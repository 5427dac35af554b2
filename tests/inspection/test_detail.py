"""Detail between the network's own positions: finer and in its place, and not a jot more or less in sum."""

import pytest
import torch
from PIL import Image
from torch import Tensor

from isra_model.inspection import Inspector
from isra_model.inspection.detail import detailed, refine
from isra_model.networks import NetworkConfig, PdaNetwork


def network(backbone: str = "test_efficientnet", output_stride: int = 32) -> PdaNetwork:
    torch.manual_seed(0)
    return PdaNetwork(NetworkConfig(backbone, 8, output_stride), classes=3).eval()


def ramp(side: int) -> Tensor:
    """Return a map (1, side, side) that rises by one a row."""
    return torch.arange(side).float().view(1, side, 1).expand(1, side, side)


@torch.inference_mode()
def test_the_mean_over_positions_stays_the_features() -> None:
    model, images = network(), torch.randn(1, 3, 96, 96)
    finer = detailed(model)
    assert finer is not None
    refined = refine(model.spatial_features(images)[0], finer.spatial_features(images)[0])
    assert refined.shape == (8, 12, 12)
    torch.testing.assert_close(refined.mean(dim=(1, 2)), model(images).features[0], rtol=0, atol=1e-5)


def test_only_a_constant_is_added_to_what_the_filters_see() -> None:
    fine = torch.randn(2, 6, 6)
    middle = fine[:, 1::3, 1::3]
    added = refine(middle, fine) - fine
    torch.testing.assert_close(added, added[:, :1, :1].expand_as(added), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("first", "steeper"), [(0, 1), (3, -1)])
def test_positions_in_a_corner_of_their_cells_are_moved_to_the_middle(first: int, steeper: int) -> None:
    """Seven sixteenths of a cell, for a stride of 8: what is left out at one end stands twice at the other."""
    fine = ramp(12)
    refined = refine(fine[:, first::4, first::4], fine)
    moved = refined - refined[:, 5:6, 5:6]
    torch.testing.assert_close(moved[:, 1:-1], (fine - 5)[:, 1:-1])
    ends = {1: moved[0, -1, 0] - moved[0, -2, 0], -1: moved[0, 1, 0] - moved[0, 0, 0]}
    assert float(ends[steeper]) == pytest.approx(1 - 7 / 16)


@pytest.mark.parametrize("side", [2, 5])
def test_sizes_that_do_not_fit_leave_the_map_as_it_is(side: int) -> None:
    spatial = torch.randn(4, 2, 2)
    assert refine(spatial, torch.randn(4, side, side)) is spatial


def test_a_backbone_without_dilation_has_no_detail() -> None:
    assert detailed(network("dla46_c")) is None


def test_a_network_that_is_as_fine_already_has_no_detail() -> None:
    assert detailed(network(output_stride=8)) is None


def test_a_view_has_detailed_topics(inspector: Inspector, image: Image.Image) -> None:
    crop = inspector.checkpoint.preprocessing.crop
    assert {topic.grid.shape for topic in inspector.look(image).topics} == {(crop // 8, crop // 8)}
