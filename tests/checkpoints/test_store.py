import json
from pathlib import Path
from typing import Any

import pytest
import torch

from isra_model.checkpoints import CheckpointError, read_checkpoint, read_description, write_checkpoint
from isra_model.data.benchmark import Task
from isra_model.training.config import TrainConfig
from isra_model.training.trainee import Trainee, create_trainee


@pytest.fixture
def trainee(config: TrainConfig, task: Task) -> Trainee:
    return create_trainee(config, len(task.benchmark.classes)).eval()


@pytest.fixture
def folder(trainee: Trainee, config: TrainConfig, task: Task, tmp_path: Path) -> Path:
    write_checkpoint(tmp_path / "ba3us-isra", trainee, config, task)
    return tmp_path / "ba3us-isra"


def test_a_checkpoint_reads_back_what_was_written(
    folder: Path, trainee: Trainee, config: TrainConfig, task: Task
) -> None:
    checkpoint = read_checkpoint(folder)
    images = torch.randn(4, 3, 40, 40)

    assert checkpoint.training == config
    assert checkpoint.method == "ba3us-isra"
    assert checkpoint.classes == task.benchmark.classes
    assert checkpoint.target_classes == task.target_classes
    assert checkpoint.isra is not None
    with torch.no_grad():
        torch.testing.assert_close(
            checkpoint.network(images).logits, trainee.network(images).logits, rtol=1e-2, atol=1e-2
        )


def test_weights_are_full_precision_in_memory(folder: Path) -> None:
    assert {parameter.dtype for parameter in read_checkpoint(folder).network.parameters()} == {torch.float32}


def test_a_changed_weight_file_is_refused(folder: Path) -> None:
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(bytes(content))

    with pytest.raises(CheckpointError, match=r"model\.safetensors is not the file that was written"):
        read_checkpoint(folder)


def test_a_missing_file_is_named_without_its_path(folder: Path) -> None:
    (folder / "isra.safetensors").unlink()

    with pytest.raises(CheckpointError, match=r"isra\.safetensors is missing: copy or fetch the") as caught:
        read_checkpoint(folder)
    assert str(folder.parent) not in str(caught.value)


@pytest.mark.parametrize("name", ["config.json", "metrics.json"])
@pytest.mark.parametrize(
    "content", [b"", b'{"format": 1, "cl', b"\x00\xff\xfe", b"[]"], ids=["empty", "half", "binary", "list"]
)
def test_a_damaged_file_is_named_and_fetched_again(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)

    with pytest.raises(CheckpointError, match=rf"^{name} of ba3us-isra .*: copy or fetch the checkpoint again\.$"):
        read_description(folder)


@pytest.mark.parametrize(
    ("name", "value"), [("accuracy", []), ("accuracy", "x"), ("receptor_r2", 5), ("class_weight", ["heavy"])]
)
def test_measurements_that_are_no_numbers_are_refused(folder: Path, name: str, value: object) -> None:
    (folder / "metrics.json").write_text(json.dumps({name: value}))

    with pytest.raises(CheckpointError, match=f"'{name}' in metrics.json is no"):
        read_description(folder)


@pytest.mark.parametrize(
    "changed",
    [{"format": "x"}, {"classes": "cup"}, {"target_classes": [1]}, {"sha256": {"model.safetensors": 1}}, {"topics": 4}],
    ids=str,
)
def test_a_configuration_of_other_kinds_of_values_is_refused(folder: Path, changed: dict[str, object]) -> None:
    description = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(description | changed))

    with pytest.raises(CheckpointError, match="another version, or changed"):
        read_description(folder)


@pytest.mark.parametrize(
    ("name", "value"),
    [("source", 5), ("method", "of-tomorrow"), ("preprocessing", {"resize": "x"}), ("preprocessing", {"mean": [0.5]})],
)
def test_a_training_that_cannot_have_been_is_refused_before_its_weights_are_read(
    folder: Path, name: str, value: Any
) -> None:
    description = json.loads((folder / "config.json").read_text())
    training = description["training"]
    training[name] = training[name] | value if isinstance(value, dict) else value
    (folder / "config.json").write_text(json.dumps(description))

    with pytest.raises(CheckpointError, match=r"another version, or changed: .*[^.]\.$"):
        read_description(folder)


def test_another_versions_configuration_is_refused(folder: Path) -> None:
    description = json.loads((folder / "config.json").read_text())
    description["training"]["warmth"] = 3
    (folder / "config.json").write_text(json.dumps(description))

    with pytest.raises(CheckpointError, match="another version"):
        read_checkpoint(folder)
