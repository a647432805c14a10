"""Spellings of element types."""

from __future__ import annotations

import contextlib
import gc
import weakref

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.dtype import SUPPORTED, as_dtype, dtype_name, is_float, is_integer
from gluonish.errors import DTypeError

NAMES = [
    *("float16", "float32", "float64", "bfloat16", "bool", "int8", "int16", "int32", "int64"),
    *("uint8", "uint16", "uint32", "uint64"),
]


def test_the_supported_dtypes_are_mxnets_and_the_integers_between():
    assert [dtype_name(each) for each in SUPPORTED] == NAMES


@pytest.mark.parametrize("dtype", SUPPORTED, ids=dtype_name)
def test_a_dtype_can_be_spelled_as_its_name_its_scalar_type_and_itself(dtype):
    for spelling in (dtype, dtype.type, dtype_name(dtype)):
        assert as_dtype(spelling) is dtype
        assert dtype_name(spelling) == dtype_name(dtype)


def test_the_builtins_are_gluons_defaults_and_numpys():
    assert [dtype_name(as_dtype(each)) for each in (float, int, bool)] == ["float64", "int64", "bool"]


@pytest.mark.parametrize(
    ("spelling", "name"), [("f4", "float32"), ("<i2", "int16"), ("e", "float16"), ("?", "bool")]
)
def test_numpys_codes_are_understood(spelling, name):
    assert as_dtype(spelling) == np.dtype(name)


@pytest.mark.parametrize("spelling", [">f4", np.dtype(">f4")])
def test_a_foreign_byte_order_becomes_the_machines_own(spelling):
    assert as_dtype(spelling) == np.dtype("float32")


@pytest.mark.parametrize(
    "value",
    [
        "floaty",
        "",
        "complex64",
        "U3",
        "i4,f4",
        "i4,,",
        None,
        1,
        1.0,
        object(),
        [],
        {},
        [("x", "f4")],
        complex,
        str,
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_refused_with_the_list_of_what_there_is(value):
    with pytest.raises(
        DTypeError, match=r"is not supported.\n  Expected one of float16, float32, float64, bfloat16"
    ):
        as_dtype(value)


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=4))
@pytest.mark.filterwarnings("ignore:Data type alias 'a':DeprecationWarning")
def test_any_text_is_a_supported_dtype_or_an_error(text):
    with contextlib.suppress(DTypeError):
        assert as_dtype(text) in SUPPORTED


def test_a_refused_dtype_is_caught_as_mxnet_programs_catch_it():
    for caught in (TypeError, KeyError, mx.errors.MXNetError):
        with pytest.raises(caught):
            as_dtype("floaty")


def test_objects_that_have_a_dtype_are_not_kept_alive_by_the_lookup():
    class Tensor:
        dtype = np.dtype("float16")

    tensor = Tensor()
    assert as_dtype(tensor) == np.dtype("float16")
    reference = weakref.ref(tensor)
    del tensor
    gc.collect()
    assert reference() is None


def test_floats_and_integers_are_told_apart():
    assert [dtype_name(d) for d in SUPPORTED if is_float(d)] == NAMES[:4]
    assert [dtype_name(d) for d in SUPPORTED if is_integer(d)] == NAMES[5:]


def test_bfloat16_is_that_of_ml_dtypes():
    assert as_dtype("bfloat16").type is ml_dtypes.bfloat16
    assert mx.nd.array([1.5], dtype="bfloat16").asnumpy().dtype.type is ml_dtypes.bfloat16


def test_no_dtype_is_written_as_a_question_mark():
    assert dtype_name(None) == "?"
