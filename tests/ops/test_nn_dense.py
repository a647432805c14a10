"""The fully connected layer, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.engine.operator import find_operator
from gluonish.errors import DTypeError, ShapeMismatchError
from ops.nn_support import infer


def test_the_weight_follows_from_the_data():
    inputs, outputs = infer("FullyConnected", [(8, 3, 5), None, None], num_hidden=4)
    assert (inputs, outputs) == ([(8, 3, 5), (4, 15), (4,)], [(8, 4)])


def test_only_the_last_axis_counts_without_flattening():
    inputs, outputs = infer("FullyConnected", [(8, 3, 5), None, None], num_hidden=4, flatten=False)
    assert (inputs, outputs) == ([(8, 3, 5), (4, 5), (4,)], [(8, 3, 4)])


def test_what_is_unknown_of_the_data_stays_unknown_in_the_weight():
    inputs, outputs = infer("FullyConnected", [(None, 3, None), None, None], num_hidden=4)
    assert (inputs[1], outputs) == ((4, None), [(None, 4)])


def test_features_and_batch_follow_from_weight_and_output():
    inputs, _ = infer("FullyConnected", [(None, None), (4, 7), None], [(9, None)], num_hidden=4)
    assert inputs[0] == (9, 7)


def test_leading_axes_follow_from_the_output_without_flattening():
    inputs, _ = infer(
        "FullyConnected", [(None, 2, None), (4, 7), None], [(3, None, None)], num_hidden=4, flatten=False
    )
    assert inputs[0] == (3, 2, 7)


def test_a_weight_of_other_features_is_refused():
    with pytest.raises(ShapeMismatchError, match="argument 'weight' has shape"):
        nd.FullyConnected(nd.ones((2, 3)), nd.ones((4, 5)), no_bias=True, num_hidden=4)


def test_a_missing_bias_is_named():
    with pytest.raises(ShapeMismatchError, match="needs its input 'bias'"):
        nd.FullyConnected(nd.ones((2, 3)), nd.ones((4, 3)), num_hidden=4)


def test_a_bias_that_would_be_ignored_is_refused():
    with pytest.raises(ShapeMismatchError, match="would ignore its input 'bias'"):
        nd.FullyConnected(nd.ones((2, 3)), nd.ones((4, 3)), nd.ones((4,)), no_bias=True, num_hidden=4)


def test_integers_are_refused():
    x, w = nd.ones((2, 3), dtype="int32"), nd.ones((4, 3), dtype="int32")
    with pytest.raises(DTypeError, match="real numbers only"):
        nd.FullyConnected(x, w, no_bias=True, num_hidden=4)


def test_an_empty_batch_passes_through_with_its_gradients():
    x, w = nd.zeros((0, 3, 2)), nd.ones((4, 6))
    x.attach_grad()
    w.attach_grad()
    with autograd.record():
        y = nd.FullyConnected(x, w, no_bias=True, num_hidden=4)
    y.backward()
    assert (y.shape, x.grad.shape) == ((0, 4), (0, 3, 2))
    assert not w.grad.asnumpy().any()


def test_halves_are_summed_up_at_full_precision():
    # In float16 the sum of 4096 ones would stop growing at 2048.
    x = nd.ones((1, 4096), dtype="float16")
    assert nd.FullyConnected(x, x, no_bias=True, num_hidden=1).asscalar() == 4096


def test_bfloat16_is_kept():
    x, w, b = (nd.ones(shape, dtype="bfloat16") for shape in ((2, 3), (4, 3), (4,)))
    y = nd.FullyConnected(x, w, b, num_hidden=4)
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y.asnumpy().astype("float32"), np.full((2, 4), 4.0))


def test_the_second_derivative_by_the_data_is_not_zero():
    """MXNet accepts this and returns 0: the derivative of 2 w (w x) by x is 2 w^2 = 18."""
    x, w = nd.array([[2.0]]), nd.array([[3.0]])
    x.attach_grad()
    with autograd.record():
        y = nd.FullyConnected(x, w, no_bias=True, num_hidden=1) ** 2
        (first,) = autograd.grad(y, [x], create_graph=True)
    first.backward()
    assert x.grad.asscalar() == 18


@pytest.mark.parametrize(
    ("name", "params", "wanted"),
    [
        ("FullyConnected", {"num_hidden": 2}, ("data", "weight", "bias")),
        ("FullyConnected", {"num_hidden": 2, "no_bias": True}, ("data", "weight")),
        ("Convolution", {"num_filter": 2, "kernel": (1,)}, ("data", "weight", "bias")),
        ("Deconvolution", {"num_filter": 2, "kernel": (1,)}, ("data", "weight")),
        ("LeakyReLU", {}, ("data",)),
        ("LeakyReLU", {"act_type": "prelu"}, ("data", "gamma")),
        ("softmax", {}, ("data",)),
        ("softmax", {"use_length": True}, ("data", "length")),
    ],
)
def test_layers_say_which_inputs_their_parameters_call_for(name, params, wanted):
    op = find_operator(name)
    assert op.used_inputs(op.fill(params)) == wanted
