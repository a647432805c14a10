"""Operators that say they take complex numbers, over the table of cases: values, gradients, refusals.

A gradient is checked against differences of a real loss, Re <weights, f(z)>, along a complex direction.
"""

import numpy as np
import pytest

from gluonish import autograd
from gluonish.engine.invoke import invoke
from gluonish.engine.operator import find_operator
from gluonish.errors import DTypeError
from gluonish.tensors import Tensor
from ops import all_cases

EPS = 1e-6

CONVERTING = ("_np_complex", "_np_astype")
"""Operators from or to real numbers, which have tests of their own."""

KEYS = {
    **dict.fromkeys(("where", "_np_where"), 0),
    **dict.fromkeys(("_contrib_boolean_mask", "_mask_put", "take", "gather_nd", "scatter_nd"), 1),
    **dict.fromkeys(("_index_add", "_take_along", "_put_along", "_backward_gather_nd"), 1),
}
"""Which input says what elements are meant, and so is real."""

FOR_REALS = (
    *("Concat", "transpose", "SwapAxis", "diag", "_npi_einsum", "_npi_tensordot", "_npi_matmul"),
    *("arcsin", "arccos", "arctan", "sin", "cos"),
)
"""Operators whose cases say what is expected in a way that works with real numbers only."""


def takes_complex(case):
    mixed = len({arr.dtype for arr in case.inputs if arr.is_float}) > 1 or "dtype" in case.params
    return find_operator(case.op).on_complex is not None and not mixed and case.op not in CONVERTING


def drawn(case):
    """Return the inputs of a case; floats but 0 get imaginary parts, off the branch cuts."""
    rng = np.random.default_rng(3)
    found = []
    for i, arr in enumerate(case.inputs):
        values = arr.draw(rng)
        if arr.is_float and not arr.fixed and KEYS.get(case.op) != i:
            values = values + 1j * rng.uniform(0.2, 0.9, values.shape) * (values != 0)
        found.append(values)
    return found


def variables_of(case):
    """Return the positions of the inputs to differentiate by."""
    op, values = find_operator(case.op), drawn(case)
    wanted = range(len(values)) if case.wrt is None else case.wrt
    return [i for i in wanted if values[i].dtype.kind == "c" and op.has_gradient(i)]


def run(case, arrays):
    op = find_operator(case.op)
    result = invoke(op, arrays, op.fill(case.params))
    return result if isinstance(result, list) else [result]


def random(shape, seed, dtype="complex128"):
    rng = np.random.default_rng(seed)
    values = rng.uniform(0.5, 1.5, shape)
    return values + 1j * rng.uniform(-1.5, 1.5, shape) if np.dtype(dtype).kind == "c" else values


def real_product(a, b):
    """Return Re <a, b> of two arrays."""
    return float((np.conj(np.asarray(a)) * np.asarray(b)).sum().real)


def heads_of(case, values):
    return [random(out.shape, 5 + i, out.dtype) for i, out in enumerate(run(case, map_to_tensors(values)))]


def map_to_tensors(values, positions=()):
    return [Tensor(each, requires_grad=i in positions) for i, each in enumerate(values)]


def gradients(case, values, *, create_graph=False):
    """Return the variables of a case, and the gradients of its loss."""
    positions = variables_of(case)
    arrays = map_to_tensors(values, positions)
    heads = [Tensor(each) for each in heads_of(case, values)]
    variables = [arrays[i] for i in positions]
    return variables, autograd.grad(run(case, arrays), variables, heads, create_graph=create_graph)


def moved(case, step):
    """Return the inputs of a case, moved along a direction; and the directions of the variables."""
    values, directions = drawn(case), []
    for i in variables_of(case):
        directions.append(random(values[i].shape, 11 + i))
        values[i] = values[i] + step * directions[-1]
    return values, directions


def assert_slope(case, found, loss, tolerance):
    """Compare gradients with how much the loss changes."""
    _, directions = moved(case, 0.0)
    received = sum(real_product(g, v) for g, v in zip(found, directions, strict=True))
    ahead, behind = (loss(moved(case, step)[0]) for step in (EPS, -EPS))
    assert received == pytest.approx((ahead - behind) / (2 * EPS), rel=tolerance, abs=tolerance)


