"""Hooks of modules: functions of yours that run around a forward or a backward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from gluonish.gluon.hooks import HookHandle
from gluonish.nn.backward_hooks import BackwardTap
from gluonish.nn.tree import ModuleTree

__all__ = ["ModuleHooks"]


@attrs.frozen(eq=False)
class _Hook:
    """A forward hook with its options."""

    function: Callable[..., Any]
    with_kwargs: bool = False
    always_call: bool = False

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)


def _registered(hooks: dict[int, Any], hook: Any, *, prepend: bool) -> HookHandle:
    """Put a hook behind the others, or in front of them."""
    before = dict(hooks)
    handle = HookHandle(hooks, hook)
    if prepend:
        for key in before:  # a dictionary keeps the order of insertion
            hooks[key] = hooks.pop(key)
    return handle


class ModuleHooks(ModuleTree):
    """What runs around ``forward``. Unlike hooks of Gluon's blocks, these may replace inputs and outputs."""

    _forward_hooks: dict[int, Any]
    _forward_pre_hooks: dict[int, Any]
    _backward_hooks: dict[int, Callable[..., Any]]
    _backward_pre_hooks: dict[int, Callable[..., Any]]

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["_backward_hooks"] = {}
        self.__dict__["_backward_pre_hooks"] = {}

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Call a function before every forward pass.

        Args:
            hook: called as ``hook(module, args)``, or ``hook(module, args, kwargs)``. What it returns, unless
                None, takes the place of the arguments: a tuple or a single value; a pair of arguments and
                keyword arguments if it is given both.
            prepend: run it before the hooks there are.
            with_kwargs: whether it is given keyword arguments too.

        Returns:
            A handle: ``handle.remove()`` ends that.
        """
        return _registered(self._forward_pre_hooks, _Hook(hook, with_kwargs), prepend=prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> HookHandle:
        """Call a function after every forward pass.

        Args:
            hook: called as ``hook(module, args, output)``, or ``hook(module, args, kwargs, output)``. What it
                returns, unless None, takes the place of the output.
            prepend: run it before the hooks there are.
            with_kwargs: whether it is given keyword arguments too.
            always_call: run it also when the pass has failed, with None as the output.

        Returns:
            A handle: ``handle.remove()`` ends that.

        Example:
            >>> import gluonish as torch
            >>> from gluonish import nn
            >>> m = nn.Sequential()
            >>> handle = m.register_forward_hook(lambda module, args, output: output * 2)
            >>> m(torch.ones(2))
            Tensor([2.0, 2.0], grad=None)
        """
        return _registered(self._forward_hooks, _Hook(hook, with_kwargs, always_call), prepend=prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call a function when a backward pass has computed the gradients of the module's inputs.

        Args:
            hook: called as ``hook(module, grad_input, grad_output)``, both tuples, with None for what is no
                tensor or needs no gradient. What it returns, unless None, takes the place of ``grad_input``.
            prepend: run it before the hooks there are.

        Returns:
            A handle: ``handle.remove()`` ends that.
        """
        return _registered(self._backward_hooks, hook, prepend=prepend)

    register_backward_hook = register_full_backward_hook

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call a function before a backward pass goes through the module.

        Args:
            hook: called as ``hook(module, grad_output)``. What it returns, unless None, takes the place of
                ``grad_output``.
            prepend: run it before the hooks there are.

        Returns:
            A handle: ``handle.remove()`` ends that.
        """
        return _registered(self._backward_pre_hooks, hook, prepend=prepend)

    # -- running them -----------------------------------------------------------------------------------

    @property
    def _has_hooks(self) -> bool:
        return bool(
            self._forward_hooks or self._forward_pre_hooks or self._backward_hooks or self._backward_pre_hooks
        )

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _run_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        done: set[int] = set()
        try:
            args, kwargs = self._before_forward(args, kwargs)
            tap = None
            if self._backward_hooks or self._backward_pre_hooks:
                tap = BackwardTap(self, self._backward_pre_hooks, self._backward_hooks)
                args = tap.inputs(args)
            output = self._run(args, kwargs)
            for key, hook in list(self._forward_hooks.items()):
                done.add(key)
                answer = hook(self, args, kwargs, output) if hook.with_kwargs else hook(self, args, output)
                output = output if answer is None else answer
        except BaseException:
            self._after_failure(args, kwargs, done)
            raise
        return output if tap is None else tap.outputs(output)

    def _before_forward(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        for hook in list(self._forward_pre_hooks.values()):
            if hook.with_kwargs:
                answer = hook(self, args, kwargs)
                if answer is not None:
                    args, kwargs = answer
            else:
                answer = hook(self, args)
                if answer is not None:
                    args = answer if isinstance(answer, tuple) else (answer,)
        return args, kwargs

    def _after_failure(self, args: tuple[Any, ...], kwargs: dict[str, Any], done: set[int]) -> None:
        """Run the hooks that run in any case and have not run; the failure counts, not theirs."""
        for key, hook in list(self._forward_hooks.items()):
            if hook.always_call and key not in done:
                hook(self, args, kwargs, None) if hook.with_kwargs else hook(self, args, None)

    def __getstate__(self) -> dict[str, Any]:
        # Hooks are functions of a running program; the rest makes the module.
        return {**super().__getstate__(), "_backward_hooks": {}, "_backward_pre_hooks": {}}
