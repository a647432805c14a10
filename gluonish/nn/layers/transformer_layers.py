"""The layers of transformers: Vaswani et al., Attention is all you need (2017)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gluonish.errors import ArgumentError
from gluonish.nn import functional as F
from gluonish.nn.layers.attention import MultiheadAttention
from gluonish.nn.layers.common import Layer
from gluonish.nn.layers.dropout import Dropout
from gluonish.nn.layers.layer_norm import LayerNorm
from gluonish.nn.layers.linear import Linear
from gluonish.tensors import Tensor

__all__ = ["TransformerDecoderLayer", "TransformerEncoderLayer"]


Activation = Callable[[Any], Tensor]
"""A function of a tensor."""


# -- transformers -----------------------------------------------------------------------------------------


def _activation(given: str | Activation) -> Activation:
    """Return an activation by its name.

    Raises:
        ArgumentError: another name than "relu" or "gelu".
    """
    if not isinstance(given, str):
        return given
    if given not in ("relu", "gelu"):
        raise ArgumentError(
            "Transformer",
            "knows no such activation",
            expected="'relu', 'gelu', or a function",
            received=repr(given),
        )
    return getattr(F, given)


class _TransformerLayer(Layer):
    """What layers of encoders and decoders have in common: attention, and two linear maps of each place."""

    activation: Activation

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int,
        dropout: float,
        activation: str | Activation,
        layer_norm_eps: float,
        batch_first: bool,
        norm_first: bool,
        bias: bool,
        here: tuple[Any, Any],
        attentions: tuple[str, ...],
    ) -> None:
        super().__init__()
        device, dtype = here
        for name in attentions:
            attention = MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, device=device, dtype=dtype
            )
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, device, dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, device, dtype)
        self.norm_first = norm_first
        numbers = range(1, len(attentions) + 2)
        for number in numbers:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
            setattr(self, f"norm{number}", norm)
        for number in numbers:
            setattr(self, f"dropout{number}", Dropout(dropout))
        self.activation = _activation(activation)

    def _feed_forward(self, x: Tensor, dropout: Dropout) -> Tensor:
        return dropout(self.linear2(self.dropout(self.activation(self.linear1(x)))))

    def _attended(
        self,
        attention: MultiheadAttention,
        dropout: Dropout,
        x: Tensor,
        seen: Tensor | None,
        masks: dict[str, Any],
    ) -> Tensor:
        """Let each place of a sequence attend to another one, or to itself."""
        other = x if seen is None else seen
        return dropout(attention(x, other, other, need_weights=False, **masks)[0])

    def _added(self, x: Any, norm: LayerNorm, block: Callable[[Any], Tensor]) -> Tensor:
        """Add what a block computes, and normalise before or after."""
        return x + block(norm(x)) if self.norm_first else norm(x + block(x))


class TransformerEncoderLayer(_TransformerLayer):
    """Lets each place of a sequence attend to all of them, and maps it.

    Args:
        d_model: the size of each place.
        nhead: the number of heads.
        dim_feedforward: the size between the two linear maps.
        dropout: the probability of dropout.
        activation: "relu", "gelu", or a function.
        layer_norm_eps: added to the variance in normalisations.
        batch_first: whether tensors are (batch, places, size), not (places, batch, size).
        norm_first: whether to normalise before attention and maps, not after them.
        bias: whether linear maps and normalisations have biases.
        device: as of Linear.
        dtype: as of Linear.

    Example:
        >>> import gluonish as torch
        >>> from gluonish import nn
        >>> layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16)
        >>> layer(torch.randn(10, 3, 8)).shape
        (10, 3, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Activation = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            d_model,
            nhead,
            dim_feedforward,
            dropout,
            activation,
            layer_norm_eps,
            batch_first,
            norm_first,
            bias,
            (device, dtype),
            ("self_attn",),
        )

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Tensor:
        """Encode.

        Args:
            src: (places, batch, d_model), or without the batch.
            src_mask: as ``attn_mask`` of MultiheadAttention.
            src_key_padding_mask: as ``key_padding_mask`` of it.
            is_causal: a hint that ``src_mask`` is causal.
        """
        masks = {"attn_mask": src_mask, "key_padding_mask": src_key_padding_mask, "is_causal": is_causal}
        x = self._added(
            src, self.norm1, lambda y: self._attended(self.self_attn, self.dropout1, y, None, masks)
        )
        return self._added(x, self.norm2, lambda y: self._feed_forward(y, self.dropout2))


class TransformerDecoderLayer(_TransformerLayer):
    """Lets each place of a sequence attend to it, then to what an encoder made, and maps it.

    Arguments are those of TransformerEncoderLayer.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Activation = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            d_model,
            nhead,
            dim_feedforward,
            dropout,
            activation,
            layer_norm_eps,
            batch_first,
            norm_first,
            bias,
            (device, dtype),
            ("self_attn", "multihead_attn"),
        )

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Decode.

        Args:
            tgt: (places, batch, d_model), or without the batch.
            memory: what an encoder made.
            tgt_mask: as ``attn_mask`` of MultiheadAttention, for the first attention.
            memory_mask: likewise for the second.
            tgt_key_padding_mask: as ``key_padding_mask`` of it, for the first attention.
            memory_key_padding_mask: likewise for the second.
            tgt_is_causal: a hint that ``tgt_mask`` is causal.
            memory_is_causal: a hint that ``memory_mask`` is.
        """
        own = {"attn_mask": tgt_mask, "key_padding_mask": tgt_key_padding_mask, "is_causal": tgt_is_causal}
        other = {
            "attn_mask": memory_mask,
            "key_padding_mask": memory_key_padding_mask,
            "is_causal": memory_is_causal,
        }
        x = self._added(
            tgt, self.norm1, lambda y: self._attended(self.self_attn, self.dropout1, y, None, own)
        )
        x = self._added(
            x, self.norm2, lambda y: self._attended(self.multihead_attn, self.dropout2, y, memory, other)
        )
        return self._added(x, self.norm3, lambda y: self._feed_forward(y, self.dropout3))
