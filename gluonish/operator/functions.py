"""``nd.Custom``: calling an operator that the program has defined."""

from __future__ import annotations

from typing import Any

from gluonish.engine.invoke import bind_arguments, invoke
from gluonish.engine.ndarray import NDArray
from gluonish.operator.bridge import CustomOperator
from gluonish.operator.custom import make_prop

__all__ = ["Custom"]


def Custom(*data: NDArray, op_type: str | None = None, name: str | None = None, **kwargs: Any) -> Any:  # noqa: N802
    """Call an operator that the program has defined; see ``mx.operator``.

    Args:
        data: its inputs and states, in the order in which it lists them. They may be given by name too.
        op_type: the name it is registered under.
        name: accepted for the sake of programs that run with ``mx.sym`` too.
        kwargs: its parameters, which it gets as strings.

    Returns:
        The output, or a list of several.

    Raises:
        UnknownNameError: no operator of that name is registered.
        ArgumentError: inputs or parameters that it does not take.
        OperatorError: it failed; its own error is the cause.
    """
    del name
    out = kwargs.pop("out", None)
    arrays = {key: value for key, value in kwargs.items() if isinstance(value, NDArray)}
    params = {key: value for key, value in kwargs.items() if key not in arrays}
    op = CustomOperator(op_type, make_prop(op_type, params))
    inputs, _ = bind_arguments(op, data, arrays)
    return invoke(op, inputs, {}, out)
