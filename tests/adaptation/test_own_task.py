"""From two domains of a visitor's own to two models that take images, and what of them cannot be learnt."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from isra_model import cli
from isra_model.adaptation.class_folders import SourceFolders
from isra_model.adaptation.jobs import JobError, Jobs
from isra_model.adaptation.own_task import OwnTask, Standard
from isra_model.adaptation.recipe import Recipe
from isra_model.adaptation.result import DOWNLOAD
from isra_model.data.benchmark import UNKNOWN
from isra_model.inspection import Inspector
from isra_model.inspection.gallery_building import GallerySettings
from isra_model.networks import NetworkConfig, PdaNetwork
from tests.conftest import square
from tests.inspection.conftest import FITTERS

CLASSES = ("blue", "green", "red")
STEPS = Recipe(steps=2, batch_size=4)


class Counter:
    """Counts images as a job's progress does."""

    def __init__(self) -> None:
        self.images = 0
        self.doing: list[str] = []

    def begin(self, doing: str) -> None:
        self.doing.append(doing)

    def __call__(self, images: int) -> None:
        self.images += images


def packed(path: Path, files: dict[str, bytes]) -> list[tuple[str, Path]]:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return [(path.name, path)]


@pytest.fixture
def source(tmp_path: Path) -> list[tuple[str, Path]]:
    files = {
        f"mine/{name}/{seed}.png": square(label, 160, seed) for label, name in enumerate(CLASSES) for seed in (1, 2)
    }
    return packed(tmp_path / "source.zip", files | {"mine/loose.png": square(0, 160, 3)})


@pytest.fixture
def target(tmp_path: Path) -> list[tuple[str, Path]]:
    files = {f"phone/{folder}/{seed}.png": square(0, 20, seed) for seed, folder in enumerate(("Blue", "Blue", "pink"))}
    return packed(tmp_path / "target.zip", files)


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs(STEPS, command=lambda folder: [sys.executable, "-c", "import time; time.sleep(600)"])
    yield made
    made.close()


def test_both_domains_become_two_models_that_take_images(
    jobs: Jobs,
    source: list[tuple[str, Path]],
    target: list[tuple[str, Path]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    secret = jobs.bring(target, beside=jobs.bring(source, "source"))
    job = jobs.job(secret)
    assert len(jobs._jobs) == 1, "what never began is forgotten"
    task = OwnTask.read(job.folder, job.brought["source"].keys, job.brought["target"].keys)
    assert (task.classes, task.source.labels.tolist()) == (CLASSES, [0, 0, 1, 1, 2, 2])
    assert task.target.labels.tolist() == [0, 0, UNKNOWN]
    counter = Counter()
    task.train(STEPS, job.folder, counter, GallerySettings(neighbours=3, fitters=FITTERS))
    assert counter.images == task.cost(STEPS) - 4 * STEPS.steps
    assert counter.doing[1:3] == ["Training Source-only on the features", "Training BA3US + ISRA on the features"]
    result = jobs.result(secret)
    assert result["accuracy_in_your_class_folders"].keys() == {"Source-only", "BA3US + ISRA", "images"}
    with zipfile.ZipFile(job.folder / DOWNLOAD) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "adapted" / "your-images"
    inspector = Inspector.from_pretrained(folder)
    assert (inspector.checkpoint.name, inspector.checkpoint.classes) == ("ba3us-isra", CLASSES)
    gallery = inspector.gallery
    assert gallery is not None
    assert gallery.keys == (*task.source.keys, *task.target.keys)
    image = tmp_path / "image.png"
    image.write_bytes(square(0, 20, 0))
    (tmp_path / "known" / "blue").mkdir(parents=True)
    (tmp_path / "known" / "blue" / "1.png").write_bytes(square(0, 20, 0))
    assert cli.main(["inspect", str(folder), "--image", str(image)]) == 0
    assert cli.main(["evaluate", str(folder), "--data", str(tmp_path / "known")]) == 0
    assert "of 1 images" in capsys.readouterr().out


def test_a_model_says_of_an_image_what_its_head_was_trained_to_say_of_the_image_s_features() -> None:
    network, pooled = PdaNetwork(NetworkConfig("test_efficientnet", 8), 3).eval(), torch.rand(5, 256) * 3
    standard = Standard.of(pooled)
    with torch.no_grad():
        trained = network.head(standard.apply(pooled)).logits
        standard.into(network)
        assert torch.allclose(network.head(pooled).logits, trained, atol=1e-5)
    assert Standard.of(torch.ones(2, 4)).apply(torch.zeros(1, 4)).abs().max() < 200, "images that are all alike"


@pytest.mark.parametrize(
    ("keys", "classes", "labels"),
    [
        (("mine/Mug/1.png", "mine/key/a/2.png", "mine/3.png"), ("Mug", "key"), [0, 1, UNKNOWN]),
        (("a/b/Real_Mug/1.png", "a/b/real mug/2.png", "a/b/Key/1.png"), ("Key", "Real_Mug"), [1, 1, 0]),
        (("mine/Mug/1.png", "mine/Mug/2.png"), ("Mug",), [0, 0]),
        (("1.png", "2.png"), (), [UNKNOWN, UNKNOWN]),
    ],
)
def test_classes_are_the_first_folders_that_differ(
    keys: tuple[str, ...], classes: tuple[str, ...], labels: list[int]
) -> None:
    found = SourceFolders.of(keys)
    assert (found.classes, list(found.labels)) == (classes, labels)
    assert bool(found.problem) == (len(classes) < 2)


def test_a_source_of_one_class_and_a_task_without_both_domains_are_refused(
    jobs: Jobs, source: list[tuple[str, Path]], target: list[tuple[str, Path]]
) -> None:
    with pytest.raises(JobError, match="one class, 'pink'"):
        jobs.bring(packed(target[0][1], {"pink/1.png": square(0, 20, 0)}), "source")
    with pytest.raises(JobError, match="needs both domains"):
        jobs.start(jobs.bring(source, "source"), None)


def test_a_domain_that_is_brought_anew_leaves_the_other_and_a_job_that_runs_as_they_are(
    jobs: Jobs, source: list[tuple[str, Path]], target: list[tuple[str, Path]]
) -> None:
    first = jobs.bring(target, beside=jobs.bring(source, "source"))
    jobs.start(first, None)
    second = jobs.bring(target, beside=first)
    assert jobs.job(first).phase == "running"
    assert (
        jobs.job(second).brought["source"].path(0).read_bytes()
        == jobs.job(first).brought["source"].path(0).read_bytes()
    )
    assert jobs.job(second).born == jobs.job(first).born
