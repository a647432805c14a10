"""Datasets of labelled images, read from local files. Nothing is downloaded."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gluonish.base import data_dir
from gluonish.context import cpu
from gluonish.engine.ndarray import from_data
from gluonish.errors import FileFormatError, MissingFileError
from gluonish.gluon.data.dataset import Dataset
from gluonish.serialization.idx import read_idx

__all__ = ["CIFAR10", "CIFAR100", "MNIST", "Digits", "FashionMNIST"]

Transform = Callable[[Any, Any], Any]


class _LabelledImages(Dataset):
    """Base of datasets that hold all their images and labels in host memory.

    A sample is an image, an NDArray of uint8 on ``cpu(0)`` with axes (height, width, channels), and its
    label, an int32; or what ``transform(image, label)`` makes of them. A slice gives an array of images and
    one of labels.
    """

    def __init__(self, images: Any, labels: Any, transform: Transform | None) -> None:
        self._data = from_data(images, cpu(0))
        self._label = labels.astype(np.int32)
        self._transform = transform

    def __len__(self) -> int:
        return len(self._label)

    def __getitem__(self, idx: Any) -> Any:
        # A copy: a transformation that writes must not write into the dataset.
        image = from_data(np.asarray(self._data)[idx], cpu(0))
        label = self._label[idx]
        return (image, label) if self._transform is None else self._transform(image, label)


# -- where files are --------------------------------------------------------------------------------------


def _home(name: str) -> Path:
    """Return the folder that MXNet kept a dataset in."""
    return Path(data_dir(), "datasets", name).expanduser()


def _find(
    dataset: str,
    given: Sequence[Path],
    defaults: Iterable[Path],
    files: Sequence[Sequence[str]],
    source: str,
) -> list[Path]:
    """Return the files of a dataset, from the first folder that has all of them.

    Args:
        dataset: its name, for the message.
        given: where the caller says they are. If they are not there, but elsewhere, a warning says so.
        defaults: where to look then, in order.
        files: for each file, the names that it may have.
        source: where to get the files, for the message.

    Raises:
        MissingFileError: no folder has all of them.
    """
    looked = list(dict.fromkeys([*given, *defaults]))
    for folder in looked:
        found = [next((folder / n for n in names if (folder / n).is_file()), None) for names in files]
        if None not in found:
            if folder not in given and given:
                warnings.warn(
                    f"{dataset}: {', '.join(map(str, given))} does not have the files; "
                    f"those of {folder} are used",
                    stacklevel=3,
                )
            return [path for path in found if path is not None]
    raise MissingFileError(
        f"The dataset {dataset}",
        "is not on this machine, and nothing is downloaded",
        expected="a folder with " + " and ".join(names[0] for names in files),
        received="none among " + ", ".join(map(str, looked)),
        fix=f"Get the files from {source}, and put them into one of these folders, or name theirs as root=.",
    )


def _given(root: str | os.PathLike[str] | None) -> list[Path]:
    return [] if root is None else [Path(root).expanduser()]


# -- MNIST and what has its format ------------------------------------------------------------------------


class MNIST(_LabelledImages):
    """Handwritten digits: 60,000 images of 28 x 28 to train, 10,000 to test.

    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition, 1998.

    Args:
        root: the folder with the four files ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
            ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``, each plain or with ``.gz``. Where it is
            not given, or (with a warning) does not have them, MXNet's ``~/.mxnet/datasets/mnist`` is looked
            into.
        train: the images to train with, or those to test with.
        transform: called as ``transform(image, label)`` for each sample that is read.

    Raises:
        MissingFileError: the files are in none of these places.
        FileFormatError: a file is damaged, or images and labels differ in their number.

    Example:
        >>> import struct, tempfile
        >>> from pathlib import Path
        >>> images = struct.pack(">4I", 0x0803, 2, 28, 28) + bytes(2 * 28 * 28)
        >>> labels = struct.pack(">2I", 0x0801, 2) + bytes([7, 2])
        >>> with tempfile.TemporaryDirectory() as root:
        ...     _ = Path(root, "t10k-images-idx3-ubyte").write_bytes(images)
        ...     _ = Path(root, "t10k-labels-idx1-ubyte").write_bytes(labels)
        ...     testing = MNIST(root, train=False)
        >>> len(testing), testing[0][0].shape, testing[0][1]
        (2, (28, 28, 1), np.int32(7))
    """

    _home_folder = "mnist"
    _system_folders: tuple[Path, ...] = ()
    _source = "a mirror of http://yann.lecun.com/exdb/mnist/"

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Transform | None = None,
    ) -> None:
        part = "train" if train else "t10k"
        names = (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte")
        image_file, label_file = _find(
            type(self).__name__,
            _given(root),
            [_home(self._home_folder), *self._system_folders],
            [(name, f"{name}.gz") for name in names],
            self._source,
        )
        images, labels = read_idx(image_file, 3), read_idx(label_file, 1)
        if len(images) != len(labels):
            raise FileFormatError(
                f"Files {str(image_file)!r} and {str(label_file)!r}",
                "do not belong together",
                expected=f"{len(images)} labels, one for each image",
                received=len(labels),
            )
        super().__init__(images[..., None], labels, transform)


class FashionMNIST(MNIST):
    """Images of clothing in the format of MNIST: 60,000 of 28 x 28 to train, 10,000 to test.

    H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
    Algorithms, arXiv:1708.07747, 2017.

    Args:
        root: the folder with the four files, named as for MNIST. Where it is not given, or does not have
            them, ``~/.mxnet/datasets/fashion-mnist`` is looked into, and then where Debian's package
            ``dataset-fashion-mnist`` puts them.
        train: the images to train with, or those to test with.
        transform: called as ``transform(image, label)`` for each sample that is read.

    Raises:
        MissingFileError: the files are in none of these places.
        FileFormatError: a file is damaged, or images and labels differ in their number.

    Example:
        >>> import struct, tempfile
        >>> from pathlib import Path
        >>> images = struct.pack(">4I", 0x0803, 1, 28, 28) + bytes(28 * 28)
        >>> labels = struct.pack(">2I", 0x0801, 1) + bytes([9])
        >>> with tempfile.TemporaryDirectory() as root:
        ...     _ = Path(root, "train-images-idx3-ubyte").write_bytes(images)
        ...     _ = Path(root, "train-labels-idx1-ubyte").write_bytes(labels)
        ...     training = FashionMNIST(root, transform=lambda image, label: (image.shape, label + 1))
        >>> training[0]
        ((28, 28, 1), np.int32(10))
    """

    _home_folder = "fashion-mnist"
    _system_folders = (Path("/usr/share/dataset-fashion-mnist"), Path("/usr/share/datasets/fashion-mnist"))
    _source = (
        "https://github.com/zalandoresearch/fashion-mnist (on Debian and Ubuntu: "
        "apt-get install dataset-fashion-mnist)"
    )


# -- CIFAR ------------------------------------------------------------------------------------------------

_CIFAR_SHAPE = (3, 32, 32)
CIFAR10_FOLDER, CIFAR100_FOLDER = "cifar-10-batches-bin", "cifar-100-binary"
_CIFAR_SOURCE = "https://www.cs.toronto.edu/~kriz/cifar.html, in the binary version"


def _read_cifar(paths: Sequence[Path], label_bytes: int) -> tuple[Any, Any]:
    """Return images, with channels last, and the bytes of their labels.

    A record is the bytes of the labels, then an image with channels first.
    """
    record = label_bytes + int(np.prod(_CIFAR_SHAPE))
    parts = []
    for path in paths:
        content = np.fromfile(path, np.uint8)
        if content.size == 0 or content.size % record:
            raise FileFormatError(
                f"File {str(path)!r}",
                "is no CIFAR file in the binary version, or is cut short",
                expected=f"a multiple of {record} bytes",
                received=f"{content.size} bytes",
            )
        parts.append(content.reshape(-1, record))
    records = np.concatenate(parts)
    images = records[:, label_bytes:].reshape(-1, *_CIFAR_SHAPE).transpose(0, 2, 3, 1)
    return images, records[:, :label_bytes]


class CIFAR10(_LabelledImages):
    """Small photographs of 10 kinds of things: 50,000 images of 32 x 32 in colour to train, 10,000 to test.

    A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.

    Args:
        root: the folder with ``data_batch_1.bin`` to ``data_batch_5.bin`` and ``test_batch.bin``, or the one
            above it. Where it is not given, or does not have them, MXNet's ``~/.mxnet/datasets/cifar10`` is
            looked into.
        train: the images to train with, or those to test with.
        transform: called as ``transform(image, label)`` for each sample that is read.

    Raises:
        MissingFileError: the files are in none of these places.
        FileFormatError: a file is damaged.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as root:
        ...     _ = Path(root, "test_batch.bin").write_bytes(bytes([3]) + bytes(3 * 32 * 32))
        ...     testing = CIFAR10(root, train=False)
        >>> len(testing), testing[0][0].shape, testing[0][1]
        (1, (32, 32, 3), np.int32(3))
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Transform | None = None,
    ) -> None:
        names = [f"data_batch_{i}.bin" for i in range(1, 6)] if train else ["test_batch.bin"]
        given, home = (_with_subfolder(each, CIFAR10_FOLDER) for each in (_given(root), [_home("cifar10")]))
        images, labels = _read_cifar(_find("CIFAR10", given, home, [[n] for n in names], _CIFAR_SOURCE), 1)
        super().__init__(images, labels[:, 0], transform)


