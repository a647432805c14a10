"""``mx.contrib.autograd``: the interface of gradients before ``mx.autograd``.

Here recording and training are one flag: in a section for training operators are recorded and behave as in
training; outside they do neither.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from gluonish import autograd
from gluonish.engine.mode import ModeScope
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError, IndexOutOfRangeError
from gluonish.nd import zeros_like

__all__ = [
    "TrainingStateScope",
    "backward",
    "compute_gradient",
    "grad",
    "grad_and_loss",
    "mark_variables",
    "set_is_training",
    "test_section",
    "train_section",
]

mark_variables = autograd.mark_variables


def set_is_training(is_train: bool) -> bool:
    """Record and train from now on in this thread, or do neither; return whether it trained before."""
    before = autograd.set_training(is_train)
    autograd.set_recording(is_train)
    return before


class TrainingStateScope(ModeScope):
    """A scope for training or for prediction.

    Args:
        enter_state: whether operators inside are recorded and behave as in training.
    """

    __slots__ = ()

    def __init__(self, enter_state: bool) -> None:
        super().__init__(recording=enter_state, training=enter_state)


def train_section() -> TrainingStateScope:
    """Return a scope for training.

    Example:
        >>> import gluonish as mx
        >>> x, gradient = mx.nd.array([1.0, 2.0]), mx.nd.zeros(2)
        >>> mark_variables([x], [gradient])
        >>> with train_section():
        ...     y = x * x
        >>> compute_gradient([y])
        >>> gradient.asnumpy()
        array([2., 4.], dtype=float32)
    """
    return TrainingStateScope(True)


def test_section() -> TrainingStateScope:
    """Return a scope for prediction, inside one for training."""
    return TrainingStateScope(False)


def backward(outputs: Any, out_grads: Any = None, retain_graph: bool = False) -> None:
    """Compute the gradients of marked variables; see ``autograd.backward``.

    Args:
        outputs: the arrays to begin from.
        out_grads: their gradients; ones if None.
        retain_graph: whether another pass over the same graph may follow.
    """
    autograd.backward(outputs, out_grads, retain_graph)


def compute_gradient(outputs: Any) -> None:
    """Compute the gradients of marked variables from outputs whose gradients are ones."""
    backward(outputs)


def grad_and_loss(
    func: Callable[..., Any], argnum: int | Sequence[int] | None = None
) -> Callable[..., tuple[list[NDArray], Any]]:
    """Return a function that computes gradients of what ``func`` returns, and what it returns.

    Args:
        func: a function of arrays.
        argnum: the positions of the arguments to differentiate by; all if None.

    Returns:
        A function of the same arguments. It raises an ArgumentTypeError for an argument to differentiate by
        that is no NDArray, and an IndexOutOfRangeError for one that is not given.

    Example:
        >>> import gluonish as mx
        >>> gradients, loss = grad_and_loss(lambda x: (x * x).sum())(mx.nd.array([1.0, 2.0]))
        >>> gradients[0].asnumpy(), loss.asscalar()
        (array([2., 4.], dtype=float32), np.float32(5.0))
    """

    @functools.wraps(func)
    def wrapped(*args: Any) -> tuple[list[NDArray], Any]:
        variables = _chosen(args, argnum)
        gradients = [zeros_like(each) for each in variables]
        mark_variables(variables, gradients)
        with train_section():
            outputs = func(*args)
        compute_gradient([outputs] if isinstance(outputs, NDArray) else outputs)
        return gradients, outputs

    return wrapped


def grad(func: Callable[..., Any], argnum: int | Sequence[int] | None = None) -> Callable[..., list[NDArray]]:
    """Return a function that computes gradients of what ``func`` returns; see ``grad_and_loss``."""
    with_loss = grad_and_loss(func, argnum)

    @functools.wraps(with_loss)
    def wrapped(*args: Any) -> list[NDArray]:
        return with_loss(*args)[0]

    return wrapped


def _chosen(args: tuple[Any, ...], argnum: int | Sequence[int] | None) -> list[NDArray]:
    """Return the arguments to differentiate by."""
    positions = range(len(args)) if argnum is None else [argnum] if isinstance(argnum, int) else argnum
    variables = []
    for position in positions:
        if position >= len(args):
            raise IndexOutOfRangeError(
                f"Argument {position}", "is not given", expected=f"one of {len(args)} arguments"
            )
        if not isinstance(args[position], NDArray):
            raise ArgumentTypeError(
                f"Argument {position}",
                "is nothing to differentiate by",
                expected="an NDArray",
                received=type(args[position]).__name__,
            )
        variables.append(args[position])
    return variables
