"""Topic quality is measured on held-out images, without a label of the target, and can be read as one line each."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from isra_model.data.benchmark import Task
from isra_model.data.streams import decode_images
from isra_model.data.transforms import Preprocessing
from isra_model.inspection import Inspector
from isra_model.inspection.topic_quality import Effort, _correlations, _effective_classes, as_lines, measure_topics
from isra_model.networks import IsraModules


def test_a_sparse_codes_quality_is_what_it_is_by_construction(inspector: Inspector, task: Task) -> None:
    checkpoint = inspector.checkpoint
    source, target = (
        decode_images(images(heldout=True), Preprocessing(104, 104))
        for images in (task.source_images, task.target_images)
    )
    torch.manual_seed(0)
    sparse = IsraModules(16, 6, 8, kept=2).eval()
    target.labels.fill_(-1)

    quality = measure_topics(replace(checkpoint, isra=sparse), source, target, Effort(looked_at=2, tested=1))

    assert quality.active.value <= 2 / 6 + 1e-6
    assert quality.images == (len(source), len(target), 2, 1)
    assert 0 <= quality.agreement.low <= quality.agreement.value <= quality.agreement.high <= 1
    assert "attention cosine" in as_lines(quality.as_dict())


def test_a_model_without_topics_is_refused(inspectors: dict[str, Inspector], task: Task) -> None:
    images = decode_images(task.source_images(heldout=True), Preprocessing(104, 104))
    with pytest.raises(ValueError, match="choose a model that has"):
        measure_topics(inspectors["ba3us"].checkpoint, images, images)


def test_a_topic_of_two_classes_spreads_over_two() -> None:
    values, said = torch.tensor([[1.0], [1.0], [2.0], [0.0]]), torch.tensor([0, 0, 1, 2])
    assert _effective_classes(values, said, 5) == pytest.approx(2.0)


def test_overlays_that_differ_in_size_alone_are_one_picture() -> None:
    grid = np.random.default_rng(0).random((3, 3)).astype(np.float32)
    assert _correlations([grid, 5 * grid + 1, -grid]) == pytest.approx([1, -1, -1], abs=1e-5)
