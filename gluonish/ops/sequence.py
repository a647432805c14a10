"""Operators on batches of sequences of different lengths, and running sums.

Sequences lie along axis 0, the steps, and axis 1, the batch, or the other way round (``axis=1``). With
``use_sequence_length`` the length of each is given; without, all are as long as the axis.
"""

from __future__ import annotations

from typing import Any

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.fields import DType
from gluonish.engine.operator import AS_WRITTEN, XP, Array, operator
from gluonish.ops.common import as_scalar, cast_like, dtype_of_first, normalize_axis, product, resolve_indices
from gluonish.shape import PartialShape

__all__: list[str] = []


USES = {"sequence_length": lambda use_sequence_length: use_sequence_length}
"""The lengths are an input exactly where they are to be used."""


def _lengths(sequence_length: Array, use_sequence_length: bool) -> Array:
    """Return the lengths as integers, or None where they are not to be used."""
    return sequence_length.astype("int64", copy=False) if use_sequence_length else None


def _state_batch(s: ShapeFacts, axis: int) -> PartialShape:
    """State that there is one length per sequence; return the shape of the data."""
    data: PartialShape = s["data"]
    if axis not in (0, 1):
        s.fail("has its steps on axis 0 or 1", expected="axis=0 or axis=1")
    if data is None:
        return None
    if len(data) < 2:  # noqa: PLR2004
        s.fail("needs steps and a batch", expected="two axes or more")
    if "sequence_length" in s:
        s["sequence_length"] = (data[1 - axis],)
        batch = s["sequence_length"]
        s["data"] = (None, *batch, *data[2:]) if axis == 0 else (*batch, None, *data[2:])
    return data


# -- SequenceMask ---------------------------------------------------------------------------------------


@operator("SequenceMask", uses=USES)
def sequence_mask(
    xp: XP,
    data: Array,
    sequence_length: Array = None,
    *,
    use_sequence_length: bool = False,
    value: float = 0.0,
    axis: int = 0,
) -> Array:
    """Return the sequences with a value in place of the steps behind the end of each."""
    lengths = _lengths(sequence_length, use_sequence_length)
    if lengths is None:
        return data.copy()
    inside = xp.arange(data.shape[axis])[:, None] < lengths
    inside = (inside if axis == 0 else inside.T).reshape(*data.shape[:2], *(1,) * (data.ndim - 2))
    return xp.where(inside, data, as_scalar(data, value))


@sequence_mask.shape
def sequence_mask_shape(s: ShapeFacts, axis: int) -> None:
    s.same("data", "output")
    _state_batch(s, axis)


@sequence_mask.gradient("data")
def sequence_mask_gradient(F: Any, g: Any, sequence_length: Any, use_sequence_length: bool, axis: int) -> Any:
    return F.SequenceMask(g, sequence_length, use_sequence_length=use_sequence_length, axis=axis)


# -- SequenceLast ---------------------------------------------------------------------------------------


def _last_steps(xp: XP, sequence_length: Array, use_sequence_length: bool, steps: int, batch: int) -> Array:
    """Return the index of the last step of each sequence.

    Raises:
        IndexOutOfRangeError: a length is below 1 or beyond the axis.
    """
    lengths = _lengths(sequence_length, use_sequence_length)
    if lengths is None:
        return xp.full(batch, steps - 1)
    subject = "Operator 'SequenceLast', for the last step of a sequence,"
    return resolve_indices(xp, lengths - 1, steps, "raise", subject)


@operator("SequenceLast", uses=USES)
def sequence_last(
    xp: XP,
    data: Array,
    sequence_length: Array = None,
    *,
    use_sequence_length: bool = False,
    axis: int = 0,
) -> Array:
    """Return the last step of each sequence."""
    steps, batch = data.shape[axis], data.shape[1 - axis]
    last = _last_steps(xp, sequence_length, use_sequence_length, steps, batch)
    return xp.moveaxis(data, axis, 0)[last, xp.arange(batch)]


@sequence_last.shape
def sequence_last_shape(s: ShapeFacts, axis: int) -> None:
    data = _state_batch(s, axis)
    if data is not None:
        s["output"] = (data[1 - axis], *data[2:])
    if s["output"] is not None:
        batch, *rest = s["output"]
        s["data"] = (None, batch, *rest) if axis == 0 else (batch, None, *rest)


@sequence_last.gradient("data")
def sequence_last_gradient(
    F: Any, g: Any, sequence_length: Any, shapes: Any, use_sequence_length: bool, axis: int
) -> Any:
    return F._sequence_last_put(
        g, sequence_length, steps=shapes[0][axis], use_sequence_length=use_sequence_length, axis=axis
    )


