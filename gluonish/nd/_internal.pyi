# Written from the operator table by tools/stubs.py; do not edit.
# ruff: noqa: A001, A002, A004, E501, F401, I001, N802, PYI021, RUF100  MXNet's names; texts for editors

from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from gluonish.context import Context
from gluonish.engine.ndarray import NDArray

def _Div(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the left array divided by the right; integers divide towards zero, as in C; the shapes are equal."""

def _DivScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the left array divided by the right; integers divide towards zero, as in C, with a number on the right."""

def _Equal(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left == right, else 0, in the dtype of the operands; the shapes are equal."""

def _EqualScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left == right, else 0, in the dtype of the operands, with a number on the right."""

def _Greater(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left > right, else 0, in the dtype of the operands; the shapes are equal."""

def _GreaterEqualScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left >= right, else 0, in the dtype of the operands, with a number on the right."""

def _GreaterScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left > right, else 0, in the dtype of the operands, with a number on the right."""

def _Greater_Equal(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left >= right, else 0, in the dtype of the operands; the shapes are equal."""

def _Hypot(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the hypotenuse of a right triangle with these legs; the shapes are equal."""

def _HypotScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the hypotenuse of a right triangle with these legs, with a number on the right."""

def _Lesser(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left < right, else 0, in the dtype of the operands; the shapes are equal."""

def _LesserEqualScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left <= right, else 0, in the dtype of the operands, with a number on the right."""

def _LesserScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left < right, else 0, in the dtype of the operands, with a number on the right."""

def _Lesser_Equal(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left <= right, else 0, in the dtype of the operands; the shapes are equal."""

def _LogicalAndScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left and right are not zero, else 0, in the dtype of the operands, with a number on the right."""

def _LogicalOrScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left or right are not zero, else 0, in the dtype of the operands, with a number on the right."""

def _LogicalXorScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left xor right are not zero, else 0, in the dtype of the operands, with a number on the right."""

def _Logical_And(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left and right are not zero, else 0, in the dtype of the operands; the shapes are equal."""

def _Logical_Or(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left or right are not zero, else 0, in the dtype of the operands; the shapes are equal."""

def _Logical_Xor(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left xor right are not zero, else 0, in the dtype of the operands; the shapes are equal."""

def _Maximum(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the larger of two elements; between equal ones the gradient goes to the left; the shapes are equal."""

def _MaximumScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the larger of two elements; between equal ones the gradient goes to the left, with a number on the right."""

def _Minimum(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the smaller of two elements; between equal ones the gradient goes to the left; the shapes are equal."""

def _MinimumScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the smaller of two elements; between equal ones the gradient goes to the left, with a number on the right."""

def _Minus(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the left array minus the right; the shapes are equal."""

def _MinusScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the left array minus the right, with a number on the right."""

def _Mod(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the remainder of a division, with the sign of the divisor; the shapes are equal."""

def _ModScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the remainder of a division, with the sign of the divisor, with a number on the right."""

def _Mul(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the product of two arrays, element by element; the shapes are equal."""

def _MulScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the product of two arrays, element by element, with a number on the right."""

def _NotEqualScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left != right, else 0, in the dtype of the operands, with a number on the right."""

def _Not_Equal(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return 1 where left != right, else 0, in the dtype of the operands; the shapes are equal."""

def _Plus(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the sum of two arrays; the shapes are equal."""

def _PlusScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the sum of two arrays, with a number on the right."""

def _Power(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the left array raised to the power of the right; the shapes are equal."""

def _PowerScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the left array raised to the power of the right, with a number on the right."""

def _RDivScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the left array divided by the right; integers divide towards zero, as in C, with a number on the left."""

def _RMinusScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the left array minus the right, with a number on the left."""

def _RModScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the remainder of a division, with the sign of the divisor, with a number on the left."""

def _RPowerScalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the left array raised to the power of the right, with a number on the left."""

def _adamw_update(
    weight: NDArray,
    grad: NDArray,
    mean: NDArray,
    var: NDArray,
    rescale_grad: NDArray,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    *,
    eta: float,
    clip_gradient: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Move the running means of G and G^2, and return w - eta (lr mean / (sqrt(var) + epsilon) + wd w)."""

def _adaptive_avg_spread(
    g: NDArray,
    size: int | Sequence[int],
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the transpose of adaptive pooling: the gradient by images of this height and width."""

_add = _Plus

def _affine_grid(
    data: NDArray,
    size: int | Sequence[int],
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return grids whose points are those of a regular one, moved by affine maps of six numbers each."""

def _affine_grid_back(
    grid: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the sums of a grid's points times those of a regular one: ``_affine_grid`` transposed."""

def _arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = "float32",
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return start, start + step, ... below stop, each repeated; with one bound, from 0 to it."""

def _backward_gather_nd(
    data: NDArray,
    indices: NDArray,
    shape: int | Sequence[int],
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return zeros of a shape with the data added at places: the transpose of ``gather_nd``."""

def _band_scan(
    data: NDArray,
    stay: NDArray,
    step: NDArray,
    skip: NDArray,
    reverse: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return what arrives in each state (steps, batch, states), and what is handed on to it."""

def _bilinear_sample(
    data: NDArray,
    grid: NDArray,
    dx: int = 0,
    dy: int = 0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return samples of images at the points of a grid, differentiated by x and y as often as told."""

def _bilinear_spread(
    samples: NDArray,
    grid: NDArray,
    size: int | Sequence[int],
    dx: int = 0,
    dy: int = 0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Add samples to the pixels that they were taken from, by their weights: sampling transposed."""

def _conv_data_grad(
    g: NDArray,
    weight: NDArray,
    size: int | Sequence[int],
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_group: int = 1,
    layout: Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"] | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the gradient of a convolution by its images, whose spatial sizes are ``size``."""

def _conv_weight_grad(
    data: NDArray,
    g: NDArray,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_group: int = 1,
    layout: Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"] | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the gradient of a convolution by its weight."""

def _copy(
    data: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return a copy."""

_copyto = _copy

def _crop_assign(
    lhs: NDArray,
    rhs: NDArray,
    begin: int | Sequence[int | None] | None,
    end: int | Sequence[int | None] | None,
    step: int | Sequence[int | None] | None = (),
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return a copy of the left array with a block replaced by the right one; bounds as of ``slice``."""

def _crop_assign_scalar(
    data: NDArray,
    scalar: float = 0.0,
    *,
    begin: int | Sequence[int | None] | None,
    end: int | Sequence[int | None] | None,
    step: int | Sequence[int | None] | None = (),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return a copy of the array with a block filled with a number; bounds as of ``slice``."""

def _ctc_states(
    label: NDArray,
    data_lengths: NDArray | None = None,
    label_lengths: NDArray | None = None,
    *,
    steps: int,
    classes: int,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal["first", "last"] = "first",
    dtype: DTypeLike = "float32",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Describe the states that the labels of each example are passed through in."""

def _deformable_grid(
    offset: NDArray,
    size: int | Sequence[int],
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    fades: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the grid to sample images with a border at, for every point of every window."""

def _deformable_slopes(
    offset: NDArray,
    size: int | Sequence[int],
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    fades: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return by how much each entry of ``_deformable_grid`` grows with its offset."""

def _diag_put(
    values: NDArray,
    shape: int | Sequence[int],
    k: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return zeros of a shape with values on diagonal k of two axes: the transpose of ``diag``."""

_div = _Div

_div_scalar = _DivScalar

_equal = _Equal

_equal_scalar = _EqualScalar

def _eye(
    N: int,
    M: int = 0,
    k: int = 0,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = "float32",
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return an N x M matrix (M = 0: square) with ones on diagonal k and zeros elsewhere."""

def _full(
    value: float,
    shape: int | Sequence[int] = (),
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = "float32",
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return an array filled with one value."""

def _getitem(
    data: NDArray,
    key: Any,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the elements at a resolved key: a view of a contiguous block, otherwise a copy."""

_grad_add = _Plus

_greater = _Greater

_greater_equal = _Greater_Equal

_greater_equal_scalar = _GreaterEqualScalar

_greater_scalar = _GreaterScalar

def _histogram(
    data: NDArray,
    bins: NDArray | None = None,
    bin_cnt: int | None = None,
    range: float | Sequence[float] | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Count how many elements fall into each bin; the second output are the edges of the bins."""

_hypot = _Hypot

_hypot_scalar = _HypotScalar

def _index_add(
    g: NDArray,
    indices: NDArray,
    size: int,
    axis: int = 0,
    mode: Literal["clip", "wrap", "raise"] = "clip",
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return zeros with ``size`` entries along an axis, and ``g`` added there at the indices."""

def _index_add_rows(
    g: NDArray,
    indices: NDArray,
    size: int,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return what ``_index_add`` does along the first axis, with the rows stored that are added to."""

def _key_add(
    values: NDArray,
    key: Any,
    shape: int | Sequence[int],
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return zeros of a shape with values added at a resolved key: the transpose of ``_getitem``."""

_lesser = _Lesser

_lesser_equal = _Lesser_Equal

_lesser_equal_scalar = _LesserEqualScalar

_lesser_scalar = _LesserScalar

def _linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = "float32",
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return ``num`` evenly spaced numbers from start to stop."""

_logical_and = _Logical_And

_logical_and_scalar = _LogicalAndScalar

_logical_or = _Logical_Or

_logical_or_scalar = _LogicalOrScalar

_logical_xor = _Logical_Xor

_logical_xor_scalar = _LogicalXorScalar

def _mask_put(
    values: NDArray,
    index: NDArray,
    axis: int = 0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return zeros with values where the mask is not 0 along an axis: the transpose of ``boolean_mask``."""

_maximum = _Maximum

_maximum_scalar = _MaximumScalar

_minimum = _Minimum

_minimum_scalar = _MinimumScalar

_minus = _Minus

_minus_scalar = _MinusScalar

_mod = _Mod

_mod_scalar = _ModScalar

def _mp_adamw_update(
    weight: NDArray,
    grad: NDArray,
    mean: NDArray,
    var: NDArray,
    weight32: NDArray,
    rescale_grad: NDArray,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    *,
    eta: float,
    clip_gradient: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Update the master as ``_adamw_update`` does a weight, and return it in the dtype of the weight."""

_mul = _Mul

_mul_scalar = _MulScalar

def _multi_adamw_update(
    *data: NDArray | Sequence[NDArray],
    lrs: float | Sequence[float],
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wds: float | Sequence[float],
    etas: float | Sequence[float],
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray | list[NDArray]:
    """Apply ``_adamw_update`` to several weights; the factor on gradients comes last."""

def _multi_lamb_update(
    *data: NDArray | Sequence[NDArray],
    learning_rates: float | Sequence[float],
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-06,
    wds: float | Sequence[float],
    rescale_grad: float = 1.0,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    clip_gradient: float = -1.0,
    bias_correction: bool = True,
    step_count: int | Sequence[int],
    num_tensors: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray | list[NDArray]:
    """Apply ``lamb_update_phase1``, and with the norms ``lamb_update_phase2``, to several weights."""

def _multi_mp_adamw_update(
    *data: NDArray | Sequence[NDArray],
    lrs: float | Sequence[float],
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wds: float | Sequence[float],
    etas: float | Sequence[float],
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray | list[NDArray]:
    """Apply ``_mp_adamw_update`` to several weights; the factor on gradients comes last."""

def _multi_mp_lamb_update(
    *data: NDArray | Sequence[NDArray],
    learning_rates: float | Sequence[float],
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-06,
    wds: float | Sequence[float],
    rescale_grad: float = 1.0,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    clip_gradient: float = -1.0,
    bias_correction: bool = True,
    step_count: int | Sequence[int],
    num_tensors: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray | list[NDArray]:
    """Apply ``mp_lamb_update_phase1``, and with the norms ``mp_lamb_update_phase2``, to several weights."""

def _neighbour_sum(
    data: NDArray,
    nsize: int,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return for each channel, axis 1, the sum over the ``nsize`` channels around it."""

_not_equal = _Not_Equal

_not_equal_scalar = _NotEqualScalar

def _ones(
    shape: int | Sequence[int] = (),
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = "float32",
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return an array of ones."""

def _pad_fold(
    g: NDArray,
    mode: Literal["constant", "edge", "reflect"],
    pad_width: int | Sequence[int],
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Take padding off and add it to the elements it came from: the transpose of ``Pad``."""

_plus = _Plus

_plus_scalar = _PlusScalar

def _polygamma(
    data: NDArray,
    order: int,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the derivative of this order of the digamma function."""

def _pool_choice(
    data: NDArray,
    maxima: NDArray,
    kernel: int | Sequence[int] = (),
    global_pool: bool = False,
    pooling_convention: Literal["valid", "full", "same"] = "valid",
    stride: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    layout: Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"] | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return for each window where its first maximum is: an index into the flat images."""

def _pool_gather(
    data: NDArray,
    choice: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the pixel that each window chose; 0 for windows without a choice."""

def _pool_scatter(
    g: NDArray,
    choice: NDArray,
    shape: int | Sequence[int],
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return images of zeros, with the gradient of each window added at its chosen pixel."""

def _pool_spread(
    g: NDArray,
    shape: int | Sequence[int],
    pool_type: Literal["avg", "sum"],
    kernel: int | Sequence[int] = (),
    global_pool: bool = False,
    pooling_convention: Literal["valid", "full", "same"] = "valid",
    stride: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    count_include_pad: bool | None = None,
    layout: Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"] | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the transpose of pooling by sums or means: the gradient by images of this shape."""

_power = _Power

_power_scalar = _PowerScalar

def _psroi_back(
    data: NDArray,
    rois: NDArray,
    size: int | Sequence[int],
    spatial_scale: float,
    output_dim: int,
    pooled_size: int,
    group_size: int = 0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Add the parts of regions to the pixels they are means of: ``PSROIPooling`` transposed."""

def _put_along(
    values: NDArray,
    indices: NDArray,
    size: int,
    axis: int,
    mode: Literal["clip", "wrap", "raise"] = "clip",
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return zeros with ``size`` entries along an axis, and each value at its index there."""

def _ravel_multi_index(
    data: NDArray,
    shape: int | Sequence[int],
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the positions, in the flat array of this shape, of coordinates: row i holds those on axis i."""

_rdiv_scalar = _RDivScalar

def _reshape_to(
    data: NDArray,
    shape: int | Sequence[int],
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the array in exactly this shape, over the same memory. A 0 is a size here, no code."""

def _reshape_view(
    data: NDArray,
    shape: int | Sequence[int] = (),
    reverse: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the array in another shape, over the same memory; the codes are those of ``Reshape``."""

def _resize_back(
    images: NDArray,
    size: int | Sequence[int],
    align_corners: bool = True,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Add pixels to those of other images that they are interpolated from: resizing transposed."""

_rminus_scalar = _RMinusScalar

_rmod_scalar = _RModScalar

def _rnn_param_concat(
    *data: NDArray | Sequence[NDArray],
    dim: int = 1,
    num_args: Any = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the arrays joined along an axis; they agree in all others."""

def _roi_align_back(
    data: NDArray,
    rois: NDArray,
    size: int | Sequence[int],
    pooled_size: int | Sequence[int],
    spatial_scale: float,
    sample_ratio: int = -1,
    position_sensitive: bool = False,
    aligned: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Add the parts of regions to the pixels they are means of: ``ROIAlign`` transposed."""

def _rows_back(
    data: NDArray,
    places: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return every row of a batch at its place; those of place -1 are lost, and empty places are zero."""

def _rows_from(
    data: NDArray,
    places: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return in every row the one at its place; where that is -1, zeros."""

_rpower_scalar = _RPowerScalar

def _sample_exponential(
    lam: NDArray,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the exponential distribution of rate lam; its mean is 1 / lam, for each element of the arrays of parameters."""

def _sample_gamma(
    alpha: NDArray,
    beta: NDArray,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the gamma distribution of shape alpha and scale beta; its mean is alpha * beta, for each element of the arrays of parameters."""

def _sample_generalized_negative_binomial(
    mu: NDArray,
    alpha: NDArray,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the negative binomial distribution of mean mu and variance mu + alpha * mu^2, for each element of the arrays of parameters."""

def _sample_multinomial(
    data: NDArray,
    shape: int | Sequence[int] = (),
    get_prob: bool = False,
    dtype: DTypeLike = "int32",
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray | list[NDArray]:
    """Draw classes by the probabilities in the last axis."""

def _sample_negative_binomial(
    k: NDArray,
    p: NDArray,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the number of failures before k successes of probability p; its mean is k * (1 - p) / p, for each element of the arrays of parameters."""

def _sample_normal(
    mu: NDArray,
    sigma: NDArray,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the normal distribution of this mean and standard deviation, for each element of the arrays of parameters."""

def _sample_poisson(
    lam: NDArray,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the Poisson distribution of mean lam, for each element of the arrays of parameters."""

def _sample_uniform(
    low: NDArray,
    high: NDArray,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the uniform distribution on [low, high), for each element of the arrays of parameters."""

def _sample_unique_zipfian(
    range_max: int,
    shape: int | Sequence[int],
    ctx: Context | str | None = None,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Draw, for each row of ``shape``, different classes from the log-uniform (Zipfian) distribution."""

def _scatter_elemwise_div(
    lhs: NDArray,
    rhs: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return lhs / rhs; of row-sparse lhs, for the rows that are stored only."""

def _scatter_minus_scalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return what ``_minus_scalar`` does, of a sparse array to the values that are stored only."""

def _scatter_plus_scalar(
    data: NDArray,
    scalar: float,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return what ``_plus_scalar`` does, of a sparse array to the values that are stored only."""

def _sequence_last_put(
    values: NDArray,
    sequence_length: NDArray | None = None,
    *,
    steps: int,
    use_sequence_length: bool = False,
    axis: int = 0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return zeros with values at the last step of each sequence: the transpose of ``SequenceLast``."""

def _shuffle(
    data: NDArray,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Put the rows (the entries along the first axis) in a random order."""

_slice_assign = _crop_assign

_slice_assign_scalar = _crop_assign_scalar

def _softmax_target(
    data: NDArray,
    label: NDArray,
    smooth_alpha: float = 0.0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return what a softmax of shape (samples, classes, places) should have been."""

def _softmax_weight(
    data: NDArray,
    label: NDArray,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    use_ignore: bool = False,
    normalization: Literal["batch", "null", "valid"] = "null",
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return what the gradient at each place is multiplied with, in the shape (samples, 1, places)."""

def _split_v2(
    data: NDArray,
    indices: int | Sequence[int],
    axis: int = 1,
    squeeze_axis: bool = False,
    sections: int = 0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray | list[NDArray]:
    """Cut an axis before each of these indices, the first of which is 0, or into sections."""

def _square_sum(
    data: NDArray,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the sum of squares over the given axes."""

_sub = _Minus

def _sum_to(
    data: NDArray,
    shape: int | Sequence[int],
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Sum over the axes in which ``data`` is larger than ``shape``: the reverse of broadcasting."""

def _take_along(
    data: NDArray,
    indices: NDArray,
    axis: int,
    mode: Literal["clip", "wrap", "raise"] = "clip",
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return, for each index, the element at it along an axis; the other axes are those of the indices."""

def _triangle(
    A: NDArray,
    lower: bool = True,
    diagonal: float = 1.0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return each matrix with one triangle set to 0 and the diagonal multiplied by a number."""

def _unravel_index(
    data: NDArray,
    shape: int | Sequence[int],
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the coordinates, in an array of this shape, of positions in the flat array."""

def _zeros(
    shape: int | Sequence[int] = (),
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = "float32",
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return an array of zeros."""
