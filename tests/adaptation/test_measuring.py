"""How the default recipe is chosen: by label-free scores on the stand-ins, whatever the accuracies say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from isra_model.adaptation.adapting import carry_out
from isra_model.adaptation.measuring import (
    RECIPES,
    SCORE,
    STAND_INS,
    UNCHANGED,
    Subject,
    Trial,
    chosen_recipe,
    mean_ranks,
    measure,
    read_trials,
    recipe_table,
    trial_line,
)
from isra_model.adaptation.recipe import Recipe
from isra_model.adaptation.work import Progress
from isra_model.checkpoints import read_checkpoint
from isra_model.cli.paths import ADAPTATIONS
from isra_model.data.streams import DecodedImages
from tests.inspection.conftest import picture, task, task_folder  # noqa: F401 (fixtures)


def trial(recipe: str, score: float, accuracy: float, data: str = STAND_INS) -> Trial:
    return Trial(
        recipe, "task/model", "0" * 64, data, 8, 1.0, accuracy, {SCORE: score, "other": -score}, "c", "d", "CPU"
    )


def test_labels_and_other_images_choose_nothing() -> None:
    trials = [
        trial(UNCHANGED, 9.0, 100.0),
        trial("statistics", 2.0, 10.0),
        trial("head", 1.0, 90.0),
        trial("head", 5.0, 90.0, "drawings"),
        trial("statistics", 1.0, 10.0, "drawings"),
        trial("whole network", 8.0, 90.0, "drawings"),
    ]
    assert chosen_recipe(trials) == "statistics"
    assert chosen_recipe([replace(each, accuracy=0.0) for each in trials]) == "statistics"
    assert mean_ranks(trials) == {UNCHANGED: 3.0, "statistics": 2.0, "head": 1.0}
    assert chosen_recipe([]) is None


def test_of_two_equal_recipes_the_cheaper_is_chosen() -> None:
    assert chosen_recipe([trial(name, 1.0, 0.0) for name in reversed(RECIPES)]) == next(iter(RECIPES))


def test_a_later_record_counts_and_the_table_says_what_was_measured(tmp_path: Path) -> None:
    lines = [trial("head", 1.0, 20.0), trial(UNCHANGED, 1.0, 10.0), trial("head", 1.0, 30.0)]
    path = tmp_path / "trials.jsonl"
    path.write_text("".join(f"{trial_line(each)}\n" for each in lines))
    assert recipe_table(read_trials(path)).splitlines()[2:] == [
        "| as it was | 1.5 | 1.5 | 1 | 10.0 |",
        "| head | 1.5 | 1.5 | 1 | 30.0 |",
    ]


@pytest.mark.parametrize("name", ["statistics", "statistics and head", "whole network"])
def test_every_recipe_adapts_and_leaves_the_model_as_it_was(task_folder: Path, tmp_path: Path, name: str) -> None:  # noqa: F811
    for number in range(4):
        file = tmp_path / "images" / "cup" / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(number).save(file)
    checkpoint = read_checkpoint(task_folder / "ba3us-isra")
    before = {key: value.clone() for key, value in checkpoint.network.state_dict().items()}
    subject = Subject.of(checkpoint, tmp_path / "images", STAND_INS, most=3)
    recipe = replace(RECIPES[name], steps=1, batch_size=2)
    unchanged, adapted = measure(subject, {name: recipe})
    assert (unchanged.images, adapted.recipe) == (3, name)
    assert adapted.scores.keys() == unchanged.scores.keys()
    assert all(value.equal(before[key]) for key, value in checkpoint.network.state_dict().items())


@pytest.mark.parametrize(("scores", "anew"), [([1.0, 0.0], True), ([0.0, 1.0], False), ([1.0, 1.0], False)])
def test_new_statistics_are_taken_where_the_predictions_tell_more(
    task_folder: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scores: list[float],
    anew: bool,
) -> None:
    monkeypatch.setattr("isra_model.adaptation.adapting.information_maximisation", lambda _: scores.pop(0))
    checkpoint = read_checkpoint(task_folder / "ba3us-isra")
    side, generator = checkpoint.preprocessing.resize, torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (3, 3, side, side), dtype=torch.uint8, generator=generator)
    images = DecodedImages(pixels, torch.zeros(3, dtype=torch.int64), ("a", "b", "c"), ())
    pooled = torch.zeros(3, checkpoint.network.bottleneck.in_features)
    adapted = carry_out(
        Recipe(trained="nothing"), checkpoint, images, pooled, lambda: images, tmp_path, Progress(tmp_path, 6)
    )
    assert adapted.anew == anew
    assert adapted.pooled.equal(pooled) != anew


def test_the_default_is_the_recipe_that_the_recorded_trials_chose() -> None:
    chosen = chosen_recipe(read_trials(ADAPTATIONS))
    assert chosen is None or RECIPES[chosen] == Recipe()
