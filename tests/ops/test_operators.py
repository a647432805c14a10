"""Contracts that hold for every operator, over the table of cases."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd
from gluonish.engine.invoke import invoke
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.engine.operator import NOT_DIFFERENTIABLE, ZERO_GRADIENT, find_operator, operators
from gluonish.shape import merge_shapes
from gluonish.testing import check_gradient
from ops import all_cases
from ops.cases import Case

CASES = all_cases()
TOLERANCE = {"float64": 1e-10, "float32": 2e-5, "float16": 2e-2}


def draw(case: Case, dtype: str = "float64", ctx: mx.Context | None = None) -> list[NDArray]:
    rng = np.random.default_rng(7)
    ctx = ctx or mx.cpu(0)
    keeps = [arr.fixed or not arr.is_float for arr in case.inputs]
    return [
        from_data(arr.draw(rng), ctx, arr.dtype if kept else dtype)
        for arr, kept in zip(case.inputs, keeps, strict=True)
    ]


def run(case: Case, arrays: list[NDArray]) -> list[NDArray]:
    op = find_operator(case.op)
    params = case.params
    if "ctx" in op.fields and arrays:
        params = {**params, "ctx": arrays[0].context}
    result = invoke(op, arrays, op.fill(params))
    return result if isinstance(result, list) else [result]


def wide(arrays: list[NDArray]) -> list[np.ndarray]:
    """Return the content of arrays, real numbers in double precision."""
    hosts = [array.asnumpy().copy() for array in arrays]
    return [host.astype("float64") if host.dtype.kind == "f" else host for host in hosts]


def computed(function: Callable[..., Any], given: list[np.ndarray]) -> list[np.ndarray]:
    result = function(*given)
    return [np.asarray(r, "float64") for r in (result if isinstance(result, tuple) else (result,))]


def assert_close(arrays: list[NDArray], wanted: list[np.ndarray], case: Case, dtype: str) -> None:
    """Compare to the rounding of the least precise dtype that takes part."""
    tolerance = max(
        TOLERANCE[each] for each in (dtype, *(arr.dtype for arr in case.inputs)) if each in TOLERANCE
    )
    assert len(arrays) == len(wanted)
    for array, values in zip(arrays, wanted, strict=True):
        assert array.shape == values.shape
        np.testing.assert_allclose(array.asnumpy().astype("float64"), values, rtol=tolerance, atol=tolerance)


def written_by(case: Case) -> tuple[int, ...]:
    op = find_operator(case.op)
    return op.written(op.fill(case.params), case.training)


def with_dtypes(condition=lambda case: True):
    return [
        pytest.param(case, dtype, id=f"{case}-{dtype}")
        for case in CASES
        if condition(case)
        for dtype in ("float64", *case.dtypes)
    ]


def of_cases(condition=lambda case: True):
    return [pytest.param(case, id=str(case)) for case in CASES if condition(case)]


def is_deterministic(case: Case) -> bool:
    return case.expect is not None


def is_differentiable(case: Case) -> bool:
    return find_operator(case.op).differentiable and bool(differentiated(case))


def differentiated(case: Case) -> tuple[int, ...]:
    if case.wrt is not None:
        return case.wrt
    op = find_operator(case.op)
    return tuple(i for i, arr in enumerate(case.inputs) if arr.is_float and op.has_gradient(i))


@pytest.mark.parametrize(("case", "dtype"), with_dtypes())
def test_the_result_is_what_numpy_computes(case, dtype):
    arrays = draw(case, dtype)
    given = wide(arrays)
    with autograd.pause(train_mode=case.training):
        outputs = run(case, arrays)
    if case.check is not None:
        case.check(*[output.asnumpy() for output in outputs])
    if case.expect is None:
        assert case.check is not None, "a case needs expect= or check="
        return
    assert_close(outputs, computed(case.expect, given), case, dtype)


@pytest.mark.parametrize(("case", "dtype"), with_dtypes(lambda case: case.left is not None))
def test_written_inputs_hold_what_numpy_computes(case, dtype):
    arrays = draw(case, dtype)
    given = wide(arrays)
    run(case, arrays)
    written = [arrays[position] for position in written_by(case)]
    assert_close(written, computed(case.left, given), case, dtype)
    assert [array._storage.version for array in written] == [1] * len(written)


@pytest.mark.parametrize("case", of_cases(lambda case: case.expect is not None and not case.data_dependent))
def test_results_can_be_written_into_arrays_of_the_caller(case):
    with autograd.pause(train_mode=case.training):
        returned = run(case, draw(case))
        targets = [from_data(np.ones(each.shape), each.context, each.dtype) for each in returned]
        given = draw(case)
        op = find_operator(case.op)
        params = {**case.params, "ctx": given[0].context} if "ctx" in op.fields and given else case.params
        invoke(op, given, op.fill(params), targets)
    for target, result in zip(targets, returned, strict=True):
        np.testing.assert_array_equal(target.asnumpy(), result.asnumpy())


@pytest.mark.parametrize(("case", "dtype"), with_dtypes())
def test_inferred_shapes_and_dtypes_are_the_real_ones(case, dtype):
    arrays = draw(case, dtype)
    op = find_operator(case.op)
    params = op.fill(case.params)
    with autograd.pause(train_mode=case.training):
        outputs = run(case, arrays)
    _, shapes = op.infer([a.shape for a in arrays], params)
    _, dtypes = op.infer_dtypes([np.dtype(a.dtype) for a in arrays], params)
    visible = op.visible(params)
    if case.data_dependent:
        shapes = [
            merge_shapes(shape, output.shape, owner="") for shape, output in zip(shapes, outputs, strict=True)
        ]
    assert shapes[:visible] == [output.shape for output in outputs]
    assert dtypes[:visible] == [np.dtype(output.dtype) for output in outputs]


@pytest.mark.parametrize("case", of_cases())
def test_inputs_are_left_alone_and_outputs_are_memory_of_their_own(case):
    op = find_operator(case.op)
    arrays = draw(case)
    before = [a.asnumpy().copy() for a in arrays]
    with autograd.pause(train_mode=case.training):
        outputs = run(case, arrays)
    for i, (array, values) in enumerate(zip(arrays, before, strict=True)):
        if i not in written_by(case):
            np.testing.assert_array_equal(array.asnumpy(), values)
    for output in outputs:
        for array in arrays:
            shared = np.shares_memory(output._raw, array._raw)
            assert shared == (op.view and output._storage is array._storage)


@pytest.mark.parametrize("case", of_cases(is_differentiable))
def test_gradients_are_those_of_finite_differences(case):
    def function(*inputs):
        with autograd.train_mode() if case.training else autograd.predict_mode():
            return [out for out in run(case, list(inputs)) if out.asnumpy().dtype.kind == "f"]

    check_gradient(function, draw(case), wrt=differentiated(case), order=case.order)


@pytest.mark.parametrize("case", of_cases(is_differentiable))
def test_a_gradient_needed_for_one_input_alone_is_the_same(case):
    """Rules save and compute per input; leaving the others out must change nothing."""
    positions = differentiated(case)
    together = gradients(case, positions)
    for i, position in enumerate(positions):
        np.testing.assert_allclose(gradients(case, (position,))[0], together[i], rtol=1e-12, atol=1e-12)


def gradients(case, positions):
    arrays = draw(case)
    for position in positions:
        arrays[position].attach_grad()
    with autograd.record(train_mode=case.training):
        outputs = run(case, arrays)
    seeds = [
        from_data(np.linspace(0.5, 1.5, math.prod(out.shape)).reshape(out.shape), out.context)
        for out in outputs
    ]
    autograd.backward(outputs, seeds, train_mode=case.training)
    return [arrays[position].grad.asnumpy() for position in positions]


@pytest.mark.gpu
@pytest.mark.parametrize("case", of_cases(is_deterministic))
def test_the_gpu_computes_what_the_cpu_does(case, gpu):
    with autograd.pause(train_mode=case.training):
        here = run(case, draw(case))
        there = run(case, draw(case, ctx=gpu))
    for ours, theirs in zip(here, there, strict=True):
        np.testing.assert_allclose(theirs.asnumpy(), ours.asnumpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.gpu
@pytest.mark.parametrize("case", of_cases(is_differentiable))
def test_gradients_on_the_gpu_are_those_of_finite_differences(case, gpu):
    def function(*inputs):
        with autograd.train_mode() if case.training else autograd.predict_mode():
            return [out for out in run(case, list(inputs)) if out.asnumpy().dtype.kind == "f"]

    check_gradient(function, draw(case, ctx=gpu), wrt=differentiated(case), order=1)


def own_operators():
    """The package's operators; documentation and tests may have declared others."""
    return [op for op in operators().values() if op.kernel.__module__.startswith("gluonish.")]


def test_every_operator_has_a_case():
    canonical = {op.name for op in own_operators()}
    assert canonical - {case.op for case in CASES} == set()


def test_every_update_operator_has_a_case_for_what_it_writes():
    of_updates = {op.name for op in own_operators() if ".updates." in op.kernel.__module__ and op.writes}
    assert of_updates - {case.op for case in CASES if case.left is not None} == set()


def test_every_operator_has_a_gradient_or_declares_that_there_is_none():
    undeclared = [
        op.name
        for op in own_operators()
        if not op.differentiable and op.gradient_kind not in (ZERO_GRADIENT, NOT_DIFFERENTIABLE)
    ]
    assert undeclared == []


def test_every_operator_says_what_it_does():
    assert [op.name for op in own_operators() if not op.doc] == []


def test_every_operator_has_a_shape_rule():
    assert [op.name for op in own_operators() if op._shape_rule is None] == []
