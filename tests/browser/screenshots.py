"""Take the README's screenshots: ``python -m tests.browser.screenshots [URL]`` writes them to ``assets/screenshots``.

Starts the app on the shipped checkpoints unless the URL of a running one is given.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from isra_model.interface.navigation import VIEWS
from tests.browser.conftest import CHROMIUM_FLAGS, ROOT, find_chromium, open_app, open_view, wait_for

OUTPUT = ROOT / "assets" / "screenshots"
PORT = 7899
SIZES = {"1440": (1440, 900), "390": (390, 844)}


def main() -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with running_app() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_FLAGS))
        for width, size in SIZES.items():
            for theme in ("light", "dark"):
                photograph(browser, url, f"{width}-{theme}", size)
        browser.close()


@contextmanager
def running_app() -> Iterator[str]:
    if len(sys.argv) > 1:
        yield sys.argv[1]
        return
    command = [sys.executable, "app.py", "--port", str(PORT)]
    log = OUTPUT / "log.txt"
    with log.open("w") as output:
        app = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{PORT}"
        wait_for(url, app, log)
        yield url
    finally:
        app.terminate()
        app.wait(timeout=20)
        log.unlink()


def photograph(browser: Browser, url: str, name: str, size: tuple[int, int]) -> None:
    """Photograph every view at one size and theme; a phone's pages whole."""
    theme = name.partition("-")[2]
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
    context.add_init_script("localStorage.setItem('isra-steps', 'dismissed')")
    page = context.new_page()
    open_app(page, url)
    if page.evaluate("document.body.classList.contains('dark')") != (theme == "dark"):
        page.get_by_role("button", name="Switch between light and dark").click()
    for view in VIEWS:
        open_view(page, view.title)
        settle(page, view.name)
        save(page.screenshot(full_page=size[0] < 700), OUTPUT / f"{view.name}-{name}.webp")
    context.close()


def settle(page: Page, view: str) -> None:
    if view == "map":
        page.wait_for_function("document.querySelector('#map-plot .js-plotly-plot')?.data?.[0]?.israDressed")
    page.wait_for_timeout(1500)


def save(png: bytes, path: Path) -> None:
    Image.open(io.BytesIO(png)).convert("RGB").save(path, quality=88, method=6)


if __name__ == "__main__":
    main()
