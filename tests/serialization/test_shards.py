"""Arrays in several files with an index."""

from __future__ import annotations

import json

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.errors import ArgumentError, FileFormatError, MissingFileError
from gluonish.serialization.shards import Index, size_in_bytes


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.safetensors"


def some(count, start=0):
    """Return arrays of 40 bytes each."""
    return {f"w{i}": mx.nd.full((10,), start + i) for i in range(count)}


def names_in(folder):
    return sorted(each.name for each in folder.iterdir())


def first_values(found):
    return {name: array[0].asscalar() for name, array in found.items()}


# -- sizes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1, 1), ("1", 1), ("10B", 10), ("2GB", 2 * 10**9), ("1.5kb", 1500), (" 2 MiB ", 2 * 2**20)],
)
def test_a_size_is_a_number_or_a_text_with_a_unit(size, expected):
    assert size_in_bytes(size) == expected


@pytest.mark.parametrize("size", [0, -1, "0GB", "GB", "2 bytes", "two", "", 1.5, True, None, "1e9"])
def test_what_is_no_size_is_an_error_and_writes_nothing(size, path):
    if size == 1.5:
        assert size_in_bytes(size) == 1
        return
    with pytest.raises(ArgumentError, match="The size of a shard cannot be read"):
        size_in_bytes(size)
    if size is not None:
        with pytest.raises(ArgumentError, match="The size of a shard cannot be read"):
            mx.nd.save(path, some(2), max_shard_size=size)
    assert names_in(path.parent) == []


# -- splitting ----------------------------------------------------------------------------------------------


def test_below_the_size_there_is_one_file_and_no_index(path):
    mx.nd.save(path, some(3), max_shard_size=120)
    assert names_in(path.parent) == ["x.safetensors"]


def test_above_the_size_there_are_several_with_the_fields_names_and_an_index(path):
    mx.nd.save(path, some(5), max_shard_size="80B")
    assert names_in(path.parent) == [
        "x-00001-of-00003.safetensors",
        "x-00002-of-00003.safetensors",
        "x-00003-of-00003.safetensors",
        "x.safetensors.index.json",
    ]
    index = json.loads((path.parent / "x.safetensors.index.json").read_text())
    assert index["metadata"]["total_size"] == 200
    assert index["weight_map"]["w0"] == index["weight_map"]["w1"] == "x-00001-of-00003.safetensors"
    assert index["weight_map"]["w4"] == "x-00003-of-00003.safetensors"
    shard = safetensors.numpy.load_file(path.parent / index["weight_map"]["w4"])
    np.testing.assert_array_equal(shard["w4"], np.full(10, 4))


def test_the_file_and_its_index_both_name_the_whole(path):
    mx.nd.save(path, some(5), max_shard_size=80)
    for each in (path, path.with_name("x.safetensors.index.json")):
        assert first_values(mx.nd.load(each)) == {f"w{i}": i for i in range(5)}


def test_an_alias_may_be_in_another_file_than_its_neighbours(path):
    arrays = some(3)
    mx.nd.save(path, {**arrays, "tied": arrays["w0"]}, max_shard_size=40)
    found = mx.nd.load(path)
    assert found["tied"] is found["w0"]
    assert "tied" not in json.loads(path.with_name("x.safetensors.index.json").read_text())["weight_map"]


def test_an_array_above_the_size_has_a_file_of_its_own(path):
    mx.nd.save(path, some(3), max_shard_size=1)
    assert len(names_in(path.parent)) == 4
    assert first_values(mx.nd.load(path)) == {"w0": 0, "w1": 1, "w2": 2}


@given(sizes=st.lists(st.integers(0, 30), max_size=20), most=st.integers(1, 60))
def test_every_array_is_in_one_file_and_no_file_is_too_large_without_need(tmp_path_factory, sizes, most):
    path = tmp_path_factory.mktemp("shards") / "x.safetensors"
    mx.nd.save(
        path, {str(i): mx.nd.zeros((n,), dtype="int8") for i, n in enumerate(sizes)}, max_shard_size=most
    )
    assert [array.size for array in mx.nd.load(path).values()] == sizes
    if path.exists():
        return
    index = Index.open(path.with_name("x.safetensors.index.json"))
    for file in index.files():
        held = [sizes[int(name)] for name in file.kinds]
        assert sum(held) <= most or len([each for each in held if each]) == 1


