"""``mx.recordio``: files of records, by order or by key, and records that are a header with bytes.

Example:
    >>> import os, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> index, file = os.path.join(folder, "a.idx"), os.path.join(folder, "a.rec")
    >>> with MXIndexedRecordIO(index, file, "w") as writer:
    ...     for key in range(3):
    ...         writer.write_idx(key, pack(IRHeader(0, key + 0.5, key, 0), b"sample"))
    >>> with MXIndexedRecordIO(index, file, "r") as reader:
    ...     header, sample = unpack(reader.read_idx(1))
    >>> header.label, sample
    (1.5, b'sample')
"""

from __future__ import annotations

import numbers
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TextIO

import numpy as np

from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    FileFormatError,
    MissingFileError,
    RecordIOError,
    UnknownNameError,
)
from gluonish.serialization import images
from gluonish.serialization.recordio import read_record, write_record
from gluonish.serialization.streams import is_path

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["IRHeader", "MXIndexedRecordIO", "MXRecordIO", "pack", "pack_img", "unpack", "unpack_img"]


class MXRecordIO:
    """A file of records, written or read from its beginning to its end.

    It can be pickled: the copy reads from the beginning. A process that was forked must ``reset()`` it before
    reading, for it shares its place in the file with its parent.

    Args:
        uri: the path of the file.
        flag: ``"r"`` to read, ``"w"`` to write; a file that is there is overwritten.

    Attributes:
        uri: the path.
        flag: the flag.
        is_open: whether it is open.
        writable: whether it writes.
        pid: the process that has opened it; None if it is closed.

    Raises:
        ArgumentError: another flag.
        MissingFileError: there is no such file to read, or no such folder to write to.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "a.rec")
        >>> with MXRecordIO(path, "w") as writer:
        ...     writer.write(b"one")
        ...     writer.write(b"two")
        >>> with MXRecordIO(path, "r") as reader:
        ...     reader.read(), reader.read(), reader.read()
        (b'one', b'two', None)
    """

    is_open = False  # a failed construction is no error when it is closed
    pid: int | None = None
    _file: BinaryIO

    def __init__(self, uri: str | os.PathLike[str], flag: str) -> None:
        self.uri = _path_of(uri)
        self.flag = flag
        self.open()

    def open(self) -> None:
        """Open the file, at its beginning."""
        if self.flag not in ("r", "w"):
            raise ArgumentError(
                f"Flag {self.flag!r}", "is invalid for a RecordIO file", expected="'r' or 'w'"
            )
        self.writable = self.flag == "w"
        self._file = _opened(self.uri, self.flag + "b")
        self.pid = os.getpid()
        self.is_open = True

    def close(self) -> None:
        """Close the file. What is closed already stays so."""
        if self.is_open:
            self._file.close()
            self.is_open = False
            self.pid = None

    def reset(self) -> None:
        """Go back to the beginning; a file that is written is emptied."""
        self.close()
        self.open()

    def write(self, buf: bytes) -> None:
        """Write a record.

        Raises:
            RecordIOError: the file is open for reading; or it is closed, or was opened by another process.
            ArgumentTypeError: no bytes.
            ArgumentError: 2**29 bytes or more.
        """
        self._check_mode(writing=True)
        self._check_process()
        if not isinstance(buf, (bytes, bytearray, memoryview)):
            raise ArgumentTypeError("A record", "is no bytes", expected="bytes", received=type(buf).__name__)
        write_record(self._file, bytes(buf))

    def read(self) -> bytes | None:
        """Return the next record; None at the end.

        Raises:
            RecordIOError: the file is open for writing; or it is closed, or was opened by another process.
            FileFormatError: the file is damaged.
        """
        self._check_mode(writing=False)
        self._check_process()
        return read_record(self._file)

    def _check_mode(self, *, writing: bool) -> None:
        if self.writable != writing:
            raise RecordIOError(
                f"File {self.uri}",
                f"is open for {'writing' if self.writable else 'reading'} only",
                fix=f"Open it with the flag {'w' if writing else 'r'!r}.",
            )

    def _check_process(self, *, may_reset: bool = False) -> None:
        """Check that this process has opened the file, or open it anew where that loses nothing."""
        if self.pid == os.getpid():
            return
        if may_reset:
            self.reset()
            return
        raise RecordIOError(
            f"File {self.uri}",
            "is not open in this process; forbidden operation in multiple processes"
            if self.is_open
            else "is closed",
            fix="Call reset() first.",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        if self.is_open and self.writable:
            raise RecordIOError(
                f"File {self.uri}",
                "is open for writing and cannot be copied: two would overwrite each other",
                fix="Close it first.",
            )
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if state.get("is_open"):
            self.open()


class MXIndexedRecordIO(MXRecordIO):
    """A file of records with another one that says where each begins, so that any can be read by its key.

    It can be pickled. In a process that was forked, ``read_idx()`` and ``seek()`` open the file anew.

    Args:
        idx_path: the path of the index: lines of a key, a tabulator and a number of bytes.
        uri: the path of the file of records.
        flag: ``"r"`` to read, ``"w"`` to write.
        key_type: what makes a key of its text.

    Attributes:
        idx: where each record begins, by key.
        keys: the keys, in the order of the file.

    Raises:
        ArgumentError: another flag.
        MissingFileError: a file is not there.
        FileFormatError: the index is damaged.
    """

    _index_file: TextIO | None = None

    def __init__(
        self,
        idx_path: str | os.PathLike[str],
        uri: str | os.PathLike[str],
        flag: str,
        key_type: Callable[[Any], Any] = int,
    ) -> None:
        self.idx_path = _path_of(idx_path)
        self.idx: dict[Any, int] = {}
        self.keys: list[Any] = []
        self.key_type = key_type
        self._reading = threading.Lock()  # a place in a file, and what is read there, belong together
        super().__init__(uri, flag)

    def open(self) -> None:
        """Open both files, and read the index, if it is there to be read."""
        super().open()
        self.idx, self.keys = {}, []
        try:
            if self.writable:
                self._index_file = _opened(self.idx_path, "w")
            else:
                self._read_index()
        except BaseException:
            self.close()
            raise

    def _read_index(self) -> None:
        with _opened(self.idx_path, "rb") as file:
            for number, line in enumerate(file, 1):
                key, place = self._read_line(number, line)
                self.idx[key] = place
                self.keys.append(key)

    def _read_line(self, number: int, line: bytes) -> tuple[Any, int]:
        """Return what a line of the index says: a key, and where its record begins."""
        try:
            written, text = line.decode().rstrip("\r\n").split("\t")
            key, place = self.key_type(written), int(text)
            if 0 <= place < 1 << 63:
                return key, place
        except ValueError:
            pass
        raise FileFormatError(
            f"File {self.idx_path}",
            f"is no index of records: line {number} cannot be read",
            expected="a key, a tabulator and a place in the file",
            received=repr(line[:60]),
        )

    def close(self) -> None:
        """Close both files. What is closed already stays so."""
        super().close()
        if self._index_file is not None:
            self._index_file.close()
            self._index_file = None

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._reading = threading.Lock()
        super().__setstate__(state)

    def seek(self, idx: Any) -> None:
        """Go to the record of a key.

        Raises:
            UnknownNameError: there is no such key.
            RecordIOError: the file is open for writing.
        """
        self._check_mode(writing=False)
        self._check_process(may_reset=True)
        if idx not in self.idx:
            raise UnknownNameError(
                f"Key {idx!r}",
                f"is not in {self.idx_path}",
                received=f"{len(self.keys)} keys: {str(self.keys[:5])[1:-1]} ...",
            )
        self._file.seek(self.idx[idx])

    def tell(self) -> int:
        """Return how many bytes were written.

        Raises:
            RecordIOError: the file is open for reading.
        """
        self._check_mode(writing=True)
        return self._file.tell()

    def read_idx(self, idx: Any) -> bytes:
        """Return the record of a key.

        Raises:
            UnknownNameError: there is no such key.
            RecordIOError: the file is open for writing.
            FileFormatError: the files are damaged, or do not belong to each other.
        """
        with self._reading:
            self.seek(idx)
            record = self.read()
        if record is None:
            raise FileFormatError(
                f"File {self.uri}",
                f"ends before the record of key {idx!r}",
                expected=f"a record at byte {self.idx[idx]}, as {self.idx_path} says",
            )
        return record

    def write_idx(self, idx: Any, buf: bytes) -> None:
        """Write a record, and where it begins.

        Args:
            idx: its key.
            buf: its bytes.

        Raises:
            RecordIOError: the file is open for reading; or it is closed, or was opened by another process.
            ArgumentError: a line of the index cannot hold the key. Nothing is written then.
        """
        self._check_mode(writing=True)
        self._check_process()
        key, place = self.key_type(idx), self.tell()
        if set(str(key)) & {"\t", "\n", "\r"}:
            raise ArgumentError(
                f"Key {key!r}",
                "cannot be written to an index",
                expected="a key without tabulators and ends of lines",
            )
        self.write(buf)
        assert self._index_file is not None
        self._index_file.write(f"{key}\t{place}\n")
        self.idx[key] = place
        self.keys.append(key)


def _path_of(path: Any) -> str:
    if not is_path(path):
        raise ArgumentTypeError(
            "A RecordIO file",
            "is named by its path: it is opened anew in other processes",
            expected="a string or a path",
            received=f"{path!r:.80}",
        )
    return os.fsdecode(path)


def _opened(path: str, mode: str) -> Any:
    try:
        return Path(path).open(mode, encoding=None if "b" in mode else "utf-8")
    except (FileNotFoundError, IsADirectoryError) as error:
        problem = "does not exist" if "r" in mode else "cannot be made: its folder does not exist"
        raise MissingFileError(f"File {path}", problem, fix="Check the path.") from error


# -- records that are a header with bytes -------------------------------------------------------------------


class IRHeader(NamedTuple):
    """The header of a record.

    Attributes:
        flag: how many numbers the label has; 0 for a single one, which is in the header itself.
        label: a number, or a list of them.
        id: the number of the record.
        id2: a second one, usually 0.
    """

    flag: int
    label: Any
    id: int
    id2: int


_IR_FORMAT = "<IfQQ"
_IR_SIZE = struct.calcsize(_IR_FORMAT)


def pack(header: IRHeader | tuple[int, Any, int, int], s: bytes) -> bytes:
    """Return a record of a header and bytes.

    Args:
        header: flag (of no account: it is set here), label, id and second id.
        s: the bytes.

    Raises:
        ArgumentTypeError: no bytes, or a header of something else than numbers.

    Example:
        >>> pack(IRHeader(0, [1, 2], 7, 0), b"xyz").hex(" ", -4)
        '02000000 00000000 07000000 00000000 00000000 00000000 0000803f 00000040 78797a'
    """
    if not isinstance(s, (bytes, bytearray, memoryview)):
        raise ArgumentTypeError("pack()", "needs bytes", expected="bytes", received=type(s).__name__)
    given = IRHeader(*header)
    try:
        if isinstance(given.label, numbers.Number):
            return struct.pack(_IR_FORMAT, 0, given.label, given.id, given.id2) + bytes(s)
        label = np.asarray(given.label, np.float32)
        return struct.pack(_IR_FORMAT, label.size, 0, given.id, given.id2) + label.tobytes() + bytes(s)
    except (struct.error, TypeError, ValueError) as error:
        raise ArgumentTypeError(
            "The header of a record", f"cannot be packed: {error}", expected="numbers", received=repr(given)
        ) from error


def unpack(s: bytes) -> tuple[IRHeader, bytes]:
    """Return the header and the bytes of a record.

    Args:
        s: what ``pack`` has made.

    Returns:
        The header, whose label is an array of float32 if the flag is not 0, and the bytes.

    Raises:
        FileFormatError: the record is too short for its header.
    """
    content = bytes(s)
    if len(content) >= _IR_SIZE:
        header = IRHeader(*struct.unpack_from(_IR_FORMAT, content))
        start = _IR_SIZE + 4 * header.flag
        if len(content) >= start:
            if header.flag:
                label = np.frombuffer(content[_IR_SIZE:start], np.float32).copy()
                header = header._replace(label=label)
            return header, content[start:]
    raise FileFormatError(
        "The record",
        "is too short for its header",
        expected=f"at least {start if len(content) >= _IR_SIZE else _IR_SIZE} bytes",
        received=f"{len(content)} bytes",
        fix="Is it one that pack() has made?",
    )


def pack_img(
    header: IRHeader | tuple[int, Any, int, int], img: Any, quality: int = 95, img_fmt: str = ".jpg"
) -> bytes:
    """Return a record of a header and a compressed image.

    Args:
        header: as of ``pack``.
        img: an array of uint8, (height, width) or (height, width, channels); channels are blue, green and
            red, in OpenCV's order.
        quality: of a JPEG, 1 to 100; of a PNG, how hard to compress, 0 to 9.
        img_fmt: ``".jpg"`` or ``".png"``.

    Raises:
        NotInstalledError: Pillow is not there.
        ArgumentError: an unknown format.
        ArgumentTypeError: the array is no image.
    """
    return pack(header, images.encode(_swapped(np.asarray(img)), img_fmt, quality))


def unpack_img(s: bytes, iscolor: int = -1) -> tuple[IRHeader, np.ndarray[Any, Any]]:
    """Return the header and the image of a record.

    Args:
        s: what ``pack_img`` has made.
        iscolor: 1 for three channels, 0 for one (grey), -1 for those that the image has.

    Returns:
        The header, and an array of uint8; channels are blue, green and red, in OpenCV's order.

    Raises:
        NotInstalledError: Pillow is not there.
        FileFormatError: there is no header, or no image.
    """
    header, content = unpack(s)
    return header, _swapped(images.decode(content, iscolor))


def _swapped(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an image with red and blue exchanged."""
    if image.ndim != 3 or image.shape[2] < 3:  # noqa: PLR2004  grey
        return image
    return np.ascontiguousarray(image[..., [2, 1, 0, *range(3, image.shape[2])]])
