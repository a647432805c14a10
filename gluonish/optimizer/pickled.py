"""Reading pickled optimizer states, our own and MXNet's, without running what a pickle may contain.

This reader knows arrays, numbers, containers, and classes of optimizers and schedulers that exist already;
anything else is an error. ``serialization/pickles.py`` takes the pickle apart, and what its objects mean is
said here: nothing is made before the whole has been read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import gluonish.lr_scheduler
from gluonish.context import Context
from gluonish.dtype import as_dtype, bfloat16
from gluonish.engine.ndarray import NDArray
from gluonish.engine.ndarray import _rebuild as rebuild_array
from gluonish.engine.sparse import sparse_array
from gluonish.errors import FileFormatError, GluonishError
from gluonish.lr_scheduler import LRScheduler
from gluonish.optimizer.base import Optimizer
from gluonish.optimizer.registry import OPTIMIZERS
from gluonish.serialization.params import to_array
from gluonish.serialization.pickles import Inert, is_inert_class, read_pickle
from gluonish.serialization.records import INDEX_ARRAYS, SparseValue, contradiction, read_record

__all__ = ["read_states"]

SUBJECT = "The pickled states"
EXPECTED = "what get_states() wrote"
MAX_DEPTH = 100
PLAIN = (type(None), bool, int, float, complex, str, bytes)


def read_states(content: bytes) -> tuple[dict[Any, Any], Optimizer | None]:
    """Return states by index, and the optimizer if it was pickled with them.

    Args:
        content: what ``Updater.get_states`` returned, here or in MXNet 1.x.

    Raises:
        FileFormatError: it is something else, or names what is not read from a pickle.
    """
    found = read_pickle(content, SUBJECT, _is_known, EXPECTED)
    try:
        found = _Builder(len(content)).built(found)
    except GluonishError:
        raise
    except Exception as error:  # what a damaged pickle says can be wrong in any way
        raise _wrong(f"cannot be read: {error}") from error
    optimizer = None
    if isinstance(found, tuple) and len(found) == 2:  # noqa: PLR2004  states and optimizer
        found, optimizer = found
    if not isinstance(found, dict) or not isinstance(optimizer, (Optimizer, type(None))):
        raise FileFormatError(
            SUBJECT,
            "are something else",
            expected="a dictionary of states, or that and an optimizer",
            received=type(found).__name__,
        )
    return found, optimizer


def _wrong(problem: str) -> FileFormatError:
    return FileFormatError(SUBJECT, problem, expected=EXPECTED)


class _Builder:
    """Makes what a pickle means, each object once.

    Args:
        limit: how many objects the whole may be written out as. A few that hold each other many times over
            would take whoever goes through them forever.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._made: dict[int, tuple[Any, int]] = {}
        self._depth = 0

    def built(self, found: Any) -> Any:
        """Return what something in a pickle means."""
        return self._built(found)[0]

    def _built(self, found: Any) -> tuple[Any, int]:
        """Return it with the number of objects that it is written out as."""
        if isinstance(found, PLAIN):
            return found, 1
        if isinstance(found, bytearray):
            return bytes(found), 1
        if id(found) not in self._made:
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise _wrong(f"cannot be read: they hold each other more than {MAX_DEPTH} deep")
            self._made[id(found)] = self._make(found)
            self._depth -= 1
        made, size = self._made[id(found)]
        if size > self._limit:
            raise _wrong("cannot be read: a few objects hold each other too often")
        return made, size

    def _make(self, found: Any) -> tuple[Any, int]:
        if isinstance(found, dict):
            keys, values = [self._built(key) for key in found], [self._built(each) for each in found.values()]
            made = {key: value for (key, _), (value, _) in zip(keys, values, strict=True)}
            return made, 1 + sum(size for _, size in (*keys, *values))
        if isinstance(found, (list, tuple)):
            parts = [self._built(each) for each in found]
            return type(found)(each for each, _ in parts), 1 + sum(size for _, size in parts)
        if is_inert_class(found):
            return _as_type(found), 1
        if isinstance(found, Inert):
            args, (state, size) = [self._built(each) for each in found.args], self._built(found.state)
            made = _meaning(found, [each for each, _ in args], state)
            return made, 1 + size + sum(each for _, each in args)
        raise _wrong(f"hold a {type(found).__name__}")


# -- what names mean ----------------------------------------------------------------------------------------


