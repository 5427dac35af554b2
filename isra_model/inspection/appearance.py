"""Is this one of ours? Whether an image is drawn as the images of either domain are, before what it shows is believed.

How an image is drawn is told by shallow statistics: what small filters answer on it, on average, whatever is where. A
domain is a Gaussian of them, and an image's distance from it is Mahalanobis's. No network is asked, so the judgement is
the same for all models. Training images alone say which distance is usual: those of each designer are measured from the
Gaussian of the others, also as they come back from the web, compressed or enlarged.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import load_file
from torch import Tensor
from torch.nn import functional

from isra_model.data.framing import Framing
from isra_model.data.streams import DecodedImages
from isra_model.data.transforms import framed, resized
from isra_model.files import write_tensors
from isra_model.inspection.views import Appearance

USUAL_SHARE = 0.95
"""Of a domain's images, told by the other designers', so many count as usual: one in twenty may be a false alarm."""
SHRINKAGE = 0.02
FOLDS = 4
_BATCH = 32
_LUMA_AND_CHROMA = ((0.299, 0.587, 0.114), (-0.169, -0.331, 0.5), (0.5, -0.419, -0.081))


def _saved(image: Image.Image, file_format: str, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, file_format, quality=quality)
    return Image.open(buffer).convert("RGB")


RECOMPRESSED: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "WebP at 64 px": lambda image: _saved(image.resize((64, 64), Image.Resampling.LANCZOS), "WEBP", 80),
    "JPEG": lambda image: _saved(image, "JPEG", 75),
    "twice as large": lambda image: image.resize((2 * image.width, 2 * image.height), Image.Resampling.BICUBIC),
}
"""What happens to images on their way to a visitor and back, none of which makes them strange."""


@dataclass(frozen=True)
class Looks:
    """How the images of each of D domains are drawn.

    Attributes
    ----------
    side : int
        Images are measured at so many pixels square.
    means : NDArray[np.float64]
        (D, k) mean statistics.
    whitening : NDArray[np.float64]
        (D, k, k) what turns a difference from the mean into one of unit covariance.
    thresholds : NDArray[np.float64]
        (D,) the distance from the domain that `USUAL_SHARE` of its own training images keep within.
    """

    side: int
    means: NDArray[np.float64]
    whitening: NDArray[np.float64]
    thresholds: NDArray[np.float64]

    def judge(self, image: Image.Image) -> Appearance:
        """Return how an image of any size looks beside the domains."""
        return Appearance(float(self.distances(resized(image, self.side)[None])[0]))

    def target_density(self, described: NDArray[np.float64]) -> float:
        """Return the logarithm of the density among the target of an image's statistics (1, k), up to a constant.

        It is -inf where the image lies farther from the target than is usual.
        """
        distance = float(_distance(described, self.means[-1], self.whitening[-1])[0])
        if distance > self.thresholds[-1]:
            return -np.inf
        return float(np.linalg.slogdet(self.whitening[-1]).logabsdet) - distance**2 / 2

    def distances(self, pixels: Tensor) -> NDArray[np.float64]:
        """Return (n,) the distance of uint8 images (n, 3, side, side) from the nearest domain, as a share of usual."""
        described = statistics(pixels)
        apart = [_distance(described, mean, whiten) for mean, whiten in zip(self.means, self.whitening, strict=True)]
        nearest: NDArray[np.float64] = (np.stack(apart, axis=1) / self.thresholds).min(axis=1)
        return nearest


def statistics(pixels: Tensor) -> NDArray[np.float64]:
    """Return (n, k) how uint8 images (n, 3, h, w) are drawn.

    In luma and both chromas the nine 3 by 3 cosine filters answer; of each answer these are the mean of its positive
    part, of its negative part, and its deviation.
    """
    return np.concatenate([_described(batch).double().numpy() for batch in torch.split(pixels, _BATCH)])


def learn_looks(domains: Sequence[DecodedImages]) -> Looks:
    """Return how the training images of each domain are drawn."""
    fitted = [_fit_domain(images) for images in domains]
    means, whitening, thresholds = (np.stack(parts) for parts in zip(*fitted, strict=True))
    return Looks(int(domains[0].pixels.shape[-1]), means, whitening, thresholds)


def drawn_like(image: Image.Image, known: Mapping[str, tuple[Framing, Looks]]) -> str | None:
    """Return whose target's images are drawn most like an image, of looks and framings by name; None if nobody's."""
    ways = {(framing, looks.side) for framing, looks in known.values()}
    described = {(framing, side): statistics(resized(framed(image, framing), side)[None]) for framing, side in ways}
    density = {name: looks.target_density(described[framing, looks.side]) for name, (framing, looks) in known.items()}
    nearest = max(density, key=density.__getitem__, default=None)
    return nearest if nearest and density[nearest] > -np.inf else None


def write_looks(path: Path, looks: Looks) -> None:
    """Write looks as safetensors, in single precision."""
    arrays = {"means": looks.means, "whitening": looks.whitening, "thresholds": looks.thresholds}
    tensors = {name: torch.from_numpy(array).float() for name, array in arrays.items()}
    write_tensors(path, tensors | {"side": torch.tensor(looks.side)})


def read_looks(path: Path) -> Looks:
    """Read what `write_looks` wrote."""
    stored = load_file(path)
    means, whitening, thresholds = (stored[name].astype(np.float64) for name in ("means", "whitening", "thresholds"))
    return Looks(int(stored["side"]), means, whitening, thresholds)


def recompressed(pixels: Tensor, change: Callable[[Image.Image], Image.Image]) -> Tensor:
    """Return uint8 images (n, 3, side, side) as they are after a change of `RECOMPRESSED`, at the same size."""
    side = pixels.shape[-1]
    images = (Image.fromarray(image) for image in pixels.permute(0, 2, 3, 1).numpy())
    return torch.stack([resized(change(image), side) for image in images])


@torch.inference_mode()
def _described(pixels: Tensor) -> Tensor:
    planes = torch.einsum("kc,nchw->nkhw", torch.tensor(_LUMA_AND_CHROMA), pixels.float() / 255)
    answers = functional.conv2d(planes.flatten(0, 1).unsqueeze(1), _cosine_filters())
    answers = answers.reshape(len(planes), -1, answers[0, 0].numel())
    return torch.cat([answers.clamp(min=0).mean(2), answers.clamp(max=0).mean(2), answers.std(2)], dim=1)


def _cosine_filters() -> Tensor:
    """Return (9, 1, 3, 3) the two-dimensional discrete cosine transform of three by three pixels."""
    waves = torch.cos((torch.arange(3) + 0.5) * torch.arange(3)[:, None] * torch.pi / 3)
    waves = waves / waves.norm(dim=1, keepdim=True)
    return torch.einsum("ia,jb->ijab", waves, waves).reshape(9, 1, 3, 3)


def _fit_domain(images: DecodedImages) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return a domain's mean (k,), whitening (k, k) and threshold."""
    described, folds = [statistics(images.pixels)], [_folds(images.keys)]
    for number, change in enumerate(RECOMPRESSED.values()):
        part = slice(number, None, len(RECOMPRESSED))
        described.append(statistics(recompressed(images.pixels[part], change)))
        folds.append(folds[0][part])
    everything, fold = np.concatenate(described), np.concatenate(folds)
    apart = [_distance(everything[fold == f], *_gaussian(everything[fold != f])) for f in np.unique(fold)]
    return *_gaussian(everything), float(np.quantile(np.concatenate(apart), USUAL_SHARE))


def _folds(keys: Sequence[str]) -> NDArray[np.int64]:
    """Return (n,) the fold of each image; those of one designer, what stands before a key's colon, share one."""
    designers = [key.rpartition(":")[0] or key for key in keys]
    if len(set(designers)) < FOLDS:
        designers = list(keys)
    number = {designer: place % FOLDS for place, designer in enumerate(sorted(set(designers)))}
    return np.array([number[designer] for designer in designers])


def _gaussian(described: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean (k,) of statistics (n, k), and the whitening (k, k) by their shrunken covariance."""
    mean, deviation = described.mean(axis=0), described.std(axis=0) + 1e-4
    scaled = (described - mean) / deviation
    covariance = (1 - SHRINKAGE) * scaled.T @ scaled / len(scaled) + SHRINKAGE * np.eye(len(mean))
    whitening: NDArray[np.float64] = np.linalg.cholesky(np.linalg.inv(covariance)) / deviation[:, None]
    return mean, whitening


def _distance(
    described: NDArray[np.float64], mean: NDArray[np.float64], whitening: NDArray[np.float64]
) -> NDArray[np.float64]:
    distance: NDArray[np.float64] = np.linalg.norm((described - mean) @ whitening, axis=1)
    return distance
