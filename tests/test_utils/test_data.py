"""Data in files, and what a star import brings."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

import gluonish as mx
from gluonish import test_utils as tu
from gluonish.errors import MissingFileError


def test_a_file_that_is_there_is_found(tmp_path):
    (tmp_path / "model.params").write_bytes(b"x")
    found = tu.download("https://example.org/model.params", dirname=str(tmp_path))
    assert found == str(tmp_path / "model.params")
    assert tu.download("https://example.org/other", fname=found) == found


def test_a_file_that_is_not_there_is_fetched(tmp_path):
    (tmp_path / "far").write_bytes(b"x")
    found = tu.download((tmp_path / "far").as_uri(), fname="near", dirname=str(tmp_path))
    assert (tmp_path / "near").read_bytes() == b"x"
    assert found == str(tmp_path / "near")


def test_digits_are_read_from_files(tmp_path, monkeypatch):
    folder = tmp_path / "datasets" / "mnist"
    folder.mkdir(parents=True)
    for name, count in (("train", 3), ("t10k", 2)):
        images = np.full((count, 28, 28), 255, np.uint8)
        header = struct.pack(">4B3i", 0, 0, 8, 3, count, 28, 28)
        with gzip.open(folder / f"{name}-images-idx3-ubyte.gz", "wb") as file:
            file.write(header + images.tobytes())
        with gzip.open(folder / f"{name}-labels-idx1-ubyte.gz", "wb") as file:
            file.write(struct.pack(">4Bi", 0, 0, 8, 1, count) + bytes(range(count)))
    monkeypatch.setenv("MXNET_HOME", str(tmp_path))
    found = tu.get_mnist()
    assert found["train_data"].shape == (3, 1, 28, 28)
    assert found["train_data"].max() == 1
    assert found["test_label"].tolist() == [0, 1]


def test_digits_that_are_not_there_are_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("MXNET_HOME", str(tmp_path))
    with pytest.raises(MissingFileError):
        tu.get_mnist()


def test_a_dummy_gives_the_first_batch_for_ever():
    dummy = tu.DummyIter([1, 2, 3])
    assert [next(dummy), dummy.next(), next(iter(dummy))] == [1, 1, 1]
    dummy.reset()
    assert next(dummy) == 1


def test_a_star_import_brings_what_old_programs_use_without_importing_it():
    scope = {}
    exec("from gluonish.test_utils import *", scope)
    assert scope["mx"] is mx
    assert scope["np"] is np
    for name in (
        "rnd",
        "npt",
        "os",
        "sys",
        "logging",
        "Context",
        "Symbol",
        "use_np",
        "array",
        "same",
        "retry",
    ):
        assert name in scope
    assert "_parse_location" not in scope
    assert "annotations" not in scope
    assert tu._find_max_violation is tu.find_max_violation


def test_private_helpers_return_arrays_by_name():
    y = mx.sym.BatchNorm(mx.sym.var("z"), name="bn")
    found = tu._parse_location(y, [np.ones((1, 2)), np.ones(2), np.ones(2)], None)
    assert list(found) == ["bn_beta", "bn_gamma", "z"]
    assert list(tu._parse_aux_states(y, [np.ones(2)] * 2, mx.cpu(1))) == ["bn_moving_mean", "bn_moving_var"]
