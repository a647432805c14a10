"""Attention with several heads: Vaswani et al., Attention is all you need (2017)."""

from __future__ import annotations

from typing import Any

from gluonish.errors import ArgumentError
from gluonish.nn import functional as F
from gluonish.nn import init
from gluonish.nn.layers.common import Layer, new_parameter
from gluonish.nn.layers.linear import Linear
from gluonish.tensors import Tensor, functions

__all__ = [
    "MultiheadAttention",
]


class MultiheadAttention(Layer):
    """Attends with several heads: projects, attends in each head, joins and projects again.

    Args:
        embed_dim: the size of queries and of what is returned.
        num_heads: the number of heads; it divides embed_dim.
        dropout: the probability that a weight is dropped while training.
        bias: whether the projections have biases.
        add_bias_kv: whether a learned key and value are added to every sequence.
        add_zero_attn: whether a key and a value of zeros are added.
        kdim: the size of keys; embed_dim if None.
        vdim: the size of values; embed_dim if None.
        batch_first: whether tensors are (batch, places, size), not (places, batch, size).
        device: as of Linear.
        dtype: as of Linear.

    Attributes:
        in_proj_weight: (3 * embed_dim, embed_dim), for queries, keys and values; None if their sizes differ.
        q_proj_weight: (embed_dim, embed_dim), where they do; and so on.
        in_proj_bias: (3 * embed_dim,), or None.
        out_proj: a Linear.
        bias_k: (1, 1, embed_dim), or None.
        bias_v: likewise.

    Raises:
        ArgumentError: the heads do not divide embed_dim.

    Example:
        >>> import gluonish as torch
        >>> from gluonish import nn
        >>> x = torch.randn(5, 2, 8)
        >>> output, weights = nn.MultiheadAttention(8, 4)(x, x, x)
        >>> output.shape, weights.shape
        ((5, 2, 8), (2, 5, 5))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise ArgumentError(
                "MultiheadAttention",
                "cannot share out its size to the heads",
                expected="num_heads that divides embed_dim",
                received=f"embed_dim={embed_dim}, num_heads={num_heads}",
            )
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn
        here = (device, dtype)
        separate = not self._has_one_size
        for name, size in (("q", embed_dim), ("k", self.kdim), ("v", self.vdim)):
            weight = new_parameter((embed_dim, size), *here) if separate else None
            self.register_parameter(f"{name}_proj_weight", weight)
        joint = None if separate else new_parameter((3 * embed_dim, embed_dim), *here)
        self.register_parameter("in_proj_weight", joint)
        self.register_parameter("in_proj_bias", new_parameter((3 * embed_dim,), *here) if bias else None)
        self.out_proj = Linear(embed_dim, embed_dim, bias, *here)
        for name in ("bias_k", "bias_v"):
            self.register_parameter(name, new_parameter((1, 1, embed_dim), *here) if add_bias_kv else None)
        self.reset_parameters()

    @property
    def _has_one_size(self) -> bool:
        return self.kdim == self.embed_dim == self.vdim

    def reset_parameters(self) -> None:
        """Draw the parameters anew: Xavier's for weights, 0 for biases."""
        for name in ("q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_weight"):
            if getattr(self, name) is not None:
                init.xavier_uniform_(getattr(self, name))
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for name in ("bias_k", "bias_v"):
            if getattr(self, name) is not None:
                init.xavier_normal_(getattr(self, name))

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend.

        Args:
            query: (queries, batch, embed_dim), or without the batch.
            key: (keys, batch, kdim).
            value: (keys, batch, vdim).
            key_padding_mask: (batch, keys), True where a key is not to be seen.
            need_weights: whether to return the weights too.
            attn_mask: (queries, keys) or (batch * num_heads, queries, keys); True where a query does not see
                a key, or numbers that are added.
            average_attn_weights: whether the weights are averaged over the heads.
            is_causal: a hint that ``attn_mask`` is causal.

        Returns:
            The output, shaped as the query, and the weights, (batch, queries, keys); None if not needed.
        """
        swapped = self.batch_first and query.ndim == 3  # noqa: PLR2004
        if swapped:
            query, key, value = (functions.transpose(each, 0, 1) for each in (query, key, value))
        output, weights = F.multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.acts_as_training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=not self._has_one_size,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return (functions.transpose(output, 0, 1) if swapped else output), weights
