"""``python -m isra_model recipes``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from isra_model.checkpoints import read_checkpoint
from isra_model.checkpoints.folders import find_model
from isra_model.checkpoints.results import append_line
from isra_model.cli.arguments import UsageError
from isra_model.cli.paths import ADAPTATIONS


@dataclass(frozen=True)
class Recipes:
    """Measure how well each recipe of *Adapt your own* adapts a model to images that no training saw.

    Labels are for the accuracies alone. What is called "unseen designers ..." stands for what visitors bring: on it,
    and without labels, the recipe is chosen that the app takes.

    Attributes
    ----------
    checkpoint : str
        A model's folder with a gallery.
    data : Path
        A folder of folders called as classes of the model.
    called : str
        What the images are called.
    recipes : tuple[str, ...]
        Which are measured; by default all.
    images : int
        So many images at most, evenly spread.
    record : Path
        Where it is recorded, one JSON line a recipe; 'report' writes docs/adapting.md's table from it.
    """

    checkpoint: tyro.conf.Positional[str]
    data: Path
    called: str
    recipes: tuple[str, ...] = ()
    images: int = 200
    record: Path = ADAPTATIONS

    def run(self) -> None:
        """Measure, print and record.

        Raises
        ------
        UsageError
            If there is no such recipe.
        """
        from isra_model.adaptation.measuring import RECIPES, Subject, measure, trial_line

        if unknown := set(self.recipes) - set(RECIPES):
            raise UsageError(f"There is no recipe '{min(unknown)}'; there are {', '.join(RECIPES)}.")
        subject = Subject.of(read_checkpoint(find_model(self.checkpoint)), self.data, self.called, self.images)
        wanted = {name: recipe for name, recipe in RECIPES.items() if name in (self.recipes or RECIPES)}
        for trial in measure(subject, wanted):
            print(trial_line(trial), flush=True)
            append_line(self.record, trial_line(trial))