def _is_known(module: str, name: str) -> bool:
    place = (module, name)
    return place in MEANINGS or _of_numpy(*place) is not None or _kind(*place) is not None


def _meaning(found: Inert, args: list[Any], state: Any) -> Any:
    """Return what an object of a pickle means."""
    place = found.module, found.name
    make = MEANINGS.get(place) or _of_numpy(*place)
    if make is not None:
        return make(args, state)
    kind = _kind(*place)
    assert kind is not None  # the reader has refused other names
    return _instance(kind, args, state)


def _as_type(found: type[Inert]) -> Any:
    """Return the class that a pickle names without making an object of it."""
    if found.module in ("numpy", "ml_dtypes"):
        scalar = getattr(sys.modules.get(found.module), found.name, None)
        if isinstance(scalar, type) and issubclass(scalar, np.generic):
            return scalar
    return _kind(found.module, found.name) or found


def _kind(module: str, name: str) -> type[Any] | None:
    """Return a class of optimizers or schedulers: MXNet's by our name for it, or one that is imported."""
    if module.startswith("mxnet.optimizer."):
        kind = Optimizer if name == "Optimizer" else OPTIMIZERS.classes.get(name.lower())
    elif module == "mxnet.lr_scheduler":
        kind = getattr(gluonish.lr_scheduler, name, None)
    else:
        kind = getattr(sys.modules.get(module), name, None)
    return kind if isinstance(kind, type) and issubclass(kind, (Optimizer, LRScheduler)) else None


def _instance(kind: type[Any], args: list[Any], state: Any) -> Any:
    """Return an optimizer or a scheduler with the attributes that were pickled."""
    if args or not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise _wrong(f"have no attributes for {kind.__name__}")
    made: Any = object.__new__(kind)
    if issubclass(kind, Optimizer) and kind.__module__.startswith("gluonish."):
        vars(made).update(vars(kind()))  # older versions of MXNet had fewer attributes
    if "_all_index_update_counts" not in state and "_index_update_count" in state:
        state = {**state, "_all_index_update_counts": {0: state["_index_update_count"]}}
    made.__setstate__(state)
    if isinstance(made, Optimizer):
        _check_optimizer(made)
    return made


def _check_optimizer(optimizer: Optimizer) -> None:
    """Check those attributes that are relied on wherever an optimizer is taken over."""
    kept = vars(optimizer)
    numbers = [kept.get(name) for name in ("num_update", "begin_num_update")]
    counts = kept.get("_all_index_update_counts")
    by_device = list(counts.values()) if isinstance(counts, dict) else [None]
    whole = all(isinstance(each, dict) and all(map(_is_count, each.values())) for each in by_device)
    scheduler = kept.get("lr_scheduler")
    rates = [kept.get("wd"), *([] if scheduler is not None else [kept.get("lr")])]
    rated = all(isinstance(rate, (int, float, np.number)) for rate in rates)
    scheduled = isinstance(scheduler, (LRScheduler, type(None)))
    if not (all(map(_is_count, numbers)) and whole and rated and scheduled):
        raise _wrong(f"have damaged attributes of {type(optimizer).__name__}")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value >= 0


# -- arrays -------------------------------------------------------------------------------------------------

Meaning = Callable[[list[Any], Any], Any]

SIMPLE_DTYPE = re.compile(r"[<>|=]?[biuf][1248]|bool")


def _of_numpy(module: str, name: str) -> Meaning | None:
    """Return what NumPy pickles with arrays and numbers; where that is changed in NumPy 2."""
    if module.startswith(("numpy.core.", "numpy._core.")):
        return NUMPY_HELPERS.get(name)
    if module in ("numpy", "ml_dtypes"):
        kind = getattr(sys.modules.get(module), name, None)
        return _unmade if isinstance(kind, type) and issubclass(kind, np.generic) else None
    return None


def _unmade(args: list[Any], state: Any) -> Any:  # noqa: ARG001  it is a Meaning
    raise _wrong("make an object of a class that is only to be named")


def _bytes(args: list[Any], state: Any) -> bytes:  # noqa: ARG001  likewise
    """Return what ``bytearray`` or ``codecs.encode`` would of texts that stand for bytes."""
    content, *encoding = args or [b""]
    if isinstance(content, str) and encoding in (["latin1"], ["latin-1"]):
        return content.encode("latin-1")
    if not isinstance(content, bytes) or encoding:
        raise _wrong("have bytes in an unknown form")
    return content


