"""Models saved with their structure."""

from __future__ import annotations

import json

import networks
import numpy as np
import pytest

from gluonish import nd, sym
from gluonish.errors import (
    DeferredInitializationError,
    FileFormatError,
    MissingFileError,
    ParameterMismatchError,
)
from gluonish.gluon import Block, nn


class Mixed(Block):
    """A plain block with plain and hybrid ones inside, and a parameter of its own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.first = nn.Dense(2)
            self.body = networks.mlp()
            self.own = self.params.get("own", shape=(2,))

    def forward(self, x):
        return self.body(self.first(x))


def saved(folder):
    """Return a model that has run, part of it as a graph, and save it."""
    model = Mixed(prefix="mixed_")
    model.initialize()
    model.body.hybridize()
    model(nd.ones((2, 4)))
    model.save(folder / "m")
    return model


def test_a_model_is_restored_into_one_that_was_built_in_the_same_way(tmp_path):
    model = saved(tmp_path)
    twin = Mixed()
    twin.load(str(tmp_path / "m"))
    x = nd.array(np.linspace(-1, 1, 12).reshape(3, 4))
    np.testing.assert_array_equal(twin(x).asnumpy(), model(x).asnumpy())
    assert [twin.first.is_hybridized, twin.body.is_hybridized] == [False, True]


def test_the_file_has_mxnets_structure(tmp_path):
    """MXNet 1.9.1 writes these fields, these keys and these names."""
    saved(tmp_path)
    tree = json.loads((tmp_path / "m-model.json").read_text())
    root = tree["mixed0"]
    assert root["orig_name"] == "mixed"
    assert root["children"] == {"mixed_dense0": "first", "mixed_hybridsequential0": "body"}
    body = root["hybridsequential2"]
    assert (body["in_format"], body["out_format"], body["hybridized"]) == ([0], 0, True)
    assert sym.load_json(body["symbol"]).list_arguments()[0] == "data"
    assert [sym.load_json(text).name for text in body["inputs"]] == ["data"]
    assert list(body["children"].values()) == ["0", "1"]
    assert set(body) >= {"dense3", "dense5"}
    assert sorted(nd.load(tmp_path / "m-model.params"))[:3] == ["body.0.bias", "body.0.weight", "body.1.bias"]


def test_a_block_says_that_it_is_hybridized_where_it_has_a_graph_which_mxnet_looks_for(tmp_path):
    model = saved(tmp_path)
    model.first.hybridize()  # and not run since
    model.save(tmp_path / "m")
    root = json.loads((tmp_path / "m-model.json").read_text())["mixed0"]
    assert (root["dense1"]["hybridized"], "in_format" in root["dense1"]) == (False, False)
    assert root["hybridsequential2"]["dense3"]["hybridized"] is False
    twin = Mixed()
    twin.load(tmp_path / "m")
    assert [twin.first.is_hybridized, twin.body.is_hybridized] == [True, True]


def test_a_model_of_another_structure_is_an_error_and_changes_nothing(tmp_path):
    saved(tmp_path)
    other = nn.Dense(2, in_units=4, prefix="fc_")
    other.initialize()
    before = other.weight.data().asnumpy()
    with pytest.raises(
        ParameterMismatchError, match=r"Dense 'fc' is not what file .*\n.*dense0, received mixed0"
    ):
        other.load(tmp_path / "m")
    np.testing.assert_array_equal(other.weight.data().asnumpy(), before)


def test_a_model_without_values_cannot_be_saved(tmp_path):
    model = Mixed()
    model.initialize()
    with pytest.raises(DeferredInitializationError):
        model.save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_not_there_or_damaged_are_errors(tmp_path):
    saved(tmp_path)
    with pytest.raises(MissingFileError, match=r"n-model\.json does not exist"):
        Mixed().load(tmp_path / "n")
    (tmp_path / "m-model.json").write_text("{")
    with pytest.raises(FileFormatError, match=r"m-model\.json holds no model"):
        Mixed().load(tmp_path / "m")
    (tmp_path / "m-model.json").write_text("[]")
    with pytest.raises(ParameterMismatchError, match="mixed0"):
        Mixed().load(tmp_path / "m")
