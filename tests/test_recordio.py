"""``mx.recordio``: files of records, and what real MXNet has written into them."""

from __future__ import annotations

import os
import pickle
import sys
import threading

import numpy as np
import pytest
from golden import GOLDEN, known

import gluonish as mx
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    FileFormatError,
    MissingFileError,
    NotInstalledError,
    RecordIOError,
)
from gluonish.recordio import IRHeader, MXIndexedRecordIO, MXRecordIO, pack, pack_img, unpack, unpack_img

KNOWN = known("records.json")
"""What MXNet 1.9.1 has written; tools/make_golden_records.py makes it."""

RECORDS = {key: bytes.fromhex(record) for key, record in KNOWN["records"]}


@pytest.fixture
def paths(tmp_path):
    """The paths of an index and of three records by the keys 0, 2 and 4."""
    index, file = tmp_path / "a.idx", tmp_path / "a.rec"
    with MXIndexedRecordIO(index, file, "w") as writer:
        for i in range(3):
            writer.write_idx(2 * i, b"rec%d" % i)
    return index, file


# -- MXNet's files ------------------------------------------------------------------------------------------


def test_records_of_mxnet_are_read_in_order_and_by_key():
    with MXRecordIO(GOLDEN / "records.rec", "r") as file:
        assert list(iter(file.read, None)) == list(RECORDS.values())
    with MXIndexedRecordIO(GOLDEN / "records.idx", GOLDEN / "records.rec", "r") as file:
        assert file.keys == list(RECORDS)
        assert [file.read_idx(key) for key in sorted(RECORDS)] == [RECORDS[key] for key in sorted(RECORDS)]


def test_both_files_are_written_as_mxnet_has_written_them(tmp_path):
    with MXIndexedRecordIO(tmp_path / "a.idx", tmp_path / "a.rec", "w") as writer:
        for key, record in RECORDS.items():
            writer.write_idx(key, record)
    assert (tmp_path / "a.rec").read_bytes() == (GOLDEN / "records.rec").read_bytes()
    assert (tmp_path / "a.idx").read_bytes() == (GOLDEN / "records.idx").read_bytes()


@pytest.mark.parametrize("name", KNOWN["packed"])
def test_headers_are_packed_and_unpacked_as_mxnet_does(name):
    about = KNOWN["packed"][name]
    assert pack(IRHeader(*about["header"]), b"xyz").hex() == about["bytes"]
    header, content = unpack(bytes.fromhex(about["bytes"]))
    _, label, number, second = about["header"]
    assert (content, header.id, header.id2) == (b"xyz", number, second)
    assert np.array_equal(header.label, label or 0)  # an empty list is written as the number 0


# -- files of records ---------------------------------------------------------------------------------------


def test_after_a_reset_reading_begins_anew(paths):
    file = MXRecordIO(paths[1], "r")
    assert (file.read(), file.read()) == (b"rec0", b"rec1")
    file.reset()
    assert file.read() == b"rec0"


def test_a_pickled_reader_reads_from_the_beginning_and_leaves_the_first_one_alone(paths):
    file = MXRecordIO(paths[1], "r")
    file.read()
    again = pickle.loads(pickle.dumps(file))
    assert (again.read(), file.read()) == (b"rec0", b"rec1")


def test_a_pickled_index_knows_its_keys(paths):
    again = pickle.loads(pickle.dumps(MXIndexedRecordIO(*paths, "r")))
    assert (again.keys, again.read_idx(2)) == ([0, 2, 4], b"rec1")


def test_an_open_writer_cannot_be_pickled(tmp_path):
    writer = MXRecordIO(tmp_path / "a.rec", "w")
    with pytest.raises(RecordIOError, match=r"is open for writing and cannot be copied.*\n  Close it first"):
        pickle.dumps(writer)
    writer.close()
    assert not pickle.loads(pickle.dumps(writer)).is_open


def test_a_closed_file_is_read_by_key_again_but_not_in_order(paths):
    file = MXIndexedRecordIO(*paths, "r")
    file.close()
    file.close()
    with pytest.raises(RuntimeError, match=r"a.rec is closed.\n  Call reset\(\) first"):
        file.read()
    assert file.read_idx(4) == b"rec2"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork() here")
