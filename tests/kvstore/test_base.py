"""The interface of stores, their registry, and the store that keeps nothing."""

from __future__ import annotations

import pytest

import gluonish as mx
from gluonish.kvstore import KVStoreBase


@pytest.fixture
def registry():
    """The registry, put back as it was."""
    before = dict(KVStoreBase.kv_registry)
    yield KVStoreBase.kv_registry
    KVStoreBase.kv_registry.clear()
    KVStoreBase.kv_registry.update(before)


def test_a_registered_class_is_known_by_its_lower_cased_name(registry):
    @KVStoreBase.register
    class MyStore(KVStoreBase):
        pass

    assert registry["mystore"] is MyStore
    assert type(mx.kv.create("MYSTORE")) is MyStore


def test_registering_a_name_again_warns_and_replaces(registry):
    KVStoreBase.register(type("MyStore", (KVStoreBase,), {}))
    second = type("MyStore", (KVStoreBase,), {})
    with pytest.warns(UserWarning, match="kvstore 'mystore' was"):
        KVStoreBase.register(second)
    assert registry["mystore"] is second


def test_only_classes_are_registered():
    with pytest.raises(AssertionError, match="takes a class"):
        KVStoreBase.register("mystore")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("broadcast", ("w", 1, 2)),
        ("pushpull", ("w", 1)),
        ("set_optimizer", (1,)),
        ("is_capable", ("optimizer",)),
        ("save_optimizer_states", ("file",)),
        ("load_optimizer_states", ("file",)),
    ],
)
def test_a_class_of_stores_states_what_it_can(name, arguments):
    with pytest.raises(NotImplementedError, match=rf"KVStoreBase.{name} is not there"):
        getattr(KVStoreBase(), name)(*arguments)


@pytest.mark.parametrize("name", ["type", "rank", "num_workers"])
def test_a_class_of_stores_says_what_it_is(name):
    with pytest.raises(NotImplementedError, match=rf"KVStoreBase.{name} is not there"):
        getattr(KVStoreBase(), name)


def test_the_test_store_keeps_nothing():
    store = mx.kv.create("teststore")
    assert (store.type, store.rank, store.num_workers, store.is_capable("optimizer")) == (
        "teststore",
        0,
        1,
        False,
    )
    out = [mx.nd.zeros(2), mx.nd.zeros(2, ctx=mx.cpu(1))]
    for _ in range(2):
        store.broadcast("w", mx.nd.ones(2), out=out)
        assert [each.tolist() for each in out] == [[1, 1], [1, 1]]
        store.pushpull("w", out)
        assert [each.tolist() for each in out] == [[2, 2], [2, 2]]


def test_the_test_store_is_asked_for_one_capability():
    with pytest.raises(ValueError, match="Capability 'x' is not known"):
        mx.kv.create("teststore").is_capable("x")
