"""The programs of docs/examples/mxnet, which import mxnet, run by ``python -m gluonish run``."""

from __future__ import annotations

import gzip
import math
import pathlib
import re
import struct
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "docs" / "examples" / "mxnet"


def run(program, *arguments):
    """Run a program as a user does, and return what it prints."""
    command = [sys.executable, "-m", "gluonish", "run", str(PROGRAMS / program), *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def final_loss(printed):
    last = printed.splitlines()[-1]
    assert last.startswith("final loss ")
    return float(last.removeprefix("final loss "))


def write_idx(path, array):
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes(), 1))


def test_images_are_learned_on_two_devices(tmp_path):
    random = np.random.default_rng(0)
    for kind, count in (("train", 200), ("t10k", 100)):
        labels = random.integers(0, 10, count)
        images = random.integers(0, 60, (count, 28, 28))
        for image, label in zip(images, labels, strict=True):
            image[2 * label : 2 * label + 6, 4:24] += 150  # a bar whose height says the class
        write_idx(tmp_path / f"{kind}-images-idx3-ubyte.gz", images)
        write_idx(tmp_path / f"{kind}-labels-idx1-ubyte.gz", labels)
    printed = run("image_training.py", "--data", tmp_path, "--images", 200, "--batch-size", 20, "--epochs", 4)
    assert printed.count("test accuracy") == 4
    assert final_loss(printed) < 0.7 * math.log(10)


def test_a_text_is_learned_character_by_character(tmp_path):
    text = tmp_path / "text"
    text.write_text("the quick brown fox jumps over the lazy dog\n" * 30, encoding="utf-8")
    printed = run(
        "language_model.py", "--text", text, "--epochs", 5, "--batch-size", 8, "--hidden", 24, "--bptt", 16
    )
    characters = len(set(text.read_text(encoding="utf-8")))
    assert final_loss(printed) < 0.85 * math.log(characters)


@pytest.mark.parametrize(
    ("arguments", "loss"),
    [
        ((), 0.9725),
        (("--devices", 2, "--optimizer", "sgd", "--lr", 0.5), 1.4389),
        (("--optimizer", "adagrad", "--lr", 0.2), 0.6124),
    ],
)
def test_sparse_embeddings_reach_the_losses_of_mxnet(arguments, loss):
    """MXNet 1.9.1 printed these."""
    printed = run(
        "matrix_factorisation.py",
        "--users",
        300,
        "--items",
        200,
        "--ratings",
        6000,
        "--epochs",
        3,
        "--batch-size",
        100,
        *arguments,
    )
    assert final_loss(printed) == pytest.approx(loss, abs=2e-4)
    assert re.search(r"the last gradient has \d+ of 200 rows", printed)