def test_a_forked_process_must_open_the_file_anew(paths):
    ordered, indexed = MXRecordIO(paths[1], "r"), MXIndexedRecordIO(*paths, "r")
    ordered.read()
    child = os.fork()
    if child == 0:  # whatever happens, this process must not go on with the tests
        code = 1
        try:
            try:
                ordered.read()
            except RuntimeError as error:
                ordered.reset()
                refused = "not open in this process" in str(error)
                code = 0 if refused and (ordered.read(), indexed.read_idx(2)) == (b"rec0", b"rec1") else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert ordered.read() == b"rec1"


def test_threads_read_by_key_without_taking_each_others_place(tmp_path):
    with MXIndexedRecordIO(tmp_path / "a.idx", tmp_path / "a.rec", "w") as writer:
        for key in range(200):
            writer.write_idx(key, str(key).encode())
    file, wrong = MXIndexedRecordIO(tmp_path / "a.idx", tmp_path / "a.rec", "r"), []

    def read(keys):
        wrong.extend(key for key in keys if file.read_idx(key) != str(key).encode())

    threads = [threading.Thread(target=read, args=(range(i, 200, 4),)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_keys_are_of_the_type_asked_for(paths):
    file = MXIndexedRecordIO(*paths, "r", key_type=str)
    assert (file.keys, file.idx) == (["0", "2", "4"], {"0": 0, "2": 12, "4": 24})
    assert file.read_idx("2") == b"rec1"


def test_a_writer_tells_how_far_it_is(tmp_path):
    with MXIndexedRecordIO(tmp_path / "a.idx", tmp_path / "a.rec", "w") as writer:
        assert writer.tell() == 0
        writer.write_idx(0, b"hello")
        assert writer.tell() == 16


def test_a_key_that_is_not_there_is_an_error(paths):
    with pytest.raises(KeyError, match=r"Key 99 is not in .*a.idx.\n  Received 3 keys: 0, 2, 4"):
        MXIndexedRecordIO(*paths, "r").read_idx(99)


@pytest.mark.parametrize(
    ("flag", "call", "message"),
    [
        ("w", lambda file: file.read(), "is open for writing only.\n  Open it with the flag 'r'"),
        ("w", lambda file: file.read_idx(0), "is open for writing only"),
        ("w", lambda file: file.seek(0), "is open for writing only"),
        ("r", lambda file: file.write(b""), "is open for reading only.\n  Open it with the flag 'w'"),
        ("r", lambda file: file.write_idx(0, b""), "is open for reading only"),
        ("r", lambda file: file.tell(), "is open for reading only"),
    ],
)
def test_reading_and_writing_need_their_flags(flag, call, message, paths):
    with pytest.raises(AssertionError, match=message):
        call(MXIndexedRecordIO(*paths, flag))


def test_another_flag_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"Flag 'a' is invalid for a RecordIO file.\n  Expected 'r' or 'w'"):
        MXRecordIO(tmp_path / "a.rec", "a")


def test_files_that_are_not_there_are_errors(tmp_path, paths):
    with pytest.raises(mx.MXNetError, match=r"none.rec does not exist.\n  Check the path"):
        MXRecordIO(tmp_path / "none.rec", "r")
    with pytest.raises(FileNotFoundError, match=r"none.idx does not exist"):
        MXIndexedRecordIO(tmp_path / "none.idx", paths[1], "r")
    with pytest.raises(MissingFileError, match="cannot be made: its folder does not exist"):
        MXRecordIO(tmp_path / "none" / "a.rec", "w")


@pytest.mark.parametrize("key", ["a\tb", "a\nb", "a\rb"])
def test_a_key_that_no_line_can_hold_is_an_error_and_nothing_is_written(key, paths):
    index, records = paths
    with mx.recordio.MXIndexedRecordIO(index, records, "w", str) as writer:
        with pytest.raises(ArgumentError, match="cannot be written to an index"):
            writer.write_idx(key, b"x")
        writer.write_idx("a b", b"y")
    with mx.recordio.MXIndexedRecordIO(index, records, "r", str) as reader:
        assert (reader.keys, reader.read_idx("a b")) == (["a b"], b"y")


@pytest.mark.parametrize("source", [b"bytes", None, 3], ids=repr)
def test_what_is_no_path_is_an_error_that_says_why(source):
    with pytest.raises(ArgumentTypeError, match=r"is named by its path.*\n.*a string or a path"):
        mx.recordio.MXRecordIO(source, "r")


@pytest.mark.parametrize(
    "line",
    ["0", "0\t1\t2", "a\t0", "0\tb", "0\t-8", f"0\t{2**63}", "version https://git-lfs.github.com/spec/v1"],
)
def test_a_damaged_index_is_an_error_that_says_the_line(line, paths):
    paths[0].write_text(f"0\t0\n{line}\n")
    with pytest.raises(
        FileFormatError, match=r"a.idx is no index of records: line 2 .*\n  Expected a key, a tab"
    ):
        MXIndexedRecordIO(*paths, "r")


def test_an_index_that_is_no_text_is_an_error(paths):
    paths[0].write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileFormatError, match=r"a.idx is no index of records"):
        MXIndexedRecordIO(*paths, "r")


