"""What is in a module: its parameters, buffers and children, by path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gluonish.errors import MissingNameError
from gluonish.gluon.block import Block
from gluonish.nn.parameter import Buffer, Uninitialized
from gluonish.nn.registration import Registration

__all__ = ["ModuleTree", "joined", "modules_below"]


def joined(prefix: str, name: str) -> str:
    """Return a path below another one, which may be empty."""
    return f"{prefix}.{name}" if prefix else name


def modules_below(
    block: Block, prefix: str = "", seen: set[int] | None = None
) -> Iterator[tuple[str, Block]]:
    """Yield a module or block and those below it with their paths; each once, unless ``seen`` is None."""
    if seen is not None:
        if id(block) in seen:
            return
        seen.add(id(block))
    yield prefix, block
    for name, child in block.named_children():
        yield from modules_below(child, joined(prefix, name), seen)


class ModuleTree(Registration):
    """Walks over a module and what is below it. Blocks of Gluon are modules here too."""

    # -- modules ----------------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[int] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Block]]:
        """Yield this module and those below it with their paths.

        Args:
            memo: ids of modules to leave out; those found are added.
            prefix: stands in front of the paths.
            remove_duplicate: whether a module that is used several times comes once.
        """
        seen = set() if memo is None else memo
        yield from modules_below(self, prefix, seen if remove_duplicate else None)

    def modules(self) -> Iterator[Block]:
        """Yield this module and those below it, each once."""
        for _, module in self.named_modules():
            yield module

    def children(self) -> Iterator[Block]:
        """Yield the modules directly below this one, each once."""
        yield from {id(child): child for child in self._children.values()}.values()

    # -- parameters and buffers ---------------------------------------------------------------------------

    def own_parameters(self) -> Iterator[tuple[str, Any]]:
        """Yield what this module holds in parameter cores, parameters before buffers, with attributes.

        Buffers are among them because Gluon's files, casts and moves have to reach them; for Gluon they are
        parameters without a gradient.
        """
        for name, parameter in self._reg_params.items():
            if parameter is not None:
                yield name, parameter
        for name, buffer in self._buffers.items():
            if buffer is not None:
                yield name, buffer

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """Yield the parameters with their paths: own ones first, then the children's.

        Args:
            prefix: stands in front of the paths.
            recurse: whether children's parameters are among them.
            remove_duplicate: whether a tied parameter comes once.
        """
        found = self._held(prefix, recurse)
        yield from _once((p for p in found if not isinstance(p[1], Buffer)), remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        """Yield the parameters, each once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """Yield the buffers with their paths; arguments as of ``named_parameters``."""
        found = self._held(prefix, recurse)
        yield from _once((p for p in found if isinstance(p[1], Buffer)), remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        """Yield the buffers, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def _held(self, prefix: str, recurse: bool) -> Iterator[tuple[str, Any]]:
        start = prefix and f"{prefix}."
        if recurse:
            yield from self.parameters_by_path(start)
        else:
            yield from ((f"{start}{name}", each) for name, each in self.own_parameters())

    def has_uninitialized_params(self) -> bool:
        """Tell whether parameters or buffers of this module itself still wait for their shapes."""
        return any(isinstance(each, Uninitialized) for _, each in self.own_parameters())

    has_uninitialized_parameters = has_uninitialized_params

    def count_parameters(self, trainable_only: bool = False) -> int:
        """Return the number of elements of all parameters; those of unknown shape count as none.

        Args:
            trainable_only: leave out those that require no gradient.
        """
        cores = {p.core for p in self.parameters()}
        return sum(_elements(core) for core in cores if core.wants_grad or not trainable_only)

    # -- by path ----------------------------------------------------------------------------------------

    def get_submodule(self, target: str) -> Any:
        """Return the module at a path, ``"encoder.0"``; the module itself for an empty one.

        Raises:
            MissingNameError: there is none.
        """
        found: Block = self
        for name in target.split(".") if target else ():
            children = dict(found.named_children())
            if name not in children:
                raise _missing(self, "module", target, name, found)
            found = children[name]
        return found

    def get_parameter(self, target: str) -> Any:
        """Return the parameter at a path, ``"encoder.0.weight"``.

        Raises:
            MissingNameError: there is none.
        """
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        held = {n: p for n, p in owner.own_parameters() if not isinstance(p, Buffer)}
        if name not in held:
            raise _missing(self, "parameter", target, name, owner)
        return held[name]

    def get_buffer(self, target: str) -> Any:
        """Return the buffer at a path.

        Raises:
            MissingNameError: there is none.
        """
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        held = {n: p for n, p in owner.own_parameters() if isinstance(p, Buffer)}
        if name not in held:
            raise _missing(self, "buffer", target, name, owner)
        return held[name]


def _once(found: Iterator[tuple[str, Any]], remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    for path, each in found:
        if remove_duplicate:
            if id(each) in seen:
                continue
            seen.add(id(each))
        yield path, each


def _elements(core: Any) -> int:
    total = 1
    for size in core.shape if core.shape is not None else (None,):
        total *= size or 0
    return total


def _missing(root: Block, kind: str, target: str, name: str, owner: Block) -> MissingNameError:
    return MissingNameError(
        type(root).__name__,
        f"has no {kind} at {target!r}: {type(owner).__name__} holds no {name!r}",
        fix="named_modules(), named_parameters() and named_buffers() list the paths.",
    )
