"""Normalisation."""

from __future__ import annotations

from typing import Any

from gluonish.dtype import as_dtype
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.nn.arguments import as_count

__all__ = ["BatchNorm", "BatchNormReLU", "GroupNorm", "InstanceNorm", "LayerNorm"]


class BatchNorm(HybridBlock):
    """Normalises each channel over the batch: Ioffe and Szegedy, Batch normalization (2015).

    While training it uses the batch's mean and (biased) variance, and updates the running ones in the forward
    pass: ``running <- momentum running + (1 - momentum) batch``. Otherwise it uses the running ones.

    Args:
        axis: the axis of channels.
        momentum: of the running mean and variance.
        epsilon: added to the variance.
        center: whether ``beta`` is learned; it is added in any case.
        scale: whether ``gamma`` is learned; otherwise it is 1.
        use_global_stats: use the running mean and variance while training too.
        beta_initializer: of beta.
        gamma_initializer: of gamma.
        running_mean_initializer: of the running mean.
        running_variance_initializer: of the running variance.
        in_channels: the number of channels; found in the first forward pass if 0.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible number of channels.
    """

    settled_by = dict.fromkeys(("gamma", "beta", "running_mean", "running_var"), "in_channels")

    def __init__(
        self,
        axis: int = 1,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        running_mean_initializer: Any = "zeros",
        running_variance_initializer: Any = "ones",
        in_channels: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._axis = axis
        self._kwargs: dict[str, Any] = {
            "axis": axis,
            "eps": epsilon,
            "momentum": momentum,
            "fix_gamma": not scale,
            "use_global_stats": use_global_stats,
        }
        size = as_count(type(self).__name__, "in_channels", in_channels, 0)
        with self.name_scope():
            self.gamma = _vector(self, "gamma", size, gamma_initializer, learned=scale)
            self.beta = _vector(self, "beta", size, beta_initializer, learned=center)
            self.running_mean = _vector(self, "running_mean", size, running_mean_initializer)
            self.running_var = _vector(self, "running_var", size, running_variance_initializer)

    def cast(self, dtype: Any) -> None:
        """Change the element type; statistics of half precision stay in float32."""
        super().cast("float32" if as_dtype(dtype).itemsize == 2 else dtype)  # noqa: PLR2004

    def hybrid_forward(
        self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any
    ) -> Any:
        """Normalise."""
        return F.BatchNorm(x, gamma, beta, running_mean, running_var, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        return _shown(self, self._kwargs)


class BatchNormReLU(BatchNorm):
    """Normalises each channel over the batch as BatchNorm does, and sets what is below 0 to 0.

    Arguments and parameters are those of BatchNorm.

    Example:
        >>> import gluonish as mx
        >>> layer = mx.gluon.nn.BatchNormReLU()
        >>> layer.initialize()
        >>> with mx.autograd.train_mode():
        ...     layer(mx.nd.array([[1.0], [3.0]])).asnumpy().round(4)
        array([[0.],
               [1.]], dtype=float32)
    """

    def hybrid_forward(
        self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any
    ) -> Any:
        """Normalise and rectify."""
        return F.contrib.BatchNormWithReLU(
            x, gamma, beta, running_mean, running_var, name="fwd", **self._kwargs
        )


class LayerNorm(HybridBlock):
    """Normalises along an axis of each example: Ba, Kiros and Hinton, Layer normalization (2016).

    Args:
        axis: the axis.
        epsilon: added to the variance.
        center: whether ``beta`` is learned; it is added in any case.
        scale: whether ``gamma`` is learned; it is multiplied in any case.
        beta_initializer: of beta.
        gamma_initializer: of gamma.
        in_channels: the size of the axis; found in the first forward pass if 0.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size of the axis.
    """

    settled_by = {"gamma": "in_channels", "beta": "in_channels"}  # noqa: RUF012

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        in_channels: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        size = as_count("LayerNorm", "in_channels", in_channels, 0)
        self._kwargs = {"eps": epsilon, "axis": axis, "center": center, "scale": scale}
        self._axis = axis
        self._epsilon = epsilon
        with self.name_scope():
            self.gamma = _vector(self, "gamma", size, gamma_initializer, learned=scale)
            self.beta = _vector(self, "beta", size, beta_initializer, learned=center)

    def hybrid_forward(self, F: Any, data: Any, gamma: Any, beta: Any) -> Any:
        """Normalise."""
        return F.LayerNorm(data, gamma=gamma, beta=beta, axis=self._axis, eps=self._epsilon)

    def __repr__(self) -> str:
        return _shown(self, self._kwargs)


class GroupNorm(HybridBlock):
    """Normalises groups of channels of each example: Wu and He, Group normalization (2018).

    Channels are axis 1. As in MXNet, gamma and beta have one entry for each group, not for each channel.

    Args:
        num_groups: the number of groups; it divides the number of channels.
        epsilon: added to the variance.
        center: whether ``beta`` is learned; it is added in any case.
        scale: whether ``gamma`` is learned; it is multiplied in any case.
        beta_initializer: of beta, (num_groups,).
        gamma_initializer: of gamma, (num_groups,).
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible number of groups.
        ShapeMismatchError: when called with channels that the groups do not divide.

    Example:
        >>> import gluonish as mx
        >>> layer = mx.gluon.nn.GroupNorm(num_groups=2)
        >>> layer.initialize()
        >>> layer(mx.nd.array([[0.0, 2.0, 10.0, 12.0]])).asnumpy().round(4)
        array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        num_groups: int = 1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        size = as_count("GroupNorm", "num_groups", num_groups, 1)
        self._kwargs = {"eps": epsilon, "num_groups": size, "center": center, "scale": scale}
        self._num_groups = size
        self._epsilon = epsilon
        with self.name_scope():
            self.gamma = _vector(self, "gamma", size, gamma_initializer, learned=scale)
            self.beta = _vector(self, "beta", size, beta_initializer, learned=center)

    def hybrid_forward(self, F: Any, data: Any, gamma: Any, beta: Any) -> Any:
        """Normalise."""
        return F.GroupNorm(data, gamma=gamma, beta=beta, num_groups=self._num_groups, eps=self._epsilon)

    def __repr__(self) -> str:
        return _with_arguments(self, self._kwargs)


class InstanceNorm(HybridBlock):
    """Normalises each channel of each example: Ulyanov et al., Instance normalization (2016).

    Args:
        axis: the axis of channels.
        epsilon: added to the variance.
        center: whether ``beta`` is learned; it is added in any case.
        scale: whether ``gamma`` is learned; it is multiplied in any case.
        beta_initializer: of beta.
        gamma_initializer: of gamma.
        in_channels: the number of channels; found in the first forward pass if 0.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible number of channels.

    Example:
        >>> import gluonish as mx
        >>> layer = mx.gluon.nn.InstanceNorm()
        >>> layer.initialize()
        >>> layer(mx.nd.array([[[0.0, 2.0], [5.0, 5.0]]])).asnumpy().round(4)
        array([[[-1.,  1.],
                [ 0.,  0.]]], dtype=float32)
    """

    settled_by = {"gamma": "in_channels", "beta": "in_channels"}  # noqa: RUF012

    def __init__(
        self,
        axis: int = 1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        in_channels: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        size = as_count("InstanceNorm", "in_channels", in_channels, 0)
        self._kwargs = {"eps": epsilon, "axis": axis, "center": center, "scale": scale}
        self._axis = axis
        self._epsilon = epsilon
        with self.name_scope():
            self.gamma = _vector(self, "gamma", size, gamma_initializer, learned=scale)
            self.beta = _vector(self, "beta", size, beta_initializer, learned=center)

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any) -> Any:
        """Normalise, with the channels moved to axis 1 and back."""
        if self._axis == 1:
            return F.InstanceNorm(x, gamma, beta, name="fwd", eps=self._epsilon)
        x = F.swapaxes(x, dim1=1, dim2=self._axis)
        x = F.InstanceNorm(x, gamma, beta, name="fwd", eps=self._epsilon)
        return F.swapaxes(x, dim1=1, dim2=self._axis)

    def __repr__(self) -> str:
        return _shown(self, self._kwargs)


def _vector(layer: HybridBlock, name: str, size: int, init: Any, *, learned: bool = False) -> Any:
    """Return a parameter with one entry per channel or group; 0 stands for a size not known yet."""
    return layer.params.get(
        name,
        grad_req="write" if learned else "null",
        shape=(size,),
        init=init,
        allow_deferred_init=True,
        differentiable=learned,
    )


def _shown(layer: Any, arguments: dict[str, Any]) -> str:
    """Return a layer's repr: its arguments, and the number of channels as far as it is known."""
    return _with_arguments(layer, {**arguments, "in_channels": layer.gamma.shape[0] or None})


def _with_arguments(layer: Any, arguments: dict[str, Any]) -> str:
    return f"{type(layer).__name__}({', '.join(f'{k}={v!r}' for k, v in arguments.items())})"
