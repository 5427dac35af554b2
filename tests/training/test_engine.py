import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from isra_model.data.benchmark import Task
from isra_model.methods import Batch, IsraConfig, State
from isra_model.methods.ba3us import Ba3us
from isra_model.networks import PdaNetwork
from isra_model.training.config import TrainConfig
from isra_model.training.engine import Engine, TrainingError, train
from isra_model.training.log import read_class_weights, read_log


def weights(config: TrainConfig, task: Task, folder: Path, *, resume: bool = False) -> dict[str, Tensor]:
    return train(config, task, folder, resume=resume).trainee.state_dict()


def assert_identical(first: dict[str, Tensor], second: dict[str, Tensor]) -> None:
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("method", ["source-only", "ba3us"])
@pytest.mark.parametrize("isra", [None, IsraConfig(topics=4, receptor_hidden=8)])
def test_a_run_learns_the_source(
    config: TrainConfig, task: Task, tmp_path: Path, method: str, isra: IsraConfig | None
) -> None:
    config = replace(config, optimisation=replace(config.optimisation, steps=40), evaluations=1, save_every=40)
    train(replace(config, method=method, isra=isra), task, tmp_path)

    losses = [line["losses"]["cross_entropy"] for line in read_log(tmp_path / "log.jsonl") if "losses" in line]
    assert losses[-1] < losses[0]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    config: TrainConfig, task: Task, tmp_path: Path
) -> None:
    config = replace(config, optimisation=replace(config.optimisation, steps=4), evaluations=1)
    first = weights(config, task, tmp_path / "first")

    assert_identical(first, weights(config, task, tmp_path / "again"))
    other = weights(replace(config, seed=1), task, tmp_path / "other")
    assert not torch.equal(first["network.classifier.weight"], other["network.classifier.weight"])


