# Written from the operator table by tools/stubs.py; do not edit.
# ruff: noqa: A001, A002, A004, E501, F401, I001, N802, PYI021, RUF100  MXNet's names; texts for editors

from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from gluonish.context import Context
from gluonish.symbol.symbol import Symbol
from gluonish.sym.sampling import rand_zipfian as rand_zipfian
from gluonish.sym.updates import adamw_update as adamw_update
from gluonish.sym.updates import mp_adamw_update as mp_adamw_update
from gluonish.symbol.loops import cond as cond
from gluonish.symbol.loops import foreach as foreach
from gluonish.symbol.loops import while_loop as while_loop

def AdaptiveAvgPooling2D(
    data: Symbol | None = None,
    output_size: int | Sequence[int] = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return images of a given size, each pixel the mean of its share of the input."""

def BatchNormWithReLU(
    data: Symbol | None = None,
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    moving_mean: Symbol | None = None,
    moving_var: Symbol | None = None,
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
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol | list[Symbol]:
    """Normalise as ``BatchNorm`` does, and set what is below 0 to 0."""

def BilinearResize2D(
    data: Symbol | None = None,
    like: Symbol | None = None,
    height: int = 1,
    width: int = 1,
    scale_height: float | None = None,
    scale_width: float | None = None,
    mode: Literal[
        "size", "odd_scale", "like", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"
    ] = "size",
    align_corners: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Resize images by bilinear interpolation."""

def CTCLoss(
    data: Symbol | None = None,
    label: Symbol | None = None,
    data_lengths: Symbol | None = None,
    label_lengths: Symbol | None = None,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal["first", "last"] = "first",
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return, per example, -log of the probability that a sequence of scores says these labels."""

def DeformableConvolution(
    data: Symbol | None = None,
    offset: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    *,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_filter: int,
    num_group: int = 1,
    num_deformable_group: int = 1,
    no_bias: bool = False,
    layout: Literal["NCDHW", "NCHW", "NCW"] | None = None,
    workspace: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the convolution of images whose windows are deformed by offsets."""

def ModulatedDeformableConvolution(
    data: Symbol | None = None,
    offset: Symbol | None = None,
    mask: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    *,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_filter: int,
    num_group: int = 1,
    num_deformable_group: int = 1,
    no_bias: bool = False,
    layout: Literal["NCDHW", "NCHW", "NCW"] | None = None,
    im2col_step: Any = ...,
    workspace: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the convolution of images whose windows are deformed by offsets, every sample times a mask."""

def MultiBoxDetection(
    cls_prob: Symbol | None = None,
    loc_pred: Symbol | None = None,
    anchor: Symbol | None = None,
    clip: bool = True,
    threshold: float = 0.01,
    background_id: int = 0,
    nms_threshold: float = 0.5,
    force_suppress: bool = False,
    variances: float | Sequence[float] = (0.1, 0.1, 0.2, 0.2),
    nms_topk: int = -1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return what anchors found: rows of class, score and corners, the best first."""

def MultiBoxPrior(
    data: Symbol | None = None,
    sizes: float | Sequence[float] = (1.0,),
    ratios: float | Sequence[float] = (1.0,),
    clip: bool = False,
    steps: float | Sequence[float] = (-1.0, -1.0),
    offsets: float | Sequence[float] = (0.5, 0.5),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the corners of the anchors around every pixel of a feature map, row by row."""

def MultiBoxTarget(
    anchor: Symbol | None = None,
    label: Symbol | None = None,
    cls_pred: Symbol | None = None,
    overlap_threshold: float = 0.5,
    ignore_label: float = -1.0,
    negative_mining_ratio: float = -1.0,
    negative_mining_thresh: float = 0.5,
    minimum_negative_samples: int = 0,
    variances: float | Sequence[float] = (0.1, 0.1, 0.2, 0.2),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> list[Symbol]:
    """Return what every anchor has to learn: the code of a box, a mask of codes, and a class."""

def MultiProposal(
    cls_prob: Symbol | None = None,
    bbox_pred: Symbol | None = None,
    im_info: Symbol | None = None,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: float | Sequence[float] = (4.0, 8.0, 16.0, 32.0),
    ratios: float | Sequence[float] = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol | list[Symbol]:
    """Return the best boxes that do not overlap too much: rows of image and corners; and their scores."""

def PSROIPooling(
    data: Symbol | None = None,
    rois: Symbol | None = None,
    *,
    spatial_scale: float,
    output_dim: int,
    pooled_size: int,
    group_size: int = 0,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the means of the parts of regions; a part without pixels gives 0."""

Proposal = MultiProposal

def ROIAlign(
    data: Symbol | None = None,
    rois: Symbol | None = None,
    *,
    pooled_size: int | Sequence[int],
    spatial_scale: float,
    sample_ratio: int = -1,
    position_sensitive: bool = False,
    aligned: bool = False,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the means of bilinear samples in the parts of regions, without rounding coordinates."""

def SparseEmbedding(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    *,
    input_dim: int,
    output_dim: int,
    dtype: DTypeLike = "float32",
    deterministic: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return what ``Embedding`` does; the gradient of the weight is row-sparse."""

def SyncBatchNorm(
    data: Symbol | None = None,
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    moving_mean: Symbol | None = None,
    moving_var: Symbol | None = None,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    ndev: int = 1,
    key: str = "",
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol | list[Symbol]:
    """Normalise each channel, axis 1, like ``BatchNorm``: the batch is what this array holds."""

def allclose(
    a: Symbol | None = None,
    b: Symbol | None = None,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 if no element of a is farther from that of b than atol + rtol |b|, else 0, of shape ()."""

def arange_like(
    data: Symbol | None = None,
    start: float = 0.0,
    step: float = 1.0,
    repeat: int = 1,
    axis: int | None = None,
    *,
    ctx: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return start, start + step, ..., each repeated: as many as an axis is long."""

def bipartite_matching(
    data: Symbol | None = None,
    is_ascend: bool = False,
    *,
    threshold: float,
    topk: int = -1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> list[Symbol]:
    """Match rows and columns of score matrices, the best pair of all first, each row and column once."""

def boolean_mask(
    data: Symbol | None = None,
    index: Symbol | None = None,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the elements along an axis where the mask, which has one entry for each, is not 0."""

def box_decode(
    data: Symbol | None = None,
    anchors: Symbol | None = None,
    std0: float = 1.0,
    std1: float = 1.0,
    std2: float = 1.0,
    std3: float = 1.0,
    clip: float = -1.0,
    format: Literal["corner", "center"] = "center",
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the corners of the boxes that predicted offsets lead to from anchors; see ``box_encode``."""

def box_encode(
    samples: Symbol | None = None,
    matches: Symbol | None = None,
    anchors: Symbol | None = None,
    refs: Symbol | None = None,
    means: Symbol | None = None,
    stds: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> list[Symbol]:
    """Return what a network has to predict to get from anchors to the boxes they are matched with."""

def box_iou(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    format: Literal["corner", "center"] = "corner",
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the intersection over union of every box on the left with every one on the right."""

def box_nms(
    data: Symbol | None = None,
    overlap_thresh: float = 0.5,
    valid_thresh: float = 0.0,
    topk: int = -1,
    coord_start: int = 2,
    score_index: int = 1,
    id_index: int = -1,
    background_id: int = -1,
    force_suppress: bool = False,
    in_format: Literal["corner", "center"] = "corner",
    out_format: Literal["corner", "center"] = "corner",
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the boxes that remain when each removes those of lower score that overlap it, best first."""

box_non_maximum_suppression = box_nms

def count_sketch(
    data: Symbol | None = None,
    h: Symbol | None = None,
    s: Symbol | None = None,
    *,
    out_dim: int,
    processing_batch_size: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Add each column of rows, times a sign, to one of fewer columns."""

ctc_loss = CTCLoss

def div_sqrt_dim(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Divide by the square root of the last axis' size."""

def fft(
    data: Symbol | None = None,
    *,
    compute_size: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the discrete Fourier transforms of rows: the real and the imaginary part of each number."""

def getnnz(
    data: Symbol | None = None,
    axis: int | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return how many elements are not zero, in all or along an axis of a matrix, as int64."""

def gradientmultiplier(
    data: Symbol | None = None,
    scalar: float = 1.0,
    *,
    is_int: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return a copy through which the gradient flows multiplied by a number, which may be negative."""

def group_adagrad_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    history: Symbol | None = None,
    *,
    lr: float,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    epsilon: float = 1e-05,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Step with AdaGrad that keeps one sum per row, in a history of one column."""

def ifft(
    data: Symbol | None = None,
    *,
    compute_size: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the real parts of inverse transforms of rows of real and imaginary parts, times their length."""

def index_array(
    data: Symbol | None = None,
    axes: int | Sequence[int] | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the indices of every element, along a new last axis; with ``axes``, those on these axes only."""

def index_copy(
    old_tensor: Symbol | None = None,
    index_vector: Symbol | None = None,
    new_tensor: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return a copy of the old array with its rows at the indices replaced by those of the new one."""

def interleaved_matmul_encdec_qk(
    queries: Symbol | None = None,
    keys_values: Symbol | None = None,
    *,
    heads: int,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the products of queries, divided by the root of their size, and keys, for each head."""

def interleaved_matmul_encdec_valatt(
    keys_values: Symbol | None = None,
    attention: Symbol | None = None,
    *,
    heads: int,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the averages of values, weighted by attention, for each head."""

def interleaved_matmul_selfatt_qk(
    queries_keys_values: Symbol | None = None,
    *,
    heads: int,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the products of queries, divided by the root of their size, and keys, for each head."""

def interleaved_matmul_selfatt_valatt(
    queries_keys_values: Symbol | None = None,
    attention: Symbol | None = None,
    *,
    heads: int,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the averages of values, weighted by attention, for each head."""

def quadratic(
    data: Symbol | None = None,
    a: float = 0.0,
    b: float = 0.0,
    c: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return a x^2 + b x + c."""

def round_ste(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return ``round(x)``, with the gradient of x."""

def sign_ste(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return ``sign(x)``, with the gradient of x."""
