"""What a folder of checkpoints offers, and what is left out, with a line that says why."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from isra_model.interface.library import domain_title, find_tasks
from isra_model.interface.studio import Studio, StudioError, open_task
from tests.interface.conftest import NAME


def change(file: Path, **fields: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def fewer_rows(file: Path) -> None:
    save_file({name: values[:3] if values.ndim else values for name, values in load_file(file).items()}, file)


@pytest.fixture
def root(task_folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(task_folder, tmp_path / NAME)
    return tmp_path


def test_models_are_shown_with_the_baseline_first_and_isra_last_whatever_their_folders_are_called(root: Path) -> None:
    for old, new in {"source-only": "z", "ba3us": "run1", "ba3us-isra": "a"}.items():
        (root / NAME / old).rename(root / NAME / new)
        (root / NAME / "gallery" / f"{old}.safetensors").rename(root / NAME / "gallery" / f"{new}.safetensors")
    description = root / NAME / "gallery" / "gallery.json"
    models = json.loads(description.read_text())["models"]
    change(description, models=dict(zip(("z", "run1", "a"), models.values(), strict=True)))

    library = find_tasks(root)

    task = open_task(library.tasks[NAME])
    assert not library.left_out
    assert task.titles == {"z": "Source-only", "run1": "BA3US", "a": "BA3US + ISRA"}
    assert task.topic_models == ("a",)
    assert task.location == f"{root.name}/{NAME}"


def test_a_task_with_one_model_and_a_model_by_itself_are_tasks(root: Path) -> None:
    (root / NAME / "ba3us").rename(root / "mine")
    shutil.copytree(root / NAME / "gallery", root / "mine" / "gallery")
    (root / "mine" / "gallery" / "ba3us.safetensors").rename(root / "mine" / "gallery" / "mine.safetensors")
    digests = json.loads((root / "mine" / "config.json").read_text())["sha256"]
    change(root / "mine" / "gallery" / "gallery.json", models={"mine": digests})
    shutil.rmtree(root / NAME / "source-only")

    assert {name: task.models for name, task in find_tasks(root).tasks.items()} == {
        "mine": ("mine",),
        NAME: ("ba3us-isra",),
    }
    assert find_tasks(root / "mine").tasks["mine"].models == ("mine",)
    assert open_task(find_tasks(root / "mine").tasks["mine"]).location == f"{root.name}/mine"
    assert find_tasks(root / NAME).tasks[NAME].models == ("ba3us-isra",)


MODEL = "ba3us"
BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut weights": (lambda task: cut(task / MODEL / "model.safetensors"), "not the file that was written"),
    "no weights": (lambda task: (task / MODEL / "model.safetensors").unlink(), "model.safetensors is missing"),
    "half a description": (lambda task: cut(task / MODEL / "config.json"), "config.json of ba3us is damaged"),
    "half the numbers": (
        lambda task: (task / MODEL / "metrics.json").write_text("{"),
        "metrics.json of ba3us is damaged",
    ),
    "no number": (lambda task: (task / MODEL / "metrics.json").write_text('{"accuracy": []}'), "is no number"),
    "a newer version": (lambda task: change(task / MODEL / "config.json", format=2), "update ISRA Studio"),
    "an unknown setting": (lambda task: change(task / MODEL / "config.json", training={"x": 1}), "another version"),
    "no rows": (lambda task: (task / "gallery" / f"{MODEL}.safetensors").unlink(), "ba3us.safetensors of the gallery"),
    "half the rows": (lambda task: cut(task / "gallery" / f"{MODEL}.safetensors"), "is damaged or half-copied"),
    "other rows": (lambda task: fewer_rows(task / "gallery" / f"{MODEL}.safetensors"), "is damaged or half-copied"),
    "other weights": (lambda task: change(task / MODEL / "config.json", sha256={}), "built of other weights of ba3us"),
}


@pytest.mark.parametrize(("spoil", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_model_that_cannot_be_shown_is_left_out_and_the_rest_is_shown(
    root: Path, spoil: Callable[[Path], object], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(root / NAME)

    studio = Studio(root, EXAMPLES)

    assert studio.task(NAME).models == ("source-only", "ba3us-isra")
    assert [each.name for each in studio.left_out] == [f"{NAME}/{MODEL}"]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{NAME}/{MODEL} is left out: ")
    assert reason in line


def test_a_model_that_the_gallery_lacks_is_left_out(root: Path) -> None:
    shutil.copytree(root / NAME / MODEL, root / NAME / "run2")
    (left_out,) = find_tasks(root).left_out
    assert (
        f"lacks run2: make it anew with `python -m isra_model gallery {root / NAME} --data FOLDER`" in left_out.reason
    )


def describe(task: Path, **fields: object) -> None:
    change(task / "gallery" / "gallery.json", **fields)


BROKEN_TASKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "half a gallery": (lambda task: cut(task / "gallery" / "gallery.json"), "gallery.json of the gallery"),
    "a newer gallery": (lambda task: describe(task, format=99), "another format"),
    "no gallery": (lambda task: shutil.rmtree(task / "gallery"), "has no gallery"),
    "no model": (
        lambda task: [shutil.rmtree(each) for each in task.iterdir() if each.name != "gallery"],
        "holds no trained model",
    ),
    "models in a list": (lambda task: describe(task, models=[]), "gallery.json of the gallery of other is damaged"),
    "a list": (lambda task: (task / "gallery" / "gallery.json").write_text("[]"), "is damaged"),
    "few labels": (lambda task: describe(task, labels=[0, 1]), "is damaged"),
    "classes that are none": (lambda task: describe(task, classes=5), "is damaged"),
    "few classes": (lambda task: describe(task, classes=["ball"]), "is damaged"),
    "no sprites": (lambda task: describe(task, sprites={"files": []}), "is damaged"),
    "no looks": (lambda task: (task / "gallery" / "looks.safetensors").unlink(), "looks.safetensors .* is missing"),
    "half the looks": (lambda task: cut(task / "gallery" / "looks.safetensors"), "half-copied: copy the gallery again"),
    "no thumbnails": (lambda task: (task / "gallery" / "images-1.webp").unlink(), "images-1.webp .* is missing"),
    "half the thumbnails": (lambda task: cut(task / "gallery" / "images-0.webp"), "images-0.webp .* half-copied"),
}


@pytest.mark.parametrize(("spoil", "reason"), BROKEN_TASKS.values(), ids=BROKEN_TASKS)
def test_a_task_that_cannot_be_shown_is_left_out_and_the_rest_is_shown(
    root: Path, spoil: Callable[[Path], object], reason: str
) -> None:
    shutil.copytree(root / NAME, root / "other")
    spoil(root / "other")
    library = find_tasks(root)
    assert list(library.tasks) == [NAME]
    (left_out,) = library.left_out
    assert left_out.name == "other"
    assert re.search(reason, left_out.reason)


def test_a_gallery_that_is_cut_after_the_start_is_left_out_then(root: Path) -> None:
    shutil.copytree(root / NAME, root / "other")
    studio = Studio(root, EXAMPLES)
    cut(root / "other" / "gallery" / "ba3us.safetensors")
    with pytest.raises(StudioError, match="choose another"):
        studio.task("other")
    assert [each.name for each in studio.left_out] == ["other"]


def test_a_gallery_of_ones_own_images_is_made_anew_from_their_folder(root: Path) -> None:
    shutil.rmtree(root / NAME / "gallery")
    (left_out,) = find_tasks(root).left_out
    assert left_out.reason.endswith(f"`python -m isra_model gallery {root / NAME} --data FOLDER`.")


def test_nothing_left_is_said(root: Path) -> None:
    shutil.rmtree(root / NAME / "gallery")
    with pytest.raises(StudioError, match="can be shown"):
        Studio(root, EXAMPLES)


def test_more_models_than_fit_beside_each_other_are_left_out(root: Path) -> None:
    copies = [f"run{number}" for number in range(5)]
    digests = json.loads((root / NAME / MODEL / "config.json").read_text())["sha256"]
    for name in copies:
        shutil.copytree(root / NAME / MODEL, root / NAME / name)
        shutil.copy(root / NAME / "gallery" / f"{MODEL}.safetensors", root / NAME / "gallery" / f"{name}.safetensors")
    models = json.loads((root / NAME / "gallery" / "gallery.json").read_text())["models"]
    change(root / NAME / "gallery" / "gallery.json", models=models | dict.fromkeys(copies, digests))
    library = find_tasks(root)
    assert library.tasks[NAME].models == ("source-only", "ba3us", *copies[:4])
    assert len(library.left_out) == 2


@pytest.mark.parametrize(
    ("name", "title"),
    [("photo", "photo"), ("/data/lists/real.txt", "real"), ("v1.5", "v1.5"), (r"lists\amazon.csv", "amazon")],
)
def test_a_list_is_called_by_its_file(name: str, title: str) -> None:
    assert domain_title(name) == title


EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"