def test_an_index_of_another_file_is_an_error(paths):
    paths[0].write_text("0\t1000\n1\t4\n")
    file = MXIndexedRecordIO(*paths, "r")
    with pytest.raises(
        FileFormatError, match=r"ends before the record of key 0.\n  Expected a record at byte 1000"
    ):
        file.read_idx(0)
    with pytest.raises(FileFormatError, match="it is no RecordIO file"):
        file.read_idx(1)


def test_a_record_is_bytes(tmp_path):
    with pytest.raises(ArgumentTypeError, match=r"A record is no bytes.\n  Expected bytes, received str"):
        MXRecordIO(tmp_path / "a.rec", "w").write("text")


# -- headers and images -------------------------------------------------------------------------------------


def test_a_record_too_short_for_its_header_is_an_error():
    packed = pack(IRHeader(0, [1, 2, 3], 0, 0), b"")
    for length in range(len(packed)):
        with pytest.raises(
            FileFormatError, match=r"is too short for its header.\n  Expected at least \d+ bytes, rec"
        ):
            unpack(packed[:length])


def test_a_header_of_something_else_than_numbers_is_an_error():
    with pytest.raises(ArgumentTypeError, match="The header of a record cannot be packed"):
        pack(IRHeader(0, "one", 0, 0), b"")
    with pytest.raises(TypeError, match=r"pack\(\) needs bytes.\n  Expected bytes, received str"):
        pack(IRHeader(0, 1, 0, 0), "text")


IMAGE = np.zeros((8, 6, 3), np.uint8)
IMAGE[:4, :, 0] = 200  # the upper half is blue


@pytest.mark.parametrize(("suffix", "tolerance"), [(".png", 0), (".jpg", 40)])
def test_an_image_keeps_its_channels_in_opencvs_order(suffix, tolerance):
    pytest.importorskip("PIL")
    header, image = unpack_img(pack_img(IRHeader(0, 3, 1, 0), IMAGE, img_fmt=suffix))
    assert (header.label, image.shape, image.dtype) == (3, IMAGE.shape, np.uint8)
    assert np.abs(image[[0, 7]].astype(int) - IMAGE[[0, 7]]).max() <= tolerance


def test_images_are_read_in_grey_or_in_colour():
    pytest.importorskip("PIL")
    grey = pack_img(IRHeader(0, 0, 0, 0), IMAGE[..., 0], img_fmt=".png")
    assert [unpack_img(grey, flag)[1].shape for flag in (-1, 0, 1)] == [(8, 6), (8, 6), (8, 6, 3)]
    with pytest.raises(ArgumentError, match=r"flag is unknown.\n  Expected 1, 0 or -1, received 7"):
        unpack_img(grey, 7)


def test_what_is_no_image_is_an_error():
    pytest.importorskip("PIL")
    header = IRHeader(0, 0, 0, 0)
    with pytest.raises(FileFormatError, match=r"The image cannot be read: .*\n  Expected a JPEG or a PNG"):
        unpack_img(pack(header, b"<html>"))
    with pytest.raises(ArgumentTypeError, match=r"The image is none.\n.*received float64 of shape \(2,\)"):
        pack_img(header, np.ones(2))
    with pytest.raises(
        ArgumentError, match=r"img_fmt is unknown.\n  Expected '.jpg' or '.png', received '.xyz'"
    ):
        pack_img(header, IMAGE, img_fmt=".xyz")


def test_without_pillow_images_are_an_error_that_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(NotInstalledError, match=r"images needs Pillow.\n.*\n  pip install pillow") as caught:
        pack_img(IRHeader(0, 0, 0, 0), IMAGE)
    assert isinstance(caught.value, AssertionError)
