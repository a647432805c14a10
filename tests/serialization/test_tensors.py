"""Safetensors files: what is written, what is read, and what is refused."""

from __future__ import annotations

import json
import pickle
import struct

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

import gluonish as mx
from gluonish.dtype import SUPPORTED
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    FileFormatError,
    MissingFileError,
)
from gluonish.serialization import open_arrays
from gluonish.serialization.tensors import TensorFile


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.safetensors"


def made(header, data=b""):
    """Return the content of a file with a header of one's own."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def one(**about):
    """Return the content of a sound file with one array, ``w``, that says something about it."""
    text = json.dumps({"format": "gluonish.arrays", "version": 1, **about})
    return described(text)


def described(text):
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    return made({"__metadata__": {"gluonish": text}, "w": entry}, np.ones(2, np.float32).tobytes())


# -- writing and reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", SUPPORTED, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (2, 3)], ids=str)
def test_arrays_of_every_dtype_and_shape_come_back_as_they_were(dtype, shape, path):
    values = (np.arange(np.prod(shape, dtype=int)).reshape(shape) % 2).astype(dtype)
    mx.nd.save(path, {"w": mx.nd.array(values, dtype=dtype)})
    found = mx.nd.load(path)["w"]
    assert (np.dtype(found.dtype), found.shape) == (dtype, shape)
    assert found.asnumpy().tobytes() == values.tobytes()


def test_a_dictionary_keeps_the_order_of_its_names(path):
    names = ["z", "a", "m", "10", "9"]
    mx.nd.save(path, {name: mx.nd.ones((1,)) for name in names})
    assert list(mx.nd.load(path)) == names


@pytest.mark.parametrize("count", [0, 1, 12])
def test_a_list_comes_back_as_a_list_in_its_order(count, path):
    mx.nd.save(path, [mx.nd.full((1,), i) for i in range(count)])
    found = mx.nd.load(path)
    assert [array.asscalar() for array in found] == list(range(count))


def test_an_array_with_several_names_is_stored_once_and_found_by_each(path):
    array = mx.nd.ones((2,))
    mx.nd.save(path, {"a": array, "b": mx.nd.zeros((1,)), "c": array})
    with safetensors.safe_open(path, framework="numpy") as file:
        assert sorted(file.keys()) == ["a", "b"]
    found = mx.nd.load(path)
    assert list(found) == ["a", "b", "c"]
    assert found["a"] is found["c"]


def test_the_library_of_the_format_reads_what_is_written(path):
    mx.nd.save(path, {"w": mx.nd.array([[1, 2], [3, 4]])})
    np.testing.assert_array_equal(safetensors.numpy.load_file(path)["w"], [[1, 2], [3, 4]])


def test_a_file_of_another_program_is_read_by_the_names_of_its_arrays(path):
    arrays = {"b": np.ones((2,), np.int8), "a": np.zeros((1, 2), ml_dtypes.bfloat16)}
    safetensors.numpy.save_file(arrays, path, {"format": "pt"})
    found = mx.nd.load(path)
    assert {name: (array.shape, np.dtype(array.dtype).name) for name, array in found.items()} == {
        "a": ((1, 2), "bfloat16"),
        "b": ((2,), "int8"),
    }


def test_bytes_and_streams_hold_what_a_file_holds(path):
    array = mx.nd.ones((2,))
    mx.nd.save(path, {"a": array, "b": array})
    with path.open("rb") as stream:
        sources = [path.read_bytes(), stream]
        for source in sources:
            found = mx.nd.load(source, format="safetensors")
            assert list(found) == ["a", "b"]
            assert found["a"] is found["b"]


def test_a_stream_is_written_what_a_file_is(path):
    mx.nd.save(path, {"a": mx.nd.ones((2,))})
    copy = path.with_name("copy")
    with copy.open("wb") as stream:
        mx.nd.save(stream, {"a": mx.nd.ones((2,))}, format="safetensors")
    assert copy.read_bytes() == path.read_bytes()


def test_arrays_are_read_when_they_are_asked_for_even_after_the_file_was_replaced(path):
    mx.nd.save(path, {"w": mx.nd.array([1, 2])})
    stored = open_arrays(path)["w"]
    mx.nd.save(path, {"w": mx.nd.array([3, 4])})
    np.testing.assert_array_equal(stored.asnumpy(), [1, 2])
    np.testing.assert_array_equal(open_arrays(path)["w"].asnumpy(), [3, 4])


def test_the_suffix_says_the_format_unless_it_is_named(tmp_path):
    data = {"w": mx.nd.ones((1,))}
    mx.nd.save(tmp_path / "a.params", data)
    mx.nd.save(tmp_path / "b.bin", data)
    mx.nd.save(tmp_path / "c.bin", data, format="safetensors")
    contents = [(tmp_path / name).read_bytes() for name in ("a.params", "b.bin", "c.bin")]
    assert contents[0] == contents[1]
    assert contents[2][8:9] == b"{"
    assert list(mx.nd.load(tmp_path / "c.bin", format="safetensors")) == ["w"]


# -- what cannot be saved -----------------------------------------------------------------------------------


def test_an_unknown_format_is_an_error(path):
    with pytest.raises(ArgumentError, match=r"Format 'hdf5' is unknown.\n.*params, safetensors, npz"):
        mx.nd.save(path, {}, format="hdf5")


@pytest.mark.parametrize(
    ("data", "error", "match"),
    [
        ("text", ArgumentError, r"cannot save this.\n.*received str"),
        ([1.0], ArgumentTypeError, r"saves arrays.\n.*received float"),
        ({1: mx.nd.ones((1,))}, ArgumentTypeError, r"needs names.\n.*received 1"),
        ({"\ud800": mx.nd.ones((1,))}, ArgumentError, "cannot be written as UTF-8"),
    ],
    ids=["text", "number", "name", "surrogate"],
)
def test_what_is_no_collection_of_arrays_is_an_error_and_no_file_is_written(data, error, match, path):
    with pytest.raises(error, match=match):
        mx.nd.save(path, data)
    assert not path.exists()


def test_the_size_of_a_shard_is_for_safetensors_only(tmp_path):
    with pytest.raises(ArgumentError, match="max_shard_size is for safetensors files"):
        mx.nd.save(tmp_path / "x.params", {}, max_shard_size=10)


# -- what cannot be read ------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_an_error(path):
    with pytest.raises(MissingFileError, match=r"x.safetensors does not exist.\n  Check the path"):
        mx.nd.load(path)


def test_a_folder_is_an_error(path):
    path.mkdir()
    with pytest.raises(MissingFileError, match=r"x.safetensors is a folder"):
        mx.nd.load(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 7,
        b"\x00" * 8,
        b"version https://git-lfs.github.com/spec/v1\n",
        b"<!DOCTYPE html><html></html>",
        b"PK\x03\x04" + bytes(30),
        pickle.dumps({"w": [1.0]}),
        struct.pack("<Q", 2**63) + b"{}",
        made(b"[" * 100_000),
        made({"w": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 8]}}, bytes(8)),
        made({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 2**62]}}, bytes(8)),
        made({"w": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}}, bytes(8)),
        made({"w": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}}, bytes(8)),
        made({"w": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, bytes(8)),
        made({"w": {"dtype": "Q9", "shape": [2], "data_offsets": [0, 8]}}, bytes(8)),
        made({"w": 3}),
        one() + b"more",
    ],
)
def test_what_is_no_safetensors_file_is_one_error_that_says_what_it_begins_with(content, path):
    path.write_bytes(content)
    match = rf"File .*x.safetensors is no safetensors file, or damaged .*\n.*received {len(content)} bytes"
    with pytest.raises(FileFormatError, match=match):
        mx.nd.load(path)
    with pytest.raises(FileFormatError, match=r"The buffer is no safetensors file, or damaged"):
        mx.nd.load(content, format="safetensors")


@pytest.mark.parametrize(
    ("about", "match"),
    [
        ({"aliases": [1]}, "damaged alias table"),
        ({"aliases": {"a": 1}}, "damaged alias table"),
        ({"aliases": {"a": "b", "b": "a"}}, "contradicts its arrays: 'a' is an alias of what is not stored"),
        ({"aliases": {"w": "w"}}, "contradicts its arrays: 'w' is stored itself"),
        ({"order": ["w", "v"]}, "list of names that contradicts its arrays"),
        ({"order": [["w"]]}, "list of names that contradicts its arrays"),
        ({"order": 3}, "list of names that contradicts its arrays"),
        ({"list": True}, "says that it is a list"),
        ({"version": 2}, "version of the format that is not known here"),
        ({"version": "1"}, "version of the format that is not known here"),
        ({"format": 3}, "has damaged metadata"),
    ],
)
def test_damaged_metadata_is_an_error_that_says_what_is_wrong_with_it(about, match, path):
    path.write_bytes(one(**about))
    with pytest.raises(FileFormatError, match=match):
        mx.nd.load(path)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "3", "null"])
def test_metadata_that_says_nothing_sensible_is_an_error(text, path):
    path.write_bytes(described(text))
    with pytest.raises(FileFormatError, match=r"etadata of file .* cannot be read|has damaged metadata"):
        mx.nd.load(path)


def test_a_dtype_of_which_there_are_no_arrays_is_an_error_that_names_the_array(path):
    path.write_bytes(made({"w": {"dtype": "F8_E5M2", "shape": [2], "data_offsets": [0, 2]}}, bytes(2)))
    with pytest.raises(DTypeError, match=r"holds array 'w' of a dtype .*\n.*received F8_E5M2"):
        mx.nd.load(path)


ABOUT = {"format": "gluonish.arrays", "version": 1, "aliases": {"c": "a"}, "order": ["c", "b", "a"]}
SOUND = made(
    {
        "__metadata__": {"gluonish": json.dumps(ABOUT)},
        "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "b": {"dtype": "U8", "shape": [3], "data_offsets": [8, 11]},
    },
    bytes(11),
)


def test_a_file_cut_at_any_length_is_an_error():
    for length in range(len(SOUND)):
        with pytest.raises(FileFormatError, match="no safetensors file, or damaged"):
            mx.nd.load(SOUND[:length], format="safetensors")
    assert list(mx.nd.load(SOUND, format="safetensors")) == ["c", "b", "a"]


@settings(max_examples=300)
@given(st.integers(0, 8 * len(SOUND) - 1), st.data())
def test_a_file_with_flipped_bits_is_read_as_something_or_is_one_error(first, data):
    content = bytearray(SOUND)
    others = data.draw(st.lists(st.integers(0, 8 * len(SOUND) - 1), max_size=4))
    for bit in {first, *others}:
        content[bit // 8] ^= 1 << bit % 8
    try:
        found = mx.nd.load(bytes(content), format="safetensors")
    except (FileFormatError, DTypeError):
        return
    assert sum(array.size for array in found.values()) <= 2 * len(SOUND)


def test_a_file_is_open_without_reading_its_arrays(path):
    mx.nd.save(path, {"w": mx.nd.ones((2, 3)), "v": mx.nd.ones((1,), dtype="int8")})
    assert TensorFile.open(path).kinds == {"w": ("F32", (2, 3)), "v": ("I8", (1,))}
