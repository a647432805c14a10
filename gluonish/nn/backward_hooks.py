"""Seeing and replacing the gradients of a module's inputs and outputs.

Inputs and outputs pass through operators of their own (copies that the backward pass visits as one node), so
that all gradients of one side are known together, whatever else uses the same tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gluonish.autograd import Function
from gluonish.engine.mode import MODE
from gluonish.engine.ndarray import NDArray

__all__ = ["BackwardTap"]


class _Gate(Function):
    """Passes arrays on, and gives their gradients, all together, to a function."""

    def __init__(self, see: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> None:
        super().__init__()
        self._see = see

    def forward(self, *arrays: NDArray) -> Any:
        """Return copies."""
        copies = tuple(array.detach().copy() for array in arrays)
        return copies if len(copies) > 1 else copies[0]

    def backward(self, *grads: NDArray) -> Any:
        """Return what the function makes of the gradients."""
        seen = self._see(grads)
        return seen if len(seen) > 1 else seen[0]


class BackwardTap:
    """The backward hooks of one call of a module.

    Args:
        module: the module.
        before: hooks on the gradients of outputs.
        after: hooks on those of inputs.
    """

    def __init__(
        self, module: Any, before: Mapping[int, Callable[..., Any]], after: Mapping[int, Callable[..., Any]]
    ) -> None:
        self._module = module
        self._before = before
        self._after = after
        self._grad_output: tuple[Any, ...] = ()
        self._tapped = False
        self._count = 0

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments, those that need gradients behind a gate."""
        self._count = len(args)
        self._tapped = any(_needs_gradient(each) for each in args)
        return _gated(args, self._see_inputs) if self._after else args

    def outputs(self, output: Any) -> Any:
        """Return the output of the module behind a gate."""
        several = isinstance(output, (tuple, list))
        gated = _gated(tuple(output) if several else (output,), self._see_outputs)
        return type(output)(gated) if several else gated[0]

    def _see_outputs(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in list(self._before.values()):
            answer = hook(self._module, grads)
            if answer is not None:
                grads = answer if isinstance(answer, tuple) else (answer,)
        self._grad_output = grads
        if not self._tapped:  # no input needs a gradient: there is no later moment
            for hook in list(self._after.values()):
                hook(self._module, (None,) * self._count, grads)
        return grads

    def _see_inputs(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in list(self._after.values()):
            answer = hook(self._module, grads, self._grad_output)
            if answer is not None:
                grads = answer if isinstance(answer, tuple) else (answer,)
        return grads


def _needs_gradient(value: Any) -> bool:
    if not isinstance(value, NDArray) or value._node is None or MODE.paused:
        return False
    return MODE.recording or value.tracks_itself


def _gated(values: tuple[Any, ...], see: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> tuple[Any, ...]:
    places = [i for i, each in enumerate(values) if _needs_gradient(each)]
    if not places:
        return values

    def see_all(grads: tuple[Any, ...]) -> tuple[Any, ...]:
        around: list[Any] = [None] * len(values)
        for place, grad in zip(places, grads, strict=True):
            around[place] = grad
        seen = see(tuple(around))
        return tuple(seen[place] for place in places)

    passed = _Gate(see_all)(*(values[place] for place in places))
    passed = passed if isinstance(passed, (tuple, list)) else (passed,)
    result = list(values)
    for place, each in zip(places, passed, strict=True):
        result[place] = each
    return tuple(result)
