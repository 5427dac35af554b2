from dataclasses import replace
from pathlib import Path

import pytest
import torch

from isra_model.benchmarking import features
from isra_model.benchmarking.features import features_task, pooled_features
from isra_model.data.benchmark import Task
from isra_model.data.streams import Stream, decode_images
from isra_model.data.transforms import evaluation_batch
from isra_model.networks import PdaNetwork
from isra_model.training.config import TrainConfig


def test_features_are_the_backbones_maps_of_centre_crops_averaged(
    config: TrainConfig, task: Task, tmp_path: Path
) -> None:
    network, preprocessing, images = config.network, config.preprocessing, task.source_images()

    made = pooled_features(images, network, preprocessing, tmp_path)

    torch.manual_seed(0)
    backbone = PdaNetwork(network, classes=4).backbone.eval()
    crops = evaluation_batch(decode_images(images, preprocessing).pixels, preprocessing)
    expected = backbone(crops).mean(dim=(2, 3), keepdim=True)
    torch.testing.assert_close(made.pixels, expected, rtol=1e-4, atol=1e-5)
    assert made.keys == images.keys
    assert made.labels.tolist() == images.labels.tolist()


def test_each_domain_is_standardised_by_its_own_training_images(
    config: TrainConfig, task: Task, tmp_path: Path
) -> None:
    data = features_task(task, config.network, config.preprocessing, tmp_path)

    for images in (data.source, data.target):
        pixels = images.between(0, len(images))
        torch.testing.assert_close(pixels.mean(dim=0), torch.zeros_like(pixels[0]), rtol=0, atol=1e-4)
        assert pixels.std(dim=0, correction=0).median() == pytest.approx(1.0, abs=1e-3)
    raw, unseen = (
        pooled_features(task.target_images(heldout=heldout), config.network, config.preprocessing, tmp_path).pixels
        for heldout in (False, True)
    )
    deviation, mean = torch.std_mean(raw, dim=0, correction=0)
    heldout = data.heldout.between(0, len(data.heldout))
    torch.testing.assert_close(heldout, (unseen - mean) / deviation.clamp_min(1e-6))


def test_features_are_made_once_and_anew_for_other_images_or_another_crop(
    config: TrainConfig, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    original = features.create_backbone
    monkeypatch.setattr(features, "create_backbone", lambda *a, **k: calls.append(a) or original(*a, **k))
    source, preprocessing = task.source_images(), config.preprocessing

    first = pooled_features(source, config.network, preprocessing, tmp_path)
    again = pooled_features(source, config.network, preprocessing, tmp_path)
    assert torch.equal(first.pixels, again.pixels)
    assert len(calls) == 1

    pooled_features(source, config.network, replace(preprocessing, crop=32), tmp_path)
    pooled_features(task.target_images(), config.network, preprocessing, tmp_path)
    assert len(calls) == 3


def test_streams_hand_features_out_as_they_are(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    data = features_task(task, config.network, config.preprocessing, tmp_path)

    batch = Stream(data.source, config.preprocessing, seed=0, name="source").crops(0, 8)

    assert torch.equal(batch.images, data.source.between(0, len(data.source))[batch.index])
