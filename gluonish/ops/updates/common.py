"""What the update operators share: half precision, masters, rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import XP, Array
from gluonish.ops.nn.common import is_half, require_float

__all__ = [
    "FLOAT32",
    "Formula",
    "one_shape",
    "require_count",
    "single_precision_but",
    "updated",
    "updated_with_master",
]

FLOAT32 = np.dtype("float32")

Formula = Callable[..., None]
"""A function of ``descent`` or ``adaptive``."""


def updated(
    xp: XP,
    formula: Formula,
    weight: Array,
    grad: Array,
    states: Sequence[Array],
    out: Array | None,
    **coefficients: Any,
) -> Array:
    """Run a formula, for half precision in single, and return the new weight: ``out`` or a new array."""
    if out is None:
        out = xp.empty_like(weight)
    if not weight.ndim:
        vector = weight.reshape(1)
        target = vector if out is weight else out.reshape(1)
        updated(xp, formula, vector, grad.reshape(1), _vectors(states), target, **coefficients)
        return out
    if not is_half(weight.dtype):
        formula(xp, weight, grad, *states, out, **coefficients)
        return out
    wide = weight.astype(FLOAT32)
    target = wide if out is weight else xp.empty_like(wide)
    kept = [state.astype(FLOAT32, copy=False) for state in states]
    formula(xp, wide, grad.astype(FLOAT32), *kept, target, **coefficients)
    out[...] = target
    for state, new in zip(states, kept, strict=True):
        if new is not state:
            state[...] = new
    return out


def updated_with_master(
    xp: XP,
    formula: Formula,
    weight: Array,
    grad: Array,
    states: Sequence[Array],
    master: Array,
    out: Array | None,
    **coefficients: Any,
) -> Array:
    """Run a formula on the float32 master of a weight, and return that in the dtype of the weight."""
    if out is None:
        out = xp.empty_like(weight)
    wide = grad.astype(FLOAT32, copy=False)
    updated(xp, formula, master, wide, states, master, **coefficients)
    out[...] = master
    return out


def _vectors(arrays: Sequence[Array]) -> list[Array]:
    """Return views of one axis: what NumPy computes from arrays of shape () are scalars, in no memory."""
    return [array.reshape(1) for array in arrays]


# -- rules --------------------------------------------------------------------------------------------------


def one_shape(s: ShapeFacts) -> None:
    """Shape rule: all inputs and outputs have one shape."""
    s.same(*range(len(s.values)))


def single_precision_but(*names: str) -> Callable[[DTypeFacts], None]:
    """Return the dtype rule by which these arrays have one floating dtype and all others are float32."""

    def rule(d: DTypeFacts) -> None:
        d.same(*names)
        require_float(d, d[names[0]])
        for name in d.names:
            if name not in names:
                d[name] = FLOAT32

    return rule


def require_count(s: ShapeFacts, name: str, received: int, expected: int) -> None:
    """Refuse another number of something than the parameters announce.

    Raises:
        ShapeMismatchError: it is another.
    """
    if received != expected:
        s.fail(f"has another number of {name} than announced: {received}", expected=expected)
