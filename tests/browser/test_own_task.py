"""From two folders of one's own to the page: two methods trained, a gallery, the app, and a browser that opens it."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from isra_model import cli
from isra_model.cli.tasks import load_task
from isra_model.inspection.gallery_building import GallerySettings, build_gallery
from isra_model.interface import AppOptions, launch_app
from tests.browser.conftest import PATIENCE, open_view
from tests.conftest import COLOURS
from tests.inspection.conftest import FITTERS

pytestmark = pytest.mark.browser

CLASSES = ("apple", "box", "cup")
SMALL = (
    *("--network.backbone", "test_efficientnet", "--network.no-pretrained", "--network.bottleneck", "8"),
    *("--preprocessing.resize", "48", "--preprocessing.crop", "40"),
    *("--steps", "4", "--evaluations", "2", "--optimisation.batch-size", "6"),
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw six squares a class; the target has two of the three classes."""
    root = tmp_path_factory.mktemp("pictures")
    noise = np.random.default_rng(0)
    for domain, ground, classes in (("photo", 180, CLASSES), ("sketch", 40, CLASSES[:2])):
        for label, name in enumerate(classes):
            (root / domain / name).mkdir(parents=True)
            for number in range(6):
                pixels = noise.integers(0, 40, (32, 32, 3)) + ground
                pixels[8:24, 8:24] = COLOURS[label]
                Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(root / domain / name / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def own_page(chromium: Browser, pictures: Path) -> Iterator[Page]:
    runs = pictures.parent / "runs"
    task = ("--benchmark", "tree", "--data", str(pictures), "--source", "photo", "--target", "sketch")
    for name, method in {"run1": ("--method", "shot"), "run2": ("--isra",)}.items():
        assert cli.main(["train", *task, *method, *SMALL, "--output", str(runs / "photo-to-sketch" / name)]) == 0
    settings = GallerySettings(tile=24, columns=8, neighbours=6, fitters=FITTERS)
    build_gallery(runs / "photo-to-sketch", load_task("tree", "photo", "sketch", pictures), settings)
    (runs / "half" / "run3").mkdir(parents=True)
    (runs / "half" / "run3" / "config.json").write_text("{")
    demo = launch_app(AppOptions(checkpoints=runs), block=False)
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(str(demo.local_url))
    yield page
    context.close()
    demo.close()


def test_models_of_any_name_on_classes_of_ones_own_are_shown_in_every_view(own_page: Page) -> None:
    errors: list[str] = []
    own_page.on("pageerror", lambda error: errors.append(str(error)))
    titles = ["SHOT", "BA3US + ISRA"]
    expect(own_page.locator("#checkpoint input")).to_have_value(re.compile("^photo → sketch"))
    expect(own_page.locator(".isra-model .isra-term")).to_have_text(titles)
    expect(own_page.locator(".isra-class:not(.meter)")).to_have_count(len(CLASSES))
    expect(own_page.locator("#panel-notice")).to_contain_text("half")
    open_view(own_page, "Topics in this image")
    expect(own_page.locator("#panel-topics")).to_contain_text("All 64 topics")
    open_view(own_page, "Map")
    own_page.wait_for_function("document.querySelector('#map-plot .js-plotly-plot')?.data?.length === 6")
    expect(own_page.get_by_role("group", name="Models").get_by_role("button")).to_have_text(["All", *titles])
    assert errors == []
