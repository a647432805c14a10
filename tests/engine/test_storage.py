"""Memory that arrays share, the count of writes to it, and moving it."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish import autograd, nd
from gluonish.engine.ndarray import NDArray
from gluonish.engine.storage import Segment, Slab, Storage

CPU = mx.cpu(0)


def version(array):
    return array._storage.version


# -- counting writes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.__setitem__(slice(None), 1),
        lambda x: x.__setitem__(0, [5.0, 6.0]),
        lambda x: x.__setitem__(nd.array([1, 0]), 2),
        lambda x: x.__iadd__(1),
        lambda x: x.__imul__(x),
        lambda x: nd.exp(x, out=x),
        lambda x: nd.softmax(x, out=x),
        lambda x: nd.ones((2, 2)).copyto(x),
        lambda x: x[1].__isub__(3),
        lambda x: x.detach().__iadd__(1),
        lambda x: x.reshape(4).__setitem__(0, 1),
    ],
    ids=[
        "all",
        "row",
        "indexed",
        "iadd",
        "imul",
        "out",
        "out-copied",
        "copyto",
        "view",
        "detached",
        "reshaped",
    ],
)
def test_every_way_to_write_counts_once(write):
    x = nd.zeros((2, 2))
    write(x)
    assert version(x) == 1


def test_reading_counts_for_nothing():
    x = nd.ones((2, 2))
    np.asarray(x)
    _ = x + 1, x[0], x.copy(), x.asnumpy(), x.sum().asscalar(), x.detach(), x.T
    assert version(x) == 0


@pytest.mark.parametrize(
    "derive", [lambda x: x[0], lambda x: x.reshape(-1), lambda x: x.detach(), lambda x: x[:]]
)
def test_views_share_the_count(derive):
    x = nd.zeros((2, 2))
    assert derive(x)._storage is x._storage


@pytest.mark.parametrize("derive", [lambda x: x.copy(), lambda x: x.T, lambda x: x[:, 0], lambda x: x + 0])
def test_copies_have_a_count_of_their_own(derive):
    x = nd.zeros((2, 2))
    assert derive(x)._storage is not x._storage


def test_a_failed_write_does_not_count():
    x = nd.zeros(2)
    with pytest.raises(ValueError, match="broadcasts"):
        x[:] = [1, 2, 3]
    assert version(x) == 0


def test_anonymous_memory_keeps_no_list_of_its_arrays():
    x = nd.zeros(2)
    view = x[:]
    assert not isinstance(x._storage, Segment)
    reference = weakref.ref(view)
    gc.disable()
    try:
        del view
        assert reference() is None
    finally:
        gc.enable()


# -- slabs ------------------------------------------------------------------------------------------------


def make_slab(count=3, size=4):
    """A slab of vectors 0, 1, ... and the array over each."""
    slab = Slab(np.repeat(np.arange(count, dtype="float32"), size), CPU, count)
    segments = [Segment(slab, i, slab.flat[i * size : (i + 1) * size]) for i in range(count)]
    return slab, [NDArray(segment.raw, CPU, segment) for segment in segments]


def move(array, target, index, raw):
    raw[...] = array._raw
    array._storage.move(target, index, raw)


def test_a_write_to_a_segment_counts_for_it_alone():
    slab, arrays = make_slab()
    arrays[1][:] = 7
    assert [version(x) for x in arrays] == list(slab.versions) == [0, 1, 0]
    np.testing.assert_array_equal(slab.flat, [0] * 4 + [7] * 4 + [2] * 4)


def test_a_write_to_the_slab_counts_for_all_its_segments():
    slab, arrays = make_slab()
    slab.flat[...] = 9
    slab.versions += 1
    assert [version(x) for x in arrays] == [1, 1, 1]
    assert [x.asnumpy()[0] for x in arrays] == [9, 9, 9]


def test_freshness_is_kept_per_segment():
    slab, arrays = make_slab()
    arrays[2]._storage.fresh = True
    assert list(slab.fresh) == [x._storage.fresh for x in arrays] == [False, False, True]


def test_arrays_views_and_detached_twins_follow_memory_that_moves():
    _, (x, *_) = make_slab()
    view, twin, shaped = x[1:3], x.detach(), x.reshape(2, 2)
    target = Slab(np.zeros(10, "float32"), CPU, 1)
    move(x, target, 0, target.flat[5:9])
    target.flat[5:9] = [1, 2, 3, 4]
    np.testing.assert_array_equal(x.asnumpy(), [1, 2, 3, 4])
    np.testing.assert_array_equal(view.asnumpy(), [2, 3])
    np.testing.assert_array_equal(twin.asnumpy(), [1, 2, 3, 4])
    np.testing.assert_array_equal(shaped.asnumpy(), [[1, 2], [3, 4]])
    view[:] = 0
    np.testing.assert_array_equal(target.flat[5:9], [1, 0, 0, 4])


steps = st.lists(
    st.one_of(
        st.tuples(st.just("slice"), st.integers(0, 5), st.integers(0, 6)),
        st.tuples(st.just("row"), st.integers(0, 5)),
        st.tuples(st.just("reshape"), st.booleans()),
    ),
    max_size=4,
)


def follow(array, chain):
    for kind, *rest in chain:
        if kind == "reshape":
            array = array.reshape(-1) if rest[0] else array.reshape((-1, array.size or 1))
        elif array.shape and array.shape[0]:
            start = rest[0] % array.shape[0]
            array = array[start] if kind == "row" else array[start : start + rest[1]]
    return array


@given(steps)
def test_any_view_lies_in_the_new_memory_as_it_lay_in_the_old(chain):
    content = np.arange(24, dtype="float32").reshape(6, 2, 2)
    slab = Slab(content.copy().reshape(-1), CPU, 1)
    segment = Segment(slab, 0, slab.flat.reshape(6, 2, 2))
    array = NDArray(segment.raw, CPU, segment)
    view = follow(array, chain)
    target = Slab(np.zeros(30, "float32"), CPU, 1)
    move(array, target, 0, target.flat[3:27].reshape(6, 2, 2))
    target.flat[...] += 100
    np.testing.assert_array_equal(view.asnumpy(), follow(nd.array(content + 100), chain).asnumpy())


def test_the_old_memory_is_let_go():
    slab, (x, *_) = make_slab()
    target = Slab(np.zeros(4, "float32"), CPU, 1)
    move(x, target, 0, target.flat)
    slab.flat[...] = -1
    np.testing.assert_array_equal(x.asnumpy(), [0, 0, 0, 0])


def test_version_and_freshness_go_along_with_moved_memory():
    _, arrays = make_slab()
    arrays[1][:] = 1
    arrays[1]._storage.fresh = True
    target = Slab(np.zeros(4, "float32"), CPU, 1)
    move(arrays[1], target, 0, target.flat)
    assert (version(arrays[1]), arrays[1]._storage.fresh) == (1, True)
    assert (list(target.versions), list(target.fresh)) == ([1], [True])


def test_moving_memory_leaves_saved_arrays_valid():
    _, (_, x, _) = make_slab()
    x.attach_grad()
    with autograd.record():
        y = x * x * x
    target = Slab(np.zeros(4, "float32"), CPU, 1)
    move(x, target, 0, target.flat)
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [3, 3, 3, 3])


def test_a_segment_does_not_keep_its_arrays_alive():
    _, (x, *_) = make_slab()
    views = [weakref.ref(x[i : i + 1]) for i in range(3)]
    gc.collect()
    assert [view() for view in views] == [None] * 3


def test_a_new_storage_is_unwritten_stale_and_anonymous():
    storage = Storage()
    assert (storage.version, storage.fresh, storage.label) == (0, False, None)
