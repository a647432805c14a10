"""Sparse arrays in safetensors files, which hold dense ones only."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

import gluonish as mx
from gluonish.cli import main
from gluonish.errors import FileFormatError, UnsupportedError
from gluonish.gluon import Checkpoint, Parameter, ParameterDict, Trainer
from gluonish.serialization import open_arrays

DATA = Path(__file__).parent.parent / "data/mxnet"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.safetensors"


def rows(*numbers, shape=(5, 2), dtype="float32"):
    values = np.arange(1, 2 * len(numbers) + 1).reshape(len(numbers), 2)
    return mx.nd.sparse.row_sparse_array((values, list(numbers)), shape=shape, dtype=dtype)


def matrix():
    return mx.nd.array([[0, 1, 0], [2, 0, 3]]).tostype("csr")


def same(one, other):
    assert (one.stype, one.shape, one.dtype) == (other.stype, other.shape, other.dtype)
    np.testing.assert_array_equal(one.asnumpy(), other.asnumpy())


# -- writing and reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "int8"])
def test_sparse_arrays_come_back_as_they_were(path, dtype):
    arrays = {"r": rows(3, 1, dtype=dtype), "none": rows(dtype=dtype), "c": matrix(), "d": mx.nd.ones((2,))}
    mx.nd.save(path, arrays)
    found = mx.nd.load(path)
    assert list(found) == list(arrays)
    for name in ("r", "none", "c"):
        same(found[name], arrays[name])


def test_a_list_of_them_is_a_list_with_every_entry(path):
    first = rows(1)
    mx.nd.save(path, [first, matrix(), first])
    found = mx.nd.load(path)
    assert [each.stype for each in found] == ["row_sparse", "csr", "row_sparse"]
    same(found[2], first)


def test_an_array_that_stands_twice_in_a_list_is_read_twice(path):
    one = mx.nd.ones((2,))
    mx.nd.save(path, [one, one, mx.nd.zeros((1,))])
    assert [each.shape for each in mx.nd.load(path)] == [(2,), (2,), (1,)]


def test_an_array_of_two_names_is_stored_once(path):
    array = rows(0)
    mx.nd.save(path, {"a": array, "b": array})
    found = mx.nd.load(path)
    assert found["a"] is found["b"]
    assert len(safetensors.numpy.load_file(path)) == 2


def test_another_program_finds_the_parts_under_names_that_say_what_they_are(path):
    mx.nd.save(path, {"c": matrix()})
    found = {name: array.tolist() for name, array in safetensors.numpy.load_file(path).items()}
    assert found == {"c.data": [1, 2, 3], "c.indptr": [0, 1, 3], "c.indices": [1, 0, 2]}


def test_a_part_takes_no_name_that_an_array_has(path):
    arrays = {"r": rows(2), "r.data": mx.nd.zeros((1,)), "r.indices_": mx.nd.ones((1,))}
    mx.nd.save(path, arrays)
    found = mx.nd.load(path)
    same(found["r"], arrays["r"])
    assert found["r.data"].asnumpy().tolist() == [0]


def test_parts_in_several_files_belong_together(path):
    mx.nd.save(path, {"r": rows(2, 4), "c": matrix()}, max_shard_size=10)
    assert len(list(path.parent.glob("x-*"))) > 2
    same(mx.nd.load(path)["r"], rows(2, 4))


def test_bytes_of_such_a_file_are_read(path):
    mx.nd.save(path, {"r": rows(2, 4)})
    same(mx.nd.load(path.read_bytes(), format="safetensors")["r"], rows(2, 4))


@pytest.mark.parametrize("suffix", ["safetensors", "params"])
def test_a_table_that_stays_in_its_file_takes_no_memory(tmp_path, suffix):
    many = np.ones((50_000, 8), np.float32)
    mx.nd.save(
        tmp_path / f"x.{suffix}",
        {"r": mx.nd.sparse.row_sparse_array((many, np.arange(50_000)), shape=(10**7, 8))},
    )
    tracemalloc.start()
    try:
        array = open_arrays(tmp_path / f"x.{suffix}")["r"]
        # Indices are checked, and let go.
        assert tracemalloc.get_traced_memory()[0] < many.nbytes / 4
    finally:
        tracemalloc.stop()
    assert (array.stype, array.shape) == ("row_sparse", (10**7, 8))
    same(array.to_array().retain(mx.nd.arange(3)).data, mx.nd.ones((3, 8)))


def test_an_npz_file_refuses_them_and_names_the_formats_that_do_not(tmp_path):
    with pytest.raises(UnsupportedError, match=r"'r' is sparse, and an .npz.*\n.*\n.*\.safetensors file"):
        mx.nd.save(tmp_path / "x.npz", {"r": rows(1)})
    assert not list(tmp_path.iterdir())


# -- parameters ---------------------------------------------------------------------------------------------


def test_a_run_with_a_row_sparse_parameter_goes_on_from_its_checkpoint(tmp_path):
    def made():
        parameters = ParameterDict()
        table = Parameter("w", shape=(6, 2), stype="row_sparse", grad_stype="row_sparse")
        parameters.update({"w": table})
        parameters.initialize(mx.init.Uniform())
        return parameters, Trainer(parameters, "adam")

    def step(parameters, trainer, *ids):
        weight = parameters["w"].row_sparse_data(mx.nd.array(ids))
        with mx.autograd.record():
            loss = mx.nd.sparse.Embedding(
                mx.nd.array(ids), weight, input_dim=6, output_dim=2, sparse_grad=True
            ).sum()
        loss.backward()
        trainer.step(1)

    def values(parameters):
        return parameters["w"].row_sparse_data(mx.nd.arange(6)).asnumpy()

    first, trainer = made()
    step(first, trainer, 1, 4)
    Checkpoint(tmp_path).save(0, first, trainer)
    second, other = made()
    Checkpoint(tmp_path).load(second, other)
    for each in (first, trainer), (second, other):
        step(*each, 4, 5)
    np.testing.assert_array_equal(values(first), values(second))


# -- commands -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sparse.params", "sparse_dtypes.params"])
def test_a_sparse_file_of_mxnet_that_is_converted_and_converted_back_has_the_same_bytes(name, path, capsys):
    back = path.with_name("back.params")
    assert main(["convert", str(DATA / name), str(path)]) == main(["convert", str(path), str(back)]) == 0
    assert back.read_bytes() == (DATA / name).read_bytes()
    capsys.readouterr()


@pytest.mark.parametrize("size", [None, 10])
def test_inspect_shows_one_row_for_a_sparse_array(path, capsys, size):
    mx.nd.save(path, {"r": rows(2, 4), "d": mx.nd.ones((4,))}, max_shard_size=size)
    target = path if size is None else path.with_name("x.safetensors.index.json")
    assert main(["inspect", str(target), "--json"]) == 0
    found = {row["name"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert (found["r"]["shape"], found["r"]["dtype"], found["r"]["bytes"]) == ([5, 2], "float32", 32)
    assert found["r"]["note"].startswith("row_sparse")
    assert set(found) == {"r", "d"}


# -- damaged files ------------------------------------------------------------------------------------------

SOUND = {"stype": "row_sparse", "shape": [5, 2], "parts": {"data": "a", "indices": "b"}}


def content(table, indices=(1, 3)):
    arrays = {"a": np.ones((2, 2), np.float32), "b": np.array(indices, np.int64)}
    about = {"format": "gluonish.arrays", "version": 1, "sparse": table}
    return safetensors.numpy.save(arrays, {"gluonish": json.dumps(about)})


def test_the_sound_table_of_the_next_tests_is_read():
    found = mx.nd.load(content({"r": SOUND}), format="safetensors")["r"]
    assert (found.indices.tolist(), found.data.tolist()) == ([1, 3], [[1, 1], [1, 1]])


@pytest.mark.parametrize(
    "table",
    [
        [],
        {"r": None},
        {"r": {}},
        {"r": {**SOUND, "stype": "default"}},
        {"r": {**SOUND, "stype": ["csr"]}},
        {"r": {**SOUND, "stype": "csr"}},
        {"r": {**SOUND, "shape": 5}},
        {"r": {**SOUND, "shape": [5, -2]}},
        {"r": {**SOUND, "shape": [5, True]}},
        {"r": {**SOUND, "shape": [2**40, 2**40]}},
        {"r": {**SOUND, "shape": [1] * 40}},
        {"r": {**SOUND, "parts": ["a", "b"]}},
        {"r": {**SOUND, "parts": {"data": "a"}}},
        {"r": {**SOUND, "parts": {"data": "a", "indices": 1}}},
        {"r": {**SOUND, "parts": {"data": "a", "indices": "a"}}},
        {"r": {**SOUND, "parts": {"data": "a", "indices": "c"}}},
        {"r": SOUND, "s": SOUND},
        {"a": SOUND},
    ],
    ids=repr,
)
def test_a_damaged_table_is_an_error(table):
    with pytest.raises(FileFormatError, match=r"has a damaged table of sparse arrays"):
        mx.nd.load(content(table), format="safetensors")


@pytest.mark.parametrize(
    ("shape", "indices", "problem"),
    [
        ([5, 3], (1, 3), "2 rows, but data of shape"),
        ([3, 2], (1, 3), "row 3 of 3"),
        ([5, 2], (1, -1), "row -1 of 5"),
        ([5, 2], (1, 2, 3), "3 rows, but data"),
    ],
)
def test_an_array_that_contradicts_itself_is_an_error_before_it_is_used(shape, indices, problem):
    with pytest.raises(FileFormatError, match=rf"array 'r' that contradicts itself: .*{problem}"):
        open_arrays(content({"r": {**SOUND, "shape": shape}}, indices), "safetensors")
