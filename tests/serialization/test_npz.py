"""NumPy's .npz files."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gluonish as mx
from gluonish.dtype import SUPPORTED
from gluonish.errors import ArgumentError, DTypeError, FileFormatError, MissingFileError

NUMPY_HAS = [dtype for dtype in SUPPORTED if dtype.name != "bfloat16"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.npz"


def with_member(content, name="w.npy"):
    """Return an archive with one member of any content."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def header(text):
    """Return the beginning of an .npy file that says anything."""
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


@pytest.mark.parametrize("dtype", NUMPY_HAS, ids=str)
@pytest.mark.parametrize("shape", [(), (0, 2), (2, 3)], ids=str)
def test_numpy_reads_what_is_written_and_it_comes_back(dtype, shape, path):
    values = np.ones(shape, dtype)
    mx.nd.save(path, {"a/b:c": mx.nd.array(values, dtype=dtype)})
    with np.load(path) as found:
        assert found["a/b:c"].tobytes() == values.tobytes()
    array = mx.nd.load(path)["a/b:c"]
    assert (array.shape, np.dtype(array.dtype)) == (shape, dtype)
    assert array.asnumpy().tobytes() == values.tobytes()


def test_a_list_has_the_names_that_numpy_gives_it(path):
    mx.nd.save(path, [mx.nd.ones((1,)), mx.nd.zeros((2,))])
    with np.load(path) as found:
        assert list(found) == ["arr_0", "arr_1"]
    assert [array.shape for array in mx.nd.load(path)] == [(1,), (2,)]


def test_compressed_files_of_numpy_are_read_whatever_the_order_of_bytes_and_axes(path):
    values = np.arange(6, dtype=">f4").reshape(2, 3)
    np.savez_compressed(path, w=np.asfortranarray(values))
    np.testing.assert_array_equal(mx.nd.load(path)["w"].asnumpy(), values)


def test_the_same_arrays_are_the_same_bytes(path):
    mx.nd.save(path, {"w": mx.nd.ones((2,))})
    first = path.read_bytes()
    mx.nd.save(path, {"w": mx.nd.ones((2,))})
    assert path.read_bytes() == first


def test_bytes_and_streams_hold_what_a_file_holds(path):
    mx.nd.save(path, {"w": mx.nd.ones((2,))})
    stream = io.BytesIO()
    mx.nd.save(stream, {"w": mx.nd.ones((2,))}, format="npz")
    assert stream.getvalue() == path.read_bytes()
    for source in (stream.getvalue(), io.BytesIO(stream.getvalue())):
        np.testing.assert_array_equal(mx.nd.load(source, format="npz")["w"].asnumpy(), [1, 1])


def test_bfloat16_is_refused_by_the_name_of_the_array_and_nothing_is_written(path):
    with pytest.raises(DTypeError, match=r"Array 'w' cannot be written to an .npz file: .* no bfloat16"):
        mx.nd.save(path, {"v": mx.nd.ones((1,)), "w": mx.nd.ones((1,), dtype="bfloat16")})
    assert not path.exists()


def test_a_name_that_no_member_of_an_archive_can_have_is_an_error(path):
    with pytest.raises(ArgumentError, match=r"cannot be that of an array in an .npz file"):
        mx.nd.save(path, {"a\0b": mx.nd.ones((1,))})


def test_a_file_that_is_not_there_is_an_error(path):
    with pytest.raises(MissingFileError, match=r"x\.npz does not exist"):
        mx.nd.load(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"<html>",
        with_member(b"")[:-5],
        with_member(b"text", "readme.txt"),
        with_member(b"no array"),
        with_member(header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n") + bytes(4)),
        with_member(header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }\n")),
        with_member(header("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }\n")),
        with_member(
            header("{'descr': __import__('os').system('false'), 'fortran_order': False, 'shape': ()}\n")
        ),
        with_member(header("(" * 3000)),
    ],
)
def test_what_is_no_archive_of_arrays_is_one_error(content, path):
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"File .*x\.npz is no \.npz file, or damaged: "):
        mx.nd.load(path)


@pytest.mark.parametrize("values", [np.array(["text"]), np.ones(1, np.clongdouble), np.ones(1, "f4,i4")])
def test_arrays_of_other_things_than_numbers_are_refused_by_name(values, path):
    np.savez(path, w=values)
    with pytest.raises(DTypeError, match=r"holds array 'w' of a dtype that gluonish has no arrays of"):
        mx.nd.load(path)


def test_pickled_objects_are_refused_without_being_loaded(path):
    np.savez(path, w=np.array([Poison()], dtype=object))
    Poison.loaded = False
    with pytest.raises(DTypeError, match="received object"):
        mx.nd.load(path)
    assert not Poison.loaded


class Poison:
    loaded = False

    def __setstate__(self, state):
        Poison.loaded = True

    def __getstate__(self):
        return {"a": 1}


def test_a_damaged_array_shows_before_another_one_is_loaded(path):
    net = mx.gluon.nn.Dense(50, in_units=2)
    net.initialize(mx.init.One())
    net.bias.set_data(mx.nd.full((50,), 7))
    net.save_parameters(path)
    content = bytearray(path.read_bytes())
    content[content.index(np.full(50, 7, np.float32).tobytes())] ^= 1
    path.write_bytes(content)
    net.initialize(mx.init.Zero(), force_reinit=True)
    with pytest.raises(FileFormatError, match="Bad CRC-32"):
        net.load_parameters(path)
    assert net.weight.data().asnumpy().max() == 0


@settings(max_examples=200)
@given(st.data())
def test_a_file_with_flipped_bits_is_read_as_something_or_is_one_error(data):
    stream = io.BytesIO()
    mx.nd.save(stream, {"a": mx.nd.ones((2,)), "b": mx.nd.ones((3,))}, format="npz")
    content = bytearray(stream.getvalue())
    for bit in data.draw(st.sets(st.integers(0, 8 * len(content) - 1), min_size=1, max_size=4)):
        content[bit // 8] ^= 1 << bit % 8
    try:
        found = mx.nd.load(bytes(content), format="npz")
    except (FileFormatError, DTypeError):
        return
    assert len(found) <= 2
