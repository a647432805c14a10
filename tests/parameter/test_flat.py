"""Flat storage: parameters behind each other in memory."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.parameter import lifecycle
from gluonish.parameter.flat import runs_of
from parameter.helpers import backward, make_params

SHAPES = [(2, 3), (5,), (), (1, 7, 2), (130,)]


def groups(params):
    return {p.core.ready().group for p in params.values()}


def address(array):
    return array._raw.__array_interface__["data"][0]


def test_what_is_initialized_together_lies_in_one_slab_per_context(two):
    params = make_params(SHAPES, two)
    (group,) = groups(params)
    for ctx in two:
        flat = group.data[ctx].flat
        start, stop = address_range(flat)
        for parameter in params.values():
            assert start <= address(parameter.data(ctx)) <= stop


def address_range(flat):
    start = flat.__array_interface__["data"][0]
    return start, start + flat.nbytes


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64", "int8"])
def test_every_segment_is_aligned_to_a_cache_line(dtype):
    params = make_params(SHAPES, dtype=dtype, init="ones")
    for parameter in params.values():
        assert address(parameter.data()) % 64 == 0
        assert address(parameter.grad()) % 64 == 0


def test_values_and_gradients_have_one_layout():
    params = make_params(SHAPES)
    (group,) = groups(params)
    data, grad = group.data[mx.cpu(0)].flat, group.grad[mx.cpu(0)].flat
    for parameter in params.values():
        offset = address(parameter.data()) - address_range(data)[0]
        assert address(parameter.grad()) - address_range(grad)[0] == offset


def test_parameters_without_gradients_have_no_gradient_slab():
    params = make_params([(4,)], grad_req="null")
    (group,) = groups(params)
    assert group.grad == {}
    assert group.nbytes == 64 * 4


def test_null_frees_the_gradient(tracemalloc_peak):
    params = make_params([(250_000,)] * 4)
    before = tracemalloc_peak()
    params.setattr("grad_req", "null")
    assert before - tracemalloc_peak() > 3.9e6  # four gradients of a million bytes


def test_null_for_one_after_the_other_frees_gradients_along_the_way(tracemalloc_peak):
    params = make_params([(250_000,)] * 4)
    before = tracemalloc_peak()
    for name in ("p0", "p1", "p2"):
        params[name].grad_req = "null"
    # One gradient is left, and at most as much again is vacant.
    assert before - tracemalloc_peak() > 1.9e6


@pytest.fixture
def tracemalloc_peak():
    """Return a function that tells how many bytes are allocated now."""
    import gc  # noqa: PLC0415
    import tracemalloc  # noqa: PLC0415

    tracemalloc.start()

    def allocated():
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    yield allocated
    tracemalloc.stop()


def test_repacking_moves_arrays_views_and_detached_twins_along():
    params = make_params([(4, 6), (3,)])
    array = params["p0"].data()
    twin, row, block = array.detach(), array[1], array[1:3]
    gradient = params["p0"].grad()
    backward(params)
    expected = [each.asnumpy() for each in (array, twin, row, block, gradient)]
    old = address(array)
    lifecycle.repack([params["p1"].core, params["p0"].core])
    assert address(array) != old
    assert params["p0"].data() is array
    for each, values in zip((array, twin, row, block, gradient), expected, strict=True):
        np.testing.assert_array_equal(each.asnumpy(), values)
    params["p0"].set_data(np.arange(24).reshape(4, 6))
    assert twin.asnumpy()[2, 3] == 15
    assert row.asnumpy().tolist() == [6, 7, 8, 9, 10, 11]
    assert block.asnumpy()[1].tolist() == [12, 13, 14, 15, 16, 17]


def test_moving_memory_is_not_writing_it():
    params = make_params([(4,), (3,)])
    with mx.autograd.record():
        loss = sum((p.data() * p.data()).sum() for p in params.values())
    lifecycle.repack([params["p1"].core, params["p0"].core])
    loss.backward()
    np.testing.assert_allclose(params["p0"].grad().asnumpy(), 2 * params["p0"].data().asnumpy())


def test_a_write_to_one_segment_counts_for_that_one_only():
    params = make_params([(4,), (3,)])
    with mx.autograd.record():
        loss = (params["p0"].data() * params["p0"].data()).sum()
    params["p1"].set_data(np.ones(3))
    loss.backward()
    np.testing.assert_allclose(params["p0"].grad().asnumpy(), 2 * params["p0"].data().asnumpy())


def test_memory_of_a_dropped_parameter_is_freed(tracemalloc_peak):
    params = make_params([(250_000,)])
    before = tracemalloc_peak()
    del params
    assert before - tracemalloc_peak() > 1.9e6


@given(st.lists(st.integers(0, 12), unique=True))
def test_runs_cover_exactly_the_members_they_are_made_of(members):
    group = make_params([(3,)] * 13)["p0"].core.ready().group
    runs = runs_of(group, members)
    covered = [i for run in runs for i in range(run.first, run.last)]
    assert covered == sorted(members)
    assert all(a.last < b.first for a, b in pairwise(runs))
    assert [(run.start, run.stop) for run in runs] == [(64 * r.first, 64 * r.last) for r in runs]
