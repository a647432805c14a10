"""Helpers for training on several contexts, and for files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import numpy as np

from gluonish import nd
from gluonish.context import Context
from gluonish.engine import team
from gluonish.engine.kinds import of_current_kind
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.gluon.files import check_sha1, download, replace_file
from gluonish.gluon.hooks import HookHandle
from gluonish.gluon.parameter import Parameter
from gluonish.gluon.parameter_dict import ParameterDict
from gluonish.parameter.norms import clip_arrays, clip_parameters
from gluonish.parameter.plan import Plan
from gluonish.shape import format_shape
from gluonish.util import is_np_shape

__all__ = [
    "HookHandle",
    "call_together",
    "check_sha1",
    "clip_global_norm",
    "download",
    "replace_file",
    "shape_is_known",
    "split_and_load",
    "split_data",
]


def split_data(data: NDArray, num_slice: int, batch_axis: int = 0, even_split: bool = True) -> list[NDArray]:
    """Cut an array into slices along the batch axis.

    Args:
        data: the array.
        num_slice: the number of slices.
        batch_axis: the axis of examples.
        even_split: whether the slices must be equal. Otherwise the first ones are one longer, and empty ones
            follow if there are fewer examples than slices.

    Raises:
        ArgumentError: the examples cannot be divided evenly, and ``even_split`` is True; or there is no such
            axis, or no slice.

    Example:
        >>> import gluonish as mx
        >>> [part.shape for part in split_data(mx.nd.ones((5, 2)), 2, even_split=False)]
        [(3, 2), (2, 2)]
    """
    if num_slice < 1:
        raise ArgumentError(
            "split_data()", "needs slices to cut into", expected="num_slice of 1 or more", received=num_slice
        )
    if not -data.ndim <= batch_axis < data.ndim:
        raise ArgumentError(
            f"An array of shape {format_shape(data.shape)}",
            "has no such batch axis",
            expected=f"an axis below {data.ndim}",
            received=f"batch_axis={batch_axis}",
        )
    size = data.shape[batch_axis]
    if even_split and size % num_slice:
        raise ArgumentError(
            f"An array of {size} examples",
            f"cannot be cut into {num_slice} equal slices along axis {batch_axis}",
            fix=f"Use a batch size that is a multiple of {num_slice}, or even_split=False.",
        )
    short, longer = divmod(size, num_slice)
    ends = np.cumsum([short + 1] * longer + [short] * (num_slice - longer))
    if num_slice == 1:
        return [data]
    if batch_axis == 0:
        return [data[int(end) - length : int(end)] for end, length in zip(ends, _lengths(ends), strict=True)]
    return [
        nd.slice_axis(data, axis=batch_axis, begin=int(end) - length, end=int(end))
        for end, length in zip(ends, _lengths(ends), strict=True)
    ]


def _lengths(ends: np.ndarray[Any, Any]) -> list[int]:
    return [int(length) for length in np.diff(ends, prepend=0)]


def split_and_load(
    data: Any, ctx_list: Sequence[Context], batch_axis: int = 0, even_split: bool = True
) -> list[NDArray]:
    """Cut an array into slices and put one on each context.

    Args:
        data: an NDArray, or what ``nd.array`` takes.
        ctx_list: the contexts.
        batch_axis: the axis of examples.
        even_split: as of ``split_data``.

    Returns:
        The slices, each on its context. With one context, the array itself if it is there already.

    Raises:
        ArgumentError: there are no contexts, or as of ``split_data``.

    Example:
        >>> import gluonish as mx
        >>> [part.context for part in split_and_load(mx.nd.ones((4, 2)), [mx.cpu(0), mx.cpu(1)])]
        [cpu(0), cpu(1)]
    """
    if not ctx_list:
        raise ArgumentError("split_and_load()", "needs at least one context to load to")
    if not isinstance(data, NDArray):
        data = of_current_kind(nd.array(data, ctx=ctx_list[0]))
    slices = split_data(data, len(ctx_list), batch_axis, even_split)
    return [part.as_in_context(ctx) for part, ctx in zip(slices, ctx_list, strict=True)]


def call_together(function: Callable[..., Any], *parts: Sequence[Any]) -> list[Any]:
    """Call a function for each device at the same time, in a thread of its own.

    Layers that look at the whole batch (``SyncBatchNorm``) then see the parts of all devices. While
    recording, take the gradients of all results by one ``autograd.backward(results)``: they depend on each
    other.

    Args:
        function: called with one entry of each of the ``parts``.
        parts: per argument, the values for the devices.

    Returns:
        What the calls return, in the order of the devices.

    Raises:
        ArgumentError: the parts are not equally many, or there are none.
        TeamError: the calls do not do the same.
        Exception: what a call raised.

    Example:
        >>> import gluonish as mx
        >>> mx.gluon.utils.call_together(lambda x, y: x * y, [1, 2, 3], [4, 5, 6])
        [4, 10, 18]
    """
    counts = {len(each) for each in parts}
    if len(counts) != 1 or counts == {0}:
        raise ArgumentError(
            "call_together()",
            "needs one part of each argument for every device",
            expected="sequences of equal length",
            received=", ".join(str(len(each)) for each in parts) or "nothing",
        )
    return team.call_together([partial(function, *part) for part in zip(*parts, strict=True)])


def clip_global_norm(
    arrays: Sequence[NDArray] | ParameterDict | Sequence[Parameter],
    max_norm: float,
    check_isfinite: bool = True,
) -> Any:
    """Scale arrays so that the 2-norm of all their elements together is at most ``max_norm``.

    They are multiplied, in place, by ``min(1, max_norm / (norm + 1e-8))``. For the gradients of whole
    networks that is one pass over memory.

    Args:
        arrays: the arrays, on one context or several; or parameters, whose gradients are meant. The gradients
            of a parameter's replicas are added for the norm, as a Trainer adds them, and scaled alike.
        max_norm: the bound.
        check_isfinite: whether a norm that is no finite number is an error.

    Returns:
        The norm before scaling: a float, or an NDArray of shape (1,) if it is not checked.

    Raises:
        NonFiniteGradientError: the norm is NaN or infinite; the arrays are left as they are. It names the
            arrays that hold such numbers.
        ArgumentError: there are no arrays, or the bound is below 0.
        DTypeError: the arrays hold integers.

    Example:
        >>> import gluonish as mx
        >>> a, b = mx.nd.array([3.0]), mx.nd.array([4.0])
        >>> round(float(clip_global_norm([a, b], 1.0)), 4), a.asnumpy()
        (5.0, array([0.6], dtype=float32))
    """
    if isinstance(arrays, ParameterDict):
        return clip_parameters(arrays.layout(), max_norm, check_isfinite)
    if len(arrays) and isinstance(arrays[0], Parameter):
        plan = Plan(p.core for p in arrays)  # type: ignore[union-attr]
        return clip_parameters(plan, max_norm, check_isfinite)
    return clip_arrays(cast("Sequence[NDArray]", arrays), max_norm, check_isfinite)


def shape_is_known(shape: Sequence[int] | None) -> bool:
    """Tell whether a shape has no unknown axis: none that is 0 or, with NumPy's semantics, -1.

    Example:
        >>> shape_is_known((2, 3)), shape_is_known((2, 0)), shape_is_known(None)
        (True, False, False)
    """
    if shape is None:
        return False
    unknown = -1 if is_np_shape() else 0
    if not shape:
        return is_np_shape()
    for size in shape:
        if size < unknown:
            raise ArgumentError(
                f"A shape {tuple(shape)}", "has a negative size", expected=f"{unknown} for an unknown one"
            )
    return unknown not in shape


# -- what old programs describe their blocks with, by the names they import ----------------------------------


def _indent(s_: str, numSpaces: int) -> str:  # as in MXNet
    """Return a text with all its lines but the first moved to the right."""
    return s_.replace("\n", "\n" + " " * numSpaces)


def _brief_print_list(lst: Sequence[Any], limit: int = 7) -> str:
    """Return what is in a list, quoted, with an ellipsis for the middle of a long one."""
    shown = [f"'{each}'" for each in lst]
    if len(shown) > limit:
        shown[limit // 2 : limit // 2 - limit] = ["..."]
    return ", ".join(shown)
