"""From a zip of unlabelled images to an adapted model, and what becomes of jobs that wait, die or grow old."""

from __future__ import annotations

import json
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from isra_model.adaptation.class_folders import ClassFolders, label_of
from isra_model.adaptation.jobs import DIED, GONE, JobError, JobLimits, Jobs
from isra_model.adaptation.recipe import Recipe
from isra_model.adaptation.result import DOWNLOAD, RESULT, TASK, predictions_csv
from isra_model.adaptation.work import do
from isra_model.checkpoints import read_checkpoint
from isra_model.data.benchmark import UNKNOWN
from isra_model.inspection import Inspector
from isra_model.inspection.gallery import read_gallery
from tests.inspection.conftest import CLASSES, picture, png, task, task_folder  # noqa: F401 (fixtures)

SLEEPS = "import time; time.sleep(600)"
DIES = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
ENDS = f"import pathlib, sys; pathlib.Path(sys.argv[1], '{RESULT}').write_text('{{}}')"


@pytest.fixture
def brought(tmp_path: Path) -> list[tuple[str, Path]]:
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(4):
            archive.writestr(f"mine/{'cup' if number < 2 else 'unknown'}/{number}.png", png(picture(number)))
    return [("mine.zip", path)]


@pytest.fixture
def jobs_of() -> Iterator[Callable[..., Jobs]]:
    made: list[Jobs] = []

    def make(program: str, limits: JobLimits | None = None) -> Jobs:
        made.append(
            Jobs(
                Recipe(statistics="anew", steps=2),
                limits,
                command=lambda folder: [sys.executable, "-c", program, str(folder)],
            )
        )
        return made[-1]

    yield make
    for jobs in made:
        jobs.close()


def ended(jobs: Jobs, secret: str) -> str:
    """Wait until a job has ended and return how."""
    turn = threading.Event()
    while jobs.job(secret).phase in ("waiting", "running"):
        turn.wait(0.02)
    return jobs.job(secret).phase


def test_a_model_adapts_to_images_and_reports_class_folders_only_as_accuracies(
    task_folder: Path,  # noqa: F811
    brought: list[tuple[str, Path]],
    jobs_of: Callable[..., Jobs],
    tmp_path: Path,
) -> None:
    jobs = jobs_of(ENDS)
    secret = jobs.bring(brought)
    jobs.start(secret, task_folder / "ba3us-isra")
    assert ended(jobs, secret) == "done"
    folder = jobs.job(secret).folder
    do(folder)
    result = jobs.result(secret)
    assert result["accuracy_in_your_class_folders"]["images"] == 2
    assert [row["folder"] for row in result["rows"]] == ["cup", "cup", "", ""]
    assert [entry["step"] for entry in jobs.progress(secret)["entropy"]] == [0, 1]
    with zipfile.ZipFile(folder / DOWNLOAD) as archive:
        assert "adapted/predictions.csv" in archive.namelist()
        archive.extractall(tmp_path)
    inspector = Inspector.from_pretrained(tmp_path / "adapted" / "your-images")
    adapted, shipped = inspector.checkpoint, read_checkpoint(task_folder / "ba3us-isra")
    assert (adapted.name, adapted.target) == ("yours", "your images")
    assert adapted.isra is not None
    before, after = (each.network.backbone.state_dict() for each in (shipped, adapted))
    moved = {name for name in before if not before[name].equal(after[name])}
    assert moved
    assert all("running" in name for name in moved), "a frozen backbone changes nothing but its statistics"
    gallery = inspector.gallery
    assert gallery is not None
    shown = read_gallery(task_folder / "gallery")
    assert tuple(gallery.models) == ("before", "yours")
    assert gallery.keys[result["first_row"] :] == jobs.job(secret).brought["target"].keys
    rows = slice(0, result["first_row"])
    known, now = (each.maps["umap"].positions[rows] for each in (shown.models["ba3us-isra"], gallery.models["yours"]))
    assert np.allclose(now, known, atol=1e-3), "the source lies where it lies on the map of the model before"


