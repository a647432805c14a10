"""Arrays that stay where they are, in a file or in a parameter, until they are needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from gluonish.context import cpu
from gluonish.dtype import is_complex
from gluonish.engine.ndarray import NDArray
from gluonish.errors import DTypeError

__all__ = ["StoredArray", "StoredArrays", "bytes_of"]


def bytes_of(array: Any) -> int:
    """Return the bytes that the values of an array of any kind take."""
    return math.prod(array.shape) * np.dtype(array.dtype).itemsize


@attrs.frozen(eq=False)
class StoredArray:
    """An array whose shape and dtype are known, and whose values are fetched whenever they are asked for.

    Args:
        shape: its shape.
        dtype: its element type.
        fetch: returns its values, as an array in host memory. One that is not to be written, such as a view
            of a file's bytes, is copied where the values are to be the caller's own.

    Example:
        >>> array = StoredArray((2,), np.dtype("float32"), lambda: np.ones(2, np.float32))
        >>> bytes_of(array), array.asnumpy()
        (8, array([1., 1.], dtype=float32))
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fetch: Callable[[], np.ndarray[Any, Any]] = attrs.field(repr=False)

    def asnumpy(self) -> np.ndarray[Any, Any]:
        """Return the values, in memory of the caller's own."""
        values = self.fetch()
        return values if values.flags.writeable else values.copy()

    def to_array(self) -> NDArray:
        """Return the array on ``cpu(0)``, in memory of its own."""
        return NDArray(self.asnumpy(), cpu(0))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        values = self.fetch()
        return values if dtype is None else values.astype(dtype, copy=bool(copy))


@attrs.frozen(eq=False)
class StoredArrays(Mapping[str, Any]):
    """The arrays of a file by their names; those that are one array under several names are one object.

    Args:
        arrays: the arrays, by the names under which the file holds them.
        aliases: further names, each with one of those.
        about: what else the file says, as JSON can hold it.
        order: all names, in the order in which to go through them; if None, first those of ``arrays``.
        named: False for a list, whose names are its positions.

    Example:
        >>> ones = StoredArray((2,), np.dtype("float32"), lambda: np.ones(2, np.float32))
        >>> arrays = StoredArrays({"encoder": ones}, {"decoder": "encoder"})
        >>> list(arrays), arrays["decoder"] is arrays["encoder"]
        (['encoder', 'decoder'], True)
    """

    arrays: Mapping[str, Any]
    aliases: Mapping[str, str] = attrs.field(factory=dict)
    about: Mapping[str, Any] = attrs.field(factory=dict)
    order: Sequence[str] | None = None
    named: bool = True

    def __getitem__(self, name: str) -> Any:
        return self.arrays[self.aliases.get(name, name)]

    def __iter__(self) -> Iterator[str]:
        return iter([*self.arrays, *self.aliases] if self.order is None else self.order)

    def __len__(self) -> int:
        return len(self.arrays) + len(self.aliases)

    def fetched(self, *, may_be_complex: bool = False) -> dict[str, Any] | list[Any]:
        """Return the arrays in a dictionary or, if they have no names, in a list.

        Args:
            may_be_complex: whether they are for Tensors. Complex arrays are returned as NumPy's then; all
                others are NDArrays on ``cpu(0)``.

        Raises:
            DTypeError: they are complex, and may not.
        """
        arrays = {name: _fetched(array, may_be_complex) for name, array in self.arrays.items()}
        by_name = {name: arrays[self.aliases.get(name, name)] for name in self}
        return by_name if self.named else list(by_name.values())


def _fetched(array: Any, may_be_complex: bool) -> Any:
    if not is_complex(array.dtype):
        return array.to_array()
    if may_be_complex:
        return array.asnumpy()
    raise DTypeError(
        "The file",
        "holds complex numbers, and arrays of MXNet's kind do not",
        received=array.dtype,
        fix="Load it with gluonish.load(), which returns Tensors.",
    )
