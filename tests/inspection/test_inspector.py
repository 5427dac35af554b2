"""The Python API that the app, the command line and programs share."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from isra_model import Inspector
from isra_model.checkpoints import CheckpointError
from isra_model.data.benchmark import Task
from isra_model.data.decoding import open_image
from isra_model.data.framing import frame_ink
from isra_model.inspection import look_with_every_model
from isra_model.inspection.serialise import view_as_json


def test_the_example_of_the_readme_runs(task_folder: Path, image: Image.Image) -> None:
    inspector = Inspector.from_pretrained(str(task_folder))
    view = inspector.look(image)
    assert view.model == "ba3us-isra"
    assert view.predictions[0].label in inspector.checkpoint.classes
    assert view.topics[0].mask.shape == (80, 120)
    assert view.topics[0].feature_mask.shape == view.features.shape
    assert view.map["umap"].position.shape == (2,)


def test_predictions_are_a_sorted_distribution_over_all_classes(inspector: Inspector, image: Image.Image) -> None:
    view = inspector.look(image)
    probabilities = [prediction.probability for prediction in view.predictions]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert view.entropy == pytest.approx(-sum(p * np.log(p) for p in probabilities), abs=1e-5)


def test_mass_on_classes_the_target_lacks_is_named(inspector: Inspector, image: Image.Image) -> None:
    view = inspector.look(image)
    assert {prediction.label for prediction in view.predictions if prediction.shared} == {"box", "cup"}
    leaked = sum(prediction.probability for prediction in view.predictions if not prediction.shared)
    assert view.source_only_mass == pytest.approx(leaked, abs=1e-6)


def test_looking_is_the_networks_own_forward_pass(inspector: Inspector, image: Image.Image) -> None:
    view = inspector.look(image)
    response = inspector.checkpoint.network(inspector._pixels(image))
    np.testing.assert_allclose(view.features, response.features[0].numpy(), atol=1e-5)
    np.testing.assert_allclose(view.probabilities, response.logits.softmax(1)[0].numpy(), atol=1e-5)


def test_a_model_that_frames_is_shown_and_shows_the_framed_drawing(inspector: Inspector) -> None:
    drawing = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(drawing).rectangle((20, 30, 80, 120), outline="black", width=2)
    training = inspector.checkpoint.training
    framing = replace(training, preprocessing=replace(training.preprocessing, framing="ink"))
    view = Inspector(replace(inspector.checkpoint, training=framing)).look(drawing)
    assert view.image == frame_ink(drawing)
    assert view.topics[0].mask.shape == view.image.size
    np.testing.assert_allclose(view.probabilities, inspector.look(view.image).probabilities, atol=1e-6)
    assert (view.framing, inspector.look(drawing).framing) == ("ink", "whole")


def test_a_gallery_image_is_its_own_nearest_neighbour(inspector: Inspector, task: Task) -> None:
    images = task.target_images()
    nearest = inspector.look(open_image(images.encoded[2])).target_neighbours[0]
    assert inspector.gallery is not None
    assert inspector.gallery.keys[nearest.row] == images.keys[2]
    assert nearest.label == task.benchmark.classes[images.labels[2]]
    assert nearest.distance == pytest.approx(0, abs=1e-3)


def test_neighbours_are_sorted_and_of_their_domain(inspector: Inspector, image: Image.Image) -> None:
    view, gallery = inspector.look(image), inspector.gallery
    assert gallery is not None
    for domain, neighbours in (("source", view.source_neighbours), ("target", view.target_neighbours)):
        assert {gallery.domains[neighbour.row] for neighbour in neighbours} == {domain}
        distances = [neighbour.distance for neighbour in neighbours]
        assert distances == sorted(distances)


def test_models_without_isra_have_no_topics(inspectors: dict[str, Inspector], image: Image.Image) -> None:
    views = look_with_every_model(inspectors, image)
    assert list(views) == ["source-only", "ba3us", "ba3us-isra"]
    assert [len(view.topics) for view in views.values()] == [0, 0, 6]


def test_a_folder_of_tasks_names_them(task_folder: Path, tmp_path: Path) -> None:
    for name in ("b", "a"):
        shutil.copytree(task_folder, tmp_path / name)
    with pytest.raises(CheckpointError, match="holds tasks, not models: name one of a, b in it"):
        Inspector.from_pretrained(tmp_path)


def test_what_is_no_image_is_refused_in_a_line(inspector: Inspector) -> None:
    with pytest.raises(TypeError, match=r"not at a str: give what PIL\.Image\.open\(FILE\) returns"):
        inspector.look("x.png")  # type: ignore[arg-type]


def test_models_of_a_task_share_one_gallery(inspectors: dict[str, Inspector]) -> None:
    assert len({id(inspector.gallery) for inspector in inspectors.values()}) == 1


def test_a_checkpoint_without_gallery_still_looks(inspector: Inspector, image: Image.Image) -> None:
    view = Inspector(inspector.checkpoint).look(image)
    assert view.predictions == inspector.look(image).predictions
    assert view.map == {}
    assert view.source_neighbours == ()
    assert [topic.strength for topic in view.topics] == [topic.value for topic in view.topics]


def test_threads_see_the_same(inspector: Inspector, image: Image.Image) -> None:
    with ThreadPoolExecutor(4) as pool:
        views = list(pool.map(inspector.look, [image] * 8))
    assert all(np.array_equal(view.features, views[0].features) for view in views)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (50, 7)])
def test_any_size_and_mode(inspector: Inspector, size: tuple[int, int]) -> None:
    view = inspector.look(Image.new("L", size, 128))
    assert view.image.mode == "RGB"
    assert view.topics[0].mask.shape == (size[1], size[0])


def test_one_model_folder_is_enough(task_folder: Path) -> None:
    assert Inspector.from_pretrained(task_folder / "ba3us").checkpoint.method == "ba3us"


def test_a_missing_model_names_those_there_are(task_folder: Path) -> None:
    with pytest.raises(CheckpointError, match="no model 'shot'; it has source-only, ba3us, ba3us-isra"):
        Inspector.from_pretrained(task_folder, model="shot")


def test_a_missing_folder_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="There is no folder"):
        Inspector.from_pretrained(tmp_path / "nowhere")


def test_a_hub_repository_offline_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match="HF_HUB_OFFLINE is set: check the name"):
        Inspector.from_pretrained("nobody/nothing-of-this-name")


def test_a_view_is_json(inspector: Inspector, image: Image.Image) -> None:
    view = inspector.look(image)
    read = json.loads(json.dumps(view_as_json(view), allow_nan=False))
    assert read["predictions"][0]["label"] == view.predictions[0].label
    assert len(read["topics"]) == 6
    assert read["topics"][0]["r2"] is None
    assert set(read["map"]) == {"umap", "tsne"}


def test_looking_imports_neither_the_app_nor_what_fits_maps() -> None:
    program = "import sys, isra_model.inspection.gallery_building; print(*sys.modules)"
    imported = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert {"gradio", "plotly", "umap", "openTSNE", "numba", "sklearn"}.isdisjoint(imported.split())
