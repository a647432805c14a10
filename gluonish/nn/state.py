"""What a module holds as a dictionary, and back: ``state_dict`` and ``load_state_dict``."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import attrs
import numpy as np

from gluonish import autograd
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError, StateDictError
from gluonish.gluon.block import Block
from gluonish.gluon.hooks import HookHandle
from gluonish.nn.parameter import Buffer, Parameter, Uninitialized
from gluonish.nn.tree import ModuleTree, modules_below
from gluonish.parameter import lifecycle
from gluonish.parameter.face import ParameterFace
from gluonish.shape import format_shape
from gluonish.tensors import Tensor

__all__ = ["LoadResult", "ModuleState"]

EXTRA_STATE = "_extra_state"


class LoadResult(NamedTuple):
    """Which names did not match when a state was loaded without ``strict``."""

    missing_keys: list[str]
    unexpected_keys: list[str]


@attrs.frozen(eq=False)
class _Slot:
    """A place in a module that a name in a state belongs to.

    Attributes:
        key: the name.
        module: the module that holds it.
        attribute: under which name.
        held: the parameter or buffer there.
    """

    key: str
    module: Block
    attribute: str
    held: ParameterFace


class ModuleState(ModuleTree):
    """States of modules: parameters and persistent buffers of the whole tree, by path."""

    _version: int | None = 1
    """Written into ``state._metadata``, so that a hook can bring older states up to date."""

    _state_pre_hooks: dict[int, Callable[..., Any]]
    _state_post_hooks: dict[int, Callable[..., Any]]
    _load_pre_hooks: dict[int, Callable[..., Any]]
    _load_post_hooks: dict[int, Callable[..., Any]]

    def __init__(self) -> None:
        super().__init__()
        for name in ("_state_pre_hooks", "_state_post_hooks", "_load_pre_hooks", "_load_post_hooks"):
            self.__dict__[name] = {}

    # -- saving -----------------------------------------------------------------------------------------

    def state_dict(
        self,
        destination: OrderedDict[str, Any] | None = None,
        prefix: str = "",
        keep_vars: bool = False,
    ) -> OrderedDict[str, Any]:
        """Return copies of all parameters and persistent buffers by path.

        Parameters that wait for their shapes are left out.

        Args:
            destination: a dictionary to put them into; a new one if None.
            prefix: stands in front of the paths, with its dot.
            keep_vars: return the parameters and buffers themselves.

        Example:
            >>> from gluonish import nn
            >>> m = nn.Module()
            >>> m.param = nn.Parameter([0.5, -0.5])
            >>> dict(m.state_dict())
            {'param': Tensor([0.5, -0.5], grad=None)}
        """
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()  # type: ignore[attr-defined]  # as torch keeps it
        for hook in list(self._state_pre_hooks.values()):
            hook(self, prefix, keep_vars)
        metadata = getattr(destination, "_metadata", None)
        if metadata is not None:
            metadata[prefix[:-1]] = {"version": self._version}
        for name, held in self.own_parameters():
            if name not in self._non_persistent:
                _put(destination, prefix + name, held, keep_vars=keep_vars)
        if _overrides(self, "get_extra_state"):
            destination[prefix + EXTRA_STATE] = self.get_extra_state()
        for name, child in self.named_children():
            _save_below(child, destination, f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in list(self._state_post_hooks.values()):
            hook(self, destination, prefix, {"version": self._version})
        return destination

    def get_extra_state(self) -> Any:
        """Return more that belongs into ``state_dict``; for subclasses to define, like the other way."""
        raise NotImplementedError(f"{type(self).__name__} defines no get_extra_state()")

    def set_extra_state(self, state: Any) -> None:
        """Take over what ``get_extra_state`` has returned."""
        raise NotImplementedError(f"{type(self).__name__} defines no set_extra_state()")

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call ``hook(module, prefix, keep_vars)`` before ``state_dict``."""
        return HookHandle(self._state_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after ``state_dict``, to change it."""
        return HookHandle(self._state_post_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call a function before this module takes over its part of a state.

        Args:
            hook: called as ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys,
                unexpected_keys, error_msgs)``. It may change the dictionary, a shallow copy, and put names
                and texts into the lists.
        """
        return HookHandle(self._load_pre_hooks, hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call ``hook(module, incompatible_keys)`` after a state was loaded."""
        return HookHandle(self._load_post_hooks, hook)

    # -- loading ----------------------------------------------------------------------------------------

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> LoadResult:
        """Take over the values of a state: all of them, or none if anything is wrong.

        Objects, dtypes and devices stay; values are converted. Parameters that wait for their shapes get
        them.

        Args:
            state_dict: arrays of any kind by path, as ``state_dict()`` or ``gluonish.load`` return them.
            strict: whether missing and unexpected names are an error.
            assign: put new parameters and buffers of the dtypes in the state in the places of the old ones.

        Returns:
            The names that did not match.

        Raises:
            StateDictError: names or shapes do not match. Nothing is changed then.
            ArgumentTypeError: it is no dictionary, or holds what is no array.
        """
        if not isinstance(state_dict, Mapping):
            raise ArgumentTypeError(
                "load_state_dict()", "takes a dictionary", expected="a mapping", received=type(state_dict)
            )
        given = dict(state_dict)
        missing: list[str] = []
        unexpected: list[str] = []
        problems: list[str] = []
        modules = list(modules_below(self))
        metadata = getattr(state_dict, "_metadata", {})
        for path, module in modules:
            if isinstance(module, ModuleState):
                start = f"{path}." if path else ""
                notes = metadata.get(path, {})
                module._load_from_state_dict(given, start, notes, strict, missing, unexpected, problems)
        slots, extras = _places(modules)
        found = {slot.key for slot in slots} | set(extras)
        missing += [s.key for s in slots if s.key not in given and not _is_pending(s)]
        missing += [key for key in extras if key not in given]
        unexpected += [key for key in given if key not in found]
        values = {s.key: _as_array(given[s.key], s.key) for s in slots if s.key in given}
        problems += [text for s in slots if s.key in values and (text := _mismatch(s, values[s.key]))]
        if problems or (strict and (missing or unexpected)):
            raise _refusal(self, missing if strict else [], unexpected if strict else [], problems)
        (_assign if assign else _write)([s for s in slots if s.key in values], values)
        for key, module in extras.items():
            if key in given:
                module.set_extra_state(given[key])
        result = LoadResult(missing, unexpected)
        for _, module in modules:
            if isinstance(module, ModuleState):
                for hook in list(module._load_post_hooks.values()):
                    hook(module, result)
        return result

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Prepare this module's part of a state, a shallow copy of what was given.

        Subclasses override it, as in torch, to bring older states up to date before they call this one.
        Nothing is written here: that is done once for all modules, after everything was checked.
        """
        for hook in list(self._load_pre_hooks.values()):
            hook(
                self,
                state_dict,
                prefix,
                local_metadata,
                strict,
                missing_keys,
                unexpected_keys,
                error_msgs,
            )

    def __getstate__(self) -> dict[str, Any]:
        hooks = ("_state_pre_hooks", "_state_post_hooks", "_load_pre_hooks", "_load_post_hooks")
        return {**super().__getstate__(), **{name: {} for name in hooks}}


def _overrides(module: ModuleState, name: str) -> bool:
    return getattr(type(module), name) is not getattr(ModuleState, name)


def _put(destination: dict[str, Any], key: str, held: ParameterFace, *, keep_vars: bool) -> None:
    if not held.core.is_ready:
        return
    if keep_vars:
        destination[key] = held
        return
    with autograd.pause():
        destination[key] = held.stand_in(None).detach().copy()._as(Tensor)


def _save_below(block: Block, destination: OrderedDict[str, Any], prefix: str, *, keep_vars: bool) -> None:
    if isinstance(block, ModuleState):
        block.state_dict(destination, prefix, keep_vars)
        return
    for name, held in block.own_parameters():
        _put(destination, prefix + name, held, keep_vars=keep_vars)
    for name, child in block.named_children():
        _save_below(child, destination, f"{prefix}{name}.", keep_vars=keep_vars)


# -- loading ----------------------------------------------------------------------------------------------


def _places(modules: list[tuple[str, Block]]) -> tuple[list[_Slot], dict[str, ModuleState]]:
    """Return places for arrays, and modules with a state of their own, by the names in a state."""
    slots, extras = [], {}
    for path, module in modules:
        start = f"{path}." if path else ""
        transient = module._non_persistent if isinstance(module, ModuleState) else ()
        slots += [
            _Slot(start + name, module, name, held)
            for name, held in module.own_parameters()
            if name not in transient
        ]
        if isinstance(module, ModuleState) and _overrides(module, "set_extra_state"):
            extras[start + EXTRA_STATE] = module
    return slots, extras


def _is_pending(slot: _Slot) -> bool:
    """Tell whether a place is left out of states because its shape is not known."""
    return isinstance(slot.held, Uninitialized)


def _as_array(value: Any, key: str) -> Any:
    if isinstance(value, ParameterFace):
        value = value.stand_in(None)
    if isinstance(value, NDArray):
        return value.detach()
    try:
        found = np.asarray(value)
    except ValueError:
        found = np.empty((), object)
    if found.dtype == object or found.dtype.kind in "US":
        raise ArgumentTypeError(
            f"The entry {key!r} of the state", "is no array", expected="numbers", received=type(value)
        )
    return Tensor(found)


def _mismatch(slot: _Slot, value: Any) -> str | None:
    """Return a line about a value whose shape is not that of its place."""
    known = slot.held.core.shape
    fits = known is None or (
        len(known) == len(value.shape)
        and all(a is None or a == b for a, b in zip(known, value.shape, strict=True))
    )
    if fits:
        return None
    return (
        f"size mismatch for {slot.key}: the state holds {format_shape(value.shape)}, "
        f"the module {format_shape(known)}"
    )


def _refusal(module: Block, missing: list[str], unexpected: list[str], problems: list[str]) -> StateDictError:
    lines = list(problems)
    if missing:
        lines.append("Missing key(s) in state_dict: " + ", ".join(map(repr, missing)))
    if unexpected:
        lines.append("Unexpected key(s) in state_dict: " + ", ".join(map(repr, unexpected)))
    return StateDictError(
        f"The state for {type(module).__name__}",
        "does not fit:\n    " + ";\n    ".join(lines),
        fix="Nothing was loaded. strict=False passes over names that do not match, but not over shapes.",
    )


def _write(slots: list[_Slot], values: dict[str, Any]) -> None:
    with autograd.pause():
        lifecycle.load([(slot.held.core, values[slot.key]) for slot in slots], None, cast_dtype=True)
    for slot in slots:
        if isinstance(slot.held, Uninitialized):
            slot.held.become_initialized()


def _assign(slots: list[_Slot], values: dict[str, Any]) -> None:
    for slot in slots:
        value, held = values[slot.key], slot.held
        module = slot.module
        if isinstance(held, Buffer) and isinstance(module, ModuleState):
            module._put_buffer(slot.attribute, Buffer(value))
        elif isinstance(held, Parameter) and isinstance(module, ModuleState):
            module._put_parameter(slot.attribute, Parameter(value, requires_grad=held.requires_grad))
        else:  # a parameter of Gluon stays, and takes over the dtype
            lifecycle.load([(held.core, value)], None, cast_dtype=True, dtype_source="saved")
