"""``mx.npx``, and Gluon with arrays of ``mx.np``."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd, gluon
from gluonish.errors import ShapeMismatchError, UnsupportedError
from gluonish.gluon import nn
from gluonish.numpy_extension.tables import OPERATORS


@pytest.mark.parametrize(("name", "op_name"), OPERATORS.items())
def test_every_function_is_a_classic_operator(name, op_name):
    function = getattr(mx.npx, name)
    assert function.__name__ == name
    assert (
        function.__doc__
        == getattr(mx.nd, op_name.removeprefix("_contrib_"), mx.nd.contrib.arange_like).__doc__
    )


def test_functions_return_numpy_arrays_whatever_they_get():
    for x in (mx.np.array([-1.0, 1.0]), mx.nd.array([-1.0, 1.0])):
        assert isinstance(mx.npx.relu(x), mx.np.ndarray)
        assert isinstance(mx.npx.relu(data=x), mx.np.ndarray)


@pytest.mark.parametrize(
    ("source", "target", "reverse", "shape"),
    [
        ((2, 3, 4), (-2, -2, -2), False, (2, 3, 4)),
        ((2, 3, 4), (-4,), False, (2, 3, 4)),
        ((2, 3, 4), (-5, -4), False, (6, 4)),
        ((2, 3, 4), (-1, 4), False, (6, 4)),
        ((8, 3, 3, 4, 4), (-6, 2, -1, -4), False, (2, 4, 3, 3, 4, 4)),
        ((8, 3, 3, 4, 4), (-5, -4), False, (24, 3, 4, 4)),
        ((8, 3, 3, 4, 4), (-4, -5), True, (8, 3, 3, 16)),
        ((8, 3, 3, 4, 4), (-2, -6, -1, 3, -4), False, (8, 1, 3, 3, 4, 4)),
        ((1, 3, 1), (-3, -2, -3), False, (3,)),
    ],
)
def test_codes_of_reshape_are_mxnets(source, target, reverse, shape):
    assert mx.npx.reshape(mx.np.zeros(source), target, reverse=reverse).shape == shape


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ((-2, -2, -2, -2), "it has too few axes"),
        ((-3,), "drops an axis of size 1 only"),
        ((-6, 2), "needs two sizes after it"),
        ((-6, 3, 3), "cannot be split into 3 x 3"),
        ((-7,), "-7 is no code"),
        ((-1, -1), "one size, at most, to be inferred"),
        ((5, 5), "cannot fill the shape"),
    ],
)
def test_codes_that_do_not_fit_are_refused(target, text):
    with pytest.raises(ShapeMismatchError, match=text):
        mx.npx.reshape(mx.np.zeros((2, 3, 4)), target)


def test_reshape_knows_one_order():
    with pytest.raises(UnsupportedError, match="order of C only"):
        mx.npx.reshape(mx.np.zeros((2,)), (2,), order="F")


def test_files_come_back_as_numpy_arrays(tmp_path):
    path = tmp_path / "x.params"
    mx.npx.save(path, {"a": mx.np.array(3.0), "b": mx.np.zeros((0, 2))})
    found = mx.npx.load(path)
    assert all(isinstance(each, mx.np.ndarray) for each in found.values())
    assert (found["a"].shape, found["b"].shape) == ((), (0, 2))
    mx.npx.save(path, [mx.np.ones(2)])
    assert mx.npx.load(path)[0].tolist() == [1, 1]


def test_nonzero_gives_a_row_for_each_element():
    assert mx.npx.nonzero(mx.np.array([[0, 2], [3, 0]])).tolist() == [[0, 1], [1, 0]]


# -- Gluon --------------------------------------------------------------------------------------------------


def network():
    net = nn.HybridSequential()
    net.add(nn.Conv2D(2, 3), nn.BatchNorm(), nn.Activation("relu"), nn.Flatten(), nn.Dense(3))
    net.initialize(mx.init.One())
    return net


def test_layers_take_numpy_arrays_and_give_the_same_numbers():
    data = np.linspace(-1, 1, 50).reshape(2, 1, 5, 5)
    classic, modern = network()(mx.nd.array(data)), network()(mx.np.array(data, dtype="float32"))
    assert type(modern) is mx.np.ndarray
    np.testing.assert_array_equal(modern.asnumpy(), classic.asnumpy())


def test_a_block_has_numpys_functions_in_its_namespace():
    class Attention(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return F.npx.softmax(F.np.matmul(x, F.np.swapaxes(x, -1, -2)), axis=-1)

    y = Attention()(mx.np.ones((2, 3, 4)))
    np.testing.assert_allclose(y.asnumpy(), np.full((2, 3, 3), 1 / 3), rtol=1e-6)


def test_a_network_is_trained_with_numpy_arrays():
    net = nn.Dense(1)
    net.initialize(mx.init.One())
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    with autograd.record():
        loss = gluon.loss.L2Loss()(net(mx.np.array([[1.0, 2.0], [3.0, 4.0]])), mx.np.array([1.0, 2.0]))
    loss.backward()
    trainer.step(2)
    assert isinstance(loss, mx.np.ndarray)
    # MXNet 1.9.1 prints these.
    np.testing.assert_allclose(loss.asnumpy(), [2.0, 12.5], rtol=1e-6)
    np.testing.assert_allclose(net.weight.data().asnumpy(), [[0.15, -0.2]], rtol=1e-5)


def test_under_numpys_semantics_gluon_hands_out_numpy_arrays():
    parameter = gluon.Parameter("w", shape=(2,))
    parameter.initialize()
    loader = gluon.data.DataLoader(gluon.data.ArrayDataset(np.ones((2, 2)), np.arange(2)), batch_size=2)
    with mx.util.np_shape(), mx.util.np_array():
        arrays = [
            parameter.data(),
            parameter.grad(),
            *parameter.list_data(),
            *parameter.list_grad(),
            *next(iter(loader)),
            *gluon.utils.split_and_load(np.ones((2, 2)), [mx.cpu(0), mx.cpu(1)]),
        ]
    assert {type(each) for each in arrays} == {mx.np.ndarray}
    assert type(parameter.data()) is mx.nd.NDArray


def test_a_deferred_network_is_settled_under_numpys_semantics():
    class Odd(gluon.HybridBlock):
        """Its shapes cannot be traced: it looks at its input's."""

        def __init__(self):
            super().__init__()
            self.weight = self.params.get("weight", shape=(3, 0), allow_deferred_init=True)

        def hybrid_forward(self, F, x, weight):
            assert x.shape[0] == 2
            return F.FullyConnected(x, weight, num_hidden=3, no_bias=True)

    block = Odd()
    block.initialize(mx.init.One())
    with mx.util.np_shape(), mx.util.np_array():
        y = block(mx.np.ones((2, 4)))
    assert type(y) is mx.np.ndarray
    assert block.weight.shape == (3, 4)
