"""The functions of ``mx.npx`` that are written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluonish.numpy.arguments import as_array, call, check_order

if TYPE_CHECKING:
    from gluonish.numpy.multiarray import ndarray

__all__ = ["nonzero", "reshape"]


def nonzero(a: ndarray) -> ndarray:
    """Return the indices of the elements that are not 0, a row for each, as int64."""
    return call("_npx_nonzero", as_array(a, "nonzero"))


def reshape(a: ndarray, newshape: Any, reverse: bool = False, order: str = "C") -> ndarray:
    """Return a copy of the array in another shape, told by sizes and codes.

    Args:
        a: the array.
        newshape: sizes and codes: -1 is inferred, -2 copies an axis, -3 drops one of size 1, -4 copies all
            remaining ones, -5 merges two, -6 splits one into the next two entries, of which one may be -1.
        reverse: match from the right instead of the left.
        order: "C"; there is no other.

    Raises:
        ShapeMismatchError: the codes do not fit the array.

    Example:
        >>> import gluonish as mx
        >>> mx.npx.reshape(mx.np.ones((2, 3, 4)), (-2, -5)).shape
        (2, 12)
    """
    check_order(order, "reshape")
    return call("_npx_reshape", as_array(a, "reshape"), newshape=newshape, reverse=reverse)
