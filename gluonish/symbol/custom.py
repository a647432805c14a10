"""``sym.Custom``: an operator that the program has defined, as a node."""

from __future__ import annotations

from typing import Any

from gluonish.operator.bridge import CustomOperator
from gluonish.operator.custom import make_prop
from gluonish.symbol.compose import compose
from gluonish.symbol.symbol import Symbol

__all__ = ["Custom"]


def Custom(  # noqa: N802  MXNet's name
    *data: Symbol, op_type: str | None = None, name: str | None = None, attr: Any = None, **kwargs: Any
) -> Symbol:
    """Return the symbol of an operator that the program has defined; see ``mx.operator``.

    Args:
        data: its inputs and states, in the order in which it lists them. They may be given by name too; those
            that are not given become variables.
        op_type: the name it is registered under.
        name: the name of the node.
        attr: attributes of the node.
        kwargs: its parameters, which it gets as strings.

    Raises:
        UnknownNameError: no operator of that name is registered.
        ArgumentError: inputs or parameters that it does not take.
    """
    inputs = {key: value for key, value in kwargs.items() if isinstance(value, Symbol)}
    params = {key: value for key, value in kwargs.items() if key not in inputs}
    op = CustomOperator(op_type, make_prop(op_type, params))
    op.require_inputs(inputs)
    symbol = compose(op, data, inputs, name=name, attr=attr)
    symbol.outputs[0][0].given = {"op_type": op_type, **params}
    return symbol
