"""Block.summary and the tables of parameters."""

from __future__ import annotations

import networks
import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd, nd
from gluonish.errors import NotInitializedError, ShapeMismatchError
from gluonish.gluon import Block, nn
from gluonish.gluon.summary import summarize
from gluonish.gluon.tables import Table, parameter_table


def normalized():
    """Return a small network whose statistics a training pass would change."""
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Conv2D(4, kernel_size=3), nn.BatchNorm(), nn.Flatten(), nn.Dense(3), nn.Dropout(0.5))
    net.initialize()
    return net


def images():
    return nd.random.normal(shape=(2, 1, 5, 5))


def rows(table):
    """Return the rows: layer, shape and count."""
    return list(table.rows)


def totals(table):
    return list(table.notes)


def hooks(block):
    """Return how many hooks a block and all below it have."""
    found = []
    block.apply(lambda each: found.append(len(each._forward_hooks) + len(each._forward_pre_hooks)))
    return sum(found)


# -- the table --------------------------------------------------------------------------------------------


def test_it_is_printed_and_nothing_is_returned(capsys):
    net, x = normalized(), images()
    assert net.summary(x) is None
    assert capsys.readouterr().out == f"{summarize(net, (x,))}\n"


def test_every_layer_has_a_row_in_the_order_of_the_forward_pass_with_mxnets_shapes_and_counts():
    assert rows(summarize(normalized(), (images(),))) == [
        ("Input", "(2, 1, 5, 5)", ""),
        ("Conv2D net_conv0", "(2, 4, 3, 3)", "40"),
        ("BatchNorm net_batchnorm0", "(2, 4, 3, 3)", "16"),
        ("Flatten net_flatten0", "(2, 36)", "0"),
        ("Dense net_dense0", "(2, 3)", "111"),
        ("Dropout net_dropout0", "(2, 3)", "0"),
        ("HybridSequential net", "(2, 3)", "0"),
    ]


def test_the_totals_tell_trained_parameters_from_others():
    assert totals(summarize(normalized(), (images(),))) == [
        "Parameters: 167 in 8 arrays",
        "  trainable: 159",
        "  not trainable: 8",
    ]


def test_frozen_parameters_are_not_trainable():
    net = normalized()
    net.collect_params(".*dense").setattr("grad_req", "null")
    assert totals(summarize(net, (images(),)))[1:] == ["  trainable: 48", "  not trainable: 119"]


def test_large_counts_are_grouped_by_thousands():
    net = nn.Dense(1000, in_units=2000, prefix="wide_")
    net.initialize()
    text = summarize(net, (nd.ones((1, 2000)),))
    assert rows(text)[1] == ("Dense wide", "(1, 1000)", "2,001,000")
    assert totals(text)[0] == "Parameters: 2,001,000 in 2 arrays"


def test_shared_parameters_are_counted_once_where_they_are_used_first():
    net = networks.Tied(in_units=5, prefix="tied_")
    net.initialize()
    text = summarize(net, (nd.ones((2, 5)),))
    assert [(layer.split()[0], count) for layer, _, count in rows(text)] == [
        ("Input", ""),
        ("Activation", "0"),
        ("Dense", "30"),
        ("Dense", "0"),
        ("Tied", "0"),
    ]
    assert totals(text) == [
        "Parameters: 30 in 2 arrays",
        "  trainable: 30",
        "  not trainable: 0",
        "  shared by several layers: 2 uses beyond the first",
    ]


def test_a_layer_that_is_used_twice_has_a_row_for_each_call():
    layer = nn.Dense(4, in_units=4, prefix="again_")
    net = nn.Sequential(prefix="net_")
    net.add(layer, layer)
    net.initialize()
    assert [row[0] for row in rows(summarize(net, (nd.ones((2, 4)),)))] == [
        "Input",
        "Dense again",
        "Dense again",
        "Sequential net",
    ]


def test_several_inputs_and_nested_outputs_are_listed():
    class Two(Block):
        def forward(self, x, y):
            return x, [y, (x + y).sum()]

    text = summarize(Two(prefix="two_"), (nd.ones((2, 4)), nd.ones((2, 1))))
    assert rows(text) == [
        ("Input", "[(2, 4), (2, 1)]", ""),
        ("Two two", "[(2, 4), [(2, 1), (1,)]]", "0"),
    ]


def test_a_network_without_parameters_has_none():
    assert totals(summarize(nn.Flatten(), (images(),)))[0] == "Parameters: 0 in 0 arrays"


# -- pending parameters -----------------------------------------------------------------------------------


def test_the_pass_completes_pending_parameters():
    net = normalized()
    summarize(net, (images(),))
    assert not net.collect_params().explain()


def test_the_first_and_the_second_summary_are_the_same():
    net, x = normalized(), images()
    assert summarize(net, (x,)) == summarize(net, (x,))


@pytest.mark.parametrize("kind", [networks.Own, networks.Imperative])
def test_parameters_that_the_pass_leaves_pending_are_shown_as_unknown(kind):
    class Idle(kind):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            with self.name_scope():
                self.layer = nn.Dense(2)

        def forward(self, x, *args):
            return self.layer(x)

    net = Idle(prefix="idle_")
    net.initialize()
    text = summarize(net, (nd.ones((2, 4)),))
    assert rows(text)[1:] == [("Dense idle_dense0", "(2, 2)", "10"), ("Idle idle", "(2, 2)", "?")]
    assert totals(text)[0] == "Parameters: 10 in 4 arrays"
    assert totals(text)[-1] == "  arrays of unknown shape, not counted: 2"