@operator("_sequence_last_put", uses=USES)
def sequence_last_put(
    xp: XP,
    values: Array,
    sequence_length: Array = None,
    *,
    steps: int,
    use_sequence_length: bool = False,
    axis: int = 0,
) -> Array:
    """Return zeros with values at the last step of each sequence: the transpose of ``SequenceLast``."""
    batch, *rest = values.shape
    last = _last_steps(xp, sequence_length, use_sequence_length, steps, batch)
    result = xp.zeros((steps, batch, *rest) if axis == 0 else (batch, steps, *rest), values.dtype)
    xp.moveaxis(result, axis, 0)[last, xp.arange(batch)] = values
    return result


@sequence_last_put.shape
def sequence_last_put_shape(s: ShapeFacts, steps: int, axis: int) -> None:
    values = s["values"]
    if values is not None:
        batch, *rest = values
        s["output"] = (steps, batch, *rest) if axis == 0 else (batch, steps, *rest)
    if s["output"] is not None:
        s["values"] = (s["output"][1 - axis], *s["output"][2:])


@sequence_last_put.gradient("values")
def sequence_last_put_gradient(
    F: Any, g: Any, sequence_length: Any, use_sequence_length: bool, axis: int
) -> Any:
    return F.SequenceLast(g, sequence_length, use_sequence_length=use_sequence_length, axis=axis)


# -- SequenceReverse ------------------------------------------------------------------------------------


@operator("SequenceReverse", uses=USES)
def sequence_reverse(
    xp: XP,
    data: Array,
    sequence_length: Array = None,
    *,
    use_sequence_length: bool = False,
    axis: int = 0,
) -> Array:
    """Return the sequences with the order of their steps reversed; what is behind their end stays there."""
    lengths = _lengths(sequence_length, use_sequence_length)
    if lengths is None:
        return xp.flip(data, axis).copy()
    count = data.shape[axis]
    resolve_indices(xp, lengths, count + 1, "raise", "Operator 'SequenceReverse', for a length,")
    steps = xp.arange(count)[:, None]
    source = xp.where(steps < lengths, lengths - 1 - steps, steps)
    turned = xp.moveaxis(data, axis, 0)[source, xp.arange(data.shape[1 - axis])]
    return xp.ascontiguousarray(xp.moveaxis(turned, 0, axis))


@sequence_reverse.shape
def sequence_reverse_shape(s: ShapeFacts, axis: int) -> None:
    s.same("data", "output")
    _state_batch(s, axis)


@sequence_reverse.gradient("data")
def sequence_reverse_gradient(
    F: Any, g: Any, sequence_length: Any, use_sequence_length: bool, axis: int
) -> Any:
    return F.SequenceReverse(g, sequence_length, use_sequence_length=use_sequence_length, axis=axis)


for _each in (sequence_mask, sequence_last, sequence_last_put, sequence_reverse):
    _each.dtype(dtype_of_first)


# -- running sums ---------------------------------------------------------------------------------------


@operator("_np_cumsum", aliases=("cumsum",), on_complex=AS_WRITTEN)
def cumsum(xp: XP, a: Array, *, axis: int | None = None, dtype: DType | None = None) -> Array:
    """Return the sums of the elements up to each one, along an axis or (None) in the flat array."""
    target = dtype or a.dtype
    # Half precision loses too much when it adds up in its own.
    wide = "float32" if target.itemsize == 2 and target.kind not in "iu" else target  # noqa: PLR2004
    return xp.cumsum(a, axis, dtype=wide).astype(target, copy=False)


@cumsum.shape
def cumsum_shape(s: ShapeFacts, axis: int | None) -> None:
    if s["a"] is None:
        return
    if axis is None:
        s["output"] = (product(s["a"]),)
    else:
        normalize_axis(axis, len(s["a"]), s.owner)
        s.same("a", "output")


@cumsum.dtype
def cumsum_dtype(d: DTypeFacts, dtype: Any) -> None:
    if dtype is None:
        d.same("a", "output")
    else:
        d["output"] = dtype


@cumsum.gradient("a")
def cumsum_gradient(F: Any, g: Any, shapes: Any, dtypes: Any, axis: int | None) -> Any:
    """Each element counts in its own sum and all later ones: add up from the end."""
    along = 0 if axis is None else axis
    g = F.reverse(F._np_cumsum(F.reverse(g, axis=(along,)), axis=along), axis=(along,))
    return F._reshape_to(cast_like(F, g, dtypes[0]), shape=shapes[0])
