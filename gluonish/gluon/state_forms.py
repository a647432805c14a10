"""States of optimizers that work on one parameter at a time: nested tuples of arrays, numbers and names.

In a file they are their arrays, by number, and a form that JSON can hold: ``{"array": 0}``,
``{"value": 0.5}``, ``{"tuple": [...]}`` or ``{"list": [...]}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import ArgumentError
from gluonish.gluon.single_updates import arrays_of
from gluonish.optimizer import Optimizer
from gluonish.parameter.core import ParameterCore

__all__ = ["put_together", "take_apart"]


def take_apart(state: Any, optimizer: Optimizer) -> tuple[dict[str, np.ndarray[Any, Any]], Any]:
    """Return the arrays in a state, on the host, and its form.

    Raises:
        ArgumentError: there is something else in it.
    """
    values = {str(i): np.array(array) for i, array in enumerate(arrays_of(state))}
    return values, _form(state, iter(range(len(values))), optimizer)


def _form(state: Any, numbers: Iterator[int], optimizer: Optimizer) -> Any:
    if isinstance(state, NDArray):
        return {"array": next(numbers)}
    if isinstance(state, (tuple, list)):
        kind = "tuple" if isinstance(state, tuple) else "list"
        return {kind: [_form(each, numbers, optimizer) for each in state]}
    if state is None or isinstance(state, (bool, int, float, str)):
        return {"value": state}
    raise ArgumentError(
        f"Optimizer {type(optimizer).__name__}",
        "keeps states in a form that only it knows",
        expected="arrays, numbers, and tuples of them",
        received=type(state).__name__,
        fix="State it by slot_names() and step(), and the Trainer can save it.",
    )


def put_together(form: Any, values: Mapping[str, Any], core: ParameterCore) -> Any:
    """Return the state of a form, with its arrays on the parameter's first context.

    Raises:
        KeyError, TypeError, ValueError: there is no such form, or no such array.
    """
    ((kind, content),) = form.items()
    if kind == "array":
        return from_data(np.asarray(values[str(content)]), core.contexts()[0])
    if kind == "value":
        return content
    if kind not in ("tuple", "list"):
        raise ValueError(f"{kind!r} is no kind of state")
    parts = [put_together(each, values, core) for each in content]
    return tuple(parts) if kind == "tuple" else parts
