"""Module: a layer, or a network of them, as users of torch and Lucid write one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gluonish.engine.mode import MODE, ModeScope
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError, DuplicateNameError, MissingNameError
from gluonish.gluon.block import Block
from gluonish.nn.parameter import Buffer, UninitializedParameter
from gluonish.parameter import lifecycle
from gluonish.parameter.explain import Owner
from gluonish.parameter.face import ParameterFace
from gluonish.parameter.settling import settling_scope
from gluonish.tensor import Tensor

__all__ = ["Module"]


class Module(Block):
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
        own = self.__dict__
        own["training"] = True
        own["_buffers"] = {}
        own["_non_persistent"] = set()

    # -- attributes -------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ParameterFace):
            self._check_ready(name)
            self._put(self._reg_params, name, value)
            self._own(name, value)
        elif isinstance(value, Block):
            self._check_ready(name)
            self._put(self._children, name, value)
        elif isinstance(value, Buffer):
            self._check_ready(name)
            self._put(self._buffers, name, value)
        elif name in self.__dict__.get("_buffers", ()) and (value is None or isinstance(value, NDArray)):
            self._buffers[name] = value if value is None or isinstance(value, Tensor) else value._as(Tensor)
            value = self._buffers[name]
        elif name in self.__dict__.get("_reg_params", ()):
            self._replace_parameter(name, value)
        elif name in self.__dict__.get("_children", ()):
            self._children.pop(name)
        self.__dict__[name] = value

    def __delattr__(self, name: str) -> None:
        for registry in (self._reg_params, self._buffers, self._children):
            registry.pop(name, None)
        self._non_persistent.discard(name)
        super().__delattr__(name)

    def _check_ready(self, name: str) -> None:
        if "_buffers" not in self.__dict__:
            raise MissingNameError(
                f"{type(self).__name__}.{name}",
                "cannot be registered: the module is not constructed yet",
                fix="Call super().__init__() before assigning modules, parameters and buffers.",
            )

    def _put(self, registry: dict[str, Any], name: str, value: Any) -> None:
        """Register a value in one registry, where it keeps the place of what it replaces, and in no other."""
        for other in (self._reg_params, self._buffers, self._children):
            if other is not registry:
                other.pop(name, None)
        registry[name] = value

    def _own(self, name: str, parameter: ParameterFace) -> None:
        core = parameter.core
        core.name = core.name or name
        if core.owner is None:
            core.owner = Owner(self, self.settled_by.get(name))
        self.__dict__["_settled_at"] = -1

    def _replace_parameter(self, name: str, value: Any) -> None:
        if isinstance(value, NDArray):
            raise ArgumentTypeError(
                f"Parameter {name!r} of {type(self).__name__}",
                "cannot be replaced by an array",
                expected="an nn.Parameter, or None",
                received=type(value).__name__,
                fix=f"Wrap it, nn.Parameter(...), or write its value: module.{name}.data = ...",
            )
        if value is None:
            self._reg_params[name] = None  # type: ignore[assignment]  # the slot stays
        else:
            del self._reg_params[name]

    # -- registering by name ----------------------------------------------------------------------------

    def _check_name(self, name: Any, registry: dict[str, Any]) -> None:
        """Refuse a name under which nothing can be registered.

        Raises:
            ArgumentTypeError: it is no string.
            DuplicateNameError: it is empty, has a dot in it, or is that of another attribute.
        """
        if not isinstance(name, str):
            raise ArgumentTypeError(
                "A name in a module", "is no string", expected="a str", received=type(name).__name__
            )
        if not name or "." in name or (hasattr(self, name) and name not in registry):
            problem = "is taken by another attribute" if name and "." not in name else "cannot be registered"
            raise DuplicateNameError(
                f"The name {name!r} in {type(self).__name__}", problem, expected="a new name without dots"
            )

    def register_parameter(self, name: str, param: ParameterFace | None) -> None:
        """Register a parameter, or an empty slot for one. For the name that it has already, nothing happens.

        Raises:
            ArgumentTypeError: it is no parameter.
            DuplicateNameError: the name is taken, empty, or has a dot in it.
        """
        self._check_ready(str(name))
        self._check_name(name, self._reg_params)
        if param is None:
            self._reg_params[name] = None  # type: ignore[assignment]
            self.__dict__[name] = None
        elif isinstance(param, ParameterFace):
            setattr(self, name, param)
        else:
            raise ArgumentTypeError(
                f"{name!r}", "is no parameter", expected="an nn.Parameter", received=type(param).__name__
            )

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True, dtype: Any = None) -> None:
        """Register a tensor that is not trained.

        Args:
            name: the attribute.
            tensor: a Tensor, an array or nested lists; None for an empty slot.
            persistent: whether it is in ``state_dict``.
            dtype: the element type, for what is no Tensor.

        Raises:
            DuplicateNameError: the name is taken, empty, or has a dot in it.
        """
        self._check_ready(str(name))
        self._check_name(name, self._buffers)
        held = tensor if tensor is None or isinstance(tensor, Tensor) else Tensor(tensor, dtype=dtype)
        self._buffers[name] = self.__dict__[name] = held
        (self._non_persistent.discard if persistent else self._non_persistent.add)(name)

    def add_module(self, name: str, module: Block | None) -> None:
        """Register a module, or an empty slot for one.

        Raises:
            ArgumentTypeError: it is no module.
            DuplicateNameError: the name is taken, empty, or has a dot in it.
        """
        self._check_ready(str(name))
        self._check_name(name, self._children)
        if module is not None and not isinstance(module, Block):
            raise ArgumentTypeError(
                f"{name!r}", "is no module", expected="an nn.Module", received=type(module).__name__
            )
        if module is not None:
            self._children[name] = module
        self.__dict__[name] = module

    register_module = add_module

    # -- what is in it ------------------------------------------------------------------------------------

    def own_parameters(self) -> Iterator[tuple[str, Any]]:
        """Yield the module's own parameters, each once, with their attributes."""
        seen = set()
        for name, parameter in self._reg_params.items():
            if parameter is not None and id(parameter) not in seen:
                seen.add(id(parameter))
                yield name, parameter

    def named_modules(self, memo: set[int] | None = None, prefix: str = "") -> Iterator[tuple[str, Block]]:
        """Yield this module and those below it, each once, with their paths."""
        memo = set() if memo is None else memo
        if id(self) in memo:
            return
        memo.add(id(self))
        yield prefix, self
        for name, child in self._children.items():
            yield from named_modules_of(child, memo, f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator[Block]:
        """Yield this module and those below it, each once."""
        for _, module in self.named_modules():
            yield module

    def children(self) -> Iterator[Block]:
        """Yield the modules directly below this one, each once."""
        yield from {id(child): child for child in self._children.values()}.values()

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """Yield the parameters with their paths: own ones first, then the children's.

        Args:
            prefix: stands in front of the paths.
            recurse: whether children's parameters are among them.
            remove_duplicate: whether a tied parameter comes once.
        """
        seen: set[int] = set()
        found = self.parameters_by_path() if recurse else self.own_parameters()
        for path, parameter in found:
            if remove_duplicate and id(parameter) in seen:
                continue
            seen.add(id(parameter))
            yield (f"{prefix}.{path}" if prefix else path), parameter

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        """Yield the parameters, each once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    # -- calling ------------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Module:
        """Put this module and those below it into training mode, or out of it, and return it.

        Raises:
            ArgumentTypeError: the mode is no bool.
        """
        if not isinstance(mode, bool):
            raise ArgumentTypeError("Module.train()", "takes a bool", received=repr(mode))
        for module in self.modules():
            if isinstance(module, Module):
                module.__dict__["training"] = mode
        return self

    def eval(self) -> Module:
        """Put this module and those below it out of training mode, and return it."""
        return self.train(False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the forward pass, settling parameters that wait for their shapes on the way."""
        if MODE.recording:  # the flag of the scope counts
            return self._run(args, kwargs)
        with ModeScope(training=self.training):
            return self._run(args, kwargs)

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._settled_at == lifecycle.DEFERRALS.count:
            return self.forward(*args, **kwargs)
        count = lifecycle.DEFERRALS.count
        waiting = [p for _, p in self.own_parameters() if p.core.is_deferred]
        with settling_scope(p.core for p in waiting):
            output = self.forward(*args, **kwargs)
        for parameter in waiting:
            if isinstance(parameter, UninitializedParameter):
                parameter.become_initialized()
        if not any(p.core.is_deferred for _, p in self.own_parameters()):
            self.__dict__["_settled_at"] = count
        return output

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output. Subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} must define forward()")


def named_modules_of(block: Block, memo: set[int], path: str) -> Iterator[tuple[str, Block]]:
    """Yield a block, of either face, and those below it, each once, with their paths."""
    if isinstance(block, Module):
        yield from block.named_modules(memo, path)
        return
    if id(block) in memo:
        return
    memo.add(id(block))
    yield path, block
    for name, child in block.named_children():
        yield from named_modules_of(child, memo, f"{path}.{name}")

