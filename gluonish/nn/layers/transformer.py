"""Transformers: Vaswani et al., Attention is all you need (2017)."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from gluonish.errors import ShapeMismatchError
from gluonish.nn import init
from gluonish.nn.containers import ModuleList
from gluonish.nn.layers.common import Layer
from gluonish.nn.layers.layer_norm import LayerNorm
from gluonish.nn.layers.transformer_layers import Activation, TransformerDecoderLayer, TransformerEncoderLayer
from gluonish.tensors import Tensor
from gluonish.tensors.device import as_device

__all__ = ["Transformer", "TransformerDecoder", "TransformerEncoder"]


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
