"""Every kind of file that a stranger can upload, made on the fly."""

import contextlib
import io
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image, ImageFile

from isra_model.data.decoding import DecodingLimits, ImageError, open_image

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")

RED = (255, 0, 0)


def encode(image: Image.Image, file_format: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def png_of(width: int, height: int, bits: int, colour: int, rows: bytes) -> bytes:
    """Return a PNG of compressed rows; ``colour`` is 0 for grey, 2 for RGB, 6 for RGBA."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def png_of_zeros(width: int, height: int) -> bytes:
    """Return a valid PNG of one-bit pixels, whose compressed size is a thousandth of the decoded one."""
    compressor = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    return png_of(width, height, 1, 0, b"".join(compressor.compress(row) for _ in range(height)) + compressor.flush())


def deep_png(pixels: list[tuple[int, ...]]) -> bytes:
    """Return a PNG of one row of 16-bit colours, with or without alpha."""
    row = struct.pack(f">x{len(pixels) * len(pixels[0])}H", *(value for pixel in pixels for value in pixel))
    return png_of(len(pixels), 1, 16, {3: 2, 4: 6}[len(pixels[0])], zlib.compress(row))


def deep_tiff(pixels: list[tuple[int, ...]], *, compressed: bool) -> bytes:
    """Return a TIFF of one row of 16-bit RGB colours."""
    body = struct.pack(f"<{len(pixels) * 3}H", *(value for pixel in pixels for value in pixel))
    body = zlib.compress(body) if compressed else body
    entries = {256: len(pixels), 257: 1, 258: 0, 259: 8 if compressed else 1, 262: 2}
    entries |= {273: 0, 277: 3, 278: 1, 279: len(body)}
    depths = 14 + 12 * len(entries)
    entries |= {258: depths, 273: depths + 6}
    directory = b"".join(
        struct.pack("<HHII", tag, 3, 3, value) if tag == 258 else struct.pack("<HHII", tag, 4, 1, value)
        for tag, value in entries.items()
    )
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + bytes(4)
    return head + struct.pack("<3H", 16, 16, 16) + body


def tiled_tiff(side: int, tile: int) -> bytes:
    """Return a grey TIFF of one deflated tile that claims to be `tile` pixels wide and high."""
    body = zlib.compress(bytes(64 * 64))
    entries = {256: side, 257: side, 258: 8, 259: 8, 262: 1, 277: 1, 322: tile, 323: tile, 324: 0, 325: len(body)}
    entries[324] = 14 + 12 * len(entries)
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries.items())
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + bytes(4) + body


def photo(width: int = 64, height: int = 48) -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(noise)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM"])
@pytest.mark.parametrize("kind", ["path", "bytes", "stream"])
def test_every_accepted_format_opens_as_rgb(file_format: str, kind: str, tmp_path: Path) -> None:
    data = encode(Image.new("RGB", (8, 6), RED), file_format)
    path = tmp_path / "upload"
    path.write_bytes(data)
    image = open_image({"path": path, "bytes": data, "stream": io.BytesIO(data)}[kind])
    assert (image.mode, image.size) == ("RGB", (8, 6))
    np.testing.assert_allclose(np.asarray(image)[3, 4], RED, atol=8)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "LAB"])
def test_white_stays_white_in_every_mode(mode: str) -> None:
    image = Image.new("RGB", (4, 4), "white").convert(mode)
    np.testing.assert_allclose(np.asarray(open_image(encode(image, "TIFF"))), 255, atol=1)


def test_an_adobe_cmyk_jpeg_is_not_a_negative() -> None:
    data = encode(Image.new("RGB", (16, 16), RED).convert("CMYK"), "JPEG")
    np.testing.assert_allclose(open_image(data).getpixel((8, 8)), RED, atol=8)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_become_white(mode: str) -> None:
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 2, 4))
    opened = open_image(encode(image.convert(mode)))
    assert (opened.getpixel((0, 0)), opened.getpixel((3, 0))) == ((0, 0, 0), (255, 255, 255))


def test_a_transparent_palette_entry_becomes_white() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 9, 9, 9])
    image.paste(0, (0, 0, 2, 4))
    opened = open_image(encode(image, transparency=1))
    assert (opened.getpixel((0, 0)), opened.getpixel((3, 0))) == ((0, 0, 0), (255, 255, 255))


def test_half_transparent_black_is_grey_on_white() -> None:
    assert open_image(encode(Image.new("RGBA", (1, 1), (0, 0, 0, 128)))).getpixel((0, 0)) == (127, 127, 127)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[0, 128 * 257, 65535]], np.uint16), [0, 128, 255]),
        (np.array([[0, 128 * 257, 65535]], np.int32), [0, 128, 255]),
        (np.array([[0, 2**30, 2**31 - 1]], np.int32), [0, 128, 255]),
        (np.array([[0, 128, 255]], np.uint16), [0, 128, 255]),
        (np.array([[0, 2056, 4095]], np.uint16), [0, 128, 255]),
        (np.array([[0, 128, 255]], np.int32), [0, 128, 255]),
        (np.array([[0.0, 2056.0, 4095.0]], np.float32), [0, 128, 255]),
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[0.0, 128.0, 255.0]], np.float32), [0, 128, 255]),
        (np.array([[-5.0, np.nan, 1.0]], np.float32), [0, 0, 255]),
        (np.array([[-1024, 988, 3000]], np.int32), [0, 128, 255]),
        (np.array([[-1.0, 0.0, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[-9.0, -6.5, -4.0]], np.float32), [0, 128, 255]),
        (np.array([[-3.4e38, -1.0, 3.0]], np.float32), [0, 0, 255]),
        (np.array([[-7.0, -7.0, -7.0]], np.float32), [0, 0, 0]),
    ],
    ids=[
        *("16-bit", "16-bit in 32", "32-bit", "8-bit in 16", "12-bit in 16", "8-bit in 32", "12-bit float"),
        *("unit float", "byte float", "not a number"),
        *("tomogram", "signed float", "all negative", "no data", "all one"),
    ],
)
def test_deep_greys_are_scaled_not_clipped(array: np.ndarray, expected: list[int]) -> None:
    image = open_image(encode(Image.fromarray(array), "TIFF"))
    assert np.asarray(image)[0, :, 0].tolist() == expected


def test_a_16_bit_png_is_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    opened = np.asarray(open_image(encode(Image.fromarray(ramp))))
    np.testing.assert_array_equal(opened[..., 1].ravel(), np.arange(256))


@pytest.mark.parametrize("white", [255, 1023, 4095, 16383, 65535])
@pytest.mark.parametrize("kind", ["png", "tiff", "compressed tiff"])
def test_deep_colours_are_scaled_by_the_bits_that_they_take(white: int, kind: str) -> None:
    """A camera's or a microscope's 12 bits stand in files of 16, of which Pillow reads the upper eight."""
    pixels = [(white, 0, 0), (0, white // 2, 0), (0, 0, white)]
    data = deep_png(pixels) if kind == "png" else deep_tiff(pixels, compressed=kind == "compressed tiff")
    assert np.asarray(open_image(data))[0].tolist() == [[255, 0, 0], [0, 127, 0], [0, 0, 255]]


def test_deep_colours_keep_their_transparency() -> None:
    opened = open_image(deep_png([(4095, 0, 0, 65535), (4095, 0, 0, 0)]))
    assert np.asarray(opened)[0].tolist() == [[255, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_an_animation_gives_its_first_frame(file_format: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "green")]
    data = encode(frames[0], file_format, save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(open_image(data).getpixel((4, 4)), RED, atol=8)


def test_a_photograph_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = Image.new("RGB", (40, 20), "blue")
    sideways.paste(RED, (0, 0, 20, 20))
    upright = open_image(encode(sideways, "JPEG", exif=exif))
    assert upright.size == (20, 40)
    np.testing.assert_allclose(upright.getpixel((10, 5)), RED, atol=8)


def test_broken_metadata_does_not_matter_and_none_is_kept() -> None:
    data = encode(photo(), "JPEG", exif=b"Exif\0\0broken", comment=b"taken at home")
    assert open_image(data).info == {}


def test_a_large_photograph_is_made_smaller_in_proportion() -> None:
    assert open_image(encode(Image.new("RGB", (4000, 3000)), "JPEG")).size == (1024, 768)


def test_a_small_image_is_left_as_it_is() -> None:
    original = photo()
    np.testing.assert_array_equal(np.asarray(open_image(encode(original))), np.asarray(original))


@pytest.mark.parametrize("side", [5_000, 13_300, 50_000])
@pytest.mark.parametrize("action", ["ignore", "error"])
def test_a_decompression_bomb_is_refused_from_its_header(
    side: int, action: Literal["ignore", "error"], monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = png_of_zeros(side, min(side, 13_300))
    assert len(bomb) < 100_000
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("the bomb was decoded"))
    tracemalloc.start()
    with warnings.catch_warnings():
        warnings.simplefilter(action, Image.DecompressionBombWarning)
        with pytest.raises(ImageError, match="more than 24 megapixels: make it smaller"):
            open_image(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_a_bomb_leaves_no_trace_in_memory() -> None:
    """Pillow's pixels are invisible to tracemalloc; the process's own peak is not."""
    script = """
import resource, sys
from isra_model.data.decoding import ImageError, open_image
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    open_image(sys.stdin.buffer.read())
except ImageError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    grown = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        input=png_of_zeros(13_300, 13_300),
        capture_output=True,
        check=True,
    )
    assert int(grown.stdout) < 8 * 1024, "kilobytes"


