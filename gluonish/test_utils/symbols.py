"""Checking what symbols compute, and their gradients."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gluonish import nd
from gluonish.context import Context
from gluonish.dtype import as_dtype
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.symbol import Group, Symbol, var
from gluonish.test_utils.compare import (
    Tolerance,
    assert_almost_equal,
    default_numeric_eps,
    to_numpy,
)
from gluonish.test_utils.environment import default_context
from gluonish.test_utils.evaluation import bound

__all__ = [
    "check_numeric_gradient",
    "check_speed",
    "check_symbolic_backward",
    "check_symbolic_forward",
    "numeric_grad",
    "same_symbol_structure",
    "simple_forward",
]

Values = Any
"""Arrays for all variables of a kind: in the symbol's order, or by name."""


# -- binding ----------------------------------------------------------------------------------------------


def _by_name(names: Sequence[str], values: Values, what: str) -> dict[str, Any]:
    """Return values by name, whichever way they are given.

    Raises:
        ArgumentError: other names, or too few.
    """
    if isinstance(values, Mapping):
        if set(values) != set(names):
            raise ArgumentError(
                f"The {what}", "do not match those of the symbol", expected=list(names), received=list(values)
            )
        return {name: values[name] for name in names}
    given = list(values or [])
    if len(given) < len(names):
        raise ArgumentError(
            f"The {what}", "are fewer than those of the symbol", expected=list(names), received=len(given)
        )
    return dict(zip(names, given, strict=False))


def _as_array(value: Any, ctx: Context, dtype: Any) -> NDArray:
    """Return an NDArray of its own; the dtype ``"asnumpy"`` stands for that of the value."""
    if getattr(value, "stype", "default") != "default":
        return nd.sparse.array(value, ctx, None if dtype == "asnumpy" else dtype)
    host = to_numpy(value)
    return nd.array(host, ctx=ctx, dtype=host.dtype if dtype == "asnumpy" else dtype)


def _parse_location(
    sym: Symbol, location: Values, ctx: Context | None, dtype: Any = np.float32
) -> dict[str, NDArray]:
    """Return arrays for the arguments of a symbol, sorted by name."""
    where = ctx or default_context()
    values = _by_name(sym.list_arguments(), location, "arguments")
    return {name: _as_array(value, where, dtype) for name, value in sorted(values.items())}


def _parse_aux_states(
    sym: Symbol, aux_states: Values, ctx: Context | None, dtype: Any = np.float32
) -> dict[str, NDArray]:
    """Return arrays for the states of a symbol."""
    where = ctx or default_context()
    values = _by_name(sym.list_auxiliary_states(), aux_states, "states")
    return {name: _as_array(value, where, dtype) for name, value in values.items()}


def _requests(names: Sequence[str], grad_req: Any) -> dict[str, str]:
    """Return how each gradient is to be kept."""
    if isinstance(grad_req, str):
        return dict.fromkeys(names, grad_req)
    if isinstance(grad_req, Mapping):
        return {name: grad_req.get(name, "null") for name in names}
    return dict(zip(names, grad_req, strict=True))


# -- computing --------------------------------------------------------------------------------------------


def simple_forward(sym: Symbol, ctx: Context | None = None, is_train: bool = False, **inputs: Any) -> Any:
    """Return what a symbol computes.

    Args:
        sym: the symbol.
        ctx: where to; the default context if None.
        is_train: whether in training mode.
        inputs: NumPy arrays for its arguments and states, by name. float64 becomes float32.

    Returns:
        A NumPy array, or a list of several.

    Example:
        >>> import gluonish as mx
        >>> simple_forward(mx.sym.var("x") * 2, x=np.ones(2))
        array([2., 2.], dtype=float32)
    """
    where = ctx or default_context()
    arrays = {name: nd.array(to_numpy(value), ctx=where) for name, value in inputs.items()}
    states = {name: arrays.pop(name) for name in sym.list_auxiliary_states() if name in arrays}
    outputs = [each.asnumpy() for each in bound(sym, where, arrays, states).forward(is_train)]
    return outputs[0] if len(outputs) == 1 else outputs


def same_symbol_structure(sym1: Symbol, sym2: Symbol) -> bool:
    """Tell whether two symbols have the same operators in the same order, with the same inputs."""

    def structure(symbol: Symbol) -> list[Any]:
        nodes = symbol.nodes()
        number = {id(node): i for i, node in enumerate(nodes)}
        return [
            (node.op and node.op.name, [(number[id(child)], i) for child, i in node.inputs]) for node in nodes
        ]

    return structure(sym1) == structure(sym2)


