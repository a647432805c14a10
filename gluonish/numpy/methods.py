"""The methods of ``mx.np.ndarray`` under NumPy's names, with the arguments in NumPy's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluonish.errors import ArgumentTypeError, SignatureError
from gluonish.numpy import indexing, linalg, products, reduction, shaping
from gluonish.numpy.arguments import call, check_order

if TYPE_CHECKING:
    from gluonish.numpy.multiarray import ndarray

__all__ = ["NumpyMethods"]

Axis = Any


class NumpyMethods:
    """What ``x.sum(axis)`` and the like compute: the functions of ``mx.np`` of the same names."""

    __slots__ = ()

    # -- reductions -----------------------------------------------------------------------------------

    def sum(
        self: Any, axis: Axis = None, dtype: Any = None, out: ndarray | None = None, keepdims: bool = False
    ) -> ndarray:
        """Return the sum over axes; see ``np.sum``."""
        return reduction.sum(self, axis, dtype, keepdims, None, out)

    def prod(
        self: Any, axis: Axis = None, dtype: Any = None, out: ndarray | None = None, keepdims: bool = False
    ) -> ndarray:
        """Return the product over axes; see ``np.prod``."""
        return reduction.prod(self, axis, dtype, out, keepdims)

    def mean(
        self: Any, axis: Axis = None, dtype: Any = None, out: ndarray | None = None, keepdims: bool = False
    ) -> ndarray:
        """Return the mean over axes; see ``np.mean``."""
        return reduction.mean(self, axis, dtype, out, keepdims)

    def std(
        self: Any,
        axis: Axis = None,
        dtype: Any = None,
        out: ndarray | None = None,
        ddof: int = 0,
        keepdims: bool = False,
    ) -> ndarray:
        """Return the standard deviation over axes; see ``np.std``."""
        return reduction.std(self, axis, dtype, out, ddof, keepdims)

    def var(
        self: Any,
        axis: Axis = None,
        dtype: Any = None,
        out: ndarray | None = None,
        ddof: int = 0,
        keepdims: bool = False,
    ) -> ndarray:
        """Return the variance over axes; see ``np.var``."""
        return reduction.var(self, axis, dtype, out, ddof, keepdims)

    def max(self: Any, axis: Axis = None, out: ndarray | None = None, keepdims: bool = False) -> ndarray:
        """Return the maximum over axes; see ``np.max``."""
        return reduction.max(self, axis, keepdims, out)

    def min(self: Any, axis: Axis = None, out: ndarray | None = None, keepdims: bool = False) -> ndarray:
        """Return the minimum over axes; see ``np.min``."""
        return reduction.min(self, axis, keepdims, out)

    def any(self: Any, axis: Axis = None, out: ndarray | None = None, keepdims: bool = False) -> ndarray:
        """Return whether any element along the axes is not zero."""
        return reduction.any(self, axis, keepdims, out)

    def all(self: Any, axis: Axis = None, out: ndarray | None = None, keepdims: bool = False) -> ndarray:
        """Return whether every element along the axes is not zero."""
        return reduction.all(self, axis, keepdims, out)

    def argmax(self: Any, axis: int | None = None, out: ndarray | None = None) -> ndarray:
        """Return the position of the first maximum, as int64."""
        return reduction.argmax(self, axis, out)

    def argmin(self: Any, axis: int | None = None, out: ndarray | None = None) -> ndarray:
        """Return the position of the first minimum, as int64."""
        return reduction.argmin(self, axis, out)

    def cumsum(self: Any, axis: int | None = None, dtype: Any = None, out: ndarray | None = None) -> ndarray:
        """Return the sums of all elements up to each; see ``np.cumsum``."""
        return reduction.cumsum(self, axis, dtype, out)

    def norm(self: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> ndarray:
        """Return the norm; see ``np.linalg.norm``."""
        return linalg.norm(self, ord, axis, keepdims)

    # -- shapes ---------------------------------------------------------------------------------------

    def reshape(self: Any, *args: Any, **kwargs: Any) -> ndarray:
        """Return a copy in another shape, given as sizes or as a tuple; see ``np.reshape``."""
        check_order(kwargs.pop("order", "C"), "reshape")
        for name in ("newshape", "shape"):
            if name in kwargs:
                args = (*args, kwargs.pop(name))
        if kwargs or not args:
            raise SignatureError(
                "ndarray.reshape()", "takes a shape and order=", received=", ".join(kwargs) or "nothing"
            )
        return shaping.reshape(self, args[0] if len(args) == 1 else args)

    def reshape_view(self: Any, *shape: Any, **kwargs: Any) -> ndarray:
        """Return the array in another shape, over the same memory; with the codes of ``mx.nd``.

        Raises:
            ShapeMismatchError: the array does not fill that shape.
        """
        check_order(kwargs.pop("order", "C"), "reshape_view")
        sizes = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        return call("_reshape_view", self, shape=sizes)

    def flatten(self: Any, order: str = "C") -> ndarray:
        """Return a copy with one axis."""
        return shaping.ravel(self, order)

    ravel = flatten

    def transpose(self: Any, *axes: Any) -> ndarray:
        """Return a copy with the axes in another order; reversed if none is given."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return shaping.transpose(self, order)

    @property
    def T(self: Any) -> ndarray:
        """A copy with the axes reversed."""
        return shaping.transpose(self)

    def swapaxes(self: Any, axis1: int, axis2: int) -> ndarray:
        """Return a copy with two axes in each other's place."""
        return shaping.swapaxes(self, axis1, axis2)

    def squeeze(self: Any, axis: Axis = None) -> ndarray:
        """Return a copy without axes of size 1; see ``np.squeeze``."""
        return shaping.squeeze(self, axis)

    def broadcast_to(self: Any, shape: Any) -> ndarray:
        """Return a copy, repeated to fill a shape."""
        return shaping.broadcast_to(self, shape)

    def repeat(self: Any, repeats: Any, axis: int | None = None) -> ndarray:
        """Return the array with every element repeated; see ``np.repeat``."""
        return shaping.repeat(self, repeats, axis)

    def diag(self: Any, k: int = 0) -> ndarray:
        """Return diagonal k of a matrix, or a matrix with a vector on it."""
        return shaping.diag(self, k)

    def diagonal(self: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> ndarray:
        """Return the diagonals of the matrices in two axes."""
        return shaping.diagonal(self, offset, axis1, axis2)

    # -- elements -------------------------------------------------------------------------------------

    def clip(
        self: Any, min: float | None = None, max: float | None = None, out: ndarray | None = None
    ) -> ndarray:
        """Limit elements to [min, max]; see ``np.clip``."""
        return indexing.clip(self, min, max, out)

    def round(self: Any, decimals: int = 0, out: ndarray | None = None, **kwargs: Any) -> ndarray:
        """Round to this many decimals, halves to the even neighbour."""
        return indexing.around(self, decimals, out, **kwargs)

    def take(self: Any, indices: ndarray, axis: int | None = None, mode: str = "raise") -> ndarray:
        """Return the elements at indices; see ``np.take``."""
        return indexing.take(self, indices, axis, mode)

    def nonzero(self: Any) -> tuple[ndarray, ...]:
        """Return the indices of the elements that are not 0, an array for each axis."""
        return indexing.nonzero(self)

    def argsort(self: Any, axis: int | None = -1, kind: str | None = None, order: Any = None) -> ndarray:
        """Return the indices that sort the array; see ``np.argsort``."""
        return indexing.argsort(self, axis, kind, order)

    def sort(self: Any, axis: int = -1, kind: str | None = None, order: Any = None) -> None:
        """Sort the array in place along an axis."""
        if axis is None:
            raise ArgumentTypeError("ndarray.sort()", "sorts along one axis", received="axis=None")
        self.write(indexing.sort(self, axis, kind, order))

    def dot(self: Any, b: ndarray, out: ndarray | None = None) -> ndarray:
        """Return the product with another array; see ``np.dot``."""
        return products.dot(self, b, out)
