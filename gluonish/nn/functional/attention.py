"""Attention: Vaswani et al., Attention is all you need (2017)."""

from __future__ import annotations

import math
from typing import Any

import attrs
import numpy as np

from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.nn.functional.arguments import beside, constant, tensor_of
from gluonish.nn.functional.dropouts import dropout
from gluonish.nn.functional.linear_maps import linear
from gluonish.tensors import Tensor
from gluonish.tensors import functions as ft

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Return, for each query, the mean of the values, weighted by the softmax of its products with the keys.

    Args:
        query: (..., queries, size).
        key: (..., keys, size).
        value: (..., keys, value_size).
        attn_mask: (..., queries, keys); of bools, True where a query sees a key; of floats, added to the
            products.
        dropout_p: the probability that a weight is dropped; 0 outside training.
        is_causal: whether a query sees no keys behind its own place.
        scale: the factor on the products; 1 / sqrt(size) if None.
        enable_gqa: whether heads of keys and values, axis -3, are shared by several heads of queries.

    Returns:
        (..., queries, value_size).

    Raises:
        ArgumentError: a mask and ``is_causal``.
    """
    q, k, v = (tensor_of(each, "scaled_dot_product_attention") for each in (query, key, value))
    if enable_gqa:
        k, v = (ft.repeat_interleave(each, q.shape[-3] // each.shape[-3], -3) for each in (k, v))
    output, _ = _attend(q, k, v, _bias(q, k, attn_mask, is_causal), dropout_p, scale)
    return output


def _bias(q: Tensor, k: Tensor, mask: Any, is_causal: bool) -> Tensor | None:
    """Return what to add to the products of queries and keys."""
    if is_causal:
        if mask is not None:
            raise ArgumentError(
                "scaled_dot_product_attention()", "got a mask besides the causal one", expected="one of them"
            )
        hidden = np.triu(np.ones((q.shape[-2], k.shape[-2]), bool), 1)
        return as_bias(Tensor(hidden, device=q.context), q)
    if mask is None:
        return None
    mask = beside(mask, q, "scaled_dot_product_attention")
    return as_bias(ft.logical_not(mask), q) if mask.dtype == np.bool_ else mask


def as_bias(hidden: Tensor, like: Tensor) -> Tensor:
    """Return -inf where a key is hidden, else 0, in the dtype of another tensor."""
    zeros = constant(0.0, hidden.shape, like)
    return ft.where(hidden, -math.inf, zeros)


def _attend(
    q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, dropout_p: float, scale: float | None = None
) -> tuple[Tensor, Tensor]:
    """Return the output and the weights."""
    factor = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = ft.matmul(q * factor, ft.transpose(k, -1, -2))
    weights = ft.softmax(scores if bias is None else scores + bias, -1)
    if dropout_p > 0:
        weights = dropout(weights, dropout_p)
    return ft.matmul(weights, v), weights


@attrs.frozen
class _Heads:
    """Sequences as they are cut into heads: (batch * heads, places, size)."""

    batch: int
    heads: int
    size: int

    def cut(self, x: Tensor) -> Tensor:
        """Cut (places, batch, heads * size)."""
        return ft.transpose(ft.reshape(x, (-1, self.batch * self.heads, self.size)), 0, 1)

    def join(self, x: Tensor) -> Tensor:
        """Undo ``cut``."""
        return ft.reshape(ft.transpose(x, 0, 1), (-1, self.batch, self.heads * self.size))


def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attend with several heads: project, attend in each head, join and project again.

    Args:
        query: (queries, batch, embed_dim), or without the batch.
        key: (keys, batch, key_size).
        value: (keys, batch, value_size).
        embed_dim_to_check: what embed_dim has to be.
        num_heads: how many heads.
        in_proj_weight: (3 * embed_dim, embed_dim): for queries, keys and values.
        in_proj_bias: (3 * embed_dim,).
        bias_k: (1, 1, embed_dim), a key that is added to every sequence.
        bias_v: its value.
        add_zero_attn: whether a key and a value of zeros are added.
        dropout_p: the probability that a weight is dropped while training.
        out_proj_weight: (embed_dim, embed_dim).
        out_proj_bias: (embed_dim,).
        training: whether weights are dropped.
        key_padding_mask: (batch, keys); True, or a number that is added, where a key is not to be seen.
        need_weights: whether to return the weights.
        attn_mask: (queries, keys) or (batch * num_heads, queries, keys); True where a query does not see a
            key, or numbers that are added.
        use_separate_proj_weight: whether the three projections are given one by one.
        q_proj_weight: (embed_dim, embed_dim).
        k_proj_weight: (embed_dim, key_size).
        v_proj_weight: (embed_dim, value_size).
        static_k: (batch * num_heads, keys, size), used instead of the projected keys.
        static_v: likewise.
        average_attn_weights: whether the weights are averaged over the heads.
        is_causal: a hint that ``attn_mask`` is causal; without a mask it is an error.

    Returns:
        (queries, batch, embed_dim), and the weights: (batch, queries, keys), or with one more axis, of heads,
        behind the batch; None if they are not needed.

    Raises:
        ShapeMismatchError: the query has another size.
        ArgumentError: the heads do not divide it; ``is_causal`` without a mask.
    """
    q, k, v = (tensor_of(each, "multi_head_attention_forward") for each in (query, key, value))
    had_batch = q.ndim == 3  # noqa: PLR2004
    if not had_batch:
        q, k, v = (ft.unsqueeze(each, 1) for each in (q, k, v))
        if key_padding_mask is not None:
            key_padding_mask = ft.unsqueeze(beside(key_padding_mask, q, "attention"), 0)
    _check(q, embed_dim_to_check, num_heads, is_causal and attn_mask is None)
    if use_separate_proj_weight:
        weights = [q_proj_weight, k_proj_weight, v_proj_weight]
    else:
        weights = list(ft.chunk(beside(in_proj_weight, q, "attention"), 3))
    biases = [None] * 3 if in_proj_bias is None else list(ft.chunk(beside(in_proj_bias, q, "attention"), 3))
    q, k, v = (linear(x, w, b) for x, w, b in zip((q, k, v), weights, biases, strict=True))
    if bias_k is not None:
        k, v = (_longer(each, more) for each, more in ((k, bias_k), (v, bias_v)))
    heads = _Heads(q.shape[1], num_heads, q.shape[2] // num_heads)
    q = heads.cut(q)
    k = heads.cut(k) if static_k is None else tensor_of(static_k, "attention")
    v = heads.cut(v) if static_v is None else tensor_of(static_v, "attention")
    if add_zero_attn:
        k, v = (ft.cat([each, each[:, :1].detach() * 0], 1) for each in (k, v))
    bias = _joint_bias(q, k, heads, attn_mask, key_padding_mask)
    output, seen = _attend(q, k, v, bias, dropout_p if training else 0.0)
    output = linear(heads.join(output), out_proj_weight, out_proj_bias)
    shown = ft.reshape(seen, (heads.batch, num_heads, *seen.shape[1:])) if need_weights else None
    if shown is not None and average_attn_weights:
        shown = ft.mean(shown, 1)
    if had_batch:
        return output, shown
    return ft.squeeze(output, 1), None if shown is None else ft.squeeze(shown, 0)


def _check(q: Tensor, embed_dim: int, num_heads: int, lacks_mask: bool) -> None:
    if q.shape[-1] != embed_dim:
        raise ShapeMismatchError(
            "Attention", "got queries of another size", expected=embed_dim, received=q.shape[-1]
        )
    if embed_dim % num_heads:
        raise ArgumentError(
            "Attention",
            "cannot share out its size to the heads",
            expected=f"a multiple of {num_heads}",
            received=embed_dim,
        )
    if lacks_mask:
        raise ArgumentError(
            "Attention", "needs the mask that is_causal is a hint about", fix="Pass attn_mask."
        )


def _longer(x: Tensor, more: Any) -> Tensor:
    """Put one more place behind every sequence of (places, batch, size)."""
    return ft.cat([x, ft.broadcast_to(beside(more, x, "attention"), (1, *x.shape[1:]))], 0)


def _joint_bias(q: Tensor, k: Tensor, heads: _Heads, attn_mask: Any, key_padding_mask: Any) -> Tensor | None:
    """Return what both masks add to the products, for keys that were added too."""
    parts = []
    if attn_mask is not None:
        parts.append(_additive(attn_mask, q))
    if key_padding_mask is not None:
        rows = _additive(key_padding_mask, q)
        wide = ft.broadcast_to(
            ft.reshape(rows, (heads.batch, 1, 1, -1)), (heads.batch, heads.heads, 1, rows.shape[1])
        )
        parts.append(ft.reshape(wide, (heads.batch * heads.heads, 1, -1)))
    if not parts:
        return None
    bias = parts[0] if len(parts) == 1 else parts[0] + parts[1]
    added = k.shape[1] - bias.shape[-1]
    if added > 0:
        zeros = ft.broadcast_to(bias.detach()[..., :1], (*bias.shape[:-1], added))
        bias = ft.cat([bias, ft.where(zeros == zeros, 0.0, zeros)], -1)  # noqa: PLR0124  of -inf too
    return bias


def _additive(mask: Any, like: Tensor) -> Tensor:
    given = beside(mask, like, "attention")
    return as_bias(given, like) if given.dtype == np.bool_ else given
