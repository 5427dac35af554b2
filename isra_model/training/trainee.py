"""Network and method as one module, so that one forward pass gives every term of the loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from isra_model.data.streams import StreamBatch
from isra_model.methods import Batch, DomainBatch, Isra, LabelledBatch, Method, State, create_method
from isra_model.networks import PdaNetwork
from isra_model.training.config import TrainConfig


@dataclass(frozen=True)
class StepInput:
    """The images of one step on the device, each with its index: source and middle with labels, the target without."""

    source: StreamBatch
    target: tuple[Tensor, Tensor]
    middle: StreamBatch


class Trainee(nn.Module):
    """What is trained: the network, and the method with the parts it adds."""

    def __init__(self, network: PdaNetwork, method: Method, config: TrainConfig) -> None:
        super().__init__()
        self.network = network
        self.method = method
        self.bf16 = config.optimisation.precision == "bf16"

    def forward(self, inputs: StepInput, state: State) -> tuple[dict[str, Tensor], Batch]:
        """Return the terms of the loss by name, and the batch they were taken from.

        Source, target and middle pass the network one after the other, so that batch norm sees one domain at a time.
        """
        batch = Batch(
            source=self._labelled(inputs.source),
            target=DomainBatch(*self._respond(*inputs.target)),
            middle=self._labelled(inputs.middle),
        )
        return self.method.losses(batch, self.network, state), batch

    def _labelled(self, stream: StreamBatch) -> LabelledBatch:
        return LabelledBatch(*self._respond(stream.images, stream.index), stream.labels)

    def _respond(self, images: Tensor, index: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        if not len(images):
            classes, features = self.network.classifier.weight.shape
            return images, images.new_empty(0, features), images.new_empty(0, classes), index
        with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            features, logits = self.network(images)
        return images, features.float(), logits.float(), index


def create_trainee(config: TrainConfig, classes: int) -> Trainee:
    """Create a pretrained network and the configured method, initialised from the run's seed."""
    torch.manual_seed(config.seed)
    network = PdaNetwork(config.network_config, classes, pretrained=config.network.pretrained)
    method = create_method(config.method, config.network.bottleneck, classes, config.settings)
    if config.isra:
        method = Isra(method, config.network.bottleneck, config.isra)
    return Trainee(network.to(memory_format=torch.channels_last), method, config)


def create_optimisers(trainee: Trainee, config: TrainConfig) -> list[torch.optim.Optimizer]:
    """Return the shared SGD (backbone, then new layers) and, where the method asks for it, its separate Adam."""
    separate = trainee.method.separate_parameters()
    backbone = list(trainee.network.backbone.parameters())
    taken = {id(parameter) for parameter in (*separate, *backbone)}
    new = [parameter for parameter in trainee.parameters() if id(parameter) not in taken]
    optimisation = config.optimisation
    shared = torch.optim.SGD(
        [{"params": backbone, "scale": 1.0}, {"params": new, "scale": 10.0}],
        lr=optimisation.rate,
        momentum=0.9,
        nesterov=True,
        weight_decay=optimisation.weight_decay,
    )
    if not separate:
        return [shared]
    assert config.isra is not None
    return [shared, torch.optim.Adam(separate, lr=config.isra.rate)]


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float, step: int) -> None:
    """Set ``scale * rate * (1 + 0.001 step)^-0.75`` in every group of the shared optimiser."""
    for group in optimiser.param_groups:
        group["lr"] = group["scale"] * rate * (1.0 + 0.001 * step) ** -0.75
