"""Predictions of whole image sets in evaluation mode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import torch
from torch import Tensor

from isra_model.data.prefetch import Prefetch
from isra_model.data.streams import DecodedImages, Images
from isra_model.data.transforms import Preprocessing, evaluation_batch, upload
from isra_model.networks import PdaNetwork, Response
from isra_model.networks.backbones import at_pretrained_size
from isra_model.training.config import TrainConfig
from isra_model.training.processes import ALONE, Processes

EVALUATION_BATCH = {"cpu": 16, "cuda": 256}
"""Images at a time; a CPU, whose caches hold 16, is more than twice as fast with 16 as with 128."""


@torch.no_grad()
def respond(
    network: PdaNetwork,
    images: Images,
    preprocessing: Preprocessing,
    *,
    source: bool = False,
    processes: Processes = ALONE,
) -> Response:
    """Return features (n, d) and logits (n, C) of all images, on the CPU; the network's mode is left as it was.

    ``source`` says that the images are the source's, which some networks treat differently. Of several ``processes``,
    all of which have to ask, each computes its share.
    """
    was_training = network.training
    network.eval()
    share = processes.share(len(images))
    responses = [network(batch, source=source) for batch in _batches(network, images, preprocessing, share)]
    network.train(was_training)
    features, logits = (processes.join(torch.cat(parts), len(images)).cpu() for parts in zip(*responses, strict=True))
    return Response(features, logits)


@torch.no_grad()
def pretrained_features(
    config: TrainConfig, images: Images, device: torch.device, processes: Processes = ALONE
) -> Tensor:
    """Return what the pretrained backbone, before any training, sees in all images: (n, width), on ``device``.

    Images are resized to what it was pretrained on.
    """
    torch.manual_seed(config.seed)
    network = PdaNetwork(config.network_config, 1, pretrained=config.network.pretrained).to(device).eval()
    batches = _batches(network, images, config.preprocessing, processes.share(len(images)))
    pooled = [network.pool(at_pretrained_size(network.backbone, batch)) for batch in batches]
    return processes.join(torch.cat(pooled), len(images))


def _batches(network: PdaNetwork, images: Images, preprocessing: Preprocessing, share: slice) -> Iterator[Tensor]:
    """Yield the normalised centre crops of a share; one batch of no images where it has none."""
    device = next(network.parameters()).device
    size = EVALUATION_BATCH.get(device.type, 256)
    starts = range(share.start, share.stop, size) or range(share.start, share.start + 1)
    in_memory = isinstance(images, DecodedImages)

    def read(batch: int) -> Tensor:
        return images.between(starts[batch], min(starts[batch] + size, share.stop))

    with closing(Prefetch(read, stop=len(starts), ahead=0 if in_memory else 2)) as pixels:
        for batch in range(len(starts)):
            yield evaluation_batch(upload(pixels(batch), device), preprocessing)


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Return the percentage of rows of ``logits`` (n, C) whose largest class is the label (n,)."""
    return 100.0 * float((logits.argmax(dim=1) == labels).float().mean())
