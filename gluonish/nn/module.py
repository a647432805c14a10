"""Module: a layer, or a network of them, as users of torch and Lucid write one."""

from __future__ import annotations

from typing import Any

from gluonish.context import current_context
from gluonish.engine.mode import MODE, ModeScope
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError
from gluonish.gluon import completion
from gluonish.nn.hooks import ModuleHooks
from gluonish.nn.moving import ModuleMoves
from gluonish.nn.parameter import Uninitialized
from gluonish.nn.state import ModuleState
from gluonish.parameter import lifecycle

__all__ = ["Module"]


class Module(ModuleHooks, ModuleState, ModuleMoves):
    """A layer, or a network of them.

    Assigning a Parameter, a Buffer or a Module (or a parameter or block of Gluon) to an attribute registers
    it. A subclass defines ``forward``. It is a Block too: Trainers, files and ``collect_params`` take it.

    Attributes:
        training: whether layers such as dropout act as in training. Inside ``autograd.record()`` the flag of
            the scope counts instead.

    Example:
        >>> import gluonish as torch
        >>> from gluonish import nn
        >>> class Affine(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.w = nn.Parameter(torch.ones(3))
        ...         self.b = nn.Parameter(torch.zeros(3))
        ...     def forward(self, x):
        ...         return x * self.w + self.b
        >>> [name for name, _ in Affine().named_parameters()]
        ['w', 'b']
    """

    training: bool

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["training"] = True

    # -- modes --------------------------------------------------------------------------------------------

    @property
    def acts_as_training(self) -> bool:
        """Whether the module acts as in training now: by its flag, or inside ``record()`` by the scope's."""
        return MODE.training if MODE.recording else self.training

    def train(self, mode: bool = True) -> Any:
        """Put this module and those below it into training mode, or out of it, and return it.

        Raises:
            ArgumentTypeError: the mode is no bool.
        """
        if not isinstance(mode, bool):
            raise ArgumentTypeError("Module.train()", "needs another mode", expected="a bool", received=mode)
        for module in self.modules():
            if isinstance(module, Module):
                module.__dict__["training"] = mode
        return self

    def eval(self) -> Any:
        """Put this module and those below it out of training mode, and return it."""
        return self.train(False)

    # -- calling ------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the forward pass and its hooks, settling parameters that wait for their shapes on the way.

        Inside, the current context is that of the first tensor given, so that of several replicas those count
        that are there.
        """
        here = current_context()
        ctx = next((x.context for x in args if isinstance(x, NDArray) and not x.stands_in), here)
        if ctx is not here:
            with ctx:
                return self(*args, **kwargs)
        if MODE.recording:  # the flag of the scope counts
            return self._call(args, kwargs)
        with ModeScope(training=self.training):
            return self._call(args, kwargs)

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._has_hooks and not completion.is_tracing():
            return self._run_with_hooks(args, kwargs)
        return self._run(args, kwargs)

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._settled_at == lifecycle.DEFERRALS.count:
            return self.forward(*args, **kwargs)
        output = completion.complete_and_run(self, args, kwargs)
        for parameter in self._reg_params.values():
            if isinstance(parameter, Uninitialized):
                parameter.become_initialized()
        return output

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output. Subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} must define forward()")

    # -- printing -----------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """Return what stands in the parentheses of ``repr``; for subclasses to define."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [
            f"({name}): " + repr(child).replace("\n", "\n  ") for name, child in self._children.items()
        ]
        if not children and len(lines) < 2:  # noqa: PLR2004  one line has room for one line
            return f"{type(self).__name__}({extra})"
        body = "".join(f"  {line}\n" for line in [*lines, *children])
        return f"{type(self).__name__}(\n{body})"
