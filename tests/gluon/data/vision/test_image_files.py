"""Datasets of records and of image files."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import FileFormatError, MissingFileError
from gluonish.gluon.data import DataLoader, RecordFileDataset
from gluonish.gluon.data.vision import ImageFolderDataset, ImageRecordDataset

images = pytest.importorskip("PIL.Image", reason="images need Pillow")

COLOURS = np.array([[200, 0, 0], [0, 200, 0], [0, 0, 200]], np.uint8)
"""Red, green and blue."""


def picture(number):
    return np.tile(COLOURS[number], (4, 5, 1))


@pytest.fixture
def records(tmp_path):
    """The path of a file with an image of each colour, labelled by its number and a half."""
    base = tmp_path / "images"
    with mx.recordio.MXIndexedRecordIO(f"{base}.idx", f"{base}.rec", "w") as writer:
        for i in range(3):
            header = mx.recordio.IRHeader(0, i + 0.5, i, 0)
            writer.write_idx(10 * i, mx.recordio.pack_img(header, picture(i)[..., ::-1], img_fmt=".png"))
    return tmp_path / "images.rec"


@pytest.fixture
def folder(tmp_path):
    """A folder with one image of each colour, in a folder of its own."""
    for number, name in enumerate(["red", "green", "blue"]):
        (tmp_path / "root" / name).mkdir(parents=True)
        images.fromarray(picture(number)).save(tmp_path / "root" / name / "1.png")
    return tmp_path / "root"


def test_records_come_in_the_order_of_the_index(records):
    dataset = RecordFileDataset(records)
    assert len(dataset) == 3
    assert [mx.recordio.unpack(record)[0].label for record in dataset] == [0.5, 1.5, 2.5]


def test_an_image_has_red_green_and_blue_and_its_label(records):
    dataset = ImageRecordDataset(str(records))
    image, label = dataset[1]
    assert (image.context, image.dtype, label) == (mx.cpu(0), np.uint8, 1.5)
    np.testing.assert_array_equal(image.asnumpy(), picture(1))


def test_a_grey_image_has_one_channel(records):
    image, _ = ImageRecordDataset(records, flag=0)[1]
    assert image.shape == (4, 5, 1)


def test_a_transformation_gets_image_and_label(records):
    dataset = ImageRecordDataset(records, transform=lambda image, label: (image.shape, label * 2))
    assert dataset[0] == ((4, 5, 3), 1)


@pytest.mark.parametrize("options", [{}, {"thread_pool": True}], ids=["processes", "threads"])
def test_workers_read_records(options, records):
    loader = DataLoader(ImageRecordDataset(records), batch_size=3, num_workers=2, **options)
    ((batch, labels),) = list(loader)
    np.testing.assert_array_equal(batch.asnumpy(), np.stack([picture(i) for i in range(3)]))
    assert labels.asnumpy().tolist() == [0.5, 1.5, 2.5]


def test_records_without_an_index_are_an_error(records):
    records.with_suffix(".idx").unlink()
    with pytest.raises(MissingFileError, match=r"images.idx does not exist"):
        RecordFileDataset(records)


def test_a_record_that_is_no_image_is_an_error(tmp_path):
    with mx.recordio.MXIndexedRecordIO(tmp_path / "a.idx", tmp_path / "a.rec", "w") as writer:
        writer.write_idx(0, mx.recordio.pack(mx.recordio.IRHeader(0, 0, 0, 0), b"no image"))
    with pytest.raises(FileFormatError, match="The image cannot be read"):
        ImageRecordDataset(tmp_path / "a.rec")[0]


def test_folders_are_classes_in_the_order_of_their_names(folder):
    dataset = ImageFolderDataset(folder)
    assert dataset.synsets == ["blue", "green", "red"]
    assert [label for _, label in dataset] == [0, 1, 2]
    np.testing.assert_array_equal(dataset[2][0].asnumpy(), picture(0))


def test_files_that_are_no_images_are_passed_over_with_a_warning(folder):
    (folder / "red" / "notes.txt").write_text("red")
    (folder / "list.csv").write_text("")
    with (
        pytest.warns(UserWarning, match=r"notes.txt of type .txt. Only support .jpg, .jpeg, .png"),
        pytest.warns(UserWarning, match=r"list.csv, which is not a directory"),
    ):
        dataset = ImageFolderDataset(folder, transform=lambda image, label: label)
    assert list(dataset) == [0, 1, 2]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(MissingFileError, match="none does not exist"):
        ImageFolderDataset(tmp_path / "none")
