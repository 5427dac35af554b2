"""CDAN's multilinear map: exact while it is small, random and unbiased beyond."""

import torch

from isra_model.networks import MultilinearMap


def test_a_small_map_is_the_outer_product_of_predictions_and_features() -> None:
    features, predictions = torch.randn(5, 3), torch.rand(5, 4)

    joint = MultilinearMap(features=3, classes=4)(features, predictions)

    expected = torch.stack([torch.outer(g, f).flatten() for f, g in zip(features, predictions, strict=True)])
    torch.testing.assert_close(joint, expected)


def test_the_map_is_random_from_4097_entries_on() -> None:
    assert MultilinearMap(features=64, classes=64).outputs == 4096
    assert MultilinearMap(features=241, classes=17, dimension=8).outputs == 8


def test_random_maps_keep_inner_products_in_expectation() -> None:
    torch.manual_seed(0)
    features, predictions = torch.randn(2, 100), torch.randn(2, 50)
    exact = (features[0] @ features[1]) * (predictions[0] @ predictions[1])
    size = features.square().sum(dim=1).prod() * predictions.square().sum(dim=1).prod()

    joint = MultilinearMap(features=100, classes=50, dimension=100_000)(features, predictions)

    assert (joint[0] @ joint[1] - exact).abs() < 0.03 * size.sqrt()


def test_the_random_map_is_saved_and_never_trained() -> None:
    random = MultilinearMap(features=100, classes=50)

    assert not list(random.parameters())
    assert {"feature_projection", "class_projection"} == set(random.state_dict())
