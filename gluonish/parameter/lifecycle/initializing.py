"""Giving parameters their first values: at once, or as soon as their shapes are known."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import numpy as np

from gluonish import autograd, initializer
from gluonish.context import Context, as_context, cpu
from gluonish.engine import rng
from gluonish.engine.backend import backend_of
from gluonish.engine.invoke import settle_hook
from gluonish.engine.ndarray import NDArray
from gluonish.engine.operator import ABSENT, Operator
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.initializer.base import fill_as_weight
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.explain import pending_error
from gluonish.parameter.flat import FlatGroup
from gluonish.parameter.lifecycle.grouping import commit
from gluonish.parameter.settling import Placeholder
from gluonish.parameter.states import Deferred
from gluonish.shape import format_shape, is_known

__all__ = ["COMPLETING", "DEFERRALS", "InitRequest", "as_contexts", "finish", "initialize", "realize"]


class _Deferrals:
    """Counts how often a parameter became deferred.

    A block that has seen to its parameters once need not look again until this number changes.
    """

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


DEFERRALS = _Deferrals()

COMPLETING = threading.RLock()
"""Held while deferred parameters are completed, so that of several threads one does it."""


def as_contexts(ctx: Context | str | Iterable[Context] | None) -> tuple[Context, ...]:
    """Return the contexts that an argument names, each once, in order; None is the current one.

    Raises:
        ArgumentError: there is none.
    """
    given = list(ctx) if isinstance(ctx, (list, tuple)) else [ctx]
    contexts = tuple(dict.fromkeys(as_context(each) for each in given))  # type: ignore[arg-type]
    if not contexts:
        raise ArgumentError("The list of contexts", "is empty", expected="at least one context")
    return contexts


@attrs.frozen(eq=False)
class InitRequest:
    """That a parameter be initialised.

    Attributes:
        core: the parameter.
        path: its place below what is being initialised; the key of its random stream.
        init: an initializer that comes before the parameter's own.
        default_init: one that comes after it.
    """

    core: ParameterCore
    path: str
    init: Any = None
    default_init: Any = None

    def initializer(self) -> Any:
        """Return the initializer that counts, resolved."""
        chosen = self.init if self.init is not None else self.core.init
        if chosen is None:
            chosen = self.default_init
        return initializer.create(chosen)


def initialize(
    requests: Sequence[InitRequest], contexts: tuple[Context, ...], *, force_reinit: bool = False
) -> None:
    """Give parameters their first values, on all contexts; those of unknown shape become deferred.

    Raises:
        ArgumentError: a shape is unknown and the parameter does not allow deferral.
        DeviceUnavailableError: a context cannot hold arrays here.
        UnknownNameError: an initializer is not registered.
    """
    for ctx in contexts:
        backend_of(ctx)
    wanted = []
    for request in requests:
        if request.core.is_ready and not force_reinit:
            warnings.warn(
                f"{request.core.label} is already initialized, ignoring. "
                "Set force_reinit=True to initialize it again.",
                UserWarning,
                stacklevel=4,
            )
            continue
        _check_can_start(request.core)
        wanted.append((request, request.initializer()))
    plans = [
        (request.core, Deferred(chosen, contexts, rng.initial_key(request.path), request.core.dtype))
        for request, chosen in wanted
    ]
    try:
        realize([(core, plan) for core, plan in plans if is_known(core.shape)])
    except BaseException:
        rng.withdraw(request.path for request, _ in wanted)
        raise
    for core, plan in plans:
        if not is_known(core.shape):
            core.state = plan
            DEFERRALS.count += 1


def _check_can_start(core: ParameterCore) -> None:
    if not is_known(core.shape) and not core.allow_deferred_init:
        raise ArgumentError(
            core.label,
            "cannot be initialized: its shape is not known and it does not allow deferred initialization",
            received=f"shape {format_shape(core.shape)}",
            fix="Give its full shape, or allow_deferred_init=True.",
        )
    if core.stype == "csr":
        raise ArgumentError(
            core.label,
            "cannot be initialized: an initializer has no sparse matrix to fill",
            received="stype 'csr'",
            fix="Use stype='row_sparse', or pass the matrix as an input.",
        )


def finish(cores: Sequence[ParameterCore]) -> None:
    """Complete deferred parameters whose shapes are known by now.

    Raises:
        DeferredInitializationError: a shape is still unknown. Nothing is completed then.
    """
    with COMPLETING:
        plans = [(core, core.state) for core in cores if isinstance(core.state, Deferred)]
        unknown = [core for core, _ in plans if not is_known(core.shape)]
        if unknown:
            raise pending_error(unknown, "could not be completed")
        realize(plans)


def realize(plans: Sequence[tuple[ParameterCore, Deferred]]) -> None:
    """Allocate, fill and commit parameters of known shapes, grouped by what lies together."""
    built = []
    buckets: dict[Any, list[tuple[ParameterCore, Deferred]]] = {}
    for core, plan in plans:
        buckets.setdefault((core.dtype, plan.contexts, core.has_flat_grad), []).append((core, plan))
    for (dtype, contexts, has_grad), members in buckets.items():
        group = FlatGroup([core for core, _ in members], contexts, dtype, has_grad=has_grad)
        for index, (core, plan) in enumerate(members):
            _fill(group, index, core, plan)
        built.append(group)
    commit(built)


def _fill(group: FlatGroup, index: int, core: ParameterCore, plan: Deferred) -> None:
    """Write the initial value of a parameter to its place in the slabs of a new group."""
    shape = core.known_shape()
    first, *others = group.contexts
    pieces = {ctx: group.piece(group.data[ctx.place].flat, index, shape) for ctx in group.contexts}
    on_host = not backend_of(first).enters_device
    host = pieces[first] if on_host else np.zeros(shape, core.dtype)
    if plan.value is None and plan.dtype == core.dtype:
        _draw(core, plan, host)
    else:
        value = _draw(core, plan, np.zeros(shape, plan.dtype)) if plan.value is None else plan.value
        with np.errstate(all="ignore"):  # a conversion may end in infinities
            host[...] = np.asarray(value)
    for ctx in others if on_host else group.contexts:
        backend = backend_of(ctx)
        with backend.scope(ctx):
            pieces[ctx][...] = backend.from_host(host, ctx)


def _draw(core: ParameterCore, plan: Deferred, host: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Let the initializer fill an array, and return it; draws come from the parameter's own stream."""
    desc = initializer.InitDesc(core.name)
    with autograd.pause(), rng.StreamScope(plan.key):
        fill_as_weight(plan.initializer, desc, NDArray(host, cpu(0)))
    return host


# -- settling by the first operator -----------------------------------------------------------------------


def _settle(op: Operator, inputs: Sequence[NDArray | None], params: dict[str, Any]) -> list[NDArray | None]:
    """Complete the placeholders among an operator's inputs by its shape rule, and return their arrays."""
    known = [
        x.partial_shape if isinstance(x, Placeholder) else ABSENT if x is None else x.shape for x in inputs
    ]
    waiting = [x for x in inputs if isinstance(x, Placeholder) and x.core.is_deferred]
    try:
        shapes, _ = op.infer(known, params)
    except ShapeMismatchError as error:
        if waiting:
            raise pending_error((x.core for x in waiting), f"met a contradiction ({error})") from error
        raise
    for x, shape in zip(inputs, shapes, strict=True):
        if isinstance(x, Placeholder) and x.core.is_deferred:
            x.core.merge_shape(shape)
    unsettled = [x.core for x in waiting if not is_known(x.core.shape)]
    if unsettled:
        raise pending_error(unsettled, f"is the input of operator {op.name!r}, which cannot settle it")
    finish([x.core for x in waiting])
    return [x.core.data(x.context)._as(x.family) if isinstance(x, Placeholder) else x for x in inputs]


settle_hook.settle = _settle
