"""Functions of one array that keep 0 at 0: they are applied to the values that are stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gluonish.engine.operator import XP, Operator, find_operator, operator
from gluonish.engine.stored import Stored, empty_stored
from gluonish.ops.common import same_rule

__all__: list[str] = []

SPARSE = ("row_sparse", "csr")

KEEPING_ZERO = [
    "abs",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "cbrt",
    "ceil",
    "degrees",
    "expm1",
    "fix",
    "floor",
    "log1p",
    "negative",
    "radians",
    "relu",
    "rint",
    "round",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "trunc",
    "_copy",
    "BlockGrad",
    "make_loss",
    "Cast",
    "_mul_scalar",
    "_div_scalar",
]

WITH_SCALAR = [
    "_plus_scalar",
    "_minus_scalar",
    "_equal_scalar",
    "_not_equal_scalar",
    "_greater_scalar",
    "_greater_equal_scalar",
    "_lesser_scalar",
    "_lesser_equal_scalar",
]
"""These keep 0 with some numbers only."""


KEEPING_STORAGE = (
    "abs",
    "negative",
    "relu",
    "sign",
    "square",
    "_copy",
    "BlockGrad",
    "_mul_scalar",
    "_div_scalar",
    "zeros_like",
)
"""The gradients of these have the storage of the array. (Those of ``sqrt`` and others are dense in MXNet.)"""


def _on_values(op: Operator) -> Callable[..., Stored]:
    def kernel(xp: XP, data: Stored, **params: Any) -> Stored:
        return data.with_values(op.kernel(xp, data.values, **params))

    return kernel


def _keeps_zero(op: Operator) -> Callable[[Sequence[Any], Mapping[str, Any]], bool]:
    def keeps(arrays: Sequence[Any], params: Mapping[str, Any]) -> bool:
        return not op.kernel(np, np.zeros(1, arrays[0].dtype), **params)[0]

    return keeps


def _declare() -> None:
    for stype in SPARSE:
        for name in KEEPING_ZERO:
            op = find_operator(name)
            op.stored(stype)(_on_values(op))
        for name in (*WITH_SCALAR, "clip"):
            op = find_operator(name)
            op.stored(stype, when=_keeps_zero(op))(_on_values(op))
        find_operator("zeros_like").stored(stype)(
            lambda xp, data: empty_stored(xp, data.shape, data.dtype, data.stype)
        )
    for name in KEEPING_STORAGE:
        find_operator(name).gradient_stored()(lambda stypes, params: stypes[0])


_declare()


# -- MXNet's operators on stored values only --------------------------------------------------------------


def _declare_scatter(name: str, of: str) -> None:
    """Declare an operator that acts on stored values only, whatever that means for the others."""
    generic = find_operator(of)

    def kernel(xp: XP, data: Any, *, scalar: float) -> Any:
        return generic.kernel(xp, data, scalar=scalar)

    kernel.__doc__ = f"Return what ``{of}`` does, of a sparse array to the values that are stored only."
    op = operator(name)(kernel)
    op.shape(same_rule)
    op.gradient("data")(lambda F, g: g)
    for stype in SPARSE:
        op.stored(stype)(_on_values(op))


_declare_scatter("_scatter_plus_scalar", "_plus_scalar")
_declare_scatter("_scatter_minus_scalar", "_minus_scalar")
