"""Tables as text and as HTML; the one of a Trainer; the plan of memory."""

from __future__ import annotations

import networks
import numpy as np
import pytest

import gluonish as mx
from gluonish import gluon
from gluonish.errors import ArgumentError, UnknownNameError
from gluonish.gluon.tables import Table, with_unit

KIB = 1024


def cells(table, name):
    """Return the row of a name as a dictionary."""
    (row,) = [row for row in table.rows if row[0] == name]
    return dict(zip(table.header, row, strict=True))


def test_html_has_the_cells_and_escapes_them():
    html = Table(("a<b", "n"), [("x & y", "1")], right=(1,), notes=["<note>"])._repr_html_()
    assert html.count("<tr>") == 2
    assert '<th style="text-align: left">a&lt;b</th>' in html
    assert '<td style="text-align: right">1</td>' in html
    assert "x &amp; y" in html
    assert "<p>&lt;note&gt;</p>" in html


@pytest.mark.parametrize(
    ("nbytes", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1.5 * 2**20, "1.5 MiB"), (2**41, "2.0 TiB")],
)
def test_bytes_are_shown_with_a_fitting_unit(nbytes, text):
    assert with_unit(nbytes) == text


# -- the trainer's ----------------------------------------------------------------------------------------


def trained(optimizer="sgd", contexts=None, **arguments):
    net = networks.mlp(prefix="net_", in_units=64, hidden=4)
    net.initialize(ctx=contexts)
    trainer = gluon.Trainer(net.collect_params(), optimizer, arguments)
    with mx.autograd.record():
        losses = [net(mx.nd.ones((2, 64), ctx=ctx)).sum() for ctx in contexts or [mx.cpu()]]
    mx.autograd.backward(losses)
    trainer.step(2)
    return net, trainer


def test_it_shows_the_rates_that_count():
    net, trainer = trained(learning_rate=0.5, wd=0.01)
    net.collect_params().tune({"*bias": {"lr_mult": lambda n: 2 * n, "wd_mult": 0}})
    net[1].weight.grad_req = "null"
    table = trainer.table()
    assert cells(table, "net_dense0_weight")["lr"] == "0.5"
    assert cells(table, "net_dense0_weight")["wd"] == "0.01"
    assert (cells(table, "net_dense0_bias")["lr"], cells(table, "net_dense0_bias")["wd"]) == ("1", "0")
    assert cells(table, "net_dense1_weight")["lr"] == "-"
    assert cells(table, "net_dense1_weight")["grad_req"] == "null"


def test_it_shows_what_a_scheduler_says_now():
    _, trainer = trained(lr_scheduler=mx.lr_scheduler.FactorScheduler(step=1, factor=0.5, base_lr=1.0))
    first = cells(trainer.table(), "net_dense0_bias")["lr"]
    trainer.step(1, ignore_stale_grad=True)
    assert float(first) == trainer.optimizer.lr_scheduler(1)


@pytest.mark.parametrize(
    ("optimizer", "arguments", "slots"), [("sgd", {}, 0), ("sgd", {"momentum": 0.9}, 1), ("adam", {}, 2)]
)
def test_it_shows_the_memory_of_all_replicas(two, optimizer, arguments, slots):
    _, trainer = trained(optimizer, two, **arguments)
    row = cells(trainer.table(), "net_dense0_weight")  # 4 x 64 of 4 bytes
    assert (row["data"], row["gradient"]) == ("2.0 KiB", "2.0 KiB")
    assert row["contexts"] == "cpu(0), cpu(1)"
    assert row["state"] == with_unit(slots * KIB)  # the first replica's is the only one


def test_it_shows_the_state_of_an_optimizer_that_works_parameter_by_parameter():
    class Own(mx.optimizer.SGD):
        def update(self, index, weight, grad, state):
            super().update(index, weight, grad, state)

    _, trainer = trained(Own(momentum=0.9))
    assert cells(trainer.table(), "net_dense0_weight")["state"] == "1.0 KiB"


def test_pending_parameters_have_question_marks():
    net = gluon.nn.Dense(2, prefix="fc_")
    net.initialize()
    table = gluon.Trainer(net.collect_params(), "sgd").table()
    row = cells(table, "fc_weight")
    assert (row["shape"], row["data"], row["gradient"], row["state"]) == ("(2, ?)", "?", "?", "0 B")


def test_a_notebook_shows_it():
    _, trainer = trained()
    assert "net_dense0_weight" in trainer.table()._repr_html_()


# -- plans ------------------------------------------------------------------------------------------------


