"""Looking up rows of a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.fields import DType
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.common import resolve_indices

__all__: list[str] = []

FLOAT32 = np.dtype("float32")


@operator("Embedding", aliases=("_contrib_SparseEmbedding",), ignored=("deterministic",))
def embedding(
    xp: XP,
    data: Array,
    weight: Array,
    *,
    input_dim: int,
    output_dim: int,
    dtype: DType = FLOAT32,
    sparse_grad: bool = False,
) -> Array:
    """Return the rows of the weight at the indices in the data, on a new last axis.

    The weight has shape (input_dim, output_dim). Indices of any dtype are truncated to integers; one out of
    range is an error. ``dtype`` is that of a weight that does not exist yet.
    """
    rows = resolve_indices(xp, data, input_dim, "raise", "Operator 'Embedding'")
    return weight.take(rows, axis=0)


@embedding.shape
def embedding_shape(s: ShapeFacts, input_dim: int, output_dim: int) -> None:
    data, output = s["data"], s["output"]
    s["weight"] = (input_dim, output_dim)
    if data is not None:
        s["output"] = (*data, output_dim)
    if output is not None:
        s["data"] = output[:-1]


@embedding.dtype
def embedding_dtype(d: DTypeFacts, dtype: Any) -> None:
    d.same("weight", "output")
    if d["weight"] is None:
        d["weight"] = dtype


@embedding.gradient("weight")
def embedding_gradient(F: Any, g: Any, data: Any, input_dim: int) -> Any:
    return F._index_add(g, data, size=input_dim, axis=0, mode="raise")
