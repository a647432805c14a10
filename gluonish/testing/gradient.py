"""Checking gradients against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np

from gluonish import autograd
from gluonish.context import Context
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
    positions = list(range(len(arrays))) if wrt is None else list(wrt)
    probe = _Probe.at(function, arrays, positions, np.random.default_rng(seed))
    _compare(probe, eps, rtol)
    if order > 1:
        check_gradient(
            probe.first_gradient,
            arrays,
            wrt=positions,
            order=order - 1,
            eps=eps,
            rtol=rtol * 10,
            seed=seed + 1,
        )


def _compare(probe: _Probe, eps: float, rtol: float) -> None:
    """Compare the gradients of both ways to get them with central differences.

    Raises:
        GradientMismatch: they differ.
    """
    expected = (probe.value(eps) - probe.value(-eps)) / (2 * eps)
    gradients = {"backward()": probe.by_backward(), "grad(create_graph=True)": probe.by_grad()}
    largest = (float(np.abs(g).max(initial=0)) for g in gradients["backward()"])
    scale = max(1.0, abs(expected), *largest)
    for name, found in gradients.items():
        received = probe.along(found)
        if not abs(received - expected) <= rtol * scale:
            raise GradientMismatch(
                f"{name} gives {received:.12g} along a random direction, finite differences give "
                f"{expected:.12g}; gradients: {found}"
            )


@attrs.frozen
class _Probe:
    """A function at a point, turned into one of a single number: a step along a random direction.

    Attributes:
        function: what is looked at.
        points: the arguments, as NumPy arrays.
        contexts: where they are.
        directions: where a step leads, by the positions of the arguments to differentiate by.
        weights: for each output, what its elements count.
    """

    function: Callable[..., Any]
    points: list[Any]
    contexts: list[Context]
    directions: dict[int, Any]
    weights: list[Any]

    @classmethod
    def at(
        cls,
        function: Callable[..., Any],
        arrays: Sequence[NDArray],
        positions: Sequence[int],
        rng: np.random.Generator,
    ) -> _Probe:
        """Draw directions for a function at a point.

        Raises:
            DTypeError: an argument to differentiate by is not float64.
        """
        points = [array.asnumpy() for array in arrays]
        for i in positions:
            if points[i].dtype != np.float64:
                raise DTypeError(
                    f"Argument {i} of check_gradient()",
                    "is not precise enough for finite differences",
                    expected="float64",
                    received=points[i].dtype,
                )
        with autograd.train_mode():
            outputs = _as_list(
                function(*(from_data(p, a.context) for p, a in zip(points, arrays, strict=True)))
            )
        weights = [_direction(rng, output.shape) for output in outputs]
        directions = {i: _direction(rng, points[i].shape) for i in positions}
        return cls(function, points, [array.context for array in arrays], directions, weights)

    def value(self, step: float) -> float:
        """Return the weighted sum of the outputs behind a step."""
        moved = [
            point + step * self.directions[i] if i in self.directions else point
            for i, point in enumerate(self.points)
        ]
        with autograd.train_mode():
            results = _as_list(self.function(*self._arrays(moved)))
        return sum(float((r.asnumpy() * u).sum()) for r, u in zip(results, self.weights, strict=True))

    def along(self, gradients: Sequence[Any]) -> float:
        """Return the derivative along the directions, from gradients."""
        pairs = zip(self.directions.values(), gradients, strict=True)
        return sum(float((gradient * direction).sum()) for direction, gradient in pairs)

    def by_backward(self) -> list[np.ndarray[Any, Any]]:
        """Return the gradients that ``backward()`` leaves in the buffers."""
        variables, heads, head_grads = self._record()
        autograd.backward(heads, head_grads)
        return [variable.grad.asnumpy() for variable in variables]  # type: ignore[union-attr]

    def by_grad(self) -> list[np.ndarray[Any, Any]]:
        """Return the gradients that recorded operators compute."""
        variables, heads, head_grads = self._record()
        found = autograd.grad(heads, variables, head_grads, create_graph=True)
        return [gradient.asnumpy() for gradient in found]

    def first_gradient(self, *inputs: NDArray) -> list[NDArray]:
        """Return the gradients as a function of the arguments, to be differentiated in turn."""
        variables = [inputs[i] for i in self.directions]
        if not autograd.is_recording():
            for variable in variables:
                variable.attach_grad()
        with autograd.record():
            heads, head_grads = self._heads(inputs, variables)
            gradients: list[NDArray] = autograd.grad(heads, variables, head_grads, create_graph=True)
        return gradients

    def _arrays(self, points: Sequence[Any]) -> list[NDArray]:
        return [from_data(point, ctx) for point, ctx in zip(points, self.contexts, strict=True)]

    def _record(self) -> tuple[list[NDArray], list[NDArray], list[NDArray | None]]:
        """Return new variables, and the heads with their gradients that were recorded from them."""
        inputs = self._arrays(self.points)
        variables = [inputs[i] for i in self.directions]
        for variable in variables:
            variable.attach_grad()
        with autograd.record():
            return variables, *self._heads(inputs, variables)

    def _heads(
        self, inputs: Sequence[NDArray], variables: Sequence[NDArray]
    ) -> tuple[list[NDArray], list[NDArray | None]]:
        """Return the outputs that depend on a variable and their gradients, and zeros that depend on all.

        A function may not depend on an input; its gradient is then zero, which autograd reports as an error.
        """
        outputs = zip(_as_list(self.function(*inputs)), self.weights, strict=True)
        depending = [(head, from_data(u, head.context)) for head, u in outputs if head._node is not None]
        ties = [(variable * 0).sum() for variable in variables]
        heads = [*(head for head, _ in depending), *ties]
        return heads, [*(grad for _, grad in depending), *[None] * len(ties)]


def _direction(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return random numbers none of which is near 0: what is wrong in one entry must weigh in."""
    return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 1.5, shape))


def _as_list(value: Any) -> list[NDArray]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
