"""Padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gluonish.errors import ArgumentError
from gluonish.nn.functional.arguments import check_choice, run, tensor_of
from gluonish.tensors import Tensor, functions

__all__ = ["pad"]

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Put elements around the last axes of a tensor, or take some away.

    Args:
        input: the tensor.
        pad: two widths for each axis, before and after it, beginning with the last axis. Negative widths cut.
        mode: what to put there: "constant", "reflect" (the elements behind the edge, mirrored), "replicate"
            (the element at the edge) or "circular" (those at the other end).
        value: the constant; 0 if None.

    Raises:
        ArgumentError: another mode; or widths for more axes than there are, or for half an axis.
        ShapeMismatchError: a mirror would have to show more than there is.

    Example:
        >>> from gluonish import Tensor
        >>> from gluonish.nn import functional as F
        >>> F.pad(Tensor([1.0, 2.0]), (1, 2))
        Tensor([0.0, 1.0, 2.0, 0.0, 0.0], grad=None)
    """
    x = tensor_of(input, "pad")
    check_choice(mode, (*MODES, "circular"), "mode", "pad")
    widths = [int(width) for width in pad]
    if len(widths) % 2 or len(widths) > 2 * x.ndim:
        raise ArgumentError(
            "pad()",
            "needs two widths for each axis",
            expected=f"at most {2 * x.ndim} numbers, two by two",
            received=str(tuple(widths)),
        )
    before, after = widths[::2], widths[1::2]
    pairs = [(0, 0)] * (x.ndim - len(before)) + list(zip(before, after, strict=True))[::-1]
    x = _cut(x, pairs)
    pairs = [(max(a, 0), max(b, 0)) for a, b in pairs]
    if not any(map(any, pairs)):
        return x
    if mode == "circular":
        return _wrapped(x, pairs)
    flat = tuple(width for pair in pairs for width in pair)
    return run("Pad", x, mode=MODES[mode], pad_width=flat, constant_value=0.0 if value is None else value)


def _cut(x: Tensor, pairs: list[tuple[int, int]]) -> Tensor:
    """Take away what negative widths say."""
    if all(width >= 0 for pair in pairs for width in pair):
        return x
    return x[tuple(slice(max(-a, 0), size - max(-b, 0)) for (a, b), size in zip(pairs, x.shape, strict=True))]


def _wrapped(x: Tensor, pairs: list[tuple[int, int]]) -> Tensor:
    for axis, (before, after) in enumerate(pairs):
        size = x.shape[axis]
        if max(before, after) > size:
            raise ArgumentError(
                "pad()",
                f"cannot go round an axis of {size} more than once",
                expected=f"widths up to {size}",
                received=str((before, after)),
            )
        if before or after:
            ends = functions.narrow(x, axis, size - before, before), functions.narrow(x, axis, 0, after)
            x = functions.cat([each for each in (ends[0], x, ends[1]) if each.shape[axis]], axis)
    return x
