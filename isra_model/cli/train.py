"""``python -m isra_model train``."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, Any

import tyro

from isra_model.checkpoints import append_record, read_checkpoint, write_card, write_checkpoint
from isra_model.checkpoints.folders import file_of_others, find_model, is_model
from isra_model.checkpoints.hub import HubId, fetch_model
from isra_model.checkpoints.metrics import write_metrics
from isra_model.checkpoints.results import record_of
from isra_model.cli.arguments import PROGRAM, UsageError, parse
from isra_model.cli.paths import CHECKPOINTS, require_writable
from isra_model.cli.tasks import first_process, load_task
from isra_model.data.names import first_few
from isra_model.methods import Settings, method_class, method_names
from isra_model.training.config import TrainConfig, in_form, preset_for
from isra_model.training.engine import train
from isra_model.training.faults import explained
from isra_model.training.selection import selection_table
from isra_model.training.state import STATE


@dataclass(frozen=True)
class Train(TrainConfig):
    """Train a model.

    Attributes
    ----------
    settings : Settings
        The method's own choices.
    plugged : bool
        Plug ISRA in.
    form : str | None
        Form of ISRA: paper, released (the authors' program), or ours; the preset's, which is ours, if left out.
    preset : str | None
        Whose settings to start from; the benchmark's own if it has one.
    steps : int | None
        The same as optimisation.steps.
    data : Path | None
        The benchmark's folder, the folder that the paths of lists start from, or hf:OWNER/NAME@REVISION.
    output : Path | None
        The model's folder; one in the task's folder in checkpoints/, if that holds no model yet, if left out.
    resume : bool
        Go on from the last saved state in the output folder.
    record : Path | None
        File to which the finished run is appended as one JSON line.
    tensorboard : bool
        Write the log for TensorBoard too (needs the extra 'tensorboard').
    """

    method: Annotated[str, tyro.conf.arg(metavar=f"{{{','.join(method_names())}}}")]
    settings: Settings = field(default_factory=Settings)  # type: ignore[assignment]
    plugged: Annotated[bool, tyro.conf.arg(name="isra")] = False
    form: str | None = None
    preset: str | None = None
    steps: int | None = None
    data: Path | None = None
    output: Path | None = None
    resume: bool = False
    record: Path | None = None
    tensorboard: bool = False

    def run(self) -> None:
        """Train, measure and write the model."""
        config = self.configuration()
        task = load_task(config.benchmark, config.source, config.target, self.data, config.heldout)
        config = replace(config, source=task.source, target=task.target)
        if self.record and not task.labelled:
            raise UsageError("A record holds accuracies, and this target has no labels: leave --record out.")
        if self.record:
            require_writable(self.record, "--record")
            _require_records(self.record)
        folder = self.output or CHECKPOINTS / task.name / config.model_name
        self._check(folder)
        config, start = with_start(config)
        model = train(replace(config, init=start), task, folder, resume=self.resume, tensorboard=self.tensorboard)
        if not model.writes:
            return
        if model.skipped:
            print(
                f"{len(model.skipped)} images could not be read and were left out:",
                *first_few(model.skipped),
                sep="\n  ",
            )
        if found := model.data.incomplete:
            print(
                f"{len(found)} images that lack their last bytes were used as far as they go:",
                *first_few(found),
                sep="\n  ",
            )
        with explained(folder):
            write_checkpoint(folder, model.trainee, config, task)
            checkpoint = write_metrics(read_checkpoint(folder), model)
            if self.record:
                append_record(self.record, record_of(checkpoint))
            write_card(checkpoint, [])
        print(selection_table(checkpoint.metrics["selection_report"], config.selection))
        print(f"{folder}: {_outcome(checkpoint.metrics, heldout=model.data.heldout is not model.data.target)}")

    def configuration(self) -> TrainConfig:
        """Return the configuration of the run."""
        values = {each.name: getattr(self, each.name) for each in fields(TrainConfig)}
        values |= {"settings": asdict(self.settings), "isra": self.isra if self.plugged else None}
        if self.steps is not None:
            values["optimisation"] = replace(self.optimisation, steps=self.steps)
        return TrainConfig(**values)

    def _check(self, folder: Path) -> None:
        """Refuse a folder that is a file, and to replace what nobody asked to replace: a trained model, or no model."""
        if file := next((each for each in (folder, *folder.parents) if each.is_file()), None):
            raise UsageError(f"{file} is a file: give --output the name of a folder.")
        if not self.resume and not self.output and is_model(folder):
            raise UsageError(f"{folder} holds a trained model: give another --output, or this one to replace it.")
        if self.resume and not (folder / STATE).exists():
            if is_model(folder):
                raise UsageError(
                    f"{folder} holds a trained model and no {STATE} to go on from: leave --resume out to train anew."
                )
            print(f"No {STATE} in {folder}: training starts from the first step.")
        if not (folder / STATE).exists() and (found := file_of_others(folder)):
            raise UsageError(f"{folder} holds a {found} that is no model's: give --output a folder of its own.")


def _require_records(file: Path) -> None:
    """Refuse a file that is there and holds something other than JSON lines."""
    if file.exists() and file.stat().st_size and not file.read_bytes().lstrip().startswith(b"{"):
        raise UsageError(f"{file} holds no recorded runs: give --record a new file, or one that a run was recorded in.")


def _outcome(metrics: Mapping[str, Any], *, heldout: bool) -> str:
    """Return the accuracies; of a target without labels, what was chosen."""
    if "accuracy" not in metrics:
        return f"step {metrics['selected_step']}, by {metrics['selection']}; no accuracy: the target has no labels"
    return f"{metrics['accuracy']} % transductive" + (f", {metrics['heldout_accuracy']} % held-out" if heldout else "")


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


def read_train(arguments: Sequence[str]) -> Train:
    """Return the command that ``arguments`` say; the preset, the method and the form say what they leave out.

    Raises
    ------
    UsageError
        If an argument is no setting of this run or has a wrong value, or is ISRA's where ISRA is not plugged in.
    ValueError
        If there is no such preset, method or form.
    """
    peek = ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("benchmark", "preset", "method", "form", "isra"):
        peek.add_argument(f"--{name}", nargs="?", const="")
    said, _ = peek.parse_known_args(arguments)
    if said.isra is None and (
        own := next((each for each in arguments if each.startswith(("--isra.", "--form"))), None)
    ):
        raise UsageError(f"{own.partition('=')[0]} is one of ISRA's settings: give --isra too.")
    method, preset = said.method or "ba3us", preset_for(said.benchmark, said.preset)
    default = Train(
        benchmark=said.benchmark or preset.benchmark,
        source=tyro.MISSING,
        target=tyro.MISSING,
        method=method,
        isra=in_form(preset.isra, said.form) if said.form else preset.isra,
        settings=method_class(method).settings_type(**preset.settings.get(method, {})),
        network=preset.network,
        preprocessing=preset.preprocessing,
        optimisation=preset.optimisation,
    )
    command: Train = parse(tyro.conf.AvoidSubcommands[Train], arguments, f"{PROGRAM} train --method {method}", default)
    return command
