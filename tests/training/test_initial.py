from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from isra_model.checkpoints import write_checkpoint
from isra_model.data.benchmark import Task
from isra_model.methods import IsraConfig
from isra_model.training.config import TrainConfig
from isra_model.training.engine import Engine
from isra_model.training.initial import InitialWeightsError, start_from
from isra_model.training.trainee import Trainee, create_trainee


@pytest.fixture
def earlier(config: TrainConfig, task: Task, tmp_path: Path) -> Path:
    """Write the model of an earlier run, from another seed."""
    other = replace(config, seed=7)
    write_checkpoint(tmp_path / "earlier", create_trainee(other, len(task.benchmark.classes)), other, task)
    return tmp_path / "earlier"


def weights(trainee: Trainee) -> dict[str, Tensor]:
    return trainee.network.state_dict() | {
        name: value for plugin in trainee.plugins for name, value in plugin.parts.state_dict(prefix="isra.").items()
    }


def test_a_run_starts_from_an_earlier_models_network_and_topics(
    earlier: Path, config: TrainConfig, task: Task, tmp_path: Path
) -> None:
    engine = Engine(replace(config, init=str(earlier)), task, tmp_path / "run", resume=False)
    trained = create_trainee(replace(config, seed=7), len(task.benchmark.classes))

    for name, value in weights(trained).items():
        torch.testing.assert_close(weights(engine.trainee)[name].cpu(), value, rtol=1e-3, atol=1e-3)


def test_a_model_of_other_classes_gives_all_but_its_classifier(earlier: Path, config: TrainConfig) -> None:
    trainee, untouched = create_trainee(config, 4), create_trainee(config, 4)
    start_from(earlier, trainee, ("apple", "pear", "plum", "fig"))

    assert torch.equal(trainee.network.classifier.weight, untouched.network.classifier.weight)
    assert not torch.equal(trainee.network.bottleneck.weight, untouched.network.bottleneck.weight)


def test_a_run_without_isra_takes_the_network_alone(earlier: Path, config: TrainConfig, task: Task) -> None:
    trainee = create_trainee(replace(config, isra=None), 4)
    start_from(earlier, trainee, task.benchmark.classes)

    assert trainee.network.classifier.weight.abs().sum() > 0


@pytest.mark.parametrize("change", ["bottleneck", "topics"])
def test_weights_of_another_shape_are_refused_with_the_settings_to_give(
    change: str, earlier: Path, config: TrainConfig, task: Task
) -> None:
    changed = {
        "bottleneck": replace(config, network=replace(config.network, bottleneck=16)),
        "topics": replace(config, isra=IsraConfig(topics=5, receptor_hidden=8)),
    }

    with pytest.raises(InitialWeightsError, match=r"differ.*`network\.backbone` and `isra\.topics`"):
        start_from(earlier, create_trainee(changed[change], 4), task.benchmark.classes)


def test_changed_and_missing_weights_are_refused(earlier: Path, config: TrainConfig, task: Task) -> None:
    trainee = create_trainee(config, 4)
    (earlier / "model.safetensors").write_bytes(b"another")

    with pytest.raises(InitialWeightsError, match="not the file that was written"):
        start_from(earlier, trainee, task.benchmark.classes)
    with pytest.raises(InitialWeightsError, match="no complete model"):
        start_from(earlier / "nowhere", trainee, task.benchmark.classes)
