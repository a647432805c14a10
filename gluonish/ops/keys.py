"""``x[key]`` and ``x[key] = value``.

A key is resolved first: to a tuple of integers, slices, None and raw arrays of integers that are all in range
(masks become the indices of their true elements, Ellipsis the slices it stands for). The operators here take
resolved keys only.

Reading a contiguous block gives a view: it shares memory, and the count of writes, with the array. Any other
key copies.
"""

from __future__ import annotations

import operator as python
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from gluonish.engine.backend import backend_of
from gluonish.engine.facts import ShapeFacts
from gluonish.engine.invoke import invoke
from gluonish.engine.ndarray import NDArray, array_label
from gluonish.engine.operator import AS_WRITTEN, XP, Array, operator
from gluonish.errors import BroadcastError, ContextError, IndexOutOfRangeError, IndexTypeError
from gluonish.ops.common import resolve_indices
from gluonish.ops.scatter import add_rows
from gluonish.shape import Dim, PartialShape, format_shape, shape_size

__all__ = ["install_indexing", "resolve_key"]

Key: TypeAlias = tuple[Any, ...]

EVERYTHING = slice(None)


# -- the operators --------------------------------------------------------------------------------------


@operator("_getitem", view=True, native=True, on_complex=AS_WRITTEN)
def getitem(xp: XP, data: Array, *, key: Any) -> Array:
    """Return the elements at a resolved key: a view of a contiguous block, otherwise a copy."""
    whole_key = (*key, ...)  # with an Ellipsis a lone element comes as an array, not as a number
    part = data[whole_key]
    return part if part.flags.c_contiguous else part.copy()


@getitem.shape
def getitem_shape(s: ShapeFacts, key: Key) -> None:
    data = s["data"]
    if data is not None:
        s["output"] = _shape_at(data, key)


@getitem.gradient("data")
def getitem_gradient(F: Any, g: Any, key: Key, shapes: Any) -> Any:
    return F._key_add(g, key=key, shape=shapes[0])


@operator("_key_add", native=True, on_complex=AS_WRITTEN)
def key_add(xp: XP, values: Array, *, key: Any, shape: tuple[int, ...]) -> Array:
    """Return zeros of a shape with values added at a resolved key: the transpose of ``_getitem``."""
    if not any(map(_is_array, key)):
        result = xp.zeros(shape, values.dtype)
        result[key] = values  # slices name no element twice
        return result
    while type(key[-1]) is slice and key[-1] == EVERYTHING:
        key = key[:-1]
    indexed = sum(entry is not None for entry in key)
    count, width = shape_size(shape[:indexed]), shape_size(shape[indexed:])
    rows = xp.arange(count).reshape(shape[:indexed])[key].reshape(-1)
    return add_rows(xp, values.reshape(rows.size, width), rows, count).reshape(shape)


@key_add.shape
def key_add_shape(s: ShapeFacts, shape: tuple[int, ...]) -> None:
    s["output"] = shape


@key_add.gradient("values")
def key_add_gradient(F: Any, g: Any, key: Key) -> Any:
    return F._getitem(g, key=key)


def _is_array(entry: Any) -> bool:
    return hasattr(entry, "shape")


def _shape_at(shape: tuple[Dim, ...], key: Key) -> PartialShape:
    """Return the shape of what a resolved key chooses, by NumPy's rules."""
    arrays = [entry for entry in key if _is_array(entry)]
    rest = iter(shape)
    dims: list[Dim] = []
    chosen = []  # where in the key, and in the result, indices stand; beside arrays a number is one too
    for position, entry in enumerate(key):
        if entry is None:
            dims.append(1)
            continue
        dim = next(rest)
        if type(entry) is slice:
            dims.append(None if dim is None else len(range(dim)[entry]))
        else:
            chosen.append((position, len(dims)))
    dims.extend(rest)
    if arrays:
        together = chosen[-1][0] - chosen[0][0] == len(chosen) - 1
        place = chosen[0][1] if together else 0
        dims[place:place] = _broadcast_shape(arrays)
    return tuple(dims)


def _broadcast_shape(arrays: list[Array]) -> tuple[int, ...]:
    shapes = [array.shape for array in arrays]
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise BroadcastError(
            "An indexing key",
            "has index arrays that cannot be broadcast together",
            received=", ".join(map(format_shape, shapes)),
        ) from None


