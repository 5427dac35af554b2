"""The command line: ``python -m isra_model COMMAND``, one file a command."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Sequence
from typing import Annotated

from tyro.conf import subcommand

from isra_model.cli.arguments import PROGRAM, parse, with_flags
from isra_model.cli.bench import Bench
from isra_model.cli.benchmark import Benchmark
from isra_model.cli.data import Data
from isra_model.cli.evaluate import Evaluate
from isra_model.cli.figure import PaperFigure
from isra_model.cli.findings import Findings
from isra_model.cli.gallery import BuildGallery
from isra_model.cli.inspect import Inspect
from isra_model.cli.looks import LearnLooks
from isra_model.cli.publish import Publish
from isra_model.cli.recipes import Recipes
from isra_model.cli.report import Report
from isra_model.cli.study import Study
from isra_model.cli.topics import Topics
from isra_model.cli.train import Train, read_train
from isra_model.data.decoding import ImageError
from isra_model.networks.backbones import BackboneError
from isra_model.training.faults import Terminated, TrainingError

Command = (
    Annotated[Data, subcommand("data")]
    | Annotated[Train, subcommand("train")]
    | Annotated[Evaluate, subcommand("evaluate")]
    | Annotated[Benchmark, subcommand("benchmark")]
    | Annotated[Topics, subcommand("topics")]
    | Annotated[Study, subcommand("study")]
    | Annotated[Findings, subcommand("findings")]
    | Annotated[PaperFigure, subcommand("figure")]
    | Annotated[Report, subcommand("report")]
    | Annotated[BuildGallery, subcommand("gallery")]
    | Annotated[LearnLooks, subcommand("looks")]
    | Annotated[Inspect, subcommand("inspect")]
    | Annotated[Recipes, subcommand("recipes")]
    | Annotated[Bench, subcommand("bench")]
    | Annotated[Publish, subcommand("publish")]
)
PROBLEMS = (BackboneError, ImageError, ModuleNotFoundError, OSError, TrainingError, ValueError)
EXTRA_OF = dict.fromkeys(("gradio", "gradio_client", "openTSNE", "plotly", "umap"), "app") | {
    "datasets": "hub-datasets",
    "kaleido": "figures",
    "ray": "ray",
    "resvg_py": "data",
    "tensorboard": "tensorboard",
}
"""The extra that brings a module."""

ADVICE = {
    errno.EEXIST: "a file of this name is in the way: remove it, or give another path",
    errno.EACCES: "check its permissions, or give another folder",
    errno.EISDIR: "give the name of a file in it",
    errno.ENOENT: "check the path",
    errno.ENOSPC: "free some space, or give a folder on another disk",
    errno.ELOOP: "a link leads back to itself: give another path",
    errno.ENAMETOOLONG: "give a shorter name",
    errno.ENOTDIR: "give a folder",
    errno.EPERM: "give a folder that can be written",
    errno.EROFS: "give a folder that can be written",
}


def read_command(arguments: Sequence[str]) -> Command:
    """Return the command that ``arguments`` say."""
    return read_train(arguments[1:]) if arguments[:1] == ["train"] else parse(Command, arguments, PROGRAM)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0, or 2 with one line on standard error that a user can act on.

    SIGTERM exits with 143, Ctrl-C with 130, and a reader of the output that is gone, such as ``head``, with 141.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        read_command(arguments).run()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except PROBLEMS as error:
        print(f"isra_model: {with_flags(_said(error))}", file=sys.stderr)
        return 2
    except Terminated as stopped:
        print(f"isra_model: {with_flags(str(stopped))}", file=sys.stderr)
        return 128 + stopped.signal
    except KeyboardInterrupt:
        print("isra_model: Interrupted.", file=sys.stderr)
        return 128 + signal.SIGINT
    return 0


def _said(error: Exception) -> str:
    """Return an error's message; of what is not installed, or the system refuses, what to do."""
    if isinstance(error, ModuleNotFoundError) and error.name in EXTRA_OF:
        return f"This needs {error.name}, which is not installed: pip install 'isra-model[{EXTRA_OF[error.name]}]'."
    if not isinstance(error, OSError) or error.errno not in ADVICE:
        return str(error)
    parts = (error.filename2 or error.filename, error.strerror, ADVICE[error.errno])
    return f"{': '.join(str(part) for part in parts if part)}."
