"""Normalising layers: values, running statistics, and impossible arguments."""

from __future__ import annotations

import numpy as np
import pytest
from gluon.nn.golden import assert_golden, filled, ramp

import gluonish as mx
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.gluon import nn


def ready(layer, x):
    layer.initialize()
    layer(x)
    return layer


# -- BatchNorm ------------------------------------------------------------------------------------------


def test_batch_norm_gives_mxnets_numbers_outside_of_training():
    assert_golden(nn.BatchNorm(), (2, 3), (2, 3), [1.49999, 0.8, 0, -3.49999, 0.6, 0.2])


def test_batch_norm_gives_mxnets_numbers_in_training():
    values = [-0.38763, 0.44041, -1, 0.62223, -1.61237, 0.13736]
    assert_golden(nn.BatchNorm(), (3, 2), (3, 2), values, training=True)


def test_without_scale_gamma_is_one_whatever_it_was_set_to():
    values = [-2.22464, 0.60202, -1, 1.51112, 0.22464, -0.91314]
    assert_golden(nn.BatchNorm(scale=False, epsilon=1e-3), (3, 2), (3, 2), values, training=True)


def test_without_center_beta_is_added_and_not_learned():
    layer = ready(nn.BatchNorm(center=False, beta_initializer=mx.init.Constant(5)), ramp(4, 2))
    assert layer.beta.grad_req == "null"
    assert layer(mx.nd.zeros((1, 2))).asnumpy().tolist() == [[5, 5]]


def test_statistics_of_a_whole_step_are_mxnets():
    layer = nn.BatchNorm(momentum=0.5)
    layer.initialize()
    x = mx.nd.array([[1.0], [3.0]])
    with mx.autograd.record():
        y = layer(x)
    y.backward()
    np.testing.assert_allclose(y.asnumpy(), [[-0.999995], [0.999995]], atol=1e-6)
    assert layer.running_mean.data().asscalar() == 1
    assert layer.running_var.data().asscalar() == 1


def test_running_statistics_are_updated_in_the_forward_pass_while_training():
    layer = nn.BatchNorm(momentum=0.9)
    layer.initialize()
    x = mx.random.normal(2, 3, shape=(50, 4))
    mean, var = np.zeros(4), np.ones(4)
    host = x.asnumpy().astype("float64")
    for _ in range(3):
        with mx.autograd.train_mode():
            layer(x)
        mean = 0.9 * mean + 0.1 * host.mean(axis=0)
        var = 0.9 * var + 0.1 * host.var(axis=0)
    np.testing.assert_allclose(layer.running_mean.data().asnumpy(), mean, rtol=1e-5)
    np.testing.assert_allclose(layer.running_var.data().asnumpy(), var, rtol=1e-5)


def test_outside_of_training_statistics_are_used_and_left_alone():
    layer = ready(nn.BatchNorm(), ramp(2, 3))
    layer.running_mean.set_data([1.0, 2.0, 3.0])
    layer.running_var.set_data([4.0, 4.0, 4.0])
    y = layer(mx.nd.array([[3.0, 2.0, 1.0]])).asnumpy()
    np.testing.assert_allclose(y, [[1, 0, -1]], rtol=1e-5)
    assert layer.running_mean.data().asnumpy().tolist() == [1, 2, 3]


def test_global_statistics_are_used_and_left_alone_while_training_too():
    layer = ready(nn.BatchNorm(use_global_stats=True), ramp(2, 3))
    x = ramp(5, 3)
    with mx.autograd.train_mode():
        y = layer(x).asnumpy()
    np.testing.assert_allclose(y, x.asnumpy(), rtol=1e-4)
    assert not layer.running_mean.data().asnumpy().any()


def test_every_context_keeps_statistics_of_its_own_share(two):
    layer = nn.BatchNorm(momentum=0)
    layer.initialize(ctx=two)
    with mx.autograd.train_mode():
        layer(mx.nd.array([[1.0], [3.0]], ctx=two[0]))
        layer(mx.nd.array([[10.0], [10.0]], ctx=two[1]))
    assert [each.asscalar() for each in layer.running_mean.list_data()] == [2, 10]


