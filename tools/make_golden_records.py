"""Write tests/data/mxnet/records.rec and its index with Apache MXNet: ``python make_golden_records.py DIR``.

It runs in an environment of its own, with ``mxnet==1.9.1`` and ``numpy<1.24``, and needs nothing of gluonish.
The files are kept in the repository; this is how to make them again. ``records.json`` has what they hold.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import mxnet as mx  # type: ignore[import-not-found]

MAGIC = struct.pack("<I", 0xCED7230A)
RECORDS = {
    3: b"hello",
    0: b"",
    7: b"ab\0\0" + MAGIC + b"zz",
    1: MAGIC,
    2: MAGIC * 3 + b"x",
    4: b"a" + MAGIC,
    5: bytes(range(256)) * 3,
}
HEADERS = {"number": (0, 1.5, 7, 8), "list": (0, [1, 2.5, -3], 2**40, 0), "empty": (0, [], 1, 2)}


def main() -> None:
    """Write the files."""
    folder = Path(sys.argv[1])
    recordio = mx.recordio
    writer = recordio.MXIndexedRecordIO(str(folder / "records.idx"), str(folder / "records.rec"), "w")
    for key, record in RECORDS.items():
        writer.write_idx(key, record)
    writer.close()
    reader = recordio.MXIndexedRecordIO(str(folder / "records.idx"), str(folder / "records.rec"), "r")
    packed = {name: recordio.pack(recordio.IRHeader(*each), b"xyz") for name, each in HEADERS.items()}
    known = {
        "records": [[key, reader.read_idx(key).hex()] for key in reader.keys],
        "packed": {name: {"header": HEADERS[name], "bytes": packed[name].hex()} for name in HEADERS},
    }
    (folder / "records.json").write_text(json.dumps(known) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
