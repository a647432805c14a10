"""Initializers that draw from a distribution."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from gluonish.context import cpu
from gluonish.engine import rng
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, DTypeError
from gluonish.initializer.base import Initializer, no_such_choice, register
from gluonish.shape import format_shape, shape_size

__all__ = ["MSRAPrelu", "Normal", "Orthogonal", "Uniform", "Xavier"]


def _drawing_dtype(arr: NDArray, owner: Initializer) -> type[np.float32 | np.float64]:
    """Return the precision to draw in: single below double, so that casts of one draw agree."""
    dtype = np.dtype(arr.dtype)
    if dtype.kind not in "fV":
        raise DTypeError(
            f"Initializer {owner!r}",
            "draws real numbers",
            expected="a floating-point dtype",
            received=dtype.name,
            fix="Use mx.init.Zero(), One() or Constant() for integer parameters.",
        )
    return np.float64 if dtype == np.float64 else np.float32


def _fill_uniform(owner: Initializer, arr: NDArray, bound: float) -> None:
    dtype = _drawing_dtype(arr, owner)
    values = rng.stream(cpu(0)).random(arr.shape, dtype)
    values *= dtype(2 * bound)
    values -= dtype(bound)
    arr.write(values)


def _fill_normal(owner: Initializer, arr: NDArray, sigma: float) -> None:
    dtype = _drawing_dtype(arr, owner)
    values = rng.stream(cpu(0)).standard_normal(arr.shape, dtype)
    values *= dtype(sigma)
    arr.write(values)


@register
class Uniform(Initializer):
    """Draw from the uniform distribution on [-scale, scale].

    Args:
        scale: the bound.
    """

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, _: str, arr: NDArray) -> None:
        _fill_uniform(self, arr, self.scale)


@register
class Normal(Initializer):
    """Draw from the normal distribution with mean 0.

    Args:
        sigma: the standard deviation.
    """

    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, _: str, arr: NDArray) -> None:
        _fill_normal(self, arr, self.sigma)


@register
class Orthogonal(Initializer):
    """Draw a matrix with orthogonal rows or columns, whichever are fewer, of length ``scale``.

    All axes but the first are taken together. Saxe et al., Exact solutions to the nonlinear dynamics of
    learning in deep linear neural networks (2014).

    Args:
        scale: the length.
        rand_type: the distribution of the matrix that is made orthogonal, ``"uniform"`` or ``"normal"``.
    """

    def __init__(self, scale: float = 1.414, rand_type: Literal["uniform", "normal"] = "uniform") -> None:
        super().__init__(scale=scale, rand_type=rand_type)
        self.scale = scale
        self.rand_type = rand_type

    def _init_weight(self, _: str, arr: NDArray) -> None:
        dtype = _drawing_dtype(arr, self)
        shape = (arr.shape[0], shape_size(arr.shape[1:]))
        generator = rng.stream(cpu(0))
        if self.rand_type == "uniform":
            noise = generator.uniform(-1.0, 1.0, shape)
        else:
            noise = generator.standard_normal(shape)
        left, _singular, right = np.linalg.svd(noise, full_matrices=False)
        values = self.scale * (left if left.shape == shape else right)
        arr.write(values.reshape(arr.shape).astype(dtype))


@register
class Xavier(Initializer):
    """Draw with a variance that follows from the sizes of the layer.

    With ``n`` the mean of fan-in and fan-out (or one of them), the bound of the uniform distribution, or the
    standard deviation of the normal one, is ``sqrt(magnitude / n)``. Glorot and Bengio, Understanding the
    difficulty of training deep feedforward neural networks (2010).

    Args:
        rnd_type: ``"uniform"`` or ``"gaussian"``.
        factor_type: ``"avg"``, ``"in"`` or ``"out"``.
        magnitude: the scale.

    Raises:
        ArgumentError: when used, another ``rnd_type`` or ``factor_type``, or a parameter of one axis.
    """

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        self.rnd_type = rnd_type
        self.factor_type = factor_type
        self.magnitude = float(magnitude)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        scale = math.sqrt(self.magnitude / self._factor(name, arr.shape))
        if self.rnd_type == "uniform":
            _fill_uniform(self, arr, scale)
        elif self.rnd_type == "gaussian":
            _fill_normal(self, arr, scale)
        else:
            raise no_such_choice(self, "rnd_type", "'uniform' or 'gaussian'", self.rnd_type)

    def _factor(self, name: str, shape: tuple[int, ...]) -> float:
        if len(shape) < 2:  # noqa: PLR2004
            raise ArgumentError(
                f"Initializer {self!r}",
                f"cannot initialise {str(name)!r}: a vector has no fan-in and fan-out",
                expected="at least two axes",
                received=format_shape(shape),
                fix="Give biases an initializer of their own, such as mx.init.Zero().",
            )
        receptive = shape_size(shape[2:])
        fan_in, fan_out = shape[1] * receptive, shape[0] * receptive
        factors = {"avg": (fan_in + fan_out) / 2.0, "in": fan_in, "out": fan_out}
        if self.factor_type not in factors:
            raise no_such_choice(self, "factor_type", "'avg', 'in' or 'out'", self.factor_type)
        return max(factors[self.factor_type], 1e-12)  # an empty axis needs no values


@register
class MSRAPrelu(Xavier):
    """Draw for layers followed by PReLU: normal, variance ``2 / ((1 + slope^2) n)``.

    He et al., Delving deep into rectifiers (2015).

    Args:
        factor_type: as of Xavier.
        slope: the initial slope of the PReLU.
    """

    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}
