import numpy as np
import pytest
import torch

from isra_model.benchmarking.class_gains import ClassGain, class_gains, class_similarity, trend
from isra_model.checkpoints import RunRecord
from tests.benchmarking.made_up import made_up_record

CLASSES = ("cup", "mug", "pot", "sofa")


def test_classes_whose_centroids_point_the_same_way_are_similar() -> None:
    features = torch.tensor([[11.0, 5.0], [12.0, 5.0], [14.0, 5.0], [1.0, 5.0]])

    similarity = class_similarity(features, torch.tensor([0, 0, 1, 2]), classes=3)

    torch.testing.assert_close(similarity, torch.tensor([[1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]]))


def with_accuracies(values: list[float | None], *, isra: bool) -> RunRecord:
    return made_up_record(method="ba3us", isra=isra, metrics={"class_accuracy": values})


def test_each_shared_class_has_its_gain_and_its_nearest_source_only_class() -> None:
    similarity = torch.eye(4)
    similarity[0, 2], similarity[0, 3], similarity[1, 3] = 0.9, 0.1, 0.4
    pair = with_accuracies([60.0, 20.0, None, None], isra=True), with_accuracies([50.0, 25.0, None, None], isra=False)

    cup, mug = class_gains([pair], similarity, CLASSES, np.array([True, True, False, False]))

    assert (cup.label, cup.nearest, cup.gain) == ("cup", "pot", 10.0)
    assert (mug.label, mug.nearest, mug.gain) == ("mug", "sofa", -5.0)


def gain(target: str, similarity: float, points: float) -> ClassGain:
    return ClassGain("solid", target, "cup", "pot", similarity, points, pairs=1)


def test_a_gain_that_follows_similarity_is_told_from_chance() -> None:
    gains = [gain(target, step / 10, step) for target in ("line", "colour") for step in range(9)]

    found = trend(gains)

    assert found.correlation == pytest.approx(1.0)
    assert found.probability < 0.01
    assert (found.similar, found.dissimilar) == (7.0, 1.0)


def test_a_gain_that_ignores_similarity_is_chance() -> None:
    points = [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0]
    found = trend([gain("line", step / 10, value) for step, value in enumerate(points)])

    assert found.probability > 0.3