def test_a_network_that_was_never_initialized_is_an_error_that_names_a_parameter_and_prints_nothing(capsys):
    net = nn.Dense(2, prefix="fc_")
    with pytest.raises(
        NotInitializedError, match=r"'fc_weight' has not been initialized.*\n.*net.initialize"
    ):
        net.summary(nd.ones((2, 4)))
    with pytest.raises(AssertionError):
        net.summary(nd.ones((2, 4)))
    assert capsys.readouterr().out == ""
    assert hooks(net) == 0


# -- what it leaves behind --------------------------------------------------------------------------------


def test_no_hook_stays_and_the_users_own_do():
    net, calls = normalized(), []
    net.register_forward_hook(lambda *_: calls.append("own"))
    summarize(net, (images(),))
    assert hooks(net) == 1
    net(images())
    assert calls == ["own", "own"]


def test_no_hook_stays_after_a_pass_that_failed():
    net = normalized()
    net(images())
    with pytest.raises(ShapeMismatchError, match="'weight'"):
        net.summary(nd.ones((2, 7, 5, 5)))
    assert hooks(net) == 0


@pytest.mark.parametrize("scope", [autograd.record, autograd.train_mode])
def test_even_in_a_training_scope_no_statistics_change_and_nothing_is_recorded(scope):
    net, x = normalized(), images()
    net(x)
    before = {name: p.data().asnumpy() for name, p in net.collect_params().items()}
    x.attach_grad()
    with scope():
        text = summarize(net, (x,))
        y = (x * x).sum()
    assert rows(text)[-1][1] == "(2, 3)"
    for name, parameter in net.collect_params().items():
        np.testing.assert_array_equal(parameter.data().asnumpy(), before[name], err_msg=name)
    if scope is autograd.record:
        y.backward()
        np.testing.assert_allclose(x.grad.asnumpy(), 2 * x.asnumpy())


def test_random_streams_go_on_as_if_there_had_been_no_summary():
    net, x = normalized(), images()
    net(x)
    drawn = []
    for asked in (True, False):
        mx.random.seed(3)
        with autograd.train_mode():
            if asked:
                summarize(net, (x,))
            drawn.append(net(x).asnumpy())
    np.testing.assert_array_equal(*drawn)


def test_it_runs_where_the_inputs_are(two):
    net = normalized()
    net.collect_params().reset_ctx(two)
    assert rows(summarize(net, (images().as_in_context(two[1]),)))[-1][1] == "(2, 3)"


# -- tables -----------------------------------------------------------------------------------------------


def test_columns_are_as_wide_as_their_widest_cell_and_numbers_stand_at_the_right():
    text = str(Table(("name", "n"), [("a", "1"), ("longer", "1,000")], right=(1,)))
    assert text == "name        n\n------  -----\na           1\nlonger  1,000"


def test_a_table_without_rows_has_its_header():
    assert str(Table(("name", "n"), [])) == "name  n\n----  -"


def test_the_table_of_parameters_follows_their_life(two):
    net = nn.Dense(2, prefix="fc_")
    states = []
    for step in (lambda: None, lambda: net.initialize(ctx=two), lambda: net(nd.ones((1, 3), ctx=two[0]))):
        step()
        weight = str(parameter_table(net.collect_params().values())).splitlines()[2]
        states.append(weight.split()[1:-4])
    assert states == [
        ["(2,", "?)", "float32", "-"],
        ["(2,", "?)", "float32", "cpu(0),", "cpu(1)"],
        ["(2,", "3)", "float32", "cpu(0),", "cpu(1)"],
    ]


def test_the_table_of_parameters_has_a_shared_one_once():
    net = networks.Tied(in_units=5, prefix="tied_")
    parameters = [p for _, p in net.parameters_by_path()]
    assert len(parameters) == 4
    assert len(str(parameter_table(parameters)).splitlines()) == 2 + 2


def test_the_table_of_parameters_shows_multipliers_and_modes():
    net = nn.Dense(2, in_units=3, prefix="fc_")
    net.bias.lr_mult, net.bias.wd_mult, net.bias.grad_req = 2, 0.5, "add"
    bias = str(parameter_table(net.collect_params(".*bias").values())).splitlines()[2]
    assert bias.split()[-4:] == ["add", "2", "0.5", "2"]


def test_without_inputs_nothing_is_run_and_pending_shapes_are_shown():
    table = summarize(nn.Dense(3, prefix="fc_"), ())
    assert rows(table) == [("Dense fc", "-", "?")]
    assert totals(table) == [
        "Parameters: 3 in 2 arrays",
        "  trainable: 3",
        "  not trainable: 0",
        "  arrays of unknown shape, not counted: 1",
    ]


def test_a_hybridized_block_has_no_summary_of_outputs_as_in_mxnet():
    net, x = normalized(), images()
    net.hybridize()
    with pytest.raises(
        AssertionError, match=r"'net_conv0' must not be hybridized .*\n.*Call hybridize\(False\) before"
    ):
        net.summary(x)
    assert len(summarize(net, ()).rows) == 6
    net.hybridize(False)
    net.summary(x)
