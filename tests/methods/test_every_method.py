"""What every method must do in the engine, alone and with ISRA plugged in."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from isra_model.checkpoints import read_checkpoint, write_checkpoint
from isra_model.data.benchmark import Task
from isra_model.data.transforms import Preprocessing
from isra_model.methods import IsraConfig, Sizes, method_class, method_names
from isra_model.networks.network import dilated
from isra_model.training.config import TrainConfig
from isra_model.training.engine import Engine, TrainedModel, train
from isra_model.training.images import TrainingData, decode_task
from isra_model.training.trainee import create_trainee

STEPS, KILLED_BEFORE = 6, 5
ISRA = IsraConfig(topics=4, receptor_hidden=8)
every_method = pytest.mark.parametrize("method", method_names())


@pytest.fixture(scope="module")
def data(task: Task) -> TrainingData:
    return decode_task(task, Preprocessing(48, 48))


def with_poisoned_labels(data: TrainingData) -> TrainingData:
    poison = torch.from_numpy(np.random.default_rng(0).integers(0, 4, len(data.target)))
    return replace(data, target=replace(data.target, labels=poison))


class Killed(Exception):
    """Stands for the end of the process."""


def train_but_die(config: TrainConfig, task: Task, folder: Path, data: TrainingData) -> None:
    engine = Engine(config, task, folder, resume=False, data=data)
    take_step = engine.step

    def step_or_die() -> object:
        if engine.progress.step == KILLED_BEFORE:
            raise Killed
        return take_step()

    engine.step = step_or_die  # type: ignore[assignment, method-assign]
    with pytest.raises(Killed):
        engine.run()


def weights(model: TrainedModel) -> dict[str, Tensor]:
    return model.trainee.state_dict()


@every_method
@pytest.mark.parametrize("isra", [None, ISRA], ids=["alone", "isra"])
def test_a_run_that_was_killed_and_has_poisoned_target_labels_ends_with_the_same_weights(
    config: TrainConfig, task: Task, data: TrainingData, tmp_path: Path, method: str, isra: IsraConfig | None
) -> None:
    optimisation = replace(config.optimisation, steps=STEPS)
    config = replace(config, method=method, isra=isra, optimisation=optimisation, evaluations=3, save_every=2)
    undisturbed = train(config, task, tmp_path / "undisturbed", data=data)

    train_but_die(config, task, tmp_path / "killed", with_poisoned_labels(data))
    resumed = train(config, task, tmp_path / "killed", resume=True, data=with_poisoned_labels(data))

    torch.testing.assert_close(weights(resumed), weights(undisturbed), rtol=0, atol=0)
    assert len(undisturbed.evaluations) == 3
    assert np.isfinite(undisturbed.selected["scores"]["target-entropy"])


@every_method
def test_isra_asks_for_both_domains_and_for_no_middle_images_of_its_own(config: TrainConfig, method: str) -> None:
    alone, plugged = (create_trainee(replace(config, method=method, isra=isra), 4) for isra in (None, ISRA))

    for progress in (0.0, 0.5, 0.9):
        assert plugged.sizes(8, progress) == Sizes(8, 8, alone.sizes(8, progress).middle)


@every_method
def test_a_checkpoint_answers_as_the_model_it_is_of(
    config: TrainConfig, task: Task, tmp_path: Path, method: str
) -> None:
    config = replace(config, method=method)
    trainee = create_trainee(config, len(task.benchmark.classes)).eval()
    images = torch.randn(4, 3, 40, 40)

    write_checkpoint(tmp_path, trainee, config, task)
    network = read_checkpoint(tmp_path).network

    with torch.no_grad():
        expected = trainee.network(images)
        torch.testing.assert_close(network(images), expected, rtol=1e-2, atol=1e-2)
        assert dilated(network, 16).spatial_features(images).shape[:2] == expected.features.shape


@pytest.mark.parametrize("method", [name for name in method_names() if name != "source-only"])
def test_a_methods_file_says_which_paper_it_is(method: str) -> None:
    documentation = sys.modules[method_class(method).__module__].__doc__

    assert documentation is not None
    assert re.search(r"[A-Z][a-z]+ .*\b20[12]\d\b", documentation.partition("\n\n")[0].replace("\n", " "))
