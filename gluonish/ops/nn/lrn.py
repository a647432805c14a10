"""Local response normalisation: between neighbouring channels."""

from __future__ import annotations

from typing import Any

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.common import same_rule
from gluonish.ops.nn.common import float_rule, widen
from gluonish.ops.nn.normal import narrowed, widened

__all__: list[str] = []


def _sum_neighbours(data: Array, nsize: int) -> Array:
    """Return for each channel, axis 1, the sum over itself and (nsize - 1) // 2 channels on either side."""
    total = data.copy()
    for distance in range(1, min((nsize - 1) // 2 + 1, data.shape[1])):
        total[:, distance:] += data[:, :-distance]
        total[:, :-distance] += data[:, distance:]
    return total


@operator("_neighbour_sum")
def neighbour_sum(xp: XP, data: Array, *, nsize: int) -> Array:
    """Return for each channel, axis 1, the sum over the ``nsize`` channels around it."""
    return _sum_neighbours(widen(data), nsize).astype(data.dtype, copy=False)


@neighbour_sum.gradient("data")
def neighbour_sum_gradient(F: Any, g: Any, nsize: int) -> Any:
    # Neighbourhood is mutual: the sum is its own transpose.
    return F._neighbour_sum(g, nsize=nsize)


neighbour_sum.shape(same_rule)


@operator("LRN")
def lrn(
    xp: XP,
    data: Array,
    *,
    alpha: float = 1e-4,
    beta: float = 0.75,
    knorm: float = 2.0,
    nsize: int,
) -> Array:
    """Divide by a power of the squares of neighbouring channels.

    The divisor is (knorm + alpha / nsize * sum of squares over ``nsize`` channels around) to the power of
    beta: Krizhevsky, Sutskever and Hinton, ImageNet classification (2012), section 3.3. Channels are axis 1.
    """
    wide = widen(data)
    base = _sum_neighbours(xp.square(wide), nsize)
    base *= alpha / nsize
    base += knorm
    return (wide * base**-beta).astype(data.dtype, copy=False)


@lrn.shape
def lrn_shape(s: ShapeFacts, nsize: int) -> None:
    same_rule(s)
    if nsize < 1 or (s["data"] is not None and len(s["data"]) < 2):  # noqa: PLR2004
        s.fail("needs channels, axis 1, and a positive number of neighbours", expected="nsize of 1 or more")


@lrn.gradient("data")
def lrn_gradient(
    F: Any, g: Any, data: Any, dtypes: Any, alpha: float, beta: float, knorm: float, nsize: int
) -> Any:
    wide, g = widened(F, data, dtypes[0]), widened(F, g, dtypes[0])
    base = F._neighbour_sum(wide * wide, nsize=nsize) * (alpha / nsize) + knorm
    power = base**-beta
    shared = F._neighbour_sum(g * wide * power / base, nsize=nsize)
    result = g * power - wide * shared * (2 * alpha * beta / nsize)
    return narrowed(F, result, dtypes[0])


for _each in (neighbour_sum, lrn):
    _each.dtype(float_rule)
