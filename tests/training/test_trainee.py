import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from isra_model.data.benchmark import Task
from isra_model.methods import IsraConfig
from isra_model.networks import NetworkConfig
from isra_model.training.config import TrainConfig
from isra_model.training.engine import Engine
from isra_model.training.faults import TrainingError
from isra_model.training.possible import require_possible
from isra_model.training.processes import Processes
from isra_model.training.trainee import create_optimisers, create_trainee

GROUP_NORM = NetworkConfig("test_efficientnet_gn", bottleneck=8, pretrained=False)
"""A backbone without batch statistics."""


@pytest.fixture
def gradients(config: TrainConfig, task: Task, tmp_path: Path) -> Callable[..., tuple[Engine, dict[str, Tensor], int]]:
    """Return a function that takes a step: engine, gradient by parameter, bytes of activations that forward kept."""

    def step(network: NetworkConfig, **choices: Any) -> tuple[Engine, dict[str, Tensor], int]:
        optimisation = replace(config.optimisation, batch_size=9, **choices)
        engine = Engine(replace(config, network=network, optimisation=optimisation), task, tmp_path, resume=False)
        kept = 0

        def count(values: Tensor) -> Tensor:
            nonlocal kept
            kept += values.nbytes
            return values

        with torch.autograd.graph.saved_tensors_hooks(count, lambda values: values):
            engine.step()
        named = engine.trainee.named_parameters()
        return engine, {name: p.grad for name, p in named if p.grad is not None}, kept

    return step


def test_accumulation_gives_the_gradient_of_the_whole_batch_from_fewer_activations(gradients: Callable) -> None:
    """The adversary's and the alignment's normalisation over the batch included."""
    _, whole, kept = gradients(GROUP_NORM)
    _, in_parts, kept_in_parts = gradients(GROUP_NORM, accumulation=4)

    assert kept_in_parts < kept / 2
    assert whole.keys() == in_parts.keys()
    for name, gradient in whole.items():
        torch.testing.assert_close(in_parts[name], gradient, rtol=1e-3, atol=1e-5)


def test_activation_checkpointing_changes_nothing_but_what_is_kept(gradients: Callable, config: TrainConfig) -> None:
    """Batch norm's running statistics see every image once, although it passes twice."""
    plain, expected, kept = gradients(config.network)
    checkpointing, same, kept_less = gradients(config.network, activation_checkpointing=True)

    assert kept_less < 0.7 * kept
    assert all(torch.equal(same[name], gradient) for name, gradient in expected.items())
    statistics = dict(checkpointing.trainee.named_buffers())
    assert all(torch.equal(statistics[name], values) for name, values in plain.trainee.named_buffers())


