"""How attributes of modules become parameters, buffers and children."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError, DuplicateNameError, MissingNameError
from gluonish.gluon.block import Block
from gluonish.gluon.hooks import HookHandle
from gluonish.nn.parameter import Buffer
from gluonish.parameter.face import ParameterFace

__all__ = [
    "Registration",
    "register_module_buffer_registration_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

_Hooks = dict[int, Callable[..., Any]]
_PARAMETER_HOOKS: _Hooks = {}
_BUFFER_HOOKS: _Hooks = {}
_MODULE_HOOKS: _Hooks = {}


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call a function whenever a parameter is registered in any module.

    Args:
        hook: called as ``hook(module, name, parameter)``. What it returns takes the parameter's place; None
            changes nothing, and False leaves the slot empty.

    Returns:
        A handle: ``handle.remove()`` ends that.

    Example:
        >>> from gluonish import nn
        >>> seen = []
        >>> with nn.register_module_parameter_registration_hook(lambda m, name, p: seen.append(name)):
        ...     m = nn.Module()
        ...     m.weight = nn.Parameter([1.0])
        >>> seen
        ['weight']
    """
    return HookHandle(_PARAMETER_HOOKS, hook)


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call ``hook(module, name, buffer)`` whenever a buffer is registered, also an empty one (None).

    What it returns counts as in ``register_module_parameter_registration_hook``.
    """
    return HookHandle(_BUFFER_HOOKS, hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call ``hook(module, name, child)`` whenever a child is registered in any module.

    What it returns counts as in ``register_module_parameter_registration_hook``.
    """
    return HookHandle(_MODULE_HOOKS, hook)


def _after(hooks: _Hooks, module: Any, name: str, value: Any) -> Any:
    """Return what hooks make of a value that is being registered."""
    for hook in list(hooks.values()):
        answer = hook(module, name, value)
        if answer is False:
            return None
        if answer is not None:
            value = answer
    return value


