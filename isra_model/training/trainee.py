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
from isra_model.networks import PdaNetwork, Response
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


class Trainee(nn.Module):
    """What is trained: the network, and the method with the parts it adds."""

    def __init__(self, network: PdaNetwork, method: Method, config: TrainConfig, processes: Processes = ALONE) -> None:
        super().__init__()
        self.network = network
        self.method = method
        self.processes = processes
        self.optimisation = config.optimisation
        self._pass = torch.compile(network.forward) if config.optimisation.compile else network.__call__

    def forward(self, inputs: StepInput, state: State) -> tuple[dict[str, Tensor], Batch]:
        """Return the terms of the loss by name, and the batch they were taken from."""
        batch = self.respond(inputs, state)
        return self.method.losses(batch, self.network, state), batch

    def respond(self, inputs: StepInput, state: State) -> Batch:
        """Return what the network says of a step's images, joined over processes.

        Source, target and middle pass the network one after the other, so that batch norm sees one domain at a time.
        """
        fixed = self.method.fixes_backbone(state.progress)
        self.network.backbone.requires_grad_(not fixed).train(self.training and not fixed)
        target_images, target_index = inputs.target
        sizes = inputs.sizes or Sizes(len(inputs.source.images), len(target_images), len(inputs.middle.images))
        return Batch(
            source=self._labelled(inputs.source, sizes.source),
            target=DomainBatch(*self._domain(target_images, target_index, sizes.target)),
            middle=self._labelled(inputs.middle, sizes.middle),
        )

    @contextmanager
    def recomputing(self) -> Iterator[None]:
        """Keep the network's running statistics while a backward pass computes activations a second time."""
        if self.optimisation.accumulation == 1 and not self.optimisation.activation_checkpointing:
            yield
            return
        buffers = list(self.network.buffers())
        kept = [buffer.clone() for buffer in buffers]
        yield
        for buffer, values in zip(buffers, kept, strict=True):
            buffer.copy_(values)

    def _labelled(self, stream: StreamBatch, total: int) -> LabelledBatch:
        rows = self._domain(stream.images, stream.index, total, source=True)
        return LabelledBatch(*rows, self.processes.join(stream.labels, total))

    def _domain(
        self, images: Tensor, index: Tensor, total: int, *, source: bool = False
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        features, logits = self._features(images, total, source=source)
        seen = self.processes.join(images, total) if self.method.reads_images else images
        features, logits, index = (self.processes.join(rows, total) for rows in (features, logits, index))
        return seen, features, logits, index

    def _features(self, images: Tensor, total: int, *, source: bool) -> Response:
        """Return the network's response to this process's rows of a stream's ``total``.

        With accumulation the rows pass in parts, and each part again in the backward pass, so that the activations of
        one part at a time are in memory while the loss is that of all rows.
        """
        synchronised = self.optimisation.sync_batch_norm and self.processes.count > 1
        if not len(images) and not (synchronised and total):
            classes, width = self.network.classifier.weight.shape
            return Response(images.new_empty(0, width), images.new_empty(0, classes))
        parts = images.tensor_split(max(1, min(self.optimisation.accumulation, total // self.processes.count)))
        bf16 = self.optimisation.precision == "bf16"
        with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=bf16):
            if len(parts) == 1:
                responses = [self._pass(images, source=source)]
            else:
                responses = [checkpoint(self._pass, part, source=source, use_reentrant=False) for part in parts]
        features, logits = (torch.cat(rows).float() for rows in zip(*responses, strict=True))
        return Response(features, logits)


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
        network = layers.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call,attr-defined]
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
    assert config.isra is not None
    return [shared, torch.optim.Adam(separate, lr=config.isra.rate, fused=True)]


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float, step: int) -> None:
    """Set ``scale * rate * (1 + 0.001 step)^-0.75`` in every group of the shared optimiser."""
    for group in optimiser.param_groups:
        group["lr"] = group["scale"] * rate * (1.0 + 0.001 * step) ** -0.75
