"""The update operators: MXNet's numbers, states in place, ``out=``, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd, nd
from gluonish.engine.invoke import make_function
from gluonish.engine.operator import find_operator
from gluonish.errors import (
    ArgumentError,
    DTypeError,
    GradientError,
    InPlaceError,
    ShapeMismatchError,
)
from ops.cases_updates import ONE_WEIGHT

GOLDEN = json.loads((Path(__file__).parent.parent / "data/mxnet/updates.json").read_text())["operators"]
"""Calls of Apache MXNet 1.9.1; tools/make_golden_updates.py makes them."""


SCALARS = [row for row in ONE_WEIGHT if all(state.shape == (2, 3) for state in row[2])]
"""Operators whose states have the shape of the weight."""


def golden_name(call):
    return call["op"] + ("-out" if call["out"] else "")


@pytest.mark.parametrize("call", GOLDEN, ids=golden_name)
def test_results_and_what_is_left_in_the_inputs_are_mxnets(call):
    arrays = [nd.array(values, dtype=dtype) for dtype, values in call["inputs"]]
    op = find_operator(call["op"])
    out = [arrays[i] for i in call["out"]]
    result = make_function(op)(*arrays, **call["params"], out=out or None)
    results = result if isinstance(result, list) else [result]
    for array, (dtype, values) in zip(results, call["results"], strict=True):
        assert_close(array, dtype, values)
    written = {*op.written(op.fill(call["params"]), training=False), *call["out"]}
    for position, ((dtype, given), left) in enumerate(zip(call["inputs"], call["left"], strict=True)):
        # MXNet's AdamW rescales the caller's gradient; ours leaves it alone.
        assert_close(arrays[position], dtype, left if position in written else given)


def assert_close(array, dtype, values):
    assert np.dtype(array.dtype) == dtype
    tolerance = 1e-3 if dtype == "float16" else 2e-5
    np.testing.assert_allclose(array.asnumpy(), values, rtol=tolerance, atol=1e-6)


# -- where results go ---------------------------------------------------------------------------------------


def test_the_weight_is_updated_in_its_own_memory():
    weight, grad, mom = nd.ones(3), nd.ones(3), nd.zeros(3)
    memory = weight._raw
    assert nd.sgd_mom_update(weight, grad, mom, out=weight, lr=0.5, momentum=0.9) is weight
    assert weight._raw is memory
    assert (weight.tolist(), mom.tolist()) == ([0.5] * 3, [-0.5] * 3)
    assert [array._storage.version for array in (weight, grad, mom)] == [1, 0, 1]


def test_without_out_the_weight_stays_and_the_state_moves():
    weight, mom = nd.ones(2), nd.zeros(2)
    result = nd.sgd_mom_update(weight, nd.ones(2), mom, lr=0.5)
    assert (result.tolist(), weight.tolist(), mom.tolist()) == ([0.5, 0.5], [1, 1], [-0.5, -0.5])


def test_several_weights_are_updated_in_their_own_memory():
    weights, grads = [nd.ones(2), nd.ones((1, 3))], [nd.ones(2), nd.ones((1, 3))]
    memory = [weight._raw for weight in weights]
    arrays = [weights[0], grads[0], weights[1], grads[1]]
    result = nd.multi_sgd_update(*arrays, out=weights, lrs=(0.5, 0.25), wds=(0, 0), num_weights=2)
    assert result is weights
    assert [weight._raw is raw for weight, raw in zip(weights, memory, strict=True)] == [True, True]
    assert [weight.tolist() for weight in weights] == [[0.5, 0.5], [[0.75] * 3]]


def test_a_master_starts_the_second_step_where_the_first_ended():
    """MXNet's second phase leaves the master of LAMB as it was."""
    weight, master = nd.ones(2, dtype="float16"), nd.ones(2)
    for _ in range(2):
        norms = nd.array([1.0]), nd.array([1.0])
        nd.mp_lamb_update_phase2(weight, nd.ones(2), *norms, master, out=weight, lr=0.25)
    assert weight.tolist() == master.tolist() == [0.5, 0.5]


def test_a_change_too_small_for_half_precision_stays_in_the_master():
    weight, master = nd.ones(1, dtype="float16"), nd.ones(1)
    for _ in range(100):
        nd.mp_sgd_update(weight, nd.ones(1, dtype="float16"), master, out=weight, lr=1e-5)
    assert weight.asnumpy() == np.float16(0.999)