CASES = [case for case in all_cases() if takes_complex(case)]
SMOOTH = [pytest.param(case, id=str(case)) for case in CASES if variables_of(case)]
TWICE = [each for each in SMOOTH if each.values[0].order > 1]


@pytest.mark.parametrize("case", SMOOTH)
def test_the_gradient_is_that_of_both_real_parts(case):
    values = drawn(case)
    weights = heads_of(case, values)

    def loss(at):
        return sum(
            real_product(w, out) for w, out in zip(weights, run(case, map_to_tensors(at)), strict=True)
        )

    assert_slope(case, gradients(case, values)[1], loss, 1e-6)


@pytest.mark.parametrize("case", TWICE)
def test_the_gradient_has_a_gradient_of_both_real_parts(case):
    def second_loss(at):
        """Return the variables, and Re <weights, gradients> with a graph."""
        variables, found = gradients(case, at, create_graph=True)
        terms = [(g * Tensor(random(g.shape, 29 + i)).conj()).real.sum() for i, g in enumerate(found)]
        ties = [(x.real * 0).sum() for x in variables]  # a gradient may not depend on them
        return variables, sum([*terms, *ties], start=Tensor(0.0, dtype="float64"))

    variables, total = second_loss(drawn(case))
    assert_slope(case, autograd.grad([total], variables), lambda at: float(second_loss(at)[1].item()), 1e-5)


@pytest.mark.parametrize("case", [pytest.param(c, id=str(c)) for c in CASES if c.op not in FOR_REALS])
def test_the_result_is_what_numpy_computes(case):
    values = drawn(case)
    expected = case.expect(*values)
    results = run(case, map_to_tensors(values))
    for found, wanted in zip(results, expected if isinstance(expected, tuple) else (expected,), strict=True):
        np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["arcsin", "arccos", "arctan", "sin", "cos"])
def test_angles_of_triangles_may_be_complex(name):
    values = random((2, 3), 1)
    found = invoke(find_operator(name), [Tensor(values)], {})
    np.testing.assert_allclose(np.asarray(found), getattr(np, name)(values), rtol=1e-12)


@pytest.mark.parametrize("subscripts", ["ij,jk->ik", "ij,ij->", "ij,kj->ki"])
def test_a_sum_of_products_is_not_conjugated(subscripts):
    a, b = random((3, 3), 1), random((3, 3), 2)
    op = find_operator("_npi_einsum")
    found = invoke(op, [Tensor(a), Tensor(b)], op.fill({"subscripts": subscripts}))
    np.testing.assert_allclose(np.asarray(found), np.einsum(subscripts, a, b), rtol=1e-12)


def refuses_complex(case):
    op = find_operator(case.op)
    return op.on_complex is None and case.op != "_np_complex" and any(arr.is_float for arr in case.inputs)


@pytest.mark.parametrize("case", [pytest.param(c, id=str(c)) for c in all_cases() if refuses_complex(c)])
def test_an_operator_that_does_not_say_so_refuses_complex_numbers(case):
    rng = np.random.default_rng(3)
    arrays = [Tensor(arr.draw(rng) + 1j if arr.is_float else arr.draw(rng)) for arr in case.inputs]
    with pytest.raises(DTypeError, match="does not take complex numbers"):
        run(case, arrays)


@pytest.mark.parametrize("name", ["Concat", "stack"])
def test_complex_numbers_are_joined(name):
    a, b = random((2, 3), 1), random((2, 3), 2)
    op = find_operator(name)
    found = invoke(op, [Tensor(a), Tensor(b)], op.fill({}))
    np.testing.assert_array_equal(
        np.asarray(found), np.concatenate([a, b], 1) if name == "Concat" else [a, b]
    )


@pytest.mark.parametrize("name", ["transpose", "diag"])
def test_complex_numbers_are_moved_without_conjugation(name):
    values = random((3, 3), 1)
    found = invoke(find_operator(name), [Tensor(values)], find_operator(name).fill({}))
    np.testing.assert_array_equal(np.asarray(found), values.T if name == "transpose" else np.diag(values))