def test_a_gif_whose_frame_is_larger_than_its_screen_is_refused() -> None:
    gif = bytearray(encode(Image.new("P", (10, 10)), "GIF"))
    frame = gif.rindex(b",\0\0\0\0")
    gif[frame + 5 : frame + 9] = struct.pack("<HH", 9_000, 9_000)
    with pytest.raises(ImageError, match="24 megapixels"):
        open_image(bytes(gif))


def test_a_tiff_whose_tile_is_larger_than_its_image_is_refused() -> None:
    with pytest.raises(ImageError, match="24 megapixels"):
        open_image(tiled_tiff(side=60, tile=10_000))
    assert open_image(tiled_tiff(side=60, tile=64)).size == (60, 60)


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    jpeg = encode(photo(), "JPEG", progressive=True)
    last_scan = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    open_image(jpeg)
    with pytest.raises(ImageError, match="too many scans"):
        open_image(jpeg[:-2] + last_scan * 200 + jpeg[-2:])


def test_a_file_of_more_than_8_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(bytes(2**23 + 1))
    with pytest.raises(ImageError, match="larger than 8 MB"):
        open_image(path)


def test_limits_can_be_chosen() -> None:
    limits = DecodingLimits(max_pixels=100)
    assert open_image(encode(Image.new("RGB", (10, 10))), limits).size == (10, 10)
    with pytest.raises(ImageError):
        open_image(encode(Image.new("RGB", (10, 11))), limits)


