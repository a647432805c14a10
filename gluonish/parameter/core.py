"""The parameter core: everything that is state about one parameter, and reading it.

Faces (``gluon.Parameter``) delegate to it; optimizers, trainers, files and migration work on it. What changes
its state is in ``lifecycle``.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, TypeVar

import numpy as np

from gluonish.context import Context, as_context, current_context
from gluonish.engine.ndarray import NDArray
from gluonish.engine.tape import GRAD_REQS
from gluonish.errors import ArgumentError, ArgumentTypeError, ContextError, GradientError, NotInitializedError
from gluonish.lr_scheduler import Multiplier
from gluonish.parameter.explain import Owner, pending_error
from gluonish.parameter.settling import Placeholder, is_settling
from gluonish.parameter.states import Deferred, Ready, State, Uninitialized
from gluonish.shape import PartialShape, Shape, format_shape, is_known, merge_shapes

__all__ = ["STORAGE_TYPES", "ParameterCore"]

_Held = TypeVar("_Held")

STORAGE_TYPES = ("default", "row_sparse", "csr")


class ParameterCore:
    """One parameter: what is declared about it, and the state it is in.

    Args:
        name: what it is called; the identity in files and messages.
        shape: its shape, unknown axes as None.
        dtype: its element type.
        grad_req: ``"write"``, ``"add"`` or ``"null"``.
        lr_mult: factor on the learning rate: a number, or a function of the number of updates.
        wd_mult: factor on the weight decay, likewise.
        init: its own initializer, or None.
        allow_deferred_init: whether it may be initialised before its shape is known.
        differentiable: False pins ``grad_req`` to ``"null"``.
        stype: storage type of the values.
        grad_stype: storage type of the gradients.

    Attributes:
        state: an ``Uninitialized``, ``Deferred`` or ``Ready``.
        owner: the layer it belongs to, for messages; None for a free parameter.
        trainers: the keys of the trainers that update it.
        thaws_to: the ``grad_req`` to go back to when it is thawed; None if it is not frozen.

    Raises:
        ArgumentError: an unknown ``grad_req`` or storage type.
        ArgumentTypeError: a multiplier that is neither a number nor a function.
    """

    __slots__ = (
        "__weakref__",
        "_lr_mult",
        "_wd_mult",
        "allow_deferred_init",
        "differentiable",
        "dtype",
        "grad_req",
        "grad_stype",
        "init",
        "name",
        "owner",
        "shape",
        "state",
        "stype",
        "thaws_to",
        "trainers",
    )

    def __init__(
        self,
        name: str,
        *,
        shape: PartialShape,
        dtype: np.dtype[Any],
        grad_req: str = "write",
        lr_mult: Multiplier = 1.0,
        wd_mult: Multiplier = 1.0,
        init: Any = None,
        allow_deferred_init: bool = False,
        differentiable: bool = True,
        stype: str = "default",
        grad_stype: str = "default",
    ) -> None:
        self.name = name
        self.shape = shape
        self.dtype = dtype
        self._lr_mult = self._checked_multiplier("lr_mult", lr_mult)
        self._wd_mult = self._checked_multiplier("wd_mult", wd_mult)
        self.init = init
        self.allow_deferred_init = allow_deferred_init
        self.differentiable = differentiable
        self.stype = self._checked("stype", stype, STORAGE_TYPES)
        self.grad_stype = self._checked("grad_stype", grad_stype, STORAGE_TYPES)
        self.state: State = Uninitialized()
        self.owner: Owner | None = None
        self.trainers: frozenset[int] = frozenset()
        self.thaws_to: str | None = None
        self.grad_req = self.checked_grad_req(grad_req)

    def _checked(self, argument: str, value: str, choices: Sequence[str]) -> str:
        if value not in choices:
            *others, last = map(repr, choices)
            raise ArgumentError(
                self.label,
                f"cannot have this {argument}",
                expected=f"{', '.join(others)} or {last}",
                received=repr(value),
            )
        return value

    def _checked_multiplier(self, attribute: str, value: Any) -> Multiplier:
        if not callable(value) and not isinstance(value, Real):
            raise ArgumentTypeError(
                self.label,
                f"cannot have this {attribute}",
                expected="a number, or a function of the number of updates",
                received=repr(value),
            )
        return value

    def checked_grad_req(self, value: str) -> str:
        """Return the ``grad_req`` that asking for ``value`` gives.

        Raises:
            ArgumentError: an unknown one.
        """
        self._checked("grad_req", value, GRAD_REQS)
        return value if self.differentiable else "null"

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"Parameter {self.name!r}" if self.name else f"A parameter of shape {format_shape(self.shape)}"

    def __repr__(self) -> str:
        return f"<{self.label} {format_shape(self.shape)} {type(self.state).__name__}>"

    # -- what is declared -------------------------------------------------------------------------------

    @property
    def lr_mult(self) -> Multiplier:
        """The factor on the learning rate: a number, or a function of the number of updates."""
        return self._lr_mult

    @lr_mult.setter
    def lr_mult(self, value: Multiplier) -> None:
        self._lr_mult = self._checked_multiplier("lr_mult", value)
        self._notify()

    @property
    def wd_mult(self) -> Multiplier:
        """The factor on the weight decay, likewise."""
        return self._wd_mult

    @wd_mult.setter
    def wd_mult(self, value: Multiplier) -> None:
        self._wd_mult = self._checked_multiplier("wd_mult", value)
        self._notify()

    def _notify(self) -> None:
        """Tell the plans over this parameter's group that they are out of date."""
        if type(self.state) is Ready:
            self.state.group.epoch += 1

    @property
    def wants_grad(self) -> bool:
        """Whether it has, or will have, gradients."""
        return self.grad_req != "null"

    @property
    def has_sparse_grad(self) -> bool:
        """Whether its gradients are, or will be, sparse arrays of their own."""
        return self.wants_grad and self.grad_stype != "default"

    @property
    def has_flat_grad(self) -> bool:
        """Whether its gradients lie, or will lie, in flat memory."""
        return self.wants_grad and self.grad_stype == "default"

    def known_shape(self) -> Shape:
        """Return the shape of a parameter whose shape is known."""
        assert is_known(self.shape)
        return self.shape  # type: ignore[return-value]

    def merge_shape(self, observed: PartialShape, *, fix: str | None = None) -> None:
        """Add what is known about the shape.

        Raises:
            ShapeMismatchError: it contradicts what was declared.
        """
        self.shape = merge_shapes(self.shape, observed, owner=self.label, fix=fix)

    # -- the state --------------------------------------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """Whether it holds values."""
        return type(self.state) is Ready

    @property
    def is_deferred(self) -> bool:
        """Whether it waits for its shape."""
        return type(self.state) is Deferred

    def ready(self) -> Ready:
        """Return the state of a parameter that holds values.

        Raises:
            NotInitializedError, DeferredInitializationError: it holds none.
        """
        state = self.state
        if type(state) is Ready:
            return state
        if type(state) is Deferred:
            raise pending_error([self], "is needed here")
        raise self.not_initialized()

    def not_initialized(self) -> NotInitializedError:
        """Return the error for a parameter that was never initialised."""
        return NotInitializedError(
            self.label,
            "has not been initialized",
            fix="Call initialize() first. For a block use net.initialize() or "
            "net.collect_params().initialize(), which reach its children too; net.params does not.",
        )

    def contexts(self) -> tuple[Context, ...]:
        """Return where its replicas are, or will be.

        Raises:
            NotInitializedError: it was never initialised.
        """
        if isinstance(self.state, Uninitialized):
            raise self.not_initialized()
        return self.state.contexts

    def require_on(self, ctx: Context) -> None:
        """Check that there is a replica on a context, or will be.

        Raises:
            NotInitializedError: it was never initialised.
            ContextError: there is none.
        """
        contexts = self.contexts()
        self._on({each.place: each for each in contexts}, contexts, ctx)

    # -- values -----------------------------------------------------------------------------------------

    def data(self, ctx: Context | None = None) -> NDArray:
        """Return the replica on a context: the only one, or that of the current context, if none is named.

        Raises:
            NotInitializedError, DeferredInitializationError: there is none yet.
            ContextError: there is none there.
        """
        state = self.state
        if type(state) is Ready:
            return self._on(state.data, state.contexts, ctx)
        if type(state) is Deferred and is_settling(self):
            places = {each.place: each for each in state.contexts}
            return Placeholder(self, self._on(places, state.contexts, ctx))
        return self._on(self.ready().data, (), ctx)

    def grad(self, ctx: Context | None = None) -> NDArray:
        """Return the gradient on a context, chosen as by ``data``.

        Raises:
            GradientError: ``grad_req`` is ``"null"``.
            NotInitializedError, DeferredInitializationError, ContextError: as of ``data``.
        """
        state = self.ready()
        if state.grad is None:
            raise GradientError(
                self.label,
                "has no gradient, because its grad_req is 'null'",
                fix="Set grad_req to 'write' or 'add' before the forward pass.",
            )
        return self._on(state.grad, state.contexts, ctx)

    def _on(self, held: dict[Context, _Held], contexts: Sequence[Context], ctx: Context | None) -> _Held:
        if ctx is None:
            ctx = contexts[0] if len(contexts) == 1 else current_context()
        found = held.get((ctx if type(ctx) is Context else as_context(ctx)).place)
        if found is not None:
            return found
        raise ContextError(
            self.label,
            f"was not initialized on context {ctx}",
            expected=f"one of [{', '.join(map(str, contexts))}], the contexts it is on",
            received=ctx,
            fix=f"Move the input there, x.as_in_context(mx.{contexts[0]}), or the parameter, "
            f"reset_ctx(mx.{ctx}).",
        )

    def replicas(self) -> list[NDArray]:
        """Return the replicas in the order of the contexts."""
        state = self.ready()
        return [state.data[ctx.place] for ctx in state.contexts]

    def gradients(self) -> list[NDArray]:
        """Return the gradients in the order of the contexts.

        Raises:
            GradientError: ``grad_req`` is ``"null"``.
        """
        return [self.grad(ctx) for ctx in self.ready().contexts]
