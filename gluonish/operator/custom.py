"""The classes that a program's own operator derives from, and their registry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, UnknownNameError

__all__ = ["CustomOp", "CustomOpProp", "make_prop", "register"]

REQUESTS = ("null", "write", "inplace", "add")


class CustomOp:
    """What an operator computes. Derive from it and define ``forward`` and ``backward``.

    An object serves one call of ``nd.Custom``, or one node of a symbol.
    """

    def forward(
        self,
        is_train: bool,
        req: Sequence[str],
        in_data: Sequence[NDArray],
        out_data: Sequence[NDArray],
        aux: Sequence[NDArray],
    ) -> None:
        """Compute the outputs. It runs unrecorded.

        Args:
            is_train: whether in training mode.
            req: what to do with each output, for ``assign``.
            in_data: the inputs.
            out_data: where the outputs are to be written.
            aux: the states, which may be written.
        """

    def backward(
        self,
        req: Sequence[str],
        out_grad: Sequence[NDArray],
        in_data: Sequence[NDArray],
        out_data: Sequence[NDArray],
        in_grad: Sequence[NDArray],
        aux: Sequence[NDArray],
    ) -> None:
        """Compute the gradients of the inputs.

        Computed with operators of ``mx.nd``, they have gradients themselves, for
        ``autograd.grad(create_graph=True)``.

        Args:
            req: what to do with each gradient, for ``assign``; ``"null"`` where none is needed.
            out_grad: the gradients of the outputs.
            in_data: the inputs.
            out_data: the outputs.
            in_grad: where the gradients are to be written.
            aux: the states.
        """

    def assign(self, dst: NDArray, req: str, src: Any) -> None:
        """Write into an array as requested.

        Args:
            dst: the array.
            req: ``"write"`` or ``"inplace"`` (replace what is there), ``"add"`` (add to it), or ``"null"``
                (leave it).
            src: what to write: an array or a number.

        Raises:
            ArgumentError: another request.
        """
        if req not in REQUESTS:
            raise ArgumentError(
                "CustomOp.assign()",
                "knows no such request",
                expected="one of " + ", ".join(REQUESTS),
                received=req,
            )
        if req in ("write", "inplace"):
            dst[:] = src
        elif req == "add":
            dst[:] = dst + src


class CustomOpProp:
    """What is known about an operator: its arguments, shapes and dtypes. Derive from it and register it.

    Its constructor gets the parameters of a call as strings, whatever they were.

    Args:
        need_top_grad: whether the gradient depends on those of the outputs; False for a loss.
    """

    def __init__(self, need_top_grad: bool = True) -> None:
        self.need_top_grad_ = need_top_grad

    def list_arguments(self) -> list[str]:
        """Return the names of the inputs: one, ``data``, unless you define it."""
        return ["data"]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs: one, ``output``, unless you define it."""
        return ["output"]

    def list_auxiliary_states(self) -> list[str]:
        """Return the names of the states, which come after the inputs: none, unless you define it."""
        return []

    def infer_shape(self, in_shape: list[Any]) -> tuple[Any, ...]:
        """Work out shapes from those of the inputs.

        Args:
            in_shape: a list for each input; an empty list where nothing is known, 0 for an unknown axis.

        Returns:
            The shapes of inputs, outputs and states (which may be left out). Unless you define it, every
            output is shaped like the first input.
        """
        return in_shape, [in_shape[0]] * len(self.list_outputs()), []

    def infer_type(self, in_type: list[Any]) -> tuple[Any, ...]:
        """Work out dtypes from those of the inputs, in the same way."""
        return (
            in_type,
            [in_type[0]] * len(self.list_outputs()),
            [in_type[0]] * len(self.list_auxiliary_states()),
        )

    def infer_storage_type(self, in_stype: list[str]) -> tuple[Any, ...]:
        """Return storage types: all dense."""
        return (
            in_stype,
            ["default"] * len(self.list_outputs()),
            ["default"] * len(self.list_auxiliary_states()),
        )

    def infer_storage_type_backward(
        self,
        ograd_stype: list[str],
        in_stype: list[str],
        out_stype: list[str],
        igrad_stype: list[str],
        aux_stype: list[str],
    ) -> tuple[Any, ...]:
        """Return storage types of the backward pass: all dense."""
        dense = [
            ["default"] * len(each) for each in (ograd_stype, in_stype, out_stype, igrad_stype, aux_stype)
        ]
        return tuple(dense)

    def declare_backward_dependency(
        self, out_grad: Sequence[int], in_data: Sequence[int], out_data: Sequence[int]
    ) -> list[int]:
        """Return which arrays the backward pass needs, by number. Here it gets all of them."""
        return [*(out_grad if self.need_top_grad_ else ()), *in_data, *out_data]

    def create_operator(self, ctx: Context, in_shapes: list[Any], in_dtypes: list[Any]) -> CustomOp:
        """Return the object that computes.

        Args:
            ctx: where.
            in_shapes: the shapes of inputs and states, as lists.
            in_dtypes: their dtypes, as NumPy's scalar classes.
        """
        del ctx, in_shapes, in_dtypes
        return CustomOp()


_Class = TypeVar("_Class", bound="type[CustomOpProp]")

_REGISTRY: dict[str, type[CustomOpProp]] = {}


def register(reg_name: str) -> Callable[[_Class], _Class]:
    """Return a decorator that registers a class of properties under the name of its operator.

    A name that is taken is given away again.

    Raises:
        ArgumentTypeError: what it decorates is no subclass of CustomOpProp.

    Example:
        >>> import gluonish as mx
        >>> class Double(mx.operator.CustomOp):
        ...     def forward(self, is_train, req, in_data, out_data, aux):
        ...         self.assign(out_data[0], req[0], 2 * in_data[0])
        ...     def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        ...         self.assign(in_grad[0], req[0], 2 * out_grad[0])
        >>> @mx.operator.register("double")
        ... class DoubleProp(mx.operator.CustomOpProp):
        ...     def create_operator(self, ctx, in_shapes, in_dtypes):
        ...         return Double()
        >>> mx.nd.Custom(mx.nd.array([1, 2]), op_type="double").asnumpy()
        array([2., 4.], dtype=float32)
    """

    def decorate(declared: Any) -> Any:
        if not isinstance(declared, type) or not issubclass(declared, CustomOpProp):
            raise ArgumentTypeError(
                f"Custom operator {reg_name!r}",
                "is declared by its properties",
                expected="a subclass of CustomOpProp",
                received=repr(declared),
            )
        _REGISTRY[reg_name] = declared
        return declared

    return decorate


def make_prop(op_type: Any, params: dict[str, Any]) -> CustomOpProp:
    """Return the properties of an operator with these parameters.

    Raises:
        UnknownNameError: no operator of that name is registered.
        ArgumentError: it does not take such parameters.
    """
    declared: Callable[..., CustomOpProp] | None = _REGISTRY.get(op_type)
    if declared is None:
        raise UnknownNameError(
            f"Custom operator {op_type!r}",
            "is not registered",
            expected="one of " + (", ".join(sorted(_REGISTRY)) or "none"),
            fix="Decorate its CustomOpProp with mx.operator.register(name), and pass op_type=name.",
        )
    try:
        return declared(**{name: str(value) for name, value in params.items()})
    except TypeError as error:
        raise ArgumentError(
            f"Custom operator {op_type!r}", f"cannot be made with these parameters: {error}", received=params
        ) from error
