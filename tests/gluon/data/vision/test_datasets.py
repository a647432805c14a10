"""Image datasets: what is read from files, and what damaged files lead to."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import gluonish as mx
from gluonish.errors import FileFormatError, MissingFileError
from gluonish.gluon.data import DataLoader
from gluonish.gluon.data.vision import CIFAR10, CIFAR100, MNIST, Digits, FashionMNIST, datasets
from gluonish.serialization.idx import read_idx

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (5, 28, 28), "uint8")
LABELS = np.array([7, 2, 1, 0, 4], "uint8")


def idx(array):
    """Return an array as the bytes of an idx file."""
    return struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape) + array.tobytes()


def write_mnist(folder, part="t10k", images=IMAGES, labels=LABELS, suffix=""):
    folder.mkdir(parents=True, exist_ok=True)
    pack = gzip.compress if suffix else bytes
    (folder / f"{part}-images-idx3-ubyte{suffix}").write_bytes(pack(idx(images)))
    (folder / f"{part}-labels-idx1-ubyte{suffix}").write_bytes(pack(idx(labels)))
    return folder


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    """A home without datasets, and a system without packages of them."""
    home = tmp_path / "home"
    monkeypatch.setenv("MXNET_HOME", str(home))
    monkeypatch.setattr(FashionMNIST, "_system_folders", ())
    return home / "datasets"


def images_of(dataset):
    return np.stack([image.asnumpy() for image, _ in dataset])


# -- MNIST ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_images_and_labels_are_read_plain_or_compressed(tmp_path, suffix):
    dataset = MNIST(write_mnist(tmp_path / "files", suffix=suffix), train=False)
    np.testing.assert_array_equal(images_of(dataset), IMAGES[..., None])
    assert [label for _, label in dataset] == [7, 2, 1, 0, 4]


def test_a_sample_is_an_array_of_bytes_and_an_int32(tmp_path):
    image, label = MNIST(str(write_mnist(tmp_path)), train=False)[0]
    assert (image.shape, image.dtype, image.context) == ((28, 28, 1), np.uint8, mx.cpu(0))
    assert (type(label), label) == (np.int32, 7)


def test_training_and_test_images_come_from_different_files(tmp_path):
    write_mnist(tmp_path, "train", IMAGES[:3], LABELS[:3])
    write_mnist(tmp_path, "t10k")
    assert (len(MNIST(tmp_path)), len(MNIST(tmp_path, train=False))) == (3, 5)


def test_a_slice_gives_an_array_of_images_and_one_of_labels(tmp_path):
    images, labels = MNIST(write_mnist(tmp_path), train=False)[1:3]
    np.testing.assert_array_equal(images.asnumpy(), IMAGES[1:3, ..., None])
    assert labels.tolist() == [2, 1]


def test_the_transform_gets_image_and_label(tmp_path):
    dataset = MNIST(
        write_mnist(tmp_path), train=False, transform=lambda image, label: (image.shape, label + 1)
    )
    assert dataset[1] == ((28, 28, 1), 3)


def test_writing_to_a_sample_leaves_the_dataset_alone(tmp_path):
    dataset = MNIST(write_mnist(tmp_path), train=False)
    dataset[0][0][:] = 0
    np.testing.assert_array_equal(dataset[0][0].asnumpy(), IMAGES[0, ..., None])


def test_batches_have_the_dtypes_of_the_samples(tmp_path):
    images, labels = next(iter(DataLoader(MNIST(write_mnist(tmp_path), train=False), 2)))
    assert (images.shape, images.dtype, labels.dtype) == ((2, 28, 28, 1), np.uint8, np.int32)


def test_files_in_mxnets_home_are_found_without_root(empty_home):
    write_mnist(empty_home / "mnist")
    assert len(MNIST(train=False)) == 5


def test_root_goes_before_mxnets_home(tmp_path, empty_home):
    write_mnist(empty_home / "mnist")
    assert len(MNIST(write_mnist(tmp_path, images=IMAGES[:2], labels=LABELS[:2]), train=False)) == 2


def test_an_empty_root_falls_back_on_mxnets_home(tmp_path, empty_home):
    """Old programs name a folder to download to."""
    write_mnist(empty_home / "mnist")
    with pytest.warns(
        UserWarning, match="MNIST: .*download does not have the files; those of .*mnist are used"
    ):
        assert len(MNIST(tmp_path / "download", train=False)) == 5


def test_a_folder_that_lacks_the_labels_is_passed_over(tmp_path, empty_home):
    write_mnist(empty_home / "mnist")
    (write_mnist(tmp_path, images=IMAGES[:2]) / "t10k-labels-idx1-ubyte").unlink()
    with pytest.warns(UserWarning, match="does not have the files"):
        assert len(MNIST(tmp_path, train=False)) == 5


def test_the_home_is_in_the_users_folder_by_default(monkeypatch, tmp_path):
    monkeypatch.delenv("MXNET_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    write_mnist(tmp_path / ".mxnet" / "datasets" / "mnist")
    assert len(MNIST(train=False)) == 5


def test_missing_files_are_reported_with_the_places_and_a_source(tmp_path, empty_home):
    with pytest.raises(MissingFileError) as caught:
        MNIST(tmp_path / "here")
    message = str(caught.value)
    assert "The dataset MNIST is not on this machine, and nothing is downloaded" in message
    assert "train-images-idx3-ubyte and train-labels-idx1-ubyte" in message
    assert f"{tmp_path / 'here'}, {empty_home / 'mnist'}" in message
    assert "yann.lecun.com" in message
    assert isinstance(caught.value, FileNotFoundError)


def test_fashion_mnist_is_looked_for_in_three_places(tmp_path, empty_home, monkeypatch):
    system = tmp_path / "system"
    monkeypatch.setattr(FashionMNIST, "_system_folders", (system,))
    with pytest.raises(MissingFileError, match="apt-get install dataset-fashion-mnist") as caught:
        FashionMNIST(tmp_path / "here", train=False)
    assert f"{tmp_path / 'here'}, {empty_home / 'fashion-mnist'}, {system}" in str(caught.value)
    for count, folder in enumerate([system, empty_home / "fashion-mnist"], 1):
        write_mnist(folder, images=IMAGES[:count], labels=LABELS[:count])
        with pytest.warns(UserWarning, match="here does not have the files"):
            assert len(FashionMNIST(tmp_path / "here", train=False)) == count
        assert len(FashionMNIST(train=False)) == count
    write_mnist(tmp_path / "here", images=IMAGES[:3], labels=LABELS[:3])
    assert len(FashionMNIST(tmp_path / "here", train=False)) == 3


DEBIAN = Path("/usr/share/datasets/fashion-mnist")


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's package dataset-fashion-mnist is not installed")
@pytest.mark.parametrize(("train", "per_class", "mean"), [(True, 6000, 72.9404), (False, 1000, 73.1466)])
def test_the_real_fashion_mnist_is_read(train, per_class, mean):
    dataset = FashionMNIST(DEBIAN, train=train)
    images, labels = dataset[:]
    assert np.bincount(labels).tolist() == [per_class] * 10
    assert images.asnumpy().mean() == pytest.approx(mean, abs=1e-3)


# -- damaged files ------------------------------------------------------------------------------------------


@given(arrays(np.uint8, array_shapes(min_dims=3, max_dims=3, max_side=4)))
def test_an_idx_file_is_read_as_it_was_written(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(idx(array))
    np.testing.assert_array_equal(read_idx(path, 3), array)


@given(st.data(), st.sampled_from(["", ".gz"]))
def test_a_file_cut_short_anywhere_is_an_error(tmp_path_factory, data, suffix):
    content = idx(IMAGES[:2, :3, :3])
    content = gzip.compress(content) if suffix else content
    path = tmp_path_factory.mktemp("idx") / f"file{suffix}"
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(FileFormatError, match=r"cut short|cannot be decompressed"):
        read_idx(path, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(IMAGES)[:10], r"is cut short.*\n.*a header of 16 bytes, received 10 bytes"),
        (idx(IMAGES)[:-1], r"is cut short.*\n.*3920 bytes of data for 5x28x28, received 3919 bytes"),
        (idx(IMAGES) + b"\0", r"is longer than its header says.*\n.*3920 bytes .* received 3921"),
        (idx(LABELS) + bytes(99), r"is no idx file of unsigned bytes with 3 axes.*\n.*2051, received 2049"),
        (b"<html>this is not an idx file</html>", r"magic number 2051, received 1013478509"),
    ],
)
def test_wrong_idx_files_are_reported_with_what_was_expected(tmp_path, content, message):
    (write_mnist(tmp_path) / "t10k-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(FileFormatError, match=message) as caught:
        MNIST(tmp_path, train=False)
    assert "t10k-images-idx3-ubyte" in str(caught.value)


@pytest.mark.parametrize(
    "damage", [lambda c: c[:-9], lambda c: b"no" + c[2:], lambda c: c[:12] + b"??" + c[14:]]
)
def test_damaged_gzip_files_are_errors(tmp_path, damage):
    path = write_mnist(tmp_path, suffix=".gz") / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(FileFormatError, match=r"cannot be decompressed.*\n.*a complete gzip file"):
        MNIST(tmp_path, train=False)


def test_images_and_labels_of_different_number_are_an_error(tmp_path):
    write_mnist(tmp_path, labels=LABELS[:3])
    with pytest.raises(FileFormatError, match=r"do not belong together.*\n.*5 labels, .* received 3"):
        MNIST(tmp_path, train=False)


# -- CIFAR ------------------------------------------------------------------------------------------------


def write_cifar(path, images, *labels):
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [np.stack(labels, axis=1), images.transpose(0, 3, 1, 2).reshape(len(images), -1)]
    path.write_bytes(np.concatenate(records, axis=1).astype("uint8").tobytes())


PHOTOS = RNG.integers(0, 256, (10, 32, 32, 3), "uint8")
KINDS = np.arange(10) * 9


def test_cifar10_is_read_from_five_files_in_order(tmp_path):
    for i in range(5):
        part = slice(2 * i, 2 * i + 2)
        write_cifar(tmp_path / f"data_batch_{i + 1}.bin", PHOTOS[part], KINDS[part])
    dataset = CIFAR10(tmp_path)
    np.testing.assert_array_equal(images_of(dataset), PHOTOS)
    assert [label for _, label in dataset] == KINDS.tolist()


@pytest.mark.parametrize("folder", ["", "cifar-10-batches-bin"])
def test_cifar10_is_found_in_the_folder_of_its_archive(tmp_path, folder):
    write_cifar(tmp_path / folder / "test_batch.bin", PHOTOS[:3], KINDS[:3])
    image, label = CIFAR10(tmp_path, train=False)[1]
    assert (image.shape, image.dtype, type(label), label) == ((32, 32, 3), np.uint8, np.int32, 9)


@pytest.mark.parametrize(("fine", "expected"), [(False, [0, 1, 2]), (True, [0, 9, 18])])
def test_cifar100_has_coarse_and_fine_labels(tmp_path, fine, expected):
    write_cifar(tmp_path / "cifar-100-binary" / "train.bin", PHOTOS[:3], np.arange(3), KINDS[:3])
    dataset = CIFAR100(tmp_path, fine_label=fine)
    np.testing.assert_array_equal(images_of(dataset), PHOTOS[:3])
    assert [label for _, label in dataset] == expected


@pytest.mark.parametrize("size", [0, 3072, 3074])
def test_a_cifar_file_of_another_size_is_an_error(tmp_path, size):
    (tmp_path / "test_batch.bin").write_bytes(bytes(size))
    with pytest.raises(FileFormatError, match=rf"a multiple of 3073 bytes, received {size} bytes"):
        CIFAR10(tmp_path, train=False)


def test_a_missing_cifar_is_reported_with_the_files_it_needs(tmp_path):
    with pytest.raises(
        MissingFileError, match=r"CIFAR100(.|\n)*train.bin(.|\n)*cifar-100-binary(.|\n)*kriz/cifar"
    ):
        CIFAR100(tmp_path)


# -- Digits -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    """All digits in the order of the file."""
    with np.load(Path(datasets.__file__).with_name("digits.npz")) as file:
        return file["images"], file["labels"]


def test_digits_are_those_of_scikit_learn(digits):
    bunch = pytest.importorskip("sklearn.datasets").load_digits()
    np.testing.assert_array_equal(digits[0], bunch.images)
    np.testing.assert_array_equal(digits[1], bunch.target)


def test_a_digit_is_an_array_of_bytes_and_an_int32():
    image, label = Digits()[0]
    assert (image.shape, image.dtype, image.context) == ((8, 8, 1), np.uint8, mx.cpu(0))
    assert type(label) is np.int32


def test_values_of_digits_are_from_0_to_16():
    images, _ = Digits()[:]
    assert (images.asnumpy().min(), images.asnumpy().max()) == (0, 16)


def test_every_digit_is_either_to_train_or_to_test(digits):
    images, labels = digits
    places = sorted(range(1797), key=lambda i: (labels[i], i))
    test = sorted(places[1797 * k // 360] for k in range(360))
    train = sorted(set(range(1797)) - set(test))
    for dataset, chosen in ((Digits(), train), (Digits(train=False), test)):
        np.testing.assert_array_equal(dataset[:][0].asnumpy()[..., 0], images[chosen])
        np.testing.assert_array_equal(dataset[:][1], labels[chosen])


def test_the_split_of_digits_never_changes():
    """Numbers reported for these images must stay comparable."""
    assert (len(Digits()), len(Digits(train=False))) == (1437, 360)
    labels = Digits(train=False)[:][1]
    assert labels[:20].tolist() == [0, 6, 9, 1, 3, 5, 0, 9, 8, 4, 7, 2, 3, 6, 1, 5, 0, 2, 7, 6]
    assert np.bincount(labels).tolist() == [36, 37, 35, 37, 36, 36, 37, 36, 34, 36]


def test_every_class_of_digits_is_split_as_evenly_as_possible(digits):
    quota = np.bincount(digits[1]) * 360 / 1797
    counts = np.bincount(Digits(train=False)[:][1])
    assert (np.abs(counts - quota) < 1).all()


def test_the_transform_of_digits_gets_image_and_label():
    assert Digits(transform=lambda image, label: label * 2)[0] == Digits()[0][1] * 2


def test_the_origin_and_licence_of_digits_come_with_them():
    text = Path(datasets.__file__).with_name("digits.txt").read_text(encoding="utf-8")
    assert "https://doi.org/10.24432/C50P49" in text
    assert "Creative Commons Attribution 4.0" in text
