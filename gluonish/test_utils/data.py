"""Data for tests: files here, and files that are fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gluonish.gluon import files
from gluonish.gluon.data.vision import MNIST

__all__ = ["DummyIter", "download", "get_mnist"]


def download(
    url: str, fname: str | None = None, dirname: str | None = None, overwrite: bool = False, retries: int = 5
) -> str:
    """Fetch a file, unless it is there, and return its path.

    Args:
        url: where the file is from.
        fname: its name; the last part of the address if None.
        dirname: its folder; that of ``fname``, or the present one, if None.
        overwrite: fetch it though it is there.
        retries: how often to try again after a failure.

    Raises:
        DownloadError: the file cannot be fetched.
    """
    path = Path(fname or url.rsplit("/", maxsplit=1)[-1])
    return files.download(url, path if dirname is None else Path(dirname) / path, overwrite, retries=retries)


def get_mnist() -> dict[str, np.ndarray[Any, Any]]:
    """Return the handwritten digits of MNIST, from files where ``gluon.data.vision.MNIST`` looks for them.

    Returns:
        ``train_data`` and ``test_data``, float32 of shape (n, 1, 28, 28) from 0 to 1, and ``train_label`` and
        ``test_label``, int32 of shape (n,).

    Raises:
        MissingFileError: the files are not there. It says where to put them.
    """
    found = {}
    for name, train in (("train", True), ("test", False)):
        images, labels = zip(*MNIST(train=train), strict=True)
        stacked = np.stack([each.asnumpy() for each in images])
        found[f"{name}_data"] = np.moveaxis(stacked, -1, 1).astype(np.float32) / 255
        found[f"{name}_label"] = np.array(labels, dtype=np.int32)
    return found


class DummyIter:
    """Gives the first batch of an iterator again and again, to measure speed without loading data.

    Args:
        real_iter: the iterator.
    """

    def __init__(self, real_iter: Any) -> None:
        self.real_iter = real_iter
        self.provide_data = getattr(real_iter, "provide_data", None)
        self.provide_label = getattr(real_iter, "provide_label", None)
        self.batch_size = getattr(real_iter, "batch_size", None)
        self.the_batch = next(iter(real_iter))

    def __iter__(self) -> DummyIter:
        return self

    def __next__(self) -> Any:
        return self.the_batch

    next = __next__

    def reset(self) -> None:
        """Do nothing: there is no end to come back from."""
