"""Figures at print size: SVG and PNG files with fonts in points, drawn by kaleido in a Chromium without a window."""

from __future__ import annotations

import importlib.util
import io
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from PIL import Image

from isra_model.files import write_bytes

MM_PER_INCH, PIXELS_PER_INCH, POINTS_PER_INCH = 25.4, 96, 72
PATIENCE = 600.0  # seconds for one drawing
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONTS = "Helvetica, Arial, Liberation Sans, sans-serif"


@dataclass(frozen=True)
class PrintSize:
    """How large a figure is on paper.

    Attributes
    ----------
    width : float
        In millimetres.
    height : float
        In millimetres.
    dpi : int
        Dots an inch of the PNG.
    font : float
        Size of the text in points.
    """

    width: float = 180.0
    height: float = 100.0
    dpi: int = 300
    font: float = 7.0

    def pixels(self, millimetres: float) -> float:
        """Return a length in CSS pixels, of which 96 are an inch."""
        return millimetres / MM_PER_INCH * PIXELS_PER_INCH


def set_in_print(figure: go.Figure, size: PrintSize) -> go.Figure:
    """Return the figure on white, with every text black and of the size's font."""
    font = {"family": FONTS, "size": size.font / POINTS_PER_INCH * PIXELS_PER_INCH, "color": "#000000"}
    figure.update_layout(
        template="plotly_white",
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        font=font,
        width=size.pixels(size.width),
        height=size.pixels(size.height),
    )
    figure.update_annotations(font=font)
    figure.update_layout(legend={"font": font})
    figure.update_xaxes(title_font=font, tickfont=font, title_standoff=4)
    figure.update_yaxes(title_font=font, tickfont=font, title_standoff=4)
    return figure


def print_figure(figure: go.Figure, file: Path, size: PrintSize) -> tuple[Path, Path]:
    """Write a figure as SVG and PNG, `file` with either ending, and return both.

    Raises
    ------
    ValueError
        If kaleido or a Chromium is not installed.
    """
    in_print = set_in_print(figure, size)
    width, height = in_print.layout.width, in_print.layout.height
    with _printer() as draw:
        svg = draw(in_print, format="svg", width=width, height=height)
        png = draw(in_print, format="png", width=width, height=height, scale=size.dpi / PIXELS_PER_INCH)
    vector, raster = (file.with_name(f"{file.name}.{ending}") for ending in ("svg", "png"))
    write_bytes(vector, _in_millimetres(_with_fixed_names(svg.decode()), size).encode())
    write_bytes(raster, _with_density(png, size.dpi))
    return vector, raster


def draw_svg(figure: go.Figure, width: int, height: int) -> str:
    """Return a figure as SVG of so many pixels, the same text each time.

    Raises
    ------
    ValueError
        If kaleido or a Chromium is not installed.
    """
    with _printer() as draw:
        return _with_fixed_names(draw(figure, format="svg", width=width, height=height).decode())


@contextmanager
def _printer() -> Iterator[Any]:
    """Start one Chromium for some drawings; nothing is fetched."""
    if importlib.util.find_spec("kaleido") is None:
        raise ValueError("Figures need kaleido and a Chromium: pip install 'isra-model[figures]'.")
    import kaleido

    os.environ["BROWSER_PATH"] = _browser()
    kaleido.start_sync_server(n=1, timeout=PATIENCE, page_generator=kaleido.PageGenerator(mathjax=False))
    try:
        yield lambda figure, **options: kaleido.calc_fig_sync(figure, opts=options)
    finally:
        kaleido.stop_sync_server()


def _browser() -> str:
    """Return the program of the Chromium that draws: without one kaleido waits for ever."""
    named = os.environ.get("BROWSER_PATH") or os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [named] if named else BROWSERS)), None)
    if found is None:
        raise ValueError("Figures need a Chromium: `apt-get install chromium`, or give yours as CHROMIUM=PATH.")
    return found


def _with_fixed_names(svg: str) -> str:
    """Return Plotly's SVG with the names of its parts, which it draws by lot each time, always the same."""
    lot = re.search(r'"defs-(\w+)"', svg)
    return re.sub(r"trace[0-9a-f]{6}", "trace", svg.replace(lot[1], "figure") if lot else svg)


def _in_millimetres(svg: str, size: PrintSize) -> str:
    """Return an SVG that says its size in millimetres; its coordinates stay pixels."""
    head, body = svg.split(">", 1)
    for side in ("width", "height"):
        head = re.sub(rf' {side}="[\d.]+"', f' {side}="{getattr(size, side):g}mm"', head)
    return f"{head}>{body}"


def _with_density(png: bytes, dpi: int) -> bytes:
    """Return a PNG that says how many dots an inch it has."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(png)).save(buffer, "PNG", dpi=(dpi, dpi), optimize=True)
    return buffer.getvalue()
