"""What an array and its gradient have in common."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from gluonish.context import Context
from gluonish.dtype import dtype_name
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError, ContextError, DTypeError, ShapeMismatchError
from gluonish.shape import format_shape

__all__ = ["Template"]


@attrs.frozen
class Template:
    """Shape, dtype, context and class of an array, kept without its memory."""

    shape: tuple[int, ...]
    dtype: type[np.generic]
    context: Context
    family: type[NDArray] = NDArray

    @classmethod
    def of(cls, array: NDArray) -> Template:
        """Return the template of an array."""
        return cls(array.shape, array.dtype, array.context, array.family)

    def zeros(self) -> NDArray:
        """Return zeros like the array."""
        backend = backend_of(self.context)
        with backend.scope(self.context):
            return self.family.make(backend.xp.zeros(self.shape, self.dtype), self.context)

    def check(self, gradient: Any, subject: str, *, any_dtype: bool = False) -> None:
        """Refuse what cannot be the gradient of the array.

        Args:
            gradient: what is to be its gradient.
            subject: the subject of an error.
            any_dtype: whether it may have another dtype.

        Raises:
            ArgumentTypeError: it is no array.
            ShapeMismatchError, DTypeError, ContextError: it is not like the array.
        """
        if not isinstance(gradient, NDArray):
            raise ArgumentTypeError(
                subject, "is no array", expected="an NDArray", received=type(gradient).__name__
            )
        if gradient.shape != self.shape:
            raise ShapeMismatchError(
                subject,
                "has another shape than its array",
                expected=format_shape(self.shape),
                received=format_shape(gradient.shape),
            )
        if gradient.dtype != self.dtype and not any_dtype:
            raise DTypeError(
                subject,
                "has another dtype than its array",
                expected=dtype_name(self.dtype),
                received=dtype_name(gradient.dtype),
            )
        if gradient.context.place is not self.context.place:
            raise ContextError(
                subject,
                "is on another context than its array",
                expected=self.context,
                received=gradient.context,
            )
