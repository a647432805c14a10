"""What is asked of many gradients at once: whether they are finite, their sums of squares; resetting them."""

from __future__ import annotations

from collections.abc import Sequence

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import NOT_DIFFERENTIABLE, XP, Array, operator
from gluonish.ops.nn.common import require_float, widen
from gluonish.ops.updates.common import FLOAT32, require_count

__all__ = ["all_finite", "multi_all_finite", "multi_sum_sq", "reset_arrays"]


def _are_finite(xp: XP, data: Sequence[Array], init_output: bool, out: Array | None) -> Array:
    """Return 1 or 0; with what ``out`` holds counted in, unless it is to be initialised."""
    finite = xp.ones((), xp.bool_)
    for array in data:
        finite &= xp.isfinite(array).all()
    if out is None:
        return finite.astype(FLOAT32).reshape(1)
    out[...] = finite if init_output else finite & (out != 0)
    return out


@operator("all_finite", in_place=True, gradient=NOT_DIFFERENTIABLE)
def all_finite(xp: XP, data: Array, *, init_output: bool = True, out: Array = None) -> Array:
    """Return 1 if all elements are finite numbers, else 0, in an array of one element.

    With ``init_output=False`` an array given as ``out`` stays 0 where it is 0: so several calls are joined.
    """
    return _are_finite(xp, [data], init_output, out)


@operator("multi_all_finite", in_place=True, gradient=NOT_DIFFERENTIABLE)
def multi_all_finite(
    xp: XP, *data: Array, num_arrays: int = 1, init_output: bool = True, out: Array = None
) -> Array:
    """Return 1 if all elements of all arrays are finite numbers, else 0; see ``all_finite``."""
    return _are_finite(xp, data, init_output, out)


@operator("multi_sum_sq", gradient=NOT_DIFFERENTIABLE)
def multi_sum_sq(xp: XP, *data: Array, num_arrays: int) -> Array:
    """Return the sum of squares of every array, in float32."""
    flat = [widen(array).reshape(-1) for array in data]
    return xp.stack([xp.dot(each, each) for each in flat]).astype(FLOAT32)


def _all(num_arrays: int) -> range:
    return range(num_arrays)


@operator("reset_arrays", outputs=(), written=_all, gradient=NOT_DIFFERENTIABLE)
def reset_arrays(xp: XP, *data: Array, num_arrays: int) -> tuple[Array, ...]:
    """Set all arrays to 0, and return nothing."""
    for array in data:
        array[...] = 0
    return ()


@all_finite.shape
def all_finite_shape(s: ShapeFacts) -> None:
    s["output"] = (1,)


@multi_all_finite.shape
def multi_all_finite_shape(s: ShapeFacts, num_arrays: int) -> None:
    require_count(s, "arrays", s.n_inputs, num_arrays)
    s["output"] = (1,)


@multi_sum_sq.shape
def multi_sum_sq_shape(s: ShapeFacts, num_arrays: int) -> None:
    require_count(s, "arrays", s.n_inputs, num_arrays)
    s["output"] = (num_arrays,)


@reset_arrays.shape
def reset_arrays_shape(s: ShapeFacts, num_arrays: int) -> None:
    require_count(s, "arrays", s.n_inputs, num_arrays)


@all_finite.dtype
@multi_all_finite.dtype
@multi_sum_sq.dtype
def reals_to_single(d: DTypeFacts) -> None:
    for dtype in d.inputs:
        require_float(d, dtype)
    d["output"] = FLOAT32


@reset_arrays.dtype
def any_dtypes(d: DTypeFacts) -> None:
    """Arrays of any kind can be reset together."""
