"""How executors are made: from arrays for a symbol's variables, or from shapes of its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from gluonish.context import Context
from gluonish.dtype import as_dtype
from gluonish.engine.ndarray import NDArray
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    ContextError,
    ShapeInferenceError,
    UnknownNameError,
)
from gluonish.executor.executor import Executor
from gluonish.executor.placement import places_of
from gluonish.executor.pool import Kind, Pool
from gluonish.executor.storages import gradient_storages
from gluonish.shape import PartialShape, format_shape, is_known
from gluonish.symbol import Symbol
from gluonish.symbol.infer import infer_dtypes, infer_shapes
from gluonish.symbol.spelling import as_partial, read_stype

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
    places = {
        node.name: place
        for node, place in zip(symbol.nodes(), places_of(symbol, ctx, group2ctx).values(), strict=True)
        if node.op is None
    }
    state_names = symbol.list_auxiliary_states()
    for variables, arrays in ((names, arguments), (names, gradients), (state_names, states)):
        _check_places(variables, arrays, places)
    return Executor(symbol, ctx, arguments, gradients, _requests(names, grad_req), states, group2ctx)


def _check_places(
    names: Sequence[str], arrays: Sequence[NDArray | None], places: Mapping[str, Context]
) -> None:
    for name, array in zip(names, arrays, strict=True):
        if array is not None and array.context.place is not places[name].place:
            raise ContextError(
                f"The array for {name!r}",
                "is not where its variable is computed with",
                expected=places[name],
                received=array.context,
                fix="Move it, or bind the symbol to its context.",
            )


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
    kinds = _kinds(symbol, ctx, shapes, type_dict or {}, stype_dict or {}, group2ctx)
    storages = gradient_storages(symbol, {name: kind.stype for name, kind in kinds.items()})
    pool = Pool(shared_buffer, shared_exec, shared_arg_names or ())
    arguments = [pool.argument(name, kinds[name]) for name in names]
    gradients = [
        None if request == "null" else pool.gradient(name, attrs.evolve(kinds[name], stype=storages[name]))
        for name, request in zip(names, requests, strict=True)
    ]
    states = [pool.state(name, kinds[name]) for name in state_names]
    return Executor(symbol, ctx, arguments, gradients, requests, states, group2ctx)


def _kinds(
    symbol: Symbol,
    ctx: Context,
    shapes: Mapping[str, Any],
    dtypes: Mapping[str, Any],
    stypes: Mapping[str, str],
    group2ctx: Mapping[str, Context] | None,
) -> dict[str, Kind]:
    """Return what the array of each variable is like, by its name.

    Names that the symbol does not have are passed over, as in MXNet: a program may tell shapes of labels to a
    symbol that has none.

    Raises:
        ShapeInferenceError: shapes do not follow from those that are given.
        ArgumentTypeError: a shape is none.
    """
    variables = {node.name: node for node in symbol.nodes() if node.op is None}
    partial = {name: _given_shape(name, shapes[name]) for name in variables if name in shapes}
    known = {name: as_dtype(dtypes[name]) for name in variables if dtypes.get(name) is not None}
    found = infer_shapes(symbol, lambda node: partial.get(node.name))
    types = infer_dtypes(symbol, known)
    places = places_of(symbol, ctx, group2ctx)
    kinds, lacking = {}, []
    for name, node in variables.items():
        (shape,), (dtype,) = found[id(node)], types[id(node)]
        if is_known(shape):
            stype = stypes.get(name) or read_stype(node.attrs.get("__storage_type__"))
            kinds[name] = Kind(shape, dtype, places[id(node)], stype)
        else:
            lacking.append(repr(name))
    if lacking:
        raise ShapeInferenceError(
            f"The shape of {', '.join(lacking)}",
            "does not follow from those that are given",
            received=", ".join(f"{name}={format_shape(shape)}" for name, shape in partial.items()) or "none",
            fix="Give them too, simple_bind(ctx, data=(32, 10), ...).",
        )
    return kinds


def _given_shape(name: str, shape: Any) -> PartialShape:
    if not isinstance(shape, (tuple, list)):
        raise ArgumentTypeError(
            f"The shape of {name!r}", "is none", expected="a tuple of sizes", received=repr(shape)
        )
    return as_partial(tuple(shape), f"The shape of {name!r}")
