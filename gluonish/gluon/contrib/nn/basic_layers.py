"""Branches side by side, shuffled pixels, and normalisation over the batches of several devices."""

from __future__ import annotations

from typing import Any

from gluonish import nd
from gluonish.engine.backend import num_gpus
from gluonish.gluon.block import Block
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.nn.arguments import as_count, as_sizes
from gluonish.gluon.nn.containers import HybridSequential, Sequential
from gluonish.gluon.nn.norm_layers import BatchNorm

__all__ = [
    "Concurrent",
    "HybridConcurrent",
    "Identity",
    "PixelShuffle1D",
    "PixelShuffle2D",
    "PixelShuffle3D",
    "SparseEmbedding",
    "SyncBatchNorm",
]


class Concurrent(Sequential):
    """Runs blocks side by side on one input, and concatenates their outputs.

    Args:
        axis: the axis to concatenate along.
        prefix: as of Block.
        params: as of Block.

    Example:
        >>> import gluonish as mx
        >>> from gluonish.gluon.contrib.nn import Concurrent, Identity
        >>> both = Concurrent(axis=1)
        >>> both.add(Identity(), mx.gluon.nn.Activation("relu"))
        >>> both(mx.nd.array([[-1.0, 2.0]])).asnumpy()
        array([[-1.,  2.,  0.,  2.]], dtype=float32)
    """

    def __init__(self, axis: int = -1, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self.axis = axis

    def forward(self, x: Any) -> Any:
        """Run the blocks."""
        return nd.concat(*[block(x) for block in self._children.values()], dim=self.axis)


class HybridConcurrent(HybridSequential):
    """Runs hybrid blocks side by side on one input, and concatenates their outputs.

    Args:
        axis: the axis to concatenate along.
        prefix: as of Block.
        params: as of Block.
    """

    def __init__(self, axis: int = -1, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self.axis = axis

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Run the blocks."""
        return F.concat(*[block(x) for block in self._children.values()], dim=self.axis)


class Identity(HybridBlock):
    """Returns its input; the branch of a Concurrent that does nothing."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002
        """Return the input."""
        return x

    def __repr__(self) -> str:
        return type(self).__name__


class _PixelShuffle(HybridBlock):
    """Moves channels into ``ndim`` dimensions.

    Args:
        factor: by how much each dimension grows, one number or ``ndim``.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible factor.
    """

    ndim = 0

    def __init__(self, factor: Any, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self._factors = as_sizes(type(self).__name__, "factor", factor, self.ndim, 1)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Shuffle."""
        # The last factor is the innermost of the channels. One at a time, no step has many axes.
        for dimension, factor in reversed(list(enumerate(self._factors))):
            before, after = dimension, self.ndim - 1 - dimension
            x = F.reshape(x, shape=(0, -4, -1, factor, *(0,) * self.ndim))
            others = range(3, 3 + self.ndim)
            x = F.transpose(x, axes=(0, 1, *others[: before + 1], 2, *others[before + 1 :]))
            x = F.reshape(x, shape=(0, 0, *(0,) * before, -3, *(0,) * after))
        return x

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._factors if self.ndim > 1 else self._factors[0]})"


class PixelShuffle1D(_PixelShuffle):
    """Moves channels into width: (N, C f, W) to (N, C, W f). Arguments: see PixelShuffle2D."""

    ndim = 1


class PixelShuffle2D(_PixelShuffle):
    """Moves channels into height and width: (N, C f1 f2, H, W) to (N, C, H f1, W f2).

    Shi et al., Real-time single image and video super-resolution using an efficient sub-pixel convolutional
    neural network (2016).

    Args:
        factor: f1 and f2, or one number for both.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible factor.

    Example:
        >>> import gluonish as mx
        >>> from gluonish.gluon.contrib.nn import PixelShuffle2D
        >>> PixelShuffle2D((1, 2))(mx.nd.array([[[[1, 2]], [[3, 4]]]])).asnumpy()
        array([[[[1., 3., 2., 4.]]]], dtype=float32)
    """

    ndim = 2


class PixelShuffle3D(_PixelShuffle):
    """Moves channels into three dimensions: (N, C f1 f2 f3, D, H, W) to (N, C, D f1, H f2, W f3)."""

    ndim = 3


class SyncBatchNorm(BatchNorm):
    """Normalises each channel over the parts of the batch that all devices hold.

    The devices' forward passes have to run together, in threads: ``mx.gluon.utils.call_together`` does it,
    and one ``autograd.backward`` over all losses then goes through the shared statistics. Called in other
    ways, one device after the other, each part of the batch has its own statistics, as in BatchNorm: when the
    first is computed, the others are not known yet. With ``num_devices`` of 2 or more that is a warning.

    Args:
        in_channels: the number of channels, axis 1; found in the first forward pass if 0.
        num_devices: the number of devices; that of the GPUs, or 1, if None.
        momentum: as of BatchNorm, likewise the following.
        epsilon: see there.
        center: see there.
        scale: see there.
        use_global_stats: see there.
        beta_initializer: see there.
        gamma_initializer: see there.
        running_mean_initializer: see there.
        running_variance_initializer: see there.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible number of channels or devices.

    Example:
        >>> import gluonish as mx
        >>> from gluonish.gluon.contrib.nn import SyncBatchNorm
        >>> layer = SyncBatchNorm(num_devices=2)
        >>> contexts = [mx.cpu(0), mx.cpu(1)]
        >>> layer.initialize(ctx=contexts)
        >>> parts = [mx.nd.array([[1.0]], ctx=contexts[0]), mx.nd.array([[3.0]], ctx=contexts[1])]
        >>> with mx.autograd.record():
        ...     outputs = mx.gluon.utils.call_together(layer, parts)
        >>> [y.asnumpy().round(4) for y in outputs]
        [array([[-1.]], dtype=float32), array([[1.]], dtype=float32)]
    """

    def __init__(
        self,
        in_channels: int = 0,
        num_devices: int | None = None,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        running_mean_initializer: Any = "zeros",
        running_variance_initializer: Any = "ones",
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(
            1,
            momentum,
            epsilon,
            center,
            scale,
            use_global_stats,
            beta_initializer,
            gamma_initializer,
            running_mean_initializer,
            running_variance_initializer,
            in_channels,
            prefix,
            params,
        )
        if num_devices is None:
            num_devices = max(1, num_gpus())
        del self._kwargs["axis"]
        self._kwargs["ndev"] = as_count("SyncBatchNorm", "num_devices", num_devices, 1)
        self._kwargs["key"] = self.prefix

    def hybrid_forward(
        self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any
    ) -> Any:
        """Normalise."""
        return F.contrib.SyncBatchNorm(x, gamma, beta, running_mean, running_var, name="fwd", **self._kwargs)


class SparseEmbedding(Block):
    """Turns indices into rows of a table that is row-sparse, and so is its gradient.

    Input of any shape with indices below ``input_dim``; output has one more axis, of ``output_dim``. A
    Trainer has to be made before the first call.

    Args:
        input_dim: the number of rows.
        output_dim: their length.
        dtype: element type of the table.
        weight_initializer: of the table, (input_dim, output_dim); the global one if None.
        kwargs: ``prefix`` and ``params``, as of Block.

    Raises:
        ArgumentError: an impossible size.

    Example:
        >>> import gluonish as mx
        >>> table = mx.gluon.contrib.nn.SparseEmbedding(100, 3)
        >>> table.initialize()
        >>> trainer = mx.gluon.Trainer(table.collect_params(), "sgd")
        >>> with mx.autograd.record():
        ...     loss = table(mx.nd.array([7, 5, 7])).sum()
        >>> loss.backward()
        >>> table.weight.grad().indices.asnumpy()
        array([5, 7])
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        dtype: Any = "float32",
        weight_initializer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._kwargs = {
            "input_dim": as_count("SparseEmbedding", "input_dim", input_dim, 1),
            "output_dim": as_count("SparseEmbedding", "output_dim", output_dim, 1),
            "dtype": dtype,
            "sparse_grad": True,
        }
        self.weight = self.params.get(
            "weight",
            shape=(input_dim, output_dim),
            init=weight_initializer,
            dtype=dtype,
            grad_stype="row_sparse",
            stype="row_sparse",
        )

    def forward(self, x: Any) -> Any:
        """Look the rows up."""
        return nd.Embedding(x, self.weight.row_sparse_data(x), name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        return "{0}({input_dim} -> {output_dim}, {dtype})".format(type(self).__name__, **self._kwargs)
