"""First values of parameters, written in place and off the tape, under torch's names.

What is drawn comes from the host's stream, which ``gluonish.manual_seed`` restarts, so it is the same on
every device; a parameter with replicas gets the same values in all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gluonish.context import cpu
from gluonish.engine.ndarray import NDArray
from gluonish.engine.rng import stream
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.nn.functional.arguments import overwrite
from gluonish.shape import shape_size

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

GAINS = {
    **dict.fromkeys(("linear", "conv1d", "conv2d", "conv3d", "sigmoid"), 1.0),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), 1.0),
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return by how much weights have to be larger for what a nonlinearity takes away.

    Args:
        nonlinearity: "linear", "conv1d", ..., "sigmoid", "tanh", "relu", "leaky_relu" or "selu".
        param: of a leaky ReLU its slope, 0.01 if not given.

    Raises:
        ArgumentError: another nonlinearity.

    Example:
        >>> from gluonish.nn import init
        >>> init.calculate_gain("tanh")
        1.6666666666666667
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        raise ArgumentError(
            "calculate_gain()",
            "does not know this nonlinearity",
            expected=", ".join([*GAINS, "leaky_relu"]),
            received=repr(nonlinearity),
        )
    return GAINS[nonlinearity]


def _filled(tensor: Any, draw: Callable[[Any], Any], generator: Any) -> Any:
    """Write what a function draws on the host into a tensor, on all its contexts, and return the tensor.

    Raises:
        ArgumentTypeError: it is no tensor.
    """
    if not isinstance(tensor, NDArray):
        raise ArgumentTypeError(
            "nn.init",
            "fills tensors in place",
            expected="a Tensor or nn.Parameter",
            received=type(tensor).__name__,
        )
    values = np.asarray(draw(stream(cpu(0)) if generator is None else generator), tensor.dtype)
    overwrite(tensor, values)
    return tensor


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    """Fill with uniform draws from [a, b).

    Args:
        tensor: a tensor or a parameter; the same is returned.
        a: the lower bound.
        b: the upper bound.
        generator: a NumPy generator to draw from.

    Example:
        >>> import gluonish as torch
        >>> from gluonish.nn import init
        >>> w = init.uniform_(torch.zeros(3), -0.1, 0.1)
        >>> bool((abs(w) <= 0.1).all())
        True
    """
    return _filled(tensor, lambda rng: rng.uniform(a, b, tensor.shape), generator)


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    """Fill with normal draws; arguments as of ``uniform_``."""
    return _filled(tensor, lambda rng: rng.normal(mean, std, tensor.shape), generator)


def trunc_normal_(
    tensor: Any,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Any = None,
) -> Any:
    """Fill with normal draws, drawn again where they are outside [a, b].

    Raises:
        ArgumentError: there is (almost) nothing of the distribution between a and b.
    """
    if not (a < b and a <= mean + 8 * std and b >= mean - 8 * std):
        raise ArgumentError(
            "trunc_normal_()",
            "has nothing to draw between its bounds",
            expected="a < b, near the mean",
            received=f"a={a}, b={b}, mean={mean}, std={std}",
        )

    def draw(rng: Any) -> Any:
        if a > mean + 2 * std or b < mean - 2 * std:
            return _tail(rng, tensor.shape, mean, std, a, b)
        values = rng.normal(mean, std, tensor.shape)
        outside = (values < a) | (values > b)
        while outside.any():
            values[outside] = rng.normal(mean, std, int(outside.sum()))
            outside = (values < a) | (values > b)
        return values

    return _filled(tensor, draw, generator)


def _tail(rng: Any, shape: tuple[int, ...], mean: float, std: float, a: float, b: float) -> Any:
    """Draw from a range far from the mean, by rejection from a uniform distribution."""
    nearest = min(max(mean, a), b)
    values, open_places = np.empty(shape), np.ones(shape, bool)
    while open_places.any():
        count = int(open_places.sum())
        proposed = rng.uniform(a, b, count)
        odds = np.exp(((nearest - mean) ** 2 - (proposed - mean) ** 2) / (2 * std**2))
        taken = rng.uniform(size=count) < odds
        places = np.flatnonzero(open_places)[taken]
        values.flat[places] = proposed[taken]
        open_places.flat[places] = False
    return values


def constant_(tensor: Any, val: float) -> Any:
    """Fill with one number."""
    return _filled(tensor, lambda _: np.full(tensor.shape, val), False)


def zeros_(tensor: Any) -> Any:
    """Fill with 0."""
    return constant_(tensor, 0.0)


def ones_(tensor: Any) -> Any:
    """Fill with 1."""
    return constant_(tensor, 1.0)


def _require_axes(tensor: Any, least: int, most: float, function: str) -> None:
    if not least <= tensor.ndim <= most:
        expected = (
            f"{least} axes"
            if least == most
            else f"{least} to {most} axes"
            if most < math.inf
            else f"at least {least} axes"
        )
        raise ArgumentError(
            f"{function}()", "cannot fill a tensor of this shape", expected=expected, received=tensor.shape
        )


def eye_(tensor: Any) -> Any:
    """Fill a matrix with 1 on its diagonal and 0 elsewhere.

    Raises:
        ArgumentError: it is no matrix.
    """
    _require_axes(tensor, 2, 2, "eye_")
    return _filled(tensor, lambda _: np.eye(*tensor.shape), False)


def dirac_(tensor: Any, groups: int = 1) -> Any:
    """Fill filters so that a convolution hands on its channels as they are.

    Args:
        tensor: (out_channels, in_channels, sizes) with one to three sizes.
        groups: in how many groups of channels the convolution falls apart.

    Raises:
        ArgumentError: these are no filters, or the groups do not divide them.
    """
    _require_axes(tensor, 3, 5, "dirac_")
    filters, channels, *sizes = tensor.shape
    if filters % groups:
        raise ArgumentError(
            "dirac_()", "cannot share out its filters", expected=f"a multiple of {groups}", received=filters
        )
    values = np.zeros(tensor.shape)
    centre = tuple(size // 2 for size in sizes)
    for group in range(groups):
        for channel in range(min(filters // groups, channels)):
            place = (group * (filters // groups) + channel, channel, *centre)
            values[place] = 1
    return _filled(tensor, lambda _: values, False)


def _fans(tensor: Any, function: str) -> tuple[int, int]:
    """Return how many inputs an output has, and how many outputs an input."""
    _require_axes(tensor, 2, math.inf, function)
    field = shape_size(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Fill uniformly up to gain * sqrt(6 / (fan_in + fan_out)): Glorot and Bengio (2010).

    Raises:
        ArgumentError: the tensor has fewer than two axes.
    """
    bound = gain * math.sqrt(6 / sum(_fans(tensor, "xavier_uniform_")))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Fill normally with the deviation gain * sqrt(2 / (fan_in + fan_out)): Glorot and Bengio (2010).

    Raises:
        ArgumentError: the tensor has fewer than two axes.
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans(tensor, "xavier_normal_"))), generator)


