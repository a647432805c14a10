# Written from the operator table by tools/stubs.py; do not edit.
# ruff: noqa: A001, A002, A004, E501, F401, I001, N802, PYI021, RUF100  MXNet's names; texts for editors

from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from gluonish.context import Context
from gluonish.symbol.symbol import Symbol

def _Div(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the left array divided by the right; integers divide towards zero, as in C; the shapes are equal."""

def _DivScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the left array divided by the right; integers divide towards zero, as in C, with a number on the right."""

def _Equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left == right, else 0, in the dtype of the operands; the shapes are equal."""

def _EqualScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left == right, else 0, in the dtype of the operands, with a number on the right."""

def _Greater(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left > right, else 0, in the dtype of the operands; the shapes are equal."""

def _GreaterEqualScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left >= right, else 0, in the dtype of the operands, with a number on the right."""

def _GreaterScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left > right, else 0, in the dtype of the operands, with a number on the right."""

def _Greater_Equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left >= right, else 0, in the dtype of the operands; the shapes are equal."""

def _Hypot(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the hypotenuse of a right triangle with these legs; the shapes are equal."""

def _HypotScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the hypotenuse of a right triangle with these legs, with a number on the right."""

def _Lesser(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left < right, else 0, in the dtype of the operands; the shapes are equal."""

def _LesserEqualScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left <= right, else 0, in the dtype of the operands, with a number on the right."""

def _LesserScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left < right, else 0, in the dtype of the operands, with a number on the right."""

def _Lesser_Equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left <= right, else 0, in the dtype of the operands; the shapes are equal."""

def _LogicalAndScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left and right are not zero, else 0, in the dtype of the operands, with a number on the right."""

def _LogicalOrScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left or right are not zero, else 0, in the dtype of the operands, with a number on the right."""

def _LogicalXorScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left xor right are not zero, else 0, in the dtype of the operands, with a number on the right."""

def _Logical_And(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left and right are not zero, else 0, in the dtype of the operands; the shapes are equal."""

def _Logical_Or(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left or right are not zero, else 0, in the dtype of the operands; the shapes are equal."""

def _Logical_Xor(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left xor right are not zero, else 0, in the dtype of the operands; the shapes are equal."""

def _Maximum(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the larger of two elements; between equal ones the gradient goes to the left; the shapes are equal."""

def _MaximumScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the larger of two elements; between equal ones the gradient goes to the left, with a number on the right."""

def _Minimum(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the smaller of two elements; between equal ones the gradient goes to the left; the shapes are equal."""

def _MinimumScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the smaller of two elements; between equal ones the gradient goes to the left, with a number on the right."""

def _Minus(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the left array minus the right; the shapes are equal."""

def _MinusScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the left array minus the right, with a number on the right."""

def _Mod(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the remainder of a division, with the sign of the divisor; the shapes are equal."""

def _ModScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the remainder of a division, with the sign of the divisor, with a number on the right."""

def _Mul(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the product of two arrays, element by element; the shapes are equal."""

def _MulScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the product of two arrays, element by element, with a number on the right."""

def _NotEqualScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left != right, else 0, in the dtype of the operands, with a number on the right."""

def _Not_Equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return 1 where left != right, else 0, in the dtype of the operands; the shapes are equal."""

def _Plus(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the sum of two arrays; the shapes are equal."""

def _PlusScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the sum of two arrays, with a number on the right."""

def _Power(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the left array raised to the power of the right; the shapes are equal."""

def _PowerScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the left array raised to the power of the right, with a number on the right."""

def _RDivScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the left array divided by the right; integers divide towards zero, as in C, with a number on the left."""

def _RMinusScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the left array minus the right, with a number on the left."""

def _RModScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the remainder of a division, with the sign of the divisor, with a number on the left."""

def _RPowerScalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the left array raised to the power of the right, with a number on the left."""

def _adamw_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mean: Symbol | None = None,
    var: Symbol | None = None,
    rescale_grad: Symbol | None = None,
    *,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    eta: float,
    clip_gradient: float = -1.0,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Move the running means of G and G^2, and return w - eta (lr mean / (sqrt(var) + epsilon) + wd w)."""

def _adaptive_avg_spread(
    g: Symbol | None = None,
    *,
    size: int | Sequence[int],
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the transpose of adaptive pooling: the gradient by images of this height and width."""

_add = _Plus

def _affine_grid(
    data: Symbol | None = None,
    *,
    size: int | Sequence[int],
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return grids whose points are those of a regular one, moved by affine maps of six numbers each."""

def _affine_grid_back(
    grid: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
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
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return start, start + step, ... below stop, each repeated; with one bound, from 0 to it."""

def _backward_gather_nd(
    data: Symbol | None = None,
    indices: Symbol | None = None,
    *,
    shape: int | Sequence[int],
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return zeros of a shape with the data added at places: the transpose of ``gather_nd``."""

def _band_scan(
    data: Symbol | None = None,
    stay: Symbol | None = None,
    step: Symbol | None = None,
    skip: Symbol | None = None,
    reverse: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return what arrives in each state (steps, batch, states), and what is handed on to it."""

def _bilinear_sample(
    data: Symbol | None = None,
    grid: Symbol | None = None,
    dx: int = 0,
    dy: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return samples of images at the points of a grid, differentiated by x and y as often as told."""

def _bilinear_spread(
    samples: Symbol | None = None,
    grid: Symbol | None = None,
    *,
    size: int | Sequence[int],
    dx: int = 0,
    dy: int = 0,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Add samples to the pixels that they were taken from, by their weights: sampling transposed."""

def _conv_data_grad(
    g: Symbol | None = None,
    weight: Symbol | None = None,
    *,
    size: int | Sequence[int],
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_group: int = 1,
    layout: Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"] | None = None,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the gradient of a convolution by its images, whose spatial sizes are ``size``."""

def _conv_weight_grad(
    data: Symbol | None = None,
    g: Symbol | None = None,
    *,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_group: int = 1,
    layout: Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"] | None = None,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the gradient of a convolution by its weight."""

def _copy(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return a copy."""

_copyto = _copy

def _crop_assign(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    begin: int | Sequence[int | None] | None,
    end: int | Sequence[int | None] | None,
    step: int | Sequence[int | None] | None = (),
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return a copy of the left array with a block replaced by the right one; bounds as of ``slice``."""

def _crop_assign_scalar(
    data: Symbol | None = None,
    scalar: float = 0.0,
    *,
    begin: int | Sequence[int | None] | None,
    end: int | Sequence[int | None] | None,
    step: int | Sequence[int | None] | None = (),
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return a copy of the array with a block filled with a number; bounds as of ``slice``."""

def _ctc_states(
    label: Symbol | None = None,
    data_lengths: Symbol | None = None,
    label_lengths: Symbol | None = None,
    *,
    steps: int,
    classes: int,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal["first", "last"] = "first",
    dtype: DTypeLike = "float32",
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> list[Symbol]:
    """Describe the states that the labels of each example are passed through in."""

def _deformable_grid(
    offset: Symbol | None = None,
    *,
    size: int | Sequence[int],
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    fades: bool = False,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the grid to sample images with a border at, for every point of every window."""

def _deformable_slopes(
    offset: Symbol | None = None,
    *,
    size: int | Sequence[int],
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    fades: bool = False,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return by how much each entry of ``_deformable_grid`` grows with its offset."""

def _diag_put(
    values: Symbol | None = None,
    *,
    shape: int | Sequence[int],
    k: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
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
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return an N x M matrix (M = 0: square) with ones on diagonal k and zeros elsewhere."""

def _full(
    value: float,
    shape: int | Sequence[int] = (),
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = "float32",
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return an array filled with one value."""

def _getitem(
    data: Symbol | None = None,
    *,
    key: Any,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the elements at a resolved key: a view of a contiguous block, otherwise a copy."""

_grad_add = _Plus

_greater = _Greater

_greater_equal = _Greater_Equal

_greater_equal_scalar = _GreaterEqualScalar

_greater_scalar = _GreaterScalar

def _histogram(
    data: Symbol | None = None,
    bins: Symbol | None = None,
    bin_cnt: int | None = None,
    range: float | Sequence[float] | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> list[Symbol]:
    """Count how many elements fall into each bin; the second output are the edges of the bins."""

_hypot = _Hypot

_hypot_scalar = _HypotScalar

def _index_add(
    g: Symbol | None = None,
    indices: Symbol | None = None,
    *,
    size: int,
    axis: int = 0,
    mode: Literal["clip", "wrap", "raise"] = "clip",
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return zeros with ``size`` entries along an axis, and ``g`` added there at the indices."""

def _index_add_rows(
    g: Symbol | None = None,
    indices: Symbol | None = None,
    *,
    size: int,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return what ``_index_add`` does along the first axis, with the rows stored that are added to."""

def _key_add(
    values: Symbol | None = None,
    *,
    key: Any,
    shape: int | Sequence[int],
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
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
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return ``num`` evenly spaced numbers from start to stop."""

_logical_and = _Logical_And

_logical_and_scalar = _LogicalAndScalar

_logical_or = _Logical_Or

_logical_or_scalar = _LogicalOrScalar

_logical_xor = _Logical_Xor

_logical_xor_scalar = _LogicalXorScalar

def _mask_put(
    values: Symbol | None = None,
    index: Symbol | None = None,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
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
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mean: Symbol | None = None,
    var: Symbol | None = None,
    weight32: Symbol | None = None,
    rescale_grad: Symbol | None = None,
    *,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    eta: float,
    clip_gradient: float = -1.0,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Update the master as ``_adamw_update`` does a weight, and return it in the dtype of the weight."""

_mul = _Mul

_mul_scalar = _MulScalar

def _multi_adamw_update(
    *data: Symbol | Sequence[Symbol],
    lrs: float | Sequence[float],
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wds: float | Sequence[float],
    etas: float | Sequence[float],
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol | list[Symbol]:
    """Apply ``_adamw_update`` to several weights; the factor on gradients comes last."""

def _multi_lamb_update(
    *data: Symbol | Sequence[Symbol],
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
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol | list[Symbol]:
    """Apply ``lamb_update_phase1``, and with the norms ``lamb_update_phase2``, to several weights."""

def _multi_mp_adamw_update(
    *data: Symbol | Sequence[Symbol],
    lrs: float | Sequence[float],
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wds: float | Sequence[float],
    etas: float | Sequence[float],
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol | list[Symbol]:
    """Apply ``_mp_adamw_update`` to several weights; the factor on gradients comes last."""

def _multi_mp_lamb_update(
    *data: Symbol | Sequence[Symbol],
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
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol | list[Symbol]:
    """Apply ``mp_lamb_update_phase1``, and with the norms ``mp_lamb_update_phase2``, to several weights."""

def _neighbour_sum(
    data: Symbol | None = None,
    *,
    nsize: int,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return for each channel, axis 1, the sum over the ``nsize`` channels around it."""

_not_equal = _Not_Equal

_not_equal_scalar = _NotEqualScalar

def _ones(
    shape: int | Sequence[int] = (),
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = "float32",
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return an array of ones."""

def _pad_fold(
    g: Symbol | None = None,
    *,
    mode: Literal["constant", "edge", "reflect"],
    pad_width: int | Sequence[int],
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Take padding off and add it to the elements it came from: the transpose of ``Pad``."""

_plus = _Plus

_plus_scalar = _PlusScalar

def _polygamma(
    data: Symbol | None = None,
    *,
    order: int,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the derivative of this order of the digamma function."""

def _pool_choice(
    data: Symbol | None = None,
    maxima: Symbol | None = None,
    kernel: int | Sequence[int] = (),
    global_pool: bool = False,
    pooling_convention: Literal["valid", "full", "same"] = "valid",
    stride: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    layout: Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"] | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return for each window where its first maximum is: an index into the flat images."""

def _pool_gather(
    data: Symbol | None = None,
    choice: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the pixel that each window chose; 0 for windows without a choice."""

def _pool_scatter(
    g: Symbol | None = None,
    choice: Symbol | None = None,
    *,
    shape: int | Sequence[int],
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return images of zeros, with the gradient of each window added at its chosen pixel."""

def _pool_spread(
    g: Symbol | None = None,
    *,
    shape: int | Sequence[int],
    pool_type: Literal["avg", "sum"],
    kernel: int | Sequence[int] = (),
    global_pool: bool = False,
    pooling_convention: Literal["valid", "full", "same"] = "valid",
    stride: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    count_include_pad: bool | None = None,
    layout: Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"] | None = None,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the transpose of pooling by sums or means: the gradient by images of this shape."""

_power = _Power

_power_scalar = _PowerScalar

def _psroi_back(
    data: Symbol | None = None,
    rois: Symbol | None = None,
    *,
    size: int | Sequence[int],
    spatial_scale: float,
    output_dim: int,
    pooled_size: int,
    group_size: int = 0,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Add the parts of regions to the pixels they are means of: ``PSROIPooling`` transposed."""

def _put_along(
    values: Symbol | None = None,
    indices: Symbol | None = None,
    *,
    size: int,
    axis: int,
    mode: Literal["clip", "wrap", "raise"] = "clip",
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return zeros with ``size`` entries along an axis, and each value at its index there."""

def _ravel_multi_index(
    data: Symbol | None = None,
    *,
    shape: int | Sequence[int],
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the positions, in the flat array of this shape, of coordinates: row i holds those on axis i."""

_rdiv_scalar = _RDivScalar

def _reshape_to(
    data: Symbol | None = None,
    *,
    shape: int | Sequence[int],
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the array in exactly this shape, over the same memory. A 0 is a size here, no code."""

def _reshape_view(
    data: Symbol | None = None,
    shape: int | Sequence[int] = (),
    reverse: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the array in another shape, over the same memory; the codes are those of ``Reshape``."""

def _resize_back(
    images: Symbol | None = None,
    *,
    size: int | Sequence[int],
    align_corners: bool = True,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Add pixels to those of other images that they are interpolated from: resizing transposed."""

_rminus_scalar = _RMinusScalar

_rmod_scalar = _RModScalar

def _rnn_param_concat(
    *data: Symbol | Sequence[Symbol],
    dim: int = 1,
    num_args: Any = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the arrays joined along an axis; they agree in all others."""

def _roi_align_back(
    data: Symbol | None = None,
    rois: Symbol | None = None,
    *,
    size: int | Sequence[int],
    pooled_size: int | Sequence[int],
    spatial_scale: float,
    sample_ratio: int = -1,
    position_sensitive: bool = False,
    aligned: bool = False,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Add the parts of regions to the pixels they are means of: ``ROIAlign`` transposed."""

def _rows_back(
    data: Symbol | None = None,
    places: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return every row of a batch at its place; those of place -1 are lost, and empty places are zero."""

def _rows_from(
    data: Symbol | None = None,
    places: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return in every row the one at its place; where that is -1, zeros."""

_rpower_scalar = _RPowerScalar

def _sample_exponential(
    lam: Symbol | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the exponential distribution of rate lam; its mean is 1 / lam, for each element of the arrays of parameters."""

def _sample_gamma(
    alpha: Symbol | None = None,
    beta: Symbol | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the gamma distribution of shape alpha and scale beta; its mean is alpha * beta, for each element of the arrays of parameters."""

def _sample_generalized_negative_binomial(
    mu: Symbol | None = None,
    alpha: Symbol | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the negative binomial distribution of mean mu and variance mu + alpha * mu^2, for each element of the arrays of parameters."""

def _sample_multinomial(
    data: Symbol | None = None,
    shape: int | Sequence[int] = (),
    get_prob: bool = False,
    dtype: DTypeLike = "int32",
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol | list[Symbol]:
    """Draw classes by the probabilities in the last axis."""

def _sample_negative_binomial(
    k: Symbol | None = None,
    p: Symbol | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the number of failures before k successes of probability p; its mean is k * (1 - p) / p, for each element of the arrays of parameters."""

def _sample_normal(
    mu: Symbol | None = None,
    sigma: Symbol | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the normal distribution of this mean and standard deviation, for each element of the arrays of parameters."""

def _sample_poisson(
    lam: Symbol | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the Poisson distribution of mean lam, for each element of the arrays of parameters."""

def _sample_uniform(
    low: Symbol | None = None,
    high: Symbol | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the uniform distribution on [low, high), for each element of the arrays of parameters."""

def _sample_unique_zipfian(
    range_max: int,
    shape: int | Sequence[int],
    ctx: Context | str | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> list[Symbol]:
    """Draw, for each row of ``shape``, different classes from the log-uniform (Zipfian) distribution."""

def _scatter_elemwise_div(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return lhs / rhs; of row-sparse lhs, for the rows that are stored only."""

def _scatter_minus_scalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return what ``_minus_scalar`` does, of a sparse array to the values that are stored only."""

def _scatter_plus_scalar(
    data: Symbol | None = None,
    *,
    scalar: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return what ``_plus_scalar`` does, of a sparse array to the values that are stored only."""

def _sequence_last_put(
    values: Symbol | None = None,
    sequence_length: Symbol | None = None,
    *,
    steps: int,
    use_sequence_length: bool = False,
    axis: int = 0,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return zeros with values at the last step of each sequence: the transpose of ``SequenceLast``."""

def _shuffle(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Put the rows (the entries along the first axis) in a random order."""

_slice_assign = _crop_assign

_slice_assign_scalar = _crop_assign_scalar

def _softmax_target(
    data: Symbol | None = None,
    label: Symbol | None = None,
    smooth_alpha: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return what a softmax of shape (samples, classes, places) should have been."""

def _softmax_weight(
    data: Symbol | None = None,
    label: Symbol | None = None,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    use_ignore: bool = False,
    normalization: Literal["batch", "null", "valid"] = "null",
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return what the gradient at each place is multiplied with, in the shape (samples, 1, places)."""

def _split_v2(
    data: Symbol | None = None,
    *,
    indices: int | Sequence[int],
    axis: int = 1,
    squeeze_axis: bool = False,
    sections: int = 0,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol | list[Symbol]:
    """Cut an axis before each of these indices, the first of which is 0, or into sections."""

def _square_sum(
    data: Symbol | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the sum of squares over the given axes."""

_sub = _Minus

def _sum_to(
    data: Symbol | None = None,
    *,
    shape: int | Sequence[int],
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Sum over the axes in which ``data`` is larger than ``shape``: the reverse of broadcasting."""

def _take_along(
    data: Symbol | None = None,
    indices: Symbol | None = None,
    *,
    axis: int,
    mode: Literal["clip", "wrap", "raise"] = "clip",
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return, for each index, the element at it along an axis; the other axes are those of the indices."""

def _triangle(
    A: Symbol | None = None,
    lower: bool = True,
    diagonal: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return each matrix with one triangle set to 0 and the diagonal multiplied by a number."""

def _unravel_index(
    data: Symbol | None = None,
    *,
    shape: int | Sequence[int],
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return the coordinates, in an array of this shape, of positions in the flat array."""

def _zeros(
    shape: int | Sequence[int] = (),
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = "float32",
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return an array of zeros."""
