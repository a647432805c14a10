"""Attention and transformers: Vaswani et al., Attention is all you need (2017)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.nn import functional as F
from gluonish.nn import init
from gluonish.nn.containers import ModuleList
from gluonish.nn.layers.common import Layer, new_parameter
from gluonish.nn.layers.dropout import Dropout
from gluonish.nn.layers.linear import Linear
from gluonish.nn.layers.norm import LayerNorm
from gluonish.tensors import Tensor, functions
from gluonish.tensors.device import as_device

__all__ = [
    "MultiheadAttention",
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

Activation = Callable[[Any], Tensor]


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


class _Stack(Layer):
    """Several layers of one kind, with copies of the one given, and a normalisation behind them."""

    def __init__(self, layer: Layer, num_layers: int, norm: Any) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm


class TransformerEncoder(_Stack):
    """Runs several encoder layers, one behind the other.

    Args:
        encoder_layer: a TransformerEncoderLayer, which is copied.
        num_layers: how many.
        norm: a normalisation behind the last one.
        enable_nested_tensor: accepted; it has no effect.
        mask_check: accepted; it has no effect.
    """

    def __init__(
        self,
        encoder_layer: Layer,
        num_layers: int,
        norm: Any = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__(encoder_layer, num_layers, norm)
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Tensor:
        """Encode; arguments as of the layers."""
        output = src
        for layer in self.layers:
            output = layer(output, mask, src_key_padding_mask, is_causal=bool(is_causal))
        return output if self.norm is None else self.norm(output)


class TransformerDecoder(_Stack):
    """Runs several decoder layers, one behind the other.

    Args:
        decoder_layer: a TransformerDecoderLayer, which is copied.
        num_layers: how many.
        norm: a normalisation behind the last one.
    """

    def __init__(self, decoder_layer: Layer, num_layers: int, norm: Any = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Decode; arguments as of the layers."""
        output = tgt
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        for layer in self.layers:
            output = layer(output, memory, *masks, bool(tgt_is_causal), memory_is_causal)
        return output if self.norm is None else self.norm(output)


class Transformer(Layer):
    """An encoder and a decoder.

    Args:
        d_model: the size of each place.
        nhead: the number of heads.
        num_encoder_layers: how many layers the encoder has.
        num_decoder_layers: how many the decoder has.
        dim_feedforward: the size between the two linear maps of a layer.
        dropout: the probability of dropout.
        activation: "relu", "gelu", or a function.
        custom_encoder: a module to take the encoder's place.
        custom_decoder: a module to take the decoder's place.
        layer_norm_eps: added to the variance in normalisations.
        batch_first: whether tensors are (batch, places, size), not (places, batch, size).
        norm_first: whether layers normalise first.
        bias: whether linear maps and normalisations have biases.
        device: as of Linear.
        dtype: as of Linear.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Activation = "relu",
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        here = {"device": device, "dtype": dtype}
        shared = (
            d_model,
            nhead,
            dim_feedforward,
            dropout,
            activation,
            layer_norm_eps,
            batch_first,
            norm_first,
            bias,
        )

        def stack(kind: Any, layer: Any, count: int) -> Any:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, **here)
            return kind(layer(*shared, **here), count, norm)

        self.encoder = custom_encoder or stack(
            TransformerEncoder, TransformerEncoderLayer, num_encoder_layers
        )
        self.decoder = custom_decoder or stack(
            TransformerDecoder, TransformerDecoderLayer, num_decoder_layers
        )
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights anew, by Xavier's rule."""
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Encode one sequence, and decode another one beside it; masks as of the layers.

        Raises:
            ShapeMismatchError: different numbers of sequences, or places of another size than d_model.
        """
        axis = 0 if self.batch_first else 1
        if src.ndim != tgt.ndim or (src.ndim == 3 and src.shape[axis] != tgt.shape[axis]):  # noqa: PLR2004
            raise ShapeMismatchError(
                "Transformer", "got batches of different sizes", expected=src.shape, received=tgt.shape
            )
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ShapeMismatchError(
                "Transformer",
                "got places of another size",
                expected=f"d_model={self.d_model}",
                received=f"{src.shape[-1]} and {tgt.shape[-1]}",
            )
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask,
            memory_mask,
            tgt_key_padding_mask,
            memory_key_padding_mask,
            tgt_is_causal,
            memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """Return the mask of a causal decoder: -inf above the diagonal, 0 elsewhere.

        Args:
            sz: the number of places.
            device: where.
            dtype: the element type; float32 if None.
        """
        values = np.triu(np.full((sz, sz), -np.inf), 1)
        return Tensor(values, dtype=dtype or "float32", device=as_device(device))
