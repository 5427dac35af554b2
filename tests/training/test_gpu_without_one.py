"""What a step does on a GPU, seen without one: tensors that say they are on it, hold nothing, and refuse to mix.

A tensor of another device beside them, or a value that Python asks for (and a GPU would be waited for), is an error.
The backward pass and the optimisers are left out: they have no such form.
"""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from isra_model.data.streams import StreamBatch
from isra_model.methods import Isra, IsraConfig, State, create_method, method_names
from isra_model.networks import PdaNetwork, Response
from isra_model.training.config import TrainConfig
from isra_model.training.trainee import StepInput, Trainee

CLASSES, TARGET_IMAGES = 4, 20


class NothingLeaves(TorchDispatchMode):
    """Refuse what copies from the GPU, and so waits for it."""

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
        result = function(*arguments, **(keywords or {}))
        came = [argument for argument in arguments if isinstance(argument, Tensor) and argument.is_cuda]
        if came and isinstance(result, Tensor) and not result.is_cuda:
            raise AssertionError(f"{function} brings a tensor from the GPU")
        return result


def create(config: TrainConfig) -> Trainee:
    network = PdaNetwork(config.network_config, CLASSES)
    method = create_method(config.method, config.network.bottleneck, CLASSES, config.settings)
    plugins = (Isra(config.network.bottleneck, config.isra),) if config.isra else ()
    return Trainee(network, method, config, plugins=plugins)


def step_input(count: int) -> StepInput:
    def stream(rows: int) -> StreamBatch:
        return StreamBatch(torch.rand(rows, 3, 40, 40), torch.randint(0, CLASSES, (rows,)), torch.arange(rows))

    target = stream(count)
    return StepInput(stream(count), (target.images, target.index), stream(2))


def state(progress: float, features: int) -> State:
    target = Response(torch.randn(TARGET_IMAGES, features), torch.randn(TARGET_IMAGES, CLASSES))
    return State(progress, torch.rand(CLASSES), target)


@pytest.mark.parametrize("isra", [None, IsraConfig(topics=3, receptor_hidden=4)], ids=["alone", "isra"])
@pytest.mark.parametrize("method", method_names())
def test_a_step_stays_on_the_gpu(
    config: TrainConfig, method: str, isra: IsraConfig | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn_on_the_cpu = SimpleNamespace(sample=lambda: 0.25)
    monkeypatch.setattr(torch.distributions, "Beta", lambda *_: drawn_on_the_cpu)
    config = replace(config, method=method, isra=isra)

    for progress in (0.0, 0.9):
        with FakeTensorMode():
            with torch.device("cuda"):
                trainee, images, known = create(config), step_input(8), state(progress, config.network.bottleneck)
            with NothingLeaves():
                terms, _ = trainee(images, known)

            assert {value.device.type for value in terms.values()} == {"cuda"}
