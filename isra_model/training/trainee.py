"""Network and method as one module, so that one forward pass gives every term of the loss."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from timm import layers
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from isra_model.data.streams import StreamBatch
from isra_model.methods import Batch, DomainBatch, Isra, LabelledBatch, Method, Sizes, State, create_method
from isra_model.networks import PdaNetwork
from isra_model.training.config import TrainConfig
from isra_model.training.processes import ALONE, Processes


@dataclass(frozen=True)
class StepInput:
    """The images of one step on the device, each with its index: source and middle with labels, the target without.

    Where there are several processes, these are the rows of one, and ``sizes`` counts those of all.
    """

    source: StreamBatch
    target: tuple[Tensor, Tensor]
    middle: StreamBatch
    sizes: Sizes | None = None

    @property
    def totals(self) -> Sizes:
        """Return how many rows all processes have together."""
        return self.sizes or Sizes(len(self.source.images), len(self.target[0]), len(self.middle.images))


class Trainee(nn.Module):
    """What is trained: the network, and the method with the parts it adds."""

    def __init__(self, network: PdaNetwork, method: Method, config: TrainConfig, processes: Processes = ALONE) -> None:
        super().__init__()
        self.network = network
        self.method = method
        self.processes = processes
        self.optimisation = config.optimisation
        self._pool = torch.compile(network.pool) if config.optimisation.compile else network.pool

    def forward(self, inputs: StepInput, state: State) -> tuple[dict[str, Tensor], Batch]:
        """Return the terms of the loss by name, and the batch they were taken from."""
        batch = self.respond(inputs, self.pool(inputs, state))
        return self.method.losses(batch, self.network, state), batch

    def pool(self, inputs: StepInput, state: State) -> tuple[Tensor, Tensor, Tensor]:
        """Return the backbone's pooled maps of source, target and middle images, each (n, width), of all processes.

        The three pass one after the other, so that batch norm sees one domain at a time.
        """
        fixed = self.method.fixes_backbone(state.progress)
        self.network.let_backbone_learn(not fixed)
        totals = inputs.totals
        return (
            self._pooled(inputs.source.images, totals.source),
            self._pooled(inputs.target[0], totals.target),
            self._pooled(inputs.middle.images, totals.middle),
        )

    def respond(self, inputs: StepInput, pooled: tuple[Tensor, Tensor, Tensor]) -> Batch:
        """Return what the network says of all processes' images, from their pooled maps."""
        source, target, middle = pooled
        return Batch(
            source=self._labelled(inputs.source, source),
            target=DomainBatch(*self._domain(*inputs.target, target)),
            middle=self._labelled(inputs.middle, middle),
        )

    @contextmanager
    def recomputing(self) -> Iterator[None]:
        """Keep the backbone's running statistics while a backward pass computes activations a second time."""
        if self.optimisation.accumulation == 1 and not self.optimisation.activation_checkpointing:
            yield
            return
        buffers = list(self.network.backbone.buffers())
        kept = [buffer.clone() for buffer in buffers]
        yield
        for buffer, values in zip(buffers, kept, strict=True):
            buffer.copy_(values)

    def _labelled(self, stream: StreamBatch, pooled: Tensor) -> LabelledBatch:
        rows = self._domain(stream.images, stream.index, pooled, source=True)
        return LabelledBatch(*rows, self.processes.join(stream.labels, len(pooled)))

    def _domain(
        self, images: Tensor, index: Tensor, pooled: Tensor, *, source: bool = False
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        seen = self.processes.join(images, len(pooled)) if self.method.reads_images else images
        index = self.processes.join(index, len(pooled))
        if not len(pooled):
            classes, width = self.network.classifier.weight.shape
            return seen, pooled.new_empty(0, width), pooled.new_empty(0, classes), index
        features, logits = self.network.head(pooled, source=source)
        return seen, features, logits, index

    def _pooled(self, images: Tensor, total: int) -> Tensor:
        """Return the pooled maps of a stream's ``total`` images, of which this process has some.

        With accumulation they pass in parts, and each part again in the backward pass, so that the activations of one
        part at a time are in memory while the loss is that of all images.
        """
        synchronised = self.optimisation.sync_batch_norm and self.processes.count > 1
        if not len(images) and not (synchronised and total):
            return self.processes.join(images.new_empty(0, self.network.bottleneck.in_features), total)
        parts = images.tensor_split(max(1, min(self.optimisation.accumulation, total // self.processes.count)))
        bf16 = self.optimisation.precision == "bf16"
        with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=bf16):
            if len(parts) == 1:
                pooled = self._pool(images)
            else:
                pooled = torch.cat([checkpoint(self._pool, part, use_reentrant=False) for part in parts])
        return self.processes.join(pooled.float() if bf16 else pooled, total)


def create_trainee(config: TrainConfig, classes: int, processes: Processes = ALONE) -> Trainee:
    """Create a pretrained network and the configured method, initialised from the run's seed."""
    torch.manual_seed(config.seed)
    network = PdaNetwork(config.network_config, classes, pretrained=config.network.pretrained and not config.init)
    method = create_method(config.method, config.network.bottleneck, classes, config.settings)
    if config.isra:
        method = Isra(method, config.network.bottleneck, config.isra)
    if config.optimisation.activation_checkpointing and not config.network.frozen:
        network.backbone.set_grad_checkpointing()  # type: ignore[operator]
    if config.optimisation.sync_batch_norm and processes.count > 1:
        network.backbone = layers.convert_sync_batchnorm(network.backbone)  # type: ignore[no-untyped-call,attr-defined]
    return Trainee(network.to(memory_format=torch.channels_last), method, config, processes)


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
        fused=True,
    )
    if not separate:
        return [shared]
    return [shared, torch.optim.Adam(separate, lr=trainee.method.separate_rate, fused=True)]


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float, step: int) -> None:
    """Set ``scale * rate * (1 + 0.001 step)^-0.75`` in every group of the shared optimiser."""
    for group in optimiser.param_groups:
        group["lr"] = group["scale"] * rate * (1.0 + 0.001 * step) ** -0.75