def test_finiteness_of_several_calls_is_joined():
    overflow, fine, joined = nd.array([np.inf]), nd.ones(3), nd.ones(1)
    for array, expected in ((fine, 1), (overflow, 0), (fine, 0)):
        nd.multi_all_finite(array, num_arrays=1, init_output=False, out=joined)
        assert joined.asscalar() == expected
    nd.all_finite(fine, out=joined)
    assert joined.asscalar() == 1


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_finiteness_is_joined_in_an_array_of_any_dtype(dtype):
    joined = nd.zeros(1, dtype=dtype)
    nd.all_finite(nd.ones(3), init_output=False, out=joined)
    assert joined.asscalar() == 0


@pytest.mark.parametrize("factor", [0.0, np.nan, np.inf])
def test_adamw_does_nothing_where_the_scale_of_gradients_overflowed(factor):
    weight, mean, var = nd.ones(2), nd.zeros(2), nd.zeros(2)
    result = nd.contrib.adamw_update(weight, nd.ones(2), mean, var, nd.array([factor]), lr=1, eta=1, wd=1)
    assert (result.tolist(), mean.tolist(), var.tolist()) == ([1, 1], [0, 0], [0, 0])


def test_adamw_takes_the_scale_of_gradients_as_a_number_too():
    results = []
    for scale in (0.5, nd.array([0.5])):
        weight, mean, var = nd.ones(2), nd.zeros(2), nd.zeros(2)
        nd.contrib.adamw_update(weight, nd.ones(2), mean, var, scale, lr=0.1, eta=1, out=weight)
        results.append(weight.tolist())
    assert results[0] == results[1]


def lists(*, master):
    """Return weights, gradients, running means and masters, as lists for two weights."""
    dtype = "float16" if master else "float32"
    weights = [nd.array([1.0, 2.0], dtype=dtype), nd.array([3.0], dtype=dtype)]
    grads = [nd.array([0.5, -1.0], dtype=dtype), nd.array([1.0], dtype=dtype)]
    means = [[nd.zeros(2), nd.zeros(1)] for _ in range(2)]
    return weights, grads, *means, *([[weight.astype("float32") for weight in weights]] if master else [])


@pytest.mark.parametrize("master", [False, True])
def test_adamw_takes_lists_of_arrays(master):
    """The first step from means of 0 has the size lr sqrt(1 - beta2) / (1 - beta1), whatever the gradient."""
    arrays = lists(master=master)
    function = nd.contrib.multi_mp_adamw_update if master else nd.contrib.multi_adamw_update
    function(*arrays, 1.0, lrs=[0.1, 0.2], wds=[0.1, 0.0], etas=[1.0, 0.5], out=arrays[0])
    size = 0.1 / np.sqrt(0.001)
    expected = [[1 - 0.1 - 0.1 * size, 2 - 0.2 + 0.1 * size], [3 - 0.5 * 0.2 * size]]
    for weight, values in zip(arrays[0], expected, strict=True):
        np.testing.assert_allclose(weight.asnumpy(), values, rtol=1e-3)


@pytest.mark.parametrize("master", [False, True])
def test_lamb_takes_lists_of_arrays(master):
    """The first step without decay goes along the signs of the gradient, by lr times the weight's norm."""
    arrays = lists(master=master)
    function = nd.contrib.multi_mp_lamb_update if master else nd.contrib.multi_lamb_update
    function(*arrays, step_count=[1, 1], lrs=[0.1, 0.2], wds=[0.0, 0.0], out=arrays[0])
    length = 0.1 * np.sqrt(5 / 2)
    for weight, values in zip(arrays[0], [[1 - length, 2 + length], [3 - 0.6]], strict=True):
        np.testing.assert_allclose(weight.asnumpy(), values, rtol=1e-3)


@pytest.mark.parametrize("row", SCALARS, ids=lambda row: row[0])
@pytest.mark.parametrize("in_place", [True, False])
def test_a_scalar_is_updated_as_an_array_of_one_element(row, in_place):
    op, _, states, params = row
    results = []
    for shape in ((), (1,)):
        arrays = [nd.full(shape, value, dtype="float32") for value in (0.5, -1.25, *(0.75,) * len(states))]
        out = arrays[0] if in_place else None
        result = make_function(find_operator(op))(*arrays, **params, out=out)
        assert (result is arrays[0]) == in_place
        assert result.shape == shape
        results.append([float(array.asnumpy().reshape(())) for array in (result, *arrays)])
    assert results[0] == results[1]


# -- what is refused ----------------------------------------------------------------------------------------


