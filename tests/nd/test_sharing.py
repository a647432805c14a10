"""Sharing memory with NumPy and with other libraries."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd, nd
from gluonish.errors import ArgumentError, ArgumentTypeError, DTypeError, InPlaceError


def test_from_numpy_shares_memory_and_makes_the_source_read_only():
    source = np.zeros(2, "float32")
    x = nd.from_numpy(source)
    x[:] = 3
    np.testing.assert_array_equal(source, [3, 3])
    with pytest.raises(ValueError, match="read-only"):
        source[0] = 1


def test_from_numpy_keeps_the_dtype():
    assert nd.from_numpy(np.zeros(2)).dtype is np.float64


def test_from_numpy_can_copy():
    source = np.zeros((4, 4))[:, ::2]
    x = nd.from_numpy(source, zero_copy=False)
    x[:] = 3
    assert source.sum() == 0
    assert x.shape == (4, 2)


@pytest.mark.parametrize("source", [np.zeros((4, 4))[:, ::2], np.broadcast_to(1.0, (2,))])
def test_from_numpy_refuses_memory_that_cannot_be_shared(source):
    with pytest.raises(ArgumentError, match="zero_copy=False"):
        nd.from_numpy(source)


def test_from_numpy_takes_numpy_arrays_only():
    with pytest.raises(ArgumentTypeError, match="takes NumPy arrays"):
        nd.from_numpy([1, 2])


def test_from_numpy_refuses_a_dtype_that_arrays_do_not_have():
    with pytest.raises(DTypeError, match="complex128"):
        nd.from_numpy(np.zeros(2, complex))


@pytest.mark.parametrize("export", ["to_dlpack_for_read", "to_dlpack_for_write"])
def test_a_capsule_shares_memory_both_ways(export):
    x = nd.ones(2)
    y = nd.from_dlpack(getattr(nd, export)(x))
    y += 1
    np.testing.assert_array_equal(x.asnumpy(), [2, 2])
    x[:] = 5
    np.testing.assert_array_equal(y.asnumpy(), [5, 5])


def test_a_capsule_keeps_the_memory_alive():
    y = nd.from_dlpack(nd.to_dlpack_for_read(nd.full((1000,), 7)))
    np.testing.assert_array_equal(y.asnumpy(), np.full(1000, 7))


def test_a_capsule_can_be_used_once():
    capsule = nd.ones(2).to_dlpack_for_read()
    nd.from_dlpack(capsule)
    with pytest.raises(ArgumentTypeError, match="once only"):
        nd.from_dlpack(capsule)


def test_arrays_of_other_libraries_are_imported_without_a_copy():
    source = np.arange(3, dtype="float64")
    x = nd.from_dlpack(source)
    source[0] = 9
    assert x.context == mx.cpu(0)
    np.testing.assert_array_equal(x.asnumpy(), [9, 1, 2])


def test_arrays_are_tensors_for_other_libraries():
    x = nd.arange(3)
    there = np.from_dlpack(x)
    x[0] = 9
    np.testing.assert_array_equal(there, [9, 1, 2])


def test_an_array_of_a_recorded_graph_is_not_given_away_for_writing():
    x = nd.ones(2)
    x.attach_grad()
    with autograd.record(), pytest.raises(InPlaceError):
        x.to_dlpack_for_write()


@pytest.mark.parametrize("value", [3, [1, 2], np.zeros(2, complex)])
def test_what_is_no_tensor_is_refused(value):
    with pytest.raises(ArgumentTypeError, match="cannot share this memory"):
        nd.from_dlpack(value)


@pytest.mark.gpu
def test_memory_of_a_gpu_is_shared(gpu):
    x = nd.ones(2, ctx=gpu)
    for tensor in (x, x.to_dlpack_for_read()):
        y = nd.from_dlpack(tensor)
        y += 1
        assert y.context == gpu
    np.testing.assert_array_equal(x.asnumpy(), [3, 3])
