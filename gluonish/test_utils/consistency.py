"""Checking that the same computation gives the same result in several ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gluonish import autograd, nd
from gluonish.context import Context
from gluonish.dtype import as_dtype
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ComparisonError
from gluonish.symbol import Symbol
from gluonish.symbol.infer import infer_dtypes
from gluonish.test_utils.compare import (
    Tolerance,
    assert_almost_equal,
    compare_ndarray_tuple,
    to_numpy,
)
from gluonish.test_utils.environment import default_context
from gluonish.test_utils.evaluation import bound
from gluonish.test_utils.sparse import rand_ndarray

__all__ = ["check_consistency", "check_gluon_hybridize_consistency", "compare_optimizer"]

# ruff: noqa: NPY002  NumPy's global stream is what old programs seed


def check_consistency(
    sym: Symbol | Sequence[Symbol],
    ctx_list: Sequence[Mapping[str, Any]],
    scale: float = 1.0,
    grad_req: Any = "write",
    arg_params: Mapping[str, Any] | None = None,
    aux_params: Mapping[str, Any] | None = None,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    raise_on_err: bool = True,
    ground_truth: Mapping[str, Any] | None = None,
    equal_nan: bool = False,
    use_uniform: bool = False,
    rand_type: Any = np.float64,
) -> dict[str, NDArray]:
    """Assert that a symbol gives the same outputs and gradients on several contexts and in several dtypes.

    Args:
        sym: the symbol, or one for each entry of ``ctx_list``; outputs correspond by their position, whatever
            they are called.
        ctx_list: two or more settings: ``ctx``, ``type_dict`` (dtypes of inputs by name; float32 for the
            rest), and the shapes of inputs by name.
        scale: the standard deviation of random inputs.
        grad_req: ``"write"``, ``"add"`` or ``"null"`` for all, or by name.
        arg_params: values of arguments by name, instead of random ones.
        aux_params: values of states by name, instead of zeros.
        rtol: the relative tolerance, or tolerances by dtype; that of the coarser dtype if None.
        atol: the absolute tolerance, likewise.
        raise_on_err: whether a difference is an error, or printed.
        ground_truth: what the results should be, by name; those in the finest dtype if None.
        equal_nan: whether NaN equals NaN.
        use_uniform: whether random inputs are uniform in [-0.92, 0.92), or normal.
        rand_type: what random inputs are rounded to first.

    Returns:
        What was compared with: outputs, and gradients, by name.

    Raises:
        ArgumentError: fewer than two settings, or another number of symbols.
        ComparisonError: results differ.
    """
    symbols = [sym] * len(ctx_list) if isinstance(sym, Symbol) else list(sym)
    if len(ctx_list) < 2 or len(symbols) != len(ctx_list):  # noqa: PLR2004  one has nothing to be compared with
        raise ArgumentError(
            "check_consistency()",
            "compares settings",
            expected="two or more, and as many symbols",
            received=f"{len(ctx_list)} settings, {len(symbols)} symbols",
        )
    outputs = symbols[0].list_outputs()
    settings = [_Setting(symbol, each) for symbol, each in zip(symbols, ctx_list, strict=True)]
    values = dict(arg_params or {})
    for name, shape in settings[0].shapes.items():
        if name not in values:
            drawn = np.random.uniform(-0.92, 0.92, shape) if use_uniform else np.random.normal(size=shape)
            values[name] = (drawn * (1.0 if use_uniform else scale)).astype(rand_type)
    heads = [np.random.normal(size=shape) for shape in settings[0].output_shapes]
    results = [each.run(values, aux_params or {}, heads, grad_req, outputs) for each in settings]
    finest = max(range(len(settings)), key=lambda i: settings[i].precision)
    truth = dict(ground_truth or results[finest])
    for number, result in enumerate(results):
        for name in result if ground_truth is None else truth:
            _compare(result[name], truth[name], rtol, atol, name, number, equal_nan, raise_on_err)
    return truth


class _Setting:
    """A symbol on a context, with dtypes and shapes of its inputs."""

    def __init__(self, symbol: Symbol, setting: Mapping[str, Any]) -> None:
        self.symbol = symbol
        self.ctx: Context = setting.get("ctx") or default_context()
        types = {name: as_dtype(dtype) for name, dtype in setting.get("type_dict", {}).items()}
        given = {name: tuple(each) for name, each in setting.items() if name not in ("ctx", "type_dict")}
        arguments, self.output_shapes, states = symbol.infer_shape(**given)
        if arguments is None:
            raise ArgumentError(
                "check_consistency()", "cannot work out all shapes from those that are given", received=given
            )
        self.shapes = dict(zip(symbol.list_arguments(), arguments, strict=True))
        self.state_shapes = dict(zip(symbol.list_auxiliary_states(), states, strict=True))
        table = infer_dtypes(symbol, types)
        found = {node.name: table[id(node)][0] for node in symbol.nodes() if node.op is None}
        self.types = {name: found[name] for name in symbol.list_arguments()}
        self.state_types = {name: found[name] for name in symbol.list_auxiliary_states()}

    @property
    def precision(self) -> int:
        """The size of the smallest floating dtype of its inputs."""
        sizes = [as_dtype(each).itemsize for each in self.types.values() if as_dtype(each).kind == "f"]
        return min(sizes, default=0)

    def run(
        self,
        values: Mapping[str, Any],
        states: Mapping[str, Any],
        heads: Sequence[Any],
        grad_req: Any,
        outputs: Sequence[str],
    ) -> dict[str, NDArray]:
        """Return outputs, by the names that are given for them, and gradients by name."""
        arguments = {
            name: nd.array(to_numpy(values[name]), ctx=self.ctx, dtype=dtype)
            for name, dtype in self.types.items()
        }
        state_arrays = {
            name: nd.array(
                to_numpy(states.get(name, np.zeros(shape))), ctx=self.ctx, dtype=self.state_types[name]
            )
            for name, shape in self.state_shapes.items()
        }
        requests = dict.fromkeys(arguments, grad_req) if isinstance(grad_req, str) else dict(grad_req)
        executor = bound(self.symbol, self.ctx, arguments, state_arrays, requests)
        wants = any(each is not None for each in executor.grad_dict.values())
        computed = executor.forward(is_train=wants)
        if wants:
            executor.backward(
                [nd.array(g, ctx=self.ctx, dtype=y.dtype) for g, y in zip(heads, computed, strict=True)]
            )
        results = dict(zip(outputs, computed, strict=True))
        results.update((name, g) for name, g in executor.grad_dict.items() if g is not None)
        return results


def _compare(
    result: NDArray,
    truth: Any,
    rtol: Tolerance,
    atol: Tolerance,
    name: str,
    number: int,
    equal_nan: bool,
    raise_on_err: bool,
) -> None:
    names = (f"{name} of setting {number}", "what it should be")
    try:
        assert_almost_equal(result, truth, rtol, atol, names, equal_nan)
    except ComparisonError as error:
        if raise_on_err:
            raise
        print(error)  # noqa: T201  that is what was asked for


def check_gluon_hybridize_consistency(
    net_builder: Callable[..., Any],
    data_l: Sequence[NDArray],
    numpy_func: Callable[..., Any] | None = None,
    test_grad: bool = True,
    rtol: float = 1e-4,
    atol: float = 1e-4,
) -> None:
    """Assert that a block gives the same outputs and gradients hybridized and not.

    Args:
        net_builder: makes the block.
        data_l: the inputs.
        numpy_func: computes the output from NumPy arrays, to be compared with too.
        test_grad: whether gradients are compared.
        rtol: the relative tolerance.
        atol: the absolute tolerance.

    Raises:
        ComparisonError: they differ.
    """
    plain, hybrid = net_builder(), net_builder()
    for net in (plain, hybrid):
        net.initialize(ctx=data_l[0].context)
        net(*data_l)
    pairs = zip(plain.collect_params().values(), hybrid.collect_params().values(), strict=True)
    for first, second in pairs:
        second.set_data(first.data())
    hybrid.hybridize()
    results = _results(plain, data_l, test_grad)
    compare_ndarray_tuple(results, _results(hybrid, data_l, test_grad), rtol, atol)
    if numpy_func is not None:
        wanted = numpy_func(*(each.asnumpy() for each in data_l))
        assert_almost_equal(results[0], wanted, rtol, atol)


def _results(net: Any, data: Sequence[NDArray], test_grad: bool) -> list[NDArray]:
    """Return the output of a block and, if wanted, the gradients of its inputs and parameters."""
    inputs = [each.copy() for each in data]
    if test_grad:
        for each in inputs:
            each.attach_grad()
    with autograd.record():
        output = net(*inputs)
    if not test_grad:
        return [output]
    output.backward()
    parameters = [p for p in net.collect_params().values() if p.grad_req != "null"]
    return [output, *(each.grad for each in inputs), *(p.grad() for p in parameters)]


def compare_optimizer(
    opt1: Any,
    opt2: Any,
    shape: Sequence[Any],
    dtype: Any,
    w_stype: str = "default",
    g_stype: str = "default",
    rtol: float = 1e-4,
    atol: float = 1e-5,
    compare_states: bool = True,
    ntensors: int = 1,
) -> None:
    """Assert that two optimizers update weights alike, once.

    Given a list of shapes, the first optimizer updates the weights one after the other, the second all at
    once: with lists of indices, weights, gradients and states.

    Args:
        opt1: an optimizer.
        opt2: another one.
        shape: the shape of a weight, or a list of the shapes of ``ntensors`` weights.
        dtype: its dtype.
        w_stype: the storage type of weights.
        g_stype: the storage type of gradients.
        rtol: the relative tolerance.
        atol: the absolute tolerance.
        compare_states: whether their states are compared too.
        ntensors: how many weights are updated.

    Raises:
        ComparisonError: they differ.
        ArgumentError: another storage type, or a number of shapes that is not ``ntensors``.
    """
    shapes = shape if isinstance(shape, list) else [shape] * ntensors
    if len(shapes) != ntensors:
        raise ArgumentError(
            "compare_optimizer()", "needs a shape for each weight", expected=ntensors, received=len(shapes)
        )
    weights = [rand_ndarray(each, w_stype, dtype=dtype) for each in shapes]
    gradients = [rand_ndarray(each, g_stype, dtype=dtype) for each in shapes]
    outcomes = []
    for optimizer, together in ((opt1, False), (opt2, isinstance(shape, list))):
        own = [each.copy() for each in weights]
        given = [each.copy() for each in gradients]
        states = [optimizer.create_state_multi_precision(i, each) for i, each in enumerate(own)]
        if together:
            optimizer.update_multi_precision(list(range(ntensors)), own, given, states)
        else:
            for i, (weight, gradient) in enumerate(zip(own, given, strict=True)):
                optimizer.update_multi_precision(i, weight, gradient, states[i])
        outcomes.append((own, states))
    (weights1, states1), (weights2, states2) = outcomes
    if compare_states:
        for first, second in zip(states1, states2, strict=True):
            compare_ndarray_tuple(first, second, rtol, atol)
    compare_ndarray_tuple(weights1, weights2, rtol, atol)