# -- resolving keys -------------------------------------------------------------------------------------


def resolve_key(array: NDArray, key: Any) -> Key:
    """Return a key of an array in the form that the operators here take.

    Args:
        array: the array it indexes.
        key: an integer, a slice, None, Ellipsis, an array or list of integers, a mask, or a tuple of those.

    Raises:
        IndexOutOfRangeError: an index is outside its axis, or there are too many.
        IndexTypeError: the key is of another kind.
        ContextError: an index array is on another context.
    """
    entries = [_parsed(array, entry) for entry in (key if isinstance(key, tuple) else (key,))]
    indexed = sum(map(_axes_indexed, entries))
    if indexed > array.ndim:
        raise IndexOutOfRangeError(
            array_label(array), "got too many indices", expected=f"at most {array.ndim}", received=indexed
        )
    resolved = list(_placed(array, _without_ellipsis(array, entries, array.ndim - indexed)))
    complete = indexed and len(resolved) == array.ndim and all(type(entry) is int for entry in resolved)
    if complete and not array.has_scalars:
        return _lone_element(tuple(resolved))
    return tuple(resolved)


def _parsed(array: NDArray, entry: Any) -> Any:
    """Return one entry of a key as an integer, a slice, None, Ellipsis or a raw array."""
    if entry is None or entry is Ellipsis or type(entry) is int:
        return entry
    if type(entry) is slice:
        return _parsed_slice(array, entry)
    if isinstance(entry, np.integer):
        return int(entry)
    if isinstance(entry, NDArray):
        if entry._ctx.place is not array._ctx.place:
            raise ContextError(
                array_label(array),
                f"is on {array._ctx}, its index array on {entry._ctx}",
                fix=f"Move one of them: index.as_in_context(mx.{array._ctx}).",
            )
        # The result of a comparison has the dtype of its operands, as in MXNet, but means a mask.
        raw = entry._raw != 0 if getattr(entry, "_is_mask", False) else entry._raw
    elif isinstance(entry, (np.ndarray, list, tuple, range)):
        raw = backend_of(array._ctx).from_host(_host_indices(array, entry), array._ctx)
    else:
        raise _no_index(array, entry)
    if raw.ndim == 0 and raw.dtype.kind == "b":
        raise _no_index(array, entry)
    return raw if raw.ndim else int(raw)


def _parsed_slice(array: NDArray, entry: slice) -> slice:
    try:
        bounds = [None if b is None else python.index(b) for b in (entry.start, entry.stop, entry.step)]
    except TypeError:
        raise _no_index(array, entry) from None
    if bounds[2] == 0:
        raise _no_index(array, entry)
    return slice(*bounds)


def _host_indices(array: NDArray, entry: Any) -> np.ndarray[Any, Any]:
    try:
        host = np.asarray(entry)
    except ValueError:
        raise _no_index(array, entry) from None
    if host.dtype.kind not in "iufb":
        raise _no_index(array, entry)
    return host.astype("int64") if host.size == 0 else host  # an empty list comes as floats


def _no_index(array: NDArray, entry: Any) -> IndexTypeError:
    return IndexTypeError(
        array_label(array),
        "cannot be indexed with this",
        expected="an integer, a slice, None, ..., an array of integers, a mask, or a tuple of those",
        received=f"{type(entry).__name__} {entry!r:.60}",
    )


def _is_mask(entry: Any) -> bool:
    return _is_array(entry) and entry.dtype.kind == "b"


def _axes_indexed(entry: Any) -> int:
    """Return how many axes an entry of a key takes up."""
    if entry is None or entry is Ellipsis:
        return 0
    return entry.ndim if _is_mask(entry) else 1


def _without_ellipsis(array: NDArray, entries: list[Any], missing: int) -> list[Any]:
    """Replace Ellipsis by slices for the axes that the other entries leave over."""
    places = [i for i, entry in enumerate(entries) if entry is Ellipsis]
    if len(places) > 1:
        raise IndexOutOfRangeError(array_label(array), "got a key with two Ellipses", expected="one")
    if not places:
        return entries
    return [*entries[: places[0]], *[EVERYTHING] * missing, *entries[places[0] + 1 :]]


