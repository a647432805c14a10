"""The tape: what was computed, and how gradients flow back through it.

Recording an operator makes a ``Node``. A node knows the nodes of its inputs (its parents), never those that
use it, so a graph is freed as soon as nothing refers to its outputs. Every output has a number, its *entry*,
taken from one counter: numbers grow in the order of computation, so sorting nodes by entry is a topological
order.

A backward pass carries raw arrays and calls raw kernels: no dispatch, no recording. Under ``create_graph``
the same rules run on NDArrays with recorded operators, so the gradient has a graph of its own.

Ownership: a rule may return the very array it was given, or a view of it. The pass therefore adds in place
only into sums that it allocated itself.

A gradient is never computed from memory that was written since it was saved: before a pass begins, all saved
arrays are compared with the versions they had, and gradient buffers that the graph itself computed with are
written last.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gluonish.dtype import is_complex
from gluonish.engine.backend import backend_of
from gluonish.engine.conversion import host_array
from gluonish.engine.legacy import LEGACY
from gluonish.engine.mode import ModeScope
from gluonish.engine.namespace import OperatorNamespace, raw_namespace, stored_namespace
from gluonish.engine.ndarray import NDArray, array_label, transfer_raw
from gluonish.engine.operator import HOLOMORPHIC, NOT_DIFFERENTIABLE, ZERO_GRADIENT, Operator
from gluonish.engine.sparse import add_stored, array_of
from gluonish.engine.stored import Csr, Rows
from gluonish.engine.taps import Taps, taps_of
from gluonish.engine.watch import WATCHED, Watcher
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    GradientError,
    SavedArrayError,
    ShapeMismatchError,
    UnknownNameError,
)
from gluonish.shape import format_shape

if TYPE_CHECKING:
    from gluonish.context import Context
    from gluonish.engine.storage import Storage

__all__ = [
    "GRAD_REQS",
    "ComplexNode",
    "Leaf",
    "Node",
    "Observer",
    "OperatorNode",
    "StoredNode",
    "backward",
    "gradients",
    "record_transfer",
    "refuse",
]

GRAD_REQS = ("write", "add", "null")

_next_entry = itertools.count().__next__


class Leaf:
    """A variable: where gradients end, and the buffer they are written to.

    Args:
        grad_req: ``"write"``, ``"add"`` or ``"null"``.
        grad: the buffer; None where no gradient is wanted.

    Raises:
        UnknownNameError: another ``grad_req``.
    """

    __slots__ = ("entry", "grad", "grad_req", "taps")

    parents: tuple[Any, ...] = ()

    def __init__(self, grad_req: str, grad: NDArray | None) -> None:
        if grad_req not in GRAD_REQS:
            raise UnknownNameError(
                f"grad_req {grad_req!r}", "does not exist", expected="'write', 'add' or 'null'"
            )
        self.entry = _next_entry()
        self.grad_req = grad_req
        self.grad = grad
        self.taps: Taps | None = None

    @property
    def context(self) -> Context | None:
        """Where its gradient is; None where none is wanted."""
        return None if self.grad is None else self.grad._ctx

    def attach(self, array: NDArray) -> None:
        """Make ``array`` this variable; it forgets any history."""
        array._node = self
        array._entry = self.entry

    def accumulate(self, value: Any, *, first: bool) -> None:
        """Take one contribution of a backward pass; ``first`` says whether it begins the pass."""
        grad = self.grad
        if grad is None or self.grad_req == "null":
            return
        raw, replacing = grad._raw, first and self.grad_req == "write"
        if raw is None or type(value) is Rows:
            add_stored(grad, value, replacing=replacing)
        elif replacing:
            raw[...] = value
        elif value.dtype.kind == raw.dtype.kind:
            raw += value
        else:  # a gradient of integers takes what is left of real numbers
            raw[...] = raw + value
        grad._storage.touch()
        grad._storage.fresh = True


class Node:
    """One recorded step. Subclasses say how gradients flow through theirs.

    Args:
        inputs: the arrays that went in; None for an optional one that is absent.
        outputs: the arrays that came out. They get this node as their history.
        ctx: where the outputs are.
        input_ctx: where the inputs are, and so their gradients.

    Attributes:
        parents: the node or leaf of each input; None for inputs without history.
        parent_entries: the entry of each input there.
        entries: the entries of the outputs. The first is the node's place in the order of computation.
        freed: whether a backward pass has released what was saved.
        taps: who looks at the gradients of the outputs; None if nobody does.
    """

    __slots__ = ("ctx", "entries", "freed", "input_ctx", "parent_entries", "parents", "taps")

    def __init__(
        self,
        inputs: Sequence[NDArray | None],
        outputs: Sequence[NDArray],
        ctx: Context,
        input_ctx: Context,
    ) -> None:
        self.parents = parents = tuple([None if x is None else x._node for x in inputs])
        self.parent_entries = tuple(
            [None if node is None else x._entry for x, node in zip(inputs, parents, strict=True)]  # type: ignore[union-attr]
        )
        self.ctx = ctx
        self.input_ctx = input_ctx
        self.freed = False
        self.taps: Taps | None = None
        entries = []
        for output in outputs:
            output._node = self
            output._entry = entry = _next_entry()
            entries.append(entry)
        self.entries = entries

    @property
    def label(self) -> str:
        """What a profiler calls it."""
        return type(self).__name__.removesuffix("Node").lower()

    def verify(self, relied_on: set[Storage]) -> None:
        """Check that what was saved is as it was, and add its memory to ``relied_on``.

        Raises:
            SavedArrayError: an array was written since it was saved.
        """

    def release(self) -> None:
        """Forget what was saved and where it came from."""
        self.freed = True
        self.parents = ()

    def pull(self, cotangents: list[Any], space: OperatorNamespace) -> Sequence[Any]:
        """Return the gradient of every input from those of the outputs.

        Args:
            cotangents: per output, a raw array or an NDArray, or None for zero.
            space: the operators to compute with.
        """
        raise NotImplementedError


class OperatorNode(Node):
    """A recorded operator.

    Attributes:
        plan: what to save and to call, for the inputs that want gradients.
        saved: the arrays kept, in the plan's order.
        versions: how often each of them had been written when it was saved.
        input_types: shape and dtype of each input, where a rule asks for them.
        output_types: shape and dtype of each output, where there are several.
    """

    __slots__ = ("input_types", "op", "output_types", "params", "plan", "saved", "versions")

    def __init__(
        self,
        op: Operator,
        inputs: Sequence[NDArray | None],
        params: dict[str, Any],
        outputs: Sequence[NDArray],
        ctx: Context,
    ) -> None:
        saved: list[NDArray | None] = []
        Node.__init__(self, inputs, outputs, ctx, ctx)
        self.op = op
        self.params = params
        self.plan = plan = op.plan(tuple([parent is not None for parent in self.parents]))
        for is_input, position in plan.saved:
            if is_input:
                saved.append(inputs[position])
            else:
                # The node must not refer to its own outputs: a twin without history takes their place.
                saved.append(outputs[position].detach())
        self.saved = saved
        self.versions = [0 if x is None else x._storage.version for x in saved]
        if plan.wants_types:
            self.input_types = [None if x is None else (x.shape, x.stored.dtype) for x in inputs]
        if len(outputs) > 1:
            self.output_types = [(x._raw.shape, x._raw.dtype) for x in outputs]

    @property
    def label(self) -> str:
        """The operator's name."""
        return self.op.name

    def verify(self, relied_on: set[Storage]) -> None:
        """Compare the versions of the saved arrays with what they were."""
        for position, (array, version) in enumerate(zip(self.saved, self.versions, strict=True)):
            if array is not None:
                if array._storage.version != version:
                    refuse(self._written_since(position, array))
                relied_on.add(array._storage)

    def _written_since(self, position: int, array: NDArray) -> SavedArrayError:
        is_input, which = self.plan.saved[position]
        if is_input:
            variadic = self.op.variadic is not None
            role = f"input {which}" if variadic else f"input {self.op.input_names[which]!r}"
        else:
            role = "output"
        return SavedArrayError(
            f"{array_label(array)}, {role} of the recorded operator {self.op.name!r},",
            "was written after it was recorded and before the backward pass, "
            "so its gradient can no longer be computed",
            fix="Write it after backward(), or compute with a copy of it.",
        )

    def release(self) -> None:
        """Forget the saved arrays too."""
        Node.release(self)
        self.saved = []
        self.versions = []

    def pull(self, cotangents: list[Any], space: OperatorNamespace) -> Sequence[Any]:
        """Run the operator's gradient rules."""
        if not self.op.differentiable and self.op.gradient_kind != ZERO_GRADIENT:
            raise _no_gradient(self.op)
        g = cotangents[0] if self.op.single else self._complete(cotangents, space)
        results: list[Any] = [None] * len(self.parents)
        for rule, sources, position in self.plan.rules:
            arguments = [self._fetch(source, key, space, cotangents) for source, key in sources]
            value = rule(space, g, *arguments)
            if position is None:
                return value  # a joint rule speaks for all inputs
            results[position] = value
        return results

    def _complete(self, cotangents: list[Any], space: OperatorNamespace) -> Any:
        """Fill in zeros for visible outputs that nothing used; hidden ones are left out."""
        visible = self.op.visible(self.params)
        if len(cotangents) > 1:
            for i, (shape, dtype) in enumerate(self.output_types[:visible]):
                if cotangents[i] is None:
                    cotangents[i] = space.zeros(shape, dtype, self.ctx)
        return cotangents[0] if visible == 1 else tuple(cotangents[:visible])

    def _fetch(self, source: str, key: Any, space: OperatorNamespace, cotangents: list[Any]) -> Any:
        """Return what a rule asked for, by the plan's description of where it is."""
        if source == "param":
            return self.params[key]
        if source == "saved":
            return self._unsave(key, space)
        if source == "variadic":
            return [self._unsave(position, space) for position in key]
        return self._extra(key, cotangents)

    def _extra(self, key: str, cotangents: list[Any]) -> Any:
        """Return one of ``GRADIENT_EXTRAS``."""
        if key == "shapes":
            return tuple([None if each is None else each[0] for each in self.input_types])
        if key == "dtypes":
            return tuple([None if each is None else each[1] for each in self.input_types])
        if key == "needed":
            return tuple([parent is not None for parent in self.parents])
        if key == "params":
            return self.params
        if key == "hidden":
            return tuple(cotangents[self.op.visible(self.params) :])
        return None  # an optional input that is absent

    def _unsave(self, position: int, space: OperatorNamespace) -> Any:
        array = self.saved[position]
        if array is None:
            return None
        if not space.recorded:
            return array.stored
        is_input, which = self.plan.saved[position]
        node, entry = (
            (self.parents[which], self.parent_entries[which]) if is_input else (self, self.entries[which])
        )
        if array._node is node:
            return array
        twin = array.detach()
        twin._node, twin._entry = node, entry  # type: ignore[assignment]  # None goes with None
        return twin


