"""Batches of what files hold; the numbers are those that MXNet gave."""

from __future__ import annotations

import struct

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import FileFormatError, MissingFileError
from gluonish.io import CSVIter, LibSVMIter, MNISTIter, MXDataIter


@pytest.fixture
def table(tmp_path):
    """A file with seven lines of two numbers."""
    path = tmp_path / "data.csv"
    path.write_text("".join(f"{2 * i},{2 * i + 1}\n" for i in range(7)))
    return path


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "label.csv"
    path.write_text("".join(f"{i}\n" for i in range(7)))
    return path


def epoch(batches):
    found = [(batch.label[0].asnumpy().tolist(), batch.pad, batch.index.tolist()) for batch in batches]
    batches.reset()
    return found


def test_what_the_last_batch_lacks_comes_from_the_beginning_of_the_next_epoch(table, labels):
    batches = CSVIter(data_csv=table, data_shape=(2,), label_csv=labels, batch_size=3)
    assert isinstance(batches, MXDataIter)
    assert (batches.provide_data, batches.provide_label) == ([("data", (3, 2))], [("softmax_label", (3,))])
    assert epoch(batches) == [([0, 1, 2], 0, [0, 1, 2]), ([3, 4, 5], 0, [3, 4, 5]), ([6, 0, 1], 2, [6, 0, 1])]
    assert epoch(batches) == [([2, 3, 4], 0, [2, 3, 4]), ([5, 6, 0], 1, [5, 6, 0])]


def test_without_rounding_the_last_batch_is_filled_from_the_one_before(table, labels):
    batches = CSVIter(data_csv=table, data_shape=(2,), label_csv=labels, batch_size=3, round_batch=False)
    for _ in range(2):
        assert epoch(batches)[-1] == ([6, 4, 5], 2, [6, 4, 5])


def test_the_first_batch_comes_for_ever_if_that_is_asked_for(table, labels):
    batches = CSVIter(data_csv=table, data_shape=(2,), label_csv=labels, batch_size=3)
    batches.debug_skip_load()
    assert [batches.next().label[0].asnumpy().tolist() for _ in range(4)] == [[0, 1, 2]] * 4


def test_what_a_batch_holds_can_be_asked_for_array_by_array(table, labels, tmp_path):
    batches = CSVIter(data_csv=table, data_shape=(2,), label_csv=labels, batch_size=3)
    assert batches.iter_next()
    assert batches.getdata().asnumpy().tolist() == [[0, 1], [2, 3], [4, 5]]
    assert batches.getlabel().asnumpy().tolist() == [0, 1, 2]
    path = tmp_path / "rows"
    path.write_text("1 0:1 2:3\n0 1:2\n")
    sparse = LibSVMIter(data_libsvm=path, data_shape=(3,), batch_size=2)
    assert sparse.iter_next()
    assert sparse.getdata().stype == "csr"
    assert sparse.getlabel().asnumpy().tolist() == [1, 0]


def test_a_line_takes_the_shape_that_is_asked_for(table):
    batches = CSVIter(
        data_csv=table, data_shape=(2, 1), batch_size=7, dtype="int32", data_name="x", label_name="y"
    )
    batch = batches.next()
    assert batch.data[0].dtype == np.int32
    np.testing.assert_array_equal(batch.data[0].asnumpy(), np.arange(14).reshape(7, 2, 1))
    assert batch.label[0].asnumpy().tolist() == [0] * 7
    assert (batches.provide_data[0].name, batches.provide_label[0].name) == ("x", "y")


def test_all_files_of_a_folder_are_read(tmp_path):
    (tmp_path / "b").write_text("3\n")
    (tmp_path / "a").write_text("1\n2\n")
    assert CSVIter(data_csv=tmp_path, data_shape=(1,), batch_size=3).next().data[0].tolist() == [
        [1],
        [2],
        [3],
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,2,3\n", "lines of another length"),
        ("1,x\n", "is no table of numbers"),
        ("1,2\n3\n", "is no table"),
    ],
)
def test_a_line_must_hold_the_example(tmp_path, content, message):
    (tmp_path / "f").write_text(content)
    with pytest.raises(FileFormatError, match=message):
        CSVIter(data_csv=tmp_path / "f", data_shape=(2,), batch_size=1)


def test_a_file_must_exist(tmp_path):
    with pytest.raises(MissingFileError, match="nowhere does not exist"):
        CSVIter(data_csv=tmp_path / "nowhere", data_shape=(2,), batch_size=1)


def test_as_many_labels_as_lines(table, tmp_path):
    (tmp_path / "f").write_text("1\n")
    with pytest.raises(ValueError, match="needs as many labels as inputs"):
        CSVIter(data_csv=table, data_shape=(2,), label_csv=tmp_path / "f", batch_size=1)


def test_a_batch_has_examples(table):
    with pytest.raises(ValueError, match="CSVIter needs a batch_size"):
        CSVIter(data_csv=table, data_shape=(2,))


