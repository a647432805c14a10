"""Backward passes: how gradients flow back through what the tape holds.

A pass carries raw arrays and calls raw kernels: no dispatch, no recording. Under ``create_graph`` the same
rules run on NDArrays with recorded operators, so the gradient has a graph of its own.

Ownership: a rule may return the very array it was given, or a view of it. The pass therefore adds in place
only into sums that it allocated itself.

A gradient is never computed from memory that was written since it was saved: before a pass begins, all saved
arrays are compared with the versions they had, and gradient buffers that the graph itself computed with are
written last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gluonish.dtype import is_complex
from gluonish.engine.backend import backend_of
from gluonish.engine.conversion import host_array
from gluonish.engine.mode import ModeScope
from gluonish.engine.namespace import OperatorNamespace, raw_namespace
from gluonish.engine.ndarray import NDArray
from gluonish.engine.sparse import array_of
from gluonish.engine.stored import Rows
from gluonish.engine.tape import Leaf, Node
from gluonish.engine.taps import taps_of
from gluonish.engine.watch import WATCHED, Watcher
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    GradientError,
    ShapeMismatchError,
)
from gluonish.shape import format_shape

if TYPE_CHECKING:
    from gluonish.engine.storage import Storage

__all__ = ["Observer", "backward", "gradients"]

Observer: TypeAlias = Callable[[Node, Sequence[Any]], None]
"""Gets a node and the gradients of its inputs: raw arrays, ``Rows``, or None where there is none."""


class _Pass:
    """One backward pass: the sums of gradients so far, by entry.

    Args:
        wanted: entries whose gradients are to be returned.
        direct: variables that take each contribution into their buffers at once.
        recorded: whether gradients are NDArrays with history.
        observer: told of every node that was visited, and the gradients of its inputs.
    """

    def __init__(
        self,
        *,
        wanted: frozenset[int] = frozenset(),
        direct: frozenset[Leaf] = frozenset(),
        recorded: bool,
        observer: Observer | None = None,
    ) -> None:
        self.sums: dict[int, Any] = {}
        self.owned: set[int] = set()
        self.wanted = wanted
        self.results: dict[int, Any] = {}
        self.recorded = recorded
        self.direct = direct
        self.touched: set[Leaf] = set()
        self.observer = observer

    def start(self, heads: Sequence[NDArray], seeds: Sequence[NDArray]) -> None:
        """Take the gradients of the heads."""
        for head, g in zip(heads, seeds, strict=True):
            with backend_of(head._ctx).scope(head._ctx):
                self.add(head._node, head._entry, g if self.recorded else g._raw)

    def add(self, parent: Node | Leaf, entry: int, value: Any) -> None:
        """Take a contribution to the gradient of one entry."""
        if parent in self.direct:
            parent.accumulate(value, first=parent not in self.touched)
            self.touched.add(parent)
            return
        before = self.sums.get(entry)
        if before is None:
            self.sums[entry] = value
        elif self.recorded or entry not in self.owned:
            self.sums[entry] = before + value
            self.owned.add(entry)
        else:
            before += value
            self.sums[entry] = before  # NumPy's sums of shape () are scalars, which += replaces

    def run(self, order: list[Node], *, retain: bool) -> None:
        """Visit the nodes, last computed first."""
        with np.errstate(all="ignore"):
            for node in order:
                cotangents = [self._take(entry) for entry in node.entries]
                if node.taps is not None:
                    see, ctx = node.taps.through, node.ctx
                    cotangents = [
                        see(entry, g, ctx) for entry, g in zip(node.entries, cotangents, strict=True)
                    ]
                if any(g is not None for g in cotangents):
                    self._visit(node, cotangents)
                if not retain:
                    node.release()

    def settle(self, leaves: Sequence[Leaf]) -> None:
        """Write the gradients of the variables that have not got theirs yet."""
        for leaf in leaves:
            if leaf in self.touched:
                continue
            value = self.sums.get(leaf.entry)
            ctx = leaf.context
            if ctx is None or (value is None and leaf.grad is None):
                continue
            with backend_of(ctx).scope(ctx):
                if leaf.taps is not None:
                    value = leaf.taps.through(leaf.entry, value, ctx)
                # Without any contribution it is zero, and fresh all the same.
                leaf.accumulate(0 if value is None else value, first=True)

    def _take(self, entry: int) -> Any:
        value = self.sums.pop(entry, None)
        if entry in self.wanted and value is not None:
            self.results[entry] = value
        return value.dense() if type(value) is Rows else value

    def _visit(self, node: Node, cotangents: list[Any]) -> None:
        if self.recorded:
            self._add_all(node, node.pull(cotangents, _recorded_namespace()))
            return
        backend = backend_of(node.ctx)
        space = raw_namespace(backend)
        if not backend.enters_device and node.input_ctx is node.ctx:
            self._add_all(node, node.pull(cotangents, space))
            return
        with backend.scope(node.ctx):
            gradients = node.pull(cotangents, space)
        with backend_of(node.input_ctx).scope(node.input_ctx):
            self._add_all(node, gradients)

    def _add_all(self, node: Node, gradients: Sequence[Any]) -> None:
        if self.observer is not None:
            self.observer(node, gradients)
        for parent, entry, value in zip(node.parents, node.parent_entries, gradients, strict=True):
            if parent is not None and value is not None:
                self.add(parent, entry, value)  # type: ignore[arg-type]  # a parent has an entry


class _WatchedPass(_Pass):
    """A pass of which a watcher is told."""

    def __init__(self, watcher: Watcher, **options: Any) -> None:
        super().__init__(**options)
        self._watcher = watcher

    def _visit(self, node: Node, cotangents: list[Any]) -> None:
        with self._watcher.span(f"_backward_{node.label}", node.ctx):
            super()._visit(node, cotangents)
            backend_of(node.ctx).synchronize(node.ctx)


def _new_pass(**options: Any) -> _Pass:
    watcher = WATCHED.watcher
    return _Pass(**options) if watcher is None else _WatchedPass(watcher, **options)


def _collect(heads: Sequence[NDArray]) -> tuple[list[Node], list[Leaf], set[Storage]]:
    """Return what is below the heads: nodes, last computed first; variables; the memory of saved arrays.

    Raises:
        GradientError: a head has no history, or part of the graph was freed.
        SavedArrayError: an array in the graph was written since it was saved.
    """
    nodes: set[Any] = set()
    leaves: list[Leaf] = []
    relied_on: set[Storage] = set()
    pending = [head._node for head in heads]
    while pending:
        node = pending.pop()
        if node is None or node in nodes:
            continue
        nodes.add(node)
        if isinstance(node, Leaf):
            leaves.append(node)
            continue
        if node.freed:
            raise GradientError(
                "The recorded graph",
                "was freed by an earlier backward pass",
                fix="Pass retain_graph=True to the first one, or record again.",
            )
        node.verify(relied_on)
        pending.extend(node.parents)
    order = [node for node in nodes if not isinstance(node, Leaf)]
    order.sort(key=_entry_of, reverse=True)
    return order, leaves, relied_on


def _entry_of(node: Node) -> int:
    return node.entries[0]


def _seeds(heads: Sequence[NDArray], head_grads: Sequence[NDArray | None] | None) -> list[Any]:
    """Return the gradients of the heads as NDArrays, ones where none is given.

    Raises:
        ShapeMismatchError: a gradient is not shaped like its head.
    """
    if head_grads is None:
        head_grads = [None] * len(heads)
    return [_seed(head, grad) for head, grad in zip(heads, head_grads, strict=True)]


def _seed(head: NDArray, grad: Any) -> NDArray:
    if grad is None:
        backend = backend_of(head._ctx)
        with backend.scope(head._ctx):
            return head.make(backend.xp.ones(head.shape, head.dtype), head._ctx)
    if not isinstance(grad, NDArray):
        host = host_array(grad, head.dtype, may_be_complex=is_complex(head.dtype))
        grad = head.make(backend_of(head._ctx).from_host(host, head._ctx), head._ctx)
    if grad.shape != head.shape:
        raise ShapeMismatchError(
            "A head gradient",
            "is not shaped like its head",
            expected=format_shape(head.shape),
            received=format_shape(grad.shape),
        )
    grad = grad.tostype("default")
    grad = grad if grad.dtype == head.dtype else grad.astype(head.dtype)
    # A copy: the caller's array may be the very buffer that the pass writes to.
    return grad.as_in_context(head._ctx, copy=True)


def _check_heads(heads: Sequence[Any], head_grads: Sequence[Any] | None) -> None:
    """Refuse heads that no pass can start from.

    Raises:
        ArgumentError: there are none, or another number of gradients.
        ArgumentTypeError: one is no array.
        GradientError: one has no history.
    """
    if not heads:
        raise ArgumentError("backward()", "needs at least one array to start from")
    if head_grads is not None and len(head_grads) != len(heads):
        raise ArgumentError(
            "backward()",
            "got another number of head gradients than of heads",
            expected=len(heads),
            received=len(head_grads),
        )
    for head in heads:
        if not isinstance(head, NDArray):
            raise ArgumentTypeError(
                "backward()", "needs arrays", expected="an NDArray", received=type(head).__name__
            )
    if any(head._node is None for head in heads):
        raise GradientError(
            "The array",
            "is not in a computational graph: nothing was recorded that leads to it",
            fix="Compute it inside autograd.record(), from an array with attach_grad() or a parameter "
            "whose grad_req is not 'null'.",
        )


def backward(
    heads: Sequence[NDArray],
    head_grads: Sequence[NDArray | None] | None = None,
    *,
    retain_graph: bool = False,
    train_mode: bool = True,
    keep: bool = False,
    observer: Observer | None = None,
) -> None:
    """Write the gradients of the heads' sum into the buffers of the variables below them.

    See ``gluonish.autograd.backward``. With ``keep`` every array of the graph keeps its gradient. An observer
    sees what flows: it must not change it.
    """
    _check_heads(heads, head_grads)
    seeds = _seeds(heads, head_grads)
    order, leaves, relied_on = _collect(heads)
    if not any(leaf.grad_req != "null" for leaf in leaves):
        raise GradientError(
            "The recorded graph",
            "has no inputs that require gradients: every variable has grad_req 'null'",
        )
    direct = frozenset(
        leaf
        for leaf in leaves
        if leaf.taps is None and (leaf.grad is None or leaf.grad._storage not in relied_on)
    )
    if keep:
        for node in order:
            taps_of(node).keeps_all = True
    with ModeScope(recording=False, training=train_mode):
        passing = _new_pass(direct=direct, recorded=False, observer=observer)
        passing.start(heads, seeds)
        passing.run(order, retain=retain_graph)
        passing.settle(leaves)


def gradients(
    heads: Sequence[NDArray],
    variables: Sequence[NDArray],
    head_grads: Sequence[NDArray | None] | None = None,
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
    train_mode: bool = True,
    allow_unused: bool = False,
) -> list[Any]:
    """Return the gradients of the heads' sum with respect to the variables.

    See ``gluonish.autograd.grad``.
    """
    _check_heads(heads, head_grads)
    for variable in variables:
        if variable._node is None:
            raise GradientError(
                "A variable of grad()",
                "has no gradient",
                fix="Mark it with attach_grad() before recording.",
            )
    seeds = _seeds(heads, head_grads)
    order, _, _ = _collect(heads)
    reached = {entry for node in order for entry in (*node.entries, *node.parent_entries)}
    reached.update(head._entry for head in heads)
    if not allow_unused and not reached.issuperset(v._entry for v in variables):
        raise GradientError(
            "A variable of grad()",
            "is not in the graph of the heads, so there is no gradient with respect to it",
        )
    with ModeScope(recording=create_graph, training=train_mode):
        passing = _new_pass(wanted=frozenset(v._entry for v in variables), recorded=create_graph)
        passing.start(heads, seeds)
        passing.run(order, retain=retain_graph)
        results: list[Any] = []
        for v in variables:
            if v._entry not in reached:
                results.append(None)
                continue
            result = _as_result(passing.results.get(v._entry, passing.sums.get(v._entry)), v)
            results.append(result.copy() if any(result is each for each in results) else result)
        return results


def _as_result(value: Any, variable: NDArray) -> NDArray:
    """Return what the pass found for a variable as an array; a raw one is copied, as a rule may own it."""
    if isinstance(value, NDArray):
        return value
    if type(value) is Rows:
        return array_of(value, variable._ctx)
    backend = backend_of(variable._ctx)
    with backend.scope(variable._ctx):
        if value is None:
            return variable.make(backend.xp.zeros(variable.shape, variable.dtype), variable._ctx)
        return variable.make(backend.xp.array(value), variable._ctx)


def _recorded_namespace() -> OperatorNamespace:
    from gluonish.engine.invoke import RECORDED  # noqa: PLC0415  invoke is above this module

    return RECORDED
