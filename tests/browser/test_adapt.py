"""Bringing images: what is in them is said before anything is spent, then a job that runs, and what it changed."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, errors_of, open_view
from tests.conftest import square

pytestmark = pytest.mark.browser

CLASSES = ("blue", "green", "red")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Return a zip of three mugs and keys in class folders, and a text among them."""
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, folder in (("mug-drawn", "Mug"), ("key-drawn", "Key"), ("rose-line", "Flowers")):
            content = io.BytesIO()
            Image.open(ROOT / "assets" / "examples" / f"{name}.png").convert("RGB").resize((64, 64)).save(
                content, "PNG"
            )
            archive.writestr(f"mine/{folder}/{name}.png", content.getvalue())
        archive.writestr("mine/notes.txt", "no image")
    return path


def test_a_zip_becomes_an_adapted_model_to_download(page: Page, mine: Path) -> None:
    open_view(page, "Adapt your own")
    expect(page.locator("#panel-adapt")).not_to_contain_text("false")
    page.locator("#adapt-files input[type=file]").set_input_files(mine)
    job = page.locator("#panel-job")
    expect(job.get_by_role("heading", name="3 images brought")).to_be_visible()
    expect(job).to_contain_text("notes.txt: no image, by its content")
    expect(job).to_contain_text("3 class folders with 3 images")
    expect(job).to_contain_text("drawn as what the models of all icons → drawings were adapted to: start from those")
    job.get_by_role("button", name="Adapt", exact=True).click()
    expect(job.get_by_role("progressbar")).to_be_visible()
    expect(job.get_by_role("heading", name="of 3 changed")).to_be_visible(timeout=400_000)
    expect(job.locator("tbody tr img")).to_have_count(3)
    with page.expect_download() as downloaded:
        page.locator("#adapt-download").click()
    with zipfile.ZipFile(downloaded.value.path()) as archive:
        assert "adapted/your-images/yours/model.safetensors" in archive.namelist()
    job.get_by_role("button", name="Open in the other views").click()
    page.wait_for_function("document.querySelectorAll('.isra-models .isra-verdict').length === 2")
    expect(page.locator("#checkpoint input")).to_have_value(re.compile("your images"))
    open_view(page, "Map")
    expect(page.locator(".isra-overlaps").first).to_be_visible()
    assert re.search(r"[?&]task=(~|%7E)yours(&|$)", page.url), page.url
    stranger = page.context.new_page()
    stranger.goto(page.url)
    expect(stranger.get_by_text("Your adapted model is no longer here")).to_be_visible()


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    """Return a zip of a source of three classes, and one of a target of whose images one folder is called as none."""
    domains = (("source", 160, CLASSES), ("target", 20, ("blue", "green", "pink")))
    for domain, ground, folders in domains:
        with zipfile.ZipFile(tmp_path / f"{domain}.zip", "w") as archive:
            for label, folder in enumerate(folders):
                for seed in range(3):
                    archive.writestr(f"{domain}/{folder}/{seed}.png", square(label, ground, seed))
    return tmp_path / "source.zip", tmp_path / "target.zip"


def test_both_domains_become_models_of_ones_own_classes(page: Page, both: tuple[Path, Path]) -> None:
    errors = errors_of(page)
    open_view(page, "Adapt your own")
    expect(page.locator("#adapt-source")).to_be_hidden()
    page.get_by_role("button", name="My own source and target").click()
    page.locator("#adapt-source-files input[type=file]").set_input_files(both[0])
    job = page.locator("#panel-job")
    expect(job.get_by_role("heading", name="Source: 9 images of 3 classes")).to_be_visible()
    expect(job).to_contain_text("Bring images of the target too")
    page.locator("#adapt-files input[type=file]").set_input_files(both[1])
    expect(job).to_contain_text("2 class folders with 6 images, used for accuracies only: blue (3), green (3)")
    expect(job).to_contain_text("only in your source: red")
    job.get_by_role("button", name="Train", exact=True).click()
    expect(job.get_by_role("progressbar")).to_be_visible()
    expect(job.get_by_role("heading", name="Trained on 9 images of 3 classes")).to_be_visible(timeout=400_000)
    expect(job).to_contain_text("accuracy in your class folders (6 images)")
    with page.expect_download() as downloaded:
        page.locator("#adapt-download").click()
    with zipfile.ZipFile(downloaded.value.path()) as archive:
        assert "adapted/your-images/source-only/model.safetensors" in archive.namelist()
    job.get_by_role("button", name="Open in the other views").click()
    expect(page.locator(".isra-model .isra-term")).to_have_text(["Source-only", "BA3US + ISRA"])
    expect(page.locator(".isra-class:not(.meter)")).to_have_count(len(CLASSES))
    expect(page.locator("#checkpoint input")).to_have_value(re.compile("^your source → your images"))
    open_view(page, "Classes")
    expect(page.locator("table.isra-rates tbody tr")).to_have_count(3)
    assert errors == []


def test_a_source_of_one_class_is_refused_in_a_line(page: Page, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.writestr("mine/blue/1.png", square(0, 160, 1))
    open_view(page, "Adapt your own")
    page.get_by_role("button", name="My own source and target").click()
    page.locator("#adapt-source-files input[type=file]").set_input_files(tmp_path / "one.zip")
    expect(page.locator("#panel-job [role=alert]")).to_contain_text("one class, 'blue'")
    page.go_back()
    expect(page.locator("#adapt-source")).to_be_hidden()


def test_a_folder_keeps_the_names_of_its_class_folders(page: Page, mine: Path) -> None:
    with zipfile.ZipFile(mine) as archive:
        archive.extractall(mine.parent / "folder")
    open_view(page, "Adapt your own")
    page.locator("#adapt-folder input[type=file]").set_input_files(mine.parent / "folder" / "mine")
    expect(page.locator("#panel-job")).to_contain_text("used for accuracies only: Flowers (1), Key (1), Mug (1)")


def test_what_is_no_image_is_answered_with_what_to_bring(page: Page, tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK, but no zip")
    open_view(page, "Adapt your own")
    page.locator("#adapt-files input[type=file]").set_input_files(tmp_path / "broken.zip")
    expect(page.locator("#panel-job [role=alert]")).to_contain_text("bring the images themselves")
