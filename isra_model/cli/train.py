"""``python -m isra_model train``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from isra_model.checkpoints import append_record, read_checkpoint, write_card, write_checkpoint
from isra_model.checkpoints.metrics import write_metrics
from isra_model.checkpoints.results import record_of
from isra_model.cli.paths import CHECKPOINTS
from isra_model.cli.tasks import load_task
from isra_model.training.config import PRESETS, TrainConfig
from isra_model.training.engine import train


@dataclass(frozen=True)
class Train:
    """Train a model. Every other setting of the run can be given too: see 'Settings' below.

    Attributes
    ----------
    source : the labelled domain; for image lists, the list's file.
    target : the unlabelled domain; source = target trains with labels, the in-domain ceiling.
    benchmark : office-icons, which ships; tree (folders <data>/<domain>/<class>/); or lists ('path label' lines).
    data : the folder of a tree, or the folder that the paths of lists start from.
    method : a method's name.
    isra : plug ISRA in.
    preset : whose settings to start from; the benchmark's own if it has one.
    steps : T; the preset's if left out.
    seed : makes the whole run.
    output : the model's folder; the task's folder in checkpoints/ if left out.
    resume : go on from the last saved state in the output folder.
    record : file to which the finished run is appended as one JSON line.
    tensorboard : write the log for TensorBoard too (needs the extra 'tensorboard').
    """

    source: str
    target: str
    benchmark: str = "office-icons"
    data: Path | None = None
    method: str = "ba3us"
    isra: bool = False
    preset: str | None = None
    steps: int | None = None
    seed: int = 0
    output: Path | None = None
    resume: bool = False
    record: Path | None = None
    tensorboard: bool = False

    def run(self, overrides: Sequence[str]) -> None:
        """Train, measure and write the model."""
        config = train_config(self, overrides)
        task = load_task(self.benchmark, self.source, self.target, self.data)
        folder = self.output or CHECKPOINTS / task.name / config.model_name
        model = train(config, task, folder, resume=self.resume, tensorboard=self.tensorboard)
        if model.data.skipped:
            print(f"{len(model.data.skipped)} images could not be read and were left out, e.g. {model.data.skipped[0]}")
        write_checkpoint(folder, model.trainee, config, task)
        checkpoint = write_metrics(read_checkpoint(folder), model)
        record = record_of(checkpoint)
        if self.record:
            append_record(self.record, record)
        write_card(checkpoint, [record])
        print(f"{folder}: {record.accuracy} % transductive, {record.heldout_accuracy} % held-out")


def train_config(command: Train, overrides: Sequence[str]) -> TrainConfig:
    """Return the preset's configuration with what the command line says otherwise."""
    name = command.preset or (command.benchmark if command.benchmark in PRESETS else "office-icons")
    if name not in PRESETS:
        raise ValueError(f"There is no preset '{name}'; choose one of {', '.join(PRESETS)}.")
    preset = PRESETS[name]
    steps = command.steps or preset.optimisation.steps
    default = TrainConfig(
        benchmark=command.benchmark,
        source=command.source,
        target=command.target,
        method=command.method,
        isra=preset.isra if command.isra else None,
        settings=preset.settings.get(command.method, {}),
        network=preset.network,
        preprocessing=preset.preprocessing,
        optimisation=replace(preset.optimisation, steps=steps),
        seed=command.seed,
    )
    settings: TrainConfig = tyro.cli(
        TrainConfig,
        prog="python -m isra_model train",
        description="Settings",
        args=list(overrides),
        default=default,
        config=(tyro.conf.AvoidSubcommands,),
    )
    return settings
