"""Recording computations and computing gradients of them.

Only what runs inside ``record()`` is remembered::

    x.attach_grad()
    with autograd.record():
        y = (x * x).sum()
    y.backward()          # x.grad is 2 x

Both flags, recording and training, belong to the calling thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gluonish.engine.backward import backward as run_backward
from gluonish.engine.backward import gradients as find_gradients
from gluonish.engine.function import Function
from gluonish.engine.legacy import LEGACY
from gluonish.engine.mode import MODE, ModeScope
from gluonish.engine.ndarray import NDArray
from gluonish.engine.tape import Leaf
from gluonish.engine.template import Template
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.symbol import Symbol
from gluonish.symbol.history import symbol_of

__all__ = [
    "Function",
    "backward",
    "get_symbol",
    "grad",
    "is_recording",
    "is_training",
    "mark_variables",
    "pause",
    "predict_mode",
    "record",
    "set_recording",
    "set_training",
    "train_mode",
]


def record(train_mode: bool = True) -> ModeScope:
    """Return a scope in which operators are recorded, by default in training mode.

    Example:
        >>> import gluonish as mx
        >>> x = mx.nd.array([1.0, 2.0])
        >>> x.attach_grad()
        >>> with mx.autograd.record():
        ...     y = x * x
        >>> y.backward()
        >>> x.grad.asnumpy()
        array([2., 4.], dtype=float32)
    """
    return ModeScope(recording=True, training=train_mode)


def pause(train_mode: bool = False) -> ModeScope:
    """Return a scope in which nothing is recorded, by default in prediction mode."""
    return ModeScope(recording=False, training=train_mode)


def train_mode() -> ModeScope:
    """Return a scope in training mode; recording stays as it is."""
    return ModeScope(training=True)


def predict_mode() -> ModeScope:
    """Return a scope in prediction mode; recording stays as it is."""
    return ModeScope(training=False)


def is_recording() -> bool:
    """Tell whether this thread records."""
    return MODE.recording


def is_training() -> bool:
    """Tell whether this thread is in training mode."""
    return MODE.training


def set_recording(is_recording: bool) -> bool:
    """Switch recording on or off and return what it was. A scope is safer."""
    before, MODE.recording = MODE.recording, bool(is_recording)
    return before


def set_training(train_mode: bool) -> bool:
    """Switch to training or prediction mode and return what it was. A scope is safer."""
    before, MODE.training = MODE.training, bool(train_mode)
    return before


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def mark_variables(
    variables: NDArray | Sequence[NDArray],
    gradients: NDArray | Sequence[NDArray],
    grad_reqs: str | Sequence[str] = "write",
) -> None:
    """Make arrays variables with gradient buffers that the caller provides.

    Args:
        variables: the arrays.
        gradients: a buffer for each, equal in shape and dtype, on the same context.
        grad_reqs: ``"write"``, ``"add"`` or ``"null"``, for all or for each.

    Raises:
        ArgumentError: the numbers differ.
        ArgumentTypeError: a variable or a buffer is no array.
        ShapeMismatchError, DTypeError, ContextError: a buffer is not like its variable.
        UnknownNameError: another ``grad_req``.

    Example:
        >>> import gluonish as mx
        >>> x, dx = mx.nd.ones((2,)), mx.nd.zeros((2,))
        >>> mx.autograd.mark_variables(x, dx)
        >>> with mx.autograd.record():
        ...     y = 3 * x
        >>> y.backward()
        >>> dx.asnumpy()
        array([3., 3.], dtype=float32)
    """
    arrays, buffers = _as_list(variables), _as_list(gradients)
    requests = [grad_reqs] * len(arrays) if isinstance(grad_reqs, str) else list(grad_reqs)
    if not len(arrays) == len(buffers) == len(requests):
        raise ArgumentError(
            "mark_variables()",
            "needs a gradient buffer and a grad_req for every variable",
            expected=f"{len(arrays)} of each",
            received=f"{len(buffers)} buffers and {len(requests)} grad_reqs",
        )
    for array, buffer in zip(arrays, buffers, strict=True):
        if not isinstance(array, NDArray):
            raise ArgumentTypeError(
                "A variable", "is no array", expected="an NDArray", received=type(array).__name__
            )
        Template.of(array).check(buffer, "A gradient buffer")
    leaves = [Leaf(request, buffer) for request, buffer in zip(requests, buffers, strict=True)]
    for array, leaf in zip(arrays, leaves, strict=True):
        leaf.attach(array)


def backward(
    heads: NDArray | Sequence[NDArray],
    head_grads: NDArray | Sequence[NDArray | None] | None = None,
    retain_graph: bool = False,
    train_mode: bool = True,
) -> None:
    """Compute the gradients of the sum of all heads into the buffers of their variables.

    Args:
        heads: the arrays to start from.
        head_grads: the gradient of the final quantity with respect to each head, shaped like it; None
            stands for ones.
        retain_graph: keep the recorded graph for another pass.
        train_mode: whether rules that differ between training and prediction act as in training.

    Raises:
        GradientError: nothing was recorded, or the graph was freed by an earlier pass.
        SavedArrayError: an array that a gradient needs was written since it was recorded.
        ShapeMismatchError: a head gradient is not shaped like its head.
        ArgumentError: no heads, or another number of head gradients.
    """
    grads = None if head_grads is None else _as_list(head_grads)
    run_backward(_as_list(heads), grads, retain_graph=retain_graph, train_mode=train_mode)


def grad(
    heads: NDArray | Sequence[NDArray],
    variables: NDArray | Sequence[NDArray],
    head_grads: NDArray | Sequence[NDArray | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    train_mode: bool = True,
    *,
    grad_outputs: NDArray | Sequence[NDArray | None] | None = None,
    allow_unused: bool = False,
) -> Any:
    """Return the gradients of the sum of all heads with respect to some variables.

    The buffers of variables are left alone.

    Args:
        heads: the arrays to start from.
        variables: arrays with ``attach_grad()``, or computed from such while recording.
        head_grads: as in ``backward``.
        retain_graph: keep the recorded graph; as ``create_graph`` if not given.
        create_graph: record the computation of the gradients, so that they have gradients themselves.
        train_mode: as in ``backward``.
        grad_outputs: torch's name for ``head_grads``.
        allow_unused: whether None is returned for variables that are not below the heads.

    Returns:
        An array if ``variables`` is one, else a list. Always a list in a program that runs as an MXNet
        program (see ``gluonish.compat``): MXNet returned one.

    Raises:
        GradientError: a head has no history, or a variable is not below the heads.
        ArgumentError: no variables.

    Example:
        The second derivative of x^3 is 6 x.

        >>> import gluonish as mx
        >>> x = mx.nd.array([1.0, 2.0])
        >>> x.attach_grad()
        >>> with mx.autograd.record():
        ...     dx = mx.autograd.grad(x**3, x, create_graph=True)
        >>> dx.backward()
        >>> x.grad.asnumpy()
        array([ 6., 12.], dtype=float32)
    """
    arrays = _as_list(variables)
    if not arrays:
        raise ArgumentError("grad()", "needs at least one variable")
    head_grads = grad_outputs if head_grads is None else head_grads
    results = find_gradients(
        _as_list(heads),
        arrays,
        None if head_grads is None else _as_list(head_grads),
        allow_unused=allow_unused,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        train_mode=train_mode,
    )
    return results[0] if isinstance(variables, NDArray) and not LEGACY.active else results


def get_symbol(x: NDArray) -> Symbol:
    """Return what was computed to get an array as a symbol.

    Variables, the arrays with ``attach_grad()``, are called ``var<number>``, other arrays that took part
    ``null<number>``.

    Args:
        x: an array with a history that no backward pass has freed.

    Raises:
        ArgumentTypeError: not an array.
        GradientError: the array has no history, or it was freed.

    Example:
        >>> import gluonish as mx
        >>> x = mx.nd.ones((2,))
        >>> x.attach_grad()
        >>> with mx.autograd.record():
        ...     y = x * x + 1
        >>> len(mx.autograd.get_symbol(y).list_arguments())
        1
    """
    if not isinstance(x, NDArray):
        raise ArgumentTypeError("get_symbol()", "takes an array", received=type(x).__name__)
    return symbol_of(x)
