"""Optimizers on row-sparse gradients: numbers printed by Apache MXNet 1.9.1."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import gluonish as mx
from gluonish import nd

UPDATES = json.loads((Path(__file__).parent.parent / "data/mxnet/sparse_answers.json").read_text())["updates"]
"""Made by tools/make_golden_sparse.py."""

STEPS = (([0, 2], [[1.0, 2], [3, -4]]), ([2], [[0.5, 1]]), ([0, 2], [[1.0, 2], [3, -4]]))


@pytest.mark.parametrize("given", UPDATES, ids=lambda g: f"{g['name']} {g['arguments']} {g['stype']}")
def test_weights_are_those_of_mxnet(given):
    updater = mx.optimizer.get_updater(
        mx.optimizer.create(given["name"], learning_rate=0.1, **given["arguments"])
    )
    weight = nd.array([[1, -1], [2, 3], [0.5, -2], [4, 5.0]]).tostype(given["stype"])
    for rows, values in STEPS:
        updater(0, nd.sparse.row_sparse_array((values, rows), shape=(4, 2)), weight)
    assert weight.stype == given["stype"]
    np.testing.assert_allclose(weight.asnumpy(), given["weight"], atol=3e-5)


@pytest.mark.parametrize("name", ["nadam", "ftml", "signum", "lamb"])
def test_an_optimizer_without_steps_on_rows_takes_the_gradient_as_a_dense_one(name):
    results = []
    for stype in ("default", "row_sparse"):
        updater = mx.optimizer.get_updater(mx.optimizer.create(name))
        weight = nd.array([[1, -1], [2, 3]])
        updater(0, nd.array([[0.5, 1], [0, 0]]).tostype(stype), weight)
        results.append(weight.asnumpy())
    np.testing.assert_array_equal(*results)


def test_states_beside_a_row_sparse_weight_are_row_sparse_where_steps_are_by_rows():
    weight = nd.zeros((4, 2), stype="row_sparse")
    kinds = {"adam": "row_sparse", "groupadagrad": "row_sparse", "nadam": "default"}
    for name, stype in kinds.items():
        state = mx.optimizer.create(name).create_state(0, weight)
        assert {each.stype for each in (state if isinstance(state, tuple) else (state,))} == {stype}
