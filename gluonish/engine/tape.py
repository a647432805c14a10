"""The tape: what was computed.

Recording an operator makes a ``Node``. A node knows the nodes of its inputs (its parents), never those that
use it, so a graph is freed as soon as nothing refers to its outputs. Every output has a number, its *entry*,
taken from one counter: numbers grow in the order of computation, so sorting nodes by entry is a topological
order. How gradients flow back through the nodes is in ``backward``.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gluonish.dtype import is_complex
from gluonish.engine.legacy import LEGACY
from gluonish.engine.namespace import OperatorNamespace, stored_namespace
from gluonish.engine.ndarray import NDArray, array_label, transfer_raw
from gluonish.engine.operator import HOLOMORPHIC, NOT_DIFFERENTIABLE, ZERO_GRADIENT, Operator
from gluonish.engine.sparse import add_stored
from gluonish.engine.stored import Csr, Rows
from gluonish.engine.taps import Taps
from gluonish.errors import (
    GradientError,
    SavedArrayError,
    UnknownNameError,
)

if TYPE_CHECKING:
    from gluonish.context import Context
    from gluonish.engine.storage import Storage

__all__ = [
    "GRAD_REQS",
    "ComplexNode",
    "Leaf",
    "Node",
    "OperatorNode",
    "StoredNode",
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
