"""Loops and branches over arrays, run step by step.

They are ordinary Python: what their functions compute is recorded as the operators it consists of, and
gradients flow through it. Arguments called *nested* are an array, or lists of arrays and of such lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from gluonish.engine.invoke import RECORDED
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.nd.creation import zeros

__all__ = ["cond", "foreach", "while_loop"]

Nested: TypeAlias = Any
"""An NDArray, or a list or tuple of nested arrays."""


def foreach(
    body: Callable[[Nested, Nested], tuple[Nested, Nested]], data: Nested, init_states: Nested
) -> tuple[Nested, Nested]:
    """Run a function over the rows of arrays, handing states from each step to the next.

    Args:
        body: ``outputs, new_states = body(row, states)``.
        data: nested arrays, equally long; ``row`` has what they hold at one position of their first axis.
        init_states: the states, nested, for the first step.

    Returns:
        The outputs of all steps, stacked along a new first axis, and the last states.

    Raises:
        ArgumentTypeError: ``data`` are no nested arrays, or ``body`` does not return a pair.
        ArgumentError: the arrays have no rows or different numbers of them, or the outputs of two steps
            are nested differently.

    Example:
        >>> import gluonish as mx
        >>> def step(x, total):
        ...     return total + x, total + x
        >>> sums, total = mx.nd.contrib.foreach(step, mx.nd.array([[1], [2], [3]]), mx.nd.zeros(1))
        >>> sums.asnumpy().ravel(), total.asscalar()
        (array([1., 3., 6.], dtype=float32), np.float32(6.0))
    """
    lengths = {len(array) for array in _leaves(data, "The data of foreach()")}
    if len(lengths) != 1:
        raise ArgumentError(
            "The data of foreach()",
            "do not have one number of rows",
            expected="arrays of equal length",
            received=sorted(lengths) or "no arrays",
        )
    states = init_states
    steps: list[Nested] = []
    for i in range(lengths.pop()):
        outputs, states = _pair(body(_map(lambda array, i=i: array[i], data), states), "body")
        steps.append(outputs)
    return _stack(steps, "foreach()"), states


def while_loop(
    cond: Callable[..., Any],
    func: Callable[..., tuple[Nested, Nested]],
    loop_vars: Nested,
    max_iterations: int | None = None,
) -> tuple[Nested, Nested]:
    """Run a function as long as a condition holds, handing variables from each step to the next.

    Args:
        cond: ``cond(*loop_vars)``: a number, or an array of one element; 0 ends the loop.
        func: ``outputs, new_loop_vars = func(*loop_vars)``; the outputs are nested arrays, or None.
        loop_vars: the variables of the first step: one array, or a list of nested arrays.
        max_iterations: how many steps there are at most.

    Returns:
        The outputs of all steps, stacked along a new first axis of ``max_iterations`` rows, and the last
        variables. Rows of steps that did not take place are zeros. Without any step there are no outputs:
        [] is returned in their place.

    Raises:
        ArgumentError: no ``max_iterations``, no ``loop_vars``, or outputs of two steps that do not fit.

    Example:
        >>> import gluonish as mx
        >>> squares, i = mx.nd.contrib.while_loop(
        ...     lambda i: i < 3, lambda i: (i * i, i + 1), mx.nd.array([1]), max_iterations=4)
        >>> squares.asnumpy().ravel(), i.asscalar()
        (array([1., 4., 0., 0.], dtype=float32), np.float32(3.0))
    """
    if max_iterations is None:
        raise ArgumentError("while_loop()", "needs max_iterations")
    single = isinstance(loop_vars, NDArray)
    if not single and not loop_vars:
        raise ArgumentError("while_loop()", "needs at least one loop variable")
    variables = loop_vars
    steps: list[Nested] = []
    while len(steps) < max_iterations and cond(*([variables] if single else variables)):
        outputs, variables = _pair(func(*([variables] if single else variables)), "func")
        steps.append([] if outputs is None else outputs)
    missing = max_iterations - len(steps)
    return _map(lambda array: _pad(array, missing), _stack(steps, "while_loop()")), variables


def cond(pred: Any, then_func: Callable[[], Nested], else_func: Callable[[], Nested]) -> Nested:
    """Return ``then_func()`` if the condition holds, else ``else_func()``. Only one of them runs.

    Args:
        pred: a number, or an array of one element; 0 is false.
        then_func: makes the result where it is true.
        else_func: makes the result where it is false.
    """
    return then_func() if pred else else_func()


def _map(function: Callable[..., Any], *nested: Nested) -> Nested:
    """Apply a function to the arrays at each place of equally nested lists."""
    if isinstance(nested[0], (list, tuple)):
        return [_map(function, *each) for each in zip(*nested, strict=True)]
    return function(*nested)


def _leaves(nested: Nested, owner: str) -> list[NDArray]:
    if isinstance(nested, NDArray):
        return [nested]
    if not isinstance(nested, (list, tuple)):
        raise ArgumentTypeError(
            owner, "must be nested arrays", expected="an NDArray or a list of them", received=repr(nested)
        )
    return [leaf for each in nested for leaf in _leaves(each, owner)]


def _pair(result: Any, name: str) -> tuple[Nested, Nested]:
    if not isinstance(result, (list, tuple)) or len(result) != 2:  # noqa: PLR2004
        raise ArgumentTypeError(
            f"The function {name!r}",
            "must return two things",
            expected="(outputs, states)",
            received=f"{type(result).__name__}",
        )
    return result[0], result[1]


def _stack(steps: list[Nested], owner: str) -> Nested:
    """Stack the outputs of all steps; [] if there was no step."""
    if not steps:
        return []
    try:
        return _map(lambda *arrays: RECORDED.stack(*arrays, axis=0), *steps)
    except (ValueError, TypeError) as error:
        raise ArgumentError(owner, f"got outputs that differ from step to step: {error}") from error


def _pad(array: NDArray, missing: int) -> NDArray:
    if not missing:
        return array
    rows = zeros((missing, *array.shape[1:]), array.context, array.dtype)
    return RECORDED.Concat(array, rows, dim=0)
