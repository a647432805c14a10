"""Shapes in which an axis, or the rank itself, may still be unknown.

A known axis is an int, an unknown one is ``None``; a shape of unknown rank is ``None``. Zero is a legal
size. MXNet wrote an unknown axis as 0 (or -1): that spelling is understood at the border, by
``from_mxnet``, and nowhere else.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError

__all__ = [
    "DECLARED",
    "FILLED",
    "GIVEN",
    "RESULTING",
    "Dim",
    "PartialShape",
    "Shape",
    "Wording",
    "as_shape",
    "format_shape",
    "from_mxnet",
    "is_known",
    "merge_shapes",
    "shape_size",
]

Dim: TypeAlias = "int | None"
Shape: TypeAlias = "tuple[int, ...]"
PartialShape: TypeAlias = "tuple[int | None, ...] | None"


def is_known(shape: PartialShape) -> bool:
    """Tell whether the rank and every axis are known.

    Example:
        >>> is_known((2, 0)), is_known((2, None)), is_known(None), is_known(())
        (True, False, False, True)
    """
    return shape is not None and None not in shape


def shape_size(shape: Shape) -> int:
    """Return the number of elements of a shape."""
    return math.prod(shape)


def format_shape(shape: PartialShape) -> str:
    """Write a shape for people, unknown axes as ``?``.

    Example:
        >>> format_shape((64, None)), format_shape((3,)), format_shape(None)
        ('(64, ?)', '(3,)', '?')
    """
    if shape is None:
        return "?"
    dims = ["?" if dim is None else str(dim) for dim in shape]
    return f"({dims[0]},)" if len(dims) == 1 else f"({', '.join(dims)})"


class Wording(NamedTuple):
    """How a contradiction between two statements about one shape is told.

    Attributes:
        problem: the sentence after the subject; ``{before}`` and ``{after}`` are the two shapes.
        expects_before: whether the first statement is what was expected, or the second.
    """

    problem: str
    expects_before: bool = True


DECLARED = Wording("was declared {before} and cannot become {after}")
FILLED = Wording("has shape {before} and cannot take {after}")
GIVEN = Wording("has shape {before} where the rest of the call needs {after}", expects_before=False)
RESULTING = Wording("would have shape {before} by some arguments and {after} by others")


def merge_shapes(
    before: PartialShape,
    after: PartialShape,
    *,
    owner: str,
    fix: str | None = None,
    wording: Wording = DECLARED,
) -> PartialShape:
    """Return everything that two statements about one shape say together.

    This is the only code that reconciles shapes, and the only place that words the error.

    Args:
        before: what was known before.
        after: what is said now.
        owner: the subject of the error: ``"Parameter 'dense0_weight'"``.
        fix: what to do about a contradiction.
        wording: how the error tells it.

    Raises:
        ShapeMismatchError: the ranks differ, or an axis has two sizes.

    Example:
        >>> merge_shapes((64, None), (None, 100), owner="Parameter 'w'")
        (64, 100)
        >>> merge_shapes((64, None), (32, 100), owner="Parameter 'w'")
        Traceback (most recent call last):
            ...
        gluonish.errors.ShapeMismatchError: Parameter 'w' was declared (64, ?) and cannot become (32, 100).
          Axis 0: expected 64, received 32.
    """
    if before is None or before == after:
        return after
    if after is None:
        return before
    if len(before) != len(after) or any(map(_differ, before, after)):
        raise _contradiction(before, after, owner, fix, wording)
    return tuple([second if first is None else first for first, second in zip(before, after, strict=True)])


def _contradiction(
    before: tuple[Dim, ...], after: tuple[Dim, ...], owner: str, fix: str | None, wording: Wording
) -> ShapeMismatchError:
    expected, received = (before, after) if wording.expects_before else (after, before)
    if len(before) != len(after):
        detail = f"It has {len(before)} axes: expected {len(expected)}, received {len(received)}."
    else:
        axis = next(i for i, pair in enumerate(zip(before, after, strict=True)) if _differ(*pair))
        detail = f"Axis {axis}: expected {expected[axis]}, received {received[axis]}."
    problem = wording.problem.format(before=format_shape(before), after=format_shape(after))
    return ShapeMismatchError(owner, problem, fix=f"{detail} {fix}" if fix else detail)


def _differ(first: Dim, second: Dim) -> bool:
    return first is not None and second is not None and first != second


def as_shape(value: int | Iterable[int], *, owner: str = "The shape") -> Shape:
    """Return a complete shape from an int or a sequence of ints.

    Raises:
        ArgumentTypeError: an entry is no integer.
        ArgumentError: an entry is negative.

    Example:
        >>> as_shape(3), as_shape([2, 4])
        ((3,), (2, 4))
    """
    entries = value if isinstance(value, Iterable) else (value,)
    try:
        shape = tuple(operator.index(entry) for entry in entries)
    except TypeError:
        raise ArgumentTypeError(
            owner,
            "is not made of integers",
            expected="an int or a tuple of ints",
            received=repr(value),
        ) from None
    if any(dim < 0 for dim in shape):
        raise ArgumentError(owner, "has a negative axis", received=repr(value))
    return shape


def from_mxnet(
    value: int | Iterable[int | None] | None,
    *,
    owner: str = "The shape",
    zero_is_unknown: bool = True,
) -> PartialShape:
    """Return the partial shape that MXNet's spelling means: -1, None and (by default) 0 are unknown.

    Args:
        value: None (nothing known), an int (one axis), or a sequence.
        owner: the subject of an error.
        zero_is_unknown: False where 0 is a size, as under MXNet's NumPy semantics.

    Example:
        >>> from_mxnet((64, 0)), from_mxnet(5), from_mxnet(None)
        ((64, None), (5,), None)
    """
    if value is None:
        return None
    entries = value if isinstance(value, Iterable) else (value,)
    dims: list[Dim] = []
    for entry in entries:
        try:
            dim = None if entry is None else operator.index(entry)
        except TypeError:
            raise ArgumentTypeError(
                owner,
                "is not made of integers",
                expected="an int or a tuple of ints, 0 or -1 for an unknown axis",
                received=repr(value),
            ) from None
        if dim is not None and dim < -1:
            raise ArgumentError(
                owner,
                "has a negative axis",
                expected="sizes of 0 or more, 0 or -1 for an unknown axis",
                received=repr(value),
            )
        dims.append(None if dim == -1 or (dim == 0 and zero_is_unknown) else dim)
    return tuple(dims)
