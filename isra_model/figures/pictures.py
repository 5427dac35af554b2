"""Images as they are sent to browsers: small, and inside the page."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from isra_model.figures.colours import RAMPS, blend
from isra_model.inspection.views import Topic

PICTURE_SIDE = 512
_OPACITY, _THRESHOLD, _EDGE = 0.75, 0.2, 0.05
_VEIL = (128, 128, 128)


def data_url(image: Image.Image, side: int = PICTURE_SIDE) -> str:
    """Return an image as a data URL, at most `side` pixels on its longer side."""
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=88, method=2)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def overlay(image: Image.Image, topic: Topic) -> Image.Image:
    """Return an image (H, W) under a topic's mask, as the page draws it; what the network does not see is veiled."""
    mask, frame = topic.mask, topic.frame
    size = np.clip(mask / max(float(np.abs(mask).max()), 1e-12), 0, 1)
    edge = np.clip((size - _THRESHOLD) / _EDGE, 0, 1)
    alpha = (_OPACITY * edge * (0.3 + 0.7 * size))[..., None]
    pixels = np.asarray(image.convert("RGB"), dtype=np.float32)
    unseen = np.ones(mask.shape, dtype=bool)
    unseen[frame.top : frame.bottom, frame.left : frame.right] = False
    pixels = np.where(unseen[..., None], 0.72 * pixels + 0.28 * np.array(_VEIL, dtype=np.float32), pixels)
    mixed = (1 - alpha) * pixels + alpha * blend(size, RAMPS["magma"])
    return Image.fromarray(mixed.round().astype(np.uint8))
