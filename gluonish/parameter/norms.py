"""Clipping by the norm of many gradients together, over flat memory."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gluonish.context import Context
from gluonish.dtype import is_float
from gluonish.engine.backend import backend_of
from gluonish.engine.legacy import LEGACY
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.engine.storage import Slab
from gluonish.errors import ArgumentError, DTypeError, NonFiniteGradientError
from gluonish.parameter.flat import FlatGroup
from gluonish.parameter.plan import Plan
from gluonish.parameter.step import sum_of_gradients
from gluonish.shape import format_shape

__all__ = ["clip_arrays", "clip_parameters"]

EPSILON = 1e-8

WHOLE_LIMIT = 16
"""How many sequences of arrays a group remembers."""


def clip_arrays(arrays: Sequence[NDArray], max_norm: float, check_isfinite: bool) -> Any:
    """Clip arrays by their global norm; see ``gluon.utils.clip_global_norm``."""
    _check_bound(max_norm)
    if not len(arrays):
        raise ArgumentError("clip_global_norm()", "needs at least one array")
    slab = _filled_slab(tuple(arrays))
    pieces = (
        [(_own_values(array), array.context.place) for array in arrays]
        if slab is None
        else [(slab.flat, slab.ctx.place)]
    )
    norm = _norm(pieces)
    if check_isfinite and not math.isfinite(norm):
        _report_not_finite(norm, arrays)
    elif not (scale := max_norm / (norm + EPSILON)) >= 1:
        _scale(pieces, scale)
        if slab is not None:
            slab.versions += 1
        else:
            for array in arrays:
                array._storage.touch()
    return _result(norm, {raw.dtype for raw, _ in pieces}, None if check_isfinite else arrays[0].context)


def _own_values(array: NDArray) -> Any:
    """Return the raw elements of an array; of a sparse one those that are stored, in memory of its own."""
    if array._raw is not None:
        return array._raw
    backend, value = backend_of(array.context), array.stored
    with backend.scope(array.context):
        array._storage.value = owned = value.with_values(value.values.copy())  # type: ignore[attr-defined]
    return owned.values


def _check_bound(max_norm: float) -> None:
    if not max_norm >= 0:
        raise ArgumentError(
            "clip_global_norm()", "has no such bound", expected="max_norm of 0 or more", received=max_norm
        )


def _filled_slab(arrays: tuple[NDArray, ...]) -> Slab | None:
    """Return the slab that the arrays fill completely, if they are all gradients of a group.

    It runs for all gradients of a network at every step, so a sequence of arrays is examined once and then
    recognised by its hash: arrays hash by identity.
    """
    slab: Slab | None = getattr(arrays[0]._storage, "slab", None)
    group = slab.owner() if slab is not None and slab.owner is not None else None
    if slab is None or group is None:
        return None
    if group.whole.get(arrays) != group.epoch:
        if not _fills(slab, group, arrays):
            return None
        if len(group.whole) >= WHOLE_LIMIT:
            group.whole.clear()
        group.whole[arrays] = group.epoch
    return slab


def _fills(slab: Slab, group: FlatGroup, arrays: tuple[NDArray, ...]) -> bool:
    place = slab.ctx.place
    if group.vacant or len(arrays) != len(group.cores) or group.grad.get(place) is not slab:
        return False
    gradients = {id(core.grad(place)) for core in group.cores if core is not None}
    return {id(array) for array in arrays} == gradients


def _norm(pieces: Iterable[tuple[Any, Context]]) -> float:
    squares = sum(_sum_of_squares(raw, place) for raw, place in pieces)
    return math.sqrt(squares) if squares >= 0 else math.nan


def _scale(pieces: Iterable[tuple[Any, Context]], scale: float) -> None:
    for raw, place in pieces:
        backend = backend_of(place)
        with backend.scope(place), np.errstate(all="ignore"):
            backend.xp.multiply(raw, raw.dtype.type(scale), out=raw)


def _result(norm: float, dtypes: set[np.dtype[Any]], ctx: Context | None) -> Any:
    """Return the norm in single precision, or double if arrays have it; as an array if a context is given."""
    dtype = np.float64 if np.dtype("float64") in dtypes else np.float32
    return dtype(norm) if ctx is None else from_data([norm], ctx, dtype)


def _sum_of_squares(raw: Any, place: Context) -> float:
    """Return the sum of squares of an array, in float32 at least, and in float64 where that overflows."""
    backend = backend_of(place)
    flat = raw.reshape(-1)
    if not is_float(flat.dtype):
        raise DTypeError(
            "clip_global_norm()",
            "cannot scale integers",
            expected="arrays of floating-point numbers",
            received=flat.dtype.name,
        )
    with backend.scope(place), np.errstate(all="ignore"):
        if flat.dtype.itemsize < 4:  # noqa: PLR2004
            flat = flat.astype("float32")
        squares = float(backend.xp.dot(flat, flat))
        if not math.isfinite(squares) and flat.dtype != np.float64:
            flat = flat.astype("float64")
            squares = float(backend.xp.dot(flat, flat))
    return squares


def _report_not_finite(norm: float, arrays: Iterable[NDArray]) -> None:
    """Raise, or in a program written for MXNet warn, and leave the arrays as they are."""
    error = _not_finite(norm, arrays)
    if not LEGACY.active:
        raise error
    warnings.warn(error, stacklevel=4)


def _not_finite(norm: float, arrays: Iterable[NDArray]) -> NonFiniteGradientError:
    bad = [
        f"{array._storage.label or f'array {i}, of shape {format_shape(array.shape)},'} on {array.context}"
        for i, array in enumerate(arrays)
        if not np.isfinite(array.asnumpy().astype("float64")).all()
    ]
    named = ", ".join(bad) if bad else "no single array; their squares overflow together"
    return NonFiniteGradientError(
        "clip_global_norm()",
        f"found a norm that is no finite number ({norm}); nothing was scaled",
        received=f"NaN or infinity in: {named}",
        fix="Lower the learning rate, or look for a division by zero or a logarithm of zero.",
    )


def clip_parameters(plan: Plan, max_norm: float, check_isfinite: bool) -> Any:
    """Clip the gradients of parameters by the global norm of their sums over replicas."""
    _check_bound(max_norm)
    if not plan.pieces and not plan.sparse:
        raise ArgumentError("clip_global_norm()", "needs at least one parameter with a gradient")
    norm = _norm(sum_of_gradients(plan))
    if check_isfinite and not math.isfinite(norm):
        cores = [core for piece in plan.pieces for core in piece.cores()] + plan.sparse
        _report_not_finite(norm, [gradient for core in cores for gradient in core.gradients()])
    elif not (scale := max_norm / (norm + EPSILON)) >= 1:
        for piece in plan.pieces:
            for place, slab in piece.group.grad.items():
                for run in piece.runs:
                    _scale([(slab.flat[run.start : run.stop], place)], scale)
                    slab.versions[run.first : run.last] += 1
        for gradient in [each for core in plan.sparse for each in core.gradients()]:
            _scale([(_own_values(gradient), gradient.context.place)], scale)
            gradient._storage.touch()
    dtypes = {piece.group.dtype for piece in plan.pieces} | {core.dtype for core in plan.sparse}
    contexts = [*(piece.group.contexts for piece in plan.pieces), *(core.contexts() for core in plan.sparse)]
    return _result(norm, dtypes, None if check_isfinite else contexts[0][0])