def test_one_job_runs_and_the_others_wait_their_turn(
    brought: list[tuple[str, Path]], jobs_of: Callable[..., Jobs], tmp_path: Path
) -> None:
    jobs = jobs_of(SLEEPS, JobLimits(waiting=1))
    first, second, third = (jobs.bring(brought) for _ in range(3))
    jobs.start(first, tmp_path)
    jobs.start(second, tmp_path)
    assert (jobs.job(second).phase, jobs.ahead(second), jobs.queue) == ("waiting", 1, 2)
    with pytest.raises(JobError, match="try again"):
        jobs.start(third, tmp_path)
    jobs.cancel(first)
    assert ended(jobs, first) == "cancelled"
    jobs.cancel(second)
    assert jobs.job(second).phase == "cancelled"


@pytest.mark.parametrize(
    ("program", "minutes", "words"),
    [(DIES, 5.0, DIED), ("raise SystemExit(1)", 5.0, DIED), (SLEEPS, 0.001, "took longer than 0.001 minutes")],
)
def test_a_job_that_ends_badly_says_so(
    brought: list[tuple[str, Path]],
    jobs_of: Callable[..., Jobs],
    tmp_path: Path,
    program: str,
    minutes: float,
    words: str,
) -> None:
    jobs = jobs_of(program, JobLimits(minutes=minutes))
    secret = jobs.bring(brought)
    jobs.start(secret, tmp_path)
    assert ended(jobs, secret) == "failed"
    assert words in jobs.job(secret).problem
    assert jobs.queue == 0


def test_only_who_knows_the_token_of_a_result_is_shown_it(
    brought: list[tuple[str, Path]], jobs_of: Callable[..., Jobs], tmp_path: Path
) -> None:
    jobs = jobs_of(ENDS)
    secret = jobs.bring(brought)
    assert jobs.task("") is None
    jobs.start(secret, tmp_path)
    assert ended(jobs, secret) == "done"
    token = jobs.job(secret).token
    assert jobs.task(token) == jobs.job(secret).folder / TASK
    assert [jobs.task(other) for other in ("", secret, token[:-1], f"{token}/..")] == [None] * 4
    jobs.start(secret, tmp_path)
    assert jobs.task(token) is None, "another run is another result"


def test_an_old_job_is_deleted_with_all_its_files(
    brought: list[tuple[str, Path]], jobs_of: Callable[..., Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = jobs_of(ENDS)
    secret = jobs.bring(brought)
    folder = jobs.job(secret).folder
    later = time.time() + 3601
    monkeypatch.setattr("isra_model.adaptation.jobs.time.time", lambda: later)
    with pytest.raises(JobError, match=GONE[:20]):
        jobs.job(secret)
    assert not folder.exists()
    with pytest.raises(JobError):
        jobs.job("../" + secret)


@pytest.mark.parametrize(
    ("key", "label"),
    [("set/Cup/1.png", 2), ("cup/hat/1.png", 3), ("cup.png", UNKNOWN), ("my cups/1.png", UNKNOWN)],
)
def test_the_innermost_folder_that_is_called_as_a_class_is_the_class(key: str, label: int) -> None:
    assert label_of(key, CLASSES) == label


def test_folders_are_told_by_what_of_the_model_they_are_called_as() -> None:
    keys = ("set/Cup/1.png", "set/Cup/2.png", "key/a.png", "set/mine/1.png", "alone.png")
    assert ClassFolders.of(keys, CLASSES) == ClassFolders({"cup": 2, "key": 1}, {"mine": 1})


def test_no_cell_of_the_csv_is_a_formula() -> None:
    row = {"image": "=cmd()", "folder": "", "before": "cup", "before_probability": 0.5}
    assert json.dumps(predictions_csv([row])).count("'=cmd()") == 1


def test_a_recipe_without_a_step_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 step, not 0"):
        Recipe(steps=0)