def test_statistics_of_images_go_over_batch_and_pixels():
    layer = nn.BatchNorm()
    layer.initialize()
    x = mx.random.normal(3, 2, shape=(4, 2, 5, 6))
    with mx.autograd.train_mode():
        y = layer(x).asnumpy()
    np.testing.assert_allclose(y.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(y.var(axis=(0, 2, 3)), 1, rtol=1e-4)


def test_statistics_have_no_gradients_and_cannot_get_any():
    layer = ready(nn.BatchNorm(), ramp(2, 3))
    layer.collect_params().setattr("grad_req", "write")
    assert (layer.running_mean.grad_req, layer.running_var.grad_req) == ("null", "null")


def test_parameters_of_half_precision_stay_in_single():
    layer = ready(nn.BatchNorm(), ramp(2, 3))
    layer.cast("float16")
    assert all(p.data().dtype == np.float32 for p in layer.collect_params().values())
    layer.cast("float64")
    assert layer.gamma.data().dtype == np.float64


def test_the_repr_of_batch_norm_is_mxnets():
    assert repr(nn.BatchNorm(in_channels=4)) == (
        "BatchNorm(axis=1, eps=1e-05, momentum=0.9, fix_gamma=False, use_global_stats=False, in_channels=4)"
    )


# -- LayerNorm ------------------------------------------------------------------------------------------


def test_layer_norm_gives_mxnets_numbers():
    values = [-0.34347, 0.50505, -0.29495, 1.65653, -1.1, 0.12, -0.68, 0.9]
    assert_golden(nn.LayerNorm(), (2, 4), (2, 4), values)


def test_layer_norm_along_another_axis_gives_mxnets_numbers():
    values = [-0.38814, -1.10097, 0.4, 0.62213, -0.64475, -0.13748]
    values += [-1.6563, -1.10097, 0.17787, 0.62213, -0.35961, -0.13748]
    assert_golden(nn.LayerNorm(axis=1, epsilon=1e-2), (2, 3, 2), (2, 3, 2), values)


def test_each_example_is_normalised_by_itself():
    layer = nn.LayerNorm()
    layer.initialize()
    x = mx.random.normal(3, 2, shape=(5, 7))
    y = layer(x).asnumpy()
    np.testing.assert_allclose(y.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(y.var(axis=1), 1, rtol=1e-4)
    np.testing.assert_array_equal(layer(x[2:3]).asnumpy(), y[2:3])


def test_group_norm_gives_mxnets_numbers():
    values = [-0.34347, -1.26261, -0.73739, -1.65653, 0.44, 0.12, 0.68, 0.36]
    assert_golden(nn.GroupNorm(2), (1, 4, 2), (1, 4, 2), values)
    values = [-0.5002, -1.4998, 0.20008, 0.59992, -0.59975, -0.20025]
    assert_golden(nn.GroupNorm(3, epsilon=1e-2), (1, 3, 2), (1, 3, 2), values)


def test_channels_that_the_groups_do_not_divide_are_an_error():
    layer = nn.GroupNorm(3)
    layer.initialize()
    with pytest.raises(ShapeMismatchError, match="cannot split its channels, axis 1, into 3 equal groups"):
        layer(mx.nd.ones((2, 4, 2)))


def test_instance_norm_gives_mxnets_numbers():
    values = [-0.41876, -1.63936, -0.94188, 0.64495, 0.4, 0.15505]
    assert_golden(nn.InstanceNorm(), (1, 2, 3), (1, 2, 3), values)


def test_instance_norm_of_another_axis_gives_mxnets_numbers():
    values = [-0.38814, 0.44039, -1, 0.62213, -1.61186, 0.13748]
    values += [-1.6563, 0.44039, -0.44467, 0.62213, -0.89903, 0.13748]
    layer = nn.InstanceNorm(axis=-1, epsilon=1e-2, scale=True)
    assert_golden(layer, (2, 3, 2), (2, 3, 2), values)


def test_batch_norm_relu_is_batch_norm_and_relu():
    """MXNet computes it with oneDNN only, on four axes; its definition is this."""
    x = ramp(3, 2)
    plain, rectified = filled(nn.BatchNorm(), x), filled(nn.BatchNormReLU(), x)
    with mx.autograd.train_mode():
        expected = np.maximum(plain(x).asnumpy(), 0)
        np.testing.assert_allclose(rectified(x).asnumpy(), expected, rtol=1e-6)
    assert (expected == 0).any()
    for name in ("running_mean", "running_var"):
        state = getattr(plain, name).data().asnumpy()
        np.testing.assert_array_equal(getattr(rectified, name).data().asnumpy(), state)


def test_texts_have_all_arguments():
    assert repr(nn.GroupNorm(2)) == "GroupNorm(eps=1e-05, num_groups=2, center=True, scale=True)"
    assert repr(nn.InstanceNorm(in_channels=3)) == (
        "InstanceNorm(eps=1e-05, axis=1, center=True, scale=False, in_channels=3)"
    )
    assert repr(nn.BatchNormReLU(in_channels=3)) == (
        "BatchNormReLU(axis=1, eps=1e-05, momentum=0.9, fix_gamma=False, use_global_stats=False, "
        "in_channels=3)"
    )


@pytest.mark.parametrize("kind", [nn.LayerNorm, nn.InstanceNorm, nn.GroupNorm, nn.BatchNormReLU])
@pytest.mark.parametrize(("argument", "name"), [("scale", "gamma"), ("center", "beta")])
def test_what_is_not_to_be_learned_never_gets_a_gradient(kind, argument, name):
    layer = ready(kind(**{"scale": True, argument: False}), ramp(2, 3, 2))
    layer.collect_params().setattr("grad_req", "add")
    learned = {"gamma": "add", "beta": "add", name: "null"}
    assert {"gamma": layer.gamma.grad_req, "beta": layer.beta.grad_req} == learned


# -- impossible arguments -------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [nn.BatchNorm, nn.LayerNorm, nn.InstanceNorm, nn.BatchNormReLU])
def test_an_impossible_number_of_channels_is_an_error(layer):
    with pytest.raises(
        ArgumentError, match=rf"{layer.__name__} has an impossible in_channels.*\n.*received -3"
    ):
        layer(in_channels=-3)


@pytest.mark.parametrize("groups", [0, -1, 1.5])
def test_an_impossible_number_of_groups_is_an_error(groups):
    with pytest.raises(
        ArgumentError, match=rf"GroupNorm has an impossible num_groups.*\n.*received {groups}"
    ):
        nn.GroupNorm(groups)


@pytest.mark.parametrize("layer", [nn.BatchNorm, nn.LayerNorm])
def test_an_axis_that_the_input_does_not_have_is_an_error_and_leaves_the_layer_pending(layer):
    norm = layer(axis=2)
    norm.initialize()
    with pytest.raises(ArgumentError, match=r"has no axis 2 to work on.*\n.*an array of 2 axes"):
        norm(mx.nd.ones((4, 3)))
    assert norm(mx.nd.ones((4, 3, 5))).shape == (4, 3, 5)
    assert norm.gamma.shape == (5,)
