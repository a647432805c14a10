"""Functions of one array, element by element, that are not those of the classic operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gluonish.engine.facts import DTypeFacts
from gluonish.engine.operator import AS_WRITTEN, NOT_DIFFERENTIABLE, XP, ZERO_GRADIENT, Array, operator
from gluonish.ops.common import same_rule

__all__ = ["PREDICATES"]

PREDICATES: dict[str, tuple[Callable[[XP, Array], Array], str]] = {
    "logical_not": (lambda xp, data: data == 0, "is zero"),
    "isnan": (lambda xp, data: xp.isnan(data), "is not a number"),
    "isinf": (lambda xp, data: xp.isinf(data), "is infinite, of either sign"),
    "isfinite": (lambda xp, data: xp.isfinite(data), "is neither infinite nor NaN"),
    "isposinf": (lambda xp, data: xp.isinf(data) & (data > 0), "is positive infinity"),
    "isneginf": (lambda xp, data: xp.isinf(data) & (data < 0), "is negative infinity"),
}
"""By NumPy's name: the kernel, and what is asked of every element."""

SIGNED = ("isposinf", "isneginf")
"""Those that ask for the sign, which a complex number does not have."""


def _declare_predicate(name: str, test: Callable[[XP, Array], Array], doc: str) -> None:
    def kernel(xp: XP, data: Array) -> Array:
        return test(xp, data)

    kernel.__doc__ = f"Return for every element whether it {doc}, as bools."
    on_complex = None if name in SIGNED else AS_WRITTEN
    op = operator(f"_npi_{name}", native=True, gradient=ZERO_GRADIENT, predicate=True, on_complex=on_complex)(
        kernel
    )
    op.shape(same_rule)

    @op.dtype
    def dtype(d: DTypeFacts) -> None:
        d["output"] = np.dtype("bool")


for _name, (_test, _doc) in PREDICATES.items():
    _declare_predicate(_name, _test, _doc)


@operator("_npi_bitwise_not", native=True, gradient=NOT_DIFFERENTIABLE)
def bitwise_not(xp: XP, data: Array) -> Array:
    """Return integers with all their bits turned, and bools with their truth turned."""
    return xp.invert(data)


@operator("_npi_around", native=True, gradient=ZERO_GRADIENT)
def around(xp: XP, data: Array, *, decimals: int = 0) -> Array:
    """Round to this many decimals, halves to the even neighbour; before the point if negative."""
    return xp.around(data, decimals).astype(data.dtype, copy=False)


@operator("_npi_nan_to_num", native=True)
def nan_to_num(
    xp: XP,
    data: Array,
    *,
    copy: bool = True,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Array:
    """Return the array with NaN and infinities replaced, these by the largest numbers if not told."""
    return xp.nan_to_num(data, nan=nan, posinf=posinf, neginf=neginf).astype(data.dtype, copy=False)


for _each in (bitwise_not, around, nan_to_num):
    _each.shape(same_rule)


@nan_to_num.gradient("data")
def nan_to_num_gradient(F: Any, g: Any, data: Any) -> Any:
    difference = data - data  # 0 for a finite number, NaN for any other
    return F.where(difference == difference, g, F.zeros_like(g))  # noqa: PLR0124  NaN alone differs from itself
