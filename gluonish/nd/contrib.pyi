# Written from the operator table by tools/stubs.py; do not edit.
# ruff: noqa: A001, A002, A004, E501, F401, I001, N802, PYI021, RUF100  MXNet's names; texts for editors

from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.nd.control_flow import cond as cond
from gluonish.nd.control_flow import foreach as foreach
from gluonish.nd.control_flow import while_loop as while_loop
from gluonish.nd.functions import isfinite as isfinite
from gluonish.nd.functions import isinf as isinf
from gluonish.nd.functions import isnan as isnan
from gluonish.nd.sampling import rand_zipfian as rand_zipfian
from gluonish.nd.updates import adamw_update as adamw_update
from gluonish.nd.updates import mp_adamw_update as mp_adamw_update
from gluonish.nd.updates import multi_adamw_update as multi_adamw_update
from gluonish.nd.updates import multi_lamb_update as multi_lamb_update
from gluonish.nd.updates import multi_mp_adamw_update as multi_mp_adamw_update
from gluonish.nd.updates import multi_mp_lamb_update as multi_mp_lamb_update

def AdaptiveAvgPooling2D(
    data: NDArray,
    output_size: int | Sequence[int] = (),
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return images of a given size, each pixel the mean of its share of the input."""

def BatchNormWithReLU(
    data: NDArray,
    gamma: NDArray,
    beta: NDArray,
    moving_mean: NDArray,
    moving_var: NDArray,
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
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray | list[NDArray]:
    """Normalise as ``BatchNorm`` does, and set what is below 0 to 0."""

def CTCLoss(
    data: NDArray,
    label: NDArray,
    data_lengths: NDArray | None = None,
    label_lengths: NDArray | None = None,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal["first", "last"] = "first",
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return, per example, -log of the probability that a sequence of scores says these labels."""

def SparseEmbedding(
    data: NDArray,
    weight: NDArray,
    input_dim: int,
    output_dim: int,
    dtype: DTypeLike = "float32",
    *,
    deterministic: Any = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return what ``Embedding`` does; the gradient of the weight is row-sparse."""

def SyncBatchNorm(
    data: NDArray,
    gamma: NDArray,
    beta: NDArray,
    moving_mean: NDArray,
    moving_var: NDArray,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    ndev: int = 1,
    key: str = "",
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray | list[NDArray]:
    """Normalise each channel, axis 1, like ``BatchNorm``: the batch is what this array holds."""

def arange_like(
    data: NDArray,
    start: float = 0.0,
    step: float = 1.0,
    repeat: int = 1,
    axis: int | None = None,
    *,
    ctx: Any = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return start, start + step, ..., each repeated: as many as an axis is long."""

def boolean_mask(
    data: NDArray,
    index: NDArray,
    axis: int = 0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the elements along an axis where the mask, which has one entry for each, is not 0."""

ctc_loss = CTCLoss

def div_sqrt_dim(
    data: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Divide by the square root of the last axis' size."""

def getnnz(
    data: NDArray,
    axis: int | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return how many elements are not zero, in all or along an axis of a matrix, as int64."""

def group_adagrad_update(
    weight: NDArray,
    grad: NDArray,
    history: NDArray,
    lr: float,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    epsilon: float = 1e-05,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Step with AdaGrad that keeps one sum per row, in a history of one column."""

def index_copy(
    old_tensor: NDArray,
    index_vector: NDArray,
    new_tensor: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return a copy of the old array with its rows at the indices replaced by those of the new one."""
