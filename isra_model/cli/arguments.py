"""From the command line to dataclasses: their docstrings are the help, and a wrong argument is one line."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import tyro

PROGRAM = "python -m isra_model"


class UsageError(ValueError):
    """A command line that cannot be read; the message says what is wrong with it."""


def parse(kind: Any, arguments: Sequence[str], program: str, default: Any = tyro.MISSING) -> Any:
    """Return what ``arguments`` say of a dataclass, or one of a union of them; ``default`` says what they leave out.

    What asks for help ends in `SystemExit`, the help printed.

    Raises
    ------
    UsageError
        If an argument is missing, unknown or has a wrong value.
    """
    _require_values(arguments)
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            return tyro.cli(kind, prog=program, args=[_at_home(each) for each in arguments], default=default)
    except SystemExit as end:
        if end.code:
            raise UsageError(_one_line(said.getvalue())) from end
        print(said.getvalue(), end="")
        raise


def _require_values(arguments: Sequence[str]) -> None:
    """Refuse an empty value, as a shell's unset variable leaves one: as a path it would be the folder one is in."""
    given = [*pairwise(arguments), *(each.split("=", 1) for each in arguments if "=" in each)]
    if empty := next((flag for flag, value in given if flag.startswith("--") and not value), None):
        raise UsageError(f"{empty} is empty: give it a value, or leave it out.")


def _at_home(argument: str) -> str:
    """Return an argument whose ``--flag=~/...`` names the user's own folder, which no shell does behind ``=``."""
    flag, _, value = argument.partition("=")
    return f"{flag}={Path(value).expanduser()}" if flag.startswith("--") and value.startswith("~/") else argument


def with_flags(message: str) -> str:
    """Return a message with each field that it names in backticks as the flag that sets it."""
    return re.sub(r"`([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)`", lambda field: "--" + field[1].replace("_", "-"), message)


def _one_line(message: str) -> str:
    """Return the parts of tyro's message on what is wrong, each as a sentence, with no flag's help."""
    parts = re.split(r"\n *-{5,} *\n", re.sub(r"\n {10,}\S.*", "", message))[1:]
    return " ".join(_sentence(part) for part in parts if "Argument helptext" not in part)


def _sentence(part: str) -> str:
    """Return one part of a message, or, where it proposes flags, their names."""
    text = " ".join(re.split(r"\n *\n", part)[0].split()).rstrip(".") + "."
    if text.startswith("Perhaps you meant"):
        return f"Perhaps you meant {' or '.join(dict.fromkeys(re.findall(r'--[a-z][a-z0-9.-]*', text)))}."
    return re.sub(r"no type matching \{None\}\|(\w+) could be instantiated from \['(.*)'\]", r"'\2' is no \1", text)
