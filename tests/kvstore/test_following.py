"""Arrays that a store hands out again and again get the rows that have changed."""

import numpy as np
import pytest

import gluonish as mx

ROWS = 6


class Untouched(mx.optimizer.SGD):
    """An optimizer that changes rows without a gradient too."""

    def update(self, index, weight, grad, state):
        """Add 1 to everything."""
        weight[:] = weight.tostype("default") + 1


def gradient(*rows):
    return mx.nd.sparse.row_sparse_array((np.ones((len(rows), 2), "float32"), rows), shape=(ROWS, 2))


def store_of(optimizer, value=None):
    store = mx.kv.create("local")
    store.init("w", mx.nd.zeros((ROWS, 2)) if value is None else value)
    store.set_optimizer(optimizer)
    return store


def mark(array, row):
    """Change a row without telling anybody, so that it shows whether the row is written."""
    raw = array._raw if array.stype == "default" else array.stored.values
    raw[row] = 99


@pytest.mark.parametrize("stype", ["default", "row_sparse"])
def test_a_step_on_rows_writes_these_rows_only_to_an_array_that_followed(stype):
    table = mx.nd.ones((ROWS, 2)).tostype(stype)
    store, out = store_of(mx.optimizer.SGD(learning_rate=0.5), table), mx.nd.zeros((ROWS, 2), stype=stype)
    store.pull("w", out=out, ignore_sparse=False)
    mark(out, 4)
    store.push("w", gradient(1, 3))
    store.pull("w", out=out, ignore_sparse=False)
    assert out.asnumpy()[:, 0].tolist() == [1, 0.5, 1, 0.5, 99, 1]


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(lambda store, out: out.__setitem__(slice(None), 7), id="written by somebody else"),
        pytest.param(lambda store, out: store.push("w", gradient(0)), id="it missed a step"),
        pytest.param(lambda store, out: store.push("w", mx.nd.ones((ROWS, 2))), id="a dense gradient"),
        pytest.param(lambda store, out: store.set_updater(lambda k, g, w: w.__iadd__(1)), id="an updater"),
    ],
)
def test_an_array_that_may_differ_elsewhere_gets_everything(between):
    store, out, fresh = store_of(mx.optimizer.SGD()), mx.nd.ones((ROWS, 2)), mx.nd.ones((ROWS, 2))
    store.pull("w", out=out)
    between(store, out)
    store.push("w", gradient(1))
    store.pull("w", out=[out, fresh])
    assert out.asnumpy().tolist() == fresh.asnumpy().tolist()


def test_an_optimizer_with_an_update_of_its_own_counts_as_changing_everything():
    store, out = store_of(Untouched()), mx.nd.ones((ROWS, 2))
    store.pull("w", out=out)
    store.pushpull("w", gradient(1), out=out)
    assert out.asnumpy().tolist() == np.ones((ROWS, 2)).tolist()


def test_views_of_one_array_follow_each_by_itself():
    store, both = store_of(mx.optimizer.SGD(learning_rate=1.0)), mx.nd.ones((2 * ROWS, 2))
    views = [both[:ROWS], both[ROWS:]]
    for _ in range(2):
        store.pushpull("w", gradient(2), out=views)
    assert both.asnumpy()[:, 1].tolist() == [0, 0, -2, 0, 0, 0] * 2


def test_an_array_is_not_kept_alive_by_having_followed():
    store = store_of(mx.optimizer.SGD())
    store.pull("w", out=mx.nd.ones((ROWS, 2)))
    assert not store._followers["w"]._agreed


def test_rows_go_to_arrays_of_another_dtype():
    store, out = store_of(mx.optimizer.SGD(learning_rate=0.25)), mx.nd.ones((ROWS, 2), dtype="float64")
    store.pull("w", out=out)
    store.pushpull("w", gradient(5), out=out)
    assert out.asnumpy()[:, 0].tolist() == [0, 0, 0, 0, 0, -0.25]


def test_a_trainer_gives_replicas_the_rows_of_a_step_from_the_store_it_is_given():
    contexts = [mx.cpu(0), mx.cpu(1)]
    table = mx.gluon.nn.Embedding(ROWS, 2, sparse_grad=True, weight_initializer="zeros")
    table.initialize(ctx=contexts)
    trainer = mx.gluon.Trainer(
        table.collect_params(), "sgd", {"learning_rate": 1.0}, mx.kv.create(), update_on_kvstore=True
    )
    for step in range(3):
        if step == 2:
            mark(table.weight.data(mx.cpu(1)), 5)
        with mx.autograd.record():
            sums = [table(mx.nd.array([at], ctx=ctx)).sum() for at, ctx in zip((1, 4), contexts, strict=True)]
        mx.autograd.backward(sums)
        trainer.step(1)
    assert [table.weight.data(ctx).asnumpy()[:, 0].tolist() for ctx in contexts] == [
        [0, -3, 0, 0, -3, 0],
        [0, -3, 0, 0, -3, 99],
    ]


def module_of(batch):
    ids, weight = mx.sym.var("ids"), mx.sym.var("w_weight", stype="row_sparse", shape=(ROWS, 2))
    looked_up = mx.sym.sparse.Embedding(ids, weight, input_dim=ROWS, output_dim=2, sparse_grad=True)
    module = mx.mod.Module(mx.sym.MakeLoss(looked_up.sum()), ["ids"], None)
    module.bind([("ids", (len(batch),))])
    module.init_params(mx.init.One())
    module.init_optimizer(optimizer_params={"learning_rate": 1.0, "rescale_grad": 1.0, "wd": 0.0})
    return module


def test_a_module_that_prepared_rows_is_given_these_rows_after_the_update():
    module, batch = module_of([1, 4]), mx.io.DataBatch([mx.nd.array([1, 4])])
    module.prepare(batch, sparse_row_id_fn=lambda each: {"w_weight": each.data[0]})
    module.forward_backward(batch)
    module.update()
    (held,) = module._exec_group.param_arrays[0]
    assert held.indices.tolist() == [1, 4]
    assert held.data.tolist() == [[0, 0], [0, 0]]


def test_a_module_that_prepared_nothing_has_all_rows_after_the_update():
    module, batch = module_of([1, 4]), mx.io.DataBatch([mx.nd.array([1, 4])])
    module.forward_backward(batch)
    module.update()
    (held,) = module._exec_group.param_arrays[0]
    assert held.asnumpy()[:, 0].tolist() == [1, 0, 1, 1, 0, 1]
