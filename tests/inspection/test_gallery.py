"""A gallery says the same after it was written and read, and holds nothing that training may not see."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from safetensors.torch import load_file, save_file

from isra_model.checkpoints.folders import gallery_files
from isra_model.data.benchmark import Task
from isra_model.data.decoding import open_image
from isra_model.data.transforms import Preprocessing
from isra_model.inspection import Inspector
from isra_model.inspection.gallery import Gallery, read_gallery
from isra_model.inspection.gallery_building import GallerySettings, add_looks, build_gallery
from isra_model.inspection.gallery_checking import GalleryError
from isra_model.inspection.gallery_rows import choose_rows
from isra_model.inspection.maps import FeatureSpace
from isra_model.inspection.selection import moved_most
from tests.inspection.conftest import png


def step_back(space: FeatureSpace, start: np.ndarray) -> np.ndarray:
    """Return a map that grows by every fit."""
    return start * 2


SETTINGS = GallerySettings(rows=12, tile=16, columns=3, neighbours=4, fitters={"umap": step_back, "tsne": step_back})


def test_rows_are_the_training_images_of_both_domains(gallery: Gallery, task: Task) -> None:
    assert gallery.keys == task.source_images().keys + task.target_images().keys
    np.testing.assert_array_equal(gallery.labels, np.r_[task.source_images().labels, task.target_images().labels])
    assert (gallery.domains == "source").sum() == len(task.source_images())


def test_no_held_out_image_is_in_it(gallery: Gallery, task: Task) -> None:
    heldout = task.source_images(heldout=True).keys + task.target_images(heldout=True).keys
    assert set(heldout).isdisjoint(gallery.keys)


def test_every_model_answers_for_every_row(gallery: Gallery, inspectors: dict[str, Inspector], task: Task) -> None:
    image = open_image(task.source_images().encoded[3])
    for name, rows in gallery.models.items():
        view = inspectors[name].look(image)
        np.testing.assert_allclose(rows.features[3], view.features, rtol=2e-3, atol=1e-3)
        np.testing.assert_allclose(rows.probabilities[3], view.probabilities, atol=1e-3)
        assert rows.topic_values.shape == (len(gallery), len(view.topics))


def test_weights_are_those_of_the_adversarial_loss(gallery: Gallery) -> None:
    source = gallery.domains == "source"
    for rows in gallery.models.values():
        assert rows.class_weight.sum() == pytest.approx(1, abs=1e-3)
        assert rows.sample_weight[source].mean() == pytest.approx(1, abs=1e-4)
        entropy = -(rows.probabilities * np.log(rows.probabilities)).sum(axis=1)
        expected = (1 + np.exp(-entropy)) * np.where(source, rows.class_weight[gallery.labels], 1)
        expected[source] /= expected[source].mean()
        expected[~source] /= expected[~source].mean()
        np.testing.assert_allclose(rows.sample_weight, expected, rtol=1e-2)


def test_thumbnails_are_the_rows_images(gallery: Gallery, task: Task) -> None:
    row = 7
    thumbnail = gallery.thumbnail(row)
    expected = open_image(task.source_images().encoded[row]).resize(thumbnail.size)
    assert thumbnail.size == (24, 24)
    assert np.abs(np.asarray(thumbnail, float) - np.asarray(expected, float)).mean() < 20


def test_tiles_run_along_lines_then_on_to_the_next_file(gallery: Gallery) -> None:
    assert gallery.sprites.per_file == 25
    assert gallery.sprites.position(24) == (0, 96, 96)
    assert gallery.sprites.position(26) == (1, 24, 0)
    assert len(gallery.sprites.files) == 2


def test_more_images_than_rows_give_a_fixed_part_of_both_domains(task: Task) -> None:
    first, second = choose_rows(task, 12, Preprocessing(16, 16)), choose_rows(task, 12, Preprocessing(16, 16))
    assert (len(first), first.source_rows) == (12, 6)
    assert first.images.keys == second.images.keys


def test_a_small_domain_leaves_its_share_to_the_other(task: Task) -> None:
    assert len(task.target_images()) == 10
    rows = choose_rows(task, 24, Preprocessing(16, 16))
    assert (rows.source_rows, len(rows)) == (14, 24)


@pytest.fixture
def own_folder(task_folder: Path, tmp_path: Path) -> Path:
    """Return a copy of the task folder."""
    return Path(shutil.copytree(task_folder, tmp_path / "task"))


def test_snapshots_become_the_history_of_the_maps(own_folder: Path, task: Task) -> None:
    model = own_folder / "ba3us-isra"
    (model / "snapshots").mkdir()
    weights = load_file(model / "model.safetensors")
    for step in (200, 1000):
        save_file(weights, model / "snapshots" / f"step-{step}.safetensors")
    umap = read_gallery(build_gallery(own_folder, task, SETTINGS)).models["ba3us-isra"].maps["umap"]
    assert [snapshot.step for snapshot in umap.snapshots] == [200, 1000]
    assert [snapshot.positions.std() / umap.positions.std() for snapshot in umap.snapshots] == pytest.approx(
        [4, 2], rel=1e-3
    )


def test_the_same_models_give_the_same_gallery(own_folder: Path, task: Task) -> None:
    first = {file.name: file.read_bytes() for file in build_gallery(own_folder, task, SETTINGS).iterdir()}
    second = {file.name: file.read_bytes() for file in build_gallery(own_folder, task, SETTINGS).iterdir()}
    assert first == second


def test_building_says_what_it_does_and_for_how_long(own_folder: Path, task: Task) -> None:
    lines: list[str] = []
    build_gallery(own_folder, task, SETTINGS, lines.append)
    assert lines[0] == "Decoding the training images of shapes-drawn-to-painted"
    assert lines[1] == "[1/9] source-only looks at 12 images"
    assert lines[-1].startswith("[9/9] Fitting tsne, about ")


def test_a_missing_gallery_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="python -m isra_model gallery"):
        read_gallery(tmp_path / "gallery")


def test_a_gallery_knows_how_its_domains_are_drawn(inspector: Inspector, image: Image.Image) -> None:
    appearance = inspector.look(image).appearance
    assert appearance is not None
    assert appearance.distance > 0


def test_a_gallery_from_before_is_read_and_told_how_they_are_drawn(own_folder: Path, task: Task) -> None:
    description = own_folder / "gallery" / "gallery.json"
    fields = json.loads(description.read_text())
    del fields["looks"]
    description.write_text(json.dumps(fields))
    assert read_gallery(description.parent).looks is None

    looks = add_looks(description.parent, task, Preprocessing(32, 32))

    again = read_gallery(description.parent).looks
    assert again is not None
    np.testing.assert_allclose(again.thresholds, looks.thresholds, rtol=1e-5)


def test_a_gallery_of_another_version_is_refused(own_folder: Path) -> None:
    description = own_folder / "gallery" / "gallery.json"
    description.write_text(json.dumps(json.loads(description.read_text()) | {"format": 99}))
    with pytest.raises(GalleryError, match="another format"):
        Inspector.from_pretrained(own_folder)


def test_a_gallery_of_other_weights_is_refused(own_folder: Path) -> None:
    config = own_folder / "ba3us" / "config.json"
    description = json.loads(config.read_text())
    config.write_text(json.dumps(description | {"sha256": {"model.safetensors": "those of a later training"}}))
    with pytest.raises(GalleryError, match="other weights of ba3us: make it anew with `python -m isra_model gallery"):
        read_gallery(own_folder / "gallery")


def test_a_model_may_be_called_as_people_call_folders(tmp_path: Path) -> None:
    listing = tmp_path / "gallery.json"
    listing.write_text(json.dumps({"sprites": {"files": []}, "models": {"my model (2) é": {}}}))

    assert gallery_files(listing) == ("my model (2) é.safetensors",)


def test_a_gallery_cannot_show_a_file_outside_of_its_folder(own_folder: Path) -> None:
    description = own_folder / "gallery" / "gallery.json"
    fields = json.loads(description.read_text())
    fields["sprites"]["files"] = ["../../secret.webp"]
    description.write_text(json.dumps(fields))

    with pytest.raises(ValueError, match="outside of its folder"):
        read_gallery(description.parent)


def test_a_gallery_is_read_without_the_models_that_were_not_fetched(own_folder: Path) -> None:
    shutil.rmtree(own_folder / "source-only")
    assert set(read_gallery(own_folder / "gallery").models) == {"source-only", "ba3us", "ba3us-isra"}


@pytest.fixture(scope="module")
def without_target_pictures(task_folder: Path, tmp_path_factory: pytest.TempPathFactory, task: Task) -> Path:
    """Return a gallery that shows no image of the target."""
    own = Path(shutil.copytree(task_folder, tmp_path_factory.mktemp("own") / "task"))
    return build_gallery(own, task, replace(SETTINGS, rows=40, target_pictures=False), lambda line: None)


def test_a_gallery_without_target_pictures_holds_no_pixel_of_them(
    without_target_pictures: Path, task_folder: Path, tmp_path: Path, task: Task
) -> None:
    inverted = tuple(png(ImageOps.invert(open_image(image))) for image in task.target_images().encoded)
    target = replace(task.target_images(), encoded=inverted)
    domains = dict(task.benchmark.domains) | {task.target: target}
    other = replace(task, benchmark=replace(task.benchmark, domains=domains))
    own = Path(shutil.copytree(task_folder, tmp_path / "task"))
    (own / "gallery" / "images-3.webp").write_bytes(b"a target image of an earlier gallery")
    again = build_gallery(own, other, replace(SETTINGS, rows=40, target_pictures=False), lambda line: None)

    def pictures(folder: Path) -> dict[str, bytes]:
        files = (file for file in folder.iterdir() if file.suffix not in (".json", ".safetensors"))
        return {file.name: file.read_bytes() for file in files}

    assert set(pictures(again)) == {"images-0.webp", "images-1.webp", "images-2.webp"}
    assert pictures(again) == pictures(without_target_pictures)


def test_target_rows_without_pictures_share_one_silhouette(without_target_pictures: Path, task: Task) -> None:
    gallery = read_gallery(without_target_pictures)
    sources, rows = len(task.source_images()), len(gallery)
    assert [gallery.has_picture(row) for row in range(rows)] == [row < sources for row in range(rows)]
    tiles = {gallery.thumbnail(row).tobytes() for row in range(sources, rows)}
    assert len(tiles) == 1
    assert tiles.isdisjoint(gallery.thumbnail(row).tobytes() for row in range(sources))


def test_moved_most_chooses_among_pictures_that_can_be_shown(without_target_pictures: Path, gallery: Gallery) -> None:
    hidden = moved_most(read_gallery(without_target_pictures), "source-only", "ba3us-isra")
    assert {gallery.domains[moved.row] for moved in moved_most(gallery, "source-only", "ba3us-isra")} == {"target"}
    assert {gallery.domains[moved.row] for moved in hidden} == {"source"}
