"""From the command line to dataclasses: their docstrings are the help, and a wrong argument is one line."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tyro

PROGRAM = "python -m isra_model"


class UsageError(ValueError):
    """A command line that cannot be read; the message says what is wrong with it."""


def parse(kind: Any, arguments: Sequence[str], program: str = PROGRAM, **options: Any) -> tuple[Any, list[str]]:
    """Return what ``arguments`` say of a dataclass, or one of a union of them, and the arguments that were not read.

    ``options`` are those of `tyro.cli`. What asks for help ends in `SystemExit`, the help printed.

    Raises
    ------
    UsageError
        If an argument is missing or has a wrong value.
    """
    given, said = [_at_home(each) for each in arguments], io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            known, rest = tyro.cli(kind, prog=program, args=given, return_unknown_args=True, **options)
    except SystemExit as end:
        if end.code:
            raise UsageError(f"{_one_line(said.getvalue())} See {program} --help.") from end
        print(said.getvalue(), end="")
        raise
    return known, rest


def _at_home(argument: str) -> str:
    """Return an argument whose ``--flag=~/...`` names the user's own folder, which no shell does behind ``=``."""
    flag, _, value = argument.partition("=")
    return f"{flag}={Path(value).expanduser()}" if flag.startswith("--") and value.startswith("~/") else argument


def with_flags(message: str) -> str:
    """Return a message with each field that it names in backticks as the flag that sets it."""
    return re.sub(r"`([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)`", lambda field: "--" + field[1].replace("_", "-"), message)


def _one_line(box: str) -> str:
    """Return what stands in a box that tyro drew, below its title and above the line that its advice is under."""
    plain = re.sub(r"\x1b\[[\d;]*m|[─-]{5,}", "", box)
    lines = [line.strip(" │╭╮╰╯─") for line in plain.splitlines()]
    parts = "\n".join(lines[1:]).strip().split("\n\n")
    line = " ".join(parts[0].split()).removesuffix(" (required)").rstrip(".") + "."
    return re.sub(r"no type matching \{None\}\|(\w+) could be instantiated from \['(.*)'\]", r"'\2' is no \1", line)
