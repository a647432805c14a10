"""Random sparse arrays."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import test_utils as tu
from gluonish.errors import ArgumentError, MXNetError


@pytest.fixture(autouse=True)
def _seed():
    np.random.seed(7)  # noqa: NPY002  the stream that these are drawn from


@pytest.mark.parametrize("density", [0, 0.3, 1])
@pytest.mark.parametrize("stype", ["row_sparse", "csr"])
def test_the_density_is_how_much_is_stored(stype, density):
    x, _ = tu.rand_sparse_ndarray((200, 10), stype, density=density)
    stored = len(x.indices) / (200 if stype == "row_sparse" else 2000)
    assert stored == pytest.approx(density, abs=0.08)
    assert ((x.data.asnumpy() >= 0) & (x.data.asnumpy() < 1)).all()
    x.check_format()


def test_the_parts_come_along():
    x, (values, indices) = tu.rand_sparse_ndarray((5, 3), "row_sparse", density=0.5, dtype="float64")
    np.testing.assert_array_equal(x.data.asnumpy(), values)
    np.testing.assert_array_equal(x.indices.asnumpy(), indices)
    y, parts = tu.rand_sparse_ndarray((5, 3), "csr", density=0.5, ctx=mx.cpu(1))
    for found, part in zip((y.indptr, y.indices, y.data), parts, strict=True):
        np.testing.assert_array_equal(found.asnumpy(), part.asnumpy())
    assert (x.dtype, y.context) == (np.float64, mx.cpu(1))


def test_values_and_rows_can_be_given():
    x, _ = tu.rand_sparse_ndarray(
        (5, 2), "row_sparse", rsp_indices=[1, 3], data_init=2, modifier_func=lambda v: v + 1
    )
    assert (x.indices.tolist(), x.data.tolist()) == ([1, 3], [[3, 3], [3, 3]])
    with pytest.raises(ArgumentError, match="rsp_indices are too many"):
        tu.rand_sparse_ndarray((1, 2), "row_sparse", rsp_indices=[0, 1])


def test_a_power_law_doubles_the_elements_from_row_to_row():
    x, _ = tu.rand_sparse_ndarray((6, 64), "csr", density=0.5, distribution="powerlaw")
    counts = np.diff(x.indptr.asnumpy()).tolist()
    assert counts[:5] == [2, 4, 8, 16, 32]
    with pytest.raises(ArgumentError, match="too small for a power law"):
        tu.rand_sparse_ndarray((6, 5), "csr", density=0.1, distribution="powerlaw")


def test_columns_can_be_out_of_order():
    x = tu.rand_ndarray((4, 30), "csr", density=0.9, shuffle_csr_indices=True)
    with pytest.raises(MXNetError, match="out of order"):
        x.check_format()


@pytest.mark.parametrize(
    ("stype", "distribution"), [("dense", "uniform"), ("row_sparse", "powerlaw"), ("csr", "normal")]
)
def test_unknown_arrays_are_refused(stype, distribution):
    with pytest.raises(AssertionError, match="knows no such arrays"):
        tu.rand_sparse_ndarray((2, 2), stype, distribution=distribution)


def test_an_impossible_density_is_refused():
    with pytest.raises(ValueError, match="The density is impossible"):
        tu.rand_sparse_ndarray((2, 2), "csr", density=2)


def test_created_rows_are_those_that_are_named_or_none():
    assert tu.create_sparse_array((6, 2), "row_sparse", rsp_indices=[4, 1]).indices.tolist() == [1, 4]
    assert tu.create_sparse_array_zd((6, 2), "row_sparse", density=0.9).indices.tolist() == []
    assert tu.create_sparse_array_zd((6, 2), "row_sparse", density=0.9, rsp_indices=[2]).indices.tolist() == [
        2
    ]
    assert len(tu.create_sparse_array_zd((6, 2), "csr", density=0.5).data) == 6


def test_symbolic_gradients_are_checked_in_the_storage_that_is_asked_for():
    x, w = mx.sym.var("x", stype="csr"), mx.sym.var("w")
    at = tu.rand_ndarray((4, 3), "csr", density=0.5)
    weight = np.ones((3, 2), "float32")
    found = tu.check_symbolic_backward(
        mx.sym.sparse.dot(x, w),
        {"x": at, "w": weight},
        [np.ones((4, 2))],
        {"w": at.asnumpy().T @ np.ones((4, 2))},
        grad_req={"x": "null", "w": "write"},
        grad_stypes={"w": "row_sparse"},
    )
    assert found["w"].stype == "row_sparse"
