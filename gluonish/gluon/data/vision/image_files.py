"""Datasets of images in compressed files: one of them, or a folder for each class. They need Pillow."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gluonish import recordio
from gluonish.context import cpu
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import MissingFileError
from gluonish.gluon.data.dataset import Dataset, RecordFileDataset
from gluonish.serialization import images

__all__ = ["ImageFolderDataset", "ImageRecordDataset"]

Transform = Callable[[Any, Any], Any]


def _decoded(content: bytes, flag: int) -> NDArray:
    """Return an image (height, width, channels) of uint8 on ``cpu(0)``."""
    pixels = images.decode(content, flag)
    return from_data(pixels if pixels.ndim == 3 else pixels[..., None], cpu(0))  # noqa: PLR2004  channels


class ImageRecordDataset(RecordFileDataset):
    """Labelled images in a RecordIO file, as ``recordio.pack_img`` makes its records.

    A sample is an image, an NDArray of uint8 on ``cpu(0)`` with axes (height, width, channels; red, green,
    blue), and its label, a number or an array; or what ``transform(image, label)`` makes of them.

    Args:
        filename: the path of the file, ``"images.rec"``. Its index, ``"images.idx"``, stands beside it.
        flag: 1 for images in colour, 0 for grey ones.
        transform: called as ``transform(image, label)`` for each sample that is read.

    Raises:
        MissingFileError: a file is not there.
        FileFormatError: the index is damaged; when a sample is read, that it is no image.
        NotInstalledError: when a sample is read, Pillow is not there.
    """

    def __init__(
        self, filename: str | os.PathLike[str], flag: int = 1, transform: Transform | None = None
    ) -> None:
        super().__init__(filename)
        self._flag = flag
        self._transform = transform

    def __getitem__(self, idx: Any) -> Any:
        header, content = recordio.unpack(super().__getitem__(idx))
        image = _decoded(content, self._flag)
        return (image, header.label) if self._transform is None else self._transform(image, header.label)


class ImageFolderDataset(Dataset):
    """Labelled images in folders, one for each class: ``root/cat/1.jpg``.

    A sample is an image, as of ``ImageRecordDataset``, and the number of its class; or what
    ``transform(image, label)`` makes of them.

    Args:
        root: the folder above those of the classes.
        flag: 1 for images in colour, 0 for grey ones.
        transform: called as ``transform(image, label)`` for each sample that is read.

    Attributes:
        synsets: the names of the classes, sorted; a label is a place in this list.
        items: the path and the label of each image.

    Raises:
        MissingFileError: there is no such folder.
        FileFormatError: when a sample is read, that it is no image.
        NotInstalledError: when a sample is read, Pillow is not there.
    """

    SUFFIXES = (".jpg", ".jpeg", ".png")

    def __init__(
        self, root: str | os.PathLike[str], flag: int = 1, transform: Transform | None = None
    ) -> None:
        self._root = os.fspath(Path(root).expanduser())
        self._flag = flag
        self._transform = transform
        self.synsets: list[str] = []
        self.items: list[tuple[str, int]] = []
        self._list_images(Path(self._root))

    def _list_images(self, root: Path) -> None:
        if not root.is_dir():
            raise MissingFileError(f"Folder {root}", "does not exist", fix="Check the path.")
        for folder in sorted(root.iterdir()):
            if not folder.is_dir():
                warnings.warn(f"Ignoring {folder}, which is not a directory.", stacklevel=3)
                continue
            label = len(self.synsets)
            self.synsets.append(folder.name)
            for file in sorted(folder.iterdir()):
                if file.suffix.lower() in self.SUFFIXES:
                    self.items.append((os.fspath(file), label))
                else:
                    known = ", ".join(self.SUFFIXES)
                    warnings.warn(
                        f"Ignoring {file} of type {file.suffix}. Only support {known}", stacklevel=3
                    )

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, idx: Any) -> Any:
        path, label = self.items[idx]
        image = _decoded(Path(path).read_bytes(), self._flag)
        return (image, label) if self._transform is None else self._transform(image, label)
