"""Normalisation with running statistics."""

from __future__ import annotations

from typing import Any, ClassVar

from gluonish.autograd import pause
from gluonish.errors import ShapeMismatchError
from gluonish.nn import functional as F
from gluonish.nn import init
from gluonish.nn.functional.arguments import tensor_of
from gluonish.nn.layers.common import Layer, Lazy, new_buffer, new_parameter, reset_affine
from gluonish.nn.parameter import Buffer, UninitializedBuffer, UninitializedParameter
from gluonish.tensors import Tensor, functions

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
]


class _Norm(Layer):
    """Normalises channels, with running statistics.

    Args:
        num_features: the number of channels; 0 if it is learnt.
        eps: added to the variance.
        momentum: the share of the batch in the new running statistics; None for the mean over all batches.
        affine: whether there are weight and bias.
        track_running_stats: whether there are running statistics.
        device: where parameters and buffers are.
        dtype: their element type.
        bias: whether there is a bias with the weight.
    """

    ranks: ClassVar[tuple[int, ...]]
    """How many axes an input may have."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        for name, is_there in (("weight", affine), ("bias", affine and bias)):
            self.register_parameter(name, self._new_parameter(device, dtype) if is_there else None)
        for name, value in (("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(
                name, self._new_buffer(value, device, dtype) if track_running_stats else None
            )
        count = Buffer(0, dtype="int64", device=device) if track_running_stats else None
        self.register_buffer("num_batches_tracked", count)
        self.reset_parameters()

    def _new_parameter(self, device: Any, dtype: Any) -> Any:
        return new_parameter((self.num_features,), device, dtype)

    def _new_buffer(self, value: float, device: Any, dtype: Any) -> Any:
        return new_buffer(value, (self.num_features,), device, dtype)

    def reset_running_stats(self) -> None:
        """Begin to count batches, and their statistics, anew."""
        if self.track_running_stats:
            for name, value in (("running_mean", 0.0), ("running_var", 1.0), ("num_batches_tracked", 0)):
                init.constant_(getattr(self, name), value)

    def reset_parameters(self) -> None:
        """Set the weight to 1, the bias to 0, and forget the running statistics."""
        self.reset_running_stats()
        reset_affine(self)

    def _check(self, x: Tensor) -> None:
        if x.ndim not in self.ranks:
            raise ShapeMismatchError(
                type(self).__name__,
                "got an input with another number of axes",
                expected=" or ".join(map(str, self.ranks)),
                received=x.shape,
            )

    def extra_repr(self) -> str:
        """Return the arguments."""
        first = f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}"
        return f"{first}, bias={self.bias is not None}, track_running_stats={self.track_running_stats}"


class _BatchNorm(_Norm):
    def forward(self, input: Any) -> Tensor:
        """Normalise, by the batch while training, else by the running statistics."""
        x = tensor_of(input, type(self).__name__)
        self._check(x)
        training = self.acts_as_training
        follows = training and self.track_running_stats
        share = self.momentum or 0.0
        if follows and self.num_batches_tracked is not None:
            share = self._share_of_batch(x)
        has_statistics = self.running_mean is not None and self.running_var is not None
        mean, var = (None, None) if training and not follows else (self.running_mean, self.running_var)
        return F.batch_norm(
            x, mean, var, self.weight, self.bias, training or not has_statistics, share, self.eps
        )

    def _share_of_batch(self, x: Tensor) -> float:
        """Count a batch, and return its share in the new running statistics."""
        with pause():
            count = self.num_batches_tracked.stand_in(x.context)
            count.copy_(count + 1)
            return 1 / int(count) if self.momentum is None else self.momentum


class BatchNorm1d(_BatchNorm):
    """Normalises the channels of (batch, channels) or (batch, channels, length); as BatchNorm2d."""

    ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Normalises each channel over a batch of images: Ioffe and Szegedy, Batch normalization (2015).

    While training it uses the batch's mean and variance (with n in the denominator), and moves the running
    ones towards them (with n - 1) in the forward pass; otherwise it uses the running ones.

    Args:
        num_features: the number of channels, axis 1.
        eps: added to the variance.
        momentum: the share of the batch in the new running statistics; None for the mean over all batches.
        affine: whether there are weight and bias.
        track_running_stats: whether there are running statistics; without them the batch's are used always.
        device: where parameters and buffers are: a device, or a list of them.
        dtype: their element type; float32 if None.
        bias: whether there is a bias with the weight.

    Attributes:
        weight: (num_features,), 1 at first; or None.
        bias: (num_features,), 0 at first; or None.
        running_mean: a buffer, (num_features,); or None.
        running_var: likewise.
        num_batches_tracked: a buffer, the number of batches in the running statistics.

    Example:
        >>> import gluonish as torch
        >>> from gluonish import nn
        >>> layer = nn.BatchNorm2d(100)
        >>> layer(torch.randn(20, 100, 3, 4)).shape, int(layer.num_batches_tracked)
        ((20, 100, 3, 4), 1)
    """

    ranks = (4,)