def test_a_refused_call_changes_no_state():
    weight, grad, mom = nd.ones(2), nd.ones(2), nd.zeros(2)
    with pytest.raises(ShapeMismatchError, match="given as out= to 'sgd_mom_update'"):
        nd.sgd_mom_update(weight, grad, mom, out=nd.ones(3), lr=0.5)
    with pytest.raises(ShapeMismatchError, match=r"argument 'grad'"):
        nd.sgd_mom_update(weight, nd.ones(3), mom, lr=0.5)
    assert mom.tolist() == [0, 0]


def test_gradients_of_another_dtype_are_an_error():
    with pytest.raises(DTypeError, match=r"different dtypes"):
        nd.sgd_update(nd.ones(2, dtype="float16"), nd.ones(2), lr=0.1)


def test_a_master_in_another_precision_than_single_is_an_error():
    half = nd.ones(2, dtype="float16")
    with pytest.raises(DTypeError, match=r"'weight32' does not fit.\n  Expected float32, received float16"):
        nd.mp_sgd_update(half, half, half, lr=0.1)


@pytest.mark.parametrize("call", [lambda x: nd.sgd_update(x, x, lr=1), nd.all_finite], ids=["sgd", "finite"])
def test_integers_are_an_error(call):
    with pytest.raises(DTypeError, match="computes with real numbers only"):
        call(nd.ones(2, dtype="int32"))


def test_a_missing_learning_rate_is_an_error():
    with pytest.raises(ArgumentError, match="'sgd_update' needs its parameter 'lr'"):
        nd.sgd_update(nd.ones(2), nd.ones(2))


@pytest.mark.parametrize(
    ("arrays", "params", "message"),
    [
        (4, {"lrs": (1, 1), "wds": (0, 0)}, "another number of arrays than announced: 4.\n  Expected 2"),
        (
            4,
            {"lrs": (1,), "wds": (0, 0), "num_weights": 2},
            "entries in lrs than announced: 1.\n  Expected 2",
        ),
        (2, {"lrs": 1, "wds": (0, 0)}, "entries in wds than announced: 2.\n  Expected 1"),
    ],
)
def test_a_number_of_weights_that_does_not_fit_is_an_error(arrays, params, message):
    with pytest.raises(ShapeMismatchError, match=message):
        nd.multi_sgd_update(*[nd.ones(2)] * arrays, **params)


@pytest.mark.parametrize("function", [nd.multi_sum_sq, nd.reset_arrays, nd.multi_all_finite])
def test_a_number_of_arrays_that_does_not_fit_is_an_error(function):
    with pytest.raises(ShapeMismatchError, match="another number of arrays than announced: 2"):
        function(nd.ones(2), nd.ones(3), num_arrays=3)


def test_norms_of_more_than_one_element_are_an_error():
    with pytest.raises(ShapeMismatchError, match=r"takes norms of one element, not r2 of shape \(2,\)"):
        nd.lamb_update_phase2(nd.ones(2), nd.ones(2), nd.ones(1), nd.ones(2), lr=0.1)


def test_a_factor_of_more_than_one_element_is_an_error():
    ones = [nd.ones(2)] * 5
    with pytest.raises(ShapeMismatchError, match=r"takes a rescale_grad of one element, not of shape \(2,\)"):
        nd.contrib.adamw_update(*ones, lr=0.1, eta=1)


def test_a_weight_without_rows_is_an_error():
    scalar = nd.ones(())
    with pytest.raises(ShapeMismatchError, match="needs a weight with rows"):
        nd.contrib.group_adagrad_update(scalar, scalar, nd.zeros(()), lr=0.1)


def test_a_weight_in_the_graph_is_not_updated_while_recording():
    weight = nd.ones(2)
    weight.attach_grad()
    with autograd.record(), pytest.raises(InPlaceError, match="cannot be written while recording"):
        nd.sgd_update(weight, nd.ones(2), out=weight, lr=0.1)


def test_an_update_has_no_gradient():
    weight = nd.ones(2)
    weight.attach_grad()
    with autograd.record():
        result = nd.sgd_update(weight, nd.ones(2), lr=0.1)
    with pytest.raises(GradientError, match="sgd_update"):
        result.backward()


def test_symbols_know_the_shapes_of_states():
    weight = mx.sym.var("w", shape=(2, 3))
    updated = mx.sym.sgd_mom_update(weight, mx.sym.var("g"), mx.sym.var("m"), lr=0.1)
    shapes, outputs, _ = updated.infer_shape()
    assert shapes == [(2, 3)] * 3
    assert outputs == [(2, 3)]
