"""Open an image that a stranger sent: bounded in bytes, pixels and time, upright, and always RGB."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageChops, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
_ACCEPTED = "PNG, JPEG, WebP, GIF, BMP, TIFF or PPM"
SNIFFED_BYTES = 16
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_PORTABLE = re.compile(rb"P[1-6]\s+[\d#]")
_JPEG = b"\xff\xd8"
_START_OF_SCAN = b"\xff\xda"
_END = b"\xff\xd9"
_FILLS = _END, b"\x55\xaa\x5c" * 4000 + _END
"""What may stand for the bytes that a JPEG lacks. Where it decodes alike with both, nothing is missing."""

_MOST_MISSING, _LEAST_SCANS = 0.25, 4
_WHITE_LEVELS = tuple(2.0**bits - 1.0 for bits in (1, 8, 10, 12, 14, 16))
_LARGEST, _SMALLEST = 1e38, 1e-30
"""Greys beyond the first, such as a TIFF's -3.4e38 for "no data", are black; a range below the second is none."""

INCOMPLETE = "incomplete"
INCOMPLETE_MESSAGE = "The image lacks its last bytes, and is used as far as it goes: save or download it again."
_TILE_WIDTH, _TILE_LENGTH = 322, 323
_DEEP = re.compile(";16[BLN]")
_OTHER_ORDER = {";16B": ";16L", ";16L": ";16B", ";16N": ";16B"}


class ImageError(ValueError):
    """An image that cannot be used; the message says what to do and names no file."""


@dataclass(frozen=True)
class DecodingLimits:
    """What an encoded image may cost before it is refused; the defaults are those for uploads.

    Attributes
    ----------
    max_bytes : int
        Size of the file.
    max_pixels : int
        Width times height, read from the header.
    max_ratio : float
        Longer side over shorter side.
    max_scans : int
        Passes over a progressive JPEG, which usually has ten; a hundred thousand fit in a small file.
    max_side : int
        Pixels; a larger image is not refused but made smaller, keeping its proportions.
    """

    max_bytes: int = 8 * 2**20
    max_pixels: int = 24_000_000
    max_ratio: float = 50.0
    max_scans: int = 100
    max_side: int = 1024


UPLOADS = DecodingLimits()
OWN_FILES = DecodingLimits(max_bytes=64 * 2**20, max_pixels=150_000_000)


def open_image(source: Path | bytes | BinaryIO, limits: DecodingLimits = UPLOADS) -> Image.Image:
    """Decode the first frame of an image: upright, on white where it is transparent, 8 bits, RGB, without metadata.

    A JPEG that lacks its last bytes is opened with a warning.

    Raises
    ------
    ImageError
        If the file is too large, is none of `FORMATS`, is damaged or would cost more than `limits` to decode.
    """
    image = decode_image(source, limits)
    if INCOMPLETE in image.info:
        warnings.warn(INCOMPLETE_MESSAGE, stacklevel=2)
    return image


def decode_image(source: Path | bytes | BinaryIO, limits: DecodingLimits = UPLOADS) -> Image.Image:
    """Do as `open_image`, but say in the image's ``info`` that it is `INCOMPLETE` instead of warning.

    Raises
    ------
    ImageError
        As `open_image`.
    """
    data = _read(source, limits.max_bytes)
    try:
        return _opened(data, limits)
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(_too_many_pixels(limits)) from error
    except Exception as error:  # Pillow's plugins raise whatever a broken file leads them to
        image = _as_far_as_it_goes(data, limits)
        if image is None:
            raise ImageError(_diagnosis(data)) from error
        return image


def image_size(source: Path | bytes) -> tuple[int, int]:
    """Return the width and height that an image's header tells, before it is turned upright.

    Raises
    ------
    ImageError
        If the file cannot be read or its header is damaged.
    """
    data = _read(source, OWN_FILES.max_bytes)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return image.size
    except Exception as error:  # as in `decode_image`
        raise ImageError(_diagnosis(data)) from error


def _opened(data: bytes, limits: DecodingLimits) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        _check_header(image, limits)
        _check_scans(data, limits)
        return _decode(image, data, limits.max_side)


def _as_far_as_it_goes(data: bytes, limits: DecodingLimits) -> Image.Image | None:
    """Return a JPEG that lacks some of its end; nothing if it is damaged otherwise, or too much is missing.

    A progressive JPEG is whole, if coarse, after its first scans.
    """
    if not data.startswith(_JPEG):
        return None
    try:
        image, other = (_opened(data.rstrip(b"\xff") + fill, limits) for fill in _FILLS)
    except Exception:  # as in `decode_image`; the file's own error is the one to tell
        return None
    left, top, right, bottom = ImageChops.difference(image, other).getbbox() or (0, 0, 0, 0)
    missing = (right - left) * (bottom - top) / (image.width * image.height)
    if missing > _MOST_MISSING and data.count(_START_OF_SCAN) < _LEAST_SCANS:
        return None
    image.info[INCOMPLETE] = True
    return image


def looks_like_image(head: bytes) -> bool:
    """Return whether a file that starts with `SNIFFED_BYTES` bytes such as ``head`` is of one of `FORMATS`."""
    if head.startswith(b"RIFF"):
        return head[8:12] == b"WEBP"
    if head.startswith(b"BM"):
        return head[6:10] == b"\0\0\0\0"
    return head.startswith(_MAGIC) or bool(_PORTABLE.match(head))


