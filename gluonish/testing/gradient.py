"""Checking gradients against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gluonish import autograd
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import DTypeError

__all__ = ["GradientMismatch", "check_gradient"]


class GradientMismatch(AssertionError):  # noqa: N818  named like unittest's failures, which it is one of
    """A gradient differs from the finite differences of its function."""


def check_gradient(
    function: Callable[..., Any],
    arrays: Sequence[NDArray],
    *,
    wrt: Sequence[int] | None = None,
    order: int = 1,
    eps: float = 1e-5,
    rtol: float = 1e-6,
    seed: int = 0,
) -> None:
    """Compare the gradients of ``function`` with central differences along a random direction.

    The outputs are projected on random weights u, the inputs moved along random directions v; the derivative
    of ``u . f(x + t v)`` at t = 0 must be ``grad(u . f) . v``. One such number is sensitive to every entry
    of the Jacobian. With ``order=2`` the gradient is then checked as a function of the inputs in the same
    way, so a wrong gradient of the gradient is found too. Both ways to compute gradients are checked:
    ``backward`` and ``grad(create_graph=True)``.

    Args:
        function: takes the arrays, returns one or a list of them. It must be smooth at the given point, and
            give the same result every time.
        arrays: the point, in float64.
        wrt: the positions of the arguments to differentiate by; all if not given.
        order: 1, or 2 to check second derivatives as well.
        eps: the step of the differences.
        rtol: the relative error that is accepted.
        seed: of the random directions.

    Raises:
        GradientMismatch: they differ.
        DTypeError: an argument to differentiate by is not float64.

    Example:
        >>> import gluonish as mx
        >>> x = mx.nd.array([0.5, 2.0], dtype="float64")
        >>> check_gradient(lambda x: mx.nd.log(x) * x, [x], order=2)
    """
    rng = np.random.default_rng(seed)
    positions = list(range(len(arrays))) if wrt is None else list(wrt)
    points = [array.asnumpy() for array in arrays]
    contexts = [array.context for array in arrays]
    for i in positions:
        if points[i].dtype != np.float64:
            raise DTypeError(
                f"Argument {i} of check_gradient()",
                "is not precise enough for finite differences",
                expected="float64",
                received=points[i].dtype,
            )

    def evaluate(values: Sequence[Any]) -> list[NDArray]:
        inputs = [from_data(value, ctx) for value, ctx in zip(values, contexts, strict=True)]
        return _as_list(function(*inputs))

    with autograd.train_mode():
        outputs = evaluate(points)
    weights = [_direction(rng, output.shape) for output in outputs]
    directions = {i: _direction(rng, points[i].shape) for i in positions}

    def projected(step: float) -> float:
        moved = [point + step * directions[i] if i in directions else point for i, point in enumerate(points)]
        with autograd.train_mode():
            results = evaluate(moved)
        return sum(float((r.asnumpy() * u).sum()) for r, u in zip(results, weights, strict=True))

    expected = (projected(eps) - projected(-eps)) / (2 * eps)
    by_backward = _by_backward(function, points, contexts, positions, weights)
    by_grad = _by_grad(function, points, contexts, positions, weights)
    scale = max(1.0, abs(expected), *(float(np.abs(g).max(initial=0)) for g in by_backward))
    for name, found in (("backward()", by_backward), ("grad(create_graph=True)", by_grad)):
        received = sum(float((g * directions[i]).sum()) for i, g in zip(positions, found, strict=True))
        if not abs(received - expected) <= rtol * scale:
            raise GradientMismatch(
                f"{name} gives {received:.12g} along a random direction, finite differences give "
                f"{expected:.12g}; gradients: {found}"
            )
    if order > 1:
        head_grads = [from_data(u, out.context) for u, out in zip(weights, outputs, strict=True)]

        def first_gradient(*inputs: NDArray) -> list[NDArray]:
            variables = [inputs[i] for i in positions]
            if not autograd.is_recording():
                for variable in variables:
                    variable.attach_grad()
            with autograd.record():
                heads = _as_list(function(*inputs))
                return _gradients_or_zeros(heads, variables, head_grads, create_graph=True)

        check_gradient(
            first_gradient,
            arrays,
            wrt=positions,
            order=order - 1,
            eps=eps,
            rtol=rtol * 10,
            seed=seed + 1,
        )


def _direction(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return random numbers none of which is near 0: what is wrong in one entry must weigh in."""
    return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 1.5, shape))


def _as_list(value: Any) -> list[NDArray]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _variables(points: Sequence[Any], contexts: Sequence[Any], positions: Sequence[int]) -> list[NDArray]:
    inputs = [from_data(point, ctx) for point, ctx in zip(points, contexts, strict=True)]
    for i in positions:
        inputs[i].attach_grad()
    return inputs


def _gradients_or_zeros(
    heads: Sequence[NDArray],
    variables: Sequence[NDArray],
    head_grads: Sequence[NDArray],
    *,
    create_graph: bool,
) -> list[NDArray]:
    """Return gradients, zeros (without history) for variables that the heads do not depend on."""
    pairs = _tied(heads, variables, head_grads)
    result: list[NDArray] = autograd.grad(
        [head for head, _ in pairs],
        list(variables),
        [g for _, g in pairs],
        create_graph=create_graph,
    )
    return result


def _tied(
    heads: Sequence[NDArray], variables: Sequence[NDArray], head_grads: Sequence[NDArray]
) -> list[tuple[NDArray, NDArray | None]]:
    """Return the heads that depend on a variable, and one that is 0 and depends on all of them.

    A function may not depend on an input; its gradient is then zero, which autograd reports as an error.
    """
    depending = [(head, g) for head, g in zip(heads, head_grads, strict=True) if head._node is not None]
    ties = [((variable * 0).sum(), None) for variable in variables]
    return [*depending, *ties]


def _by_backward(
    function: Callable[..., Any],
    points: Sequence[Any],
    contexts: Sequence[Any],
    positions: Sequence[int],
    weights: Sequence[Any],
) -> list[np.ndarray[Any, Any]]:
    inputs = _variables(points, contexts, positions)
    with autograd.record():
        heads = _as_list(function(*inputs))
        head_grads = [from_data(u, head.context) for u, head in zip(weights, heads, strict=True)]
        pairs = _tied(heads, [inputs[i] for i in positions], head_grads)
    autograd.backward([head for head, _ in pairs], [g for _, g in pairs])
    return [inputs[i].grad.asnumpy() for i in positions]  # type: ignore[union-attr]


def _by_grad(
    function: Callable[..., Any],
    points: Sequence[Any],
    contexts: Sequence[Any],
    positions: Sequence[int],
    weights: Sequence[Any],
) -> list[np.ndarray[Any, Any]]:
    inputs = _variables(points, contexts, positions)
    with autograd.record():
        heads = _as_list(function(*inputs))
        head_grads = [from_data(u, head.context) for u, head in zip(weights, heads, strict=True)]
        found = _gradients_or_zeros(heads, [inputs[i] for i in positions], head_grads, create_graph=True)
    return [g.asnumpy() for g in found]
