"""Check that Apache MXNet reads what gluonish writes: write the files here, and read them there.

``python tools/check_in_mxnet.py write DIR`` runs in gluonish's environment, ``... read DIR`` in one with
``mxnet==1.9.1`` and ``numpy<1.24``. The second prints a line for each file, and exits with 1 if one is read
otherwise than it was meant.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np

DTYPES = ("float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool")
VALUES = [[0, 1, 2], [3, 100, 127]]
MAGIC = struct.pack("<I", 0xCED7230A)
RECORDS = {
    3: b"hello",
    0: b"",
    7: b"ab\0\0" + MAGIC + b"zz",
    1: MAGIC * 3,
    2: b"a" + MAGIC,
    5: bytes(range(256)) * 300,
}
HEADERS: tuple[tuple[int, Any, int, int], ...] = ((0, 1.5, 7, 8), (0, [1.0, 2.5], 2**40, 0))


OPTIMIZERS: dict[str, dict[str, Any]] = {
    **{
        name: {}
        for name in ("sgd", "adadelta", "adagrad", "adamax", "ftml", "ftrl", "lamb", "dcasgd", "rmsprop")
    },
    **{name: {"momentum": 0.5, "learning_rate": 0.1} for name in ("nag", "signum", "lars", "lbsgd")},
    "adam": {"wd": 0.01},
    "nadam": {},
}
START, GRADIENT = [[1.0, -2.0, 0.5], [3.0, 0.25, -1.5]], [[2.0, -3.0, 0.25], [0.25, 1.0, -0.5]]


# -- here ---------------------------------------------------------------------------------------------------


def write(folder: Path) -> None:
    """Write files of every kind with gluonish."""
    import gluonish as mx  # noqa: PLC0415  the other environment does not have it

    nd = mx.nd
    folder.mkdir(parents=True, exist_ok=True)
    nd.save(folder / "dense.params", {dtype: nd.array(VALUES, dtype=dtype) for dtype in DTYPES})
    nd.save(folder / "list.params", [nd.ones((1,)), nd.zeros((2, 1, 3))])
    nd.save(folder / "bfloat16.params", {"b": nd.array([1, -2, 0.5, 96]).astype("bfloat16")})
    nd.save(folder / "names.params", {"arg:größe": nd.ones((1,)), "": nd.ones((2,))})
    _write_sparse(folder / "sparse.params")
    with mx.np_shape(True):
        nd.save(
            folder / "numpy.params",
            {"scalar": nd.array(2.5), "empty": nd.zeros((2, 0)), "m": nd.ones((2, 2))},
        )
    with mx.recordio.MXIndexedRecordIO(folder / "a.idx", folder / "a.rec", "w") as writer:
        for key, record in RECORDS.items():
            writer.write_idx(key, record)
    known = {name: _trained(mx, name, 3, folder / f"{name}.states") for name in OPTIMIZERS}
    for name in OPTIMIZERS:
        known[f"{name}.kvstore"] = _pushed(mx, name, START, 2, save=folder / f"{name}.kvstore")
    (folder / "states.json").write_text(json.dumps(known), encoding="utf-8")
    packed = [mx.recordio.pack(mx.recordio.IRHeader(*header), b"xyz").hex() for header in HEADERS]
    (folder / "headers.json").write_text(json.dumps(packed), encoding="utf-8")


def _write_sparse(path: Path) -> None:
    """Write sparse arrays of every dtype, and empty ones, as a file of named records."""
    from gluonish.serialization.records import SparseValue, write_record  # noqa: PLC0415  likewise

    rows, columns, starts = (np.array(each, np.int64) for each in ([1, 2], [0, 1, 1], [0, 0, 2, 3]))
    none, no_starts = np.zeros(0, np.int64), np.zeros(4, np.int64)
    values = {
        "empty:row_sparse": SparseValue("row_sparse", (3, 2), np.zeros((0, 2), np.float32), none),
        "empty:csr": SparseValue("csr", (3, 2), np.zeros(0, np.float32), none, no_starts),
    }
    for dtype in DTYPES:
        stored, elements = np.array([[1, 2], [0, 3]], dtype), np.array([1, 2, 3], dtype)
        values[f"row_sparse:{dtype}"] = SparseValue("row_sparse", (3, 2), stored, rows)
        values[f"csr:{dtype}"] = SparseValue("csr", (3, 2), elements, columns, starts)
    with path.open("wb") as file:
        file.write(struct.pack("<QQQ", 0x112, 0, len(values)))
        for value in values.values():
            write_record(file, value)
        file.write(struct.pack("<Q", len(values)))
        for name in values:
            file.write(struct.pack("<Q", len(name)) + name.encode())


def _trained(mx: Any, name: str, steps: int, path: Path) -> list[Any]:
    """Return a weight before the last of some steps, and after it; in between the states are saved."""
    weight = mx.gluon.Parameter("w", shape=(2, 3))
    weight.initialize(mx.init.Zero())
    weight.set_data(mx.nd.array(START))
    trainer = mx.gluon.Trainer({"w": weight}, name, OPTIMIZERS[name])
    before = None
    for number in range(steps):
        if number == steps - 1:
            trainer.save_states(path, format="mxnet")
            before = weight.data().asnumpy().tolist()
        _step(mx, weight, trainer)
    return [before, weight.data().asnumpy().tolist()]


def _step(mx: Any, weight: Any, trainer: Any) -> None:
    with mx.autograd.record():
        loss = (weight.data() * mx.nd.array(GRADIENT)).sum()
    loss.backward()
    trainer.step(1)


def _pushed(
    mx: Any, name: str, start: Any, steps: int, *, save: Path | None = None, load: Path | None = None
) -> list[Any]:
    """Return a weight that a store updates before the last of some steps, and after it.

    States are saved before the last step, or loaded before the first.
    """
    store = mx.kv.create("local")
    store.init("w", mx.nd.array(start))
    options = {"learning_rate": 0.1, **OPTIMIZERS[name], "param_idx2name": {"w": "w"}}
    store.set_optimizer(mx.optimizer.create(name, **options))
    if load is not None:
        store.load_optimizer_states(str(load))
    for number in range(steps):
        if number == steps - 1:
            if save is not None:
                store.save_optimizer_states(str(save), dump_optimizer=True)
            before = mx.nd.zeros((2, 3))
            store.pull("w", before)
        store.push("w", mx.nd.array(GRADIENT))
    after = mx.nd.zeros((2, 3))
    store.pull("w", after)
    return [before.asnumpy().tolist(), after.asnumpy().tolist()]


# -- there --------------------------------------------------------------------------------------------------


def read(folder: Path) -> bool:
    """Read the files with MXNet, and tell whether all are as they were meant."""
    import mxnet as mx  # type: ignore[import-not-found]  # noqa: PLC0415  likewise

    found = {path.stem: mx.nd.load(str(path)) for path in folder.glob("*.params") if path.stem != "numpy"}
    mx.npx.set_np()
    found["numpy"] = mx.npx.load(str(folder / "numpy.params"))
    mx.npx.reset_np()
    checks = {
        "dense": all(_same(found["dense"][dtype], VALUES, dtype) for dtype in DTYPES),
        "list": [array.shape for array in found["list"]] == [(1,), (2, 1, 3)],
        "bfloat16": _same(found["bfloat16"]["b"].astype("float32"), [1, -2, 0.5, 96], "float32"),
        "names": {key: array.shape for key, array in found["names"].items()} == {"arg:größe": (1,), "": (2,)},
        "sparse": all(_is_sparse(key, array) for key, array in found["sparse"].items()),
        "numpy": [found["numpy"][key].shape for key in ("scalar", "empty", "m")] == [(), (2, 0), (2, 2)],
        "records": _records(mx, folder),
        "headers": _headers(mx, folder),
        **{f"{name}.states": _goes_on(mx, name, folder) for name in OPTIMIZERS},
        **{f"{name}.kvstore": _goes_on_in_a_store(mx, name, folder) for name in OPTIMIZERS},
    }
    for name, good in checks.items():
        print(f"{name:16} {'as it was meant' if good else 'OTHERWISE'}")
    return all(checks.values())


def _same(array: Any, values: Any, dtype: str) -> bool:
    host = array.asnumpy()
    return host.dtype.name == dtype and np.array_equal(host, np.array(values).astype(dtype))


def _is_sparse(key: str, array: Any) -> bool:
    kind, name = key.split(":")
    if kind == "empty":
        return array.stype == name and array.shape == (3, 2) and array.data.shape[0] == 0
    array.check_format()
    data = [[1, 2], [0, 3]] if kind == "row_sparse" else [1, 2, 3]
    indices = [1, 2] if kind == "row_sparse" else [0, 1, 1]
    return array.stype == kind and _same(array.data, data, name) and _same(array.indices, indices, "int64")


def _records(mx: Any, folder: Path) -> bool:
    reader = mx.recordio.MXIndexedRecordIO(str(folder / "a.idx"), str(folder / "a.rec"), "r")
    return reader.keys == list(RECORDS) and all(reader.read_idx(key) == RECORDS[key] for key in RECORDS)


def _goes_on(mx: Any, name: str, folder: Path) -> bool:
    """Tell whether MXNet's next step is the one that was made here."""
    before, after = json.loads((folder / "states.json").read_text(encoding="utf-8"))[name]
    weight = mx.gluon.Parameter("w", shape=(2, 3))
    weight.initialize(mx.init.Zero())
    weight.set_data(mx.nd.array(before))
    trainer = mx.gluon.Trainer({"w": weight}, name, OPTIMIZERS[name])
    _step(mx, weight, trainer)
    weight.set_data(mx.nd.array(before))
    trainer.load_states(str(folder / f"{name}.states"))
    _step(mx, weight, trainer)
    return bool(np.allclose(weight.data().asnumpy(), after, rtol=1e-5, atol=1e-6))


def _goes_on_in_a_store(mx: Any, name: str, folder: Path) -> bool:
    """Tell whether the step that MXNet makes with the states of a store is the one that was made here."""
    before, after = json.loads((folder / "states.json").read_text(encoding="utf-8"))[f"{name}.kvstore"]
    _, found = _pushed(mx, name, before, 1, load=folder / f"{name}.kvstore")
    return bool(np.allclose(found, after, rtol=1e-5, atol=1e-6))


def _headers(mx: Any, folder: Path) -> bool:
    packed = json.loads((folder / "headers.json").read_text(encoding="utf-8"))
    found = [mx.recordio.unpack(bytes.fromhex(each)) for each in packed]
    return all(
        (h.id, h.id2, content) == (given[2], given[3], b"xyz") and np.array_equal(h.label, given[1])
        for (h, content), given in zip(found, HEADERS, strict=True)
    )


def main() -> int:
    """Write or read, as the first argument says."""
    action, folder = sys.argv[1], Path(sys.argv[2])
    if action == "write":
        write(folder)
        return 0
    return 0 if read(folder) else 1


if __name__ == "__main__":
    sys.exit(main())
