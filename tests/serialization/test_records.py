"""Arrays as MXNet's files hold them, before they become arrays of the library: above all sparse ones."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from golden import GOLDEN, known
from hypothesis import given, settings
from hypothesis import strategies as st

from gluonish.errors import DTypeError, FileFormatError
from gluonish.serialization.params import read_params
from gluonish.serialization.records import SparseValue, read_record, write_record
from gluonish.serialization.streams import read_content

KNOWN = known("values.json")
SPARSE = ["sparse.params", "sparse_dtypes.params"]


def values(name):
    """Return what a golden file holds, by name."""
    found = read_params(read_content(GOLDEN / name, "the test"))
    return dict(zip(found.names, found.values, strict=True))


def written(value, **options):
    """Return the bytes of a record."""
    stream = io.BytesIO()
    write_record(stream, value, **options)
    return stream.getvalue()


# -- what MXNet has written ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SPARSE)
def test_sparse_arrays_of_mxnet_are_read(name):
    found = values(name)
    assert list(found) == list(KNOWN[name])
    for key, about in KNOWN[name].items():
        value = found[key]
        if "stype" not in about:
            assert isinstance(value, np.ndarray)
            continue
        assert (value.stype, list(value.shape), value.data.dtype.name) == (
            about["stype"],
            about["shape"],
            about["dtype"],
        )
        for part in ("data", "indices", "indptr"):
            if part in about:
                np.testing.assert_array_equal(
                    getattr(value, part), np.array(about[part]).reshape(getattr(value, part).shape)
                )


@pytest.mark.parametrize("name", SPARSE)
def test_sparse_arrays_are_written_as_mxnet_has_written_them(name):
    content = (GOLDEN / name).read_bytes()
    records = b"".join(written(value) for value in values(name).values())
    assert content[24:].startswith(records)


def test_dense_values_are_views_of_the_file_and_not_copies():
    content = (GOLDEN / "names.params").read_bytes()
    found = read_params(read_content(content, "the test"))
    assert np.shares_memory(found.values[0], np.frombuffer(content, np.uint8))


def test_under_numpys_rules_of_shapes_a_record_is_of_version_3():
    assert written(np.ones(1)) == written(np.ones(1), numpy_shapes=True).replace(b"\xca", b"\xc9", 1)


def test_a_dtype_without_a_number_cannot_be_written():
    with pytest.raises(DTypeError, match=r"dtype complex64 has no number in .params files"):
        written(np.ones(1, np.complex64))


# -- round trips --------------------------------------------------------------------------------------------

DTYPES = st.sampled_from(["float32", "float16", "int8", "bool", "int64"])


@st.composite
def row_sparse(draw):
    rows, width = draw(st.integers(1, 5)), draw(st.integers(0, 3))
    indices = draw(st.lists(st.integers(0, rows - 1), unique=True))
    data = np.arange(len(indices) * width).reshape(len(indices), width).astype(draw(DTYPES))
    return SparseValue("row_sparse", (rows, width), data, np.array(indices, np.int64))


@st.composite
def csr(draw):
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(st.integers(0, width - 1), unique=True), max_size=4))
    indices = np.array([column for row in rows for column in row], np.int64)
    indptr = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    return SparseValue("csr", (len(rows), width), np.ones(len(indices), draw(DTYPES)), indices, indptr)


@given(row_sparse() | csr())
@settings(max_examples=60)
def test_what_is_written_is_read_back(value):
    again = read_record(written(value), "The record")
    assert (again.stype, again.shape) == (value.stype, value.shape)
    for one, other in zip(
        (value.data, *value.index_arrays()), (again.data, *again.index_arrays()), strict=True
    ):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


# -- damaged records ----------------------------------------------------------------------------------------


def rows(*, shape=(3, 2), data=((1, 2),), indices=(1,), dtype=np.int64):
    return SparseValue("row_sparse", shape, np.array(data, np.float32), np.array(indices, dtype))


def elements(*, shape=(2, 3), data=(1, 2), indices=(0, 2), indptr=(0, 1, 2)):
    parts = [np.array(each, np.int64) for each in (indices, indptr)]
    return SparseValue("csr", shape, np.array(data, np.float32), *parts)


FAULTS = {
    "row too large": (rows(indices=(3,)), "row 3 of 3"),
    "negative row": (rows(indices=(-1,)), "row -1 of 3"),
    "too few rows": (rows(indices=(0, 1)), r"shape \(3, 2\) and 2 rows, but data of shape \(1, 2\)"),
    "narrow rows": (rows(shape=(3, 4)), r"but data of shape \(1, 2\)"),
    "rows of a scalar": (rows(shape=(), data=(), indices=()), r"shape \(\) and 0 rows"),
    "fractional rows": (
        rows(dtype=np.float32),
        r"indices is float32 of shape \(1,\), not a list of integers",
    ),
    "matrix of rows": (rows(indices=((1,),)), "not a list of integers"),
    "column too large": (elements(indices=(0, 3)), "column 3 of 3"),
    "three axes": (elements(shape=(2, 3, 1)), "is not that of a matrix"),
    "too few pointers": (elements(indptr=(0, 2)), r"2 row pointers, 2 columns, but data of shape \(2,\)"),
    "pointers from 1": (elements(indptr=(1, 1, 2)), "do not ascend from 0 to 2"),
    "pointers that fall": (elements(indptr=(0, 2, 1)), "do not ascend"),
    "more data than pointers say": (elements(indptr=(0, 1, 1)), "do not ascend"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_sparse_array_that_contradicts_itself_is_an_error(fault):
    value, message = FAULTS[fault]
    with pytest.raises(
        FileFormatError, match=f"The record cannot be read: the array, which is .*: .*{message}"
    ):
        read_record(written(value), "The record")


def test_an_unknown_storage_type_is_an_error():
    with pytest.raises(FileFormatError, match=r"unknown storage type.*\n  Expected 0, 1 or 2, received 3"):
        read_record(struct.pack("<Ii", 0xF993FAC9, 3), "The record")


def test_a_record_cut_at_any_length_is_an_error():
    for value in (rows(), elements(), np.ones(2)):
        content = written(value)
        for length in range(len(content)):
            with pytest.raises(FileFormatError, match="it ends within"):
                read_record(content[:length], "The record")
        with pytest.raises(
            FileFormatError, match=r"something follows after the array.*\n  Received 1 more bytes"
        ):
            read_record(content + b"x", "The record")