def _placed(array: NDArray, entries: list[Any]) -> Iterator[Any]:
    """Check the entries against the axes they meet; turn masks into indices."""
    backend = backend_of(array._ctx)
    subject = array_label(array)
    axis = 0
    for entry in entries:
        if _is_mask(entry):
            met = array.shape[axis : axis + entry.ndim]
            if met != entry.shape:
                raise IndexOutOfRangeError(
                    subject,
                    "got a mask of another shape",
                    expected=format_shape(met),
                    received=format_shape(entry.shape),
                )
            with backend.scope(array._ctx):
                yield from backend.xp.nonzero(entry)
        elif _is_array(entry):
            with backend.scope(array._ctx):
                yield resolve_indices(backend.xp, entry, array.shape[axis], "signed", subject)
        elif type(entry) is int:
            yield _in_range(entry, array.shape[axis], axis, subject)
        else:
            yield entry
        axis += _axes_indexed(entry)


def _in_range(index: int, size: int, axis: int, subject: str) -> int:
    if not -size <= index < size:
        raise IndexOutOfRangeError(
            subject,
            f"has no element {index} on axis {axis}",
            expected=f"{-size} to {size - 1}" if size else "none, for an axis of size 0",
        )
    return index % size


# -- the methods ----------------------------------------------------------------------------------------


def _plain(key: Any, shape: tuple[int, ...], *, lone: bool) -> Key | None:
    """Resolve a key of integers and slices that fits; None for any other, which takes more than this.

    ``lone`` tells whether one element may come as an array of shape ().
    """
    if type(key) is not tuple:
        key = (key,)
    if not shape or len(key) > len(shape):
        return None
    numbers = 0
    for entry, size in zip(key, shape, strict=False):
        if type(entry) is int:
            if not -size <= entry < size:
                return None
            numbers += 1
        elif type(entry) is not slice or not _is_sound(entry):
            return None
    return key if lone or numbers < len(shape) else _lone_element(key)


def _is_sound(entry: slice) -> bool:
    for bound in (entry.start, entry.stop):
        if bound is not None and type(bound) is not int:
            return False
    return entry.step is None or entry.step == 1


def _lone_element(key: Key) -> Key:
    """Choose one element as an array of shape (1,), not (), as everywhere in ``mx.nd``."""
    return (*key[:-1], slice(key[-1], key[-1] + 1 or None))


def _get(self: NDArray, key: Any) -> NDArray:
    """Return the elements at a key: a view of a contiguous block, otherwise a copy.

    Args:
        self: the array.
        key: an integer, a slice, None (a new axis), Ellipsis, an array or list of integers, a mask (an array
            or list of bools), or a tuple of those, combined as in NumPy. Arrays of floats are truncated.

    Raises:
        IndexOutOfRangeError: an index is outside its axis, or there are too many.
        IndexTypeError: the key is of another kind.

    Example:
        >>> import gluonish as mx
        >>> x = mx.nd.arange(6).reshape(2, 3)
        >>> x[1] += 10
        >>> x[:, -1].asnumpy(), x[0, 1].shape
        (array([ 2., 15.], dtype=float32), (1,))
    """
    raw = self._raw
    plain = None if raw is None else _plain(key, raw.shape, lone=self.has_scalars)
    if plain is not None and not self.is_tracked:
        whole = (*plain, ...)  # with an Ellipsis a lone element comes as an array, not as a number
        part = raw[whole] if self.has_scalars else raw[plain]
        if part.flags.c_contiguous:  # a view that nobody records needs no dispatcher
            return self.make(part, self._ctx, self._storage)
    result: NDArray = invoke(getitem, (self,), {"key": plain or resolve_key(self, key)})
    return result


def _set(self: NDArray, key: Any, value: Any) -> None:
    """Write a number or an array to the elements at a key, converting dtype and context.

    Args:
        self: the array.
        key: which elements, as for reading.
        value: a number, an array or nested lists that broadcast to them.

    Raises:
        IndexOutOfRangeError: the key does not fit the array.
        ShapeMismatchError: the value does not broadcast to the elements.
        InPlaceError: recording is on, and the array is in the graph.
    """
    plain = _plain(key, self._raw.shape, lone=self.has_scalars)
    self.write(value, plain or resolve_key(self, key))


def install_indexing() -> None:
    """Give NDArray the methods behind ``x[key]``."""
    for name, method in (("__getitem__", _get), ("__setitem__", _set)):
        setattr(NDArray, name, method)
