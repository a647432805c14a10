"""Looking up rows of a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.fields import DType
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.common import resolve_indices

__all__ = ["embedding", "sparse_embedding"]

FLOAT32 = np.dtype("float32")


@operator("Embedding")
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
    range is an error. ``dtype`` is that of a weight that does not exist yet. With ``sparse_grad`` the
    gradient of the weight is row-sparse: it has the rows that were looked up.
    """
    rows = resolve_indices(xp, data, input_dim, "raise", "Operator 'Embedding'")
    return weight.take(rows, axis=0)


@operator("_contrib_SparseEmbedding", ignored=("deterministic",))
def sparse_embedding(
    xp: XP, data: Array, weight: Array, *, input_dim: int, output_dim: int, dtype: DType = FLOAT32
) -> Array:
    """Return what ``Embedding`` does; the gradient of the weight is row-sparse."""
    return embedding.kernel(xp, data, weight, input_dim=input_dim, output_dim=output_dim, dtype=dtype)


def embedding_shape(s: ShapeFacts, input_dim: int, output_dim: int) -> None:
    data, output = s["data"], s["output"]
    s["weight"] = (input_dim, output_dim)
    if data is not None:
        s["output"] = (*data, output_dim)
    if output is not None:
        s["data"] = output[:-1]


def embedding_dtype(d: DTypeFacts, dtype: Any) -> None:
    d.same("weight", "output")
    if d["weight"] is None:
        d["weight"] = dtype


for _op in (embedding, sparse_embedding):
    _op.shape(embedding_shape)
    _op.dtype(embedding_dtype)


@embedding.gradient("weight")
def embedding_gradient(F: Any, g: Any, data: Any, input_dim: int, sparse_grad: bool) -> Any:
    if sparse_grad:
        return F._index_add_rows(g, data, size=input_dim)
    return F._index_add(g, data, size=input_dim, axis=0, mode="raise")


@sparse_embedding.gradient("weight")
def sparse_embedding_gradient(F: Any, g: Any, data: Any, input_dim: int) -> Any:
    return F._index_add_rows(g, data, size=input_dim)


embedding.gradient_stored("weight")(
    lambda stypes, params: "row_sparse" if params["sparse_grad"] else "default"
)
sparse_embedding.gradient_stored("weight")(lambda stypes, params: "row_sparse")
