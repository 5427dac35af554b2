"""What ships is what the README says: complete, small enough for a Space, comparable, and as good as recorded."""

from pathlib import Path

import pytest

from isra_model.checkpoints import Checkpoint, read_checkpoint, read_records
from isra_model.checkpoints.card import MODELS
from isra_model.checkpoints.results import accuracy_table
from isra_model.data.benchmarks import load_task
from isra_model.data.streams import decode_images
from isra_model.inspection.gallery import read_gallery
from isra_model.training.evaluation import accuracy, respond

ROOT = Path(__file__).parents[2]
TASKS = sorted((ROOT / "checkpoints").glob("office-icons-*"))
NAMES = [task.name for task in TASKS]


def checkpoints(task: Path) -> list[Checkpoint]:
    return [read_checkpoint(task / model) for model in MODELS]


def test_five_tasks_ship_whose_weights_are_at_most_150_megabytes() -> None:
    models = sorted((ROOT / "checkpoints").glob("*/ba3us"))
    targets = {read_checkpoint(model).target for model in models}
    assert targets == {"colour", "drawings", "line", "photographs", "solid"}
    weights = [
        *(ROOT / "checkpoints").glob("*/*/model.safetensors"),
        *(ROOT / "checkpoints").glob("*/*/isra.safetensors"),
    ]
    assert sum(file.stat().st_size for file in weights) <= 150_000_000


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_the_three_models_of_a_task_are_trained_alike(task: Path) -> None:
    first, *others = [checkpoint.training for checkpoint in checkpoints(task)]

    for training in others:
        assert (training.network, training.optimisation, training.seed) == (
            first.network,
            first.optimisation,
            first.seed,
        )


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_no_file_needs_large_file_storage(task: Path) -> None:
    files = [file for pattern in ("*/*.safetensors", "*/*.json", "gallery/*") for file in task.glob(pattern)]

    shipped = [file for file in files if file.name != "state.safetensors"]
    assert max(file.stat().st_size for file in shipped) < 10_000_000


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_the_stored_weights_are_as_good_as_recorded(task: Path) -> None:
    for checkpoint in checkpoints(task):
        images = load_task("office-icons", checkpoint.source, checkpoint.target, None).target_images(heldout=True)
        decoded = decode_images(images, checkpoint.preprocessing)
        logits = respond(checkpoint.network, decoded, checkpoint.preprocessing).logits

        assert accuracy(logits, decoded.labels) == pytest.approx(checkpoint.metrics["heldout_accuracy"], abs=1.0)
        assert checkpoint.metrics["half_precision_agreement"] > 0.995


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_the_gallery_holds_all_three_models_and_no_held_out_image(task: Path) -> None:
    gallery = read_gallery(task / "gallery")
    checkpoint = read_checkpoint(task / "ba3us")
    held_out = load_task("office-icons", checkpoint.source, checkpoint.target, None).target_images(heldout=True)

    assert set(gallery.models) == set(MODELS)
    assert not set(gallery.keys) & set(held_out.keys)


def test_the_readme_and_the_cards_hold_the_table_of_the_recorded_runs() -> None:
    table = accuracy_table(read_records(ROOT / "results" / "office-icons" / "runs.jsonl"), MODELS)

    assert table in (ROOT / "docs" / "comparison.md").read_text()
    for task in TASKS:
        for model in MODELS:
            assert table in (task / model / "README.md").read_text()
