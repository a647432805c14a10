"""Random numbers.

``DISTRIBUTIONS`` is the table: one row gives the draw, its parameters and the documentation, and becomes
MXNet's three operators:

* ``_random_<word>`` has numbers as parameters and is given a shape;
* ``_random_<word>_like`` takes the shape and dtype of an array;
* ``_sample_<word>`` has arrays as parameters and draws ``shape`` numbers for each of their elements.

Draws come from ``rng``, the stream of the context. NumPy's and CuPy's generators share only some methods, so
the others are composed of ``random``, ``integers``, ``poisson`` and the ``standard_*`` ones.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np

from gluonish.context import Context
from gluonish.dtype import dtype_name, is_float
from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.fields import DType
from gluonish.engine.operator import NOT_DIFFERENTIABLE, XP, ZERO_GRADIENT, Array, operator
from gluonish.errors import ArgumentError, DTypeError
from gluonish.ops.common import as_scalar
from gluonish.shape import Shape

__all__ = ["checked_float", "shape_of_parameter"]

FLOAT32 = np.dtype("float32")


@attrs.frozen
class Draw:
    """One call of a random operator: what to draw, and where from.

    Attributes:
        xp: the module of the arrays.
        rng: the generator.
        shape: how many numbers.
        dtype: the dtype of the result.
        owner: the operator's name, for messages.
    """

    xp: XP
    rng: Any
    shape: Shape
    dtype: DType
    owner: str

    @property
    def wide(self) -> DType:
        """The dtype to compute in: generators know float32 and float64 only."""
        return self.dtype if self.dtype in (FLOAT32, np.dtype("float64")) else FLOAT32

    def require(self, holds: Any, expected: str, **parameters: Any) -> None:
        """Refuse parameters unless the condition holds, for a number or for all elements of an array.

        Raises:
            ArgumentError: it does not.
        """
        if not (holds if isinstance(holds, bool) else bool(holds.all())):
            given = [f"{k}={v}" for k, v in parameters.items() if isinstance(v, (int, float))]
            raise ArgumentError(
                f"Operator {self.owner!r}",
                "cannot draw with these parameters",
                expected=expected,
                received=", ".join(given) or None,
            )

    def result(self, values: Array) -> Array:
        """Return drawn numbers in the dtype of the result."""
        return self.xp.asarray(values, self.dtype)

    def unit(self) -> Array:
        """Draw uniformly from [0, 1)."""
        return self.rng.random(self.shape, dtype=self.wide)

    def gamma(self, alpha: Any, dtype: DType) -> Array:
        """Draw from the gamma distribution of this shape parameter and scale 1."""
        return self.rng.standard_gamma(alpha, self.shape, dtype=dtype)

    def poisson(self, rate: Any) -> Array:
        """Draw from the Poisson distribution of this mean."""
        return self.result(self.rng.poisson(rate, self.shape))


def _uniform(d: Draw, low: Any, high: Any) -> Array:
    d.require(low <= high, "low not above high", low=low, high=high)
    values = d.result(low + d.unit() * (high - low))
    # Rounding can reach high itself, most of all in half precision.
    return d.xp.where(values < _in_dtype(values, high), values, _in_dtype(values, low))


def _in_dtype(like: Array, value: Any) -> Any:
    return as_scalar(like, value) if isinstance(value, (int, float)) else value.astype(like.dtype)


def _normal(d: Draw, loc: Any, scale: Any) -> Array:
    d.require(scale >= 0, "a standard deviation of 0 or more", scale=scale)
    return d.result(loc + scale * d.rng.standard_normal(d.shape, dtype=d.wide))


def _gamma(d: Draw, alpha: Any, beta: Any) -> Array:
    d.require(alpha > 0, "a positive alpha", alpha=alpha)
    d.require(beta > 0, "a positive beta", beta=beta)
    return d.result(d.gamma(alpha, d.wide) * beta)


def _exponential(d: Draw, lam: Any) -> Array:
    d.require(lam > 0, "a positive lam", lam=lam)
    return d.result(d.rng.standard_exponential(d.shape, dtype=d.wide) / lam)


def _poisson(d: Draw, lam: Any) -> Array:
    d.require(lam >= 0, "lam of 0 or more", lam=lam)
    return d.poisson(lam)


def _negative_binomial(d: Draw, k: Any, p: Any) -> Array:
    """Draw by way of a Poisson distribution whose mean has a gamma distribution."""
    d.require(k >= 0, "k of 0 or more", k=k)
    d.require((p > 0) & (p <= 1), "a probability p above 0", p=p)
    return d.poisson(d.gamma(k, np.dtype("float64")) * ((1 - p) / p))


def _generalized_negative_binomial(d: Draw, mu: Any, alpha: Any) -> Array:
    d.require(mu >= 0, "mu of 0 or more", mu=mu)
    d.require(alpha >= 0, "alpha of 0 or more", alpha=alpha)
    # Where alpha is 0 the mean does not vary: a Poisson distribution is left.
    varies = alpha > 0
    spread = alpha + (alpha == 0)
    return d.poisson(mu * (d.gamma(1 / spread, np.dtype("float64")) * spread * varies + (alpha == 0)))


@attrs.frozen
class Distribution:
    """A distribution, from which the operator forms are made.

    Attributes:
        word: MXNet's word for it, as in ``_random_<word>``.
        draw: ``draw(d, ...)`` with its parameters by position, each a number or an array.
        parameters: the names of the parameters, with the numbers they are if not given.
        doc: what it is.
        inputs: the names of the parameters in ``_sample_<word>``, where they are others.
        aliases: further names of ``_random_<word>``.
    """

    word: str
    draw: Callable[..., Array]
    parameters: dict[str, float]
    doc: str
    inputs: Sequence[str] = ()
    aliases: Sequence[str] = ()


DISTRIBUTIONS = [
    Distribution(
        "uniform",
        _uniform,
        {"low": 0.0, "high": 1.0},
        "the uniform distribution on [low, high)",
        aliases=("uniform",),
    ),
    Distribution(
        "normal",
        _normal,
        {"loc": 0.0, "scale": 1.0},
        "the normal distribution of this mean and standard deviation",
        inputs=("mu", "sigma"),
        aliases=("normal",),
    ),
    Distribution(
        "gamma",
        _gamma,
        {"alpha": 1.0, "beta": 1.0},
        "the gamma distribution of shape alpha and scale beta; its mean is alpha * beta",
    ),
    Distribution(
        "exponential",
        _exponential,
        {"lam": 1.0},
        "the exponential distribution of rate lam; its mean is 1 / lam",
    ),
    Distribution("poisson", _poisson, {"lam": 1.0}, "the Poisson distribution of mean lam"),
    Distribution(
        "negative_binomial",
        _negative_binomial,
        {"k": 1, "p": 1.0},
        "the number of failures before k successes of probability p; its mean is k * (1 - p) / p",
    ),
    Distribution(
        "generalized_negative_binomial",
        _generalized_negative_binomial,
        {"mu": 1.0, "alpha": 1.0},
        "the negative binomial distribution of mean mu and variance mu + alpha * mu^2",
    ),
]


# -- the operator forms ---------------------------------------------------------------------------------


def _sign(kernel: Callable[..., Array], inputs: Sequence[str], fields: dict[str, tuple[Any, Any]]) -> None:
    """Give a kernel the signature that declares its operator: inputs, and fields as (type, default)."""
    keyword, positional = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    kernel.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            *(inspect.Parameter(name, positional) for name in ("xp", *inputs)),
            *(inspect.Parameter(name, keyword, default=default) for name, (_, default) in fields.items()),
            inspect.Parameter("rng", keyword),
        ]
    )
    kernel.__annotations__ = {name: annotation for name, (annotation, _) in fields.items()}


def _numbers(distribution: Distribution) -> dict[str, tuple[Any, Any]]:
    return {name: (type(default), default) for name, default in distribution.parameters.items()}


def _declare_random(distribution: Distribution) -> None:
    name = f"_random_{distribution.word}"

    def kernel(
        xp: XP,
        *,
        shape: Shape | None,
        ctx: Context | None,
        dtype: DType | None,
        rng: Any,
        **numbers: float,
    ) -> Array:
        d = Draw(xp, rng, (1,) if shape is None else shape, dtype or FLOAT32, name)
        return distribution.draw(d, *(numbers[each] for each in distribution.parameters))

    kernel.__doc__ = f"Draw from {distribution.doc}."
    placement = {
        "shape": (tuple[int, ...] | None, None),
        "ctx": (Context | None, None),
        "dtype": (DType | None, None),
    }
    _sign(kernel, (), {**_numbers(distribution), **placement})
    aliases = (name.removeprefix("_"), *distribution.aliases)
    op = operator(name, aliases=aliases, gradient=NOT_DIFFERENTIABLE)(kernel)
    op.shape(shape_of_parameter)
    op.dtype(_float_of_parameter)


def _declare_like(distribution: Distribution) -> None:
    name = f"_random_{distribution.word}_like"

    def kernel(xp: XP, data: Array, *, rng: Any, **numbers: float) -> Array:
        d = Draw(xp, rng, data.shape, data.dtype, name)
        return distribution.draw(d, *(numbers[each] for each in distribution.parameters))

    kernel.__doc__ = f"Draw from {distribution.doc}, as many numbers as ``data`` has elements."
    _sign(kernel, ("data",), _numbers(distribution))
    op = operator(name, gradient=ZERO_GRADIENT)(kernel)
    op.shape(lambda s: s.same("data", "output"))
    op.dtype(_float_of_data)


def _declare_sample(distribution: Distribution) -> None:
    name = f"_sample_{distribution.word}"

    def kernel(xp: XP, *parameters: Array, shape: Shape, dtype: DType | None, rng: Any) -> Array:
        d = Draw(xp, rng, parameters[0].shape + shape, dtype or FLOAT32, name)
        last = (1,) * len(shape)
        spread = [each.astype(d.wide).reshape(each.shape + last) for each in parameters]
        return distribution.draw(d, *spread)

    kernel.__doc__ = (
        f"Draw from {distribution.doc}, for each element of the arrays of parameters.\n\n"
        "The result has the shape of the parameters, followed by ``shape``. No gradient reaches them."
    )
    inputs = tuple(distribution.inputs or distribution.parameters)
    _sign(kernel, inputs, {"shape": (tuple[int, ...], ()), "dtype": (DType | None, None)})
    op = operator(name, aliases=(name.removeprefix("_"),), gradient=ZERO_GRADIENT)(kernel)
    op.dtype(_float_of_parameter)

    @op.shape
    def shape_of_sample(s: ShapeFacts, shape: Shape) -> None:
        s.same(*inputs)
        parameters, output = s[0], s["output"]
        if parameters is not None:
            s["output"] = parameters + shape
        elif output is not None:
            s[0] = output[: len(output) - len(shape)]


def shape_of_parameter(s: ShapeFacts, shape: Shape | None) -> None:
    """Shape rule: the output has the shape that is given; one number if none is."""
    s["output"] = (1,) if shape is None else shape


def _float_of_parameter(d: DTypeFacts, dtype: DType | None) -> None:
    d["output"] = checked_float(FLOAT32 if dtype is None else dtype, d.owner)


def _float_of_data(d: DTypeFacts) -> None:
    d.same("data", "output")
    if d["data"] is not None:
        checked_float(d["data"], d.owner)


def checked_float(dtype: DType, owner: str) -> DType:
    """Return a dtype that an operator draws, or draws from.

    Raises:
        DTypeError: it is no floating-point one.
    """
    if not is_float(dtype):
        raise DTypeError(
            f"Operator {owner!r}",
            "works with floating-point numbers",
            expected="a floating-point dtype",
            received=dtype_name(dtype),
            fix="Convert with astype().",
        )
    return dtype


for _each in DISTRIBUTIONS:
    _declare_random(_each)
    _declare_like(_each)
    _declare_sample(_each)
