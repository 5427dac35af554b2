"""Draws the two drawings among the examples, with a hand's tremor: ``python assets/examples/draw.py``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIDE, FINER = 320, 4
PEN = 0.017
STEPS = 80

Stroke = Sequence[tuple[float, float]]
"""Points that the pen passes, (x, y) from 0 to 1, from the top left."""

MUG: tuple[Stroke, ...] = (
    (
        (0.17, 0.27),
        (0.28, 0.215),
        (0.45, 0.2),
        (0.62, 0.22),
        (0.7, 0.275),
        (0.6, 0.335),
        (0.43, 0.35),
        (0.26, 0.33),
        (0.18, 0.28),
    ),
    (
        (0.165, 0.29),
        (0.18, 0.5),
        (0.2, 0.7),
        (0.225, 0.82),
        (0.3, 0.865),
        (0.45, 0.875),
        (0.59, 0.86),
        (0.655, 0.8),
        (0.68, 0.6),
        (0.705, 0.28),
    ),
    ((0.69, 0.4), (0.79, 0.37), (0.88, 0.42), (0.895, 0.53), (0.84, 0.64), (0.75, 0.69), (0.665, 0.695)),
    ((0.34, 0.14), (0.32, 0.1), (0.36, 0.06), (0.34, 0.02)),
    ((0.5, 0.14), (0.485, 0.09), (0.53, 0.06), (0.505, 0.02)),
)

KEY: tuple[Stroke, ...] = (
    (
        (0.4, 0.47),
        (0.38, 0.37),
        (0.29, 0.3),
        (0.17, 0.31),
        (0.08, 0.39),
        (0.07, 0.51),
        (0.14, 0.61),
        (0.26, 0.63),
        (0.36, 0.57),
        (0.4, 0.46),
    ),
    ((0.2, 0.42), (0.15, 0.46), (0.19, 0.51), (0.24, 0.48), (0.205, 0.42)),
    ((0.395, 0.44), (0.6, 0.435), (0.8, 0.45), (0.93, 0.445), (0.945, 0.49), (0.93, 0.52)),
    ((0.39, 0.52), (0.6, 0.53), (0.69, 0.525), (0.7, 0.62), (0.75, 0.63), (0.77, 0.53)),
    ((0.77, 0.53), (0.83, 0.525), (0.845, 0.65), (0.9, 0.66), (0.925, 0.52)),
)


def drawing(strokes: Sequence[Stroke], seed: int) -> Image.Image:
    """Return strokes in black on white, grey, `SIDE` pixels square; the seed is the hand."""
    generator = np.random.default_rng(seed)
    page = Image.new("L", (FINER * SIDE, FINER * SIDE), "white")
    pen = ImageDraw.Draw(page)
    radius = FINER * SIDE * PEN / 2
    for stroke in strokes:
        for x, y in (trembling(smooth(stroke), generator) * FINER * SIDE).tolist():
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill="black")
    return page.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def smooth(stroke: Stroke) -> NDArray[np.float64]:
    """Return points (n, 2) close together on the Catmull-Rom spline through the stroke's."""
    points = np.array([stroke[0], *stroke, stroke[-1]])
    t = np.linspace(0, 1, STEPS, endpoint=False)[:, None]
    parts = [
        ((2 * b) + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * (b - c) + d - a) * t**3) / 2
        for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False)
    ]
    return np.concatenate(parts)


def trembling(path: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Return the path (n, 2) as a hand follows it: slow drift and a finer tremor."""
    drift, tremor = (_smoothed(generator.normal(size=path.shape), width) for width in (90, 30))
    moved: NDArray[np.float64] = path + 0.006 * drift + 0.0022 * tremor
    return moved


def _smoothed(noise: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return the bell-weighted mean of noise (n, 2) around each point, of variance 1."""
    window = np.hanning(width)
    window /= np.linalg.norm(window)
    return np.stack([np.convolve(axis, window, mode="same") for axis in noise.T], axis=1)


if __name__ == "__main__":
    for name, strokes, seed in (("mug", MUG, 4), ("key", KEY, 7)):
        drawing(strokes, seed).save(Path(__file__).parent / f"{name}-drawn.png", optimize=True)