def plan(dtype="float32", contexts=None, optimizer=None, **arguments):
    """Return the plan for one weight of 1,024 elements and a constant of 256."""
    params = gluon.ParameterDict()
    params.get("weight", shape=(32, 32), dtype=dtype)
    params.get_constant("fixed", np.zeros((16, 16), "float32"))
    return params.plan(contexts, optimizer, **arguments)


def test_nothing_is_allocated_and_no_state_changes():
    net = networks.mlp(prefix="net_", in_units=5, hidden=4)
    net.collect_params().plan([mx.cpu(0)], "adam")
    with pytest.raises(mx.errors.NotInitializedError):
        net[0].weight.data()


def test_data_and_gradients_count_on_every_context(two):
    found = plan(contexts=two)
    for ctx in two:
        memory = found.contexts[ctx]
        assert (memory.data, memory.gradients, memory.state, memory.copies) == (5 * KIB, 4 * KIB, 0, 0)
        assert memory.total == 9 * KIB


def test_a_frozen_parameter_has_neither_gradient_nor_state():
    params = gluon.ParameterDict()
    params.get("weight", shape=(256,), grad_req="null")
    memory = params.plan(mx.cpu(), "adam").contexts[mx.cpu()]
    assert (memory.data, memory.gradients, memory.state) == (KIB, 0, 0)


@pytest.mark.parametrize(("update_on_kvstore", "states"), [(None, [8, 0]), (True, [8, 0]), (False, [8, 8])])
def test_state_is_where_updates_are_made(two, update_on_kvstore, states):
    found = plan(contexts=two, optimizer="adam", update_on_kvstore=update_on_kvstore)
    assert [memory.state // KIB for memory in found.contexts.values()] == states


def test_masters_of_half_precision_are_copies():
    arguments = {"momentum": 0.9, "multi_precision": True}
    memory = plan("float16", optimizer="sgd", optimizer_params=arguments).contexts[mx.cpu()]
    assert (memory.data, memory.gradients) == (3 * KIB, 2 * KIB)
    assert (memory.state, memory.copies) == (4 * KIB, 4 * KIB)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
@pytest.mark.parametrize("multi_precision", [False, True])
def test_a_plan_says_what_training_then_takes(optimizer, dtype, multi_precision):
    net = gluon.nn.Dense(16, in_units=64, dtype=dtype)  # no room is lost between pieces of these sizes
    arguments = {"multi_precision": multi_precision}
    planned = net.collect_params(".*weight").plan(mx.cpu(), optimizer, arguments).contexts[mx.cpu()]
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(".*weight"), optimizer, arguments)
    with mx.autograd.record():
        loss = net(mx.nd.ones((2, 64), dtype=dtype)).sum()
    loss.backward()
    trainer.step(1)
    row = trainer.table().rows[0]
    measured = dict(zip(trainer.table().header, row, strict=True))
    assert measured["data"] == with_unit(planned.data)
    assert measured["gradient"] == with_unit(planned.gradients)
    assert measured["state"] == with_unit(planned.state + planned.copies)


def test_unknown_shapes_are_named_and_not_counted():
    net = networks.mlp(prefix="net_")
    found = net.collect_params().plan(mx.cpu(), "sgd")
    assert found.unknown == [("net_dense0_weight", "(4, ?)"), ("net_dense1_weight", "(3, ?)")]
    assert found.contexts[mx.cpu()].data == 4 * (4 + 3)
    lines = str(found).splitlines()
    assert lines[2].endswith("> 56 B")
    assert lines[-2:] == ["not counted: net_dense0_weight (4, ?)", "not counted: net_dense1_weight (3, ?)"]


def test_the_state_of_an_optimizer_that_makes_its_own_cannot_be_told():
    class Own(mx.optimizer.SGD):
        def update(self, index, weight, grad, state):
            super().update(index, weight, grad, state)

    found = plan(optimizer=Own())
    assert found.contexts[mx.cpu()].state is None
    assert dict(zip(found.table().header, found.table().rows[0], strict=True))["optimizer state"] == "?"


def test_a_notebook_shows_a_plan():
    assert "<td" in plan()._repr_html_()


def test_an_unknown_optimizer_is_an_error():
    with pytest.raises(UnknownNameError, match="'adm'"):
        plan(optimizer="adm")


def test_arguments_for_an_optimizer_that_exists_are_an_error():
    with pytest.raises(ArgumentError, match=r"plan\(\) cannot give arguments.*\n.*by its name"):
        plan(optimizer=mx.optimizer.SGD(), optimizer_params={"momentum": 0.9})