def test_held_out_images_reach_no_training(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    engine = Engine(config, task, tmp_path, resume=False)
    seen = {key for stream in engine.feed.streams.values() for key in stream.images.keys}
    heldout = {
        key for images in task.benchmark.domains.values() for key in np.array(images.keys)[images.heldout].tolist()
    }

    assert seen
    assert not seen & heldout


def test_a_rare_class_of_the_source_can_be_shown_as_often_as_the_others(
    config: TrainConfig, task: Task, tmp_path: Path
) -> None:
    day = replace(task.benchmark.domains["day"], labels=np.array([0] * 36 + [1, 2, 3, 3]))
    task = replace(task, benchmark=replace(task.benchmark, domains={**task.benchmark.domains, "day": day}))
    engine = Engine(replace(config, source_sampling="classes"), task, tmp_path, resume=False)
    assert engine.inputs().source.labels.bincount().tolist() == [2, 2, 2, 2]


def test_the_receptors_send_no_gradient_into_the_network(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    engine = Engine(config, task, tmp_path, resume=False)
    terms, _ = engine.trainee(engine.inputs(), engine.state)
    parameters = dict(engine.trainee.named_parameters())
    gradients = torch.autograd.grad(terms["receptors"], list(parameters.values()), allow_unused=True)

    reached = {name for name, gradient in zip(parameters, gradients, strict=True) if gradient is not None}
    assert reached
    assert all(name.startswith("isra.loss.modules_added.receptors.") for name in reached)


def test_an_argument_that_is_another_is_named(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`config` is a Task: give a TrainConfig"):
        train(task, config, tmp_path)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`source` is 'noon', and the task's is 'day': give both the same"):
        train(replace(config, source="noon"), task, tmp_path)
    with pytest.raises(ValueError, match="`folder` is a NoneType: give a Path or text"):
        train(config, task, None)  # type: ignore[arg-type]


def test_resuming_with_other_settings_is_refused(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    train(config, task, tmp_path)

    with pytest.raises(ValueError, match=r"other settings \(seed\)"):
        train(replace(config, seed=7), task, tmp_path, resume=True)


def test_resuming_on_other_classes_or_labels_is_refused(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    """An image list may give the same files other labels; another folder may hold fewer classes."""
    day, classes = task.benchmark.domain("day"), task.benchmark.classes
    train(config, task, tmp_path)
    for labels, names in ((day.labels[::-1].copy(), classes), (day.labels % 2, classes[:2])):
        domains = {"day": replace(day, labels=labels), "night": replace(task.benchmark.domain("night"), labels=labels)}
        other = replace(task, benchmark=replace(task.benchmark, classes=names, domains=domains))

        with pytest.raises(ValueError, match="a run on other images"):
            train(config, other, tmp_path, resume=True)


@pytest.mark.parametrize("left", [0, 1000])
def test_a_state_that_was_cut_short_is_one_line_that_says_what_to_do(
    config: TrainConfig, task: Task, tmp_path: Path, left: int
) -> None:
    state = tmp_path / "state.safetensors"
    state.write_bytes(bytes(left))
    with pytest.raises(ValueError, match=r"is damaged: remove it, and training starts from the first step"):
        train(config, task, tmp_path, resume=True)
    assert state.exists()


def test_a_run_resumes_under_a_version_that_has_more_settings(
    config: TrainConfig, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the saved settings lack takes its default, which means what was done before."""
    as_dict = TrainConfig.as_dict

    def of_older_version(self: TrainConfig) -> dict[str, Any]:
        values = as_dict(self)
        del values["optimisation"]["accumulation"]
        return values

    with monkeypatch.context() as older:
        older.setattr(TrainConfig, "as_dict", of_older_version)
        train(config, task, tmp_path)

    train(config, task, tmp_path, resume=True)


def test_a_run_that_starts_anew_is_never_taken_for_an_earlier_one(
    config: TrainConfig, task: Task, tmp_path: Path
) -> None:
    train(replace(config, snapshots=True), task, tmp_path)

    Engine(config, task, tmp_path, resume=False)

    assert not (tmp_path / "state.safetensors").exists()
    assert not list(tmp_path.glob("contenders/*"))
    assert not list(tmp_path.glob("snapshots/*"))


def test_resuming_on_other_images_is_refused(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    train(config, task, tmp_path)
    day = task.benchmark.domains["day"]
    renamed = replace(day, keys=tuple(f"other/{key}" for key in day.keys))
    other = replace(task, benchmark=replace(task.benchmark, domains=dict(task.benchmark.domains) | {"day": renamed}))

    with pytest.raises(ValueError, match="holds a run on other images"):
        train(config, other, tmp_path, resume=True)


def test_a_loss_that_is_not_a_number_names_its_term(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    assert config.isra is not None
    exploding = replace(config, isra=replace(config.isra, beta=1e300))

    with pytest.raises(TrainingError, match="alignment"):
        train(exploding, task, tmp_path)


def test_a_loss_that_breaks_between_two_looks_is_found_before_anything_is_saved(
    config: TrainConfig, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss is looked at every ten steps, for a look waits for the GPU, and before each evaluation and save."""
    losses = Ba3us.losses

    def break_once(self: Ba3us, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        terms = losses(self, batch, network, state)
        return terms | {"adversarial": terms["adversarial"] / (0.0 if state.progress == 0.4 else 1.0)}

    monkeypatch.setattr(Ba3us, "losses", break_once)

    with pytest.raises(TrainingError, match="At step 4 .* adversarial"):
        train(config, task, tmp_path)
    with safe_open(tmp_path / "state.safetensors", "pt") as state:
        assert state.metadata()["step"] == "3"


def test_a_method_may_ask_for_every_class_equally_often(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    labels = np.array([0] * 28 + [1] * 4 + [2] * 4 + [3] * 4)
    day = replace(task.benchmark.domains["day"], labels=labels)
    uneven = replace(task, benchmark=replace(task.benchmark, domains=dict(task.benchmark.domains) | {"day": day}))

    inputs = Engine(replace(config, method="etn", isra=None), uneven, tmp_path, resume=False).inputs()

    assert inputs.source.labels.bincount().tolist() == [2, 2, 2, 2]


def test_a_run_that_goes_on_with_other_code_says_which_began_it(
    config: TrainConfig, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isra_model.training.engine.commit", lambda: "before")
    train(config, task, tmp_path)
    monkeypatch.setattr("isra_model.training.engine.commit", lambda: "after")

    assert train(config, task, tmp_path, resume=True).commits == ("before", "after")


def test_the_log_holds_every_term_and_the_health_of_the_topics(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    trained = train(config, task, tmp_path)

    weights = read_class_weights(tmp_path)
    assert list(weights) == [record["evaluated_step"] for record in trained.evaluations]
    assert all(sum(each) == pytest.approx(1, abs=1e-4) for each in weights.values())
    line = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[0])
    terms = [
        "cross_entropy",
        "adversarial",
        "target_entropy",
        "complement_entropy",
        "class2vec",
        "alignment",
        "receptors",
    ]
    assert list(line["losses"]) == terms
    assert set(line["health"]) == {
        "receptor_r2",
        "receptor_precision",
        "receptor_recall",
        "receptor_weight",
        "dead_topics",
    }
