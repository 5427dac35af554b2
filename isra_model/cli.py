"""The command line: ``python -m isra_model data | train | evaluate | report | gallery | inspect | bench``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from tyro.conf import subcommand

from isra_model.checkpoints import append_record, read_checkpoint, read_records, write_card, write_checkpoint
from isra_model.checkpoints.card import MODELS, replace_between_marks
from isra_model.checkpoints.metrics import accuracies, commit, write_metrics
from isra_model.checkpoints.results import accuracy_table, paired_difference, record_of
from isra_model.data.benchmark import BenchmarkError, Task
from isra_model.data.benchmarks import office_icons_task
from isra_model.data.decoding import OWN_FILES, ImageError, open_image
from isra_model.data.folder import load_tree
from isra_model.data.image_list import load_image_lists
from isra_model.data.task import partial_task
from isra_model.files import write_json
from isra_model.networks.backbones import BackboneError
from isra_model.training.config import PRESETS, TrainConfig
from isra_model.training.engine import TrainingError, decode_task, train

ROOT = Path(__file__).resolve().parents[1]
CHECKPOINTS = ROOT / "checkpoints"
RECORDS = ROOT / "results" / "office-icons" / "runs.jsonl"
JOINT = "ba3us-isra-joint"
SPEED = (
    "From an upload to the full panel the app takes {upload_to_panel:.2f} s at the median of {uploads} uploads, "
    "{ratio:.0f} times one bare forward pass, and its first page {first_page:.1f} s after imports "
    "({device}, {date}, commit {commit}; `python -m isra_model bench app`)."
)


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


@dataclass(frozen=True)
class Evaluate:
    """Measure a checkpoint's accuracy on its target, transductive and held-out.

    Attributes
    ----------
    checkpoint : a model's folder.
    data : where the images are, as for 'train'.
    """

    checkpoint: tyro.conf.Positional[Path]
    data: Path | None = None


@dataclass(frozen=True)
class Inspect:
    """Print what a model sees in an image, as JSON.

    Attributes
    ----------
    checkpoint : a model's folder, or a task's folder with 'model'.
    image : an image file.
    model : which model of a task's folder.
    """

    checkpoint: tyro.conf.Positional[str]
    image: Path
    model: str = "ba3us-isra"


@dataclass(frozen=True)
class BuildGallery:
    """Write what the app shows of a task: features, thumbnails, UMAP and t-SNE maps.

    Attributes
    ----------
    task : a task's folder of checkpoints.
    data : where the images are, as for 'train'.
    """

    task: tyro.conf.Positional[Path]
    data: Path | None = None


@dataclass(frozen=True)
class Report:
    """Write the recorded numbers into the README and the model cards.

    Attributes
    ----------
    checkpoints : the folder of tasks.
    records : the recorded runs.
    bench : the recorded speed of the app.
    readme : the file that holds the numbers between its marks.
    """

    checkpoints: Path = CHECKPOINTS
    records: Path = RECORDS
    bench: Path = ROOT / "results" / "bench-app.json"
    readme: Path = ROOT / "README.md"


@dataclass(frozen=True)
class Bench:
    """Measure speed, as ratios to a bare forward pass in the same run.

    Attributes
    ----------
    what : "app", from upload to the full panel.
    json : file to write the result to.
    """

    what: tyro.conf.Positional[Literal["app"]]
    json: Path | None = None


@dataclass(frozen=True)
class Data:
    """Build the dataset that ships with the project from its pinned icon sets.

    Attributes
    ----------
    what : "build-office-icons".
    output : folder of the Parquet files, card, attribution and digest.
    iconify : an unpacked @iconify/json; fetched with npm if left out.
    contact_sheets : folder for one sheet of tiles a class, for review.
    """

    what: tyro.conf.Positional[Literal["build-office-icons"]]
    output: Path = ROOT / "assets" / "office-icons"
    iconify: Path | None = None
    contact_sheets: Path | None = None


Command = (
    Annotated[Data, subcommand("data")]
    | Annotated[Train, subcommand("train")]
    | Annotated[Evaluate, subcommand("evaluate")]
    | Annotated[Report, subcommand("report")]
    | Annotated[BuildGallery, subcommand("gallery")]
    | Annotated[Inspect, subcommand("inspect")]
    | Annotated[Bench, subcommand("bench")]
)
PROBLEMS = (BackboneError, ImageError, OSError, TrainingError, ValueError)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; a problem that the user can mend is one line on standard error and exit code 2."""
    try:
        command, rest = tyro.cli(Command, prog="python -m isra_model", args=arguments, return_unknown_args=True)
        if isinstance(command, Train):
            _train(command, rest)
        elif rest:
            raise ValueError(f"'{rest[0]}' is not an argument of this command; see --help.")
        else:
            _ACTIONS[type(command)](command)
    except PROBLEMS as error:
        print(f"isra_model: {error}", file=sys.stderr)
        return 2
    return 0