class CIFAR100(_LabelledImages):
    """Small photographs of 100 kinds of things in 20 groups: 50,000 of 32 x 32 to train, 10,000 to test.

    A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.

    Args:
        root: the folder with ``train.bin`` and ``test.bin``, or the one above it. Where it is not given, or
            does not have them, MXNet's ``~/.mxnet/datasets/cifar100`` is looked into.
        fine_label: the label is the kind of thing, 0 to 99, and not the group, 0 to 19.
        train: the images to train with, or those to test with.
        transform: called as ``transform(image, label)`` for each sample that is read.

    Raises:
        MissingFileError: the file is in none of these places.
        FileFormatError: the file is damaged.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as root:
        ...     _ = Path(root, "train.bin").write_bytes(bytes([4, 30]) + bytes(3 * 32 * 32))
        ...     training = CIFAR100(root, fine_label=True)
        >>> training[0][0].shape, training[0][1]
        ((32, 32, 3), np.int32(30))
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        fine_label: bool = False,
        train: bool = True,
        transform: Transform | None = None,
    ) -> None:
        given, home = (_with_subfolder(each, CIFAR100_FOLDER) for each in (_given(root), [_home("cifar100")]))
        name = "train.bin" if train else "test.bin"
        images, labels = _read_cifar(_find("CIFAR100", given, home, [[name]], _CIFAR_SOURCE), 2)
        super().__init__(images, labels[:, int(fine_label)], transform)


def _with_subfolder(folders: Sequence[Path], name: str) -> list[Path]:
    """Return the folders, each with the one that an archive makes in it."""
    return [place for folder in folders for place in (folder, folder / name)]


# -- in the package ---------------------------------------------------------------------------------------


class Digits(_LabelledImages):
    """Handwritten digits of 8 x 8 that come with the library: 1,437 images to train, 360 to test.

    They are the test set of Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak, UCI Machine
    Learning Repository, CC BY 4.0, https://doi.org/10.24432/C50P49), as scikit-learn's ``load_digits`` has
    it. An image is an NDArray (8, 8, 1) of uint8, a label an int32 from 0 to 9.

    The values of the pixels are kept as they are, 0 to 16: divide by 16 to have them between 0 and 1
    (``transforms.ToTensor`` divides by 255).

    The split is the same everywhere: with the images sorted by class, and in the order of the file within a
    class, those at the places ``1797 * i // 360`` are to test. So each class is split as 4 to 1.

    Args:
        train: the images to train with, or those to test with.
        transform: called as ``transform(image, label)`` for each sample that is read.

    Example:
        >>> training, testing = Digits(), Digits(train=False)
        >>> image, label = testing[0]
        >>> len(training), len(testing), image.shape, label
        (1437, 360, (8, 8, 1), np.int32(0))
    """

    def __init__(self, train: bool = True, transform: Transform | None = None) -> None:
        with np.load(Path(__file__).with_name("digits.npz")) as file:
            images, labels = file["images"], file["labels"]
        chosen = _is_test(labels, 360) != train
        super().__init__(images[chosen][..., None], labels[chosen], transform)


def _is_test(labels: Any, count: int) -> Any:
    """Return which samples are to test: ``count`` of them, evenly spread over the classes."""
    by_class = np.argsort(labels, kind="stable")
    mask = np.zeros(len(labels), bool)
    mask[by_class[np.arange(count) * len(labels) // count]] = True
    return mask
