"""A studio on a task of three tiny untrained models, and a folder with one example."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from isra_model.interface.actions import Actions, Seen
from isra_model.interface.limits import Rate, TokenBuckets
from isra_model.interface.studio import OpenTask, Studio
from tests.inspection.conftest import picture, task, task_folder  # noqa: F401 (fixtures)

NAME = "shapes-drawn-to-painted"
ISRA = "ba3us-isra"


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory, task_folder: Path) -> Studio:  # noqa: F811
    root = tmp_path_factory.mktemp("studio")
    shutil.copytree(task_folder, root / "checkpoints" / NAME)
    (root / "checkpoints" / NAME / "ba3us-isra" / "metrics.json").write_text('{"accuracy": 61.25}')
    (root / "checkpoints" / "unfinished").mkdir()
    examples = root / "examples"
    examples.mkdir()
    picture(7, (120, 80)).save(examples / "blotch.png")
    (examples / "examples.json").write_text(json.dumps([{"file": "blotch.png", "title": "A blotch"}]))
    return Studio(root / "checkpoints", examples)


@pytest.fixture(scope="session")
def open_task(studio: Studio) -> OpenTask:
    return studio.task(NAME)


@pytest.fixture
def actions(studio: Studio) -> Actions:
    return Actions(studio, TokenBuckets(Rate(burst=1000)))


@pytest.fixture(scope="session")
def seen(studio: Studio) -> Seen:
    return Actions(studio, TokenBuckets()).look(studio.examples[0].open(), NAME)
