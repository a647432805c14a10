"""How executors are made: from arrays for a symbol's variables, or from shapes of its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeInferenceError, UnknownNameError
from gluonish.executor.executor import Executor
from gluonish.executor.placement import places_of
from gluonish.executor.pool import Pool
from gluonish.symbol import Symbol

__all__ = ["bind", "simple_bind"]

GRAD_REQS = ("null", "write", "add")


def bind(
    symbol: Symbol,
    ctx: Context,
    args: Any,
    args_grad: Any = None,
    grad_req: Any = "write",
    aux_states: Any = None,
    group2ctx: Mapping[str, Context] | None = None,
    shared_exec: Executor | None = None,
) -> Executor:
    """Return an executor over given arrays; see ``Symbol.bind``."""
    del shared_exec  # it lends memory for intermediate results, which is not held between runs here
    _check_context(ctx)
    names = symbol.list_arguments()
    arguments = _in_order(names, args, "args")
    gradients: list[Any] = [None] * len(names)
    if args_grad is not None:
        gradients = _in_order(names, args_grad, "args_grad", optional=True)
    states = _in_order(symbol.list_auxiliary_states(), [] if aux_states is None else aux_states, "aux_states")
    return Executor(symbol, ctx, arguments, gradients, _requests(names, grad_req), states, group2ctx)


def _check_context(ctx: Any) -> None:
    if not isinstance(ctx, Context):
        raise ArgumentTypeError(
            "A symbol", "is bound to a context", expected="a Context, mx.cpu()", received=repr(ctx)
        )


def _in_order(names: Sequence[str], arrays: Any, what: str, *, optional: bool = False) -> list[Any]:
    """Return arrays in the order of names, whichever way they are given.

    Raises:
        ArgumentError: another number of arrays, or a name without one.
        ArgumentTypeError: something that is no array.
    """
    if isinstance(arrays, Mapping):
        missing = [name for name in names if name not in arrays]
        if missing and not optional:
            raise ArgumentError(f"Variable {missing[0]!r}", f"has no array in {what}")
        found = [arrays.get(name) for name in names]
        optional = optional or not missing
    elif isinstance(arrays, (list, tuple)):
        if len(arrays) != len(names):
            raise ArgumentError(
                f"The arrays in {what}",
                "are not as many as the symbol has",
                expected=f"{len(names)}: {', '.join(names)}" if names else "none",
                received=len(arrays),
            )
        found = list(arrays)
    else:
        raise ArgumentTypeError(
            what, "holds no arrays", expected="a list or a dictionary of NDArrays", received=repr(arrays)[:60]
        )
    for name, array in zip(names, found, strict=True):
        if not isinstance(array, NDArray) and not (array is None and optional):
            raise ArgumentTypeError(
                f"What {what} has for {name!r}",
                "is no array",
                expected="an NDArray",
                received=type(array).__name__,
            )
    return found


def _requests(names: Sequence[str], grad_req: Any) -> list[str]:
    """Return how the gradient of each argument is kept.

    Raises:
        ArgumentError: a request that does not exist, or another number of them.
        ArgumentTypeError: they are neither a string, a list nor a dictionary.
    """
    if isinstance(grad_req, str):
        requests = [grad_req] * len(names)
    elif isinstance(grad_req, Mapping):
        requests = [grad_req.get(name, "null") for name in names]
    elif isinstance(grad_req, (list, tuple)):
        requests = list(grad_req)
    else:
        raise ArgumentTypeError(
            "grad_req", "cannot be read", expected="a string, a list or a dictionary", received=repr(grad_req)
        )
    if len(requests) != len(names):
        raise ArgumentError(
            "grad_req", "is not given for every argument", expected=len(names), received=len(requests)
        )
    for request in requests:
        if request not in GRAD_REQS:
            raise UnknownNameError(
                f"grad_req {request!r}", "does not exist", expected="'write', 'add' or 'null'"
            )
    return requests


def simple_bind(
    symbol: Symbol,
    ctx: Context,
    grad_req: Any = "write",
    type_dict: Mapping[str, Any] | None = None,
    stype_dict: Mapping[str, str] | None = None,
    group2ctx: Mapping[str, Context] | None = None,
    shared_arg_names: Sequence[str] | None = None,
    shared_exec: Executor | None = None,
    shared_buffer: dict[str, NDArray] | None = None,
    **shapes: Any,
) -> Executor:
    """Return an executor over new arrays; see ``Symbol.simple_bind``."""
    _check_context(ctx)
    if shared_buffer is not None and not isinstance(shared_buffer, dict):
        raise ArgumentTypeError(
            "shared_buffer", "holds arrays by name", expected="a dictionary", received=repr(shared_buffer)
        )
    names, state_names = symbol.list_arguments(), symbol.list_auxiliary_states()
    requests = _requests(names, grad_req)
    (arg_shapes, state_shapes), (arg_types, state_types) = _inferred(symbol, shapes, type_dict or {})
    places = _places(symbol, ctx, group2ctx)
    pool = Pool(shared_buffer, shared_exec, shared_arg_names or ())
    arguments = [
        pool.argument(name, shape, places[name], dtype)
        for name, shape, dtype in zip(names, arg_shapes, arg_types, strict=True)
    ]
    gradients = [
        None if request == "null" else pool.gradient(name, array)
        for name, array, request in zip(names, arguments, requests, strict=True)
    ]
    states = [
        pool.state(name, shape, places[name], dtype)
        for name, shape, dtype in zip(state_names, state_shapes, state_types, strict=True)
    ]
    return Executor(symbol, ctx, arguments, gradients, requests, states, group2ctx)


def _places(symbol: Symbol, ctx: Context, group2ctx: Mapping[str, Context] | None) -> dict[str, Context]:
    """Return the context of each variable, by its name."""
    places = places_of(symbol, ctx, group2ctx)
    return {node.name: places[id(node)] for node in symbol.nodes() if node.op is None}


def _inferred(
    symbol: Symbol, shapes: Mapping[str, Any], types: Mapping[str, Any]
) -> tuple[tuple[list[Any], list[Any]], tuple[list[Any], list[Any]]]:
    """Return shapes and dtypes of the arguments and the states.

    Names that the symbol does not have are passed over, as in MXNet: a program may tell shapes of labels to a
    symbol that has none.

    Raises:
        ShapeInferenceError: shapes do not follow from those that are given.
        ArgumentTypeError: a shape is none.
    """
    known = {name: shape for name, shape in shapes.items() if name in symbol.list_inputs()}
    for name, shape in known.items():
        if not isinstance(shape, (tuple, list)):
            raise ArgumentTypeError(
                f"The shape of {name!r}", "is none", expected="a tuple of sizes", received=repr(shape)
            )
    arguments, _, states = symbol.infer_shape_partial(**known)
    names = [*symbol.list_arguments(), *symbol.list_auxiliary_states()]
    open_ones = [
        name for name, shape in zip(names, [*arguments, *states], strict=True) if not shape or 0 in shape
    ]
    if open_ones:
        raise ShapeInferenceError(
            f"The shape of {', '.join(map(repr, open_ones))}",
            "does not follow from those that are given",
            received=", ".join(f"{name}={shape}" for name, shape in known.items()) or "none",
            fix="Give them too, simple_bind(ctx, data=(32, 10), ...).",
        )
    of_arguments, _, of_states = symbol.infer_type(
        **{
            name: np.dtype(dtype) if dtype is not None else None
            for name, dtype in types.items()
            if name in names
        }
    )
    return (arguments, states), (of_arguments, of_states)
