"""Stores of one machine."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.errors import FileFormatError, MissingFileError, MXNetError

STORES = ["local", "device"]
stores = pytest.mark.parametrize("name", STORES)


def pulled(store, key, count=1):
    """Return what a store holds, as NumPy arrays."""
    out = [mx.nd.zeros((2,), ctx=mx.cpu(i)) for i in range(count)]
    store.pull(key, out=out)
    return [each.asnumpy() for each in out]


def filled(name="local", key="w"):
    store = mx.kv.create(name)
    store.init(key, mx.nd.array([1, 2]))
    return store


def spread(*numbers):
    """Return arrays on contexts of their own."""
    return [mx.nd.array([n, n + 1], ctx=mx.cpu(i)) for i, n in enumerate(numbers)]


# -- making -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["local", "device", "Local", "local_allreduce_cpu", "local_allreduce_device"]
)
def test_a_store_is_made_by_its_name(name):
    store = mx.kv.create(name)
    assert isinstance(store, mx.kvstore.KVStore)
    assert (store.type, store.rank, store.num_workers) == (name.lower(), 0, 1)
    assert store.is_capable("optimizer")


def test_local_is_the_default():
    assert mx.kv.create().type == "local"


@pytest.mark.parametrize("name", [None, 3, b"local"])
def test_a_name_is_a_string(name):
    with pytest.raises(TypeError, match="A kvstore is made by its name"):
        mx.kv.create(name)


def test_a_wrong_name_is_an_error_that_says_what_there_is():
    with pytest.raises(ValueError, match=r"kvstore 'dveice' does not exist[\s\S]*Did you mean 'device'"):
        mx.kv.create("dveice")


def test_an_unknown_capability_is_an_error():
    with pytest.raises(ValueError, match="Capability 'teleport' is not known"):
        mx.kv.create().is_capable("teleport")


# -- pushing and pulling ----------------------------------------------------------------------------------


@stores
def test_what_was_stored_is_pulled_onto_every_context(name):
    for found in pulled(filled(name), "w", 3):
        assert found.tolist() == [1, 2]


@stores
@given(numbers=st.lists(st.integers(-1000, 1000), min_size=1, max_size=4))
def test_what_is_pushed_is_added_and_takes_the_place_of_what_was_stored(name, numbers):
    store = filled(name)
    store.push("w", spread(*numbers))
    assert pulled(store, "w")[0].tolist() == [sum(numbers), sum(numbers) + len(numbers)]


@stores
def test_pushed_arrays_stay_as_they_are_and_are_not_kept(name):
    store, array = filled(name), mx.nd.array([3, 4])
    store.push("w", array)
    array[:] = 0
    assert pulled(store, "w")[0].tolist() == [3, 4]


@stores
def test_an_updater_changes_what_is_stored(name):
    seen = []

    def updater(key, pushed, stored):
        seen.append((key, pushed.asnumpy().tolist()))
        stored += 2 * pushed

    store = filled(name)
    store._set_updater(updater)
    store.push("w", spread(1, 10))
    assert seen == [("w", [11, 13])]
    assert pulled(store, "w")[0].tolist() == [23, 28]


def test_pushpull_without_out_replaces_the_values():
    values = spread(1, 2)
    filled().pushpull("w", values)
    assert [each.asnumpy().tolist() for each in values] == [[3, 5], [3, 5]]


def test_pushpull_writes_to_out_and_leaves_the_values():
    values, out = spread(1, 2), mx.nd.zeros(2)
    filled().pushpull("w", values, out=out)
    assert out.asnumpy().tolist() == [3, 5]
    assert values[0].asnumpy().tolist() == [1, 2]


def test_broadcast_stores_and_hands_out():
    store, out = mx.kv.create(), [mx.nd.zeros(2), mx.nd.zeros(2, ctx=mx.cpu(1))]
    store.broadcast(3, mx.nd.array([5, 6]), out=out)
    assert [each.asnumpy().tolist() for each in out] == [[5, 6], [5, 6]]
    assert pulled(store, 3)[0].tolist() == [5, 6]


@pytest.mark.parametrize("keys", [["a", "b"], [1, 2], ("a", "b")])
def test_lists_of_keys_go_with_lists_of_values(keys):
    store = mx.kv.create()
    store.init(keys, [mx.nd.ones(2), mx.nd.ones(2) * 2])
    store.push(keys, [spread(1, 2), spread(5)])
    out = [mx.nd.zeros(2), mx.nd.zeros(2)]
    store.pull(keys, out=out)
    assert [each.asnumpy().tolist() for each in out] == [[3, 5], [5, 6]]


def test_a_key_that_comes_twice_in_a_push_is_added_up():
    store = filled()
    store.push(["w", "w"], [mx.nd.ones(2), mx.nd.ones(2)])
    assert pulled(store, "w")[0].tolist() == [2, 2]


def test_pulling_converts_the_dtype():
    out = mx.nd.zeros(2, dtype="float16")
    filled().pull("w", out=out)
    assert out.dtype == np.float16
    assert out.asnumpy().tolist() == [1, 2]


def test_a_store_takes_part_in_no_graph():
    x = mx.nd.ones(2)
    x.attach_grad()
    store = filled()
    with mx.autograd.record():
        store.push("w", x * 2)
    assert pulled(store, "w")[0].tolist() == [2, 2]


# -- what is wrong ----------------------------------------------------------------------------------------


def test_a_key_is_initialised_once():
    with pytest.raises(MXNetError, match="Key 'w' cannot be initialised a second time"):
        filled().init("w", mx.nd.ones(2))


@pytest.mark.parametrize(
    "action",
    [
        lambda store: store.push("x", mx.nd.ones(2)),
        lambda store: store.pull("x", out=mx.nd.ones(2)),
        lambda store: store.pushpull("x", mx.nd.ones(2)),
    ],
)
def test_a_key_without_a_value_is_an_error_that_leaves_the_key_free(action):
    store = filled()
    with pytest.raises(MXNetError, match=r"Key 'x' was never initialised[\s\S]*one of 'w'"):
        action(store)
    store.init("x", mx.nd.ones(2))


def test_a_push_with_one_wrong_key_pushes_nothing():
    store = filled()
    with pytest.raises(KeyError, match="Key 'x' was never initialised"):
        store.push(["w", "x"], [mx.nd.zeros(2), mx.nd.zeros(2)])
    assert pulled(store, "w")[0].tolist() == [1, 2]


@pytest.mark.parametrize("method", ["push", "pull", "pushpull"])
def test_another_shape_is_an_error_and_changes_nothing(method):
    store = filled()
    with pytest.raises(MXNetError, match=r"Key 'w' has a value of another shape.\n  Expected \(2,\)"):
        getattr(store, method)("w", mx.nd.ones((3,)))
    assert pulled(store, "w")[0].tolist() == [1, 2]


@pytest.mark.parametrize("keys", [1, [1, 2], ["a", 1]])
def test_keys_of_two_types_are_an_error(keys):
    values = [mx.nd.ones(2)] * 2 if isinstance(keys, list) else mx.nd.ones(2)
    with pytest.raises(MXNetError, match="takes keys of one type"):
        filled().init(keys, values)


@pytest.mark.parametrize("key", [3.5, None, True, mx.nd.ones(1)])
def test_keys_are_numbers_or_strings(key):
    with pytest.raises(AssertionError, match="The kvstore has no such keys"):
        mx.kv.create().init(key, mx.nd.ones(2))


@pytest.mark.parametrize("value", [3, np.ones(2), [mx.nd.ones(2), 3]])
def test_values_are_arrays(value):
    with pytest.raises(AssertionError, match="The kvstore holds arrays"):
        filled().push("w", value)


@pytest.mark.parametrize("values", [[mx.nd.ones(2)], mx.nd.ones(2)])
def test_every_key_needs_a_value(values):
    with pytest.raises(AssertionError, match=r"needs a value for every key.\n  Expected a list of 2"):
        mx.kv.create().init(["a", "b"], values)


def test_pulling_needs_something_to_write_into():
    with pytest.raises(AssertionError, match=r"KVStore.pull\(\) has nothing to write into"):
        filled().pull("w")


# -- the optimizer ----------------------------------------------------------------------------------------


def test_an_optimizer_updates_what_is_stored():
    store = filled()
    store.set_optimizer(mx.optimizer.SGD(learning_rate=0.5, momentum=0.9))
    for _ in range(2):
        store.push("w", spread(1, 1))
    # v = -0.5 g, then -0.95 g, with g = (2, 4)
    np.testing.assert_allclose(pulled(store, "w")[0], [1 - 2.9, 2 - 5.8], rtol=1e-6)


def test_states_of_the_optimizer_come_back_from_a_file(tmp_path):
    def trained(states=None):
        store = filled()
        store.set_optimizer(mx.optimizer.Adam(learning_rate=0.1))
        if states is not None:
            store.load_optimizer_states(states)
        store.push("w", spread(1))
        return store

    first = trained()
    first.save_optimizer_states(tmp_path / "file", dump_optimizer=True)
    first.push("w", spread(3))
    second = trained(tmp_path / "file")
    mean = [store._updater.states["w"][0].asnumpy() for store in (first, second)]
    np.testing.assert_allclose(mean[0], 0.9 * 0.1 * np.array([1, 2]) + 0.1 * np.array([3, 4]), rtol=1e-6)
    np.testing.assert_allclose(mean[1], 0.9 * 0.1 * np.array([1, 2]) + 0.1 * np.array([1, 2]), rtol=1e-6)


@pytest.mark.parametrize("method", ["save_optimizer_states", "load_optimizer_states"])
def test_states_need_an_optimizer(method, tmp_path):
    store = filled()
    store.set_updater(lambda key, pushed, stored: None)
    with pytest.raises(AssertionError, match=r"has no optimizer whose states[\s\S]*set_optimizer"):
        getattr(store, method)(tmp_path / "file")


def test_a_file_of_states_must_exist_and_be_one(tmp_path):
    store = filled()
    store.set_optimizer(mx.optimizer.SGD())
    with pytest.raises(MissingFileError, match="file does not exist"):
        store.load_optimizer_states(tmp_path / "file")
    (tmp_path / "file").write_bytes(b"no pickle")
    with pytest.raises(FileFormatError, match="pickled states"):
        store.load_optimizer_states(tmp_path / "file")


def test_what_is_no_optimizer_is_refused():
    with pytest.raises(TypeError, match="The kvstore takes an optimizer"):
        filled().set_optimizer("sgd")


# -- compression ------------------------------------------------------------------------------------------

gradients = st.lists(st.lists(st.floats(-3, 3, width=32), min_size=2, max_size=2), min_size=1, max_size=8)


@given(pushes=gradients, threshold=st.sampled_from([0.25, 0.5, 1.0]))
def test_compression_sends_three_values_and_forgets_nothing(pushes, threshold):
    store = filled("device")
    store.set_gradient_compression({"type": "2bit", "threshold": threshold})
    residual = np.zeros(2, np.float32)
    for push in pushes:
        store.push("w", mx.nd.array(push))
        (sent,) = pulled(store, "w")
        assert set(np.abs(sent)) <= {0, np.float32(threshold)}
        residual += np.array(push, np.float32) - sent
    total = np.array(pushes, np.float32).sum(axis=0)
    np.testing.assert_allclose(store._compression._residuals["w", 0].asnumpy(), residual, atol=1e-5)
    assert total.shape == (2,)


def test_each_replica_has_what_was_not_sent_of_its_own():
    store = filled("device")
    store.set_gradient_compression({"type": "2bit", "threshold": 1})
    values = [mx.nd.array([0.75, 0.5], ctx=mx.cpu(0)), mx.nd.array([0.25, 0.5], ctx=mx.cpu(1))]
    found = []
    for _ in range(4):
        store.push("w", values)
        found.append(pulled(store, "w")[0].tolist())
    assert found == [[0, 0], [1, 2], [1, 0], [2, 2]]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"type": "3bit"}, "has no such type"),
        ({"threshold": 1}, "has no such type"),
        ({"type": "2bit", "threshold": 0}, "needs a positive threshold"),
        ("2bit", "is asked for by a dictionary"),
    ],
)
def test_compression_that_does_not_exist_is_an_error(params, message):
    with pytest.raises(MXNetError, match=f"Gradient compression {message}"):
        mx.kv.create("device").set_gradient_compression(params)


def test_what_is_added_in_host_memory_is_not_compressed():
    with pytest.raises(ValueError, match="A kvstore 'local' does not compress gradients"):
        mx.kv.create("local").set_gradient_compression({"type": "2bit"})


# -- rows -------------------------------------------------------------------------------------------------


def sparse_store():
    """Return a store with a row-sparse value of four rows, of which two are stored."""
    store = mx.kv.create()
    store.init("w", mx.nd.sparse.row_sparse_array(([[1, 1], [3, 3]], [1, 3]), shape=(4, 2)))
    return store


def empty_rows(count=1):
    return [mx.nd.sparse.zeros("row_sparse", (4, 2), ctx=mx.cpu(i)) for i in range(count)]


@pytest.mark.parametrize("ids", [[3, 0, 3], [0], [3, 2, 1, 0]])
def test_pulled_rows_are_those_that_were_asked_for(ids):
    (out,) = empty_rows()
    sparse_store().row_sparse_pull("w", out=out, row_ids=mx.nd.array(ids))
    assert out.indices.asnumpy().tolist() == sorted(set(ids))
    expected = np.array([[0, 0], [1, 1], [0, 0], [3, 3]])
    np.testing.assert_array_equal(out.data.asnumpy(), expected[sorted(set(ids))])


def test_every_array_may_get_rows_of_its_own(two):
    outs = empty_rows(2)
    store = sparse_store()
    store.row_sparse_pull("w", out=outs, row_ids=[mx.nd.array([1]), mx.nd.array([3, 0])])
    assert [out.indices.asnumpy().tolist() for out in outs] == [[1], [0, 3]]
    store.row_sparse_pull("w", out=outs, row_ids=mx.nd.array([3]))
    assert [out.indices.asnumpy().tolist() for out in outs] == [[3], [3]]


def test_pushed_rows_are_added():
    (out,), store = empty_rows(), sparse_store()
    store.push("w", [mx.nd.sparse.row_sparse_array(([[1, 2]], [row]), shape=(4, 2)) for row in (1, 1, 2)])
    store.row_sparse_pull("w", out=out, row_ids=mx.nd.arange(4))
    assert out.asnumpy().tolist() == [[0, 0], [2, 4], [1, 2], [0, 0]]


def test_a_dense_array_gets_the_whole_of_a_sparse_value():
    out = mx.nd.zeros((4, 2))
    sparse_store().pull("w", out=out)
    assert out.asnumpy().tolist() == [[0, 0], [1, 1], [0, 0], [3, 3]]


def test_pulling_passes_over_sparse_arrays_unless_told_otherwise(caplog):
    (out,), store = empty_rows(), sparse_store()
    store.pull("w", out=out)
    assert not out.asnumpy().any()
    assert "passes over a sparse array for key 'w'" in caplog.text
    store.pull("w", out=out, ignore_sparse=False)
    assert out.asnumpy().tolist() == [[0, 0], [1, 1], [0, 0], [3, 3]]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"out": empty_rows()[0]}, AssertionError, "is not told which rows"),
        ({"row_ids": mx.nd.arange(1)}, AssertionError, "has nothing to write into"),
        (
            {"out": mx.nd.zeros((4, 2)), "row_ids": mx.nd.arange(1)},
            mx.MXNetError,
            "The array for key 'w' has no rows",
        ),
        (
            {"out": empty_rows(2), "row_ids": [mx.nd.arange(1)] * 3},
            AssertionError,
            "needs row_ids for every array",
        ),
        ({"out": empty_rows()[0], "row_ids": mx.nd.array([4])}, IndexError, "rows that do not exist"),
    ],
)
def test_rows_that_cannot_be_pulled_are_an_error(arguments, error, message):
    with pytest.raises(error, match=message):
        sparse_store().row_sparse_pull("w", **arguments)


def test_a_dense_value_has_no_rows_to_pull():
    with pytest.raises(mx.MXNetError, match="The value of key 'w' has no rows to pull"):
        filled().row_sparse_pull("w", out=empty_rows()[0], row_ids=mx.nd.arange(1))
