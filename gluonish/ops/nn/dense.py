"""The fully connected layer."""

from __future__ import annotations

from typing import Any

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import HOLOMORPHIC, XP, Array, operator
from gluonish.ops.common import matmul, product
from gluonish.ops.nn.common import float_rule, with_bias
from gluonish.shape import Shape, shape_size

__all__: list[str] = []


def _as_rows(shape: Shape, flatten: bool) -> Shape:
    """Return the shape of the data as a matrix: one row per result, its columns are weighted."""
    if flatten:
        return (shape[0], shape_size(shape[1:]))
    return (shape_size(shape[:-1]), shape[-1])


@operator("FullyConnected", uses={"bias": with_bias}, on_complex=HOLOMORPHIC)
def fully_connected(
    xp: XP,
    data: Array,
    weight: Array,
    bias: Array = None,
    *,
    num_hidden: int,
    no_bias: bool = False,
    flatten: bool = True,
) -> Array:
    """Return data times the transposed weight, plus bias.

    All axes of the data behind the first are one axis of features; with ``flatten=False`` only the last axis
    is, and the others stay.
    """
    output = matmul(xp, data.reshape(_as_rows(data.shape, flatten)), weight.T)
    if bias is not None:
        output += bias
    return output if flatten else output.reshape(*data.shape[:-1], num_hidden)


@fully_connected.shape
def fully_connected_shape(s: ShapeFacts, num_hidden: int, no_bias: bool, flatten: bool) -> None:
    if num_hidden < 1:
        s.fail("needs at least one output", expected="num_hidden of 1 or more")
    data, weight, output = s["data"], s["weight"], s["output"]
    s["weight"] = (num_hidden, None)
    if not no_bias:
        s["bias"] = (num_hidden,)
    if data is None:
        return
    if not data:
        s.fail("cannot be applied to a single number", expected="data of at least one axis")
    if flatten:
        s["weight"] = (num_hidden, product(data[1:]))
        s["output"] = (data[0], num_hidden)
        if output is not None:
            s["data"] = (output[0], *data[1:])
    else:
        s["weight"] = (num_hidden, data[-1])
        s["output"] = (*data[:-1], num_hidden)
        if output is not None:
            s["data"] = (*output[:-1], data[-1])
    if weight is not None and (len(data) == 2 or not flatten):  # noqa: PLR2004
        s["data"] = (*data[:-1], weight[-1])


fully_connected.dtype(float_rule)


@fully_connected.gradient("data")
def fully_connected_gradient_data(F: Any, g: Any, weight: Any, shapes: Any, flatten: bool) -> Any:
    rows = F._reshape_to(g, shape=_as_rows(g.shape, flatten))
    return F._reshape_to(F.dot(rows, weight), shape=shapes[0])


@fully_connected.gradient("weight")
def fully_connected_gradient_weight(F: Any, g: Any, data: Any, flatten: bool) -> Any:
    rows = F._reshape_to(g, shape=_as_rows(g.shape, flatten))
    return F.dot(rows, F._reshape_to(data, shape=_as_rows(data.shape, flatten)), transpose_a=True)


@fully_connected.gradient("bias")
def fully_connected_gradient_bias(F: Any, g: Any) -> Any:
    return F.sum(g, axis=-1, exclude=True)