class ComplexNode(OperatorNode):
    """A recorded operator with complex inputs: the one place where gradients are conjugated.

    The rule of an operator with a complex derivative f' returns g f'. What it shall be is g conj(f'),
    which is conj(conj(g) f').
    """

    __slots__ = ("family",)

    def __init__(
        self,
        op: Operator,
        inputs: Sequence[NDArray | None],
        params: dict[str, Any],
        outputs: Sequence[NDArray],
        ctx: Context,
    ) -> None:
        super().__init__(op, inputs, params, outputs, ctx)
        self.family = outputs[0].family

    def pull(self, cotangents: list[Any], space: OperatorNamespace) -> Sequence[Any]:
        """Run the operator's gradient rules, between conjugations where its derivative is complex."""
        if space.recorded:  # a gradient may be of a family that holds no complex numbers; its own gradient is
            cotangents = [None if g is None else g._as(self.family) for g in cotangents]
        if self.op.on_complex != HOLOMORPHIC:
            return super().pull(cotangents, space)
        gradients = super().pull([_conjugated(g, space) for g in cotangents], space)
        return [_conjugated(g, space) for g in gradients]


def _conjugated(g: Any, space: OperatorNamespace) -> Any:
    return g if g is None or not is_complex(g.dtype) else space._np_conj(g)