class Registration(Block):
    """The attributes of a module: free, but for parameters, buffers and children, which have registries.

    A value keeps the place of what it replaces. None leaves the slot of a parameter or a buffer empty.
    """

    _buffers: dict[str, Buffer | None]
    _non_persistent: set[str]

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["_buffers"] = {}
        self.__dict__["_non_persistent"] = set()

    @property
    def _registries(self) -> tuple[dict[str, Any], ...]:
        return self._reg_params, self._buffers, self._children

    # -- attributes -------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Buffer):
            if own.get("_buffers", {}).get(name) is not value:  # as after ``self.count += 1``
                self._put_buffer(name, value)
        elif isinstance(value, ParameterFace):
            self._put_parameter(name, value)
        elif isinstance(value, Block):
            self._put_module(name, value)
        elif name in own.get("_buffers", ()) and (value is None or isinstance(value, NDArray)):
            self._update_buffer(name, value)
        elif name in own.get("_reg_params", ()) and (value is None or isinstance(value, NDArray)):
            self._empty_parameter(name, value)
        else:
            if "_buffers" in own and name in own:
                self._forget(name)
            own[name] = value

    def __delattr__(self, name: str) -> None:
        self._forget(name)
        super().__delattr__(name)

    def _forget(self, name: str) -> None:
        """Take a name out of all registries."""
        for registry in self._registries:
            registry.pop(name, None)
        self._non_persistent.discard(name)

    def _put(self, registry: dict[str, Any], name: str, value: Any) -> None:
        """Register a value in one registry, where it keeps the place of what it replaces, and in no other."""
        for other in self._registries:
            if other is not registry:
                other.pop(name, None)
        registry[name] = value
        self._bind(name, value)

    def _bind(self, name: str, value: Any) -> None:
        """Make what was registered an attribute. Containers with keys leave that out."""
        self.__dict__[name] = value

    def _put_parameter(self, name: str, value: ParameterFace | None) -> None:
        self._check_constructed(name)
        value = _after(_PARAMETER_HOOKS, self, name, value) if value is not None else None
        self._put(self._reg_params, name, value)
        if value is not None:
            value.belong_to(self, name)
        self.__dict__["_settled_at"] = -1

    def _put_buffer(self, name: str, value: Buffer | None) -> None:
        self._check_constructed(name)
        value = _after(_BUFFER_HOOKS, self, name, value)
        self._put(self._buffers, name, value)
        if value is not None:
            value.belong_to(self, name)
            (self._non_persistent.discard if value.persistent else self._non_persistent.add)(name)

    def _put_module(self, name: str, value: Block) -> None:
        self._check_constructed(name)
        registered = _after(_MODULE_HOOKS, self, name, value)
        if registered is None:
            self._forget(name)
            self.__dict__[name] = None
        else:
            self._put(self._children, name, registered)

    def _update_buffer(self, name: str, value: Any) -> None:
        """Give a buffer a new value: the replica on its device, or a new buffer where there is one."""
        present = self._buffers[name]
        if value is not None and present is not None and len(present.core.contexts()) > 1:
            present.actual(value.context).detach().write(value.detach())
            return
        persistent = name not in self._non_persistent
        self._put_buffer(name, None if value is None else Buffer(value.detach(), persistent=persistent))

    def _empty_parameter(self, name: str, value: NDArray | None) -> None:
        if value is not None:
            raise ArgumentTypeError(
                f"Parameter {name!r} of {type(self).__name__}",
                "cannot be replaced by an array",
                expected="an nn.Parameter, or None",
                received=type(value).__name__,
                fix=f"Wrap it, nn.Parameter(...), or write its value: module.{name}.data = ...",
            )
        self._put_parameter(name, None)

    def _check_constructed(self, name: str) -> None:
        if "_buffers" not in self.__dict__:
            raise MissingNameError(
                f"{type(self).__name__}.{name}",
                "cannot be registered: the module is not constructed yet",
                fix="Call super().__init__() before assigning modules, parameters and buffers.",
            )

    # -- registering by name ----------------------------------------------------------------------------

    def _check_name(self, name: Any, registry: dict[str, Any]) -> None:
        """Refuse a name under which nothing can be registered."""
        if not isinstance(name, str):
            raise ArgumentTypeError(
                "A name in a module", "is no string", expected="a str", received=type(name).__name__
            )
        taken = hasattr(self, name) and name not in registry
        if not name or "." in name or taken:
            raise DuplicateNameError(
                f"The name {name!r} in {type(self).__name__}",
                "is taken by another attribute" if taken else "cannot be registered",
                expected="a new name without dots",
            )

    def register_parameter(self, name: str, param: ParameterFace | None) -> None:
        """Register a parameter, or an empty slot for one. Registering it again changes nothing.

        Raises:
            ArgumentTypeError: it is no parameter.
            DuplicateNameError: the name is taken by something else, empty, or has a dot in it.
        """
        self._check_constructed(str(name))
        self._check_name(name, self._reg_params)
        if param is not None and not isinstance(param, ParameterFace):
            raise ArgumentTypeError(
                f"{name!r}", "is no parameter", expected="an nn.Parameter", received=type(param).__name__
            )
        if param is None or self._reg_params.get(name) is not param:
            self._put_parameter(name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True, dtype: Any = None) -> None:
        """Register a tensor that is not trained; the module keeps a copy, as a Buffer.

        Args:
            name: the attribute.
            tensor: a Buffer, which is kept itself; a tensor, an array or nested lists; None for an empty
                slot.
            persistent: whether it is in ``state_dict``.
            dtype: the element type; that of the tensor if None.

        Raises:
            DuplicateNameError: the name is taken by something else, empty, or has a dot in it.
        """
        self._check_constructed(str(name))
        self._check_name(name, self._buffers)
        if isinstance(tensor, Buffer):
            tensor.persistent = persistent
        elif tensor is not None:
            tensor = Buffer(tensor, dtype, persistent=persistent)
        self._put_buffer(name, tensor)
        (self._non_persistent.discard if persistent else self._non_persistent.add)(name)

    def add_module(self, name: str, module: Block | None) -> None:
        """Register a module, or an empty attribute for one.

        Raises:
            ArgumentTypeError: it is no module.
            DuplicateNameError: the name is taken by something else, empty, or has a dot in it.
        """
        self._check_constructed(str(name))
        self._check_name(name, self._children)
        if module is None:
            self._forget(name)
            self.__dict__[name] = None
        elif isinstance(module, Block):
            self._put_module(name, module)
        else:
            raise ArgumentTypeError(
                f"{name!r}", "is no module", expected="an nn.Module", received=type(module).__name__
            )

    register_module = add_module

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Register a block as a child, under the number of children so far if it gets no name."""
        super().register_child(block, name)
