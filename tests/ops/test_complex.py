"""Operators that say they take complex numbers, over the table of cases: values, and gradients of real losses."""

import numpy as np
import pytest

import gluonish as torch
from gluonish import autograd
from gluonish.engine.invoke import invoke
from gluonish.engine.operator import find_operator
from gluonish.errors import DTypeError
from gluonish.tensors import Tensor
from ops import all_cases

EPS = 1e-6
CONVERSIONS = ("_np_complex", "_np_astype")


def takes_complex(case):
    op = find_operator(case.op)
    promoted = len({arr.dtype for arr in case.inputs if arr.is_float}) > 1
    return op.on_complex is not None and op.single and not promoted and case.op not in CONVERSIONS


CASES = [pytest.param(case, id=str(case)) for case in all_cases() if takes_complex(case)]
SMOOTH = [
    each for each in CASES if find_operator(each.values[0].op).differentiable and each.values[0].wrt != ()
]


def drawn(case):
    """Return the inputs of a case; where they are floats, with imaginary parts that keep them off the axis."""
    rng = np.random.default_rng(3)
    found = []
    for arr in case.inputs:
        values = arr.draw(rng)
        is_key = case.op in ("where", "_np_where", "_contrib_boolean_mask", "_mask_put") and not found
        is_index = case.op in ("take", "gather_nd", "scatter_nd", "_index_add", "_take_along", "_put_along")
        differentiated = arr.is_float and not arr.fixed and not is_key
        if differentiated and not (
            is_index and found and case.wrt is not None and len(found) not in case.wrt
        ):
            values = values + 1j * rng.uniform(0.2, 0.9, values.shape)
        found.append(values)
    return found


def run(case, arrays):
    op = find_operator(case.op)
    return invoke(op, arrays, op.fill(case.params))


def complex_positions(case, values):
    wanted = range(len(values)) if case.wrt is None else case.wrt
    op = find_operator(case.op)
    return [i for i in wanted if values[i].dtype.kind == "c" and op.has_gradient(i)]


def loss(case, values, weights):
    """Return Re <weights, f>, whose gradient the tape is asked for."""
    result = np.asarray(run(case, [Tensor(each) for each in values]))
    return float((np.conj(weights) * result).sum().real)


def gradients(case, values, weights, *, create_graph=False):
    arrays = [Tensor(each, requires_grad=each.dtype.kind == "c") for each in values]
    positions = complex_positions(case, values)
    result = run(case, arrays)
    head = Tensor(weights, dtype=result.dtype)
    return arrays, autograd.grad([result], [arrays[i] for i in positions], [head], create_graph=create_graph)


def weights_of(case, values):
    result = np.asarray(run(case, [Tensor(each) for each in values]))
    rng = np.random.default_rng(5)
    weights = rng.uniform(0.5, 1.5, result.shape)
    return weights + 1j * rng.uniform(0.5, 1.5, result.shape) if result.dtype.kind == "c" else weights


def moved(values, positions, directions, step):
    return [v + step * directions[i] if i in positions else v for i, v in enumerate(values)]


def directions_of(values):
    rng = np.random.default_rng(11)
    return [rng.uniform(0.5, 1.5, v.shape) * np.exp(1j * rng.uniform(0, 6, v.shape)) for v in values]


@pytest.mark.parametrize("case", SMOOTH)
def test_the_gradient_is_that_of_both_real_parts(case):
    values = drawn(case)
    positions, directions = complex_positions(case, values), directions_of(values)
    weights = weights_of(case, values)
    _, found = gradients(case, values, weights)
    received = sum(
        float((np.conj(np.asarray(g)) * directions[i]).sum().real)
        for i, g in zip(positions, found, strict=True)
    )
    ahead, behind = (loss(case, moved(values, positions, directions, s), weights) for s in (EPS, -EPS))
    assert received == pytest.approx((ahead - behind) / (2 * EPS), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("case", SMOOTH)
def test_the_gradient_has_a_gradient_of_both_real_parts(case):
    values = drawn(case)
    positions, directions = complex_positions(case, values), directions_of(values)
    weights, others = weights_of(case, values), directions_of(values)[::-1]
    others = [np.random.default_rng(13).uniform(0.5, 1.5, v.shape) * (1 - 0.5j) for v in values]

    def first(at):
        """Return Re <others, gradient>, and the variables."""
        arrays, found = gradients(case, at, weights, create_graph=True)
        total = sum(
            (
                torch.real(g._as(Tensor).conj() * Tensor(others[i])).sum()
                for i, g in zip(positions, found, strict=True)
            ),
            start=Tensor(0.0, dtype="float64"),
        )
        ties = sum((torch.real(arrays[i] * 0).sum() for i in positions), start=Tensor(0.0, dtype="float64"))
        return [arrays[i] for i in positions], total + ties

    variables, total = first(values)
    found = autograd.grad([total], variables)
    received = sum(
        float((np.conj(np.asarray(g)) * directions[i]).sum().real)
        for i, g in zip(positions, found, strict=True)
    )
    ahead, behind = (float(first(moved(values, positions, directions, s))[1].item()) for s in (EPS, -EPS))
    assert received == pytest.approx((ahead - behind) / (2 * EPS), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("case", [each for each in CASES if each.values[0].expect is not None])
def test_the_result_is_what_numpy_computes_of_complex_numbers(case):
    values = drawn(case)
    expected = np.asarray(case.expect(*values))
    np.testing.assert_allclose(
        np.asarray(run(case, [Tensor(v) for v in values])), expected, rtol=1e-10, atol=1e-12
    )


def silent(name):
    op = find_operator(name)
    return op.on_complex is None and op.name == name and op.variadic is None and len(op.input_names) == 1


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=str(case))
        for case in all_cases()
        if silent(case.op) and case.inputs and case.op != "_np_complex"
    ],
)
def test_an_operator_that_does_not_say_so_refuses_complex_numbers(case):
    with pytest.raises(DTypeError, match="does not take complex numbers"):
        run(case, [Tensor(case.inputs[0].draw(np.random.default_rng(3)) + 1j)])
