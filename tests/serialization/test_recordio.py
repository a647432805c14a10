"""RecordIO files, byte by byte, and nothing worse than a FileFormatError for damaged ones."""

from __future__ import annotations

import contextlib
import io
import struct
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gluonish.errors import ArgumentError, FileFormatError
from gluonish.serialization import recordio
from gluonish.serialization.recordio import read_record, write_record

WORD = struct.pack("<I", 0xCED7230A)


def written(*records):
    stream = io.BytesIO()
    for record in records:
        write_record(stream, record)
    return stream.getvalue()


def read(content):
    stream = io.BytesIO(content)
    return list(iter(lambda: read_record(stream), None))


def part(kind, payload):
    return WORD + struct.pack("<I", kind << 29 | len(payload)) + payload + bytes(-len(payload) % 4)


@pytest.mark.parametrize(
    ("record", "content"),
    [
        (b"hello", "0a23d7ce 05000000 68656c6c6f000000"),
        (b"ab\0\0" + WORD + b"zz", "0a23d7ce 04000020 61620000 0a23d7ce 02000060 7a7a0000"),
        (b"", "0a23d7ce 00000000"),
        (b"a" + WORD, "0a23d7ce 05000000 610a23d7 ce000000"),
    ],
    ids=["plain", "the magic word", "nothing", "the magic word between words"],
)
def test_a_record_is_what_the_format_prescribes(record, content):
    assert written(record) == bytes.fromhex(content)


pieces = st.lists(
    st.sampled_from([WORD, b"a", b"\0\0", WORD[:2], WORD[2:]]) | st.binary(max_size=9), max_size=6
)


@given(st.lists(pieces.map(b"".join), max_size=4))
@example([WORD * 3, b"", WORD + b"x"])
def test_what_is_written_is_read_back(records):
    assert read(written(*records)) == records


@given(pieces.map(b"".join))
def test_the_magic_word_is_found_only_where_parts_begin(record):
    content = written(record)
    words = [place for place in range(0, len(content), 4) if content[place : place + 4] == WORD]
    starts, place = [], 0
    while place < len(content):
        starts.append(place)
        place += 8 + -(-(struct.unpack_from("<I", content, place + 4)[0] & (2**29 - 1)) // 4) * 4
    assert words == starts


def test_a_record_that_is_too_long_is_an_error(monkeypatch):
    monkeypatch.setattr(recordio, "MAX_LENGTH", 4)
    with pytest.raises(
        ArgumentError, match=r"The record is too long.\n  Expected at most 4 bytes, received 5"
    ):
        written(b"12345")


# -- damaged files ------------------------------------------------------------------------------------------

WHOLE = written(b"hello", b"ab\0\0" + WORD + b"zz" * 3)


def test_a_file_cut_at_any_length_gives_its_whole_records_or_an_error():
    ends = {0: 0, 16: 1, len(WHOLE): 2}
    for length in range(len(WHOLE) + 1):
        if length in ends:
            assert len(read(WHOLE[:length])) == ends[length]
        else:
            with pytest.raises(FileFormatError, match="The stream cannot be read: it ends within"):
                read(WHOLE[:length])


FAULTS = {
    "another kind of file": (
        b"<html>\n\n\n",
        r"it is no RecordIO file.*\n  Expected 0xced7230a first, received a web",
    ),
    "a pointer of Git LFS": (b"version https://git-lfs.github.com", "it is no RecordIO file"),
    "a length beyond the end": (
        WORD + struct.pack("<I", 2**29 - 1) + b"x",
        r"\n  Expected 536870912 more bytes, rec",
    ),
    "a middle part first": (
        part(2, b"abcd"),
        r"begins with a part that is not its first.*\n  Received kind 2",
    ),
    "a last part first": (part(3, b"abcd"), "begins with a part that is not its first"),
    "an unknown kind": (part(5, b"abcd"), r"of an unknown kind.*\n  Expected 0 to 3, received 5"),
    "no last part": (part(1, b"abcd"), r"ends within a record of several parts.*\n  Expected one more part"),
    "a whole record within": (part(1, b"abcd") + part(0, b"abcd"), r"has no last one.*\n  Received kind 0"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_file_is_an_error_that_says_what_is_wrong(fault):
    content, message = FAULTS[fault]
    with pytest.raises(FileFormatError, match=message):
        read(content)


def test_a_length_takes_no_memory_that_the_file_does_not_fill():
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError, match="it ends within a record"):
            read(WORD + struct.pack("<I", 2**29 - 1))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1e6


@given(st.binary(max_size=60), st.integers(0, 4))
def test_any_bytes_are_records_or_an_error(content, kind):
    for given_bytes in (content, WORD + content, part(kind, content)):
        with contextlib.suppress(FileFormatError):
            assert all(isinstance(record, bytes) for record in read(given_bytes))
