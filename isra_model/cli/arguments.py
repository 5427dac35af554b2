"""From the command line to dataclasses: their docstrings are the help, and a wrong argument is one line."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, get_type_hints

import tyro
from tyro.constructors import ConstructorRegistry, StructConstructorSpec, StructFieldSpec, StructTypeInfo

PROGRAM = "python -m isra_model"
REGISTRY = ConstructorRegistry()


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
    said = io.StringIO()
    try:
        with REGISTRY, contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            known, rest = tyro.cli(kind, prog=program, args=list(arguments), return_unknown_args=True, **options)
    except SystemExit as end:
        if end.code:
            raise UsageError(f"{_one_line(said.getvalue())} See {program} --help.") from end
        print(said.getvalue(), end="")
        raise
    return known, rest


@REGISTRY.struct_rule
def described(info: StructTypeInfo) -> StructConstructorSpec | None:
    """Read a dataclass with the help that its docstring gives each field, a line ``name, other : what they are``."""
    if not is_dataclass(info.type) or info.type.__module__.startswith("tyro."):
        return None
    types, texts = get_type_hints(info.type, include_extras=True), attribute_texts(info.type)
    found = [
        StructFieldSpec(field.name, types[field.name], _default(field, info.default), texts.get(field.name))
        for field in fields(info.type)
    ]
    return StructConstructorSpec(info.type, tuple(found))


def attribute_texts(kind: type) -> dict[str, str]:
    """Return what the docstrings of a class and its bases say of each attribute, in one line each."""
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        _, _, attributes = inspect.cleandoc(base.__doc__ or "").partition("----------\n")
        for entry in re.split(r"\n(?=\S)", attributes.partition("\n\n")[0]):
            names, _, text = entry.partition(" : ")
            texts |= {name.strip(): " ".join(text.split()) for name in names.split(",")}
    return texts


def _default(field: Field[Any], given: Any) -> Any:
    if is_dataclass(given):
        return getattr(given, field.name)
    if field.default_factory is not MISSING:
        return field.default_factory()
    return tyro.MISSING if field.default is MISSING else field.default


def _one_line(box: str) -> str:
    """Return what stands in a box that tyro drew, below its title and above the line that its advice is under."""
    plain = re.sub(r"\x1b\[[\d;]*m|[─-]{5,}", "", box)
    lines = [line.strip(" │╭╮╰╯─") for line in plain.splitlines()]
    parts = "\n".join(lines[1:]).strip().split("\n\n")
    return " ".join(parts[0].split()).removesuffix(" (required)").rstrip(".") + "."
