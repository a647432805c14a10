"""Clipping by the norm of many gradients together, over flat memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gluonish.context import Context
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray, array_label, from_data
from gluonish.engine.storage import Slab
from gluonish.errors import ArgumentError, NonFiniteGradientError
from gluonish.parameter.flat import FlatGroup
from gluonish.parameter.plan import Plan
from gluonish.parameter.step import sum_of_gradients

__all__ = ["clip_arrays", "clip_parameters"]

EPSILON = 1e-8

WHOLE_LIMIT = 16
"""How many sequences of arrays a group remembers."""


def clip_arrays(arrays: Sequence[NDArray], max_norm: float, check_isfinite: bool) -> Any:
    """Clip arrays by their global norm; see ``gluon.utils.clip_global_norm``."""
    if not len(arrays):
        raise ArgumentError("clip_global_norm()", "needs at least one array")
    slab = _filled_slab(tuple(arrays))
    pieces = (
        [(array._raw, array.context.place) for array in arrays]
        if slab is None
        else [(slab.flat, slab.ctx.place)]
    )
    norm = _norm(pieces)
    if check_isfinite and not math.isfinite(norm):
        raise _not_finite(norm, arrays)
    scale = max_norm / (norm + EPSILON)
    if not scale >= 1:
        _scale(pieces, scale)
        if slab is not None:
            slab.versions += 1
        else:
            for array in arrays:
                array._storage.touch()
    return np.float32(norm) if check_isfinite else _as_array(norm, arrays[0].context)


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
        with backend.scope(place):
            backend.xp.multiply(raw, raw.dtype.type(scale), out=raw)


def _as_array(norm: float, ctx: Context) -> NDArray:
    return from_data([norm], ctx, "float32")


def _sum_of_squares(raw: Any, place: Context) -> float:
    """Return the sum of squares of an array, in float32 at least."""
    backend = backend_of(place)
    with backend.scope(place):
        flat = raw.reshape(-1)
        if flat.dtype.kind != "f" or flat.dtype.itemsize < 4:  # noqa: PLR2004
            flat = flat.astype("float32")
        return float(backend.xp.dot(flat, flat))


def _not_finite(norm: float, arrays: Iterable[NDArray]) -> NonFiniteGradientError:
    bad = [array_label(array) for array in arrays if not np.isfinite(array.asnumpy().astype("float64")).all()]
    named = ", ".join(bad) if bad else "no single array; their squares overflow together"
    return NonFiniteGradientError(
        "clip_global_norm()",
        f"found a norm that is no finite number ({norm}); nothing was scaled",
        received=f"NaN or infinity in: {named}",
        fix="Lower the learning rate, or look for a division by zero or a logarithm of zero.",
    )


def clip_parameters(plan: Plan, max_norm: float, check_isfinite: bool) -> Any:
    """Clip the gradients of parameters by the global norm of their sums over replicas."""
    if not plan.pieces:
        raise ArgumentError("clip_global_norm()", "needs at least one parameter with a gradient")
    norm = _norm(sum_of_gradients(plan))
    if check_isfinite and not math.isfinite(norm):
        cores = [core for piece in plan.pieces for core in piece.cores()]
        raise _not_finite(norm, [gradient for core in cores for gradient in core.gradients()])
    scale = max_norm / (norm + EPSILON)
    if not scale >= 1:
        for piece in plan.pieces:
            for place, slab in piece.group.grad.items():
                for run in piece.runs:
                    _scale([(slab.flat[run.start : run.stop], place)], scale)
                    slab.versions[run.first : run.last] += 1
    return np.float32(norm) if check_isfinite else _as_array(norm, plan.pieces[0].group.contexts[0])
