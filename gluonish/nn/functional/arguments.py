"""What the functions of ``nn.functional`` do with their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError
from gluonish.numpy.arguments import call
from gluonish.parameter.face import ParameterFace
from gluonish.tensors import Tensor, functions, no_grad

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "batched",
    "beside",
    "check_choice",
    "constant",
    "old_reduction",
    "overwrite",
    "per_axis",
    "reduced",
    "run",
    "tensor_of",
    "unbatched",
]

REDUCTIONS = ("mean", "sum", "none")


def tensor_of(value: Any, function: str) -> Tensor:
    """Return an array of either face as a tensor, with its history.

    Raises:
        ArgumentTypeError: it is no array.
    """
    if isinstance(value, NDArray):
        return value.actual(None)._as(Tensor)  # type: ignore[return-value]
    if hasattr(value, "stand_in"):
        return value.stand_in(None)._as(Tensor)
    raise ArgumentTypeError(
        f"{function}()",
        "takes tensors",
        expected="a Tensor",
        received=f"{type(value).__name__} {value!r:.60}",
    )


def beside(value: Any, x: Tensor, function: str) -> Tensor:
    """Return an array as a tensor: of several replicas, that which is where the input is.

    Args:
        value: a parameter, a buffer, or any other array.
        x: the input.
        function: for messages.
    """
    if hasattr(value, "stand_in"):
        return value.stand_in(x.context)._as(Tensor)
    return tensor_of(value, function)


def run(op_name: str, *arrays: Any, **params: Any) -> Any:
    """Run an operator of the table on tensors. Parameters stand for their replicas beside these."""
    return call(op_name, *(each for each in arrays if each is not None), **params)


def overwrite(target: NDArray, values: Any) -> None:
    """Write into a tensor, or into a parameter on all its contexts, off the tape."""
    with no_grad():
        if isinstance(target, ParameterFace):
            target.set_data(values)
        else:
            target.detach().write(values)


def constant(value: float, shape: Sequence[int], like: Tensor, dtype: np.dtype[Any] | None = None) -> Tensor:
    """Return a tensor of one number, on the context of another one, in its dtype if none is given."""
    made = call("_full", shape=tuple(shape), value=value, dtype=dtype or like.dtype, ctx=like.context)
    return made._as(Tensor)


def per_axis(value: Any, axes: int, name: str, function: str) -> tuple[int, ...]:
    """Return a number for each spatial axis, where one was given for all or one for each.

    Raises:
        ArgumentError: their number is another one.
    """
    if hasattr(value, "__index__"):
        return (int(value),) * axes
    values = tuple(int(each) for each in value)
    if len(values) == 1:
        return values * axes
    if len(values) != axes:
        raise ArgumentError(
            f"{function}()",
            f"got another number of entries in {name} than there are axes",
            expected=f"one number, or {axes}",
            received=str(values),
        )
    return values


def batched(x: Tensor, axes: int, function: str) -> tuple[Tensor, bool]:
    """Return images with a batch axis, and whether they had one: (batch, channels, ``axes`` sizes).

    Raises:
        ShapeMismatchError: they have another number of axes than that, with or without the batch's.
    """
    if x.ndim == axes + 2:
        return x, True
    if x.ndim == axes + 1:
        return functions.unsqueeze(x, 0), False
    raise ShapeMismatchError(
        f"{function}()",
        "got an input with another number of axes",
        expected=f"{axes + 2}: batch, channels and {axes} more; or {axes + 1}, without the batch",
        received=x.shape,
    )


def unbatched(x: Tensor, had_batch: bool) -> Tensor:
    """Undo ``batched`` on a result."""
    return x if had_batch else functions.squeeze(x, 0)


def check_choice(value: Any, choices: Sequence[Any], name: str, function: str) -> None:
    """Refuse a value that is none of the possible ones.

    Raises:
        ArgumentError: it is none.
    """
    if value not in choices:
        raise ArgumentError(
            f"{function}()",
            f"knows no {name} like this",
            expected=", ".join(map(repr, choices)),
            received=repr(value),
        )


def reduced(losses: Tensor, reduction: str, function: str) -> Tensor:
    """Return the mean or the sum of losses, or these themselves.

    Raises:
        ArgumentError: the reduction is neither "mean", nor "sum", nor "none".
    """
    check_choice(reduction, REDUCTIONS, "reduction", function)
    if reduction == "none":
        return losses
    return functions.mean(losses) if reduction == "mean" else functions.sum(losses)


def old_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """Return the reduction that is meant, also by the two arguments that torch had before."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"
