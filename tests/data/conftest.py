"""Small trees of images in the layout of every published benchmark."""

import io
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from PIL import Image

MakeImages = Callable[[Path, Iterable[str]], Path]


@pytest.fixture(scope="session")
def png() -> bytes:
    """Return a small picture."""
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "teal").save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def make_images(png: bytes) -> MakeImages:
    """Return a function that puts the picture at each path below a root, and returns the root."""

    def make(root: Path, paths: Iterable[str]) -> Path:
        for path in paths:
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(png)
        return root

    return make
