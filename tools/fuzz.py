"""Feed damaged files to every reader until one does what it must not: ``python tools/fuzz.py --seconds 600``.

Files that are known to be good are cut, flipped, spliced and rewritten. A reader may read what comes of it,
or raise one of gluonish's errors. Any other exception, and memory beyond a multiple of the file's size, is a
finding: it is printed with the seed that repeats it, and its input is kept with ``--keep DIR``. The exit code
is 1 if there is one.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import itertools
import json
import random
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

import gluonish as mx
from gluonish.cli.inspecting import inspect
from gluonish.errors import GluonishError
from gluonish.optimizer.pickled import read_states
from gluonish.serialization import params, recordio
from gluonish.serialization.manifest import Manifest
from gluonish.serialization.records import SparseValue
from gluonish.serialization.streams import read_content

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "data" / "mxnet"

MEMORY_BASE, MEMORY_PER_BYTE = 4_000_000, 400
"""What reading may take: a part for the interpreter's own needs, and a part for each byte of the file."""

MOST_BYTES = 30_000
"""Longer files are not damaged: the same time shows more on short ones."""


# -- readers ------------------------------------------------------------------------------------------------


def _arrays(content: bytes, kind: str) -> None:
    found = mx.nd.load(content, format=kind)
    for array in found.values() if isinstance(found, dict) else found:
        array.asnumpy()


def _params(content: bytes) -> None:
    """Read arrays as files hold them: a sparse one may stand for any size."""
    for value in params.read_params(read_content(content, "fuzz")).values:
        np.array(value.data if isinstance(value, SparseValue) else value)


def _records(content: bytes) -> None:
    stream = io.BytesIO(content)
    while (record := recordio.read_record(stream)) is not None:
        with contextlib.suppress(GluonishError):  # not every record has a header
            mx.recordio.unpack(record)


def _symbol(content: bytes) -> None:
    symbol = mx.sym.Group([mx.sym.var("x")]) if not content else mx.sym.load(io.BytesIO(content))
    symbol.tojson()


def _trained(optimizer: str, **options: Any) -> mx.gluon.Trainer:
    """Return a trainer that has made a step."""
    parameters = [mx.gluon.Parameter(name, shape=shape) for name, shape in (("a", (2, 3)), ("b", (3,)))]
    for parameter in parameters:
        parameter.initialize()
    trainer = mx.gluon.Trainer(parameters, optimizer, options)
    with mx.autograd.record():
        losses = [parameter.data().sum() for parameter in parameters]
    mx.autograd.backward(losses)
    trainer.step(1)
    return trainer


TRAINERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("sgd", {"momentum": 0.9}),
    ("adam", {}),
    ("lbsgd", {"momentum": 0.9}),
)


def _trainer(content: bytes) -> None:
    """Have every trainer load the states, of which at most one has the right optimizer."""
    for name, options in TRAINERS:
        for strict in (True, False):
            with contextlib.suppress(GluonishError):
                _trained(name, **options).load_states(content, strict=strict, allow_pickle=True)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _index(content: bytes) -> None:
    """Read an index; its files are there, and sound."""
    with _folder() as folder:
        _save_shards(folder / "x.safetensors")
        (folder / "x.safetensors.index.json").write_bytes(content)
        mx.nd.load(folder / "x.safetensors")
        inspect(folder / "x.safetensors.index.json")


def _save_shards(path: Path) -> None:
    sparse = mx.nd.sparse.row_sparse_array(([[1.0, 2.0]], [1]), shape=(3, 2))
    arrays = {"w": mx.nd.ones((2, 3)), "b": mx.nd.zeros((2,)), "s": sparse}
    mx.nd.save(path, {**arrays, "tied": arrays["w"]}, max_shard_size=16)


def _save_set(folder: Path) -> Path:
    """Save a set of a checkpoint that is the same each time."""
    saved = folder / "00000001"
    saved.mkdir()
    (saved / "info.json").write_text('{"a": 1}', encoding="utf-8")
    Manifest.write(saved, 1, ["info.json"])
    return saved


def _manifest(content: bytes) -> None:
    """Read the manifest of a checkpoint, whose files are there, and sound."""
    with _folder() as folder:
        saved = _save_set(folder)
        (saved / "manifest.json").write_bytes(content)
        checkpoint = mx.gluon.Checkpoint(folder)
        checkpoint.numbers()
        if checkpoint.latest() is not None:
            checkpoint.load(random=False)
        inspect(saved)


@attrs.frozen
class Reader:
    """What reads a kind of file.

    Attributes:
        name: how the command line calls it.
        read: reads bytes.
        corpus: good files.
        texts: whether they are texts, or begin with one, that is JSON.
    """

    name: str
    read: Callable[[bytes], Any]
    corpus: Sequence[bytes]
    texts: bool = False


