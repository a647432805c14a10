"""Linear maps, and tables of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish import numpy as mxnp
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.nn.functional.arguments import beside, overwrite, run, tensor_of
from gluonish.tensors import Tensor, functions, no_grad

__all__ = ["bilinear", "embedding", "linear", "one_hot"]


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """Return ``input @ weight.T + bias``.

    Args:
        input: (..., in_features).
        weight: (out_features, in_features), or (in_features,).
        bias: (out_features,), or ().

    Returns:
        (..., out_features); without that axis for a weight of one axis.

    Raises:
        ShapeMismatchError: the shapes do not fit.

    Example:
        >>> from gluonish import Tensor
        >>> from gluonish.nn import functional as F
        >>> F.linear(Tensor([1.0, 2.0]), Tensor([[3.0, 4.0]]), Tensor([0.5]))
        Tensor([11.5], grad=None)
    """
    x = tensor_of(input, "linear")
    w = beside(weight, x, "linear")
    if w.ndim == 1:
        result = functions.matmul(x, w)
        return result if bias is None else result + beside(bias, x, "linear")
    rows = functions.unsqueeze(x, 0) if x.ndim == 1 else x
    result = run(
        "FullyConnected",
        rows,
        w,
        None if bias is None else beside(bias, x, "linear"),
        num_hidden=w.shape[0],
        no_bias=bias is None,
        flatten=False,
    )
    return functions.squeeze(result, 0) if x.ndim == 1 else result


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Tensor:
    """Return, for each output k, ``input1 @ weight[k] @ input2 + bias[k]``.

    Args:
        input1: (..., in1_features).
        input2: (..., in2_features).
        weight: (out_features, in1_features, in2_features).
        bias: (out_features,).

    Returns:
        (..., out_features).
    """
    x1, x2 = tensor_of(input1, "bilinear"), tensor_of(input2, "bilinear")
    w = beside(weight, x1, "bilinear")
    if w.shape[1:] != (x1.shape[-1], x2.shape[-1]):
        raise ShapeMismatchError(
            "bilinear()",
            "got inputs that the weight does not fit",
            expected=f"last axes of {w.shape[1]} and {w.shape[2]}",
            received=f"{x1.shape} and {x2.shape}",
        )
    half = mxnp.tensordot(x1, w, ([x1.ndim - 1], [1]))  # (..., out_features, in2_features)
    result = functions.sum(half * functions.unsqueeze(x2, -2), -1)
    return result if bias is None else result + beside(bias, x1, "bilinear")


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Return the rows of a table at indices.

    Args:
        input: the indices, of any shape.
        weight: the table, (count, size).
        padding_idx: an index whose row gets no gradient.
        max_norm: rows that are used and have a larger norm are scaled down to it, in place.
        norm_type: the order of that norm.
        scale_grad_by_freq: divide the gradient of each row by how often it is used here.
        sparse: accepted; gradients are dense.

    Returns:
        The shape of the input, with the size of the rows behind it.

    Raises:
        IndexOutOfRangeError: there is no such row.
        ArgumentError: there is no row for the padding.
    """
    indices = tensor_of(input, "embedding")
    if max_norm is not None:
        _renormalize(weight, indices, max_norm, norm_type)
    table = beside(weight, indices, "embedding")
    count, size = table.shape
    rows = run("Embedding", indices, table, input_dim=count, output_dim=size, dtype=table.dtype)
    if scale_grad_by_freq:
        rows = _with_gradient_scaled(rows, functions.unsqueeze(1 / _frequencies(indices, count, rows), -1))
    if padding_idx is not None:
        if not -count <= padding_idx < count:
            raise ArgumentError(
                "embedding()",
                "has no row for its padding",
                expected=f"an index below {count}",
                received=padding_idx,
            )
        is_padding = functions.unsqueeze(indices == padding_idx % count, -1)
        rows = functions.where(is_padding, rows.detach(), rows)
    return rows


def _renormalize(weight: Any, indices: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are used, and are too long, down to a norm. They are found on the host."""
    with no_grad():
        values = beside(weight, indices, "embedding").asnumpy()
        used = np.unique(np.asarray(indices).astype(np.int64))
        norms = np.linalg.norm(values[used], norm_type, axis=1, keepdims=True)
        values[used] *= np.where(norms > max_norm, max_norm / (norms + 1e-7), 1).astype(values.dtype)
        overwrite(weight, values)


def _frequencies(indices: Tensor, count: int, like: Tensor) -> Tensor:
    """Return, for each index, how often it is among all of them."""
    found = mxnp.bincount(functions.reshape(indices, (-1,)), minlength=count)
    return tensor_of(found[indices], "embedding").to(dtype=like.dtype)


def _with_gradient_scaled(x: Tensor, factor: Tensor) -> Tensor:
    """Return a tensor whose gradient arrives multiplied by a factor."""
    return functions.add(x * factor, (x * (1 - factor)).detach())


def one_hot(tensor: Any, num_classes: int = -1) -> Tensor:
    """Return, for each index, a vector with a 1 there and 0 elsewhere, as int64.

    Args:
        tensor: indices, of any shape.
        num_classes: the size of the vectors; one more than the largest index if -1.

    Raises:
        ArgumentError: an index is negative, or has no place in the vectors.

    Example:
        >>> from gluonish import Tensor
        >>> from gluonish.nn import functional as F
        >>> F.one_hot(Tensor([1, 0]), num_classes=3)
        Tensor([[0, 1, 0], [1, 0, 0]], grad=None)
    """
    indices = tensor_of(tensor, "one_hot")
    least, most = (int(each(indices)) for each in (functions.min, functions.max)) if indices.size else (0, -1)
    depth = most + 1 if num_classes == -1 else num_classes
    if least < 0 or most >= depth:
        raise ArgumentError(
            "one_hot()",
            "got an index without a place",
            expected=f"indices from 0 to {depth - 1}",
            received=f"indices from {least} to {most}",
        )
    return run("one_hot", indices, depth=depth, dtype="int64")
