"""MXNet's .params files: byte for byte, and nothing worse than a FileFormatError for damaged ones."""

from __future__ import annotations

import io
import struct
import tracemalloc

import numpy as np
import pytest
from golden import GOLDEN, known
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import gluonish as mx
from gluonish.dtype import bfloat16
from gluonish.errors import ArgumentError, ArgumentTypeError, FileFormatError, MissingFileError
from gluonish.serialization import load, save

"""Files written by Apache MXNet 1.9.1; tools/make_golden_params.py makes them."""

KNOWN = known("values.json")
READABLE = [name for name in KNOWN if not name.startswith("sparse")]
"""Those with dense arrays only; test_records.py reads the others."""

DTYPES = ["float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool"]
MORE_DTYPES = ["int16", "uint16", "uint32", "uint64", "bfloat16"]


def written(tmp_path, data):
    """Return the bytes that saving gives."""
    save(tmp_path / "saved.params", data)
    return (tmp_path / "saved.params").read_bytes()


def loaded(tmp_path, content):
    """Return what a file with these bytes holds."""
    (tmp_path / "given.params").write_bytes(content)
    return load(tmp_path / "given.params")


def header(count):
    return struct.pack("<QQQ", 0x112, 0, count)


def no_names():
    return struct.pack("<Q", 0)


# -- what MXNet has written ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READABLE)
def test_files_of_mxnet_are_read(name):
    content, known = load(GOLDEN / name), KNOWN[name]
    assert type(content) is type(known)
    pairs = (
        [(content[key], known[key]) for key in known]
        if isinstance(known, dict)
        else zip(content, known, strict=True)
    )
    assert len(content) == len(known)
    for array, about in pairs:
        assert array.context == mx.cpu(0)
        assert (list(array.shape), array.dtype.__name__) == (about["shape"], about["dtype"])
        np.testing.assert_array_equal(array.asnumpy(), np.array(about["values"], about["dtype"]))


@pytest.mark.parametrize("name", [name for name in READABLE if name != "numpy.params"])
def test_what_is_read_is_written_as_mxnet_has_written_it(name, tmp_path):
    """MXNet reads its own bytes, so it reads these."""
    assert written(tmp_path, load(GOLDEN / name)) == (GOLDEN / name).read_bytes()


def test_the_order_of_names_is_that_of_the_file():
    assert list(load(GOLDEN / "dtypes.params")) == DTYPES


def test_under_numpys_rules_of_shapes_version_3_is_written(tmp_path):
    """As MXNet does, which then reads no other."""
    with mx.np_shape(True):
        content = written(tmp_path, load(GOLDEN / "numpy.params"))
    assert content == (GOLDEN / "numpy.params").read_bytes()


# -- byte by byte -------------------------------------------------------------------------------------------

ONE_HALF = bytes.fromhex(
    "1201000000000000 0000000000000000 0100000000000000 c9fa93f9 00000000 01000000 0100000000000000"
    "01000000 00000000 02000000 003c 0000000000000000"
)
"""A list with ones((1,), float16)."""


def test_a_list_is_what_the_format_prescribes(tmp_path):
    assert written(tmp_path, [mx.nd.ones((1,), dtype="float16")]) == ONE_HALF
    assert len(ONE_HALF) == 66


def test_a_single_array_is_a_list_of_one(tmp_path):
    assert written(tmp_path, mx.nd.ones((1,), dtype="float16")) == ONE_HALF


def test_a_dictionary_ends_with_its_names(tmp_path):
    content = written(tmp_path, {"w": mx.nd.ones((1,), dtype="float16"), "größe": mx.nd.zeros((1,))})
    names = struct.pack("<QQ", 2, 1) + b"w" + struct.pack("<Q", 7) + "größe".encode()
    assert content.endswith(names)


@pytest.mark.parametrize(("dtype", "code"), [*zip(DTYPES, range(8), strict=True), ("bfloat16", 12)])
def test_every_dtype_has_mxnets_number(dtype, code, tmp_path):
    content = written(tmp_path, [mx.nd.ones((1,), dtype=dtype)])
    assert struct.unpack_from("<i", content, 24 + 4 + 4 + 4 + 8 + 8) == (code,)


