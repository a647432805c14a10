"""Write the files under tests/data/mxnet with Apache MXNet itself: ``python make_golden_params.py DIR``.

It runs in an environment of its own, with ``mxnet==1.9.1`` and ``numpy<1.24``, and needs nothing of gluonish.
The files are kept in the repository; this is how to make them again. ``values.json`` has what they hold, as
MXNet prints it. ``--read FILE ...`` shows how MXNet reads files that gluonish has written.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import mxnet as mx  # type: ignore[import-not-found]
import numpy as np

VALUES = [[0, 1, 2], [3, 100, 127]]
DTYPES = ("float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool")

BFLOAT16 = np.dtype([("bfloat16", np.uint16)])
"""What MXNet calls bfloat16 in Python."""


def collections() -> dict[str, Any]:
    """Return what to save, by file name: dictionaries and lists of arrays."""
    nd = mx.nd
    real = nd.array([1.5, -0.1, 3.0e38, -0.0])
    return {
        "dtypes.params": {dtype: nd.array(VALUES, dtype=dtype) for dtype in DTYPES},
        "list.params": [nd.ones((1,), dtype="float16"), real],
        "names.params": {"arg:fc_weight": real, "aux:bn_mean": nd.zeros((2, 1)), "größe": nd.ones((1, 1, 2))},
        "empty_list.params": [],
        "sparse.params": {
            "row_sparse": nd.sparse.row_sparse_array(([[1.0, 2.0], [3.0, 4.0]], [1, 3]), shape=(5, 2)),
            "csr": nd.sparse.csr_matrix(([1.0, 2.0, 3.0], [0, 2, 1], [0, 2, 3]), shape=(2, 3)),
            "no_rows": nd.sparse.zeros("row_sparse", (3, 2)),
            "no_elements": nd.sparse.zeros("csr", (3, 2)),
            "unsorted": nd.sparse.row_sparse_array(([[1.0], [2.0]], [2, 0]), shape=(3, 1)),
            "dense": nd.ones((2,)),
        },
        "sparse_dtypes.params": {
            f"{stype}:{dtype}": nd.cast_storage(nd.array([[0, 0], [1, 2], [0, 3]]), stype).astype(dtype)
            for stype in ("row_sparse", "csr")
            for dtype in DTYPES
        },
        "bfloat16.params": {"b": nd.array([1, -2, 0.5, 3.0e38]).astype(BFLOAT16)},
    }


def save_numpy_semantics(path: Path) -> dict[str, Any]:
    """Save arrays that only MXNet's NumPy mode has: a scalar and an array without elements."""
    mx.npx.set_np()
    arrays = {"scalar": mx.np.array(2.5), "empty": mx.np.zeros((2, 0)), "matrix": mx.np.ones((2, 2))}
    mx.npx.save(str(path), arrays)
    mx.npx.reset_np()
    return arrays


def described(array: Any) -> dict[str, Any]:
    """Return shape, dtype and values, for JSON; of a sparse array what it stores."""
    if array.dtype == BFLOAT16:
        return {**described(array.astype("float32")), "dtype": "bfloat16"}
    if array.stype != "default":
        names = ("data", "indices", "indptr") if array.stype == "csr" else ("data", "indices")
        stored = {name: getattr(array, name).asnumpy().tolist() for name in names}
        return {
            "stype": array.stype,
            "shape": list(array.shape),
            "dtype": np.dtype(array.dtype).name,
            **stored,
        }
    host = array.asnumpy()
    return {"shape": list(host.shape), "dtype": host.dtype.name, "values": host.tolist()}


def write(folder: Path) -> None:
    """Write all files to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    known: dict[str, Any] = {}
    saved = collections()
    for name, arrays in saved.items():
        mx.nd.save(str(folder / name), arrays)
    saved["numpy.params"] = save_numpy_semantics(folder / "numpy.params")
    for name, arrays in saved.items():
        if isinstance(arrays, dict):
            known[name] = {key: described(array) for key, array in arrays.items()}
        else:
            known[name] = [described(array) for array in arrays]
    text = json.dumps(known, ensure_ascii=False)
    (folder / "values.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Write the files, or show what MXNet reads."""
    parser = argparse.ArgumentParser(description="Make golden .params files with Apache MXNet.")
    parser.add_argument("folder", type=Path, nargs="?", help="where the files go")
    parser.add_argument("--read", type=Path, nargs="+", default=[], help="files to read and print instead")
    arguments = parser.parse_args()
    for path in arguments.read:
        print(path.name, mx.nd.load(str(path)))
    if arguments.folder is not None:
        write(arguments.folder)


if __name__ == "__main__":
    main()
