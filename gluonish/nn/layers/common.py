"""What layers have in common: their parameters, and how lazy ones get theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from gluonish.errors import ArgumentError
from gluonish.nn import init
from gluonish.nn.functional.arguments import tensor_of
from gluonish.nn.module import Module
from gluonish.nn.parameter import Buffer, Parameter, Uninitialized
from gluonish.tensors import Tensor, zeros

__all__ = [
    "FunctionLayer",
    "Layer",
    "Lazy",
    "new_buffer",
    "new_parameter",
    "require_positive",
    "reset_affine",
]


def new_parameter(shape: tuple[int, ...], device: Any, dtype: Any) -> Parameter:
    """Return a parameter of zeros, for ``reset_parameters`` to fill."""
    return Parameter(zeros(shape, dtype=dtype or "float32"), device=device)


def new_buffer(value: float, shape: tuple[int, ...], device: Any, dtype: Any) -> Buffer:
    """Return a buffer of one number."""
    return Buffer(zeros(shape, dtype=dtype or "float32") + value, dtype=dtype or "float32", device=device)


def require_positive(owner: str, **sizes: int) -> None:
    """Refuse sizes below 1.

    Raises:
        ArgumentError: one is.
    """
    for name, size in sizes.items():
        if size < 1:
            raise ArgumentError(owner, f"needs a {name} of at least 1", received=size)


def reset_affine(layer: Any) -> None:
    """Set a weight to 1 and a bias to 0, where there are any."""
    if layer.weight is not None:
        init.ones_(layer.weight)
    if layer.bias is not None:
        init.zeros_(layer.bias)


class Layer(Module):
    """A layer of this package: a module that fills its own parameters."""

    if TYPE_CHECKING:  # what is registered by name

        def __getattr__(self, name: str) -> Any: ...

    def reset_parameters(self) -> None:
        """Give the parameters their first values, drawn anew, if there are any."""


class Lazy(Layer):
    """A layer that learns a size from its first input; it then becomes the layer that it stands for.

    The parameters are the same objects before and after, so an optimizer may hold them from the beginning.
    """

    becomes: ClassVar[type[Layer]]
    """The layer that it stands for."""
    learns: ClassVar[str]
    """The attribute that holds the size."""

    def size_of(self, x: Tensor) -> int:
        """Return the size that is learnt from an input."""
        return x.shape[-1]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what waits for them, once the size is known."""
        raise NotImplementedError

    def initialize_parameters(self, input: Any) -> None:
        """Give parameters their shapes and first values; those that were loaded meanwhile keep theirs."""
        setattr(self, self.learns, self.size_of(tensor_of(input, type(self).__name__)))
        if not self.has_uninitialized_params():
            return
        for name, shape in self.shapes().items():
            held = getattr(self, name)
            if isinstance(held, Uninitialized):
                held.materialize(shape)
        self.reset_parameters()

    def forward(self, input: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Learn the size, become the layer, and run it."""
        self.initialize_parameters(input)
        self.become()
        return self.forward(input, *args, **kwargs)

    def become(self) -> None:
        """Become the layer that it stands for."""
        object.__setattr__(self, "__class__", self.becomes)  # a module's own attributes are plain entries


class FunctionLayer(Layer):
    """A layer without parameters: a function with its arguments kept.

    Args:
        arguments: the arguments of the function, which become attributes.
    """

    function: ClassVar[Callable[..., Any]]
    """The function; it takes the input, and the arguments by keyword."""
    unsaid: ClassVar[tuple[str, ...]] = ()
    """Arguments that ``repr`` does not show."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self.__dict__["_names"] = tuple(arguments)
        for name, value in arguments.items():
            setattr(self, name, value)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments for the function."""
        return {name: getattr(self, name) for name in self.__dict__["_names"]}

    def forward(self, input: Any) -> Any:
        """Call the function."""
        return type(self).function(input, **self.arguments())

    def extra_repr(self) -> str:
        """Return the arguments."""
        shown = {name: value for name, value in self.arguments().items() if name not in self.unsaid}
        if shown.get("inplace") is False:
            del shown["inplace"]
        return ", ".join(f"{name}={value!r}" for name, value in shown.items())
