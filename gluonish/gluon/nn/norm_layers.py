"""Normalisation."""

from __future__ import annotations

from typing import Any

from gluonish.dtype import as_dtype
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.nn.arguments import as_count

__all__ = ["BatchNorm", "LayerNorm"]


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
        self._kwargs = {
            "axis": axis,
            "eps": epsilon,
            "momentum": momentum,
            "fix_gamma": not scale,
            "use_global_stats": use_global_stats,
        }
        shape = (as_count("BatchNorm", "in_channels", in_channels, 0),)
        with self.name_scope():
            self.gamma = self._vector("gamma", shape, gamma_initializer, learned=scale)
            self.beta = self._vector("beta", shape, beta_initializer, learned=center)
            self.running_mean = self._state("running_mean", shape, running_mean_initializer)
            self.running_var = self._state("running_var", shape, running_variance_initializer)

    def _vector(self, name: str, shape: tuple[int, ...], init: Any, *, learned: bool) -> Any:
        return self.params.get(
            name,
            grad_req="write" if learned else "null",
            shape=shape,
            init=init,
            allow_deferred_init=True,
            differentiable=learned,
        )

    def _state(self, name: str, shape: tuple[int, ...], init: Any) -> Any:
        return self._vector(name, shape, init, learned=False)

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
        shape = (as_count("LayerNorm", "in_channels", in_channels, 0),)
        self._kwargs = {"eps": epsilon, "axis": axis, "center": center, "scale": scale}
        self._axis = axis
        self._epsilon = epsilon
        with self.name_scope():
            self.gamma = self.params.get(
                "gamma",
                grad_req="write" if scale else "null",
                differentiable=scale,
                shape=shape,
                init=gamma_initializer,
                allow_deferred_init=True,
            )
            self.beta = self.params.get(
                "beta",
                grad_req="write" if center else "null",
                differentiable=center,
                shape=shape,
                init=beta_initializer,
                allow_deferred_init=True,
            )

    def hybrid_forward(self, F: Any, data: Any, gamma: Any, beta: Any) -> Any:
        """Normalise."""
        return F.LayerNorm(data, gamma=gamma, beta=beta, axis=self._axis, eps=self._epsilon)

    def __repr__(self) -> str:
        return _shown(self, self._kwargs)


def _shown(layer: Any, arguments: dict[str, Any]) -> str:
    """Return a layer's repr: its arguments, and the number of channels as far as it is known."""
    shown = {**arguments, "in_channels": layer.gamma.shape[0] or None}
    return f"{type(layer).__name__}({', '.join(f'{k}={v}' for k, v in shown.items())})"