def test_an_unknown_argument_is_a_warning(table):
    with pytest.warns(UserWarning, match="CSVIter does not know colour"):
        CSVIter(data_csv=table, data_shape=(2,), batch_size=1, colour=1, prefetch_buffer=2)


@pytest.fixture
def digits(tmp_path):
    """Five images whose pixels count up, and their labels."""
    images = (np.arange(5 * 4) % 251).astype(np.uint8)
    (tmp_path / "images").write_bytes(struct.pack(">IIII", 2051, 5, 2, 2) + images.tobytes())
    (tmp_path / "labels").write_bytes(struct.pack(">II", 2049, 5) + bytes([3, 1, 4, 1, 5]))
    return {"image": tmp_path / "images", "label": tmp_path / "labels"}


def test_images_come_between_0_and_1_and_whole_batches_only(digits):
    batches = MNISTIter(**digits, batch_size=2, shuffle=False, silent=True)
    assert batches.provide_data == [("data", (2, 1, 2, 2))]
    for _ in range(2):
        found = list(batches)
        assert [batch.label[0].tolist() for batch in found] == [[3, 1], [4, 1]]
        np.testing.assert_array_equal(found[1].data[0].asnumpy().ravel() * 256, np.arange(8, 16))
        assert (found[0].pad, found[0].index.tolist()) == (0, [0, 0])
        batches.reset()


def test_flat_images_are_vectors(digits):
    assert MNISTIter(**digits, batch_size=2, flat=True, input_shape=(4,)).next().data[0].shape == (2, 4)


@pytest.mark.parametrize(("part", "expected"), [(0, [3, 1]), (1, [4, 1, 5])])
def test_a_part_of_a_file_can_be_read(digits, part, expected):
    batches = MNISTIter(**digits, batch_size=1, shuffle=False, num_parts=2, part_index=part)
    assert [batch.label[0].item() for batch in batches] == expected


def test_the_seed_decides_about_the_order(digits):
    def order(seed):
        return [batch.data[0].tolist() for batch in MNISTIter(**digits, batch_size=1, seed=seed)]

    assert order(1) == order(1)
    assert sorted(order(1)) == sorted(order(2))
    assert any(order(seed) != order(1) for seed in range(2, 6))


def test_a_missing_file_of_images_is_an_error(tmp_path):
    with pytest.raises(mx.MXNetError, match="does not exist"):
        MNISTIter(image=tmp_path / "a", label=tmp_path / "b")


@pytest.fixture
def libsvm(tmp_path):
    path = tmp_path / "data.t"
    path.write_text("1.0 0:0.5 2:1.25\n-2.0\n-3.0 0:0.5 1:2.5 2:1.25\n4 2:-1.25\n")
    return path


ROWS = [[0.5, 0, 1.25], [0, 0, 0], [0.5, 2.5, 1.25], [0, 0, -1.25]]


def test_lines_of_libsvm_become_csr_matrices(libsvm):
    batches = LibSVMIter(data_libsvm=libsvm, data_shape=(3,), batch_size=3)
    assert (batches.provide_data, batches.provide_label) == ([("data", (3, 3))], [("softmax_label", (3,))])
    for expected in ([[0, 1, 2], [3, 0, 1]], [[2, 3, 0]]):
        found = list(batches)
        assert [batch.data[0].stype for batch in found] == ["csr"] * len(found)
        assert [batch.data[0].asnumpy().tolist() for batch in found] == [
            [ROWS[i] for i in part] for part in expected
        ]
        assert [batch.label[0].asnumpy().tolist() for batch in found] == [
            [[1, -2, -3, 4][i] for i in part] for part in expected
        ]
        batches.reset()


def test_labels_may_be_a_matrix_of_their_own(libsvm, tmp_path):
    (tmp_path / "label.t").write_text("1\n-2 0:0.125\n-3 2:1.5\n4 1:1 2:-1.5\n")
    batch = LibSVMIter(
        data_libsvm=libsvm, data_shape=(3,), label_libsvm=tmp_path / "label.t", label_shape=(3,), batch_size=4
    ).next()
    assert batch.label[0].asnumpy().tolist() == [[0, 0, 0], [0.125, 0, 0], [0, 0, 1.5], [0, 1, -1.5]]


def test_a_part_of_a_libsvm_file_can_be_read(libsvm):
    batch = LibSVMIter(data_libsvm=libsvm, data_shape=3, batch_size=2, num_parts=2, part_index=1).next()
    assert batch.data[0].asnumpy().tolist() == ROWS[2:]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1 0:1\nx 0:1\n", "line 2, is no line of LibSVM"),
        ("1 0:1:2\n", "line 1, is no line"),
        ("1 3:1\n", "0 to 2, received 3"),
    ],
)
def test_a_line_that_is_no_line_of_libsvm_is_named(tmp_path, content, message):
    (tmp_path / "f").write_text(content)
    with pytest.raises(FileFormatError, match=message):
        LibSVMIter(data_libsvm=tmp_path / "f", data_shape=(3,), batch_size=1)
