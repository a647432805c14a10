"""Completing the parameters of a block that wait for their shapes: first complete, then run forward, once.

For a block with pending parameters of its own, in this order:

1. If its class states ``infer_shape``, that is called with the inputs.
2. If it defines ``hybrid_forward``, that is traced once with symbols, and shapes are inferred over the graph.
   Python effects of the method happen in the trace too. Hooks are silent. A method that asks a symbol for
   what only an array has (``x.shape``), or that mixes symbols with arrays, cannot be traced and goes on to 3.
3. Otherwise the one real run settles them: pending parameters are placeholders, and the first operator that
   meets one completes its shape.

Nothing is run, caught and run again: a trace computes nothing. What fails leaves the parameters pending, with
the shapes they had.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gluonish.engine.ndarray import NDArray
from gluonish.errors import DeferredInitializationError
from gluonish.gluon.structure import leaves_of
from gluonish.gluon.tracing import Trace, is_tracing, trace
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.explain import pending_error
from gluonish.parameter.settling import settling_scope
from gluonish.shape import PartialShape, is_known
from gluonish.symbol import Symbol

if TYPE_CHECKING:
    from gluonish.gluon.block import Block

__all__ = ["complete_and_run", "complete_graph", "is_tracing", "trace_shapes"]


def complete_and_run(block: Block, args: tuple[Any, ...], kwargs: Mapping[str, Any] | None = None) -> Any:
    """Complete the block's own pending parameters from the inputs, and run its forward pass."""
    count = lifecycle.DEFERRALS.count
    pending = _own_pending(block)
    if not pending or block.replays_graph or _contains_symbol(args):
        output = block.forward(*args, **(kwargs or {}))
    else:
        output = _complete_and_run(block, args, kwargs or {}, pending)
    if not _own_pending(block):
        block.__dict__["_settled_at"] = count
    return output


def _own_pending(block: Block) -> list[ParameterCore]:
    return [p.core for _, p in block.own_parameters() if p.core.is_deferred]


def _complete_and_run(
    block: Block, args: tuple[Any, ...], kwargs: Mapping[str, Any], pending: list[ParameterCore]
) -> Any:
    _mark_called(pending)
    if block.is_traceable:
        _check_contexts(leaves_of(args), pending)
    # One thread completes; others that came meanwhile find nothing left to do.
    with lifecycle.COMPLETING, _undone_on_failure(pending):
        _complete(block, args, [core for core in pending if core.is_deferred])
    unsettled = [core for core in pending if core.is_deferred]
    with _undone_on_failure(unsettled), settling_scope(unsettled):
        return block.forward(*args, **kwargs)


def _mark_called(pending: Sequence[ParameterCore]) -> None:
    for core in pending:
        if core.owner is not None:
            core.owner.called = True


def _check_contexts(inputs: Iterable[Any], pending: Sequence[ParameterCore]) -> None:
    """Refuse inputs that are on none of the parameters' contexts, before anything follows from them.

    Raises:
        ContextError: they are.
    """
    first = next((each for each in inputs if isinstance(each, NDArray)), None)
    if first is not None:
        for core in pending:
            core.require_on(first.context)


@contextmanager
def _undone_on_failure(cores: Sequence[ParameterCore]) -> Iterator[None]:
    """Give parameters that are still pending after a failure the shapes they had before."""
    before = [(core, core.state, core.shape) for core in cores]
    try:
        yield
    except BaseException:
        for core, state, shape in before:
            if core.state is state:
                core.shape = shape
        raise


def _complete(block: Block, args: tuple[Any, ...], pending: list[ParameterCore]) -> None:
    """Complete what can be completed without running; see the module's text."""
    if not pending:  # another thread has done it
        return
    if block.states_shapes:
        block.infer_shape(*args)  # type: ignore[attr-defined]
        unknown = [core for core in pending if not is_known(core.shape)]
        if unknown:
            raise pending_error(unknown, "was left without a shape by infer_shape()")
    elif block.is_traceable:
        _infer_by_trace(block, args, pending)
    lifecycle.finish([core for core in pending if is_known(core.shape)])


def _infer_by_trace(block: Block, args: tuple[Any, ...], pending: list[ParameterCore]) -> None:
    """Learn shapes from a trace, unless one of such inputs has already left the same parameters pending."""
    inputs = _signature(args)
    if block.__dict__["_left_by_trace"] == (inputs, pending):
        return
    try:
        shapes = trace_shapes(block, args)
    except (AttributeError, TypeError, DeferredInitializationError):
        shapes = {}  # it cannot be traced; if it cannot run either, the run says why
    for core in pending:
        core.merge_shape(shapes.get(core))
    block.__dict__["_left_by_trace"] = (inputs, [core for core in pending if not is_known(core.shape)])


def _signature(value: Any) -> Any:
    """Return what a trace depends on, as a value that is equal for equal structures and shapes."""
    if isinstance(value, (list, tuple)):
        return tuple(_signature(each) for each in value)
    if isinstance(value, NDArray):
        return ("array", value.shape)
    return value if isinstance(value, (int, float, str, type(None))) else object()


def _contains_symbol(args: Sequence[Any]) -> bool:
    return any(isinstance(leaf, Symbol) for leaf in leaves_of(args))


def trace_shapes(block: Block, args: tuple[Any, ...]) -> dict[ParameterCore, PartialShape]:
    """Return the shapes of a block's parameters that a trace meets, as far as they follow from the inputs.

    Raises:
        SymbolValueError, ArgumentTypeError: the block cannot be traced.
        ShapeMismatchError: the shapes contradict each other.
    """
    arrays = [leaf for leaf in leaves_of(args) if isinstance(leaf, NDArray)]
    return trace(block, args, strict=False).shapes(arrays)


@contextmanager
def complete_graph(graph: Trace, cores: Sequence[ParameterCore], arrays: Sequence[NDArray]) -> Iterator[None]:
    """Complete the pending parameters of a graph from its inputs, in a scope in which it is to be run.

    What does not follow from the inputs' shapes is settled by the run, in this scope.
    """
    pending = [core for core in cores if core.is_deferred]
    _mark_called(pending)
    _check_contexts(arrays, pending)
    with lifecycle.COMPLETING, _undone_on_failure(pending):
        pending = [core for core in pending if core.is_deferred]
        shapes = graph.shapes(arrays) if pending else {}
        for core in pending:
            core.merge_shape(shapes.get(core))
        lifecycle.finish([core for core in pending if is_known(core.shape)])
    unsettled = [core for core in pending if core.is_deferred]
    with _undone_on_failure(unsettled), settling_scope(unsettled):
        yield
