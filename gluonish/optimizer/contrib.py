"""Optimizers that MXNet keeps in ``mx.optimizer.contrib``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.ops.updates import adaptive
from gluonish.optimizer.base import Optimizer
from gluonish.optimizer.registry import register

__all__ = ["GroupAdaGrad"]

MATRIX = 2


@register
class GroupAdaGrad(Optimizer):
    """AdaGrad with one sum per row, for embeddings: it keeps a column beside each matrix.

    With G = C(r g)::

        h <- h + mean(G^2 over the row)
        w <- w - lr G / sqrt(h + eps)

    Args:
        eps: keeps the divisor from 0.
        kwargs: see ``Optimizer``. Weight decay must be 0.

    Raises:
        ShapeMismatchError: by ``create_state``, for a parameter that is no matrix.
        ArgumentError: by ``update``, if there is a weight decay.
    """

    single_states = True

    def __init__(self, eps: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def slot_names(self) -> dict[str, str]:
        """The sums of mean squares."""
        return {"history": "zeros"}

    def create_state(self, index: Any, weight: NDArray) -> Any:  # noqa: ARG002  MXNet's signature
        """Return a column of zeros."""
        if len(weight.shape) != MATRIX:
            raise ShapeMismatchError(
                "GroupAdaGrad", "updates matrices only", expected="two axes", received=f"shape {weight.shape}"
            )
        return self._zeros(weight, (weight.shape[0], 1), self.slot_dtype(weight.dtype))

    def rates(self, index: Any) -> dict[str, float]:
        """Return the learning rate of one parameter."""
        rates = super().rates(index)
        if rates.pop("wd"):
            raise ArgumentError(
                "GroupAdaGrad", "has no weight decay", expected="wd=0", received=self._get_wd(index)
            )
        return rates

    def steps_on_rows(self, stype: str) -> bool:  # noqa: ARG002  any storage
        """Tell whether a row-sparse gradient changes only its rows: it does."""
        return True

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its history in place."""
        history = slots["history"]
        adaptive.group_adagrad(
            xp, weight, grad, history, weight, epsilon=self.float_stable_eps, **rates, **self.scaling
        )
