"""One app and one Chromium for all browser tests; every test gets a page of its own that has seen nothing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from isra_model.interface.navigation import VIEWS
from isra_model.interface.views import PLACES

ROOT = Path(__file__).parents[2]
CHROMIUM_FLAGS = (
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE = 120_000
PLACE_OF = {view.title: PLACES[view.place] for view in VIEWS}
"""Milliseconds. Every wait ends with what it waits for: only a failure takes that long."""
RETRIES = 2
TEXT = "document.body.innerText.length"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try a browser's test again where it failed: a machine that is busy with much else can lose an answer."""
    for item in items:
        if item.get_closest_marker("browser") and item.config.pluginmanager.hasplugin("rerunfailures"):
            item.add_marker(pytest.mark.flaky(reruns=RETRIES))


def find_chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        message = "There is no Chromium: install Debian's `chromium`, or name one in CHROMIUM."
        if os.environ.get("ISRA_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the app as a user does, on the shipped checkpoints; ISRA_APP_URL names one that already runs."""
    if running := os.environ.get("ISRA_APP_URL"):
        yield running
        return
    if not any((ROOT / "checkpoints").glob("*/gallery/gallery.json")):
        pytest.skip("There is no shipped checkpoint with a gallery yet.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("app") / "log.txt"
    with log.open("w") as output:
        command = [sys.executable, "app.py", "--port", str(port)]
        short = os.environ | {"ISRA_ADAPT_STEPS": "2"}
        app = subprocess.Popen(command, cwd=ROOT, env=short, stdout=output, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, app, log)
        yield url
    finally:
        app.terminate()
        app.wait()


def wait_for(url: str, app: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if app.poll() is not None:
            pytest.fail(f"The app stopped: {log.read_text()[-2000:]}")
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"The app does not answer: {log.read_text()[-2000:]}")


@pytest.fixture
def page(chromium: Browser, app_url: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page = context.new_page()
    open_app(page, app_url)
    yield page
    context.close()


def open_app(page: Page, url: str) -> None:
    """Open the page and wait until the worked example stands there."""
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    page.wait_for_selector(".isra-verdict strong")
    page.wait_for_selector(".isra-topic")
    wait_until_still(page, TEXT)


def errors_of(page: Page) -> list[str]:
    """Return a list that fills with the page's errors: those thrown, and those in the console."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    return errors


def wait_until_still(page: Page, value: str) -> None:
    """Wait until a JavaScript ``value`` is the same twice, a moment apart."""
    page.wait_for_function(
        f"() => {{ const now = JSON.stringify({value}), before = window.israBefore; window.israBefore = now;"
        " return now === before; }",
        polling=250,
    )


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def open_view(page: Page, name: str) -> None:
    """Open a view by its title: its place, and the view in it where the place has several."""
    navigation = page.get_by_role("navigation", name="Views")
    navigation.get_by_role("link", name=PLACE_OF[name], exact=True).click()
    if (view := navigation.get_by_role("link", name=name, exact=True)).count():
        view.click()
    page.wait_for_function("name => document.title.startsWith(name)", arg=name)


def draw_on_pad(page: Page, strokes: list[list[tuple[float, float]]]) -> None:
    """Draw strokes on the pad, each through points in shares of its sides."""
    box = page.locator("canvas.isra-pad").bounding_box()
    assert box is not None
    for stroke in strokes:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=4)
        page.mouse.up()


def choose_checkpoint(page: Page, number: int) -> None:
    page.locator("#checkpoint input").click()
    page.get_by_role("option").nth(number).click()


def click_quickly(page: Page, selectors: list[str]) -> None:
    """Click one after the other, faster than any answer comes."""
    page.evaluate(
        "async selectors => { for (const selector of selectors) { document.querySelector(selector).click();"
        " await new Promise(done => setTimeout(done, 15)); } }",
        selectors,
    )


def verdicts(page: Page) -> list[str]:
    """Return what each model says with its probability, left to right."""
    return page.locator(".isra-verdict").all_inner_texts()


def wait_for_same(page: Page, wanted: list[str]) -> None:
    """Wait until the models say `wanted`."""
    page.wait_for_function(
        "wanted => [...document.querySelectorAll('.isra-verdict')].map(e => e.innerText).join() === wanted.join()",
        arg=wanted,
    )


def wait_for_other(page: Page, before: list[str]) -> list[str]:
    """Wait until the models say something else than `before`."""
    page.wait_for_function(
        "before => [...document.querySelectorAll('.isra-verdict')].map(e => e.innerText).join() !== before.join()",
        arg=before,
    )
    return verdicts(page)
