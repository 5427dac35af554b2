"""Which recipe is the default: each is measured on images that no training saw, and label-free scores choose."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from isra_model.adaptation.adapting import carry_out
from isra_model.adaptation.recipe import Recipe, origin_of, pooled_features
from isra_model.adaptation.work import Source
from isra_model.checkpoints import Checkpoint
from isra_model.checkpoints.folders import gallery_folder
from isra_model.checkpoints.recognition import class_images
from isra_model.checkpoints.store import WEIGHTS
from isra_model.data.checking import spread
from isra_model.data.streams import DecodedImages, decode_images
from isra_model.inspection.gallery_checking import GalleryError
from isra_model.markdown import number, table
from isra_model.training.evaluation import accuracy
from isra_model.training.scores import selection_scores
from isra_model.training.selection import ranks
from isra_model.training.version import commit

UNCHANGED = "as it was"
RECIPES: Mapping[str, Recipe] = {
    "statistics": Recipe(statistics="anew", trained="nothing"),
    "head": Recipe(statistics="kept"),
    "statistics and head": Recipe(statistics="anew"),
    "better statistics and head": Recipe(),
    "whole network": Recipe(statistics="kept", trained="network", steps=100),
}
"""What is compared, the cheapest first."""
SCORE = "information-maximisation"
"""Chooses. Training lowers the entropy of its own predictions, so entropy cannot say whether to train; neighbourhood
density rewards predictions that are all alike."""
STAND_INS = "unseen designers"
"""Begins what images are called that stand for what visitors bring; only on them a recipe is chosen."""


@dataclass(frozen=True)
class Trial:
    """One recipe on one model and one set of images.

    Attributes
    ----------
    recipe : str
        Its name, `UNCHANGED` or one of `RECIPES`.
    model : str
        The model's folder and its task's.
    sha256 : str
        Of the model's weights.
    data : str
        What the images are called.
    images : int
        How many there are.
    seconds : float
        Of processor time.
    accuracy : float
        On the images afterwards, in percent; it chooses nothing.
    scores : dict[str, float]
        The label-free scores afterwards, higher is better.
    commit : str
        Of the code that measured.
    date : str
        In UTC, to the day.
    device : str
        On which it was measured.
    """

    recipe: str
    model: str
    sha256: str
    data: str
    images: int
    seconds: float
    accuracy: float
    scores: dict[str, float]
    commit: str
    date: str
    device: str


@dataclass(frozen=True)
class Subject:
    """A model, and images that no training saw.

    Attributes
    ----------
    checkpoint : Checkpoint
        The model.
    images : DecodedImages
        The images, with labels.
    called : str
        What they are called.
    """

    checkpoint: Checkpoint
    images: DecodedImages
    called: str

    @classmethod
    def of(cls, checkpoint: Checkpoint, folder: Path, called: str, most: int) -> Subject:
        """Return at most ``most`` images of the class folders in ``folder``, evenly spread."""
        found = class_images(checkpoint, folder)
        chosen = np.zeros(len(found), dtype=np.bool_)
        chosen[spread(np.arange(len(found)), most)] = True
        return cls(checkpoint, decode_images(found.select(chosen), checkpoint.preprocessing), called)

    def trial(self, recipe: str, logits: Tensor, seconds: float) -> Trial:
        """Return what came of a recipe."""
        checkpoint = self.checkpoint
        return Trial(
            recipe=recipe,
            model=origin_of(checkpoint),
            sha256=checkpoint.digests[WEIGHTS],
            data=self.called,
            images=len(self.images),
            seconds=round(seconds, 1),
            accuracy=round(accuracy(logits, self.images.labels), 2),
            scores={name: round(score, 4) for name, score in selection_scores(logits).items()},
            commit=commit(),
            date=datetime.now(UTC).date().isoformat(),
            device=f"{os.cpu_count()} CPU cores",
        )


class _Silent:
    def begin(self, doing: str) -> None:
        pass

    def __call__(self, images: int) -> None:
        pass


def measure(subject: Subject, recipes: Mapping[str, Recipe]) -> Iterator[Trial]:
    """Yield what the model says as it was, then after each recipe.

    Raises
    ------
    GalleryError
        If the model has no gallery, from which its source's images come.
    """
    checkpoint, images = subject.checkpoint, subject.images
    gallery = gallery_folder(checkpoint.folder)
    if gallery is None:
        raise GalleryError("This model has no gallery: make one with `python -m isra_model gallery`.")
    began = time.process_time()
    pooled = pooled_features(checkpoint.network, images, checkpoint.preprocessing, _Silent())
    with torch.no_grad():
        yield subject.trial(UNCHANGED, checkpoint.network.head(pooled).logits, time.process_time() - began)
    with tempfile.TemporaryDirectory() as folder:
        for place, (name, recipe) in enumerate(recipes.items()):
            source = partial(Source(checkpoint, gallery, Path(folder), recipe).read, _Silent())
            began, run = time.process_time(), Path(folder, str(place))
            adapted = carry_out(recipe, checkpoint, images, pooled, source, run, _Silent())
            yield subject.trial(name, adapted.logits(), time.process_time() - began)


def read_trials(path: Path) -> list[Trial]:
    """Return the recorded trials, the last of each recipe, model and kind of images; none if there is no file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = {}
    for line in lines:
        trial = Trial(**json.loads(line))
        found[trial.recipe, trial.model, trial.data] = trial
    return list(found.values())