def _files(pattern: str) -> list[bytes]:
    found = [path.read_bytes() for path in sorted(GOLDEN.glob(pattern))]
    return [content for content in found if len(content) <= MOST_BYTES]


def _saved(kind: str) -> list[bytes]:
    arrays = {
        "w": mx.nd.ones((2, 3)),
        "b": mx.nd.zeros((2,), dtype="bfloat16"),
        "i": mx.nd.ones(1, dtype="int8"),
    }
    if kind == "safetensors":
        arrays["s"] = mx.nd.array([[0, 1], [2, 0]]).tostype("csr")
    contents = []
    for data in (arrays, list(arrays.values())[:1], {}):
        kept = data if kind != "npz" else {k: v for k, v in arrays.items() if k != "b"}
        stream = io.BytesIO()
        mx.nd.save(stream, kept, format=kind)
        contents.append(stream.getvalue())
    return contents


def _saved_states() -> list[bytes]:
    """Return the states of all trainers: with what MXNet has, with more than that, and as its pickles."""
    contents = []
    with _folder() as folder:
        for name, options in TRAINERS:
            trainer = _trained(name, **options)
            for file, kind in (("x.states", None), ("x.safetensors", None), ("x.pickle", "mxnet")):
                trainer.save_states(folder / file, **({} if kind is None else {"format": kind}))
                contents.append((folder / file).read_bytes())
    return contents


def _saved_index() -> bytes:
    with _folder() as folder:
        _save_shards(folder / "x.safetensors")
        return (folder / "x.safetensors.index.json").read_bytes()


def _saved_manifest() -> bytes:
    with _folder() as folder:
        return (_save_set(folder) / "manifest.json").read_bytes()


def _loop() -> bytes:
    """Return a symbol that has a graph within its graph."""
    states = mx.sym.var("state")
    out, _ = mx.sym.contrib.foreach(lambda x, s: (x + s, s * 2), mx.sym.var("data"), states)
    text: str = out.tojson()
    return text.encode()


def readers() -> list[Reader]:
    """Return all readers."""
    pickles = _files("states/*.states")
    return [
        Reader("params", _params, _files("*.params")),
        Reader("recordio", _records, _files("*.rec")),
        Reader("symbol", _symbol, [*_files("*-symbol.json"), _loop()], texts=True),
        Reader("states", read_states, pickles),
        Reader("trainer", _trainer, [*pickles, *_saved_states()], texts=True),
        Reader(
            "safetensors", lambda content: _arrays(content, "safetensors"), _saved("safetensors"), texts=True
        ),
        Reader("index", _index, [_saved_index()], texts=True),
        Reader("manifest", _manifest, [_saved_manifest()], texts=True),
        Reader("npz", lambda content: _arrays(content, "npz"), _saved("npz")),
    ]


# -- damages ------------------------------------------------------------------------------------------------

NUMBERS = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    2**15,
    2**16,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**40,
    2**62,
    2**63 - 1,
    2**64 - 1,
)
VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 65537, 2**31, 2**63, 10**30, 1.5, 1e308, "", "x", "null", "F32", "BF16"),
    *(
        "(1,",
        "(1, 2)",
        "(99999999999,)",
        "(" * 3000,
        "9" * 5000,
        "1e400",
        "nan",
        "-1",
        "65537",
        "[[0, 0, 0]]",
    ),
    *("\ud800", "x" * 300, "..", "w", "s.data"),
    *([], [0], [0, 0], [0, 0, 0], [[0, 0, 0]], {}, {"a": 1}, {"nodes": []}),
)
"""What is put in the places of JSON."""


def damaged(content: bytes, others: Sequence[bytes], rng: random.Random, *, texts: bool) -> bytes:
    """Return a file with one or a few damages."""
    if texts and rng.random() < 0.6:  # noqa: PLR2004
        content = _rewritten(content, rng)
        if rng.random() < 0.7:  # noqa: PLR2004
            return content
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        rng.choice(DAMAGES)(changed, others, rng)
    return bytes(changed)


def _place(content: bytearray, rng: random.Random) -> int:
    return rng.randrange(len(content) + 1)


def _flip(content: bytearray, others: Sequence[bytes], rng: random.Random) -> None:  # noqa: ARG001
    if content:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def _cut(content: bytearray, others: Sequence[bytes], rng: random.Random) -> None:  # noqa: ARG001
    del content[_place(content, rng) :]


def _remove(content: bytearray, others: Sequence[bytes], rng: random.Random) -> None:  # noqa: ARG001
    start = _place(content, rng)
    del content[start : start + rng.randrange(1, 17)]


def _insert(content: bytearray, others: Sequence[bytes], rng: random.Random) -> None:  # noqa: ARG001
    start = _place(content, rng)
    content[start:start] = rng.randbytes(rng.randrange(1, 9))


