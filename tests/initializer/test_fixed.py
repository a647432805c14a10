"""Initializers that draw nothing; numbers printed by MXNet 1.9.1 where it states a pattern."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ShapeMismatchError


def fill(init, shape, dtype="float32"):
    parameter = mx.gluon.Parameter("w", shape=shape, dtype=dtype)
    parameter.initialize(init)
    return parameter.data().asnumpy()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "int8", "int32", "bool"])
@pytest.mark.parametrize(
    ("init", "value"), [(mx.init.Zero(), 0), (mx.init.One(), 1), (mx.init.Constant(1), 1)], ids=repr
)
def test_constants_fill_every_dtype(init, value, dtype):
    values = fill(init, (2, 3), dtype)
    assert values.dtype.name == dtype
    assert (values == value).all()


@pytest.mark.parametrize("shape", [(), (4,), (2, 3, 4)])
def test_constants_fill_every_shape(shape):
    assert fill(mx.init.One(), shape).tolist() == np.ones(shape).tolist()


@pytest.mark.parametrize(
    "value",
    [
        [[1.0, 2.0, 3.0]],
        np.array([[1.0, 2.0, 3.0]]),
        mx.nd.array([[1.0, 2.0, 3.0]]),
        mx.nd.array([1.0, 2.0, 3.0], ctx=mx.cpu(2)),
    ],
    ids=["list", "numpy", "NDArray", "elsewhere"],
)
def test_constant_takes_an_array_that_broadcasts(value):
    assert fill(mx.init.Constant(value), (2, 3)).tolist() == [[1, 2, 3], [1, 2, 3]]


def test_constant_takes_a_number_of_any_kind():
    for number in (0.5, np.float64(0.5), np.array(0.5), mx.nd.array([0.5])):
        assert fill(mx.init.Constant(number), (2,)).tolist() == [0.5, 0.5]


def test_an_array_that_does_not_broadcast_is_an_error_and_leaves_the_parameter_uninitialized():
    parameter = mx.gluon.Parameter("w", shape=(2, 3))
    with pytest.raises(ShapeMismatchError, match=r"broadcasts to \(2, 3\), received shape \(2,\)"):
        parameter.initialize(mx.init.Constant([1.0, 2.0]))
    with pytest.raises(mx.errors.NotInitializedError):
        parameter.data()


BILINEAR = {
    (4, 4): [
        [0.0625, 0.1875, 0.1875, 0.0625],
        [0.1875, 0.5625, 0.5625, 0.1875],
        [0.1875, 0.5625, 0.5625, 0.1875],
        [0.0625, 0.1875, 0.1875, 0.0625],
    ],
    (3, 3): [[0.0625, 0.1875, 0.1875], [0.1875, 0.5625, 0.5625], [0.1875, 0.5625, 0.5625]],
    (5, 5): [
        [0.1111111119389534, 0.2222222238779068, 0.3333333432674408, 0.2222222238779068, 0.1111111119389534],
        [0.2222222238779068, 0.4444444477558136, 0.6666666865348816, 0.4444444477558136, 0.2222222238779068],
        [0.3333333432674408, 0.6666666865348816, 1.0, 0.6666666865348816, 0.3333333432674408],
        [0.2222222238779068, 0.4444444477558136, 0.6666666865348816, 0.4444444477558136, 0.2222222238779068],
        [0.1111111119389534, 0.2222222238779068, 0.3333333432674408, 0.2222222238779068, 0.1111111119389534],
    ],
    (2, 3): [[0.0625, 0.1875, 0.1875], [0.1875, 0.5625, 0.5625]],
    (3, 2): [[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]],
    (1, 1): [[1.0]],
}


@pytest.mark.parametrize("size", BILINEAR, ids=str)
def test_bilinear_kernels_are_mxnets(size):
    values = fill(mx.init.Bilinear(), (2, 3, *size))
    np.testing.assert_allclose(values, np.broadcast_to(BILINEAR[size], (2, 3, *size)), atol=1e-7)


@pytest.mark.parametrize("shape", [(4, 4), (1, 4, 4), (1, 1, 1, 4, 4)])
def test_bilinear_wants_four_axes(shape):
    with pytest.raises(ShapeMismatchError, match=r"fills kernels.\s+Expected a shape \(out, in, height, wid"):
        fill(mx.init.Bilinear(), shape)


@pytest.mark.parametrize(("size", "ones"), [(8, [2, 3]), (6, [1]), (4, [1])])
def test_lstm_bias_opens_the_forget_gate_alone(size, ones):
    expected = np.zeros(size)
    expected[ones] = 0.5
    assert fill(mx.init.LSTMBias(0.5), (size,)).tolist() == expected.tolist()


def test_the_forget_gate_starts_at_one_unless_given():
    assert fill(mx.init.LSTMBias(), (4,)).tolist() == [0, 1, 0, 0]


def test_lstm_bias_called_by_a_bias_name_is_zero_as_in_mxnet():
    array = mx.nd.ones((8,))
    mx.init.LSTMBias()(mx.init.InitDesc("lstm_i2h_bias"), array)
    assert not array.asnumpy().any()
