"""Which dtypes the casts of mixed precision change."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ShapeMismatchError

# The tables are what Apache MXNet 1.9.1 printed; it cannot compute with all of these, so they are no answers.


def names(arrays):
    return [np.dtype(each.dtype).name for each in arrays]


@pytest.mark.parametrize("given", ["float16", "float32", "float64", "int32", "uint8"])
@pytest.mark.parametrize("wanted", ["float16", "float32", "float64", "int32"])
def test_amp_cast_changes_single_and_half_precision_only(given, wanted):
    cast = mx.nd.amp_cast(mx.nd.ones(2, dtype=given), dtype=wanted)
    assert names([cast]) == [wanted if given in ("float16", "float32") else given]


@pytest.mark.parametrize(
    ("given", "widest", "narrowest"),
    [
        ("float16 float16", "float16 float16", "float16 float16"),
        ("float16 float64", "float16 float64", "float16 float64"),
        ("float16 int32 float32", "float32 int32 float32", "float16 int32 float16"),
        ("float64 float16 float32", "float64 float32 float32", "float64 float16 float16"),
        ("float64 float32", "float64 float32", "float64 float32"),
        ("int32 float64", "int32 float64", "int32 float64"),
    ],
)
def test_amp_multicast_finds_a_dtype_for_all_that_it_changes(given, widest, narrowest):
    arrays = [mx.nd.ones(2, dtype=dtype) for dtype in given.split()]
    for narrow, expected in ((False, widest), (True, narrowest)):
        cast = mx.nd.amp_multicast(*arrays, num_outputs=len(arrays), cast_narrow=narrow)
        assert names(cast) == expected.split()


def test_amp_multicast_of_two_kinds_of_half_precision_is_single():
    arrays = [mx.nd.ones(2, dtype=dtype) for dtype in ("float16", "bfloat16")]
    assert names(mx.nd.amp_multicast(*arrays, num_outputs=2)) == ["float32"] * 2


def test_amp_multicast_needs_to_know_how_many_arrays_there_are():
    with pytest.raises(ShapeMismatchError, match="needs as many arrays as outputs"):
        mx.nd.amp_multicast(mx.nd.ones(2), mx.nd.ones(2), num_outputs=3)
