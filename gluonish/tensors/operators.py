"""Python's operators for Tensor: with torch's promotion beside numbers, and writing in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluonish.dtype import is_complex
from gluonish.engine.ndarray import NDArray
from gluonish.numpy.arguments import is_number
from gluonish.numpy.multiarray import ndarray
from gluonish.tensors.functions.base import beside, is_complex_number, number_beside

if TYPE_CHECKING:
    from collections.abc import Callable

    from gluonish.tensors.tensor import Tensor

__all__ = ["install_operators"]


def install_operators(cls: type[Tensor]) -> None:
    """Give Tensor the operators whose results NumPy and torch disagree about."""
    for word in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
        for name in (f"__{word}__", f"__r{word}__"):
            setattr(cls, name, _promoting(name))
        setattr(cls, f"__i{word}__", _augmented(cls, word))
    for name in ("__eq__", "__ne__"):
        setattr(cls, name, _promoting(name))
    cls.__hash__ = ndarray.__hash__  # type: ignore[method-assign]  # defining __eq__ took it away


def _promoting(name: str) -> Callable[[Tensor, Any], Any]:
    """Return one of the operators with torch's promotion."""
    plain = getattr(ndarray, name)
    # To a complex power a negative number, which has no real logarithm, is raised as a complex one.
    raised = name == "__rpow__"

    def method(self: Tensor, other: Any) -> Any:
        if is_complex_number(other) or (raised and is_number(other) and is_complex(self.dtype)):
            other = number_beside(self, other)
        return plain(beside(self, other), beside(other, self))

    method.__name__ = method.__qualname__ = name
    return method


def _augmented(cls: type[Tensor], name: str) -> Callable[[Tensor, Any], Any]:
    """Return one of the augmented assignments."""
    binary = getattr(cls, f"__{name}__")

    def method(self: Tensor, other: Any) -> Any:
        if not (isinstance(other, NDArray) or is_number(other) or is_complex_number(other)):
            return NotImplemented
        return self.update(lambda x: binary(x, other))

    method.__name__ = method.__qualname__ = f"__i{name}__"
    return method
