"""The programs of docs/examples: they run, they learn, and they say where to get data that are absent."""

from __future__ import annotations

import gzip
import re
import runpy
import struct
import sys

import numpy as np
import pytest
from integration.programs import example
from tools.loading import ROOT

import gluonish as mx
from gluonish.errors import MissingFileError
from gluonish.gluon.data.vision import FashionMNIST


def figures(text):
    """Return the losses per epoch and the accuracy that a program printed."""
    losses = [float(each) for each in re.findall(r"^epoch \d+: loss (\d+\.\d{4})", text, re.MULTILINE)]
    (accuracy,) = re.findall(r"^test accuracy (\d\.\d{4})$", text, re.MULTILINE)
    return losses, float(accuracy)


# -- train_digits -----------------------------------------------------------------------------------------


def test_train_digits_learns_on_two_contexts_by_default(capsys):
    example("train_digits").main(epochs=2)
    (first, second), accuracy = figures(capsys.readouterr().out)
    assert second < first / 1.5
    assert accuracy > 0.7


def test_train_digits_runs_on_any_contexts(capsys):
    example("train_digits").main(epochs=1, contexts=[mx.cpu(3), mx.cpu(1), mx.cpu(2)])
    (loss,), accuracy = figures(capsys.readouterr().out)
    assert loss < np.log(10)
    assert accuracy > 0.2


def test_train_digits_prints_the_same_whenever_it_runs(capsys):
    runs = []
    for _ in range(2):
        example("train_digits").main(epochs=1)
        runs.append(capsys.readouterr().out)
        mx.nd.random.normal(shape=(5,))
    assert runs[0] == runs[1]


# -- train_fashion ----------------------------------------------------------------------------------------


def write_idx(path, array):
    """Write an array of bytes in the format of MNIST, compressed if the name says so."""
    content = struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.fixture
def nothing_installed(tmp_path, monkeypatch):
    """A machine on which no data set is."""
    monkeypatch.setenv("MXNET_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(FashionMNIST, "_system_folders", ())


@pytest.fixture
def clothing(tmp_path, nothing_installed):
    """A folder with the four files of a tiny data set: images of a class are bright in a row of their own."""
    rng = np.random.default_rng(0)
    for part, count in (("train", 768), ("t10k", 100)):
        labels = rng.integers(10, size=count, dtype="uint8")
        images = rng.integers(60, size=(count, 28, 28), dtype="uint8")
        for image, label in zip(images, labels, strict=True):
            image[4 + 2 * label : 6 + 2 * label] += 190
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", images)
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte", labels)
    return tmp_path


def run_fashion(monkeypatch, *arguments):
    """Run the program as from a command line."""
    monkeypatch.setattr(sys, "argv", ["train_fashion.py", *map(str, arguments)])
    runpy.run_path(str(ROOT / "docs" / "examples" / "train_fashion.py"), run_name="__main__")


@pytest.mark.parametrize("contexts", [1, 2])
def test_train_fashion_learns_from_a_folder_of_idx_files(clothing, contexts, monkeypatch, capsys):
    run_fashion(monkeypatch, "--root", clothing, "--epochs", 3, "--contexts", contexts)
    losses, accuracy = figures(capsys.readouterr().out)
    assert len(losses) == 3
    assert losses[-1] < losses[0] / 2
    assert accuracy > 0.5


@pytest.mark.parametrize("arguments", [[], ["--root", "nowhere"]])
def test_train_fashion_without_data_says_where_to_get_them(nothing_installed, arguments, monkeypatch):
    with pytest.raises(MissingFileError) as caught:
        run_fashion(monkeypatch, *arguments)
    text = str(caught.value)
    assert "The dataset FashionMNIST is not on this machine" in text
    assert "https://github.com/zalandoresearch/fashion-mnist" in text
    assert "apt-get install dataset-fashion-mnist" in text
    assert "train-images-idx3-ubyte" in text


@pytest.mark.gpu
def test_train_digits_learns_on_a_gpu(gpu, capsys):
    example("train_digits").main(epochs=2, contexts=[gpu])
    (first, second), accuracy = figures(capsys.readouterr().out)
    assert second < first / 1.5
    assert accuracy > 0.7


# -- train_digits_modules -----------------------------------------------------------------------------------


@pytest.mark.parametrize("contexts", [1, 2], indirect=True)
def test_training_in_the_style_of_modules_reaches_its_goal(contexts, capsys):
    assert example("train_digits_modules").main(epochs=6, devices=contexts) >= 0.97
    losses = re.findall(r"loss (\d\.\d+)", capsys.readouterr().out)
    assert float(losses[-1]) < float(losses[0]) / 10