def _read(source: Path | bytes | BinaryIO, max_bytes: int) -> bytes:
    if isinstance(source, bytes):
        data = source
    elif isinstance(source, Path):
        data = _read_file(source, max_bytes)
    else:
        data = source.read(max_bytes + 1)
    if not data:
        raise ImageError("The file is empty: save the image again and retry.")
    if len(data) > max_bytes:
        raise ImageError(f"The file is larger than {max_bytes / 2**20:.0f} MB: save it smaller, for example as JPEG.")
    return data


def _read_file(path: Path, max_bytes: int) -> bytes:
    if not path.is_file():
        raise ImageError("The file is missing or is not a file: choose an image.")
    try:
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except OSError as error:
        raise ImageError("The file cannot be read: check its permissions.") from error


def _check_header(image: Image.Image, limits: DecodingLimits) -> None:
    width, height = image.size
    tags = getattr(image, "tag_v2", {})
    pixels = max(width * height, tags.get(_TILE_WIDTH, 0) * tags.get(_TILE_LENGTH, 0))
    if pixels > limits.max_pixels:
        raise ImageError(_too_many_pixels(limits))
    if max(width, height) > limits.max_ratio * min(width, height):
        raise ImageError(f"The image is {width} x {height} pixels: crop it closer to a square.")


def _check_scans(data: bytes, limits: DecodingLimits) -> None:
    if data.startswith(_JPEG) and data.count(_START_OF_SCAN) > limits.max_scans:
        raise ImageError("The JPEG has too many scans: save it again as a baseline JPEG or as PNG.")


def _too_many_pixels(limits: DecodingLimits) -> str:
    return f"The image has more than {limits.max_pixels / 1e6:.0f} megapixels: make it smaller."


def _decode(image: Image.Image, data: bytes, max_side: int) -> Image.Image:
    scale = max_side / max(image.size)
    image.draft(None, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    deep = image.mode in ("RGB", "RGBA") and _DEEP.search(str(getattr(image, "tile", "")))
    image.load()
    if deep:
        _brighten(image, data)
    with contextlib.suppress(Exception):  # broken metadata is no reason to refuse a whole picture
        ImageOps.exif_transpose(image, in_place=True)
    colour = _to_8_bits(image)
    colour = colour.convert("RGBA" if colour.has_transparency_data else "RGB")
    colour.thumbnail((max_side, max_side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    flat = _on_white(colour) if colour.mode == "RGBA" else colour
    flat.info.clear()
    return flat


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Return an image of deep greys with 0 as black, or the smallest value where some are negative, as in a CT."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.array(image, dtype=np.float32)
    known = (values > -_LARGEST) & (values < _LARGEST)
    black = float(values.min(initial=0, where=known))
    brightest = float(values.max(initial=black, where=known))
    white = brightest if black < 0 else _white_level(brightest)
    np.copyto(values, black, where=~known)
    values -= black
    values *= 255 / max(white - black, _SMALLEST)
    return Image.fromarray(values.clip(0, 255, out=values).round(out=values).astype(np.uint8))


def _brighten(image: Image.Image, data: bytes) -> None:
    """Scale in place 16-bit colours that take fewer bits; Pillow keeps the upper bytes, black if they take eight."""
    upper = np.array(image)
    if upper[..., :3].max(initial=0) >= 64:
        return
    lower = _lower_bytes(data)
    if lower is None:
        return
    for bands in (slice(3), slice(3, 4)):
        bits = next(bits for bits in (0, 2, 4, 6, 8) if upper[..., bands].max(initial=0) < 2**bits)
        upper[..., bands] = upper[..., bands] << (8 - bits) | lower[..., bands] >> bits
    image.paste(Image.fromarray(upper))


def _lower_bytes(data: bytes) -> np.ndarray | None:
    """Return the lower bytes of 16-bit colours, which Pillow takes for the upper ones in the other order of bytes."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as image, contextlib.suppress(ValueError):
        image.tile = [tile._replace(args=_in_other_order(tile.args)) for tile in image.tile]
        return np.array(image)
    return None


def _in_other_order(arguments: Any) -> Any:
    """Return a decoder's arguments, of which the first or the only one is the mode of the encoded pixels."""
    if isinstance(arguments, tuple):
        return (_in_other_order(arguments[0]), *arguments[1:])
    return _DEEP.sub(lambda order: _OTHER_ORDER[order[0]], arguments)


def _white_level(maximum: float) -> float:
    """Return what counts as white: the largest number of as many bits as the values take, or else their maximum."""
    return next((level for level in _WHITE_LEVELS if maximum <= level), maximum)


def _diagnosis(data: bytes) -> str:
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data.startswith(_MAGIC) or _PORTABLE.match(data):
        return "The image is damaged or incomplete: save or download it again."
    if b"<svg" in head:
        return "SVG is not supported: save as PNG."
    if data[4:8] == b"ftyp":
        return "HEIC, AVIF and video are not supported: save as JPEG or PNG."
    if b"\0" not in head:
        return f"The file holds text, not an image, whatever its name says: choose a {_ACCEPTED} file."
    return f"The file's format is not supported: save it as {_ACCEPTED}."
