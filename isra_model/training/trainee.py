"""Network and method as one module, so that one forward pass gives every term of the loss."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from timm import layers
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from isra_model.data.streams import StreamBatch
from isra_model.methods import (
    Batch,
    DomainBatch,
    Isra,
    LabelledBatch,
    Method,
    Plugin,
    Settings,
    Sizes,
    State,
    create_method,
)
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
    """What is trained: the network, the method with the parts it adds, and the plug-ins with theirs."""

    def __init__(
        self,
        network: PdaNetwork,
        method: Method[Settings],
        config: TrainConfig,
        *,
        plugins: tuple[Plugin, ...] = (),
        processes: Processes = ALONE,
    ) -> None:
        super().__init__()
        self.network = network
        self.method = method
        self.plugins = plugins
        for plugin in plugins:
            self.add_module(plugin.name, plugin)
        self.register_load_state_dict_pre_hook(_under_present_names)  # type: ignore[no-untyped-call]
        self.processes = processes
        self.optimisation = config.optimisation
        self._pool = torch.compile(network.pool) if config.optimisation.compile else network.pool

    def forward(self, inputs: StepInput, state: State) -> tuple[dict[str, Tensor], Batch]:
        """Return the terms of the loss by name, and the batch they were taken from."""
        batch = self.respond(inputs, self.pool(inputs, state))
        return self.losses(batch, state), batch

    def sizes(self, batch_size: int, progress: float) -> Sizes:
        """Return how many images of each stream the step at ``progress`` takes."""
        sizes = self.method.sizes(batch_size, progress)
        for plugin in self.plugins:
            sizes = plugin.sizes(sizes, batch_size)
        return sizes

    def losses(self, batch: Batch, state: State) -> dict[str, Tensor]:
        """Return the method's terms, then the plug-ins', by name.

        Where the method has left the source behind, as SHOT does, plug-ins see the source's features without gradient:
        the target's are aligned with them (section 4.2 of ISRA's paper). The paper keeps those of the source model;
        here they are the network's as it is, and its batch norm sees both domains.
        """
        terms = self.method.losses(batch, self.network, state)
        if self.plugins and not self.method.sizes(len(batch.target), state.progress).source:
            batch = replace(batch, source=replace(batch.source, features=batch.source.features.detach()))
        for plugin in self.plugins:
            terms |= plugin.losses(batch, state)
        return terms

    def health(self, batch: Batch) -> dict[str, float]:
        """Return numbers by name that show whether the parts of method and plug-ins are alive."""
        numbers = self.method.health(batch)
        for plugin in self.plugins:
            numbers |= plugin.health(batch)
        return numbers

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
    plugins = (Isra(config.network.bottleneck, config.isra),) if config.isra else ()
    if config.optimisation.activation_checkpointing and not config.network.frozen:
        network.backbone.set_grad_checkpointing()  # type: ignore[operator]
    if config.optimisation.sync_batch_norm and processes.count > 1:
        network.backbone = layers.convert_sync_batchnorm(network.backbone)  # type: ignore[no-untyped-call,attr-defined]
    return Trainee(network.to(memory_format=torch.channels_last), method, config, plugins=plugins, processes=processes)


def create_optimisers(trainee: Trainee, config: TrainConfig) -> list[torch.optim.Optimizer]:
    """Return the shared SGD (backbone, then new layers) and an Adam for each plug-in."""
    backbone = list(trainee.network.backbone.parameters())
    separate = [parameter for plugin in trainee.plugins for parameter in plugin.parameters()]
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
    return [shared, *(torch.optim.Adam(plugin.parameters(), lr=plugin.rate, fused=True) for plugin in trainee.plugins)]


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float, step: int) -> None:
    """Set ``scale * rate * (1 + 0.001 step)^-0.75`` in every group of the shared optimiser."""
    for group in optimiser.param_groups:
        group["lr"] = group["scale"] * rate * (1.0 + 0.001 * step) ** -0.75


def _under_present_names(_: nn.Module, tensors: dict[str, Tensor], *__: object) -> None:
    """Rename the tensors of a run that was begun when ISRA was wrapped around its method."""
    for name in [name for name in tensors if name.startswith(("method.modules_added.", "method.running_gaps"))]:
        tensors[name.replace("method.", "isra.loss.", 1)] = tensors.pop(name)
    for name in [name for name in tensors if name.startswith("method.base.")]:
        tensors[name.replace("method.base.", "method.", 1)] = tensors.pop(name)
