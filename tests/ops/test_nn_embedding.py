"""The embedding, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import nd
from gluonish.errors import IndexOutOfRangeError, ShapeMismatchError
from ops.nn_support import gradient, infer, infer_dtypes


@pytest.fixture
def table():
    return nd.array(np.arange(8).reshape(4, 2))


@pytest.mark.parametrize("index", [-1, 4])
def test_an_index_out_of_range_is_refused(table, index):
    """MXNet takes the nearest row."""
    with pytest.raises(IndexOutOfRangeError, match=f"(?s)Embedding.*0 to 3, received {index}"):
        nd.Embedding(nd.array([0, index]), table, input_dim=4, output_dim=2)


def test_a_row_that_is_looked_up_twice_gets_both_gradients(table):
    found = gradient(lambda w: nd.Embedding(nd.array([1, 3, 1]), w, input_dim=4, output_dim=2), table)
    assert found.tolist() == [[0, 0], [2, 2], [0, 0], [1, 1]]


def test_weight_and_result_have_one_dtype(table):
    halves = table.astype("float16")
    assert nd.Embedding(nd.array([0]), halves, input_dim=4, output_dim=2).dtype == np.float16


def test_a_weight_without_a_dtype_gets_that_of_the_parameter():
    inputs, outputs = infer_dtypes(
        "Embedding", [np.dtype("int32"), None], input_dim=2, output_dim=2, dtype="float16"
    )
    assert (inputs[1], outputs) == (np.float16, [np.float16])


def test_the_weight_follows_from_the_parameters():
    inputs, outputs = infer("Embedding", [(5, None), None], input_dim=4, output_dim=2)
    assert (inputs[1], outputs) == ((4, 2), [(5, None, 2)])


def test_a_weight_of_another_size_is_refused(table):
    with pytest.raises(ShapeMismatchError, match=r"'weight' has shape \(4, 2\)"):
        nd.Embedding(nd.array([0]), table, input_dim=5, output_dim=2)


def test_no_indices_give_no_rows(table):
    assert nd.Embedding(nd.zeros((0, 3)), table, input_dim=4, output_dim=2).shape == (0, 3, 2)
