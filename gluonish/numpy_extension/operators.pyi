# Written from the operator table by tools/stubs.py; do not edit.
# ruff: noqa: A001, A002, A004, E501, F401, I001, N802, PYI021, RUF100  MXNet's names; texts for editors
from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from gluonish.context import Context
from gluonish.numpy.multiarray import ndarray

def activation(
    data: ndarray,
    act_type: Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"],
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Apply a function to each element."""

def arange_like(
    data: ndarray,
    start: float = 0.0,
    step: float = 1.0,
    repeat: int = 1,
    axis: int | None = None,
    *,
    ctx: Any = ...,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return start, start + step, ..., each repeated: as many as an axis is long."""

def batch_dot(
    lhs: ndarray,
    rhs: ndarray,
    transpose_a: bool = False,
    transpose_b: bool = False,
    *,
    forward_stype: Any = ...,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return the products of matrices, one by one from two stacks of equal shape."""

def batch_flatten(data: ndarray, *, inplace: Any = ..., out: Any = None, name: str | None = None) -> ndarray:
    """Return a copy of two axes: the first one, and all others in one."""

def batch_norm(
    data: ndarray,
    gamma: ndarray,
    beta: ndarray,
    moving_mean: ndarray,
    moving_var: ndarray,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    axis: int = 1,
    *,
    cudnn_off: Any = ...,
    max_calib_range: Any = ...,
    min_calib_range: Any = ...,
    out: Any = None,
    name: str | None = None,
) -> ndarray | list[ndarray]:
    """Normalise each channel, then multiply with gamma and add beta."""

def cast(data: ndarray, dtype: DTypeLike, *, out: Any = None, name: str | None = None) -> ndarray:
    """Return the array in another dtype. From float to integer it truncates and wraps around."""

def convolution(
    data: ndarray,
    weight: ndarray,
    bias: ndarray | None = None,
    *,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_filter: int,
    num_group: int = 1,
    no_bias: bool = False,
    layout: Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"] | None = None,
    cudnn_off: Any = ...,
    cudnn_tune: Any = ...,
    workspace: Any = ...,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return the cross-correlation of images with filters, plus bias."""

def deconvolution(
    data: ndarray,
    weight: ndarray,
    bias: ndarray | None = None,
    *,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    adj: int | Sequence[int] = (),
    target_shape: int | Sequence[int] = (),
    num_filter: int,
    num_group: int = 1,
    no_bias: bool = True,
    layout: Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"] | None = None,
    cudnn_off: Any = ...,
    cudnn_tune: Any = ...,
    workspace: Any = ...,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return the transposed convolution of images, plus bias."""

def dropout(
    data: ndarray,
    p: float = 0.5,
    mode: Literal["training", "always"] = "training",
    axes: int | Sequence[int] = (),
    *,
    cudnn_off: Any = ...,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Set elements to 0 with probability p, and divide the others by 1 - p."""

def embedding(
    data: ndarray,
    weight: ndarray,
    input_dim: int,
    output_dim: int,
    dtype: DTypeLike = "float32",
    sparse_grad: bool = False,
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return the rows of the weight at the indices in the data, on a new last axis."""

def erf(data: ndarray, *, out: Any = None, name: str | None = None) -> ndarray:
    """Return the error function."""

def erfinv(data: ndarray, *, out: Any = None, name: str | None = None) -> ndarray:
    """Return the inverse of the error function."""

def fully_connected(
    data: ndarray,
    weight: ndarray,
    bias: ndarray | None = None,
    *,
    num_hidden: int,
    no_bias: bool = False,
    flatten: bool = True,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return data times the transposed weight, plus bias."""

def gamma(data: ndarray, *, out: Any = None, name: str | None = None) -> ndarray:
    """Return the gamma function."""

def gammaln(data: ndarray, *, out: Any = None, name: str | None = None) -> ndarray:
    """Return the logarithm of the absolute value of the gamma function."""

def gather_nd(data: ndarray, indices: ndarray, *, out: Any = None, name: str | None = None) -> ndarray:
    """Return the elements, or blocks of the remaining axes, at places."""

def group_norm(
    data: ndarray,
    gamma: ndarray,
    beta: ndarray,
    num_groups: int = 1,
    eps: float = 1e-05,
    output_mean_var: bool = False,
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray | list[ndarray]:
    """Normalise each group of channels of each sample, then multiply with gamma and add beta."""

def instance_norm(
    data: ndarray,
    gamma: ndarray,
    beta: ndarray,
    eps: float = 0.001,
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Normalise each channel of each sample, then multiply with gamma and add beta."""

def l2_normalization(
    data: ndarray,
    eps: float = 1e-10,
    mode: Literal["instance", "channel", "spatial"] = "instance",
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Divide vectors by their length, sqrt(sum of squares + eps)."""

def layer_norm(
    data: ndarray,
    gamma: ndarray,
    beta: ndarray,
    axis: int = -1,
    eps: float = 1e-05,
    output_mean_var: bool = False,
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray | list[ndarray]:
    """Normalise along one axis, for each place on the others, then multiply with gamma and add beta."""

def leaky_relu(
    data: ndarray,
    gamma: ndarray | None = None,
    act_type: Literal["elu", "gelu", "leaky", "prelu", "rrelu", "selu"] = "leaky",
    slope: float = 0.25,
    lower_bound: float = 0.125,
    upper_bound: float = 0.334,
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Keep positive elements (scaled, for selu) and soften negative ones."""

def log_softmax(
    data: ndarray,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DTypeLike | None = None,
    use_length: bool = False,
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return the logarithm of the softmax of x / temperature along an axis, without loss of precision."""

def one_hot(
    indices: ndarray,
    depth: int,
    on_value: float = 1.0,
    off_value: float = 0.0,
    dtype: DTypeLike = "float32",
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return, for each index, a row of ``depth`` entries: on_value at the index, off_value elsewhere."""

def pick(
    data: ndarray,
    index: ndarray,
    axis: int | None = -1,
    keepdims: bool = False,
    mode: Literal["clip", "wrap", "raise"] = "clip",
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return one element of each line along an axis, chosen by an index per line."""

def pooling(
    data: ndarray,
    kernel: int | Sequence[int] = (),
    pool_type: Literal["max", "avg", "sum", "lp"] = "max",
    global_pool: bool = False,
    pooling_convention: Literal["valid", "full", "same"] = "valid",
    stride: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    p_value: int | None = None,
    count_include_pad: bool | None = None,
    layout: Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"] | None = None,
    *,
    cudnn_off: Any = ...,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return the maximum, mean, sum or p-norm of every window of the images."""

def relu(data: ndarray, *, out: Any = None, name: str | None = None) -> ndarray:
    """Return max(x, 0)."""

def reshape_like(
    lhs: ndarray,
    rhs: ndarray,
    lhs_begin: int | None = None,
    lhs_end: int | None = None,
    rhs_begin: int | None = None,
    rhs_end: int | None = None,
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return a copy of ``lhs`` in the shape of ``rhs``."""

def sequence_mask(
    data: ndarray,
    sequence_length: ndarray | None = None,
    use_sequence_length: bool = False,
    value: float = 0.0,
    axis: int = 0,
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return the sequences with a value in place of the steps behind the end of each."""

def shape_array(data: ndarray, *, out: Any = None, name: str | None = None) -> ndarray:
    """Return the sizes of the axes, as int64."""

def sigmoid(data: ndarray, *, out: Any = None, name: str | None = None) -> ndarray:
    """Return 1 / (1 + exp(-x))."""

def slice(
    data: ndarray,
    begin: int | Sequence[int | None] | None,
    end: int | Sequence[int | None] | None,
    step: int | Sequence[int | None] | None = (),
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return a copy of the block between bounds of the first axes."""

def smooth_l1(data: ndarray, scalar: float = 1.0, *, out: Any = None, name: str | None = None) -> ndarray:
    """Return (scalar * x)^2 / 2 where |x| < 1 / scalar^2, else |x| - 1 / (2 scalar^2)."""

def softmax(
    data: ndarray,
    length: ndarray | None = None,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DTypeLike | None = None,
    use_length: bool = False,
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray:
    """Return exp(x / temperature), divided by its sum along an axis."""

def topk(
    data: ndarray,
    axis: int | None = -1,
    k: int = 1,
    ret_typ: Literal["indices", "value", "mask", "both"] = "indices",
    is_ascend: bool = False,
    dtype: DTypeLike = "float32",
    *,
    out: Any = None,
    name: str | None = None,
) -> ndarray | list[ndarray]:
    """Return the k largest elements along an axis, or (None) of the flat array, largest first."""