def _number(content: bytearray, others: Sequence[bytes], rng: random.Random) -> None:  # noqa: ARG001
    """Overwrite a place with a number at which programs break."""
    start, size = _place(content, rng), rng.choice((1, 2, 4, 8))
    if rng.random() < 0.7:  # noqa: PLR2004  fields begin at multiples of 4
        start -= start % 4
    number = rng.choice(NUMBERS) & (1 << 8 * size) - 1
    content[start : start + size] = number.to_bytes(size, "little")


def _repeat(content: bytearray, others: Sequence[bytes], rng: random.Random) -> None:  # noqa: ARG001
    start = _place(content, rng)
    part = content[start : start + rng.randrange(1, 65)]
    content[start:start] = part * rng.randrange(1, 5)


def _splice(content: bytearray, others: Sequence[bytes], rng: random.Random) -> None:
    other = rng.choice(others)
    content[_place(content, rng) :] = other[rng.randrange(len(other) + 1) :]


DAMAGES = (_flip, _flip, _cut, _remove, _insert, _number, _number, _repeat, _splice)


def _rewritten(content: bytes, rng: random.Random) -> bytes:
    """Return a file with other values in its JSON: the whole file's, or that behind a length."""
    start = 0 if content[:1] == b"{" else 8
    length = len(content) if start == 0 else int.from_bytes(content[:8], "little")
    try:
        graph = json.loads(content[start : start + length])
    except ValueError:
        return content
    for _ in range(rng.choice((1, 1, 2, 3))):
        *way, last = rng.choice(list(_paths(graph)) or [(None,)])
        if last is None:
            break
        target = graph
        for key in way:
            target = target[key]
        if rng.random() < 0.2:  # noqa: PLR2004
            del target[last]
        else:
            target[last] = copy.deepcopy(rng.choice(VALUES))  # a change of it must not last
    text = json.dumps(graph).encode()
    head = b"" if start == 0 else len(text).to_bytes(8, "little")
    return head + text + content[start + length :]


def _paths(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the places within a JSON value, as keys from outside to inside."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*way, key)
        yield from _paths(inner, (*way, key))


# -- running ------------------------------------------------------------------------------------------------


def trial(reader: Reader, seed: int) -> tuple[bytes, str | None]:
    """Damage a file, and have it read.

    Returns:
        The damaged file, and what the reader did that it must not, if anything.
    """
    rng = random.Random(f"{reader.name} {seed}")
    content = damaged(rng.choice(reader.corpus), reader.corpus, rng, texts=reader.texts)
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # reports of what is off
            reader.read(content)
    except GluonishError:
        pass
    except Exception as error:  # noqa: BLE001  any other one is a finding
        return content, f"{type(error).__name__}: {error}"
    peak = tracemalloc.get_traced_memory()[1] - before
    if peak > MEMORY_BASE + MEMORY_PER_BYTE * len(content):
        return content, f"took {peak} bytes for a file of {len(content)}"
    return content, None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until the time is over, and return 1 if there are findings."""
    parser = argparse.ArgumentParser(description="Feed damaged files to every reader.")
    parser.add_argument("--seconds", type=float, default=60, help="how long")
    parser.add_argument("--runs", type=int, help="how many files for each reader, instead of a time")
    parser.add_argument("--seed", type=int, default=0, help="the seed to begin with")
    parser.add_argument("--reader", action="append", help="only this one; may be repeated")
    parser.add_argument("--keep", type=Path, help="a folder for the inputs of findings")
    options = parser.parse_args(arguments)
    chosen = [reader for reader in readers() if not options.reader or reader.name in options.reader]
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    end = time.monotonic() + options.seconds
    findings: dict[tuple[str, str], int] = {}
    runs = 0
    tracemalloc.start()
    try:
        for seed in itertools.count(options.seed):
            over = time.monotonic() > end if options.runs is None else seed >= options.seed + options.runs
            if over:
                break
            for reader in chosen:
                runs += 1
                content, problem = trial(reader, seed)
                if problem is not None:
                    _report(findings, reader, seed, problem, content, options.keep)
    finally:
        tracemalloc.stop()
    print(f"{runs} files, {sum(findings.values())} findings of {len(findings)} kinds")
    return 1 if findings else 0


def _report(
    findings: dict[tuple[str, str], int],
    reader: Reader,
    seed: int,
    problem: str,
    content: bytes,
    folder: Path | None,
) -> None:
    """Print a finding if there was none like it, and keep its input."""
    kind = reader.name, problem[:40]
    findings[kind] = findings.get(kind, 0) + 1
    if findings[kind] > 1:
        return
    print(f"{reader.name}, --seed {seed} --runs 1: {problem[:300]}", flush=True)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{reader.name}-{seed}").write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
