"""Random choices: integers, orders, classes."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np

from gluonish.context import Context
from gluonish.dtype import dtype_name
from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.fields import DType
from gluonish.engine.operator import NOT_DIFFERENTIABLE, XP, Array, operator
from gluonish.errors import ArgumentError, DTypeError
from gluonish.ops.random import checked_float, shape_of_parameter
from gluonish.shape import Shape

__all__: list[str] = []

INT32 = np.dtype("int32")
INT64 = np.dtype("int64")


@operator("_random_randint", aliases=("random_randint",), gradient=NOT_DIFFERENTIABLE)
def randint(
    xp: XP,
    *,
    low: int,
    high: int,
    shape: tuple[int, ...] | None = None,
    ctx: Context | None = None,
    dtype: DType | None = None,
    rng: Any,
) -> Array:
    """Draw uniformly from the integers low, ..., high - 1."""
    dtype = dtype or INT32
    limits = np.iinfo(dtype)
    if not limits.min <= low < high <= int(limits.max) + 1:
        raise ArgumentError(
            "Operator '_random_randint'",
            "cannot draw with these bounds",
            expected=f"low below high, both among the numbers of {dtype_name(dtype)}",
            received=f"low={low}, high={high}",
        )
    return xp.asarray(rng.integers(low, high, (1,) if shape is None else shape, dtype=dtype))


randint.shape(shape_of_parameter)


@randint.dtype
def randint_dtype(d: DTypeFacts, dtype: DType | None) -> None:
    dtype = INT32 if dtype is None else dtype
    if dtype.kind not in "iu":
        raise DTypeError(
            "Operator '_random_randint'",
            "draws integers",
            expected="an integer dtype",
            received=dtype_name(dtype),
        )
    d["output"] = dtype


@operator("_shuffle", aliases=("shuffle",), outputs=("output", "inverse"), visible=1)
def shuffle(xp: XP, data: Array, *, rng: Any) -> tuple[Array, Array]:
    """Put the rows (the entries along the first axis) in a random order."""
    order = xp.argsort(rng.random(data.shape[0]))
    return data[order], xp.argsort(order)


@shuffle.shape
def shuffle_shape(s: ShapeFacts) -> None:
    s.same("data", "output")
    if s["data"] is not None:
        s["inverse"] = s["data"][:1]
        if not s["data"]:
            s.fail("has no axis to shuffle along", expected="an array of one axis or more")


@shuffle.dtype
def shuffle_dtype(d: DTypeFacts) -> None:
    d.same("data", "output")
    d["inverse"] = INT64


@shuffle.gradient("data")
def shuffle_gradient(F: Any, g: Any, inverse: Any) -> Any:
    return F.take(g, inverse, axis=0)


# -- classes by their probability ---------------------------------------------------------------------------


@operator(
    "_sample_multinomial",
    aliases=("sample_multinomial",),
    outputs=("output", "log_prob"),
    labels=lambda get_prob: ("output0", "output1") if get_prob else ("output",),
    visible=lambda get_prob: 2 if get_prob else 1,
)
def multinomial(
    xp: XP,
    data: Array,
    *,
    shape: tuple[int, ...] = (),
    get_prob: bool = False,
    dtype: DType = INT32,
    rng: Any,
) -> tuple[Array, Array]:
    """Draw classes by the probabilities in the last axis.

    The result has the other axes of ``data``, followed by ``shape``; it has shape (1,) where that is nothing.
    With ``get_prob`` the logarithms of the drawn classes' probabilities are returned too, and they are
    differentiable: their gradient is what the REINFORCE estimator (Williams 1992) needs.
    """
    classes = data.shape[-1]
    _check_dtype_of_classes(dtype, classes)
    rows = data.reshape(-1, classes)
    chosen = _draw_classes(xp, rng, rows, math.prod(shape))
    log_prob = xp.log(xp.take_along_axis(rows, chosen, 1))
    drawn = _shape_of_classes(data.shape, shape)
    return chosen.reshape(drawn).astype(dtype), log_prob.reshape(drawn).astype(data.dtype, copy=False)


def _draw_classes(xp: XP, rng: Any, rows: Array, count: int) -> Array:
    """Draw ``count`` classes for each row of probabilities, by inverting their cumulative sums.

    One search serves all rows: row i has its sums moved to (i, i + 1].
    """
    wide = rows.astype("float64")
    sums = wide.cumsum(axis=1)
    _check_probabilities(wide, sums, rows.dtype)
    floor = xp.arange(len(rows), dtype="float64")[:, None]
    ladder = sums / sums[:, -1:] + floor
    # Close to the end of a row, adding i may round up to i + 1, which is the next row's.
    targets = xp.minimum(rng.random((len(rows), count)) + floor, xp.nextafter(floor + 1, floor))
    found = xp.searchsorted(ladder.reshape(-1), targets.reshape(-1), side="right")
    return found.reshape(targets.shape) - xp.arange(len(rows))[:, None] * rows.shape[1]


def _check_probabilities(rows: Array, sums: Array, dtype: DType) -> None:
    """Refuse rows that are no probabilities, as far as their dtype can tell.

    Raises:
        ArgumentError: an entry is negative, or a row does not sum to 1.
    """
    tolerance = math.sqrt(ml_dtypes.finfo(dtype).eps)  # type: ignore[no-untyped-call]
    if not bool(((rows >= 0).all(axis=1) & (abs(sums[:, -1] - 1) <= tolerance)).all()):
        raise ArgumentError(
            "Operator '_sample_multinomial'",
            "got numbers that are no probabilities",
            expected=f"entries of 0 or more that sum to 1 along the last axis, within {tolerance:.2g}",
            fix="Normalise them: nd.softmax() of scores, or x / x.sum(axis=-1, keepdims=True).",
        )


def _consecutive_numbers(dtype: DType) -> int:
    """Return how many of the numbers 0, 1, 2 ... a dtype holds, from the first without a gap."""
    if dtype.kind in "iu":
        return int(np.iinfo(dtype).max) + 1
    return 2 ** (ml_dtypes.finfo(dtype).nmant + 1) + 1  # type: ignore[no-untyped-call]


def _check_dtype_of_classes(dtype: DType, classes: int) -> None:
    """Refuse a dtype that cannot tell the classes apart.

    Raises:
        ArgumentError: it cannot.
    """
    most = _consecutive_numbers(dtype)
    if classes > most:
        raise ArgumentError(
            "Operator '_sample_multinomial'",
            f"cannot return classes as {dtype_name(dtype)}",
            expected=f"at most {most} classes",
            received=classes,
            fix="Choose a larger dtype.",
        )


def _shape_of_classes(data: Shape, shape: Shape) -> Shape:
    return (data[:-1] + shape) or (1,)


@multinomial.shape
def multinomial_shape(s: ShapeFacts, shape: Shape) -> None:
    data = s["data"]
    if data is None:
        return
    if not data or data[-1] == 0:
        s.fail("has no class to draw", expected="at least one probability along the last axis")
    s["output"] = s["log_prob"] = _shape_of_classes(data, shape)


@multinomial.dtype
def multinomial_dtype(d: DTypeFacts, dtype: DType) -> None:
    d["output"] = dtype
    d.same("data", "log_prob")
    if d["data"] is not None:
        checked_float(d["data"], d.owner)


@multinomial.gradient("data")
def multinomial_gradient(
    F: Any, g: Any, data: Any, output: Any, log_prob: Any, dtypes: Any, shape: Shape, get_prob: bool
) -> Any:
    if not get_prob:
        return F.zeros_like(data)
    batch, classes = data.shape[:-1], data.shape[-1]
    weights = F._reshape_to(g[1] * F.exp(-log_prob), shape=(*batch, math.prod(shape), 1))
    chosen = F.one_hot(F._reshape_to(output, shape=weights.shape[:-1]), depth=classes, dtype=dtypes[0])
    return F._reshape_to(F.sum(chosen * weights, axis=(-2,)), shape=data.shape)


@operator("_sample_unique_zipfian", outputs=("output", "num_tries"), gradient=NOT_DIFFERENTIABLE)
def sample_unique_zipfian(
    xp: XP, *, range_max: int, shape: tuple[int, ...], ctx: Context | None = None, rng: Any
) -> tuple[Array, Array]:
    """Draw, for each row of ``shape``, different classes from the log-uniform (Zipfian) distribution.

    Class c of range_max classes has the probability log((c + 2) / (c + 1)) / log(range_max + 1). The second
    output tells how many draws each row took, repetitions included.
    """
    rows, count = shape
    if count > range_max:
        raise ArgumentError(
            "Operator '_sample_unique_zipfian'",
            "cannot draw that many different classes",
            expected=f"at most range_max={range_max}",
            received=count,
        )
    output, num_tries = xp.empty((rows, count), "int64"), xp.empty(rows, "int64")
    for i in range(rows):
        output[i], num_tries[i] = _draw_unique(xp, rng, range_max, count)
    return output, num_tries


def _draw_unique(xp: XP, rng: Any, range_max: int, count: int) -> tuple[Array, int]:
    """Return the first ``count`` different classes of a stream of draws, and how long it was."""
    draws = xp.empty(0, "int64")
    firsts = draws
    while firsts.size < count:
        uniform = rng.random(max(count, draws.size))
        more = xp.exp(uniform * math.log(range_max + 1)).astype("int64") - 1
        draws = xp.concatenate([draws, xp.minimum(more, range_max - 1)])
        firsts = xp.unique(draws, return_index=True)[1]
    firsts = xp.sort(firsts)[:count]
    return draws[firsts], int(firsts[-1]) + 1 if count else 0


@sample_unique_zipfian.shape
def sample_unique_zipfian_shape(s: ShapeFacts, shape: Shape) -> None:
    if len(shape) != 2:  # noqa: PLR2004
        s.fail("needs rows and columns", expected="a shape of two axes")
    s["output"] = shape
    s["num_tries"] = shape[:1]


@sample_unique_zipfian.dtype
def sample_unique_zipfian_dtype(d: DTypeFacts) -> None:
    d["output"] = d["num_tries"] = INT64
