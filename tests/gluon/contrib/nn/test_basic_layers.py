"""Layers of ``gluon.contrib``: values, shared statistics, and impossible arguments."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from gluon.nn.golden import assert_golden, filled, ramp

import gluonish as mx
from gluonish import autograd
from gluonish.errors import ArgumentError, TeamError
from gluonish.gluon import nn
from gluonish.gluon.contrib.nn import (
    Concurrent,
    HybridConcurrent,
    Identity,
    PixelShuffle1D,
    PixelShuffle2D,
    PixelShuffle3D,
    SyncBatchNorm,
)
from gluonish.gluon.utils import call_together, split_and_load

# -- branches -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Concurrent, HybridConcurrent])
def test_outputs_of_branches_stand_side_by_side(kind):
    net = kind(axis=1)
    net.add(Identity(), nn.Activation("relu"), Identity())
    x = ramp(2, 2)
    expected = np.concatenate([x.asnumpy(), np.maximum(x.asnumpy(), 0), x.asnumpy()], axis=1)
    np.testing.assert_array_equal(net(x).asnumpy(), expected)
    assert [type(block) for block in net] == [Identity, nn.Activation, Identity]


def test_branches_are_concatenated_along_the_last_axis_unless_said_otherwise():
    net = Concurrent()
    net.add(Identity(), Identity())
    assert net(mx.nd.ones((2, 3, 4))).shape == (2, 3, 8)


def test_identity_is_its_input():
    x = ramp(2, 2)
    assert Identity()(x) is x


# -- pixels ---------------------------------------------------------------------------------------------


def test_pixels_are_shuffled_as_in_mxnet():
    assert_golden(PixelShuffle1D(2), (1, 4, 2), (1, 2, 4), [-5, -2, 2, 5, 1, 4, -3, 0])
    values = [
        *(-5, -2, 1, 2, 5, -3, 4, -4, -1, 0, 3, -5),
        *(2, 5, -3, -2, 1, 4, 0, 3, -5, -4, -1, 2),
    ]
    assert_golden(PixelShuffle2D((2, 3)), (1, 12, 1, 2), (1, 2, 2, 6), values)
    assert_golden(PixelShuffle3D((2, 1, 3)), (1, 12, 1, 2, 1), (1, 2, 2, 2, 3), values)


def test_channel_and_place_decide_where_a_pixel_goes():
    f1, f2, f3 = 2, 3, 4
    x = mx.random.normal(shape=(2, 5 * f1 * f2 * f3, 2, 1, 3)).asnumpy()
    y = PixelShuffle3D((f1, f2, f3))(mx.nd.array(x)).asnumpy()
    assert y.shape == (2, 5, 2 * f1, 1 * f2, 3 * f3)
    for place in np.ndindex(*y.shape):
        n, c, d, h, w = place
        channel = ((c * f1 + d % f1) * f2 + h % f2) * f3 + w % f3
        assert y[place] == x[n, channel, d // f1, h // f2, w // f3]


def test_the_repr_has_the_factors():
    assert [repr(each) for each in (PixelShuffle1D(2), PixelShuffle2D(3), PixelShuffle3D((1, 2, 3)))] == [
        "PixelShuffle1D(2)",
        "PixelShuffle2D((3, 3))",
        "PixelShuffle3D((1, 2, 3))",
    ]


@pytest.mark.parametrize("factor", [0, (2, 3, 4), 1.5])
def test_an_impossible_factor_is_an_error(factor):
    with pytest.raises(AssertionError, match="PixelShuffle2D has an impossible factor"):
        PixelShuffle2D(factor)


# -- SyncBatchNorm --------------------------------------------------------------------------------------


def network(kind, contexts, **arguments):
    """Return a small network with a normalising layer in it, and values that are no fresh ones."""
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(4), kind(**arguments), nn.Dense(2))
    net.initialize(ctx=contexts)

    net.infer_shape(mx.nd.ones((1, 3)))
    for i, (name, parameter) in enumerate(net.collect_params().items(), start=1):
        if "running" not in name:
            parameter.set_data(ramp(*parameter.shape, scale=0.05 * i))
    return net


def on_the_whole_batch(x):
    """Return output, gradients and statistics of an ordinary BatchNorm on one device."""
    net = network(nn.BatchNorm, [mx.cpu(0)], momentum=0.5)
    with autograd.record():
        y = net(x)
        loss = (y * y).sum()
    loss.backward()
    found = {name: p.data() if "running" in name else p.grad() for name, p in net.collect_params().items()}
    return y.asnumpy(), {name: array.asnumpy() for name, array in found.items()}


def renamed(found):
    return {name.replace("syncbatchnorm", "batchnorm"): array for name, array in found.items()}


@pytest.mark.parametrize("hybridized", [False, True])
@pytest.mark.parametrize("batch", [6, 7])
def test_devices_that_run_together_have_the_statistics_and_gradients_of_the_whole_batch(
    contexts, hybridized, batch
):
    x = mx.random.normal(1, 2, shape=(batch, 3))
    y, expected = on_the_whole_batch(x)
    net = network(SyncBatchNorm, contexts, momentum=0.5, num_devices=len(contexts))
    if hybridized:
        net.hybridize()

    def run(part):
        output = net(part)
        return output, (output * output).sum()

    parts = split_and_load(x, contexts, even_split=False)
    with autograd.record():
        results = call_together(run, parts)
    autograd.backward([loss for _, loss in results])
    found = np.concatenate([output.asnumpy() for output, _ in results])
    np.testing.assert_allclose(found, y, rtol=1e-4, atol=1e-5)
    sums = {}
    for name, p in net.collect_params().items():
        if "running" in name:
            replicas = [each.asnumpy() for each in p.list_data()]
            for replica in replicas:
                np.testing.assert_array_equal(replica, replicas[0])
            sums[name] = replicas[0]
        else:
            sums[name] = sum(g.asnumpy() for g in p.list_grad())
    for name, array in renamed(sums).items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-3, atol=1e-4, err_msg=name)


def test_one_device_gives_the_numbers_of_mxnet():
    values = [-0.38763, 0.44041, -1, 0.62223, -1.61237, 0.13736]
    assert_golden(SyncBatchNorm(num_devices=1), (3, 2), (3, 2), values, training=True)


def test_devices_called_in_turn_have_their_own_statistics_and_a_warning(two):
    layer = SyncBatchNorm(num_devices=2, prefix="sync_")
    layer.initialize(ctx=two)
    with autograd.train_mode():
        layer.infer_shape(mx.nd.ones((2, 1)))
        with pytest.warns(UserWarning, match=r"SyncBatchNorm 'sync_' of 2 devices does not run in call_tog"):
            y = layer(mx.nd.array([[1.0], [3.0]], ctx=two[1]))
    np.testing.assert_allclose(y.asnumpy(), [[-1], [1]], atol=1e-4)


def test_outside_of_training_nothing_is_shared(two):
    layer = filled(SyncBatchNorm(num_devices=2), ramp(2, 3))
    layer.collect_params().reset_ctx(two)
    x = ramp(4, 3)
    alone = layer(x).asnumpy()
    together = call_together(layer, split_and_load(x, two))
    np.testing.assert_array_equal(np.concatenate([y.asnumpy() for y in together]), alone)


def test_global_statistics_are_used_together_too(two):
    layer = SyncBatchNorm(num_devices=2, use_global_stats=True, in_channels=1)
    layer.initialize(ctx=two)
    x = mx.nd.array([[3.0], [5.0]])
    with autograd.train_mode():
        parts = call_together(layer, split_and_load(x, two))
    np.testing.assert_allclose([y.asscalar() for y in parts], [3, 5], rtol=1e-4)


def test_without_scale_gamma_is_one_together_too(two):
    layer = SyncBatchNorm(num_devices=2, scale=False, gamma_initializer=mx.init.Constant(7), in_channels=1)
    layer.initialize(ctx=two)
    with autograd.train_mode():
        parts = call_together(layer, split_and_load(mx.nd.array([[1.0], [3.0]]), two))
    np.testing.assert_allclose([y.asscalar() for y in parts], [-1, 1], rtol=1e-4)
    assert [replica.asscalar() for replica in layer.gamma.list_data()] == [1, 1]


def test_half_precision_is_normalised_in_single(two):
    layer = SyncBatchNorm(num_devices=2, in_channels=1)
    layer.initialize(ctx=two)
    x = mx.nd.array([[300.0], [302.0], [304.0], [306.0]], dtype="float16")
    with autograd.train_mode():
        parts = call_together(layer, split_and_load(x, two))
    expected = (x.asnumpy().astype("float64") - 303) / np.sqrt(5)
    assert {y.dtype for y in parts} == {np.float16}
    np.testing.assert_allclose(np.concatenate([y.asnumpy() for y in parts]), expected, atol=2e-3)


def test_a_device_that_fails_ends_the_others_and_its_error_is_raised(two):
    layer = SyncBatchNorm(num_devices=2, in_channels=1)
    layer.initialize(ctx=two)

    def run(x):
        if x.context == two[1]:
            raise KeyError("lost")
        return layer(x)

    with autograd.train_mode(), pytest.raises(KeyError, match="lost"):
        call_together(run, split_and_load(mx.nd.ones((2, 1)), two))


def test_devices_that_do_not_do_the_same_are_an_error(two):
    layer = SyncBatchNorm(num_devices=2, in_channels=1)
    layer.initialize(ctx=two)

    def run(x):
        return layer(x) if x.context == two[0] else x

    with autograd.train_mode(), pytest.raises(TeamError, match="waits for a member that does not come"):
        call_together(run, split_and_load(mx.nd.ones((2, 1)), two))


def test_the_repr_says_how_many_devices():
    assert repr(SyncBatchNorm(3, num_devices=2, prefix="sync_")) == (
        "SyncBatchNorm(eps=1e-05, momentum=0.9, fix_gamma=False, use_global_stats=False, ndev=2, "
        "key='sync_', in_channels=3)"
    )


def test_an_impossible_number_of_devices_is_an_error():
    with pytest.raises(ArgumentError, match=r"SyncBatchNorm has an impossible num_devices.*\n.*received 0"):
        SyncBatchNorm(num_devices=0)


def test_a_layer_for_one_device_does_not_warn():
    layer = SyncBatchNorm(num_devices=1, in_channels=1)
    layer.initialize()
    with warnings.catch_warnings(), autograd.train_mode():
        warnings.simplefilter("error")
        layer(mx.nd.ones((2, 1)))