def load_task(command: Train | TrainConfig, data: Path | None) -> Task:
    """Return the task that a command line or a checkpoint's configuration names.

    Raises
    ------
    BenchmarkError
        If the benchmark, a domain or a class is not there.
    """
    if command.benchmark == "office-icons":
        return office_icons_task(command.source, command.target)
    if data is None:
        raise BenchmarkError(f"The benchmark '{command.benchmark}' needs --data, the folder where its images are.")
    if command.benchmark == "lists":
        lists = {name: Path(name) for name in (command.source, command.target)}
        return partial_task(load_image_lists("lists", lists, root=data), command.source, command.target)
    if command.benchmark == "tree":
        return partial_task(load_tree(data), command.source, command.target)
    raise BenchmarkError(f"There is no benchmark '{command.benchmark}'; choose office-icons, tree or lists.")


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


def _train(command: Train, overrides: Sequence[str]) -> None:
    config = train_config(command, overrides)
    task = load_task(command, command.data)
    folder = command.output or CHECKPOINTS / task.name / config.model_name
    model = train(config, task, folder, resume=command.resume, tensorboard=command.tensorboard)
    if model.data.skipped:
        print(f"{len(model.data.skipped)} images could not be read and were left out, e.g. {model.data.skipped[0]}")
    write_checkpoint(folder, model.trainee, config, task)
    checkpoint = write_metrics(read_checkpoint(folder), model)
    record = record_of(checkpoint)
    if command.record:
        append_record(command.record, record)
    write_card(checkpoint, [record])
    print(f"{folder}: {record.accuracy} % transductive, {record.heldout_accuracy} % held-out")


def _evaluate(command: Evaluate) -> None:
    checkpoint = read_checkpoint(command.checkpoint)
    data = decode_task(load_task(checkpoint.training, command.data), checkpoint.preprocessing.resize)
    print(json.dumps(accuracies(checkpoint, data), indent=2))


def _report(command: Report) -> None:
    records = read_records(command.records)
    for folder in sorted(command.checkpoints.glob("*/*/config.json")):
        write_card(read_checkpoint(folder.parent), records)
    joint = [(record.source, record.target, record.seed) for record in records if record.model == JOINT]
    compared = [record for record in records if (record.source, record.target, record.seed) in joint]
    difference = paired_difference(records, "ba3us-isra", "ba3us")
    replace_between_marks(command.readme, "accuracy", f"{accuracy_table(records, MODELS)}\n\n{difference}")
    replace_between_marks(command.readme, "joint", accuracy_table(compared, ["ba3us", "ba3us-isra", JOINT]))
    if command.bench.exists():
        speed = SPEED.format(**json.loads(command.bench.read_text()))
        replace_between_marks(command.readme, "speed", speed)


def _gallery(command: BuildGallery) -> None:
    from isra_model.inspection.folders import model_folders
    from isra_model.inspection.gallery_building import build_gallery

    checkpoint = read_checkpoint(model_folders(command.task)[0])
    build_gallery(command.task, load_task(checkpoint.training, command.data), report=print)


def _inspect(command: Inspect) -> None:
    from isra_model.inspection import Inspector
    from isra_model.inspection.serialise import view_as_json

    inspector = Inspector.from_pretrained(command.checkpoint, model=command.model)
    print(json.dumps(view_as_json(inspector.look(open_image(command.image, OWN_FILES))), indent=2))


def _bench(command: Bench) -> None:
    from isra_model.interface.bench import bench_app

    run = {"commit": commit(), "date": date.today().isoformat(), "device": f"{os.cpu_count()} CPU cores"}
    result = asdict(bench_app(CHECKPOINTS)) | run
    print(json.dumps(result, indent=2))
    if command.json:
        write_json(command.json, result)


def _data(command: Data) -> None:
    from isra_model.data.office_icons.build import BuildConfig, build_office_icons

    config = BuildConfig(output=command.output, iconify=command.iconify, contact_sheets=command.contact_sheets)
    build_office_icons(config)


_ACTIONS: dict[type, Callable[[Any], None]] = {
    Data: _data,
    Evaluate: _evaluate,
    Report: _report,
    BuildGallery: _gallery,
    Inspect: _inspect,
    Bench: _bench,
}