class BatchNorm3d(_BatchNorm):
    """Normalises the channels of (batch, channels, depth, height, width); as BatchNorm2d."""

    ranks = (5,)


class _InstanceNorm(_Norm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Any) -> Tensor:
        """Normalise, by each example or, outside training, by the running statistics if there are any."""
        x = tensor_of(input, type(self).__name__)
        self._check(x)
        had_batch = x.ndim == self.ranks[-1]
        if not had_batch:
            x = functions.unsqueeze(x, 0)
        of_input = self.acts_as_training or not self.track_running_stats
        statistics = (self.running_mean, self.running_var)
        result = F.instance_norm(
            x, *statistics, self.weight, self.bias, of_input, self.momentum or 0.0, self.eps
        )
        return result if had_batch else functions.squeeze(result, 0)


class InstanceNorm1d(_InstanceNorm):
    """Normalises the channels of (channels, length), with or without a batch; as InstanceNorm2d."""

    ranks = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Normalises each channel of each image: Ulyanov et al., Instance normalization (2016).

    Args:
        num_features: the number of channels.
        eps: added to the variance.
        momentum: the share of the batch in the new running statistics.
        affine: whether there are weight and bias.
        track_running_stats: whether there are running statistics, which are used outside training.
        device: as of BatchNorm2d.
        dtype: as of BatchNorm2d.
        bias: as of BatchNorm2d.
    """

    ranks = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Normalises the channels of (channels, depth, height, width), with or without a batch."""

    ranks = (4, 5)


# -- lazy forms -------------------------------------------------------------------------------------------


class _LazyNorm(Lazy):
    """A normalisation that learns num_features from its first input."""

    learns = "num_features"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(0, *args, **kwargs)  # type: ignore[call-arg]

    def _new_parameter(self, device: Any, dtype: Any) -> Any:
        return UninitializedParameter(device=device, dtype=dtype)

    def _new_buffer(self, value: float, device: Any, dtype: Any) -> Any:
        return UninitializedBuffer(device=device, dtype=dtype, init="ones" if value else "zeros")

    def reset_parameters(self) -> None:
        """Set the weight to 1, the bias to 0, and forget the running statistics, once there are any."""
        if self.num_features:
            super().reset_parameters()

    def size_of(self, x: Tensor) -> int:
        """Return the channels of an input."""
        has_batch = issubclass(self.becomes, _BatchNorm) or x.ndim == self.ranks[-1]
        return x.shape[1 if has_batch else 0]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of parameters and buffers."""
        return dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (self.num_features,))


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A BatchNorm1d that learns num_features from its first input; other arguments as of it."""

    becomes = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A BatchNorm2d that learns num_features from its first input; other arguments as of it."""

    becomes = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A BatchNorm3d that learns num_features from its first input; other arguments as of it."""

    becomes = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """An InstanceNorm1d that learns num_features from its first input; other arguments as of it."""

    becomes = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """An InstanceNorm2d that learns num_features from its first input; other arguments as of it."""

    becomes = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """An InstanceNorm3d that learns num_features from its first input; other arguments as of it."""

    becomes = InstanceNorm3d