class StoredNode(OperatorNode):
    """A recorded operator on sparse arrays. Its rules compute with sparse values as far as kernels go."""

    __slots__ = ()

    def pull(self, cotangents: list[Any], space: OperatorNamespace) -> Sequence[Any]:
        """Run the operator's gradient rules."""
        if space.recorded:
            return super().pull(cotangents, space)
        gradients = super().pull(cotangents, stored_namespace(space))
        # Of sparse gradients the pass knows those that are rows.
        return [g.dense() if isinstance(g, Csr) else g for g in gradients]


class TransferNode(Node):
    """A recorded copy from one context to another."""

    __slots__ = ()

    def pull(self, cotangents: list[Any], space: OperatorNamespace) -> Sequence[Any]:
        """Copy the gradient back to where the input was."""
        g = cotangents[0]
        if space.recorded:
            return (g.as_in_context(self.input_ctx),)
        return (transfer_raw(g, self.ctx, self.input_ctx),)


def refuse(error: SavedArrayError) -> None:
    """Raise the error; in an MXNet program, where such gradients were computed, warn.

    Raises:
        SavedArrayError: no MXNet program is running.
    """
    if not LEGACY.active:
        raise error
    warnings.warn(f"{error}", RuntimeWarning, stacklevel=2)


def record_transfer(array: NDArray, result: NDArray) -> None:
    """Put a copy between contexts on the tape, if recording is on and the array has history."""
    if array.is_tracked:
        TransferNode([array], [result], result._ctx, array._ctx)


Observer: TypeAlias = Callable[[Node, Sequence[Any]], None]
"""Gets a node and the gradients of its inputs: raw arrays, ``Rows``, or None where there is none."""


# -- the pass -----------------------------------------------------------------------------------------


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


def _no_gradient(op: Operator) -> GradientError:
    if op.gradient_kind == NOT_DIFFERENTIABLE:
        return GradientError(
            f"Operator {op.name!r}",
            "is not differentiable, and a gradient is asked for through it",
            fix="Detach its input, or wrap it in nd.BlockGrad, if none is meant.",
        )
    return GradientError(
        f"Operator {op.name!r}",
        "declares no gradient, and one is asked for through it",
        fix="Declare its rule with @op.gradient(), or say gradient=ZERO_GRADIENT or NOT_DIFFERENTIABLE.",
    )


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
) -> list[NDArray]:
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
    if not reached.union(head._entry for head in heads).issuperset(v._entry for v in variables):
        raise GradientError(
            "A variable of grad()",
            "is not in the graph of the heads, so there is no gradient with respect to it",
        )
    with ModeScope(recording=create_graph, training=train_mode):
        passing = _new_pass(wanted=frozenset(v._entry for v in variables), recorded=create_graph)
        passing.start(heads, seeds)
        passing.run(order, retain=retain_graph)
        results: list[NDArray] = []
        for v in variables:
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
