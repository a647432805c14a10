"""A row per layer: how to make it, what to feed it, and what is known of its parameters.

The contracts that every layer keeps run over ``ROWS``. A row cannot leave anything out: no field has a
default, and what is given is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs
import networks
import numpy as np
import recurrent_networks
from attrs import validators as v

import gluonish as mx
from gluonish.gluon import Block, HybridBlock, SymbolBlock, nn, rnn
from gluonish.gluon.contrib import cnn as contrib_cnn
from gluonish.gluon.contrib import nn as contrib
from gluonish.gluon.contrib import rnn as contrib_rnn

PREFIX = "row_"

BATCH = 6

DETERMINISTIC, STATISTICS, RANDOM = "deterministic", "batch statistics", "random"

Shape = tuple[int, ...]


def _is_shape(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, tuple) or not all(isinstance(dim, int) and dim > 0 for dim in value):
        raise ValueError(f"{attribute.name} must be a shape, not {value!r}")


def _is_batch(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    _is_shape(_, attribute, value)
    if not value or value[0] != BATCH:
        raise ValueError(f"{attribute.name} must have a batch of {BATCH} examples first, not {value!r}")


@attrs.frozen(kw_only=True)
class Refusal:
    """What a layer says to a second batch of another feature size.

    Attributes:
        shape: of that batch.
        operator: the operator that refuses it.
        argument: its argument that does not fit.
        expected: the size that the layer has.
        received: the size that it would need.
    """

    shape: Shape = attrs.field(validator=_is_batch)
    operator: str = attrs.field(validator=v.min_len(1))
    argument: str = attrs.field(validator=v.min_len(1))
    expected: int = attrs.field(validator=v.gt(0))
    received: int = attrs.field(validator=v.gt(0))


@attrs.frozen(kw_only=True)
class Row:
    """One layer.

    Attributes:
        id: what the tests call it.
        create: makes it, with sizes left out; takes ``prefix`` and the arguments in ``sizes``.
        sizes: the arguments that state all sizes, empty if there are none to state.
        shape: of its input.
        dtype: of its parameters, and of its input where that is not indices.
        indices: the number of classes, if its input is class numbers; else None.
        parameters: golden names and shapes, once complete.
        kind: ``Block``, or ``HybridBlock`` if it runs with symbols.
        behaviour: whether its output depends on the batch as a whole, or on chance.
        refusal: what it says to another feature size; None if it has none of its own.
    """

    id: str = attrs.field(validator=v.matches_re(r"\w[\w ]*"))
    create: Callable[..., Block] = attrs.field(validator=v.is_callable())
    sizes: Mapping[str, int] = attrs.field(
        validator=v.deep_mapping(v.instance_of(str), v.and_(v.instance_of(int), v.gt(0)))
    )
    shape: Shape = attrs.field(validator=_is_batch)
    dtype: str = attrs.field(validator=v.in_(("float32", "float64")))
    indices: int | None = attrs.field(validator=v.optional(v.gt(0)))
    parameters: Mapping[str, Shape] = attrs.field(
        validator=v.deep_mapping(v.matches_re(PREFIX + r"\w+"), _is_shape)
    )
    kind: type[Block] = attrs.field(validator=v.in_((Block, HybridBlock)))
    behaviour: str = attrs.field(validator=v.in_((DETERMINISTIC, STATISTICS, RANDOM)))
    refusal: Refusal | None = attrs.field(validator=v.optional(v.instance_of(Refusal)))

    def __attrs_post_init__(self) -> None:
        if self.sizes and self.refusal is None:
            raise ValueError(f"row {self.id!r} finds its size itself, so it must refuse another one")
        if self.sizes and not self.parameters:
            raise ValueError(f"row {self.id!r} has sizes, so it must have parameters")

    def deferred(self) -> Block:
        """Return the layer with its sizes left out."""
        return self.create(prefix=PREFIX)

    def explicit(self) -> Block:
        """Return the layer with all sizes given."""
        return self.create(prefix=PREFIX, **self.sizes)

    def input(
        self, ctx: mx.Context | None = None, shape: Shape | None = None, seed: int = 0
    ) -> mx.nd.NDArray:
        """Return an input. Its numbers are all different, and none is 0, where maxima and kinks are."""
        rng = np.random.default_rng(seed)
        shape = shape or self.shape
        if self.indices is not None:
            return mx.nd.array(rng.integers(self.indices, size=shape), ctx=ctx, dtype=self.dtype)
        count = int(np.prod(shape))
        values = (rng.permutation(count) + 0.5) / count * 4 - 2
        return mx.nd.array(values.reshape(shape), ctx=ctx, dtype=self.dtype)


# -- helpers for the table ------------------------------------------------------------------------------


def _refusal(shape: Shape, operator: str, expected: int, received: int, argument: str = "weight") -> Refusal:
    return Refusal(
        shape=(BATCH, *shape), operator=operator, argument=argument, expected=expected, received=received
    )


def _sized(
    id: str,  # noqa: A002  the field's name
    create: Callable[..., Block],
    sizes: Mapping[str, int],
    shape: Shape,
    parameters: Mapping[str, Shape],
    refusal: Refusal,
    **other: Any,
) -> Row:
    """Return the row of a layer that finds its sizes in the first batch."""
    full = {PREFIX + name: each for name, each in parameters.items()}
    usual = {"dtype": "float32", "indices": None, "kind": HybridBlock, "behaviour": DETERMINISTIC}
    return Row(
        id=id,
        create=create,
        sizes=sizes,
        shape=(BATCH, *shape),
        parameters=full,
        refusal=refusal,
        **{**usual, **other},
    )


def _unsized(
    id: str,  # noqa: A002
    create: Callable[..., Block],
    shape: Shape,
    parameters: Mapping[str, Shape] | None = None,
    **other: Any,
) -> Row:
    """Return the row of a layer that has no sizes to find."""
    usual = {"refusal": None, "dtype": "float32", "indices": None, "kind": HybridBlock}
    return Row(
        id=id,
        create=create,
        sizes={},
        shape=(BATCH, *shape),
        parameters={PREFIX + name: each for name, each in (parameters or {}).items()},
        **{**usual, "behaviour": DETERMINISTIC, **other},
    )


# -- layers ---------------------------------------------------------------------------------------------

IN5 = {"in_units": 5}
FC7 = _refusal((7,), "FullyConnected", 5, 7)


def _dense(id: str, create: Callable[..., Block], **other: Any) -> Row:  # noqa: A002
    return _sized(id, create, IN5, (5,), {"weight": (3, 5), "bias": (3,)}, FC7, **other)


DENSE = [
    _dense("Dense", partial(nn.Dense, 3)),
    _dense("Dense with activation", partial(nn.Dense, 3, activation="tanh")),
    _dense("Dense in double precision", partial(nn.Dense, 3, dtype="float64"), dtype="float64"),
    _sized("Dense without bias", partial(nn.Dense, 3, use_bias=False), IN5, (5,), {"weight": (3, 5)}, FC7),
    _sized(
        "Dense that flattens",
        partial(nn.Dense, 3),
        {"in_units": 8},
        (2, 4),
        {"weight": (3, 8), "bias": (3,)},
        _refusal((2, 5), "FullyConnected", 8, 10),
    ),
    _sized(
        "Dense along the last axis",
        partial(nn.Dense, 3, flatten=False),
        IN5,
        (2, 5),
        {"weight": (3, 5), "bias": (3,)},
        _refusal((2, 7), "FullyConnected", 5, 7),
    ),
]

IN3 = {"in_channels": 3}


def _conv(
    id: str,  # noqa: A002
    create: Callable[..., Block],
    shape: Shape,
    weight: Shape,
    other_shape: Shape,
    *,
    bias: bool = True,
    channels: int = 3,
    groups: int = 1,
) -> Row:
    parameters = {"weight": weight} | ({"bias": (weight[0],)} if bias else {})
    # Every refused batch has two channels per group more.
    refusal = _refusal(other_shape, "Convolution", channels // groups, channels // groups + 2)
    return _sized(id, create, {"in_channels": channels}, shape, parameters, refusal)


CONVOLUTIONS = [
    _conv("Conv1D", partial(nn.Conv1D, 4, 3), (3, 8), (4, 3, 3), (5, 8)),
    _conv("Conv1D channels last", partial(nn.Conv1D, 4, 3, layout="NWC"), (8, 3), (4, 3, 3), (8, 5)),
    _conv("Conv2D", partial(nn.Conv2D, 4, 3), (3, 6, 5), (4, 3, 3, 3), (5, 6, 5)),
    _conv(
        "Conv2D strided and padded",
        partial(nn.Conv2D, 4, (3, 2), strides=(2, 1), padding=(1, 0)),
        (3, 6, 5),
        (4, 3, 3, 2),
        (5, 6, 5),
    ),
    _conv("Conv2D dilated", partial(nn.Conv2D, 4, 2, dilation=(2, 3)), (3, 6, 6), (4, 3, 2, 2), (5, 6, 6)),
    _conv(
        "Conv2D in groups",
        partial(nn.Conv2D, 4, 3, groups=2),
        (4, 5, 5),
        (4, 2, 3, 3),
        (8, 5, 5),
        channels=4,
        groups=2,
    ),
    _conv(
        "Conv2D channels last",
        partial(nn.Conv2D, 4, 3, layout="NHWC"),
        (6, 5, 3),
        (4, 3, 3, 3),
        (6, 5, 5),
    ),
    _conv(
        "Conv2D with activation without bias",
        partial(nn.Conv2D, 4, 3, activation="softrelu", use_bias=False),
        (3, 5, 5),
        (4, 3, 3, 3),
        (5, 5, 5),
        bias=False,
    ),
    _conv("Conv3D", partial(nn.Conv3D, 2, 2), (3, 3, 4, 3), (2, 3, 2, 2, 2), (5, 3, 4, 3)),
    _conv(
        "Conv3D channels last",
        partial(nn.Conv3D, 2, 2, strides=2, layout="NDHWC"),
        (4, 4, 4, 3),
        (2, 2, 2, 2, 3),
        (4, 4, 4, 5),
    ),
]


def _transpose(
    id: str,  # noqa: A002
    create: Callable[..., Block],
    shape: Shape,
    weight: Shape,
    filters: int,
    other_shape: Shape,
) -> Row:
    refusal = _refusal(other_shape, "Deconvolution", weight[0], weight[0] + 2)
    parameters = {"weight": weight, "bias": (filters,)}
    return _sized(id, create, {"in_channels": weight[0]}, shape, parameters, refusal)


TRANSPOSES = [
    _transpose("Conv1DTranspose", partial(nn.Conv1DTranspose, 4, 3), (3, 5), (3, 4, 3), 4, (5, 5)),
    _transpose(
        "Conv2DTranspose",
        partial(nn.Conv2DTranspose, 4, (3, 2), strides=2, padding=(1, 0), output_padding=(0, 1)),
        (3, 3, 4),
        (3, 4, 3, 2),
        4,
        (5, 3, 4),
    ),
    _transpose(
        "Conv2DTranspose dilated in groups with activation",
        partial(nn.Conv2DTranspose, 4, 2, dilation=2, groups=2, activation="softrelu"),
        (4, 3, 3),
        (4, 2, 2, 2),
        4,
        (6, 3, 3),
    ),
    _transpose(
        "Conv2DTranspose channels last",
        partial(nn.Conv2DTranspose, 4, 2, layout="NHWC"),
        (3, 4, 3),
        (3, 2, 2, 4),
        4,
        (3, 4, 5),
    ),
    _transpose(
        "Conv3DTranspose", partial(nn.Conv3DTranspose, 2, 2), (3, 2, 2, 3), (3, 2, 2, 2, 2), 2, (5, 2, 2, 3)
    ),
]

POOLS = [
    _unsized("MaxPool1D", nn.MaxPool1D, (3, 7)),
    _unsized("MaxPool2D", nn.MaxPool2D, (3, 6, 4)),
    _unsized(
        "MaxPool2D overlapping", partial(nn.MaxPool2D, 3, strides=2, padding=1, ceil_mode=True), (3, 6, 5)
    ),
    _unsized("MaxPool2D channels last", partial(nn.MaxPool2D, layout="NHWC"), (6, 4, 3)),
    _unsized("MaxPool3D", nn.MaxPool3D, (2, 4, 4, 2)),
    _unsized("AvgPool1D", nn.AvgPool1D, (3, 7)),
    _unsized("AvgPool2D", nn.AvgPool2D, (3, 6, 4)),
    _unsized(
        "AvgPool2D without padding counted",
        partial(nn.AvgPool2D, 3, strides=2, padding=1, count_include_pad=False),
        (3, 6, 5),
    ),
    _unsized("AvgPool3D", nn.AvgPool3D, (2, 4, 4, 2)),
    _unsized("GlobalMaxPool1D", nn.GlobalMaxPool1D, (3, 7)),
    _unsized("GlobalMaxPool2D", nn.GlobalMaxPool2D, (3, 4, 5)),
    _unsized("GlobalMaxPool3D", nn.GlobalMaxPool3D, (2, 3, 4, 2)),
    _unsized("GlobalAvgPool1D", nn.GlobalAvgPool1D, (3, 7)),
    _unsized("GlobalAvgPool2D", nn.GlobalAvgPool2D, (3, 4, 5)),
    _unsized("GlobalAvgPool2D channels last", partial(nn.GlobalAvgPool2D, layout="NHWC"), (4, 5, 3)),
    _unsized("GlobalAvgPool3D", nn.GlobalAvgPool3D, (2, 3, 4, 2)),
]


def _batch_norm(
    id: str,  # noqa: A002
    create: Callable[..., Block],
    shape: Shape,
    other: Shape,
    operator: str = "BatchNorm",
    **more: Any,
) -> Row:
    names = ("gamma", "beta", "running_mean", "running_var")
    refusal = _refusal(other, operator, 3, 5, argument="gamma")
    return _sized(id, create, IN3, shape, dict.fromkeys(names, (3,)), refusal, **more)


def _sample_norm(
    id: str,  # noqa: A002
    create: Callable[..., Block],
    shape: Shape,
    other: Shape,
    operator: str = "LayerNorm",
) -> Row:
    refusal = _refusal(other, operator, 3, 5, argument="gamma")
    return _sized(id, create, IN3, shape, {"gamma": (3,), "beta": (3,)}, refusal)


NORMALIZATIONS = [
    _batch_norm("BatchNorm", nn.BatchNorm, (3, 4), (5, 4), behaviour=STATISTICS),
    _batch_norm(
        "BatchNorm channels last", partial(nn.BatchNorm, axis=-1), (4, 3), (4, 5), behaviour=STATISTICS
    ),
    _batch_norm(
        "BatchNorm without scale and center",
        partial(nn.BatchNorm, scale=False, center=False),
        (3, 4),
        (5, 4),
        behaviour=STATISTICS,
    ),
    _batch_norm("BatchNorm of global statistics", partial(nn.BatchNorm, use_global_stats=True), (3,), (5,)),
    _sample_norm("LayerNorm", nn.LayerNorm, (4, 3), (4, 5)),
    _sample_norm("LayerNorm of channels", partial(nn.LayerNorm, axis=1), (3, 4), (5, 4)),
    _sample_norm("LayerNorm without scale", partial(nn.LayerNorm, scale=False), (3,), (5,)),
    _batch_norm(
        "BatchNormReLU",
        nn.BatchNormReLU,
        (3, 4),
        (5, 4),
        behaviour=STATISTICS,
        operator="_contrib_BatchNormWithReLU",
    ),
    _batch_norm(
        "SyncBatchNorm",
        partial(contrib.SyncBatchNorm, num_devices=1),
        (3, 4),
        (5, 4),
        behaviour=STATISTICS,
        operator="_contrib_SyncBatchNorm",
    ),
    _sample_norm("InstanceNorm", nn.InstanceNorm, (3, 4), (5, 4), "InstanceNorm"),
    _sample_norm(
        "InstanceNorm channels last",
        partial(nn.InstanceNorm, axis=-1, scale=True, center=False),
        (4, 3),
        (4, 5),
        "InstanceNorm",
    ),
    _unsized(
        "GroupNorm", partial(nn.GroupNorm, beta_initializer="ones"), (4, 3), {"gamma": (1,), "beta": (1,)}
    ),
    _unsized(
        "GroupNorm of two",
        partial(nn.GroupNorm, 2, beta_initializer="ones"),
        (4, 3),
        {"gamma": (2,), "beta": (2,)},
    ),
]

ACTIVATIONS = [
    *(
        _unsized(f"Activation {name}", partial(nn.Activation, name), (5,))
        for name in ("relu", "sigmoid", "tanh", "softrelu", "softsign")
    ),
    _unsized("LeakyReLU", partial(nn.LeakyReLU, 0.2), (5,)),
    _unsized("PReLU", nn.PReLU, (5,), {"alpha": (1,)}),
    _unsized(
        "PReLU of channels",
        partial(nn.PReLU, in_channels=3),
        (3, 4),
        {"alpha": (3,)},
        refusal=_refusal((5, 4), "LeakyReLU", 3, 5, argument="gamma"),
    ),
    _unsized("GELU", nn.GELU, (5,)),
    _unsized("ELU", partial(nn.ELU, 0.7), (5,)),
    _unsized("SELU", nn.SELU, (5,)),
    _unsized("Swish", partial(nn.Swish, 1.5), (5,)),
]


def double(x: Any) -> Any:
    """Return twice the array: a function that a Lambda can be pickled with."""
    return x * 2


def double_with(F: Any, x: Any) -> Any:
    """Return twice the array, for HybridLambda."""
    return F.broadcast_add(x, x)


OTHERS = [
    _unsized("Dropout", partial(nn.Dropout, 0.4), (50,), behaviour=RANDOM),
    _unsized("Dropout of rows", partial(nn.Dropout, 0.4, axes=(1,)), (8, 3), behaviour=RANDOM),
    _unsized("Dropout of nothing", partial(nn.Dropout, 0), (5,)),
    _unsized("Flatten", nn.Flatten, (2, 3, 4)),
    _unsized("ReflectionPad2D", partial(nn.ReflectionPad2D, 1), (2, 3, 2)),
    _unsized(
        "ReflectionPad2D on some sides",
        partial(nn.ReflectionPad2D, (0, 0, 0, 0, 2, 0, 0, 1)),
        (2, 3, 2),
    ),
    _unsized("Embedding", partial(nn.Embedding, 7, 4), (3,), {"weight": (7, 4)}, indices=7),
    _unsized("Lambda by name", partial(nn.Lambda, "tanh"), (5,), kind=Block),
    _unsized("Lambda", partial(nn.Lambda, double), (5,), kind=Block),
    _unsized("HybridLambda by name", partial(nn.HybridLambda, "tanh"), (5,)),
    _unsized("HybridLambda", partial(nn.HybridLambda, double_with), (5,)),
]


def _concurrent(cls: type[Any], prefix: str | None = None, in_units: int = 0) -> Block:
    net = cls(axis=1, prefix=prefix)
    with net.name_scope():
        net.add(nn.Dense(3, in_units=in_units), contrib.Identity(), nn.Dense(2, in_units=in_units))
    return net


BRANCHES = {"dense0_weight": (3, 5), "dense0_bias": (3,), "dense1_weight": (2, 5), "dense1_bias": (2,)}

CONTRIB = [
    _unsized("Identity", contrib.Identity, (5,)),
    _sized("Concurrent", partial(_concurrent, contrib.Concurrent), IN5, (5,), BRANCHES, FC7, kind=Block),
    _sized("HybridConcurrent", partial(_concurrent, contrib.HybridConcurrent), IN5, (5,), BRANCHES, FC7),
    _unsized("PixelShuffle1D", partial(contrib.PixelShuffle1D, 2), (4, 3)),
    _unsized("PixelShuffle2D", partial(contrib.PixelShuffle2D, (2, 3)), (12, 2, 3)),
    _unsized("PixelShuffle3D", partial(contrib.PixelShuffle3D, (2, 1, 3)), (12, 2, 3, 2)),
]


def _deformable(cls: Any, filters: int, names: tuple[str, str]) -> Row:
    counts = {"offset": filters, "deformable_conv": 4}
    parameters: dict[str, Shape] = {}
    for name in names:
        parameters[f"{name}_weight"] = (counts[name], 3, 2, 1)
        parameters[f"{name}_bias"] = (counts[name],)
    create = partial(cls, 4, (2, 1), offset_weight_initializer="normal", offset_bias_initializer="normal")
    return _sized(cls.__name__, create, IN3, (3, 4, 5), parameters, _refusal((5, 4, 5), "Convolution", 3, 5))


CONTRIB += [
    _deformable(contrib_cnn.DeformableConvolution, 4, ("offset", "deformable_conv")),
    _deformable(contrib_cnn.ModulatedDeformableConvolution, 6, ("deformable_conv", "offset")),
]

# -- recurrent layers -----------------------------------------------------------------------------------

IN3_STEPS = {"input_size": 3}
STEPS3 = (4, 3)


def _weights(rows: int, inputs: int, width: int, prefix: str = "", projection: int = 0) -> dict[str, Shape]:
    """Return the parameters of a cell, or of one direction of a layer."""
    shapes = {
        "i2h_weight": (rows, inputs),
        "h2h_weight": (rows, width),
        "i2h_bias": (rows,),
        "h2h_bias": (rows,),
    }
    if projection:
        shapes["h2r_weight"] = (width, projection)
    return {prefix + name: shape for name, shape in shapes.items()}


def _recurrent(id: str, make: Callable[..., Any], parameters: Mapping[str, Shape]) -> Row:  # noqa: A002
    """Return the row of a layer over sequences, inside a block, so that its states are not inputs."""
    create = partial(recurrent_networks.Whole, make)
    refusal = _refusal((4, 5), "RNN", 3, 5, argument="parameters")
    return _sized(id, create, IN3_STEPS, STEPS3, parameters, refusal)


RECURRENT = [
    _recurrent("RNN", partial(rnn.RNN, 4, layout="NTC", activation="tanh"), _weights(4, 3, 4, "layer_l0_")),
    _recurrent(
        "GRU in both directions",
        partial(rnn.GRU, 4, layout="NTC", bidirectional=True),
        _weights(12, 3, 4, "layer_l0_") | _weights(12, 3, 4, "layer_r0_"),
    ),
    _recurrent(
        "LSTM of two layers",
        partial(rnn.LSTM, 4, 2, layout="NTC"),
        _weights(16, 3, 4, "layer_l0_") | _weights(16, 4, 4, "layer_l1_"),
    ),
    _recurrent(
        "LSTM with projections in both directions",
        partial(rnn.LSTM, 4, 2, "NTC", bidirectional=True, projection_size=2),
        {
            name: shape
            for layer, inputs in enumerate((3, 4))
            for side in "lr"
            for name, shape in _weights(16, inputs, 2, f"layer_{side}{layer}_", projection=4).items()
        },
    ),
]


def _cell(
    id: str,  # noqa: A002
    make: Callable[..., Any],
    parameters: Mapping[str, Shape],
    sizes: Mapping[str, int] | None = None,
    **other: Any,
) -> Row:
    """Return the row of a cell that is unrolled over three steps."""
    return _sized(
        id,
        partial(recurrent_networks.Unrolled, make),
        sizes or IN3_STEPS,
        (3, 3),
        parameters,
        _refusal((3, 5), "FullyConnected", 3, 5),
        **other,
    )


def _fixed_cell(id: str, make: Callable[..., Any], shape: Shape, parameters: Any = None, **other: Any) -> Row:  # noqa: A002
    create = partial(recurrent_networks.Unrolled, make)
    return _unsized(id, create, (3, *shape), parameters, **other)


def _conv_cell(id: str, cell: type[Block], gates: int, ndim: int) -> Row:  # noqa: A002
    size, kernel = (5, 4, 3)[:ndim], (3,) * ndim
    rows = gates * 2
    parameters = {
        "cell_i2h_weight": (rows, 3, *kernel),
        "cell_h2h_weight": (rows, 2, *kernel),
        "cell_i2h_bias": (rows,),
        "cell_h2h_bias": (rows,),
    }
    refusal = _refusal((3, 5, *size), "Convolution", 3, 5)
    make = recurrent_networks.named(cell, (3, *size), 2, kernel, kernel, i2h_pad=1)
    return _fixed_cell(id, make, (3, *size), parameters, refusal=refusal)


def _projected(prefix: str) -> dict[str, Shape]:
    return {
        f"{prefix}i2h_weight": (12, 3),
        f"{prefix}h2h_weight": (12, 2),
        f"{prefix}h2r_weight": (2, 3),
        f"{prefix}i2h_bias": (12,),
        f"{prefix}h2h_bias": (12,),
    }


CELLS = [
    _cell("RNNCell", recurrent_networks.named(rnn.RNNCell, 4), _weights(4, 3, 4, "cell_")),
    _cell(
        "RNNCell with another activation",
        recurrent_networks.named(rnn.RNNCell, 4, activation="softsign"),
        _weights(4, 3, 4, "cell_"),
    ),
    _cell("LSTMCell", recurrent_networks.named(rnn.LSTMCell, 4), _weights(16, 3, 4, "cell_")),
    _cell("GRUCell", recurrent_networks.named(rnn.GRUCell, 4), _weights(12, 3, 4, "cell_")),
    _cell("LSTMPCell", recurrent_networks.named(contrib_rnn.LSTMPCell, 3, 2), _projected("cell_")),
    _cell(
        "BidirectionalCell",
        recurrent_networks.bidirectional,
        _weights(8, 3, 2, "l_") | _weights(9, 3, 3, "r_"),
    ),
    _cell(
        "HybridSequentialRNNCell",
        recurrent_networks.stacked,
        _weights(16, 3, 4, "stack_lstm0_") | _weights(12, 4, 4, "stack_gru0_"),
        {"input_size": 3, "hidden": 4},
    ),
    _sized(
        "SequentialRNNCell",
        partial(recurrent_networks.ImperativeUnrolled, recurrent_networks.imperative_stack),
        {"input_size": 3, "hidden": 4},
        (3, 3),
        _weights(4, 3, 4, "stack_rnn0_") | _projected("stack_lstmp0_") | {"stack_lstmp0_i2h_weight": (12, 4)},
        _refusal((3, 5), "FullyConnected", 3, 5),
        kind=Block,
    ),
    _cell(
        "ZoneoutCell",
        recurrent_networks.modified(rnn.ZoneoutCell, rnn.LSTMCell, 0.3, 0.4),
        _weights(16, 3, 4, "cell_"),
        behaviour=RANDOM,
    ),
    *(
        _fixed_cell(
            f"VariationalDropoutCell of {what}",
            recurrent_networks.modified(
                contrib_rnn.VariationalDropoutCell, partial(rnn.GRUCell, input_size=3), *rates
            ),
            (3,),
            _weights(12, 3, 4, "cell_"),
            refusal=_refusal((3, 5), "FullyConnected", 3, 5),
            behaviour=RANDOM,
        )
        for what, rates in (("states and outputs", (0, 0.2, 0.4)), ("inputs and outputs", (0.3, 0, 0.4)))
    ),
    _fixed_cell("DropoutCell", recurrent_networks.named(rnn.DropoutCell, 0.4), (20,), behaviour=RANDOM),
    *(
        _conv_cell(name, getattr(contrib_rnn, name), gates, ndim)
        for kind, gates in (("RNN", 1), ("LSTM", 4), ("GRU", 3))
        for ndim in (1, 2, 3)
        for name in [f"Conv{ndim}D{kind}Cell"]
    ),
]

LAYERS = [
    *DENSE,
    *CONVOLUTIONS,
    *TRANSPOSES,
    *POOLS,
    *NORMALIZATIONS,
    *ACTIVATIONS,
    *OTHERS,
    *CONTRIB,
    *RECURRENT,
    *CELLS,
]

# -- networks -------------------------------------------------------------------------------------------

MLP = {"dense0_weight": (4, 5), "dense0_bias": (4,), "dense1_weight": (3, 4), "dense1_bias": (3,)}
MLP_SIZES = {"in_units": 5, "hidden": 4}

_RESIDUAL = {"dense0_weight": (5, 5), "dense0_bias": (5,), "layernorm0_gamma": (5,), "layernorm0_beta": (5,)}
DEEP = {
    f"hybridsequential0_{block}_{name}": shape
    for block in ("residual0", "last")
    for name, shape in _RESIDUAL.items()
} | {"dense0_weight": (2, 5), "dense0_bias": (2,)}


def _of_symbol(prefix: str = "", in_units: int = 0) -> Block:
    data = mx.sym.var("data")
    weight = mx.sym.var(f"{prefix}fc_weight", shape=(3, in_units))
    bias, *others = (
        mx.sym.var(f"{prefix}{name}", shape=(3,))
        for name in ("fc_bias", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var")
    )
    y = mx.sym.FullyConnected(data, weight, bias, num_hidden=3, name=f"{prefix}fc")
    y = mx.sym.BatchNorm(y, *others, fix_gamma=False, name=f"{prefix}bn")
    return SymbolBlock(mx.sym.tanh(y), data)


def _own(id: str, create: Callable[..., Block], **other: Any) -> Row:  # noqa: A002
    return _sized(id, create, MLP_SIZES, (5,), {"weight": (4, 5), "basis": (4, 3)}, FC7, **other)


NETWORKS = [
    _unsized("an empty HybridSequential", nn.HybridSequential, (5,)),
    _unsized("an empty Sequential", nn.Sequential, (5,), kind=Block),
    _sized("HybridSequential", networks.mlp, MLP_SIZES, (5,), MLP, FC7),
    _sized("Sequential", networks.imperative_mlp, MLP_SIZES, (5,), MLP, FC7, kind=Block),
    _sized(
        "a convolutional network",
        networks.convnet,
        {"channels": 2, "hidden": 4, "in_units": 6},
        (2, 4, 6),
        {
            "conv0_weight": (4, 2, 3, 3),
            "conv0_bias": (4,),
            "conv1_weight": (3, 4, 2, 2),
            "conv1_bias": (3,),
            "dense0_weight": (2, 6),
            "dense0_bias": (2,),
        },
        _refusal((4, 4, 6), "Convolution", 2, 4),
    ),
    _sized("a deep network", networks.deep, {"units": 5}, (5,), DEEP, FC7),
    _sized("a tied network", networks.Tied, IN5, (5,), {"dense0_weight": (5, 5), "dense0_bias": (5,)}, FC7),
]

OWN = [
    _own("a block that is traced", networks.Traced),
    _own("a block that states its shapes", networks.Stated),
    _own("a block that cannot be traced", networks.Untraceable, kind=Block),
    _own("a plain block", networks.Imperative, kind=Block),
    _sized(
        "a block of a symbol",
        _of_symbol,
        IN5,
        (5,),
        {
            "fc_weight": (3, 5),
            "fc_bias": (3,),
            **{f"bn_{name}": (3,) for name in ("gamma", "beta", "moving_mean", "moving_var")},
        },
        FC7,
        behaviour=STATISTICS,
    ),
]
"""Blocks with parameters of their own."""

ROWS = [*LAYERS, *NETWORKS, *OWN]
