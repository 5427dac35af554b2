"""Every method trains on tasks of other shapes than our benchmark's, on made-up features."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from isra_model.data.benchmark import Benchmark, ImageSet, Task
from isra_model.data.streams import DecodedImages
from isra_model.methods import method_names
from isra_model.training.config import TrainConfig
from isra_model.training.engine import TrainingData, train
from isra_model.training.faults import TrainingError

WIDTH = 256


def features(counts: list[int], size: float) -> DecodedImages:
    """Return ``counts`` images of each class, of values of about ``size``."""
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    pixels = size * torch.randn(len(labels), WIDTH, 1, 1, generator=torch.Generator().manual_seed(len(labels)))
    return DecodedImages(pixels, labels, tuple(map(str, range(len(labels)))), ())


def image_set(name: str, images: DecodedImages) -> ImageSet:
    none = np.zeros(len(images.labels), dtype=bool)
    return ImageSet(name, tuple(b"" for _ in images.keys), images.labels.numpy(), none, images.keys)


@pytest.mark.parametrize(
    ("width", "value", "says"),
    [
        (WIDTH, float("nan"), "Features of `data.target` are not finite, those of 2 first"),
        (WIDTH, float("inf"), "Features of `data.target` are not finite, those of 2 first"),
        (64, 0.0, r"`data.target` holds features \(4, 64, 1, 1\): `network.backbone` gives \(n, 256, 1, 1\)"),
    ],
)
def test_features_that_are_none_are_refused(
    config: TrainConfig, tmp_path: Path, width: int, value: float, says: str
) -> None:
    """Source-only would train on the source, and say an accuracy of the target."""
    source, target = features([4, 4], 1.0), features([4], 1.0)
    target.pixels[2] = value
    target = replace(target, pixels=target.pixels[:, :width])
    benchmark = Benchmark("made up", ("0", "1"), {"a": image_set("a", source), "b": image_set("b", target)})
    run = replace(
        config, source="a", target="b", method="source-only", isra=None, network=replace(config.network, frozen=True)
    )

    with pytest.raises(TrainingError, match=says):
        train(run, Task(benchmark, "a", "b", ("0",)), tmp_path, data=TrainingData(source, target, target))


@pytest.mark.parametrize("method", method_names())
@pytest.mark.parametrize(
    ("source_counts", "target_counts", "size", "isra"),
    [
        ([1, 100], [3], 1.0, True),
        ([1] * 345, [1] * 100, 1.0, False),
        ([10] * 5, [10] * 2, 1e3, False),
        ([10] * 5, [10] * 2, 1e-6, True),
    ],
    ids=["two classes, one in the target", "345 classes of one image", "large features", "small features"],
)
def test_it_trains(
    config: TrainConfig,
    tmp_path: Path,
    method: str,
    source_counts: list[int],
    target_counts: list[int],
    size: float,
    isra: bool,
) -> None:
    classes = tuple(f"{label:03d}" for label in range(len(source_counts)))
    source, target = features(source_counts, size), features(target_counts, size)
    benchmark = Benchmark("made up", classes, {"a": image_set("a", source), "b": image_set("b", target)})
    run = replace(
        config,
        source="a",
        target="b",
        method=method,
        isra=config.isra if isra else None,
        network=replace(config.network, frozen=True),
        optimisation=replace(config.optimisation, steps=3, batch_size=4),
        evaluations=3,
        save_every=3,
    )
    task = Task(benchmark, "a", "b", classes[: len(target_counts)])

    model = train(run, task, tmp_path, data=TrainingData(source, target, target))

    assert all(value.isfinite().all() for value in model.trainee.state_dict().values())


def test_features_that_overflow_batch_norm_end_the_run(config: TrainConfig, tmp_path: Path) -> None:
    """SHOT's loss stays finite on them; an infinite variance makes every prediction the classifier's bias."""
    source, target = features([4, 4], 1e20), features([4], 1e20)
    benchmark = Benchmark("made up", ("0", "1"), {"a": image_set("a", source), "b": image_set("b", target)})
    run = replace(
        config, source="a", target="b", method="shot", isra=None, network=replace(config.network, frozen=True)
    )

    with pytest.raises(TrainingError, match="the network is no longer finite, though its loss is"):
        train(run, Task(benchmark, "a", "b", ("0",)), tmp_path, data=TrainingData(source, target, target))
