"""``python -m isra_model train``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from isra_model.checkpoints import append_record, read_checkpoint, write_card, write_checkpoint
from isra_model.checkpoints.folders import find_model
from isra_model.checkpoints.hub import HubId, fetch_model
from isra_model.checkpoints.metrics import write_metrics
from isra_model.checkpoints.results import record_of
from isra_model.cli.paths import CHECKPOINTS
from isra_model.cli.tasks import load_task
from isra_model.training.config import PRESETS, Preset, TrainConfig, in_form
from isra_model.training.engine import train
from isra_model.training.faults import explained
from isra_model.training.selection import selection_table


@dataclass(frozen=True)
class Train:
    """Train a model. Every other setting of the run can be given too: see 'Settings' below.

    Attributes
    ----------
    source : the labelled domain; for image lists, the list's file.
    target : the unlabelled domain; source = target trains with labels, the in-domain ceiling.
    benchmark : a published benchmark; office-icons, which ships; tree (folders <data>/<domain>/<class>/); lists
        ('path label' lines); or two joined by + (docs/benchmarks.md). The preset's if left out.
    data : the benchmark's folder, the folder that the paths of lists start from, or hf:OWNER/NAME@REVISION.
    method : a method's name.
    isra : plug ISRA in.
    form : of ISRA: paper, released (the authors' program), or ours; the preset's, which is ours, if left out.
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
    benchmark: str | None = None
    data: Path | None = None
    method: str = "ba3us"
    isra: bool = False
    form: str | None = None
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
        task = load_task(config.benchmark, self.source, self.target, self.data)
        config = replace(config, source=task.source, target=task.target)
        folder = self.output or CHECKPOINTS / task.name / config.model_name
        config, start = with_start(config)
        model = train(replace(config, init=start), task, folder, resume=self.resume, tensorboard=self.tensorboard)
        if not model.writes:
            return
        if model.skipped:
            print(f"{len(model.skipped)} images could not be read and were left out, e.g. {model.skipped[0]}")
        with explained(folder):
            write_checkpoint(folder, model.trainee, config, task)
            checkpoint = write_metrics(read_checkpoint(folder), model)
            record = record_of(checkpoint)
            if self.record:
                append_record(self.record, record)
            write_card(checkpoint, [record])
        print(selection_table(checkpoint.metrics["selection_report"], config.selection))
        heldout = "" if model.data.heldout is model.data.target else f", {record.heldout_accuracy} % held-out"
        print(f"{folder}: {record.accuracy} % transductive{heldout}")


def with_start(config: TrainConfig) -> tuple[TrainConfig, str | None]:
    """Return the configuration with ``init`` pinned to a commit, if it is on the Hub, and the folder that it is in."""
    if not config.init:
        return config, None
    if Path(config.init).is_dir():
        return config, str(find_model(config.init, config.model_name))
    folder, found = fetch_model(HubId.parse(config.init), config.model_name)
    print(f"Starting from {found}")
    return replace(config, init=str(found)), str(folder)


def preset_of(command: Train) -> Preset:
    """Return the preset that the command names, or else its benchmark's, or else that of Office-Icons."""
    name = command.preset or (command.benchmark if command.benchmark in PRESETS else "office-icons")
    if name not in PRESETS:
        raise ValueError(f"There is no preset '{name}'; choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def train_config(command: Train, overrides: Sequence[str]) -> TrainConfig:
    """Return the preset's configuration with what the command line says otherwise.

    Raises
    ------
    ValueError
        If there is no such preset or form, or a form is given without ISRA.
    """
    preset = preset_of(command)
    steps = command.steps or preset.optimisation.steps
    isra = preset.isra if command.isra else None
    if command.form:
        if not isra:
            raise ValueError("--form is one of ISRA's: give --isra too.")
        isra = in_form(isra, command.form)
    default = TrainConfig(
        benchmark=command.benchmark or preset.benchmark,
        source=command.source,
        target=command.target,
        method=command.method,
        isra=isra,
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
