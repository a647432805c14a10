"""Which store a model gets. The decisions are those that MXNet was asked for."""

from __future__ import annotations

import pytest

import gluonish as mx
from gluonish import model
from gluonish.kvstore import KVStore, KVStoreBase

SMALL = {"w": mx.nd.ones(3)}


@pytest.mark.parametrize(
    ("kvstore", "count", "kind", "updates"),
    [
        ("local", 1, type(None), False),
        ("device", 1, type(None), False),
        ("teststore", 1, type(None), False),
        (None, 2, type(None), False),
        ("local", 2, KVStore, True),
        ("device", 2, KVStore, True),
        ("teststore", 2, KVStoreBase, False),
    ],
)
def test_a_named_store_is_made_for_several_devices(kvstore, count, kind, updates):
    store, found = model._create_kvstore(kvstore, count, SMALL)
    assert isinstance(store, kind)
    assert found is updates


def test_a_given_store_is_used_for_one_device_too():
    store = mx.kv.create("local")
    assert model._create_kvstore(store, 1, SMALL) == (store, True)
    assert model._create_sparse_kvstore(store) == (store, True)


@pytest.mark.parametrize(("kvstore", "updates"), [("local", False), ("device", True)])
def test_the_local_store_does_not_update_very_large_parameters(kvstore, updates, monkeypatch):
    monkeypatch.setattr("gluonish.model.stores.LARGE", 10)
    assert model._create_kvstore(kvstore, 2, {"w": mx.nd.ones(11)})[1] is updates
    assert model._create_kvstore(kvstore, 2, {"w": mx.nd.ones(10)})[1] is True


def test_the_environment_leaves_updates_to_the_replicas(monkeypatch):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "0")
    assert model._create_kvstore("device", 2, SMALL)[1] is False


@pytest.mark.parametrize("kvstore", [3, b"local"])
def test_a_store_is_a_name_or_a_store(kvstore):
    with pytest.raises(TypeError, match="The kvstore is made by its name"):
        model._create_kvstore(kvstore, 1, SMALL)


@pytest.mark.parametrize("kvstore", [None, 3])
def test_row_sparse_parameters_need_a_store(kvstore):
    with pytest.raises(TypeError, match="with row-sparse parameters needs a kvstore"):
        model._create_sparse_kvstore(kvstore)


def test_row_sparse_parameters_need_a_store_that_updates():
    with pytest.raises(AssertionError, match="TestStore cannot update row-sparse parameters"):
        model._create_sparse_kvstore("teststore")