def kaiming_uniform_(
    tensor: Any,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Any:
    """Fill uniformly up to gain * sqrt(3 / fan): He et al. (2015).

    Args:
        tensor: a tensor or a parameter of at least two axes; the same is returned.
        a: the slope, where the nonlinearity is a leaky ReLU.
        mode: "fan_in" keeps the size of what is computed, "fan_out" that of gradients.
        nonlinearity: what follows; see ``calculate_gain``.
        generator: a NumPy generator to draw from.

    Raises:
        ArgumentError: another mode or nonlinearity, or a tensor of fewer axes.
    """
    bound = math.sqrt(3) * _kaiming(tensor, a, mode, nonlinearity, "kaiming_uniform_")
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Any,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Any:
    """Fill normally with the deviation gain / sqrt(fan); arguments as of ``kaiming_uniform_``."""
    return normal_(tensor, 0.0, _kaiming(tensor, a, mode, nonlinearity, "kaiming_normal_"), generator)


def _kaiming(tensor: Any, a: float, mode: str, nonlinearity: str, function: str) -> float:
    modes = ("fan_in", "fan_out")
    if mode.lower() not in modes:
        raise ArgumentError(
            f"{function}()", "knows no mode like this", expected=" or ".join(modes), received=repr(mode)
        )
    fan = _fans(tensor, function)[modes.index(mode.lower())]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan) if fan else 0.0


def orthogonal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Fill with an orthogonal matrix, of the first axis and all others: Saxe et al. (2014).

    Args:
        tensor: a tensor or a parameter of at least two axes; the same is returned.
        gain: a factor on it.
        generator: a NumPy generator to draw from.

    Raises:
        ArgumentError: the tensor has fewer than two axes.
    """
    _require_axes(tensor, 2, math.inf, "orthogonal_")
    rows, columns = tensor.shape[0], shape_size(tensor.shape[1:])

    def draw(rng: Any) -> Any:
        q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
        q *= np.sign(np.diag(r))  # makes the draw uniform
        return gain * (q.T if rows < columns else q).reshape(tensor.shape)

    return _filled(tensor, draw, generator)


def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None) -> Any:
    """Fill a matrix normally, with a share of zeros in each column: Martens (2010).

    Args:
        tensor: a matrix; the same is returned.
        sparsity: the share of zeros.
        std: the deviation of the others.
        generator: a NumPy generator to draw from.

    Raises:
        ArgumentError: it is no matrix.
    """
    _require_axes(tensor, 2, 2, "sparse_")
    rows, columns = tensor.shape

    def draw(rng: Any) -> Any:
        values = rng.normal(0.0, std, tensor.shape)
        for column in range(columns):
            values[rng.permutation(rows)[: math.ceil(sparsity * rows)], column] = 0
        return values

    return _filled(tensor, draw, generator)
