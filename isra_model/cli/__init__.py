"""The command line: ``python -m isra_model COMMAND``, one file a command."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import tyro
from tyro.conf import subcommand

from isra_model.cli.bench import Bench
from isra_model.cli.benchmark import Benchmark
from isra_model.cli.data import Data
from isra_model.cli.evaluate import Evaluate
from isra_model.cli.findings import Findings
from isra_model.cli.gallery import BuildGallery
from isra_model.cli.inspect import Inspect
from isra_model.cli.publish import Publish
from isra_model.cli.report import Report
from isra_model.cli.study import Study
from isra_model.cli.train import Train
from isra_model.data.decoding import ImageError
from isra_model.networks.backbones import BackboneError
from isra_model.training.faults import Terminated, TrainingError

Command = (
    Annotated[Data, subcommand("data")]
    | Annotated[Train, subcommand("train")]
    | Annotated[Evaluate, subcommand("evaluate")]
    | Annotated[Benchmark, subcommand("benchmark")]
    | Annotated[Study, subcommand("study")]
    | Annotated[Findings, subcommand("findings")]
    | Annotated[Report, subcommand("report")]
    | Annotated[BuildGallery, subcommand("gallery")]
    | Annotated[Inspect, subcommand("inspect")]
    | Annotated[Bench, subcommand("bench")]
    | Annotated[Publish, subcommand("publish")]
)
PROBLEMS = (BackboneError, ImageError, OSError, TrainingError, ValueError)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; a problem that the user can mend is one line on standard error and exit code 2, SIGTERM 143."""
    try:
        command, rest = tyro.cli(Command, prog="python -m isra_model", args=arguments, return_unknown_args=True)
        if isinstance(command, Train):
            command.run(rest)
        elif rest:
            raise ValueError(f"'{rest[0]}' is not an argument of this command; see --help.")
        else:
            command.run()
    except PROBLEMS as error:
        print(f"isra_model: {error}", file=sys.stderr)
        return 2
    except Terminated as stopped:
        print(f"isra_model: {stopped}", file=sys.stderr)
        return 128 + signal.SIGTERM
    return 0
