"""What every face of the parameter core offers, whatever it calls the rest."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

from gluonish.context import Context
from gluonish.dtype import as_dtype
from gluonish.engine.ndarray import NDArray
from gluonish.errors import UnsupportedError
from gluonish.lr_scheduler import Multiplier, multiplier_at
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.explain import Owner
from gluonish.parameter.lifecycle import InitRequest, as_contexts
from gluonish.symbol import Symbol, var

__all__ = ["ParameterFace"]


class ParameterFace:
    """A parameter as its users see it; all state is in the core behind it."""

    __slots__ = ()

    born_ready = False
    """Whether it has a value, or a plan for one, from its making, so that ``initialize`` is not needed."""

    _core: ParameterCore
    _trainer_ref: weakref.ref[Any] | None = None
    _symbol: Symbol | None = None
    dtype: Any
    shape: Any

    @property
    def core(self) -> ParameterCore:
        """The parameter core behind this face."""
        return self._core

    def belong_to(self, layer: Any, attribute: str) -> None:
        """Note that a layer holds the parameter under an attribute; the first one counts."""
        core = self._core
        core.name = core.name or attribute
        if core.owner is None:
            core.owner = Owner(layer, layer.settled_by.get(attribute))

    def stand_in(self, ctx: Context | None) -> NDArray:
        """Return the replica that stands for the parameter beside arrays on a context.

        Args:
            ctx: the context; the only one of the parameter, or the current one, if None.

        Raises:
            NotInitializedError, DeferredInitializationError: there is no value yet.
            ContextError: there is no replica there.
        """
        return self._core.data(ctx)

    def symbol(self) -> Symbol:
        """Return a symbol that stands for this parameter; the same one every time."""
        if self._symbol is None:
            core = self._core
            init = core.init if isinstance(core.init, str) or hasattr(core.init, "dumps") else None
            self._symbol = var(  # type: ignore[misc]  # faces have a dictionary
                self._symbol_name(),
                shape=None if core.shape is None else self.shape,
                dtype=self.dtype,
                lr_mult=multiplier_at(core.lr_mult, 0),
                wd_mult=multiplier_at(core.wd_mult, 0),
                init=init,
                stype=core.stype,
            )
        return self._symbol

    def _symbol_name(self) -> str:
        return self._core.name

    @property
    def grad_req(self) -> str:
        """How gradients are kept: ``"write"``, ``"add"`` or ``"null"``.

        Setting it takes effect at once, and the gradient starts at 0.
        """
        return self._core.grad_req

    @grad_req.setter
    def grad_req(self, value: str) -> None:
        lifecycle.set_grad_req([self._core], value)

    @property
    def lr_mult(self) -> Multiplier:
        """The factor on the learning rate."""
        return self._core.lr_mult

    @lr_mult.setter
    def lr_mult(self, value: Multiplier) -> None:
        self._core.lr_mult = value

    @property
    def wd_mult(self) -> Multiplier:
        """The factor on the weight decay."""
        return self._core.wd_mult

    @wd_mult.setter
    def wd_mult(self, value: Multiplier) -> None:
        self._core.wd_mult = value

    @property
    def init(self) -> Any:
        """The parameter's own initializer, or None."""
        return self._core.init

    @init.setter
    def init(self, value: Any) -> None:
        self._core.init = value

    def initialize(
        self,
        init: Any = None,
        ctx: Context | Sequence[Context] | None = None,
        default_init: Any = "uniform",
        force_reinit: bool = False,
    ) -> None:
        """Give the parameter its first value, the same on all contexts.

        With an unknown shape it becomes deferred, if it allows that: the value follows once the shape is
        known.

        Args:
            init: the initializer; the parameter's own if None, and if it has none, ``default_init``.
            ctx: one context or several; the current one if None.
            default_init: the initializer of last resort, ``Uniform(0.07)``.
            force_reinit: initialise again where it is initialised already; otherwise that is a warning.

        Raises:
            ArgumentError: the shape is unknown and deferral is not allowed.
            UnknownNameError: no initializer of that name exists.
            DeviceUnavailableError: a context cannot hold arrays here.
        """
        request = InitRequest(self._core, self._core.name, init, default_init)
        lifecycle.initialize([request], as_contexts(ctx), force_reinit=force_reinit)

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Move the parameter to other contexts, with what trainers keep for it.

        Replicas that are equal are copied, others averaged; gradients start at zero.

        Raises:
            NotInitializedError: it was never initialised.
        """
        lifecycle.reset_ctx([self._core], as_contexts(ctx))

    def cast(self, dtype: Any) -> None:
        """Change the element type of values and gradients. Arrays taken before are left behind."""
        lifecycle.cast([self._core], as_dtype(dtype))

    def set_data(self, data: Any) -> None:
        """Write a value to all contexts, in place; a deferred parameter keeps it until it is completed.

        Args:
            data: an NDArray (on any context), a NumPy array or nested lists, of the parameter's shape. It is
                converted to the parameter's dtype.

        Raises:
            NotInitializedError: ``initialize()`` was not called.
            ShapeMismatchError: another shape.
            InPlaceError: recording is on.
        """
        lifecycle.set_data(self._core, data)
        self._note_new_value()

    def list_ctx(self) -> list[Context]:
        """Return the contexts the parameter is on, or will be.

        Raises:
            NotInitializedError: ``initialize()`` was not called.
        """
        return list(self._core.contexts())

    @property
    def _trainer(self) -> Any:
        """The Trainer that was made last for this parameter; None if there is none, or none any more."""
        return None if self._trainer_ref is None else self._trainer_ref()

    def _set_trainer(self, trainer: Any) -> None:
        """Say which Trainer the parameter belongs to.

        Raises:
            UnsupportedError: its storage is sparse, and it belongs to another one.
        """
        held = self._trainer
        if self._core.stype != "default" and None not in (held, trainer) and held is not trainer:
            raise UnsupportedError(
                self._core.label,
                "belongs to a Trainer already: its storage is sparse, and only one can hand out its rows",
                fix="Delete the other Trainer first.",
            )
        self._trainer_ref = None if trainer is None else weakref.ref(trainer)  # type: ignore[misc]

    def _note_new_value(self) -> None:
        """Let the Trainer know that the parameter was given a value."""
        if self._trainer is not None:
            self._trainer._reset_kvstore()
