"""The images of each step, on the device of the process that asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from isra_model.data.prefetch import Prefetch
from isra_model.data.streams import DecodedImages, Images, Stream, StreamBatch
from isra_model.data.transforms import normalise, upload
from isra_model.methods import Sizes
from isra_model.training.config import TrainConfig
from isra_model.training.processes import Processes
from isra_model.training.trainee import StepInput, Trainee

AHEAD = 2
"Steps whose images are prepared in advance where that takes a thread."


class Feed:
    """A process's share of the source, target and middle images of each step.

    What is in memory of a CPU is cut when it is asked for. What has to be decoded, or brought to a GPU, is prepared
    some steps ahead in the background. A GPU that has eight times the memory of a domain's decoded images keeps them.

    Attributes
    ----------
    streams : dict[str, Stream]
        The streams by name.
    """

    def __init__(
        self,
        domains: tuple[Images, Images],
        config: TrainConfig,
        trainee: Trainee,
        processes: Processes,
        device: torch.device,
    ) -> None:
        """Feed from ``domains``, the training images of source and target."""
        source, target = (_resident(images, device) for images in domains)
        self.streams = {
            name: Stream(images, config.preprocessing, config.seed, name, balanced, config.augmentation)
            for name, images, balanced in (
                ("source", source, trainee.method.balanced_source or config.source_sampling == "classes"),
                ("target", target, False),
                ("middle", source, False),
            )
        }
        self.preprocessing, self.device = config.preprocessing, device
        at_hand = device.type == "cpu" and all(isinstance(images, DecodedImages) for images in domains)
        crops = _Crops(self.streams, config, trainee, processes, device)
        self._crops = Prefetch(crops, config.optimisation.steps, ahead=0 if at_hand else AHEAD)

    def __call__(self, step: int) -> StepInput:
        """Return this process's normalised images of a step: no label of the target is among them."""
        crops, sizes = self._crops(step)
        source, target, middle = (self._ready(batch) for batch in crops)
        return StepInput(source, (target.images, target.index), middle, sizes)

    def _ready(self, batch: StreamBatch) -> StreamBatch:
        images, labels, index = (upload(each, self.device) for each in (batch.images, batch.labels, batch.index))
        return StreamBatch(normalise(images, self.preprocessing), labels, index)

    def close(self) -> None:
        """End the thread."""
        self._crops.close()


@dataclass(frozen=True)
class _Crops:
    """What `Feed` prepares in advance: uint8 crops of source, target and middle, and how many all processes have."""

    streams: Mapping[str, Stream]
    config: TrainConfig
    trainee: Trainee
    processes: Processes
    device: torch.device

    def __call__(self, step: int) -> tuple[list[StreamBatch], Sizes]:
        optimisation = self.config.optimisation
        sizes = self.trainee.sizes(optimisation.batch_size, step / optimisation.steps)
        totals = {"source": sizes.source, "target": sizes.target, "middle": sizes.middle}
        with torch.cuda.device(self.device) if self.device.type == "cuda" else nullcontext():
            crops = [self.streams[name].crops(step, n, self.processes.share(n)) for name, n in totals.items()]
            return [replace(batch, images=_pinned(batch.images, self.device)) for batch in crops], sizes


def _resident(images: Images, device: torch.device) -> Images:
    if device.type != "cuda" or not isinstance(images, DecodedImages):
        return images
    free, _ = torch.cuda.mem_get_info(device)
    return images.on(device) if images.pixels.nbytes < free / 8 else images


def _pinned(images: Tensor, device: torch.device) -> Tensor:
    return images.pin_memory() if device.type == "cuda" and not images.is_cuda else images
