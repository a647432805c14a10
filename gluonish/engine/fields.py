"""Typed operator parameters, read from the signature of an operator's kernel.

A kernel's keyword-only arguments are its parameters; their annotations say what they take::

    def pooling(xp, data, *, kernel: tuple[int, ...] = (), pool_type: Literal["max", "avg"] = "max"): ...

Every parameter also parses from a string, because a ``symbol.json`` stores strings and MXNet's functions
accept them.
"""

from __future__ import annotations

import ast
import inspect
import numbers
import operator
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np

from gluonish.context import Context, as_context
from gluonish.dtype import any_dtype, as_dtype
from gluonish.errors import ArgumentError, DTypeError

__all__ = ["REQUIRED", "AnyDType", "DType", "Field", "Scalar", "fields_of"]

DType: TypeAlias = np.dtype[Any]
"""Annotation of a parameter that names an element type."""

AnyDType: TypeAlias = np.dtype[np.generic]
"""Annotation of a parameter that names an element type of Tensors: a complex one, too."""

Scalar: TypeAlias = int | float
"""Annotation of a number that keeps its kind: 2 stays an int, 2.0 a float."""


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Any = _Required()
"""The default of a parameter that must be given."""


class _NotOfThisKind(Exception):  # noqa: N818  never leaves this module
    """A parser cannot read the value."""


def _literal(value: Any) -> Any:
    """Read a string as the Python value it writes; leave anything else alone."""
    if not isinstance(value, str):
        return value
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError):
        raise _NotOfThisKind from None


def _parse_int(value: Any) -> int:
    value = _literal(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)  # MXNet's JSON and many old programs write 2.0 for a count
    try:
        return operator.index(value)
    except TypeError:
        raise _NotOfThisKind from None


def _parse_float(value: Any) -> float:
    if isinstance(value, str) and value.strip().lower() in ("inf", "-inf", "nan"):
        return float(value)
    value = _literal(value)
    if isinstance(value, (numbers.Real, np.generic)):
        return float(value)
    raise _NotOfThisKind


def _parse_scalar(value: Any) -> int | float:
    value = _literal(value)
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (int, float)):
        return value
    raise _NotOfThisKind


_BOOLS = {"true": True, "1": True, "false": False, "0": False}


def _parse_bool(value: Any) -> bool:
    if isinstance(value, str):
        value = _BOOLS.get(value.strip().lower(), value)
    if isinstance(value, (bool, np.bool_)) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    raise _NotOfThisKind


def _parse_str(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _NotOfThisKind


def _parse_dtype(value: Any) -> DType:
    return as_dtype(value)


def _parse_context(value: Any) -> Context:
    # An empty string is how MXNet's creation operators write "the current context".
    if isinstance(value, (Context, str)):
        return as_context(value or None)
    raise _NotOfThisKind


def _parse_any(value: Any) -> Any:
    return value


def _tuple_parser(parse_entry: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    def parse_tuple(value: Any) -> tuple[Any, ...]:
        value = _literal(value)
        if isinstance(value, np.ndarray):
            value = value.tolist()
        entries = value if isinstance(value, (tuple, list)) else (value,)
        return tuple(parse_entry(entry) for entry in entries)

    return parse_tuple


def _optional_parser(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def parse_optional(value: Any) -> Any:
        return None if value is None or value in ("None", "null") else parse(value)

    return parse_optional


def _choice_parser(choices: tuple[Any, ...]) -> Callable[[Any], Any]:
    def parse_choice(value: Any) -> Any:
        if value in choices:
            return value
        raise _NotOfThisKind

    return parse_choice


_PARSERS: dict[Any, tuple[Callable[[Any], Any], str]] = {
    int: (_parse_int, "an integer"),
    float: (_parse_float, "a number"),
    bool: (_parse_bool, "True or False"),
    str: (_parse_str, "a string"),
    Scalar: (_parse_scalar, "a number"),
    np.dtype[Any]: (_parse_dtype, "a dtype"),
    np.dtype[np.generic]: (any_dtype, "a dtype"),
    Context: (_parse_context, "a context"),
    Any: (_parse_any, "anything"),
}


def _reader(annotation: Any) -> tuple[Callable[[Any], Any], str]:
    """Return the parser for an annotation and the words for what it takes."""
    if annotation in _PARSERS:
        return _PARSERS[annotation]
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return _choice_parser(args), "one of " + ", ".join(map(repr, args))
    if origin is tuple:
        parse, words = _reader(args[0])
        return _tuple_parser(parse), f"a tuple, each entry {words}"
    if origin in (typing.Union, types.UnionType) and type(None) in args:
        inner = [arg for arg in args if arg is not type(None)]
        parse, words = _reader(Scalar if inner == [int, float] else inner[0])
        return _optional_parser(parse), f"{words}, or None"
    if origin in (typing.Union, types.UnionType) and set(args) == {int, float}:
        return _PARSERS[Scalar]
    raise TypeError(f"no parser for operator parameters annotated {annotation!r}")


@attrs.frozen
class Field:
    """One parameter of an operator.

    Attributes:
        name: its keyword.
        default: its value when it is not given, or REQUIRED.
        annotation: the type as written in the kernel's signature.
        expected: the same in words, for messages.
    """

    name: str
    default: Any
    annotation: Any
    expected: str
    _parse: Callable[[Any], Any] = attrs.field(repr=False, eq=False)

    def parse(self, value: Any, operator_name: str) -> Any:
        """Return ``value`` as this parameter's type.

        Raises:
            ArgumentError: it is not of that type, or not one of the choices.
            DTypeError: it names no element type.
        """
        try:
            return self._parse(value)
        except (_NotOfThisKind, DTypeError) as refusal:
            kind = DTypeError if isinstance(refusal, DTypeError) else ArgumentError
            raise kind(
                f"Operator {operator_name!r}",
                f"cannot take this for its parameter {self.name!r}",
                expected=self.expected,
                received=repr(value),
            ) from None


def fields_of(kernel: Callable[..., Any], *, skip: tuple[str, ...]) -> dict[str, Field]:
    """Read the parameters of an operator from the keyword-only arguments of its kernel."""
    hints = typing.get_type_hints(kernel)
    fields = {}
    for name, argument in inspect.signature(kernel).parameters.items():
        if argument.kind is not argument.KEYWORD_ONLY or name in skip:
            continue
        parse, expected = _reader(hints[name])
        default = REQUIRED if argument.default is argument.empty else argument.default
        fields[name] = Field(name, default, hints[name], expected, parse)
    return fields
