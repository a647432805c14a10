"""Saving and loading arrays in any format: ``.params``, safetensors or ``.npz``.

The format follows from how the name of the file ends, unless it is named. Files of any other name are
``.params`` files, as those of MXNet often have names of their own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, UnsupportedError
from gluonish.serialization import params
from gluonish.serialization.stored import StoredArray, StoredArrays
from gluonish.serialization.streams import is_path

__all__ = ["FORMATS", "format_of", "load", "open_arrays", "save"]

FORMATS = ("params", "safetensors", "npz")

SUFFIXES = {
    ".safetensors": "safetensors",
    ".safetensors.index.json": "safetensors",
    ".npz": "npz",
}


def format_of(fname: Any, named: str | None = None) -> str:
    """Return the format of a file.

    Args:
        fname: its path, or a stream.
        named: the format if it was named; None to go by the path.

    Raises:
        UnknownNameError: no format is called that.

    Example:
        >>> format_of("x.safetensors"), format_of("x-0001.params"), format_of("x.bin", "npz")
        ('safetensors', 'params', 'npz')
    """
    if named is not None:
        if named not in FORMATS:
            raise ArgumentError(
                f"Format {named!r}",
                "is unknown",
                expected="one of " + ", ".join(FORMATS),
            )
        return named
    if is_path(fname):
        name = os.fspath(fname)
        for suffix, kind in SUFFIXES.items():
            if isinstance(name, str) and name.endswith(suffix):
                return kind
    return "params"


# -- writing ------------------------------------------------------------------------------------------------


def save(
    fname: Any,
    data: Any,
    format: str | None = None,  # noqa: A002  what else to call it
    max_shard_size: int | str | None = None,
) -> None:
    """Save arrays to a file. One that is named by its path appears whole or not at all.

    Args:
        fname: a path, or a stream opened for writing bytes.
        data: an NDArray, a list of them, or a dictionary from names to them. In a safetensors file an array
            that has several names is stored once.
        format: ``"params"``, ``"safetensors"`` or ``"npz"``; by default, what the path ends in, and
            ``"params"`` for any other end.
        max_shard_size: of safetensors, the bytes of arrays (a number, or a text such as ``"2GB"``) from which
            on there are several files: ``x-00001-of-00002.safetensors`` ... and ``x.safetensors.index.json``.

    Raises:
        ArgumentError: the data is none of these, or the format is unknown.
        ArgumentTypeError: an entry is no NDArray, or a name no string.
        DTypeError: the format does not have the dtype of an array.
        MissingFileError: the folder does not exist.

    Example:
        >>> import gluonish as mx
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "w.safetensors")
        >>> mx.nd.save(path, {"w": mx.nd.ones((2,))})
        >>> mx.nd.load(path)["w"].asnumpy()
        array([1., 1.], dtype=float32)
    """
    kind = format_of(fname, format)
    if max_shard_size is not None and kind != "safetensors":
        raise ArgumentError(
            "max_shard_size", "is for safetensors files", expected="a path that ends in .safetensors"
        )
    if kind == "params":
        params.save(fname, data)
        return
    arrays, named = _by_name(data)
    if kind == "npz":
        from gluonish.serialization.npz import save_npz  # noqa: PLC0415  not needed to import gluonish

        _check_dense(arrays)
        save_npz(fname, arrays, named=named)
        return
    from gluonish.serialization.shards import save_tensors  # noqa: PLC0415  likewise
    from gluonish.serialization.sparse_parts import take_apart  # noqa: PLC0415  likewise
    from gluonish.serialization.tensors import about_arrays  # noqa: PLC0415  likewise

    # A list has no names that could stand for each other.
    stored, aliases = _each_once(arrays) if named else (arrays, {})
    dense, sparse = take_apart(stored)
    about = about_arrays(list(arrays), aliases, named=named, sparse=sparse)
    save_tensors(fname, dense, about, max_shard_size)


def _by_name(data: Any) -> tuple[dict[str, Any], bool]:
    """Return arrays by name, those of a list by position, and whether they have names."""
    if isinstance(data, Mapping):
        arrays, named = dict(data), True
    elif isinstance(data, (NDArray, list)):
        listed = [data] if isinstance(data, NDArray) else data
        arrays, named = {str(position): array for position, array in enumerate(listed)}, False
    else:
        raise ArgumentError(
            "save()",
            "cannot save this",
            expected="an NDArray, a list of them or a dictionary",
            received=type(data).__name__,
        )
    for name, array in arrays.items():
        if not isinstance(name, str):
            raise ArgumentTypeError("save()", "needs names", expected="strings", received=repr(name))
        if not isinstance(array, (NDArray, StoredArray)):
            raise ArgumentTypeError(
                "save()", "saves arrays", expected="an NDArray", received=type(array).__name__
            )
        _check_encodable(name)
    return arrays, named


def _check_dense(arrays: Mapping[str, Any]) -> None:
    for name, array in arrays.items():
        stype = getattr(array, "stype", "default")
        if stype != "default":
            raise UnsupportedError(
                f"Array {name!r}",
                "is sparse, and an .npz file holds no sparse arrays",
                received=stype,
                fix="Save it to a .params or .safetensors file, or as array.tostype('default').",
            )


def _check_encodable(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(f"Name {name!r}", "cannot be written as UTF-8") from error


def _each_once(arrays: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return every array under its first name, and its other names as aliases of that."""
    first: dict[int, str] = {}
    stored, aliases = {}, {}
    for name, array in arrays.items():
        if id(array) in first:
            aliases[name] = first[id(array)]
        else:
            first[id(array)] = name
            stored[name] = array
    return stored, aliases


# -- reading ------------------------------------------------------------------------------------------------


def load(fname: Any, format: str | None = None) -> dict[str, NDArray] | list[NDArray]:  # noqa: A002
    """Load arrays from a file, to ``cpu(0)``.

    Args:
        fname: a path, the bytes of a file, or a stream of them.
        format: as of ``save``.

    Returns:
        A dictionary if the file has names, else a list. What is one array under several names in the file
        is one NDArray.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is no file of the format, or damaged; the message says where.
        DTypeError: it has an array of a dtype that is unknown here.
    """
    if format_of(fname, format) == "params":
        return params.load(fname)
    return open_arrays(fname, format).fetched()


def open_arrays(fname: Any, format: str | None = None) -> StoredArrays:  # noqa: A002  as of save()
    """Return the arrays of a file without reading them: each is read when it is asked for its values.

    A file is mapped meanwhile; it may be replaced, the arrays stay those that were opened.

    Args:
        fname: a path, the bytes of a file, or a stream of them.
        format: as of ``save``.

    Raises:
        MissingFileError, FileFormatError, DTypeError: as of ``load``.

    Example:
        >>> import gluonish as mx
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "w.safetensors")
        >>> mx.nd.save(path, {"w": mx.nd.ones((2, 3))})
        >>> open_arrays(path)["w"].shape
        (2, 3)
    """
    kind = format_of(fname, format)
    if kind == "params":
        return params.open_params(fname)
    if kind == "npz":
        from gluonish.serialization.npz import open_npz  # noqa: PLC0415  not needed to import gluonish

        return open_npz(fname)
    from gluonish.serialization.shards import open_tensors  # noqa: PLC0415  likewise

    return open_tensors(fname)