def _dtype(args: list[Any], state: Any) -> np.dtype[Any]:
    given = args[0]
    if given is bfloat16.type:
        return bfloat16
    if not isinstance(given, str) or not SIMPLE_DTYPE.fullmatch(given):
        raise _wrong(f"have a dtype that is unknown: {given!r}")
    dtype = np.dtype(given)
    return dtype.newbyteorder(">") if isinstance(state, tuple) and state[1] == ">" else dtype


def _array(args: list[Any], state: Any) -> np.ndarray[Any, Any]:  # noqa: ARG001  likewise
    """Return what ``numpy.ndarray.__setstate__`` would make."""
    _version, shape, dtype, fortran, content = state
    return _filled(content, dtype, shape, "F" if fortran else "C")


def _from_buffer(args: list[Any], state: Any) -> np.ndarray[Any, Any]:  # noqa: ARG001  likewise
    content, dtype, shape, order = args
    return _filled(content, dtype, shape, order)


def _filled(content: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray[Any, Any]:
    if not isinstance(content, bytes) or not isinstance(dtype, np.dtype):
        raise _wrong("have an array that is none")
    native = as_dtype(dtype.newbyteorder("="))
    return np.frombuffer(content, dtype).astype(native).reshape(shape, order=order)


def _scalar(args: list[Any], state: Any) -> Any:  # noqa: ARG001  likewise
    dtype, content = args
    return _filled(content, dtype, (1,), "C")[0]


def _of_mxnet(args: list[Any], state: Any) -> NDArray:  # noqa: ARG001  likewise
    """Return an array as MXNet pickles it: made empty, then given a record of a ``.params`` file."""
    return to_array(read_record(state["handle"], "A pickled array"))


def _rebuilt(args: list[Any], state: Any) -> NDArray:  # noqa: ARG001  likewise
    host, ctx, *has_scalars = args
    if not isinstance(host, np.ndarray) or not isinstance(ctx, Context):
        raise _wrong("have an array that is none")
    return rebuild_array(host, ctx, bool(has_scalars and has_scalars[0]))


def _sparse(args: list[Any], state: Any) -> NDArray:  # noqa: ARG001  likewise
    stype, shape, (data, *indices), ctx = args
    value = SparseValue(stype, shape, data, **dict(zip(INDEX_ARRAYS[stype], indices, strict=True)))
    problem = contradiction(value)
    if problem or not isinstance(ctx, Context):
        raise _wrong(f"have a sparse array that is none: {problem}")
    return sparse_array(stype, shape, (data, *indices), ctx)


def _context(args: list[Any], state: Any) -> Context:  # noqa: ARG001  likewise
    return Context(*args)


def _reconstructed(args: list[Any], state: Any) -> Any:
    """Return an object as the oldest pickles say it: a class, its base, and nothing."""
    if not isinstance(args[0], type) or not issubclass(args[0], (Optimizer, LRScheduler)):
        raise _wrong("make an object of a class that is only to be named")
    return _instance(args[0], [], state)


MEANINGS: dict[tuple[str, str], Meaning] = {
    ("_codecs", "encode"): _bytes,
    ("builtins", "bytearray"): _bytes,
    ("builtins", "object"): _unmade,
    ("copyreg", "_reconstructor"): _reconstructed,
    ("gluonish.context", "Context"): _context,
    ("gluonish.engine.ndarray", "_rebuild"): _rebuilt,
    ("gluonish.engine.sparse", "sparse_array"): _sparse,
    ("mxnet.ndarray.ndarray", "NDArray"): _of_mxnet,
    ("mxnet.ndarray.sparse", "CSRNDArray"): _of_mxnet,
    ("mxnet.ndarray.sparse", "RowSparseNDArray"): _of_mxnet,
    ("mxnet.numpy.multiarray", "ndarray"): _of_mxnet,
    ("numpy", "dtype"): _dtype,
    ("numpy", "ndarray"): _unmade,
}
"""What objects in pickles are made of, by the places of the classes and functions that they name."""

NUMPY_HELPERS: dict[str, Meaning] = {"_reconstruct": _array, "scalar": _scalar, "_frombuffer": _from_buffer}
"""Functions by which NumPy makes arrays and numbers again; their module was renamed in NumPy 2."""