def check_symbolic_forward(
    sym: Symbol,
    location: Values,
    expected: Values,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    aux_states: Values = None,
    ctx: Context | None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> list[NDArray]:
    """Assert that a symbol computes what is expected.

    Args:
        sym: the symbol.
        location: arrays for its arguments: in their order, or by name.
        expected: NumPy arrays for its outputs, likewise.
        rtol: as of ``assert_almost_equal``.
        atol: likewise.
        aux_states: arrays for its states, like those for its arguments.
        ctx: where to compute; the default context if None.
        equal_nan: whether NaN equals NaN.
        dtype: what arrays are converted to; ``"asnumpy"`` leaves theirs.

    Returns:
        The outputs.

    Raises:
        ComparisonError: it does not; ``EXPECTED_`` and ``FORWARD_`` before an output's name say which is
        which. ArgumentError: other arguments or states than the symbol has.
    """
    where = ctx or default_context()
    arguments = _parse_location(sym, location, where, dtype)
    states = _parse_aux_states(sym, aux_states, where, dtype)
    outputs = bound(sym, where, arguments, states).forward(is_train=False)
    wanted = _by_name(sym.list_outputs(), expected, "expected outputs")
    for (name, value), output in zip(wanted.items(), outputs, strict=True):
        names = (f"EXPECTED_{name}", f"FORWARD_{name}")
        assert_almost_equal(value, output, rtol, atol, names, equal_nan)
    return outputs


def check_symbolic_backward(
    sym: Symbol,
    location: Values,
    out_grads: Values,
    expected: Values,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    aux_states: Values = None,
    grad_req: Any = "write",
    ctx: Context | None = None,
    grad_stypes: Any = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> dict[str, NDArray | None]:
    """Assert that the gradients of a symbol are what is expected.

    Buffers are random at first, so that ``"add"`` is seen to add.

    Args:
        sym: the symbol.
        location: arrays for its arguments: in their order, or by name.
        out_grads: gradients of its outputs, likewise; None for ones.
        expected: NumPy arrays for the gradients of its arguments: in their order, or some by name.
        rtol: as of ``assert_almost_equal``.
        atol: likewise.
        aux_states: arrays for its states, like those for its arguments.
        grad_req: ``"write"``, ``"add"`` or ``"null"`` for all, as a list, or by name.
        ctx: where to compute; the default context if None.
        grad_stypes: storage types of gradients by name: ``"default"`` if not named.
        equal_nan: whether NaN equals NaN.
        dtype: what arrays are converted to; ``"asnumpy"`` leaves theirs.

    Returns:
        The gradients by name.

    Raises:
        ComparisonError: they are not; ``EXPECTED_`` and ``BACKWARD_`` before a name say which is which.
        ArgumentError: other arguments or states than the symbol has, or another storage type.
    """
    where = ctx or default_context()
    arguments = _parse_location(sym, location, where, dtype)
    states = _parse_aux_states(sym, aux_states, where, dtype)
    requests = _requests(sym.list_arguments(), grad_req)
    if isinstance(expected, (list, tuple)):
        expected = dict(zip(sym.list_arguments(), expected, strict=True))
    start = _random_like(arguments, where, grad_stypes)
    executor = bound(sym, where, arguments, states, requests, start)
    outputs = executor.forward(is_train=True)
    if out_grads is not None:
        heads = _by_name(sym.list_outputs(), out_grads, "gradients of outputs")
        out_grads = [
            _as_array(g, where, output.dtype) for g, output in zip(heads.values(), outputs, strict=True)
        ]
    executor.backward(_ones(outputs) if out_grads is None else out_grads)
    for name, value in expected.items():
        gradient = executor.grad_dict[name]
        if gradient is None:
            continue
        wanted = to_numpy(value) + (start[name].asnumpy() if requests[name] == "add" else 0)
        names = (f"EXPECTED_{name}", f"BACKWARD_{name}")
        assert_almost_equal(wanted, gradient, rtol, atol, names, equal_nan)
    return executor.grad_dict


def _ones(arrays: Sequence[NDArray]) -> list[NDArray]:
    return [nd.ones_like(each) for each in arrays]


def _random_like(arrays: Mapping[str, NDArray], ctx: Context, stypes: Any) -> dict[str, NDArray]:
    """Return buffers of random numbers, in the storage types that are named."""
    made = {
        name: nd.array(np.random.normal(size=each.shape), ctx=ctx, dtype=each.dtype)  # noqa: NPY002  as MXNet
        for name, each in arrays.items()
    }
    return {name: each.tostype((stypes or {}).get(name) or "default") for name, each in made.items()}


# -- gradients against finite differences -----------------------------------------------------------------


def numeric_grad(
    executor: Any,
    location: Mapping[str, Any],
    aux_states: Mapping[str, Any] | None = None,
    eps: float = 1e-4,
    use_forward_train: bool = True,
    dtype: Any = np.float32,
) -> dict[str, np.ndarray[Any, Any]]:
    """Return gradients of the sum of an executor's outputs by central differences.

    Args:
        executor: what ``forward`` and ``outputs`` are called of, with ``arg_dict`` and ``aux_dict``.
        location: NumPy arrays for its arguments, by name: the point.
        aux_states: NumPy arrays for its states, by name; set anew before every call.
        eps: the distance of the two points of a difference.
        use_forward_train: whether in training mode.
        dtype: that of the results.

    Returns:
        Gradients by the names in ``location``; zeros for arguments that are not of a floating dtype.
    """

    def total() -> float:
        for name, value in (aux_states or {}).items():
            executor.aux_dict[name][:] = value
        executor.forward(is_train=use_forward_train)
        return sum(float(each.asnumpy().sum(dtype=np.float64)) for each in executor.outputs)

    found = {}
    for name, value in location.items():
        array = executor.arg_dict[name]
        point = np.array(to_numpy(value), dtype=array.dtype)
        found[name] = np.zeros(point.shape, dtype)
        if point.dtype.kind == "f":
            for i in np.ndindex(point.shape):
                found[name][i] = _difference(total, array, point, i, eps)
        array[:] = point
    return found


def _difference(
    total: Any, array: NDArray, point: np.ndarray[Any, Any], place: tuple[int, ...], eps: float
) -> float:
    """Return the central difference along one element; by the step that the dtype can represent."""
    ends = []
    for step in (eps / 2, -eps / 2):
        moved = point.copy()
        moved[place] += step
        array[:] = moved
        ends.append((total(), float(moved[place])))
    (high, x_high), (low, x_low) = ends
    return (high - low) / (x_high - x_low)


def check_numeric_gradient(
    sym: Symbol,
    location: Values,
    aux_states: Values = None,
    numeric_eps: float | None = None,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    grad_nodes: Any = None,
    use_forward_train: bool = True,
    ctx: Context | None = None,
    grad_stype_dict: Any = None,
    dtype: Any = np.float32,
) -> None:
    """Assert that the gradients of a symbol are those of finite differences.

    The outputs are multiplied with random numbers, and added.

    Args:
        sym: the symbol.
        location: arrays for its arguments: in their order, or by name.
        aux_states: arrays for its states, likewise.
        numeric_eps: the distance of the two points of a difference; the default of the dtype if None.
        rtol: as of ``assert_almost_equal``.
        atol: likewise.
        grad_nodes: which gradients to check: names, or a dictionary of names and grad_reqs; all if None.
        use_forward_train: whether differences are taken in training mode.
        ctx: where to compute; the default context if None.
        grad_stype_dict: storage types of gradients by name: ``"default"`` if not named.
        dtype: float16, float32 or float64.

    Raises:
        ComparisonError: they are not; ``NUMERICAL_`` and ``BACKWARD_`` before a name say which is which.
        ArgumentError: another dtype, or other arguments or states than the symbol has.
        ArgumentTypeError: ``grad_nodes`` is none of these.

    Example:
        >>> import gluonish as mx
        >>> check_numeric_gradient(mx.sym.tanh(mx.sym.var("x")), [np.array([0.5, -1.0])])
    """
    if as_dtype(dtype).name not in ("float16", "float32", "float64"):
        raise ArgumentError(
            "check_numeric_gradient()",
            "cannot take differences in this dtype",
            expected="float16, float32 or float64",
            received=as_dtype(dtype).name,
        )
    where = ctx or default_context()
    arguments = _parse_location(sym, location, where, dtype)
    states = _parse_aux_states(sym, aux_states, where, dtype)
    requests = _nodes_to_check(sym, grad_nodes)
    point = {name: each.asnumpy() for name, each in arguments.items()}
    state_values = {name: each.asnumpy() for name, each in states.items()}

    projected, weights = _projected(sym, arguments, states, where, dtype)
    start = _random_like(arguments, where, grad_stype_dict)
    executor = bound(projected, where, {**arguments, **weights}, states, requests, start)
    executor.backward(_ones(executor.forward(is_train=True)))
    eps = default_numeric_eps()[as_dtype(dtype)] if numeric_eps is None else numeric_eps
    apart = {name: each.copy() for name, each in arguments.items()}
    numeric = numeric_grad(
        bound(projected, where, {**apart, **weights}, states),
        {name: point[name] for name, request in requests.items() if request != "null"},
        state_values,
        eps,
        use_forward_train,
        dtype,
    )
    for name, wanted in numeric.items():
        if requests[name] == "add":
            wanted = wanted + start[name].asnumpy()  # noqa: PLW2901  it is added to what was there
        names = (f"NUMERICAL_{name}", f"BACKWARD_{name}")
        assert_almost_equal(wanted, executor.grad_dict[name], rtol, atol, names)


def _nodes_to_check(sym: Symbol, grad_nodes: Any) -> dict[str, str]:
    if grad_nodes is None:
        return dict.fromkeys(sym.list_arguments(), "write")
    if isinstance(grad_nodes, Mapping):
        return dict(grad_nodes)
    if isinstance(grad_nodes, (list, tuple)):
        return dict.fromkeys(grad_nodes, "write")
    raise ArgumentTypeError(
        "check_numeric_gradient()",
        "cannot tell which gradients to check",
        expected="names, or a dictionary of names and grad_reqs",
        received=repr(grad_nodes),
    )


def _projected(
    sym: Symbol, arguments: Mapping[str, NDArray], states: Mapping[str, NDArray], ctx: Context, dtype: Any
) -> tuple[Symbol, dict[str, NDArray]]:
    """Return the outputs of a symbol times random numbers, and these.

    Their sum is left to the caller, who adds them with more digits than the symbol would.
    """
    shapes = {name: each.shape for name, each in {**arguments, **states}.items()}
    _, out_shapes, _ = sym.infer_shape(**shapes)
    terms, weights = [], {}
    for i, shape in enumerate(out_shapes):
        name = f"__random_proj_{i}"
        # None of them is near 0: what is wrong in one element must weigh in.
        numbers = np.random.choice([-1, 1], shape) * np.random.uniform(0.5, 1, shape)  # noqa: NPY002  as MXNet
        weights[name] = nd.array(numbers, ctx=ctx, dtype=dtype)
        terms.append(sym[i] * var(name))
    return Group(terms), weights


# -- speed ------------------------------------------------------------------------------------------------


def check_speed(
    sym: Symbol,
    location: Values = None,
    ctx: Context | None = None,
    N: int = 20,
    grad_req: Any = None,
    typ: str = "whole",
    **kwargs: Any,
) -> float:
    """Return how long a symbol takes, in seconds: the mean of several runs.

    Args:
        sym: the symbol.
        location: NumPy arrays for its arguments; random ones if None.
        ctx: where to compute; the default context if None.
        N: how many runs.
        grad_req: as of ``check_symbolic_backward``; ``"write"`` if None.
        typ: ``"whole"``, forward and backward, or ``"forward"``.
        kwargs: the shapes of arguments, by name, where no location is given.

    Raises:
        ArgumentError: another ``typ``.
    """
    if typ not in ("whole", "forward"):
        raise ArgumentError(
            "check_speed()", "can run this not", expected="'whole' or 'forward'", received=repr(typ)
        )
    where = ctx or default_context()
    if location is None:
        shapes, _, _ = sym.infer_shape(**kwargs)
        location = [np.random.normal(size=shape) for shape in shapes]  # noqa: NPY002  as MXNet
    arguments = _parse_location(sym, location, where)
    _, _, state_shapes = sym.infer_shape(**{name: each.shape for name, each in arguments.items()})
    states = _parse_aux_states(sym, [np.zeros(shape) for shape in state_shapes], where)
    executor = bound(sym, where, arguments, states, _requests(sym.list_arguments(), grad_req or "write"))

    def run() -> None:
        outputs = executor.forward(is_train=typ == "whole")
        if typ == "whole":
            executor.backward(_ones(outputs))

    run()
    nd.waitall()
    start = time.perf_counter()
    for _ in range(N):
        run()
    nd.waitall()
    return (time.perf_counter() - start) / N