# -- saving over what is there ------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [None, 40, 80])
@pytest.mark.parametrize("after", [None, 40, 80])
def test_a_save_takes_the_place_of_another_one_and_leaves_nothing_of_it(before, after, path):
    mx.nd.save(path, some(4), max_shard_size=before)
    mx.nd.save(path, some(4, start=100), max_shard_size=after)
    assert first_values(mx.nd.load(path)) == {f"w{i}": 100 + i for i in range(4)}
    files = {None: 1, 40: 5, 80: 3}
    assert len(names_in(path.parent)) == files[after]


def test_files_of_other_saves_in_the_folder_are_left_alone(path):
    other = path.with_name("x-y.safetensors")
    mx.nd.save(other, some(4), max_shard_size=40)
    kept = set(names_in(path.parent))
    for size in (40, 80, None):
        mx.nd.save(path, some(4, 7), max_shard_size=size)
    assert kept < set(names_in(path.parent))
    assert first_values(mx.nd.load(other)) == {f"w{i}": i for i in range(4)}


def test_a_save_removes_no_file_that_an_index_of_someone_else_names(path):
    victim = path.with_name("precious.safetensors")
    mx.nd.save(victim, some(1))
    index = {"metadata": {}, "weight_map": {"w0": "precious.safetensors"}}
    path.with_name("x.safetensors.index.json").write_text(json.dumps(index))
    mx.nd.save(path, some(2))
    assert names_in(path.parent) == ["precious.safetensors", "x.safetensors"]


# -- damage -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        b'{"weight_map": 3}',
        b'{"weight_map": {"w": 3}}',
        b'{"weight_map": {"w": ""}}',
        b'{"weight_map": {"w": "../x.safetensors"}}',
        b'{"weight_map": {"w": "/etc/passwd"}}',
        b'{"weight_map": {"w": ".."}}',
        b'{"weight_map": {"w": "a\\u0000b"}}',
        b'{"weight_map": {"w": "\\ud800"}}',
        b'{"weight_map": {"w": "' + b"x" * 300 + b'"}}',
    ],
)
def test_what_is_no_index_is_an_error(content, path):
    path.with_name("x.safetensors.index.json").write_bytes(content)
    with pytest.raises(FileFormatError, match=r"x.safetensors.index.json (is no index|cannot be read)"):
        mx.nd.load(path)


def test_a_missing_file_of_several_is_an_error_that_names_it(path):
    mx.nd.save(path, some(3), max_shard_size=40)
    path.with_name("x-00002-of-00003.safetensors").unlink()
    with pytest.raises(MissingFileError, match=r"x-00002-of-00003\.safetensors does not exist"):
        mx.nd.load(path)


def test_files_of_two_saves_are_an_error(path):
    mx.nd.save(path, some(3), max_shard_size=40)
    mx.nd.save(path.with_name("x-00002-of-00003.safetensors"), {"other": mx.nd.ones((1,))})
    with pytest.raises(FileFormatError, match=r"holds other arrays than its index .*\n.*w1.*other"):
        mx.nd.load(path)


@given(st.data())
def test_an_index_with_flipped_bits_is_read_as_something_or_is_one_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("index") / "x.safetensors"
    mx.nd.save(path, some(2), max_shard_size=40)
    index = path.with_name("x.safetensors.index.json")
    content = bytearray(index.read_bytes())
    for bit in data.draw(st.sets(st.integers(0, 8 * len(content) - 1), min_size=1, max_size=3)):
        content[bit // 8] ^= 1 << bit % 8
    index.write_bytes(content)
    try:
        found = mx.nd.load(path)
    except (FileFormatError, MissingFileError):
        return
    assert len(found) <= 2
