"""What a symbol says about the shapes and dtypes of its variables and outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gluonish.dtype import as_dtype
from gluonish.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from gluonish.shape import PartialShape, is_known
from gluonish.symbol import infer
from gluonish.symbol.graph import Graph
from gluonish.symbol.node import Entry
from gluonish.symbol.spelling import as_partial, spelled_shape

__all__ = ["Inferring"]


class Inferring(Graph):
    """``infer_shape``, ``infer_type`` and their partial forms."""

    __slots__ = ()

    def infer_shape(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Work out all shapes from those of some arguments.

        Args:
            args: shapes of the arguments in the order of ``list_arguments()``, None where not known.
            kwargs: shapes by name; 0 stands for an unknown axis.

        Returns:
            The shapes of arguments, outputs and states; three times None if some are not determined.

        Raises:
            ShapeMismatchError: they contradict each other.
        """
        shapes = self._shapes(args, kwargs)
        complete = all(is_known(shape) for group in shapes for shape in group)
        return tuple(map(_spelled_shapes, shapes)) if complete else (None, None, None)  # type: ignore[return-value]

    def infer_shape_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Work out shapes as far as possible; unknown axes are 0, shapes of unknown rank ().

        Where NumPy's semantics are on (``util.set_np_shape``) they are -1 and None.
        """
        return tuple(map(_spelled_shapes, self._shapes(args, kwargs)))  # type: ignore[return-value]

    def _shapes(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, Any]:
        known = {}
        for name, shape in self._by_name(args, kwargs).items():
            if not isinstance(shape, (tuple, list, type(None))):
                raise ArgumentTypeError(
                    f"The shape of {name!r}", "is none", expected="a tuple of sizes", received=repr(shape)
                )
            known[name] = as_partial(shape, f"The shape of {name!r}")
        shapes = infer.infer_shapes(self, lambda node: known.get(node.name))
        return self._in_order(lambda entry: shapes[id(entry[0])][entry[1]])

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Work out all dtypes from those of some arguments.

        Args:
            args: dtypes of the arguments in the order of ``list_arguments()``, None where not known.
            kwargs: dtypes by name.

        Returns:
            The dtypes of arguments, outputs and states; three times None if some are not determined.

        Raises:
            DTypeError: they contradict each other.
        """
        found = self.infer_type_partial(*args, **kwargs)
        return (None, None, None) if any(None in group for group in found) else found

    def infer_type_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Work out dtypes as far as possible; None where they are not determined."""
        known = {
            name: None if dtype is None else as_dtype(dtype)
            for name, dtype in self._by_name(args, kwargs).items()
        }
        dtypes = infer.infer_dtypes(self, known, default=None)
        return self._in_order(lambda entry: getattr(dtypes[id(entry[0])][entry[1]], "type", None))

    def _by_name(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        names = self.list_arguments()
        if len(args) > len(names) or (args and kwargs):
            raise ArgumentError(
                repr(self), "takes shapes or dtypes by position or by name", expected=", ".join(names)
            )
        unknown = set(kwargs).difference(names, self.list_auxiliary_states())
        if unknown:
            raise UnknownNameError(
                f"Argument {min(unknown)!r}", f"is none of {self!r}", expected="one of " + ", ".join(names)
            )
        return dict(zip(names, args, strict=False)) if args else kwargs

    def _in_order(self, value: Callable[[Entry], Any]) -> tuple[Any, Any, Any]:
        arguments, states = self._variables()
        return (
            [value((node, 0)) for node in arguments],
            [value(output) for output in self.outputs],
            [value((node, 0)) for node in states],
        )


def _spelled_shapes(shapes: Sequence[PartialShape]) -> list[tuple[int, ...] | None]:
    return [spelled_shape(shape) for shape in shapes]