SVG = b'<?xml version="1.0"?>\n<!-- a mug --><svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
JPEG = encode(photo(), "JPEG")
PNG = encode(photo())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is empty"),
        (b"to be or not to be", "holds text, not an image"),
        (b"\xef\xbb\xbf<!DOCTYPE html><p>not found", "holds text, not an image"),
        (SVG, "SVG is not supported: save as PNG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"%PDF-1.7\0binary", "format is not supported"),
        (encode(Image.new("RGB", (8, 8)), "ICO"), "format is not supported"),
        (JPEG[:400], "damaged or incomplete"),
        (JPEG[: len(JPEG) // 2], "damaged or incomplete"),
        (PNG[:20], "damaged or incomplete"),
        (PNG[: len(PNG) // 2], "damaged or incomplete"),
        (encode(photo(), "WEBP")[:-50], "damaged or incomplete"),
        (encode(photo(), "TIFF", compression="tiff_lzw")[:300], "damaged or incomplete"),
        (encode(Image.new("L", (3000, 10))), "crop it closer to a square"),
        (encode(Image.new("L", (10, 3000))), "crop it closer to a square"),
    ],
)
def test_what_is_refused_says_what_to_do_and_names_no_path(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mug.png"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=message) as refusal:
        open_image(path)
    assert str(tmp_path) not in str(refusal.value)
    assert ": " in str(refusal.value), "what is wrong: what to do"


@pytest.mark.parametrize("missing", [1, 2, 20, len(JPEG) // 20])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_lacks_its_last_bytes_opens_with_a_warning(missing: int, progressive: bool) -> None:
    whole = encode(photo(), "JPEG", progressive=progressive)
    with pytest.warns(UserWarning, match="lacks its last bytes"):
        opened = open_image(whole[:-missing])
    top = np.s_[: opened.height // 2]
    apart = np.abs(np.asarray(opened, np.int16)[top] - np.asarray(open_image(whole), np.int16)[top])
    assert np.median(apart) < 16, "what is there is shown"


@pytest.mark.parametrize("name", ["nowhere.png", "."])
def test_a_path_that_is_no_file_is_refused_without_naming_it(name: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="choose an image") as refusal:
        open_image(tmp_path / name)
    assert str(tmp_path) not in str(refusal.value)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM"])
def test_random_damage_raises_nothing_but_image_error(file_format: str) -> None:
    rng = np.random.default_rng(0)
    whole = np.frombuffer(encode(photo(), file_format), np.uint8)
    for _ in range(100):
        damaged = whole.copy()
        damaged[rng.integers(0, len(whole), 8)] = rng.integers(0, 256, 8)
        with contextlib.suppress(ImageError):
            assert open_image(damaged.tobytes()).mode == "RGB"


def test_nothing_global_is_changed() -> None:
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    open_image(PNG)
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)) == before
