"""Which operators there are, and what they take."""

from __future__ import annotations

from typing import NamedTuple

from gluonish.engine.operator import declare_all, find_operator, operators

__all__ = ["OperatorArguments", "get_all_registered_operators", "get_operator_arguments"]


class OperatorArguments(NamedTuple):
    """What an operator takes.

    Attributes:
        narg: how many arguments there are.
        names: their names, inputs first.
        types: what may be given for each, in words.
    """

    narg: int
    names: list[str]
    types: list[str]


def get_all_registered_operators() -> list[str]:
    """Return the names of all operators.

    Example:
        >>> "Convolution" in get_all_registered_operators()
        True
    """
    declare_all()
    return list(operators())


def get_operator_arguments(op_name: str) -> OperatorArguments:
    """Return what an operator takes.

    Raises:
        UnknownNameError: there is no such operator.

    Example:
        >>> get_operator_arguments("Activation").names
        ['data', 'act_type']
    """
    op = find_operator(op_name)
    inputs = [*op.input_names] if op.variadic is None else [op.variadic]
    array = "NDArray-or-Symbol" if op.variadic is None else "NDArray-or-Symbol[]"
    types = [array] * len(inputs) + [field.expected for field in op.fields.values()]
    return OperatorArguments(len(types), [*inputs, *op.fields], types)