def test_a_compiled_backbone_gives_the_same_gradient(gradients: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """Traced, but for the test's sake not translated into machine code."""
    _, expected, _ = gradients(GROUP_NORM)
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    compiled, same, _ = gradients(GROUP_NORM, compile=True)

    assert not any("_orig_mod" in name for name in compiled.trainee.state_dict())
    for name, gradient in expected.items():
        torch.testing.assert_close(same[name], gradient, rtol=1e-3, atol=1e-5)


def test_bf16_is_for_the_backbone_and_losses_are_in_full_precision(gradients: Callable) -> None:
    engine, _, _ = gradients(GROUP_NORM, precision="bf16")
    _, batch = engine.trainee(engine.inputs(), engine.state)
    full, _, _ = gradients(GROUP_NORM)

    assert batch.source.features.dtype == batch.source.logits.dtype == torch.float32
    _, expected = full.trainee(engine.inputs(), engine.state)
    assert not torch.equal(batch.source.features, expected.source.features)
    torch.testing.assert_close(batch.source.features, expected.source.features, rtol=0.1, atol=0.1)


def test_new_layers_learn_ten_times_as_fast_and_class2vec_has_an_adam_of_its_own(
    config: TrainConfig, task: Task, tmp_path: Path
) -> None:
    trainee = Engine(config, task, tmp_path, resume=False).trainee
    shared, adam = create_optimisers(trainee, config)

    backbone, new = shared.param_groups
    assert (backbone["scale"], new["scale"]) == (1.0, 10.0)
    optimised = {id(p) for group in (backbone, new, *adam.param_groups) for p in group["params"]}
    assert optimised == {id(p) for p in trainee.parameters()}


class OperationCount(TorchDispatchMode):
    """How many tensor operations run inside."""

    count = 0

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
        self.count += 1
        return function(*arguments, **(keywords or {}))


def test_a_step_takes_as_many_operations_for_many_topics_as_for_few(
    config: TrainConfig, task: Task, tmp_path: Path
) -> None:
    """No loop over topics: neither in the receptors nor in their attention, alignment or optimiser."""

    def operations(topics: int) -> int:
        isra = replace(config.isra or IsraConfig(), topics=topics)
        engine = Engine(replace(config, isra=isra), task, tmp_path, resume=False)
        with OperationCount() as operations:
            engine.step()
        return operations.count

    assert operations(3) == operations(48) > 100


def test_more_processes_than_images_and_shared_batch_statistics_without_gpus_are_refused(config: TrainConfig) -> None:
    cpu, nine = torch.device("cpu"), Processes(0, 9)

    with pytest.raises(TrainingError, match="9 processes cannot share a batch: raise `optimisation.batch_size`"):
        require_possible(config, nine, cpu)
    synchronised = replace(config.optimisation, batch_size=9, sync_batch_norm=True)
    with pytest.raises(TrainingError, match="leave `optimisation.sync_batch_norm` out"):
        require_possible(replace(config, optimisation=synchronised), nine, cpu)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"optimisation": {"rate": 0.0}}, "`optimisation.rate` is 0: give a number above zero"),
        ({"optimisation": {"weight_decay": float("nan")}}, "`optimisation.weight_decay` is nan: give a number"),
        ({"preprocessing": {"std": (0.5, 0.0, 0.5)}}, "`preprocessing.std` is 0: give a number above zero"),
        ({"isra": {"code": "top-k", "k": 5, "topics": 4}}, "`isra.k` is 5: give a number from 1 to `isra.topics`"),
        ({"network": {"output_stride": 3}}, "`network.output_stride` is 3: give 8, 16 or 32"),
        ({"isra": {"beta": -1.0}}, "`isra.beta` is -1: give a number, zero or more"),
        ({"settings": {"entropy_weight": float("inf")}}, "`settings.entropy_weight` is inf"),
        ({"optimisation": {"precision": "fp16"}}, "`optimisation.precision` is 'fp16': choose one of fp32, bf16"),
        ({"optimisation": {"batch_size": 4.5}}, "`optimisation.batch_size` is 4.5: give a whole number"),
        ({"settings": {"entropy_weight": "1"}}, "`settings.entropy_weight` is '1': give a number"),
        ({"settings": {"middle_divisor": 0}}, "`settings.middle_divisor` is 0: give 1 or more"),
    ],
)
def test_a_number_that_means_nothing_is_refused_before_it_is_trained_with(
    config: TrainConfig, change: dict[str, Any], says: str
) -> None:
    config = replace(config, isra=config.isra or IsraConfig())
    (name, values), *_ = change.items()
    changed = values if name == "settings" else replace(getattr(config, name), **values)
    with pytest.raises((TrainingError, ValueError), match=re.escape(says)):
        require_possible(replace(config, **{name: changed}), Processes(0, 1), torch.device("cpu"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_step_never_waits_for_the_gpu(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    engine = Engine(config, task, tmp_path, resume=False)
    engine.step()
    engine.progress.step += 1

    torch.cuda.set_sync_debug_mode("error")
    try:
        engine.step()
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_weights_of_a_run_that_was_begun_with_isra_around_its_method_are_taken(config: TrainConfig) -> None:
    begun, going_on = (create_trainee(replace(config, seed=seed), 4) for seed in (1, 2))
    earlier = {
        name.replace("method.", "method.base.").replace("isra.loss.", "method."): value
        for name, value in begun.state_dict().items()
    }

    going_on.load_state_dict(earlier)

    assert any(name.startswith("method.base.") for name in earlier)
    torch.testing.assert_close(going_on.state_dict(), begun.state_dict(), rtol=0, atol=0)
