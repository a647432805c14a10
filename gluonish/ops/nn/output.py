"""Layers that end a network: they compute a result, and in the backward pass the gradient of a loss.

What comes back as the gradient of such an operator is not the derivative of its output. It is the gradient of
the loss that belongs to it, and the gradient that the pass brings to the output is ignored. The rules start
from the data, by ordinary operators, so that the gradient of that gradient is a derivative again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import XP, ZERO_GRADIENT, Array, operator
from gluonish.ops.common import product, same_rule
from gluonish.ops.nn.activation import FUNCTIONS
from gluonish.ops.nn.common import float_rule, require_float, widen
from gluonish.ops.nn.softmax import softmax_along
from gluonish.shape import Shape, shape_size

__all__: list[str] = []

Normalization = Literal["batch", "null", "valid"]


# -- the cross entropy of a softmax ------------------------------------------------------------------------


def _as_classes(shape: Shape, multi_output: bool, preserve_shape: bool) -> Shape:
    """Return the shape of the data with the classes on axis 1: samples, classes, places."""
    if multi_output:
        return (shape[0], shape[1], shape_size(shape[2:]))
    if preserve_shape:
        return (shape_size(shape[:-1]), shape[-1], 1)
    return (shape[0], shape_size(shape[1:]), 1)


@operator("SoftmaxOutput", aliases=("Softmax",), loss=True)
def softmax_output(
    xp: XP,
    data: Array,
    label: Array,
    *,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    multi_output: bool = False,
    use_ignore: bool = False,
    preserve_shape: bool = False,
    normalization: Normalization = "null",
    out_grad: bool = False,
    smooth_alpha: float = 0.0,
) -> Array:
    """Return the softmax; its gradient is that of the cross entropy with the labels.

    The classes are axis 1 with ``multi_output`` (the further axes are places, each with a label), the last
    axis with ``preserve_shape``, and otherwise all elements of a sample. Labels are class numbers (one out
    of range stands for no class), or probabilities in the shape of the data.

    The gradient is (softmax - target) * grad_scale. The target of class numbers is 1 at the label, or 1 -
    smooth_alpha there and the rest spread over the others. With ``use_ignore`` it is 0 where the label is
    ``ignore_label``. It is divided by the number of places and, by the normalization, by that of samples
    ("batch"); or instead by that of labels that are not ``ignore_label`` ("valid"). Targets that are
    probabilities are only scaled. ``out_grad`` multiplies with the gradient of the output, which is ignored
    otherwise.
    """
    shape = _as_classes(data.shape, multi_output, preserve_shape)
    result = softmax_along(xp, widen(data).reshape(shape), axis=1)
    return result.reshape(data.shape).astype(data.dtype, copy=False)


@softmax_output.shape
def softmax_output_shape(s: ShapeFacts, multi_output: bool, preserve_shape: bool) -> None:
    s.same("data", "output")
    data, label = s["data"], s["label"]
    if data is None:
        return
    least = 2 if multi_output else 1
    if len(data) < least:
        s.fail("has no axis of classes", expected=f"data of {least} axes or more")
    if label is not None and len(label) == len(data) and None not in (*label, *data) and label == data:
        return  # probabilities
    if not multi_output:
        s["label"] = data[:-1] if preserve_shape else data[:1]
    elif label is None:
        s["label"] = (data[0], product(data[2:]))
    elif product(label) not in (None, product((data[0], *data[2:]))) and product(data) is not None:
        s.fail("got another number of labels than samples times places", expected=f"{(data[0], *data[2:])}")


@softmax_output.dtype
def softmax_output_dtype(d: DTypeFacts) -> None:
    d.same("data", "output")
    require_float(d, d["data"])
    if d["label"] is None:
        d["label"] = d["data"]


@softmax_output.gradient("data")
def softmax_output_gradient(
    F: Any,
    g: Any,
    data: Any,
    label: Any,
    dtypes: Any,
    grad_scale: float,
    ignore_label: float,
    multi_output: bool,
    use_ignore: bool,
    preserve_shape: bool,
    normalization: str,
    out_grad: bool,
    smooth_alpha: float,
) -> Any:
    # Not from the output: the gradient of that is no derivative, so this one's would be wrong.
    classes = _as_classes(data.shape, multi_output, preserve_shape)
    result = F.softmax(F._reshape_to(data, shape=classes), axis=1)
    if label.shape == data.shape:
        result = (result - F._reshape_to(_like(F, label, dtypes), shape=classes)) * grad_scale
    else:
        target = F._softmax_target(result, label, smooth_alpha=smooth_alpha)
        weight = F._softmax_weight(
            result,
            label,
            grad_scale=grad_scale,
            ignore_label=ignore_label,
            use_ignore=use_ignore,
            normalization=normalization,
        )
        result = (result - target) * weight
    result = F._reshape_to(result, shape=data.shape)
    return g * result if out_grad else result


def _like(F: Any, label: Any, dtypes: Any) -> Any:
    """Return the labels in the dtype of the data."""
    return label if dtypes[1] == dtypes[0] else F.Cast(label, dtype=dtypes[0])


@operator("_softmax_target", gradient=ZERO_GRADIENT)
def softmax_target(xp: XP, data: Array, label: Array, *, smooth_alpha: float = 0.0) -> Array:
    """Return what a softmax of shape (samples, classes, places) should have been.

    That is 1 - smooth_alpha at the class that the label names, and smooth_alpha spread over the others.
    """
    samples, classes, places = data.shape
    named = label.reshape(samples, 1, places).astype("int64") == xp.arange(classes)[:, None]
    others = smooth_alpha / max(1, classes - 1)
    return (named * (1 - smooth_alpha - others) + others).astype(data.dtype)


@operator("_softmax_weight", gradient=ZERO_GRADIENT)
def softmax_weight(
    xp: XP,
    data: Array,
    label: Array,
    *,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    use_ignore: bool = False,
    normalization: Normalization = "null",
) -> Array:
    """Return what the gradient at each place is multiplied with, in the shape (samples, 1, places)."""
    samples, _, places = data.shape
    counted = label.reshape(samples, 1, places) != ignore_label
    weight = counted if use_ignore else xp.ones_like(counted)
    if normalization == "valid":
        return (weight * (grad_scale / xp.maximum(counted.sum(), 1))).astype(data.dtype)
    divisor = places * (samples if normalization == "batch" else 1)
    return (weight * (grad_scale / divisor)).astype(data.dtype)


@softmax_target.shape
def softmax_target_shape(s: ShapeFacts) -> None:
    s.same("data", "output")


@softmax_weight.shape
def softmax_weight_shape(s: ShapeFacts) -> None:
    data = s["data"]
    if data is not None:
        s["output"] = (data[0], 1, data[2])


@softmax_target.dtype
@softmax_weight.dtype
def softmax_parts_dtype(d: DTypeFacts) -> None:
    d.same("data", "output")


# -- regression --------------------------------------------------------------------------------------------


def _declare_regression(
    name: str,
    doc: str,
    kernel: Callable[[XP, Array], Array],
    gradient: Callable[[Any, Any, Any], Any],
) -> None:
    """Declare an operator with its gradient ``gradient(F, data, label)``, which is scaled."""

    def regression(xp: XP, data: Array, label: Array, *, grad_scale: float = 1.0) -> Array:
        return kernel(xp, data)

    regression.__doc__ = f"""Return {doc}

    The gradient is multiplied by grad_scale and divided by the number of elements of a sample; the gradient
    that comes from the output is ignored. The label has as many elements as the data.
    """
    op = operator(name, loss=True)(regression)
    op.shape(_regression_shape)
    op.dtype(_regression_dtype)

    @op.gradient("data")
    def of_data(F: Any, g: Any, data: Any, label: Any, dtypes: Any, grad_scale: float) -> Any:
        label = F._reshape_to(_like(F, label, dtypes), shape=data.shape)
        return gradient(F, data, label) * (grad_scale / max(1, shape_size(data.shape[1:])))


def _regression_shape(s: ShapeFacts) -> None:
    s.same("data", "output")
    data, label = s["data"], s["label"]
    if data is None:
        return
    if label is None:
        s["label"] = data[:1] if len(data) == 2 and data[1] == 1 else data  # noqa: PLR2004  MXNet's choice
    elif None not in (product(data), product(label)) and product(data) != product(label):
        s.fail("got another number of labels than of results", expected=f"{product(data)} elements")


def _regression_dtype(d: DTypeFacts) -> None:
    d.same("data", "output")
    require_float(d, d["data"])
    if d["label"] is None:
        d["label"] = d["data"]


_declare_regression(
    "LinearRegressionOutput",
    "the data; the gradient is that of half the squared distance to the label.",
    lambda xp, data: data.copy(),
    lambda F, data, label: data - label,
)
_declare_regression(
    "LogisticRegressionOutput",
    "1 / (1 + exp(-data)); the gradient is that of the cross entropy with the label, a probability.",
    FUNCTIONS["sigmoid"].kernel,
    lambda F, data, label: F.sigmoid(data) - label,
)
_declare_regression(
    "MAERegressionOutput",
    "the data; the gradient is that of the absolute distance to the label, 0 where they are equal.",
    lambda xp, data: data.copy(),
    lambda F, data, label: F.sign(data - label),
)


# -- losses ------------------------------------------------------------------------------------------------


@operator("MakeLoss", loss=True)
def make_scaled_loss(
    xp: XP,
    data: Array,
    *,
    grad_scale: float = 1.0,
    valid_thresh: float = 0.0,
    normalization: Normalization = "null",
) -> Array:
    """Return a copy; the gradient is grad_scale everywhere, whatever comes from the output.

    It is divided by the number of samples ("batch"), or by that of elements above valid_thresh ("valid").
    """
    return data.copy()


@make_scaled_loss.gradient("data")
def make_scaled_loss_gradient(
    F: Any, g: Any, data: Any, grad_scale: float, valid_thresh: float, normalization: str
) -> Any:
    ones = F.ones_like(data)
    if normalization == "valid":
        count = F._maximum_scalar(F.sum(ones * (data > valid_thresh)), scalar=1.0)
        return ones * grad_scale / count
    return ones * (grad_scale / max(1, data.shape[0]) if normalization == "batch" else grad_scale)


@operator("make_loss", outputs=("loss",), loss=True)
def make_loss(xp: XP, data: Array) -> Array:
    """Return a copy; the gradient is 1 everywhere, whatever comes from the output."""
    return data.copy()


@make_loss.gradient("data")
def make_loss_gradient(F: Any, g: Any) -> Any:
    return F.ones_like(g)


for _each in (make_scaled_loss, make_loss):
    _each.shape(same_rule)
    _each.dtype(float_rule)
