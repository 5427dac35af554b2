"""The colours and symbols of every figure and of the page: legible on white and on black, and without red or green."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SOURCE = "#2f7fd0"
TARGET = "#d9731a"
SYMBOLS = {"source": "circle", "target": "triangle-up"}
DOMAIN_COLOURS = {"source": SOURCE, "target": TARGET}
UNSHARED = "#8a9099"
RIGHT, WRONG = "#2f7fd0", "#d1497f"
CORRECT = {True: RIGHT, False: WRONG, None: UNSHARED}
CLASS_COLOURS = (
    *("#2f7fd0", "#d9731a", "#7a5cc4", "#1f9d94", "#d1497f", "#a88414", "#5a7fb8", "#b0614f"),
    *("#3fa3c8", "#9467bd", "#c98b00", "#6b8f3a", "#c2569b", "#4f6fd0", "#a8683a", "#2d8c7a"),
)
# viridis and magma, written out so that no figure needs matplotlib
SEQUENTIAL = (
    *("#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21908d"),
    *("#22a884", "#42be71", "#7ad151", "#bddf26", "#fde725"),
)
RAMPS = {
    "magma": ("#000004", "#221150", "#5f187f", "#982d80", "#d3436e", "#f8765c", "#febb81", "#fcfdbf"),
    "viridis": SEQUENTIAL,
    "signed": ("#08306b", SOURCE, "#9ccbf0", "#f4f4f2", "#f6c08a", TARGET, "#7a3403"),
}
STAR, STAR_EDGE = "#f2c500", "#14171c"
# of figures, whose page may be light or dark
TEXT, PANEL, CLEAR = "#737a85", "rgba(127,127,127,0.05)", "rgba(0,0,0,0)"
# of the page: on light, on dark
PAGE: dict[str, tuple[str, str]] = {
    "ground": ("#fbfbfa", "#15181c"),
    "paper": ("#ffffff", "#1b1f24"),
    "wash": ("#f3f4f5", "#23282e"),
    "ink": ("#16191e", "#eceef1"),
    "soft": ("#565e69", "#a4acb7"),
    "line": ("#e2e4e7", "#30363e"),
    "accent": ("#1d5fa3", "#74b1f2"),
    "bar": ("#33506e", "#6f8aa8"),
    "bar-best": ("#1d5fa3", "#5aa2ec"),
    "hatch": ("#8a929d", "#8d96a2"),
    "source": (SOURCE, SOURCE),
    "target": (TARGET, TARGET),
    "source-ink": ("#1d5fa3", "#74b1f2"),
    "target-ink": ("#a8500a", "#f0a05a"),
    "warn": ("#8f4300", "#f3b26b"),
    "tip": ("#14171c", "#f1f2f3"),
    "tip-ink": ("#f4f5f6", "#14171c"),
    "badge": ("rgba(20, 23, 28, 0.82)", "rgba(20, 23, 28, 0.82)"),
    "badge-ink": ("#ffffff", "#ffffff"),
    "picture": ("#ffffff", "#ffffff"),
    "veil": ("rgba(128, 128, 128, 0.28)", "rgba(128, 128, 128, 0.28)"),
    "shadow": ("0 8px 28px rgba(15, 20, 28, 0.16)", "0 8px 28px rgba(0, 0, 0, 0.5)"),
}


def categorical(indices: NDArray[np.int64], shared: NDArray[np.bool_]) -> list[str]:
    """Return one colour a class index (n,): a hue for a class of the target, grey for any other.

    `shared` (C,) says which are the target's; -1 is no class. Hues repeat only where there are more
    classes of the target than hues.
    """
    number = np.cumsum(shared) - 1
    return [CLASS_COLOURS[number[i] % len(CLASS_COLOURS)] if i >= 0 and shared[i] else UNSHARED for i in indices]


def sequential(values: NDArray[np.float32], limits: tuple[float, float]) -> list[str]:
    """Return one colour a value (n,), from the dark end at the lower limit to the light end at the upper."""
    low, high = limits
    share = np.clip((np.nan_to_num(values) - low) / max(high - low, 1e-12), 0, 1)
    return [f"#{bytes(rgb).hex()}" for rgb in blend(share, SEQUENTIAL).round().astype(np.uint8)]


def blend(share: NDArray[np.floating], stops: Sequence[str]) -> NDArray[np.float64]:
    """Return (..., 3) the red, green and blue of shares (...), from 0 to 1, on a ramp of evenly spread colours."""
    channels = np.array([tuple(bytes.fromhex(stop[1:])) for stop in stops], dtype=np.float64).T
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(share, places, channel) for channel in channels], axis=-1)