@pytest.mark.parametrize("data", [{}, []], ids=["dictionary", "list"])
def test_nothing_is_written_and_read_as_an_empty_list(data, tmp_path):
    content = written(tmp_path, data)
    assert content == (GOLDEN / "empty_list.params").read_bytes()
    assert loaded(tmp_path, content) == []


def test_an_array_on_any_context_or_in_any_layout_is_written_as_its_values(tmp_path):
    array = mx.nd.array([[1, 2], [3, 4]], ctx=mx.cpu(3))
    content = written(tmp_path, [array.T])
    assert content == written(tmp_path, [mx.nd.array([[1, 3], [2, 4]])])


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=6),
        arrays_of.arrays(
            st.sampled_from(["float32", "float16", "float64", "int8", "int64", "uint8", "bool", "int16"]),
            arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=60)
def test_what_is_written_is_read_back(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("round") / "trip.params"
    save(path, {name: mx.nd.array(array, dtype=array.dtype) for name, array in content.items()})
    again = load(path)
    assert list(again) == list(content)
    for name, array in content.items():
        assert again[name].asnumpy().dtype == array.dtype
        assert again[name].shape == array.shape
        assert again[name].asnumpy().tobytes() == array.tobytes()


@pytest.mark.parametrize("dtype", DTYPES + MORE_DTYPES)
def test_every_dtype_survives(dtype, tmp_path):
    array = mx.nd.array([[0, 1], [1, 0]]).astype(dtype)
    again = loaded(tmp_path, written(tmp_path, [array]))[0]
    assert again.dtype is array.dtype
    np.testing.assert_array_equal(again.asnumpy(), array.asnumpy())


def test_loaded_arrays_can_be_written():
    array = load(GOLDEN / "list.params")[1]
    array[:] = 5
    assert array.asnumpy().tolist() == [5] * 4


# -- older versions, written by hand ------------------------------------------------------------------------

DATA = np.array([[1.0, 2.0, 3.0]], np.float32)


@pytest.mark.parametrize("device", [(1, 0), (2, 7), (3, 0), (5, 1)], ids=["cpu", "gpu", "pinned", "shared"])
def test_version_1_is_read_whatever_its_device(device, tmp_path):
    record = struct.pack("<Ii2q", 0xF993FAC8, 2, 1, 3) + struct.pack("<iii", *device, 0) + DATA.tobytes()
    (array,) = loaded(tmp_path, header(1) + record + no_names())
    assert array.context == mx.cpu(0)
    np.testing.assert_array_equal(array.asnumpy(), DATA)


def test_version_0_is_read(tmp_path):
    record = struct.pack("<I2I", 2, 1, 3) + struct.pack("<iii", 1, 0, 0) + DATA.tobytes()
    (array,) = loaded(tmp_path, header(1) + record + no_names())
    np.testing.assert_array_equal(array.asnumpy(), DATA)


def test_an_absent_array_of_version_2_ends_with_its_shape(tmp_path):
    absent = struct.pack("<IiI", 0xF993FAC9, 0, 0)
    present = ONE_HALF[24:-8]
    first, second = loaded(tmp_path, header(2) + absent + present + no_names())
    assert (first.shape, first.dtype) == ((0,), np.float32)
    assert second.asnumpy().tolist() == [1]


def test_a_scalar_needs_version_3(tmp_path):
    content = written(tmp_path, {"s": mx.nd.array(2.5)})
    assert content[24:28] == bytes.fromhex("cafa93f9")
    assert loaded(tmp_path, content)["s"].asnumpy() == np.float32(2.5)


def test_bytes_that_stand_for_true_are_true(tmp_path):
    record = struct.pack("<IiiqiiiB", 0xF993FAC9, 0, 1, 1, 1, 0, 7, 3)
    (array,) = loaded(tmp_path, header(1) + record + no_names())
    assert array.asnumpy().view(np.uint8).tolist() == [1]


# -- damaged files ------------------------------------------------------------------------------------------

SMALL = (GOLDEN / "names.params").read_bytes()


def test_a_file_cut_at_any_length_is_an_error_that_says_where_it_ends(tmp_path):
    for name in READABLE:
        content = (GOLDEN / name).read_bytes()
        for length in range(len(content)):
            with pytest.raises(FileFormatError, match=r"cannot be read: .*\(at byte \d+ of \d+\)"):
                loaded(tmp_path, content[:length])


@pytest.mark.parametrize("name", ["sparse.params", "sparse_dtypes.params"])
def test_a_file_of_sparse_arrays_cut_at_any_length_is_an_error(name):
    content = (GOLDEN / name).read_bytes()
    for length in range(len(content)):
        with pytest.raises(FileFormatError, match=r"The buffer cannot be read: .*\(at byte \d+ of \d+\)"):
            load(content[:length])


def outcome(tmp_path, content):
    """Load; anything but arrays or a FileFormatError fails the test."""
    try:
        return loaded(tmp_path, content)
    except FileFormatError as error:
        return error


def test_a_flipped_bit_is_an_error_or_another_value_and_never_takes_memory(tmp_path):
    tracemalloc.start()
    try:
        for position in range(len(SMALL)):
            for bit in range(8):
                damaged = bytearray(SMALL)
                damaged[position] ^= 1 << bit
                outcome(tmp_path, bytes(damaged))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4e6


@given(st.binary(max_size=200), st.integers(0, 3))
@settings(max_examples=200)
def test_any_bytes_are_an_error_or_arrays(tmp_path_factory, content, count):
    folder = tmp_path_factory.getbasetemp()
    outcome(folder, content)
    outcome(folder, header(count) + content)
    outcome(folder, header(count) + struct.pack("<Ii", 0xF993FAC9, 0) + content)


FAULTS = {
    "nothing": (b"", "received an empty file"),
    "a header cut short": (header(1)[:20], "it ends within the header"),
    "another kind": (b"\x89PNG\r\n\x1a\n" + bytes(40), "it is no .params file"),
    "zip": (b"PK\x03\x04" + bytes(40), "received a zip archive"),
    "git-lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "received a Git LFS pointer"),
    "html": (b"<!DOCTYPE html><html><body>Not found</body></html>", "received a web page"),
    "json": (b'{"nodes": [], "arg_nodes": [], "heads": []}', "received JSON"),
    "gzip": (b"\x1f\x8b\x08" + bytes(40), "received a gzip file"),
    "many arrays": (
        header(2**60),
        r"announces more arrays than it can hold.*\n  Received 1152921504606846976",
    ),
    "large array": (
        header(1) + struct.pack("<IiiqqiiiB", 0xF993FAC9, 0, 2, 2**40, 2**40, 1, 0, 0, 0) + no_names(),
        "it ends within the data of array 0",
    ),
    "impossible empty array": (
        header(1) + struct.pack("<Iiiqqiii", 0xF993FACA, 0, 2, 0, 2**62, 1, 0, 0) + no_names(),
        r"array 0 has a shape that no array can have.*\n  Received \(0, 4611686018427387904\)",
    ),
    "negative size": (
        header(1) + struct.pack("<Iiiqiii", 0xF993FACA, 0, 1, -3, 1, 0, 0) + no_names(),
        r"array 0 has a negative size.*\n  Received \(-3,\)",
    ),
    "many axes": (
        header(1) + struct.pack("<Iii", 0xF993FAC9, 0, 1000) + bytes(9000),
        r"array 0 has an impossible number of axes.*\n  Expected 0 to 32, received 1000",
    ),
    "unknown dtype": (
        header(1) + struct.pack("<Iiiqiii", 0xF993FAC9, 0, 1, 1, 1, 0, 99) + bytes(16),
        r"array 0 has an unknown dtype.*\n  Expected a number in .*, received 99",
    ),
    "too many names": (
        ONE_HALF[:-8] + struct.pack("<QQ", 2, 1) + b"w",
        r"its names do not match.*\n  Expected 0",
    ),
    "long name": (ONE_HALF[:-8] + struct.pack("<QQ", 1, 2**50) + b"w", "it ends within name 0"),
    "name in another encoding": (ONE_HALF[:-8] + struct.pack("<QQ", 1, 1) + b"\xff", "name 0 is not UTF-8"),
    "one name twice": (
        header(2) + ONE_HALF[24:-8] * 2 + struct.pack("<Q", 2) + (struct.pack("<Q", 1) + b"w") * 2,
        "two of its arrays are called 'w'",
    ),
    "something after the end": (
        ONE_HALF + b"more",
        r"something follows after the last array.*\n.*4 more bytes",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_file_is_an_error_that_says_what_is_wrong(fault, tmp_path):
    content, message = FAULTS[fault]
    with pytest.raises(FileFormatError, match=message) as caught:
        loaded(tmp_path, content)
    assert "given.params" in str(caught.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(MissingFileError, match=r"nothing.params does not exist.\n  Check the path") as caught:
        load(tmp_path / "nothing.params")
    assert isinstance(caught.value, FileNotFoundError)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(MissingFileError, match="is a folder"):
        load(tmp_path)


# -- what cannot be saved -----------------------------------------------------------------------------------

UNSAVABLE = {
    "tuple": (
        (mx.nd.ones(1),),
        ValueError,
        r"cannot save this.\n  Expected an NDArray, a list of them or a dict",
    ),
    "number": (3.0, ArgumentError, "received float"),
    "array of another kind": (
        [np.ones(1)],
        TypeError,
        r"saves arrays.\n  Expected an NDArray, received ndarray",
    ),
    "value of another kind": ({"w": 1.0}, ArgumentTypeError, "received float"),
    "name of another kind": (
        {3: mx.nd.ones(1)},
        ArgumentTypeError,
        r"needs names.\n  Expected strings, received 3",
    ),
    "name that is no text": ({"\ud800": mx.nd.ones(1)}, ArgumentError, "cannot be written as UTF-8"),
}


@pytest.mark.parametrize("kind", UNSAVABLE)
def test_what_cannot_be_saved_is_an_error_and_leaves_the_file_that_was_there(kind, tmp_path):
    data, error, message = UNSAVABLE[kind]
    path = tmp_path / "w.params"
    save(path, [mx.nd.ones(1, dtype="float16")])
    with pytest.raises(error, match=message):
        save(path, data)
    assert path.read_bytes() == ONE_HALF
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("call", [lambda path: save(path, []), load], ids=["save", "load"])
@pytest.mark.parametrize("path", [None, 3])
def test_what_is_no_path_and_no_stream_is_an_error(call, path):
    with pytest.raises(
        ArgumentTypeError, match=r"needs a path.* stream.\n  Expected a string or a path, .* rec"
    ):
        call(path)


def test_a_stream_is_written_and_read_from_where_it_stands():
    stream = io.BytesIO()
    stream.write(b"before")
    save(stream, [mx.nd.ones(1, dtype="float16")])
    assert stream.getvalue() == b"before" + ONE_HALF
    stream.seek(len(b"before"))
    assert load(stream)[0].asnumpy().tolist() == [1]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_the_bytes_of_a_file_are_read_as_the_file_is(kind):
    assert load(kind(ONE_HALF))[0].asnumpy().tolist() == [1]


def test_a_stream_of_text_is_an_error():
    with pytest.raises(
        ArgumentTypeError, match=r"save\(\) needs a stream of bytes.*\n.*\n  Open it with mode 'wb'"
    ):
        save(io.StringIO(), [])
    with pytest.raises(
        ArgumentTypeError, match=r"load\(\) needs a stream of bytes.*\n.*\n  Open it with mode 'rb'"
    ):
        load(io.StringIO("text"))


def test_strings_and_paths_name_the_same_file(tmp_path):
    save(str(tmp_path / "w.params"), [mx.nd.ones(2)])
    assert load(tmp_path / "w.params")[0].asnumpy().tolist() == [1, 1]


def test_parameters_saved_here_are_what_mxnet_names_them(tmp_path):
    """A dictionary of parameters, as ParameterDict.save writes it: full names, in order, dense."""
    params = mx.gluon.ParameterDict("net_")
    params.get("weight", shape=(1, 2), init="ones")
    params.get("bias", shape=(1,), init="zeros", dtype=bfloat16)
    params.initialize()
    params.save(tmp_path / "net.params")
    assert {name: array.shape for name, array in load(tmp_path / "net.params").items()} == {
        "net_weight": (1, 2),
        "net_bias": (1,),
    }
