"""What the normalisations share.

All compute ``(data - mean) / sqrt(var + eps) * gamma + beta`` and differ in what mean and variance are taken
over. Each sees the data in a shape (``View``) in which that is a set of axes; one function then gives the
gradients of all. The statistics of half precision are float32.

The statistics are outputs, hidden ones where they were not asked for. The gradient is computed from them, and
takes part of theirs where it is itself differentiated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from gluonish.dtype import dtype_name
from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import XP, Array
from gluonish.errors import DTypeError
from gluonish.ops.common import normalize_axis, unbroadcast
from gluonish.ops.nn.common import FLOAT32, is_half, require_float, widen
from gluonish.shape import Shape, shape_size

__all__ = [
    "WIDE",
    "Statistics",
    "View",
    "all_outputs",
    "finished",
    "gradients_of",
    "moments",
    "narrowed",
    "only",
    "reshaped",
    "scaled",
    "state_channels",
    "state_dtypes",
    "widened",
]

WIDE = np.dtype(FLOAT32)


@attrs.frozen
class View:
    """The shape in which data are normalised over whole axes.

    Attributes:
        shape: of the data.
        statistics: of mean and variance in it: 1 along the axes they are over.
        affine: of gamma and beta in it: 1 along the axes they are constant on.
    """

    shape: Shape
    statistics: Shape
    affine: Shape

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes that mean and variance are over."""
        pairs = zip(self.shape, self.statistics, strict=True)
        return tuple(axis for axis, (dim, kept) in enumerate(pairs) if dim != kept)

    @property
    def count(self) -> int:
        """How many elements each mean is over; at least 1, to divide by."""
        return max(1, shape_size(self.shape) // max(1, shape_size(self.statistics)))

    @property
    def uniform(self) -> bool:
        """Whether gamma is constant over what each mean is over."""
        return all(a in (1, k) for a, k in zip(self.affine, self.statistics, strict=True))


def only(axes: Sequence[int], shape: Shape) -> Shape:
    """Return a shape with the sizes of these axes, and 1 elsewhere."""
    return tuple(dim if axis in axes else 1 for axis, dim in enumerate(shape))


def moments(xp: XP, data: Array, view: View) -> tuple[Array, Array, Array]:
    """Return the data less their mean, the mean and the variance, in the view's shapes."""
    data = widen(data).reshape(view.shape)
    mean = data.mean(axis=view.axes, keepdims=True)
    centred = data - mean
    return centred, mean, xp.square(centred).mean(axis=view.axes, keepdims=True)


def scaled(centred: Array, inverse: Array, gamma: Array, beta: Array, view: View) -> Array:
    """Return centred * inverse * gamma + beta, computed in place."""
    gamma, beta = (widen(each).reshape(view.affine) for each in (gamma, beta))
    if view.uniform:
        centred *= inverse * gamma
    else:
        centred *= inverse
        centred *= gamma
    centred += beta
    return centred


@attrs.frozen
class Statistics:
    """What was computed of the data, in the view's shapes, for a gradient.

    Attributes:
        mean: the mean.
        inverse: 1 / sqrt(var + eps).
        g_mean: the gradient of the mean; None for zero.
        g_var: likewise of the variance.
        constant: whether they came from elsewhere and do not depend on the data.
    """

    mean: Any
    inverse: Any
    g_mean: Any
    g_var: Any
    constant: bool = False


def gradients_of(
    F: Any, view: View, g: Any, data: Any, gamma: Any, stats: Statistics, *, of_data: bool
) -> tuple[Any, Any, Any]:
    """Return the gradients of the data, gamma and beta, in the view's shapes.

    Ioffe and Szegedy, Batch Normalization (2015), section 3, with the sums put together: of a normalised
    vector x the gradient of its origin is that of x, less its mean and less its projection on x.
    """
    centred = data - stats.mean
    inverse, count = stats.inverse, view.count
    if view.uniform:
        total = F._sum_to(g, shape=view.statistics)
        projection = F._sum_to(g * centred, shape=view.statistics) * inverse
        g_beta, g_gamma = (unbroadcast(F, each, view.affine) for each in (total, projection))
        inner, factor = g, inverse * gamma
    else:
        g_beta = F._sum_to(g, shape=view.affine)
        g_gamma = F._sum_to(g * centred * inverse, shape=view.affine)
        inner, factor = g * gamma, inverse
        total = F._sum_to(inner, shape=view.statistics)
        projection = F._sum_to(inner * centred, shape=view.statistics) * inverse
    if not of_data:
        return None, g_gamma, g_beta
    if stats.constant:
        return inner * factor, g_gamma, g_beta
    g_data = (inner - total / count - centred * (projection * inverse / count)) * factor
    if stats.g_mean is not None:
        g_data = g_data + stats.g_mean / count
    if stats.g_var is not None:
        g_data = g_data + centred * (stats.g_var * 2 / count)
    return g_data, g_gamma, g_beta


def all_outputs(g: Any, hidden: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the gradients of all outputs; only some are visible, and of one alone there is no tuple."""
    return (*(g if isinstance(g, tuple) else (g,)), *hidden)


def widened(F: Any, array: Any, dtype: Any) -> Any:
    """Return an array of this dtype as float32 if it is one of half precision."""
    return F.Cast(array, dtype=WIDE) if is_half(dtype) else array


def narrowed(F: Any, array: Any, dtype: Any) -> Any:
    """Return what was computed for an array of this dtype in it again; None stays None."""
    return F.Cast(array, dtype=dtype) if array is not None and is_half(dtype) else array


def reshaped(F: Any, array: Any, shape: Shape) -> Any:
    """Return an array in another shape; None stays None."""
    return array if array is None or array.shape == shape else F._reshape_to(array, shape=shape)


def finished(F: Any, gradients: Sequence[Any], shapes: Sequence[Shape], dtypes: Sequence[Any]) -> Any:
    """Return gradients in the shapes and dtypes of their inputs, and None for further inputs."""
    found = [
        narrowed(F, reshaped(F, gradient, shape), dtype)
        for gradient, shape, dtype in zip(gradients, shapes, dtypes, strict=False)
    ]
    return (*found, *(None,) * (len(shapes) - len(found)))


def state_dtypes(
    d: DTypeFacts, parameters: Sequence[str], statistics: Sequence[str], *, wide: bool = False
) -> None:
    """State the dtypes: parameters are like the data, or float32 beside half precision.

    Args:
        d: the facts.
        parameters: the inputs that share one dtype.
        statistics: the outputs that are computed at full precision.
        wide: whether parameters of unknown dtype are float32, not half precision.
    """
    d.same("data", "output")
    d.same(*parameters)
    data = d["data"]
    if data is None:
        return
    require_float(d, data)
    full = WIDE if is_half(data) else data
    for name in statistics:
        d[name] = full
    if d[parameters[0]] is None:
        d[parameters[0]] = full if wide else data
    elif d[parameters[0]] not in (data, full):
        raise DTypeError(
            f"Operator {d.owner!r}",
            f"got arrays of different dtypes: its argument {parameters[0]!r} does not fit the data",
            expected=" or ".join(sorted({dtype_name(data), dtype_name(full)})),
            received=dtype_name(d[parameters[0]]),
            fix="Convert one of them with astype().",
        )


def state_channels(s: ShapeFacts, axis: int, names: Sequence[str]) -> None:
    """State that these arrays have one entry for each along an axis of the data."""
    s.same(*names)
    s.same("data", "output")
    data = s["data"]
    if data is None:
        return
    axis = normalize_axis(axis, len(data), s.owner)
    for name in names:
        s[name] = (data[axis],)
    known = s[names[0]]
    s["data"] = (*data[:axis], known[0], *data[axis + 1 :])
