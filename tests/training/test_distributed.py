"""Training in two processes; on a CPU they talk through gloo. What is said here of two holds for any number."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from isra_model.data.benchmark import Task
from isra_model.training.engine import train
from isra_model.training.log import read_log
from tests.training.two_processes import configs

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of what `two_processes` did in two processes."""
    folder = tmp_path_factory.mktemp("together")
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0", "ACCELERATE_USE_CPU": "true"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.training.two_processes", folder],
            env=os.environ | shared | {"RANK": rank, "LOCAL_RANK": rank},
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in "01"
    ]
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    return folder


def losses(folder: Path) -> list[dict[str, float]]:
    return [line["losses"] for line in read_log(folder / "log.jsonl") if "losses" in line]


@pytest.fixture
def _double() -> Iterator[None]:
    """Compute in float64, as `two_processes` does."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("_double")
@pytest.mark.parametrize("name", configs())
def test_two_processes_train_as_one_does_on_the_joined_batch(
    together: Path, task: Task, tmp_path: Path, name: str
) -> None:
    """Losses, scores and weights agree, up to the rounding of sums taken in another order.

    In float64 that rounding is 1e-16, and a wrong share of a batch is seen at once. In float32 it is 1e-7, which ten
    steps of Adam, whose first steps have one size however small the gradient, make large enough to hide a mistake. The
    log's numbers have six decimals, of which the last may round either way.

    All that a method normalises over a batch is in it, with shares of unequal size, for SLM the images themselves, and
    for SHOT the bottleneck's batch norm. The backbone's batch norm is not: its statistics stay those of a process
    unless ``sync_batch_norm`` is set, which needs GPUs, so the backbone of this test has none.
    """
    alone = train(configs()[name], task, tmp_path)

    for joined, single in zip(losses(together / name), losses(tmp_path), strict=True):
        assert joined == pytest.approx(single, rel=0, abs=1.5e-6)
    evaluations = [line["evaluation"] for line in read_log(together / name / "log.jsonl") if "evaluation" in line]
    for joined, single in zip(evaluations, alone.evaluations, strict=True):
        assert joined["scores"] == pytest.approx(single["scores"], rel=0, abs=1e-9)
        assert joined["oracle"] == single["oracle"]
    weights = load_file(together / name / "weights-0.safetensors")
    for key, value in alone.trainee.state_dict().items():
        torch.testing.assert_close(weights[key], value, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", [*configs(), "resumed"])
def test_both_processes_end_with_the_same_weights(together: Path, name: str) -> None:
    """Even where a phase leaves parameters without gradient, as SHOT's second does with the classifier."""
    first, second = (load_file(together / name / f"weights-{rank}.safetensors") for rank in "01")

    assert all(torch.equal(first[key], second[key]) for key in first)


def test_a_run_of_two_processes_resumes_to_the_same_bits(together: Path) -> None:
    undisturbed, resumed = (together / name for name in ("ba3us-isra", "resumed"))
    first, second = (load_file(folder / "weights-0.safetensors") for folder in (undisturbed, resumed))

    assert all(torch.equal(first[key], second[key]) for key in first)
    assert read_log(resumed / "log.jsonl") == read_log(undisturbed / "log.jsonl")


def test_unreadable_images_of_all_processes_are_reported_once(together: Path) -> None:
    (lines, writes), (same, writes_too) = (json.loads((together / f"skipped-{rank}.json").read_text()) for rank in "01")

    assert [line.split(": ")[0] for line in lines] == ["day:4", "night:4"]
    assert lines == same
    assert (writes, writes_too) == (True, False)
