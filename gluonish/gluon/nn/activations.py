"""Activations."""

from __future__ import annotations

from typing import Any

from gluonish import initializer
from gluonish.engine.operator import find_operator
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.nn.arguments import as_count, check_number

__all__ = ["ELU", "GELU", "SELU", "Activation", "LeakyReLU", "PReLU", "Swish"]


class Activation(HybridBlock):
    """An activation function, element by element.

    Args:
        activation: ``"relu"``, ``"sigmoid"``, ``"tanh"``, ``"softrelu"`` (log(1 + exp(x))) or ``"softsign"``
            (x / (1 + |x|)).
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an unknown activation.
    """

    _act_type: str

    def __init__(self, activation: str, prefix: str | None = None, params: Any = None) -> None:
        find_operator("Activation").fill({"act_type": activation})  # refuses an unknown one
        self.__dict__["_act_type"] = activation  # before the base class: the block's name is made of it
        super().__init__(prefix=prefix, params=params)

    def _alias(self) -> str:
        return self._act_type

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Activate."""
        return F.Activation(x, act_type=self._act_type, name="fwd")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._act_type})"


class LeakyReLU(HybridBlock):
    """x where x > 0, else ``alpha`` x.

    Args:
        alpha: the slope below 0, not negative.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: the slope is negative, or no number.
    """

    def __init__(self, alpha: float, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        check_number("LeakyReLU", "alpha", alpha, 0)
        self._alpha = alpha

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Activate."""
        return F.LeakyReLU(x, act_type="leaky", slope=self._alpha, name="fwd")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._alpha})"


class PReLU(HybridBlock):
    """x where x > 0, else ``alpha`` x, with a learned alpha for all or for each channel (axis 1).

    He et al., Delving deep into rectifiers (2015).

    Args:
        alpha_initializer: of alpha; 0.25 if not given.
        in_channels: the number of alphas.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible number of alphas.
    """

    def __init__(
        self,
        alpha_initializer: Any = None,
        in_channels: int = 1,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        in_channels = as_count("PReLU", "in_channels", in_channels, 1)
        self._in_channels = in_channels
        init = initializer.Constant(0.25) if alpha_initializer is None else alpha_initializer
        with self.name_scope():
            self.alpha = self.params.get("alpha", shape=(in_channels,), init=init)

    def hybrid_forward(self, F: Any, x: Any, alpha: Any) -> Any:
        """Activate."""
        return F.LeakyReLU(x, alpha, act_type="prelu", name="fwd")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._in_channels})"


class GELU(HybridBlock):
    """x times the standard normal distribution function: Hendrycks and Gimpel, GELUs (2016)."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Activate."""
        return F.LeakyReLU(x, act_type="gelu", name="fwd")

    def __repr__(self) -> str:
        return type(self).__name__


class ELU(HybridBlock):
    """x where x > 0, else ``alpha (exp(x) - 1)``.

    Clevert, Unterthiner and Hochreiter, Exponential linear units (2016).

    Args:
        alpha: the depth that the output tends to below 0.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: ``alpha`` is no number.

    Example:
        >>> import gluonish as mx
        >>> mx.gluon.nn.ELU(2.0)(mx.nd.array([-50.0, 0.0, 3.0])).asnumpy()
        array([-2.,  0.,  3.], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        check_number("ELU", "alpha", alpha)
        self._alpha = alpha

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Activate."""
        return F.LeakyReLU(x, act_type="elu", slope=self._alpha)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._alpha})"


class SELU(HybridBlock):
    """An ELU scaled so that mean 0 and variance 1 pass through: Klambauer et al., SNNs (2017).

    Example:
        >>> import gluonish as mx
        >>> mx.gluon.nn.SELU()(mx.nd.array([-50.0, 0.0, 1.0])).asnumpy().round(4)
        array([-1.7581,  0.    ,  1.0507], dtype=float32)
    """

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Activate."""
        return F.LeakyReLU(x, act_type="selu", name="fwd")

    def __repr__(self) -> str:
        return type(self).__name__


class Swish(HybridBlock):
    """x sigmoid(beta x): Ramachandran, Zoph and Le, Searching for activation functions (2017).

    Args:
        beta: how steep the sigmoid is.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: ``beta`` is no number.

    Example:
        >>> import gluonish as mx
        >>> mx.gluon.nn.Swish()(mx.nd.array([-50.0, 0.0, 50.0])).asnumpy().round(4) + 0.0
        array([ 0.,  0., 50.], dtype=float32)
    """

    def __init__(self, beta: float = 1.0, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        check_number("Swish", "beta", beta)
        self._beta = beta

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Activate."""
        return x * F.sigmoid(self._beta * x, name="fwd")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._beta})"
