"""Values that people give in Python, where nothing else has looked at what they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_CALLED = {bool: "True or False", float: "a number", int: "a whole number", str: "text", NoneType: "None"}


class WrongValueError(TypeError, ValueError):
    """A value that is not what it has to be; the message names it and says what to give."""


def require(name: str, value: object, kind: Any) -> None:
    """Refuse a value that is not of a type such as ``int``, ``str | None``, ``Literal["a", "b"]`` or a class.

    Raises
    ------
    WrongValueError
        If it is not; the message calls it ``name``.
    """
    if not _fits(value, kind):
        said = repr(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"
        verb = "choose one of" if get_origin(kind) is Literal else "give"
        raise WrongValueError(f"`{name}` is {said}: {verb} {_called(kind)}.")


def require_count(name: str, value: object) -> None:
    """Refuse what is no whole number from 1.

    Raises
    ------
    WrongValueError
        If it is none.
    """
    require(name, value, int)
    if int(value) < 1:  # type: ignore[call-overload]
        raise WrongValueError(f"`{name}` is {value}: give 1 or more.")


def require_fields(settings: Any, prefix: str = "") -> None:
    """Refuse a dataclass of which a field, or one of a dataclass in it, is not of its type.

    Raises
    ------
    WrongValueError
        If one is not; the message calls it by its name behind ``prefix``.
    """
    kinds = get_type_hints(type(settings))
    for field in fields(settings):
        value = getattr(settings, field.name)
        require(prefix + field.name, value, kinds[field.name])
        if is_dataclass(value):
            require_fields(value, f"{prefix}{field.name}.")


def _fits(value: object, kind: Any) -> bool:
    origin, members = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in members)
    if origin is Literal:
        return isinstance(value, str) and value in members
    if origin is tuple:
        return isinstance(value, tuple | list) and all(_fits(each, members[0]) for each in value)
    if origin is dict:
        return isinstance(value, Mapping)
    number = {int: Integral, float: Real}.get(kind)
    return isinstance(value, number or kind) and not (number and isinstance(value, bool))


def _called(kind: Any) -> str:
    origin, members = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(members)
    if origin in (Union, UnionType):
        return " or ".join(map(_called, members))
    if origin in (dict, tuple):
        return "a dictionary" if origin is dict else "a tuple of numbers"
    return _CALLED.get(kind) or f"{'an' if kind.__name__[0] in 'AEIO' else 'a'} {kind.__name__}"
