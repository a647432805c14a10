# Written from the operator table by tools/stubs.py; do not edit.
# ruff: noqa: A001, A002, A004, E501, F401, I001, N802, PYI021, RUF100  MXNet's names; texts for editors

from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from gluonish.context import Context
from gluonish.symbol.symbol import Symbol

def ElementWiseSum(
    *args: Symbol | Sequence[Symbol],
    num_args: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the sum of arrays of one shape."""

def Embedding(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    *,
    input_dim: int,
    output_dim: int,
    dtype: DTypeLike = "float32",
    sparse_grad: bool = False,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the rows of the weight at the indices in the data, on a new last axis."""

def FullyConnected(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    *,
    num_hidden: int,
    no_bias: bool = False,
    flatten: bool = True,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return data times the transposed weight, plus bias."""

def LinearRegressionOutput(
    data: Symbol | None = None,
    label: Symbol | None = None,
    grad_scale: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the data; the gradient is that of half the squared distance to the label."""

def LogisticRegressionOutput(
    data: Symbol | None = None,
    label: Symbol | None = None,
    grad_scale: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 / (1 + exp(-data)); the gradient is that of the cross entropy with the label, a probability."""

def MAERegressionOutput(
    data: Symbol | None = None,
    label: Symbol | None = None,
    grad_scale: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the data; the gradient is that of the absolute distance to the label, 0 where they are equal."""

def adagrad_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    history: Symbol | None = None,
    *,
    lr: float,
    epsilon: float = 1e-07,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Add G^2 to history, and return w - lr (G / sqrt(history + epsilon) + wd w)."""

def retain(
    data: Symbol | None = None,
    indices: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the rows of a row-sparse array at indices; those that are not stored come as zeros."""

def square_sum(
    data: Symbol | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the sum of squares over the given axes."""

def abs(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Return absolute values."""

def adam_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mean: Symbol | None = None,
    var: Symbol | None = None,
    *,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Move the running means of G and G^2, and return w - lr mean / (sqrt(var) + epsilon), with wd w in G."""

add_n = ElementWiseSum

def arccos(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return inverse cosines."""

def arccosh(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return inverse hyperbolic cosines."""

def arcsin(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return inverse sines."""

def arcsinh(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return inverse hyperbolic sines."""

def arctan(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return inverse tangents."""

def arctanh(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return inverse hyperbolic tangents."""

def broadcast_add(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the sum of two arrays; the shapes broadcast."""

def broadcast_div(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the left array divided by the right; integers divide towards zero, as in C; the shapes broadcast."""

def broadcast_minus(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the left array minus the right; the shapes broadcast."""

def broadcast_mul(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the product of two arrays, element by element; the shapes broadcast."""

broadcast_plus = broadcast_add

broadcast_sub = broadcast_minus

def cast_storage(
    data: Symbol | None = None,
    *,
    stype: Literal["default", "row_sparse", "csr"],
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return a copy in a storage type."""

def cbrt(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return cube roots."""

def ceil(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the next integers upwards."""

def clip(
    data: Symbol | None = None,
    *,
    a_min: float,
    a_max: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Limit elements to [a_min, a_max]. The gradient is 1 where an element was inside, else 0."""

def concat(
    *data: Symbol | Sequence[Symbol],
    dim: int = 1,
    num_args: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the arrays joined along an axis; they agree in all others."""

def cos(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Return cosines."""

def cosh(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return hyperbolic cosines."""

def degrees(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return radians as degrees."""

def dot(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    forward_stype: Literal["default", "row_sparse", "csr"] | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the product that sums over the last axis of lhs and the first of rhs."""

def elemwise_add(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the sum of two arrays; the shapes are equal."""

def elemwise_div(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the left array divided by the right; integers divide towards zero, as in C; the shapes are equal."""

def elemwise_mul(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the product of two arrays, element by element; the shapes are equal."""

def elemwise_sub(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the left array minus the right; the shapes are equal."""

def exp(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Return exponentials."""

def expm1(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return exp(x) - 1, exact near 0."""

def fix(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Return the integers towards zero."""

def floor(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the next integers downwards."""

def ftrl_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    z: Symbol | None = None,
    n: Symbol | None = None,
    *,
    lr: float,
    lamda1: float = 0.01,
    beta: float = 1.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Follow the regularised leader: McMahan et al., Ad click prediction (2013), algorithm 1."""

def gamma(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the gamma function."""

def gammaln(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the logarithm of the absolute value of the gamma function."""

def log(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Return natural logarithms."""

def log10(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return logarithms to base 10."""

def log1p(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return log(1 + x), exact near 0."""

def log2(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return logarithms to base 2."""

def make_loss(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return a copy; the gradient is 1 everywhere, whatever comes from the output."""

def mean(
    data: Symbol | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the mean over the given axes."""

def negative(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the negated array."""

def norm(
    data: Symbol | None = None,
    ord: int = 2,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the L1 or L2 norm over the given axes. At the origin its gradient is 0."""

def radians(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return degrees as radians."""

def relu(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return max(x, 0)."""

def rint(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the nearest integers, halves downwards."""

def round(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the nearest integers, halves away from zero."""

def rsqrt(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return reciprocals of the square roots."""

def sgd_mom_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mom: Symbol | None = None,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Set mom to momentum mom - lr (G + wd w), and return w + mom: gradient descent with momentum."""

def sgd_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    *,
    lr: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return w - lr (G + wd w): gradient descent."""

def sigmoid(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 / (1 + exp(-x))."""

def sign(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return -1, 0 or 1, by sign."""

def sin(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Return sines."""

def sinh(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return hyperbolic sines."""

def slice(
    data: Symbol | None = None,
    *,
    begin: int | Sequence[int | None] | None,
    end: int | Sequence[int | None] | None,
    step: int | Sequence[int | None] | None = (),
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return a copy of the block between bounds of the first axes."""

def sqrt(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return square roots."""

def square(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return squares."""

def stop_gradient(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return a copy through which no gradient flows."""

def sum(
    data: Symbol | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the sum over the given axes."""

def tan(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Return tangents."""

def tanh(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return hyperbolic tangents."""

def trunc(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the integers towards zero."""

def where(
    condition: Symbol | None = None,
    x: Symbol | None = None,
    y: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return elements of x where the condition is not 0, else of y."""

def zeros_like(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return zeros of the same shape and dtype."""
