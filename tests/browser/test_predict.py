"""The tab Predict as a visitor uses it."""

import io
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    choose_checkpoint,
    click_quickly,
    draw_on_pad,
    open_app,
    open_tab,
    verdicts,
    wait_for_other,
    wait_for_same,
)

pytestmark = pytest.mark.browser


def photo(path: Path) -> Path:
    """Write something like a photograph: a lamp before a wall, as a large JPEG."""
    image = Image.linear_gradient("L").resize((1600, 1200)).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.polygon([(600, 200), (1000, 200), (1150, 560), (450, 560)], fill=(220, 190, 90))
    draw.rectangle((770, 560, 830, 1000), fill=(60, 50, 45))
    draw.ellipse((600, 960, 1000, 1080), fill=(60, 50, 45))
    image.save(path, quality=90)
    return path


def upload(page: Page, path: Path) -> None:
    clear = page.locator("#input-image button[aria-label='Clear']")
    if clear.count():
        clear.click()
    page.locator("#input-image input[type=file]").set_input_files(path)


def bomb() -> bytes:
    """Return a PNG of 13,300 x 13,300 white pixels, a few kilobytes long."""
    side = 13_300
    packer = zlib.compressobj(9)
    line = b"\0" + b"\xff" * ((side + 7) // 8)
    rows = b"".join(packer.compress(line) for _ in range(side)) + packer.flush()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + b"\x01\0\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def truncated_jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.effect_mandelbrot((300, 300), (-2, -1.5, 1, 1.5), 50).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()[: len(buffer.getvalue()) // 3]


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
BAD_FILES = {
    "text.png": (b"hello, I am no image\n" * 20, "text, not an image"),
    "truncated.jpg": (truncated_jpeg(), "damaged"),
    "drawing.svg": (SVG, "SVG is not supported"),
    "bomb.png": (bomb(), "megapixels"),
}


def test_the_page_opens_on_a_worked_example(page: Page) -> None:
    assert len(verdicts(page)) == 3
    expect(page.locator(".isra-neighbour .isra-thumb")).to_have_count(10)
    expect(page.locator(".isra-topic")).to_have_count(4)  # what the sparse code keeps
    expect(page.locator(".isra-topic dd").nth(1)).not_to_have_text("…")
    strip = page.locator(".isra-strip").bounding_box()
    assert strip is not None
    assert strip["y"] + strip["height"] <= 900, "image, answers, evidence and topics fit a 1440 x 900 window"


def test_an_uploaded_photo_is_looked_at(page: Page, tmp_path: Path) -> None:
    before = verdicts(page)
    upload(page, photo(tmp_path / "lamp.jpg"))
    after = wait_for_other(page, before)
    assert all("%" in text for text in after)


def test_a_drawing_is_looked_at(page: Page) -> None:
    before = verdicts(page)
    open_tab(page, "Draw")
    draw_on_pad(page, [[(0.3, 0.3), (0.3, 0.8), (0.7, 0.8), (0.7, 0.3), (0.3, 0.3)]])
    wait_for_other(page, before)


def test_a_drawing_that_was_cleared_comes_back_with_undo_and_is_looked_at(page: Page) -> None:
    before = verdicts(page)
    open_tab(page, "Draw")
    pad = page.locator("canvas.isra-pad")
    pad.click(position={"x": 90, "y": 90})
    drawn = wait_for_other(page, before)
    page.locator(".isra-tools").get_by_role("button", name="Clear", exact=True).click()
    page.locator(".isra-examples button").nth(2).click()
    wait_for_other(page, drawn)
    open_tab(page, "Draw")
    page.locator(".isra-tools").get_by_role("button", name="Undo").click()
    wait_for_same(page, drawn)


def test_an_example_is_looked_at_and_can_be_linked_to(page: Page) -> None:
    before = verdicts(page)
    page.locator(".isra-examples button").nth(2).click()
    after = wait_for_other(page, before)
    assert "example=2" in page.url
    page.reload()
    wait_for_same(page, after)


def test_the_last_of_two_quick_asks_is_answered(page: Page) -> None:
    before = verdicts(page)
    page.locator(".isra-examples button").nth(4).click()
    wanted = wait_for_other(page, before)
    page.locator(".isra-examples button").nth(1).click()
    wait_for_other(page, wanted)
    click_quickly(page, [f".isra-examples button:nth-child({number})" for number in (3, 4, 5)])
    wait_for_same(page, wanted)
    assert "example=4" in page.url


def test_what_is_asked_for_while_another_ask_fails_is_answered(page: Page) -> None:
    before = verdicts(page)
    page.evaluate("isra.then(({ lookAt }) => { for (const index of [99, 3]) lookAt({ kind: 'example', index }); })")
    wait_for_other(page, before)
    assert "example=3" in page.url


def test_the_address_names_the_example_that_is_shown_and_none_that_is_not(page: Page) -> None:
    before = verdicts(page)
    page.locator(".isra-examples button").nth(3).click()
    before = wait_for_other(page, before)
    choose_checkpoint(page, 1)
    before = wait_for_other(page, before)
    assert "example=3" in page.url
    assert "task=icons-to-drawings" in page.url
    page.locator(".isra-neighbour").nth(1).click()
    wait_for_other(page, before)
    page.wait_for_function("location.search.includes('row=') && !location.search.includes('example')")


def test_a_neighbour_is_the_same_image_while_another_checkpoint_is_read(page: Page) -> None:
    """Open it and then switch, or switch and open it before the answer: the same image, the same checkpoint."""
    before = verdicts(page)
    page.locator(".isra-neighbour").nth(1).click()
    before = wait_for_other(page, before)
    choose_checkpoint(page, 1)
    wanted = wait_for_other(page, before)
    open_app(page, page.url.partition("?")[0])
    page.locator("#checkpoint input").click()
    page.evaluate(
        "() => { const option = document.querySelectorAll('[role=option]')[1];"
        " option.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }));"
        " document.querySelectorAll('.isra-neighbour')[1].click(); }"
    )
    wait_for_same(page, wanted)


def test_a_neighbour_opens(page: Page) -> None:
    before = verdicts(page)
    page.locator(".isra-neighbour").nth(1).click()
    wait_for_other(page, before)


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_gets_a_message_and_the_app_goes_on(page: Page, tmp_path: Path, name: str) -> None:
    content, message = BAD_FILES[name]
    bad = tmp_path / name
    bad.write_bytes(content)
    before = verdicts(page)
    upload(page, bad)
    toast = page.locator(".toast-wrap")
    expect(toast).to_contain_text(message)
    assert str(tmp_path) not in toast.inner_text()
    assert "/tmp" not in toast.inner_text()
    page.locator(".isra-examples button").nth(3).click()
    wait_for_other(page, before)


def test_several_images_give_a_table_with_the_bad_one_marked(page: Page, tmp_path: Path) -> None:
    bad = tmp_path / "text.png"
    bad.write_bytes(BAD_FILES["text.png"][0])
    open_tab(page, "Several")
    files = [photo(tmp_path / "a.jpg"), bad, photo(tmp_path / "b.jpg")]
    page.locator("#input-files input[type=file]").set_input_files(files)
    rows = page.locator(".isra-batch tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("text, not an image")
    expect(rows.nth(2)).to_contain_text("%")
    page.locator("#input-files button[aria-label*='emove']").first.click()
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("text, not an image")


def test_what_a_visitor_sends_is_never_html(page: Page, tmp_path: Path) -> None:
    """A file's name may hold anything."""
    fired: list[str] = []
    page.on("dialog", lambda dialog: (fired.append(dialog.message), dialog.dismiss()))
    before = verdicts(page)
    upload(page, photo(tmp_path / "<img src=x onerror=alert(1)>.jpg"))
    wait_for_other(page, before)
    assert not fired
