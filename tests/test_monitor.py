"""Statistics of what flows through a network."""

from __future__ import annotations

import logging

import pytest

import gluonish as mx
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.gluon import nn
from gluonish.monitor import Monitor


@pytest.fixture
def net():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(2, in_units=3), nn.Dense(1, in_units=2))
    net.initialize(mx.init.One())
    return net


def look(monitor, net, *, backward=False):
    """Run a batch; return what the monitor found, with the text without its tab."""
    monitor.tic()
    with mx.autograd.record():
        y = net(mx.nd.ones((1, 3)))
    if backward:
        y.backward()
    return [(step, name, text.rstrip("\t")) for step, name, text in monitor.toc()]


def test_outputs_and_parameters_are_looked_at(net):
    monitor = Monitor(1)
    monitor.install(net)
    assert look(monitor, net) == [
        (1, "net_dense0_output", "3.0"),
        (1, "net_dense1_output", "6.0"),
        (1, "net_output", "6.0"),
        (1, "net_dense0_weight", "1.0"),
        (1, "net_dense0_weight_grad", "0.0"),
        (1, "net_dense0_bias", "0.0"),
        (1, "net_dense0_bias_grad", "0.0"),
        (1, "net_dense1_weight", "1.0"),
        (1, "net_dense1_weight_grad", "0.0"),
        (1, "net_dense1_bias", "0.0"),
        (1, "net_dense1_bias_grad", "0.0"),
    ]


def test_the_statistic_is_the_root_of_the_mean_square():
    monitor = Monitor(1)
    monitor.activated = True
    monitor.stat_helper("x", mx.nd.array([3.0, 4.0, 5.0, 0.0]))
    assert monitor.queue[0][2].asscalar() == pytest.approx((50 / 4) ** 0.5)


def test_names_are_selected_by_a_pattern_and_sorted(net):
    monitor = Monitor(1, pattern=".*weight_grad|.*output", sort=True)
    monitor.install(net)
    found = look(monitor, net, backward=True)
    assert [(name, text) for _, name, text in found] == [
        ("net_dense0_output", "3.0"),
        ("net_dense0_weight_grad", "1.0"),
        ("net_dense1_output", "6.0"),
        ("net_dense1_weight_grad", "3.0"),
        ("net_output", "6.0"),
    ]


def test_inputs_are_looked_at_if_all_is_wanted(net):
    monitor = Monitor(1, pattern=".*(input|output)", monitor_all=True)
    monitor.install(net)
    assert [name for _, name, _ in look(monitor, net)] == [
        "net_input0",
        "net_dense0_input0",
        "net_dense0_output",
        "net_dense1_input0",
        "net_dense1_output",
        "net_output",
    ]


def test_only_every_so_many_batches_are_looked_at(net):
    monitor = Monitor(2, pattern="net_output")
    monitor.install(net)
    assert [[step for step, _, _ in look(monitor, net)] for _ in range(5)] == [[1], [], [3], [], [5]]


def test_several_outputs_are_numbered():
    class Pair(mx.gluon.Block):
        def forward(self, x):
            return x, [x + 1, None]

    net = Pair(prefix="pair_")
    monitor = Monitor(1)
    monitor.install(net)
    assert [name for _, name, _ in look_at_pair(monitor, net)] == ["pair_output0", "pair_output1"]


def look_at_pair(monitor, net):
    monitor.tic()
    net(mx.nd.ones(1))
    return monitor.toc()


def test_a_statistic_may_be_several_arrays(net):
    monitor = Monitor(1, lambda x: [x.min(), mx.nd.array([1, 2])], pattern="net_output")
    monitor.install(net)
    assert look(monitor, net) == [(1, "net_output", "6.0\t[1. 2.]")]


def test_statistics_are_not_recorded(net):
    monitor = Monitor(1, pattern="net_output")
    monitor.install(net)
    monitor.tic()
    with mx.autograd.record():
        net(mx.nd.ones((1, 3)))
    assert monitor.queue[0][2]._node is None


def test_results_are_logged_in_mxnets_columns(net, caplog):
    caplog.set_level(logging.INFO)
    monitor = Monitor(1, pattern="net_output")
    monitor.install(net)
    monitor.tic()
    net(mx.nd.ones((1, 3)))
    monitor.toc_print()
    assert caplog.messages == ["Batch:       1 net_output                     6.0\t"]


def test_parameters_that_wait_for_their_shape_are_left_out():
    net = nn.Dense(2, prefix="fc_")
    net.initialize()
    monitor = Monitor(1)
    monitor.install(net)
    monitor.tic()
    assert [name for _, name, _ in monitor.toc()] == ["fc_bias", "fc_bias_grad"]


def test_it_is_installed_on_blocks():
    with pytest.raises(ArgumentTypeError, match="Monitor is installed on blocks"):
        Monitor(1).install(mx.sym.var("x"))


def test_a_pattern_is_a_regular_expression():
    with pytest.raises(ArgumentError, match="Monitor cannot select by this"):
        Monitor(1, pattern="(")


def test_a_statistic_is_an_array(net):
    monitor = Monitor(1, lambda x: 3, pattern="net_output")
    monitor.install(net)
    with pytest.raises(ArgumentTypeError, match="stat_func of a Monitor returned no arrays"):
        look(monitor, net)


def test_an_executor_gives_the_gradients_of_inputs_as_mxnet_does():
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
    net = mx.sym.Activation(net, act_type="sigmoid", name="act")
    net = mx.sym.LinearRegressionOutput(net, name="loss", grad_scale=2)
    exe = net.simple_bind(mx.cpu(), data=(1, 2))
    exe.copy_params_from({"data": mx.nd.ones((1, 2)), "loss_label": mx.nd.array([[0, 2]])})
    monitor = Monitor(1, stat_func=mx.nd.sum, pattern=".*backward|fc_output")
    monitor.install(exe)
    monitor.tic()
    exe.forward(is_train=True)
    exe.backward()
    assert [(name, text) for _, name, text in monitor.toc()] == [  # printed by MXNet 1.9.1
        ("fc_output", "0.0\t"),
        ("loss_backward_output0", "-1.0\t"),
        ("loss_backward_output1", "0.0\t"),
        ("act_backward_output", "-0.25\t"),
        ("fc_backward_output0", "0.0\t"),
        ("fc_backward_output1", "-0.5\t"),
        ("fc_backward_output2", "-0.25\t"),
    ]
    assert exe.grad_dict["fc_weight"].asnumpy().tolist() == [[0.125, 0.125], [-0.375, -0.375]]


def test_numbers_are_written_with_the_digits_of_their_dtype():
    exe = mx.sym.square(mx.sym.var("x"), name="y").simple_bind(mx.cpu(), x=(1,))
    exe.arg_dict["x"][:] = 0.4
    monitor = Monitor(1, stat_func=lambda x: x)
    monitor.install(exe)
    monitor.tic()
    exe.forward()
    assert [text for _, _, text in monitor.toc()] == ["0.16000001\t", "0.4\t"]