def mean_ranks(trials: Iterable[Trial], score: str = SCORE) -> dict[str, float]:
    """Return each recipe's rank by a label-free score among those measured on the stand-ins, averaged; 1 is the lowest.

    Only recipes that were measured on each of them are compared.
    """
    cases = _by_case(trial for trial in trials if trial.data.startswith(STAND_INS))
    everywhere = [name for name in (UNCHANGED, *RECIPES) if cases and all(name in case for case in cases.values())]
    of_cases = [ranks([case[name].scores[score] for name in everywhere]) for case in cases.values()]
    return {name: statistics.mean(each[place] for each in of_cases) for place, name in enumerate(everywhere)}


def chosen_recipe(trials: Iterable[Trial]) -> str | None:
    """Return the name of the recipe that `SCORE` prefers on the stand-ins, the cheaper of two equal ones.

    None where nothing was measured. Not adapting at all is no recipe: people came to adapt.
    """
    found = {name: rank for name, rank in mean_ranks(trials).items() if name in RECIPES}
    return max(found, key=lambda name: found[name], default=None)


def recipe_table(trials: Sequence[Trial]) -> str:
    """Return a Markdown table: recipes down; mean ranks, and the accuracies afterwards by model and images, across."""
    cases, known = _by_case(trials), trials[0].scores
    by_score = {score: mean_ranks(trials, score) for score in known}
    heads = [f"{model} on {data} (n = {next(iter(case.values())).images})" for (model, data), case in cases.items()]
    heads = ["recipe", *(f"rank by {score}" for score in known), "seconds", *heads]
    rows = []
    for name in (UNCHANGED, *RECIPES):
        of_recipe = [case.get(name) for case in cases.values()]
        seconds = [trial.seconds for trial in of_recipe if trial]
        if not seconds:
            continue
        cells = [number(trial.accuracy if trial else None, ".1f") for trial in of_recipe]
        places = [number(found.get(name), ".1f") for found in by_score.values()]
        rows.append([name, *places, f"{statistics.median(seconds):.0f}", *cells])
    return table(heads, rows)


def trial_line(trial: Trial) -> str:
    """Return a trial as one line of JSON."""
    return json.dumps(asdict(trial), ensure_ascii=False)


def _by_case(trials: Iterable[Trial]) -> dict[tuple[str, str], dict[str, Trial]]:
    cases: dict[tuple[str, str], dict[str, Any]] = {}
    for trial in trials:
        cases.setdefault((trial.model, trial.data), {})[trial.recipe] = trial
    return cases
