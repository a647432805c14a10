"""Products of the projections in multi-head attention, which lie interleaved in one array.

Projections have the layout (length, batch, heads * parts * size): of every head its queries, keys and values
in turn (3 parts), its keys and values (2), or one of them (1). Attention maps have the layout
(batch * heads, queries, keys). Vaswani et al., Attention Is All You Need (2017), equation 1.
"""

from __future__ import annotations

import math
from typing import Any

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.common import matmul
from gluonish.shape import Dim

__all__: list[str] = []

ALL = slice(None)


# -- the layout -----------------------------------------------------------------------------------------


def _part(projections: Array, heads: int, parts: int, which: int) -> Array:
    """Return one part as matrices (batch * heads, length, size)."""
    length, batch = projections.shape[:2]
    return projections.reshape(length, batch * heads, parts, -1)[:, :, which].swapaxes(0, 1)


def _part_by(F: Any, projections: Any, heads: int, parts: int, which: int) -> Any:
    """Do the same with operators."""
    length, batch, width = projections.shape
    split = F._reshape_to(projections, shape=(length, batch * heads, parts, width // (heads * parts)))
    return F.transpose(F._getitem(split, key=(ALL, ALL, which)), axes=(1, 0, 2))


def _joined_by(F: Any, parts: list[Any], batch: int) -> Any:
    """Return parts, matrices (batch * heads, length, size), in the layout of projections."""
    maps, length, size = parts[0].shape
    joined = F.transpose(F.stack(*parts, axis=2), axes=(1, 0, 2, 3))
    return F._reshape_to(joined, shape=(length, batch, maps // batch * len(parts) * size))


def _beside(F: Any, part: Any, parts: int, which: int) -> list[Any]:
    """Return a list of parts of which all but one are zero."""
    return [part if i == which else F.zeros_like(part) for i in range(parts)]


def _head_size(s: ShapeFacts, name: str, heads: int, parts: int) -> Dim:
    """Return the size of one head's part of projections, after checking that there is one."""
    s[name] = (None, None, None)
    width: Dim = s[name][2]
    if width is None:
        return None
    if heads < 1 or width % (heads * parts):
        s.fail(
            f"cannot divide {name!r} among {heads} heads", expected=f"a multiple of {parts} * heads columns"
        )
    return width // (heads * parts)


def _state_same_size(s: ShapeFacts, first: Dim, second: Dim) -> None:
    if None not in (first, second) and first != second:
        s.fail("got heads of different sizes", expected=f"{first} columns per head and part")


# -- queries and keys -----------------------------------------------------------------------------------


def _product(xp: XP, queries: Array, keys: Array) -> Array:
    return matmul(xp, queries, keys.swapaxes(1, 2)) * queries.dtype.type(1 / math.sqrt(queries.shape[-1]))


@operator("_contrib_interleaved_matmul_selfatt_qk")
def selfatt_qk(xp: XP, queries_keys_values: Array, *, heads: int) -> Array:
    """Return the products of queries, divided by the root of their size, and keys, for each head."""
    return _product(xp, *(_part(queries_keys_values, heads, 3, i) for i in (0, 1)))


@selfatt_qk.shape
def selfatt_qk_shape(s: ShapeFacts, heads: int) -> None:
    _head_size(s, "queries_keys_values", heads, 3)
    length, batch, _ = s["queries_keys_values"]
    s["output"] = (None if batch is None else batch * heads, length, length)


@selfatt_qk.gradient("queries_keys_values")
def selfatt_qk_gradient(F: Any, g: Any, queries_keys_values: Any, heads: int) -> Any:
    queries, keys = (_part_by(F, queries_keys_values, heads, 3, i) for i in (0, 1))
    g = g * (1 / math.sqrt(queries.shape[-1]))
    parts = [F.batch_dot(g, keys), F.batch_dot(g, queries, transpose_a=True), F.zeros_like(keys)]
    return _joined_by(F, parts, queries_keys_values.shape[1])


@operator("_contrib_interleaved_matmul_encdec_qk")
def encdec_qk(xp: XP, queries: Array, keys_values: Array, *, heads: int) -> Array:
    """Return the products of queries, divided by the root of their size, and keys, for each head."""
    return _product(xp, _part(queries, heads, 1, 0), _part(keys_values, heads, 2, 0))


@encdec_qk.shape
def encdec_qk_shape(s: ShapeFacts, heads: int) -> None:
    _state_same_size(s, _head_size(s, "queries", heads, 1), _head_size(s, "keys_values", heads, 2))
    s["queries"] = (None, s["keys_values"][1], None)
    s["keys_values"] = (None, s["queries"][1], None)
    length, batch, _ = s["queries"]
    s["output"] = (None if batch is None else batch * heads, length, s["keys_values"][0])


@encdec_qk.gradient("queries")
def encdec_qk_gradient_queries(F: Any, g: Any, keys_values: Any, heads: int) -> Any:
    keys = _part_by(F, keys_values, heads, 2, 0)
    return _joined_by(F, [F.batch_dot(g * (1 / math.sqrt(keys.shape[-1])), keys)], keys_values.shape[1])


@encdec_qk.gradient("keys_values")
def encdec_qk_gradient_keys(F: Any, g: Any, queries: Any, heads: int) -> Any:
    q = _part_by(F, queries, heads, 1, 0)
    keys = F.batch_dot(g * (1 / math.sqrt(q.shape[-1])), q, transpose_a=True)
    return _joined_by(F, _beside(F, keys, 2, 0), queries.shape[1])


# -- attention and values -------------------------------------------------------------------------------


def _averages(xp: XP, projections: Array, attention: Array, heads: int, parts: int) -> Array:
    averages = matmul(xp, attention, _part(projections, heads, parts, parts - 1))
    return averages.swapaxes(0, 1).reshape(attention.shape[1], projections.shape[1], -1).copy()


def _state_averages(s: ShapeFacts, name: str, heads: int, parts: int) -> None:
    size = _head_size(s, name, heads, parts)
    length, batch, _ = s[name]
    s["attention"] = (None if batch is None else batch * heads, None, length)
    s["output"] = (s["attention"][1], batch, None if size is None else size * heads)


def _values_gradient(F: Any, g: Any, attention: Any, heads: int, parts: int) -> Any:
    values = F.batch_dot(attention, _part_by(F, g, heads, 1, 0), transpose_a=True)
    return _joined_by(F, _beside(F, values, parts, parts - 1), g.shape[1])


def _attention_gradient(F: Any, g: Any, projections: Any, heads: int, parts: int) -> Any:
    values = _part_by(F, projections, heads, parts, parts - 1)
    return F.batch_dot(_part_by(F, g, heads, 1, 0), values, transpose_b=True)


@operator("_contrib_interleaved_matmul_selfatt_valatt")
def selfatt_valatt(xp: XP, queries_keys_values: Array, attention: Array, *, heads: int) -> Array:
    """Return the averages of values, weighted by attention, for each head."""
    return _averages(xp, queries_keys_values, attention, heads, 3)


@selfatt_valatt.shape
def selfatt_valatt_shape(s: ShapeFacts, heads: int) -> None:
    _state_averages(s, "queries_keys_values", heads, 3)


@selfatt_valatt.gradient("queries_keys_values")
def selfatt_valatt_gradient(F: Any, g: Any, attention: Any, heads: int) -> Any:
    return _values_gradient(F, g, attention, heads, 3)


@selfatt_valatt.gradient("attention")
def selfatt_valatt_gradient_attention(F: Any, g: Any, queries_keys_values: Any, heads: int) -> Any:
    return _attention_gradient(F, g, queries_keys_values, heads, 3)


@operator("_contrib_interleaved_matmul_encdec_valatt")
def encdec_valatt(xp: XP, keys_values: Array, attention: Array, *, heads: int) -> Array:
    """Return the averages of values, weighted by attention, for each head."""
    return _averages(xp, keys_values, attention, heads, 2)


@encdec_valatt.shape
def encdec_valatt_shape(s: ShapeFacts, heads: int) -> None:
    _state_averages(s, "keys_values", heads, 2)


@encdec_valatt.gradient("keys_values")
def encdec_valatt_gradient(F: Any, g: Any, attention: Any, heads: int) -> Any:
    return _values_gradient(F, g, attention, heads, 2)


@encdec_valatt.gradient("attention")
def encdec_valatt_gradient_attention(F: Any, g: Any, keys_values: Any, heads: int) -> Any:
    return _attention_gradient(F, g, keys_values, heads, 2)
