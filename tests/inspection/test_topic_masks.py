"""An overlay is an exact decomposition, not an illustration."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from isra_model.inspection import Inspector
from isra_model.inspection.frame import Frame
from isra_model.inspection.topics import TopicMaps, TopicStatistics, rank_topics, topic_maps
from isra_model.networks import IsraModules, topic_masks


@pytest.fixture(params=[None, 2], ids=["dense", "sparse"])
def isra(request: pytest.FixtureRequest) -> IsraModules:
    torch.manual_seed(0)
    return IsraModules(features=16, topics=6, hidden=8, kept=request.param).eval()


@pytest.fixture
def spatial() -> torch.Tensor:
    return torch.randn(16, 3, 4, generator=torch.Generator().manual_seed(1))


def test_every_overlay_averages_to_the_size_of_its_feature_mask(isra: IsraModules, spatial: torch.Tensor) -> None:
    maps = topic_maps(isra, spatial)
    np.testing.assert_allclose(maps.grids.mean(axis=(1, 2)), np.abs(maps.feature_masks).sum(axis=1), atol=1e-5)


def test_the_encoder_at_every_position_averages_to_the_topic_before_its_threshold(
    isra: IsraModules, spatial: torch.Tensor
) -> None:
    maps, features = topic_maps(isra, spatial), spatial.mean(dim=(1, 2)).unsqueeze(0)
    expected = isra.class2vec.response(features)[0].detach().numpy()
    np.testing.assert_allclose(maps.response_grids.mean(axis=(1, 2)), expected, atol=1e-5)
    np.testing.assert_allclose(maps.values[maps.values > 0], expected[maps.values > 0], atol=1e-5)


def test_a_position_that_makes_a_negative_feature_more_negative_makes_the_mask(isra: IsraModules) -> None:
    spatial = -torch.rand(16, 3, 4, generator=torch.Generator().manual_seed(2))
    assert (topic_maps(isra, spatial).grids >= 0).all()


def test_feature_masks_are_those_of_the_method(isra: IsraModules, spatial: torch.Tensor) -> None:
    features = spatial.mean(dim=(1, 2)).unsqueeze(0)
    expected = topic_masks(isra.receptors.attention(features), features)[0]
    np.testing.assert_allclose(topic_maps(isra, spatial).feature_masks, expected.numpy(), atol=1e-6)


def test_attention_is_the_receptors_gradient(isra: IsraModules, spatial: torch.Tensor) -> None:
    features = spatial.mean(dim=(1, 2)).requires_grad_()
    isra.receptors(features.unsqueeze(0))[0, 2].backward()
    assert features.grad is not None
    attention = features.grad.abs()
    signed = attention / attention.norm() * features.detach().sign()
    expected = signed[:, None, None] * spatial
    np.testing.assert_allclose(topic_maps(isra, spatial).grids[2], expected.sum(0).numpy(), atol=1e-5)


def test_in_a_whole_view_the_mask_in_image_coordinates_averages_to_the_size_of_the_feature_mask(
    inspector: Inspector, image: Image.Image
) -> None:
    for topic in inspector.look(image).topics:
        frame = topic.frame
        inside = topic.mask[frame.top : frame.bottom, frame.left : frame.right]
        size = np.abs(topic.feature_mask).sum()
        assert inside.mean() == pytest.approx(size, abs=1e-5)
        assert topic.picture(24).mean() == pytest.approx(size, abs=1e-5)


def ranked(values: list[float], gallery: np.ndarray, r2: list[float]) -> list[int]:
    """Return the topics' order for an image with these values."""
    count = len(values)
    grids = np.zeros((count, 1, 1), np.float32)
    maps = TopicMaps(np.array(values, np.float32), grids, grids, np.zeros((count, 2), np.float32))
    topics = rank_topics(maps, TopicStatistics.of(gallery.astype(np.float32), r2), Frame.of(8, 8, 1.0))
    return [topic.index for topic in topics]


def test_a_topic_that_is_always_on_is_not_strong() -> None:
    generator = np.random.default_rng(0)
    gallery = np.stack([10 + generator.random(100), generator.random(100)], axis=1)
    assert ranked([10.5, 2.0], gallery, []) == [1, 0]


def test_a_nearly_silent_topic_does_not_top_by_whispering() -> None:
    gallery = np.random.default_rng(0).random((100, 2)) * (1, 0)
    assert ranked([1.5, 0.02], gallery, []) == [0, 1]


def test_topics_of_dead_receptors_come_last() -> None:
    gallery = np.random.default_rng(0).random((100, 2))
    assert ranked([5.0, 1.0], gallery, [0.0, 0.9]) == [1, 0]


def test_receptor_r2_is_read_from_the_metrics(inspector: Inspector, image: Image.Image) -> None:
    r2 = [0.9, 0.8, 0.0, 0.7, 0.6, 0.5]
    checkpoint = replace(inspector.checkpoint, metrics={"receptor_r2": r2})
    topics = Inspector(checkpoint, inspector.gallery).look(image).topics
    assert topics[-1].index == 2
    assert [topic.alive for topic in topics] == [True] * 5 + [False]
    assert {topic.index: round(topic.r2, 2) for topic in topics} == dict(enumerate(r2))
