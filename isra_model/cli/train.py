"""``python -m isra_model train``."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, make_dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import tyro

from isra_model.checkpoints import append_record, read_checkpoint, write_card, write_checkpoint
from isra_model.checkpoints.folders import find_model, is_model
from isra_model.checkpoints.hub import HubId, fetch_model
from isra_model.checkpoints.metrics import write_metrics
from isra_model.checkpoints.results import record_of
from isra_model.cli.arguments import PROGRAM, UsageError, parse
from isra_model.cli.paths import CHECKPOINTS
from isra_model.cli.tasks import first_process, load_task
from isra_model.methods import method_class, method_names
from isra_model.training.config import TrainConfig, in_form, preset_for
from isra_model.training.engine import train
from isra_model.training.faults import explained
from isra_model.training.selection import selection_table
from isra_model.training.state import STATE

TRAIN = f"{PROGRAM} train"
FLAT = (tyro.conf.AvoidSubcommands,)


@dataclass(frozen=True)
class Train:
    """Train a model. Every other setting of the run, listed below, can be given too.

    Attributes
    ----------
    source : str
        The labelled domain, or several joined by +, such as solid+colour; for image lists, the list's file.
    target : str
        The unlabelled domain; source = target trains with labels, the in-domain ceiling.
    benchmark : str | None
        A published benchmark; office-icons, which ships; tree (folders <data>/<domain>/<class>/); lists ('path label'
        lines); or two joined by + (docs/benchmarks.md). The preset's if left out.
    data : Path | None
        The benchmark's folder, the folder that the paths of lists start from, or hf:OWNER/NAME@REVISION.
    method : str
        The method's name.
    isra : bool
        Plug ISRA in.
    form : str | None
        Form of ISRA: paper, released (the authors' program), or ours; the preset's, which is ours, if left out.
    preset : str | None
        Whose settings to start from; the benchmark's own if it has one.
    steps : int | None
        T; the preset's if left out.
    seed : int
        Makes the whole run.
    output : Path | None
        The model's folder; one in the task's folder in checkpoints/, if that holds no model yet, if left out.
    resume : bool
        Go on from the last saved state in the output folder.
    record : Path | None
        File to which the finished run is appended as one JSON line.
    tensorboard : bool
        Write the log for TensorBoard too (needs the extra 'tensorboard').
    """

    source: str
    target: str
    benchmark: str | None = None
    data: Path | None = None
    method: Annotated[str, tyro.conf.arg(metavar=f"{{{','.join(method_names())}}}")] = "ba3us"
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
        task = load_task(config.benchmark, self.source, self.target, self.data, config.heldout)
        config = replace(config, source=task.source, target=task.target)
        if self.record and not task.labelled:
            raise UsageError("A record holds accuracies, and this target has no labels: leave --record out.")
        if self.record and self.record.is_dir():
            raise UsageError(f"{self.record} is a folder: give --record the name of a file.")
        folder = self.output or CHECKPOINTS / task.name / config.model_name
        _require_folder(folder)
        if not (folder / STATE).exists() and self.resume:
            _require_nothing_lost(folder)
        elif not self.output and not self.resume:
            _require_new(folder)
        config, start = with_start(config)
        model = train(replace(config, init=start), task, folder, resume=self.resume, tensorboard=self.tensorboard)
        if not model.writes:
            return
        if model.skipped:
            print(f"{len(model.skipped)} images could not be read and were left out, e.g. {model.skipped[0]}")
        if found := model.data.incomplete:
            print(f"Images that lack their last bytes were used as far as they go: {len(found)}, e.g. {found[0]}")
        with explained(folder):
            write_checkpoint(folder, model.trainee, config, task)
            checkpoint = write_metrics(read_checkpoint(folder), model)
            records = [record_of(checkpoint)] if task.labelled else []
            for record in records:
                if self.record:
                    append_record(self.record, record)
            write_card(checkpoint, records)
        print(selection_table(checkpoint.metrics["selection_report"], config.selection))
        print(f"{folder}: {_outcome(checkpoint.metrics, heldout=model.data.heldout is not model.data.target)}")


def _outcome(metrics: Mapping[str, Any], *, heldout: bool) -> str:
    """Return the accuracies; of a target without labels, what was chosen."""
    if "accuracy" not in metrics:
        return f"step {metrics['selected_step']}, by {metrics['selection']}; no accuracy: the target has no labels"
    return f"{metrics['accuracy']} % transductive" + (f", {metrics['heldout_accuracy']} % held-out" if heldout else "")


def _require_folder(folder: Path) -> None:
    if file := next((each for each in (folder, *folder.parents) if each.is_file()), None):
        raise UsageError(f"{file} is a file: give --output the name of a folder.")


def _require_nothing_lost(folder: Path) -> None:
    """Refuse to replace a model by one trained anew where its run was to go on; say so where none was saved."""
    if is_model(folder):
        raise UsageError(
            f"{folder} holds a trained model and no {STATE} to go on from: leave --resume out to train anew."
        )
    print(f"No {STATE} in {folder}: training starts from the first step.")


def _require_new(folder: Path) -> None:
    """Refuse to replace a trained model that was not asked for by name."""
    if is_model(folder):
        raise UsageError(f"{folder} holds a trained model: give another --output, or this one to replace it.")


def with_start(config: TrainConfig) -> tuple[TrainConfig, str | None]:
    """Return the configuration with ``init`` pinned to a commit, if it is on the Hub, and the folder that it is in."""
    if not config.init:
        return config, None
    if Path(config.init).is_dir():
        return config, str(find_model(config.init, config.model_name))
    folder, found = fetch_model(HubId.parse(config.init), config.model_name)
    if first_process():
        print(f"Starting from {found}")
    return replace(config, init=str(found)), str(folder)


def train_config(command: Train, overrides: Sequence[str]) -> TrainConfig:
    """Return the preset's configuration with what the command line says otherwise.

    Raises
    ------
    UsageError
        If an argument is no setting of this run, or has a wrong value.
    ValueError
        If there is no such preset, method or form, or a form is given without ISRA.
    """
    default = default_config(command)
    kind, given = _named_settings(default)
    parsed, unknown = parse(kind, overrides, TRAIN, default=given, config=FLAT)
    if unknown:
        raise UsageError(_no_setting(unknown[0], default))
    values = {each.name: getattr(parsed, each.name) for each in fields(TrainConfig)}
    return TrainConfig(**values | {"settings": asdict(parsed.settings)})


def default_config(command: Train) -> TrainConfig:
    """Return the preset's configuration of the command's task, method and seed."""
    preset = preset_for(command.benchmark, command.preset)
    isra = preset.isra if command.isra else None
    if command.form:
        if not isra:
            raise ValueError("--form is one of ISRA's: give --isra too.")
        isra = in_form(isra, command.form)
    steps = preset.optimisation.steps if command.steps is None else command.steps
    return TrainConfig(
        benchmark=command.benchmark or preset.benchmark,
        source=command.source,
        target=command.target,
        method=command.method,
        isra=isra,
        settings=asdict(method_class(command.method).settings_type(**preset.settings.get(command.method, {}))),
        network=preset.network,
        preprocessing=preset.preprocessing,
        optimisation=replace(preset.optimisation, steps=steps),
        seed=command.seed,
    )


def print_help(arguments: Sequence[str]) -> None:
    """Print the help of the command, then that of every setting, with those of the method among ``arguments``."""
    method = next((name for name in method_names() if name in arguments), Train.method)
    kind, given = _named_settings(default_config(Train(source="", target="", method=method, isra=True)))
    title = f"Settings, with the defaults of Office-Icons and {method}; those that start with --isra need --isra"
    for described, options in ((Train, {}), (kind, {"description": title, "default": given, "config": FLAT})):
        with contextlib.suppress(SystemExit):
            parse(described, ["--help"], TRAIN, **options)


def _named_settings(config: TrainConfig) -> tuple[type, Any]:
    """Return the type of a configuration whose settings are the method's own dataclass, and ``config`` as one.

    What `Train` itself reads has no second place in the help.
    """
    settings = method_class(config.method).settings_type
    fields_read = [(name, tyro.conf.Suppress[str]) for name in ("benchmark", "source", "target", "method")]
    with_defaults = [("seed", tyro.conf.Suppress[int], 0), ("settings", settings, field(default_factory=settings))]
    kind = make_dataclass("Settings", [*fields_read, *with_defaults], bases=(TrainConfig,), frozen=True)
    values = {each.name: getattr(config, each.name) for each in fields(config)}
    return kind, kind(**values | {"settings": settings(**config.settings)})


def _no_setting(argument: str, config: TrainConfig) -> str:
    name = argument.partition("=")[0]
    if name.startswith("--isra.") and not config.isra:
        return f"{name} is one of ISRA's settings: give --isra too."
    if name.startswith("--settings."):
        own = ", ".join(f"--settings.{setting}".replace("_", "-") for setting in config.settings)
        return f"The method {config.method} has no {name}; " + (f"it has {own}." if own else "it has no settings.")
    return f"'{name}' is no setting: {TRAIN} --help lists them all."
