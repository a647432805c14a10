"""Parameters with sparse gradients, and row-sparse parameters, under a Trainer."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd, gluon, nd
from gluonish.errors import IndexOutOfRangeError, StaleGradientError

ROWS, WIDTH = 6, 2
TWO = [mx.cpu(0), mx.cpu(1)]
OPTIMIZERS = [
    ("sgd", {}),
    ("sgd", {"momentum": 0.9, "wd": 0.1}),
    ("adam", {"wd": 0.1}),
    ("adagrad", {}),
    ("groupadagrad", {}),
]


def table(stype="default", ctx=None, grad_req="write", name="table", **options):
    made = gluon.Parameter(
        name, shape=(ROWS, WIDTH), stype=stype, grad_stype="row_sparse", grad_req=grad_req, **options
    )
    made.initialize(mx.init.Constant(np.arange(12.0).reshape(ROWS, WIDTH)), ctx=ctx)
    return made


def weight_of(parameter, ids):
    return parameter.data(ids.context) if parameter._stype == "default" else parameter.row_sparse_data(ids)


def backward(parameter, *ids_per_context):
    """Compute gradients: of the squares of the rows with these numbers."""
    losses = []
    with autograd.record():
        for ctx, ids in zip(parameter.list_ctx(), ids_per_context, strict=True):
            at = nd.array(ids, ctx=ctx)
            rows = nd.Embedding(
                at, weight_of(parameter, at), input_dim=ROWS, output_dim=WIDTH, sparse_grad=True
            )
            losses.append((rows * rows).sum())
    autograd.backward(losses)


def values(parameter, ctx=None):
    """Return the values of a parameter of any storage."""
    ids = nd.arange(ROWS, ctx=ctx or parameter.list_ctx()[0])
    return weight_of(parameter, ids).asnumpy()


# -- parameters -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grad_stype", ["row_sparse", "csr"])
def test_gradients_have_the_storage_that_was_declared(grad_stype):
    p = gluon.Parameter("p", shape=(3, 2), grad_stype=grad_stype)
    p.initialize(ctx=TWO)
    assert [each.stype for each in p.list_grad()] == [grad_stype] * 2
    assert p.data(mx.cpu(0)).grad is p.grad(mx.cpu(0))
    assert p.grad(mx.cpu(1)).asnumpy().tolist() == np.zeros((3, 2)).tolist()


def test_zero_grad_empties_sparse_gradients_in_place():
    p = table()
    backward(p, [1, 4])
    grad = p.grad()
    assert grad.indices.tolist() == [1, 4]
    p.zero_grad()
    assert p.grad() is grad
    assert grad.indices.tolist() == []


def test_gradients_add_up_until_they_are_emptied():
    p = table(grad_req="add")
    for ids in ([1], [1, 3]):
        backward(p, ids)
    assert p.grad().indices.tolist() == [1, 3]
    np.testing.assert_allclose(p.grad().data.asnumpy(), [[8, 12], [12, 14]])


def test_freezing_and_thawing_gives_a_new_sparse_gradient():
    p = table()
    other = gluon.Parameter("other", shape=(2,))
    other.initialize()
    for each in (p, other):
        each.grad_req = "null"
    for each in (p, other):
        each.grad_req = "write"
    backward(p, [2])
    assert (p.grad().stype, p.grad().indices.tolist(), other.grad().stype) == ("row_sparse", [2], "default")


def test_casting_and_moving_keep_the_storage_of_gradients():
    p = table()
    p.cast("float64")
    assert (p.grad().stype, p.grad().dtype) == ("row_sparse", np.float64)
    p.reset_ctx(TWO)
    assert [(each.stype, each.context) for each in p.list_grad()] == [("row_sparse", ctx) for ctx in TWO]
    assert p.data(mx.cpu(1))[1].asnumpy().tolist() == [[2, 3]][0]


def test_a_copy_has_sparse_gradients_too():
    p = pickle.loads(pickle.dumps(table()))
    backward(p, [5])
    assert p.grad().indices.tolist() == [5]


def test_an_embedding_declares_what_it_is_asked_for():
    layer = gluon.nn.Embedding(ROWS, WIDTH, sparse_grad=True)
    layer.initialize()
    for hybridized in (False, True):
        layer.hybridize(hybridized)
        with autograd.record():
            total = layer(nd.array([[3, 1], [3, 3]])).sum()
        total.backward()
        assert layer.weight.grad().indices.tolist() == [1, 3]
        assert layer.weight.grad().data.asnumpy().tolist() == [[1, 1], [3, 3]]


# -- row-sparse parameters --------------------------------------------------------------------------------


def test_rows_are_handed_out_sorted_and_once():
    p = table("row_sparse")
    trainer = gluon.Trainer([p], "sgd")
    rows = p.row_sparse_data(nd.array([3.7, 1, 3]))
    assert (rows.stype, rows.shape, rows.indices.tolist()) == ("row_sparse", (ROWS, WIDTH), [1, 3])
    assert rows.data.tolist() == [[2, 3], [6, 7]]
    assert rows.grad is p.grad()
    del trainer


def test_rows_are_handed_out_on_every_context():
    p = table("row_sparse", ctx=TWO)
    trainer = gluon.Trainer([p], "sgd")
    assert [each.context for each in p.list_row_sparse_data(nd.array([1]))] == TWO
    assert p.row_sparse_data(nd.array([1], ctx=mx.cpu(1))).context == mx.cpu(1)
    del trainer


@pytest.mark.parametrize("method", ["row_sparse_data", "list_row_sparse_data"])
def test_rows_need_a_trainer_row_numbers_and_the_right_storage(method):
    p, dense = table("row_sparse"), table()
    with pytest.raises(RuntimeError, match="has no rows to give: its storage is row_sparse, and no Trainer"):
        getattr(p, method)(nd.array([1]))
    with pytest.raises(RuntimeError, match=rf"has no {method}\(\): its storage is default"):
        getattr(dense, method)(nd.array([1]))
    trainer = gluon.Trainer([p], "sgd")
    with pytest.raises(TypeError, match=r"needs row numbers.\n  Expected an NDArray, received list"):
        getattr(p, method)([1])
    with pytest.raises(
        IndexOutOfRangeError, match=r"has no such row.\n  Expected row numbers from 0 to 5, received 6"
    ):
        getattr(p, method)(nd.array([1, 6]))
    del trainer


@pytest.mark.parametrize(
    ("method", "stype"), [("data", "row_sparse"), ("list_data", "row_sparse"), ("data", "csr")]
)
def test_sparse_values_are_not_handed_out_whole(method, stype):
    p = gluon.Parameter("p", shape=(3, 2), stype=stype)
    with pytest.raises(RuntimeError, match=rf"has no {method}\(\): its storage is {stype}"):
        getattr(p, method)()


def test_csr_parameters_cannot_be_initialised():
    p = gluon.Parameter("p", shape=(3, 2), stype="csr")
    with pytest.raises(ValueError, match="an initializer has no sparse matrix to fill"):
        p.initialize("ones")


def test_setting_and_saving_rows_goes_by_whole_tables(tmp_path):
    params = gluon.ParameterDict("net_")
    p = params.get("table", shape=(3, 2), stype="row_sparse")
    params.initialize()
    p.set_data(nd.sparse.row_sparse_array(([[1, 2]], [2]), shape=(3, 2)))
    params.save(str(tmp_path / "p.params"))
    saved = nd.load(str(tmp_path / "p.params"))["net_table"]
    assert (saved.stype, saved.indices.tolist()) == ("row_sparse", [0, 1, 2])
    for stype in ("default", "row_sparse"):
        loaded = gluon.ParameterDict("net_")
        q = loaded.get("table", shape=(3, 2), stype=stype)
        loaded.load(str(tmp_path / "p.params"), ctx=mx.cpu(1))
        trainer = gluon.Trainer(loaded, "sgd")
        assert weight_of(q, nd.arange(3, ctx=mx.cpu(1))).asnumpy().tolist() == [[0, 0], [0, 0], [1, 2]]
        del trainer


def test_a_sparse_embedding_trains_the_rows_that_it_looks_up():
    layer = gluon.contrib.nn.SparseEmbedding(ROWS, WIDTH)
    layer.initialize(mx.init.One())
    with pytest.raises(RuntimeError, match="no Trainer was made"):
        layer(nd.array([1]))
    trainer = gluon.Trainer(layer.collect_params(), "sgd", {"learning_rate": 0.5})
    with autograd.record():
        total = layer(nd.array([[1, 4], [4, 4]])).sum()
    total.backward()
    trainer.step(1)
    assert layer(nd.arange(ROWS))[:, 0].tolist() == [1, 0.5, 1, 1, -0.5, 1]
    assert repr(layer) == "SparseEmbedding(6 -> 2, float32)"


# -- trainers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stype", ["default", "row_sparse"])
@pytest.mark.parametrize(("name", "arguments"), OPTIMIZERS)
def test_steps_touch_the_rows_in_the_gradient_and_no_others(name, arguments, stype):
    p = table(stype)
    trainer = gluon.Trainer([p], name, {"learning_rate": 0.1, **arguments})
    before = values(p)
    for _ in range(2):
        backward(p, [1, 4])
        trainer.step(1)
    changed = np.flatnonzero((values(p) != before).any(axis=1))
    assert changed.tolist() == [1, 4]


@pytest.mark.parametrize(("name", "arguments"), OPTIMIZERS)
def test_a_gradient_for_every_row_steps_as_a_dense_one(name, arguments):
    sparse = table()
    dense = gluon.Parameter("dense", shape=(ROWS, WIDTH))
    dense.initialize(mx.init.Constant(np.arange(12.0).reshape(ROWS, WIDTH)))
    trainers = [gluon.Trainer([each], name, {"learning_rate": 0.1, **arguments}) for each in (sparse, dense)]
    for _ in range(3):
        for each, trainer in zip((sparse, dense), trainers, strict=True):
            backward(each, list(range(ROWS)))
            trainer.step(2)
    np.testing.assert_allclose(sparse.data().asnumpy(), dense.data().asnumpy(), rtol=1e-6)


@pytest.mark.parametrize("arguments", [{"momentum": 0.9}, {}])
def test_without_lazy_updates_every_row_moves(arguments):
    p = table()
    trainer = gluon.Trainer([p], "sgd", {"learning_rate": 0.1, "wd": 0.5, "lazy_update": False, **arguments})
    before = values(p)
    backward(p, [1])
    trainer.step(1)
    assert (values(p) != before).any(axis=1).tolist() == [True] * ROWS


@pytest.mark.parametrize("stype", ["default", "row_sparse"])
@pytest.mark.parametrize("update_on_kvstore", [None, True, False])
def test_replicas_are_updated_with_the_union_of_their_rows(stype, update_on_kvstore):
    if stype == "row_sparse" and update_on_kvstore is False:
        pytest.skip("such a parameter is updated where its rows are handed out")
    p, alone = table(stype, ctx=TWO), table()
    arguments = {"learning_rate": 0.1, "momentum": 0.9}
    trainer = gluon.Trainer([p], "sgd", arguments, update_on_kvstore=update_on_kvstore)
    reference = gluon.Trainer([alone], "sgd", arguments)
    for _ in range(2):
        backward(p, [1, 2], [2, 5])
        trainer.step(1)
        backward(alone, [1, 2, 2, 5])
        reference.step(1)
    for ctx in TWO:
        np.testing.assert_allclose(values(p, ctx), values(alone), rtol=1e-6)


def test_adding_gradients_gives_every_replica_the_union_of_rows():
    p = table(ctx=TWO)
    trainer = gluon.Trainer([p], "sgd", update_on_kvstore=False)
    backward(p, [1, 2], [2, 5])
    trainer.allreduce_grads()
    for grad in p.list_grad():
        assert grad.indices.tolist() == [1, 2, 5]
        np.testing.assert_allclose(grad.data.asnumpy(), [[4, 6], [16, 20], [20, 22]])


STORE_RULES = [
    ("default", "default", 2, None, True),
    ("default", "row_sparse", 2, None, False),
    ("default", "row_sparse", 2, True, True),
    ("default", "row_sparse", 1, None, None),
    ("row_sparse", "row_sparse", 1, None, True),
    ("row_sparse", "row_sparse", 2, None, True),
    ("row_sparse", "default", 1, None, True),
]


@pytest.mark.parametrize("kvstore", ["local", "device"])
@pytest.mark.parametrize(("stype", "grad_stype", "count", "asked", "answer"), STORE_RULES)
def test_who_updates_is_decided_as_in_mxnet(kvstore, stype, grad_stype, count, asked, answer):
    p = gluon.Parameter("p", shape=(4, 1), stype=stype, grad_stype=grad_stype)
    p.initialize("zeros", ctx=TWO[:count])
    trainer = gluon.Trainer([p], "sgd", {"learning_rate": 0.1}, kvstore=kvstore, update_on_kvstore=asked)
    rows = nd.arange(4)
    with autograd.record():
        for w in p.list_data() if stype == "default" else p.list_row_sparse_data(rows):
            (w + 1).backward()
    trainer.step(1)
    assert trainer._update_on_kvstore is answer
    assert getattr(trainer._kvstore, "type", None) == (None if answer is None else kvstore)
    updated = p.data(mx.cpu(0)) if stype == "default" else p.row_sparse_data(rows)
    assert (updated == -0.1 * count).asnumpy().all()


def test_a_row_sparse_parameter_needs_a_store_that_updates():
    p = table("row_sparse")
    trainer = gluon.Trainer([p], "sgd", kvstore=None)
    with pytest.raises(TypeError, match="needs a kvstore for parameters whose storage is sparse"):
        p.row_sparse_data(nd.array([1]))
    del trainer
    trainer = gluon.Trainer([p], "sgd", update_on_kvstore=False)
    with pytest.raises(ValueError, match="cannot have update_on_kvstore=False"):
        p.row_sparse_data(nd.array([1]))
    del trainer


def test_a_row_sparse_parameter_has_one_trainer():
    p = table("row_sparse")
    first = gluon.Trainer([p], "sgd")
    with pytest.raises(RuntimeError, match="belongs to a Trainer already"):
        gluon.Trainer([p], "sgd")
    del first
    second = gluon.Trainer([p], "sgd")
    assert p._trainer is second


def test_stale_sparse_gradients_are_found_skipped_or_zeroed():
    p = table()
    trainer = gluon.Trainer([p], "sgd", {"learning_rate": 0.1, "wd": 0.1, "lazy_update": False})
    backward(p, [1])
    trainer.step(1)
    before = values(p)
    with pytest.raises(StaleGradientError, match=r"'table' on cpu\(0\)"):
        trainer.step(1)
    trainer.step(1, ignore_stale_grad=True)
    np.testing.assert_array_equal(values(p), before)
    trainer.stale_grad = "zero"
    trainer.step(1)
    np.testing.assert_allclose(values(p), before * 0.99, rtol=1e-6)


def test_states_of_tables_and_dense_parameters_go_through_one_file(tmp_path):
    def made():
        pair = table(), gluon.Parameter("dense", shape=(2,))
        pair[1].initialize("ones")
        return pair, gluon.Trainer(list(pair), "sgd", {"learning_rate": 0.1, "momentum": 0.9})

    def step(pair, trainer):
        backward(pair[0], [1, 4])
        with autograd.record():
            total = pair[1].data().sum()
        total.backward()
        trainer.step(1)

    pair, trainer = made()
    step(pair, trainer)
    trainer.save_states(str(tmp_path / "t.states"))
    again, other = made()
    for a, b in zip(again, pair, strict=True):
        a.set_data(b.data())
    other.load_states(str(tmp_path / "t.states"))
    for parameters, its in ((pair, trainer), (again, other)):
        step(parameters, its)
    for a, b in zip(again, pair, strict=True):
        np.testing.assert_array_equal(a.data().asnumpy(), b.data().asnumpy())


def test_clipping_counts_and_scales_sparse_gradients():
    p, dense = table(), gluon.Parameter("dense", shape=(2,))
    dense.initialize("ones")
    backward(p, [0])
    dense.grad()[:] = 2
    norm = gluon.utils.clip_global_norm([p.grad(), dense.grad()], 1.0)
    assert norm == pytest.approx(np.sqrt(4 + 8))
    np.testing.assert_allclose(p.grad().data.asnumpy(), [[0, 2 / norm]], rtol=1e-5)


def test_half_precision_tables_are_updated_through_masters():
    p = table(dtype="float16")
    trainer = gluon.Trainer([p], "sgd", {"learning_rate": 0.1, "momentum": 0.9, "multi_precision": True})
    backward(p, [1])
    trainer.step(1)
    np.testing.assert_allclose(values(p)[1], [1.6, 2.4], rtol=1e-3)


def test_ftrl_leaves_the_other_rows_of_a_row_sparse_table_alone():
    for stype, others in (("row_sparse", True), ("default", False)):
        p = table(stype)
        trainer = gluon.Trainer([p], "ftrl")
        before = values(p)
        backward(p, [1])
        trainer.step(1)
        assert bool((values(p)[2:] == before[2:]).all()) is others
