"""Telling which kernel would run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from gluonish.context import Context
from gluonish.engine.backend import backend_of
from gluonish.engine.dispatch import Candidate, candidates
from gluonish.engine.invoke import bind_arguments, check_arrays
from gluonish.engine.operator import Operator, find_operator
from gluonish.errors import ArgumentTypeError

__all__ = ["Explanation", "explain"]


@attrs.frozen(repr=False)
class Explanation:
    """Which kernel would run a call, and why the others would not. Printing it gives the text.

    Attributes:
        operator: the operator's name.
        context: where it would run.
        candidates: its kernels there in the order in which they are asked, each with its ``provider`` and
            its ``refusal``: None, or the reason why it would not run.
    """

    operator: str
    context: Context
    candidates: tuple[Candidate, ...]

    @property
    def provider(self) -> str | None:
        """Whose kernel would run; None where the provider that is forced refuses."""
        return next((each.provider for each in self.candidates if each.refusal is None), None)

    def __repr__(self) -> str:
        width = max(len(each.provider) for each in self.candidates)
        lines = [
            f"  {each.provider:{width}}  "
            + ("would run" if each.refusal is None else f"would not: {each.refusal}")
            for each in self.candidates
        ]
        return "\n".join([f"Operator {self.operator!r} on {self.context}:", *lines])


def explain(op: str | Callable[..., Any], /, *arrays: Any, **params: Any) -> Explanation:
    """Return which kernel would run an operator on these arrays, and why the others would not.

    Args:
        op: a name or alias of the operator, or a function of ``mx.nd`` made from one.
        arrays: its arguments, as for a call.
        params: its parameters and further arguments by name, as for a call.

    Raises:
        UnknownNameError: there is no such operator.
        ArgumentTypeError: a function that is no operator.
        ArgumentError, ContextError, DTypeError, ShapeMismatchError: the call itself would raise this.

    Example:
        >>> import gluonish as mx
        >>> @mx.kernels.register("softmax", provider="mine", when=lambda arrays, params: "too small")
        ... def softmax(xp, data, **params): ...
        >>> mx.kernels.explain("softmax", mx.nd.ones((2, 3)))
        Operator 'softmax' on cpu(0):
          mine     would not: too small
          generic  would run
        >>> mx.kernels.unregister("softmax", "mine")
    """
    found = _operator_of(op)
    inputs, given = bind_arguments(found, arrays, params)
    filled = found.fill(given)
    ctx, raws = check_arrays(found, inputs, filled)
    lookup = candidates(found, backend_of(ctx).kind, tuple(raws), filled)
    return Explanation(found.name, ctx, tuple(lookup))


def _operator_of(op: str | Callable[..., Any]) -> Operator:
    if isinstance(op, str):
        return find_operator(op)
    found = getattr(op, "operator", None)
    if not isinstance(found, Operator):
        raise ArgumentTypeError(
            "explain()",
            "knows no such operator",
            expected="a name, or a function of mx.nd that was made from an operator",
            received=f"{op!r:.60}",
        )
    return found
