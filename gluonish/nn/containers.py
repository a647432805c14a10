"""Modules that hold modules: Sequential, ModuleList and ModuleDict."""

from __future__ import annotations

import operator
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any

from gluonish.errors import ArgumentTypeError, IndexOutOfRangeError, SignatureError, UnknownNameError
from gluonish.gluon.block import Block
from gluonish.nn.module import Module

__all__ = ["ModuleDict", "ModuleList", "Sequential"]


class _Numbered(Module):
    """Children under the names ``"0"``, ``"1"`` ..., or, in a Sequential, under names of their own."""

    def _place(self, index: int) -> str:
        """Return the name of the child at a place, which may count from the end."""
        names = list(self._children)
        try:
            return names[operator.index(index)]
        except IndexError:
            raise IndexOutOfRangeError(
                type(self).__name__,
                f"has no module {index}",
                expected=f"a number below {len(names)}",
            ) from None

    def _put_all(self, modules: Iterable[Block]) -> None:
        """Hold these modules, numbered from 0, and no others."""
        for name in list(self._children):
            delattr(self, name)
        for number, module in enumerate(modules):
            self.add_module(str(number), module)

    def _renumbered(self) -> None:
        self._put_all(list(self._children.values()))

    def __len__(self) -> int:
        return len(self._children)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._children.values()))

    def __contains__(self, module: object) -> bool:
        return any(module is each for each in self._children.values())

    def __setitem__(self, index: int, module: Block) -> None:
        setattr(self, self._place(index), _checked(module))

    def __delitem__(self, index: int | slice) -> None:
        names = list(self._children)
        for name in names[index] if isinstance(index, slice) else [self._place(index)]:
            delattr(self, name)
        if all(name.isdigit() for name in names):
            self._renumbered()

    def append(self, module: Block) -> Any:
        """Put a module at the end, and return the container."""
        self.add_module(str(len(self)), _checked(module))
        return self

    def extend(self, modules: Iterable[Block]) -> Any:
        """Put modules at the end, and return the container."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Block) -> Any:
        """Put a module before the one at a place, and return the container."""
        held = list(self._children.values())
        held.insert(index, _checked(module))
        self._put_all(held)
        return self

    def pop(self, index: int = -1) -> Any:
        """Take a module out and return it."""
        module = self._children[self._place(index)]
        del self[index]
        return module


class Sequential(_Numbered):
    """Runs modules one after the other, each with the output of the one before.

    Args:
        modules: the modules, or one dictionary of them by name.

    Example:
        >>> from gluonish import nn
        >>> net = nn.Sequential(nn.Sequential(), nn.Sequential())
        >>> len(net), [name for name, _ in net.named_children()]
        (2, ['0', '1'])
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            for number, module in enumerate(modules):
                self.add_module(str(number), module)

    def add(self, *modules: Block) -> None:
        """Put modules at the end, as Gluon's Sequential does."""
        self.extend(modules)

    def __getitem__(self, key: int | slice) -> Any:
        if not isinstance(key, slice):
            return self._children[self._place(key)]
        part = type(self)()
        for name, module in list(self._children.items())[key]:
            part.add_module(name, module)
        return part

    def forward(self, x: Any) -> Any:
        """Run the modules."""
        for module in self._children.values():
            x = module(x)
        return x


class ModuleList(_Numbered):
    """A list of modules; it is not called itself.

    Args:
        modules: what it holds at first.

    Example:
        >>> from gluonish import nn
        >>> layers = nn.ModuleList(nn.Sequential() for _ in range(3))
        >>> del layers[0]
        >>> [name for name, _ in layers.named_children()]
        ['0', '1']
    """

    def __init__(self, modules: Iterable[Block] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    def __getitem__(self, key: int | slice) -> Any:
        if isinstance(key, slice):
            return type(self)(list(self._children.values())[key])
        return self._children[self._place(key)]

    def __iadd__(self, modules: Iterable[Block]) -> ModuleList:
        return self.extend(modules)

    def __add__(self, other: Iterable[Block]) -> ModuleList:
        return type(self)([*self, *other])


class ModuleDict(Module):
    """A dictionary of modules; it is not called itself. Any string without a dot is a key.

    Args:
        modules: what it holds at first: a mapping, or pairs.

    Example:
        >>> from gluonish import nn
        >>> heads = nn.ModuleDict({"keys": nn.Sequential()})
        >>> "keys" in heads, list(heads.keys())
        (True, ['keys'])
    """

    def __init__(self, modules: Mapping[str, Block] | Iterable[tuple[str, Block]] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def __getitem__(self, key: str) -> Any:
        if key not in self._children:
            raise UnknownNameError(
                type(self).__name__, f"has no module {key!r}", expected=f"one of {list(self._children)}"
            )
        return self._children[key]

    def __setitem__(self, key: str, module: Block) -> None:
        self._put_module(checked_key(key), _checked(module))

    def _bind(self, name: str, value: Any) -> None:
        """Leave out the attribute: one for a key such as "keys" would hide a method."""

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __len__(self) -> int:
        return len(self._children)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._children))

    def __contains__(self, key: object) -> bool:
        return key in self._children

    def keys(self) -> KeysView[str]:
        """Return the keys."""
        return self._children.keys()

    def values(self) -> ValuesView[Any]:
        """Return the modules."""
        return self._children.values()

    def items(self) -> ItemsView[str, Any]:
        """Return keys and modules."""
        return self._children.items()

    def pop(self, key: str) -> Any:
        """Take a module out and return it."""
        module = self[key]
        del self._children[key]
        return module

    def clear(self) -> None:
        """Take all modules out."""
        self._children.clear()

    def update(self, modules: Mapping[str, Block] | Iterable[tuple[str, Block]]) -> None:
        """Put in modules, from a mapping or pairs; those of the same keys are replaced."""
        for key, module in pairs_of(modules, type(self).__name__):
            self[key] = module


def _checked(module: Any) -> Block:
    if not isinstance(module, Block):
        raise ArgumentTypeError(
            "A container of modules", "holds modules", expected="an nn.Module", received=type(module).__name__
        )
    return module


def checked_key(key: Any) -> str:
    """Return a key of a dictionary of modules or parameters.

    Raises:
        ArgumentTypeError: it is no string.
        UnknownNameError: it is empty, or has a dot in it, which paths are split at.
    """
    if not isinstance(key, str):
        raise ArgumentTypeError(
            f"The key {key!r}", "is no string", expected="a str", received=type(key).__name__
        )
    if not key or "." in key:
        raise UnknownNameError(f"The key {key!r}", "cannot be part of a path", expected="a name without dots")
    return key


def pairs_of(content: Any, subject: str) -> list[tuple[str, Any]]:
    """Return the keys and values of a mapping, or of an iterable of pairs.

    Raises:
        ArgumentTypeError: it is neither.
        SignatureError: an entry is no pair.
    """
    if isinstance(content, Mapping) or (hasattr(content, "keys") and hasattr(content, "__getitem__")):
        return [(key, content[key]) for key in content.keys()]  # noqa: SIM118  it may be more than a mapping
    if not isinstance(content, Iterable):
        raise ArgumentTypeError(
            subject,
            "cannot be filled from this",
            expected="a mapping or pairs",
            received=type(content).__name__,
        )
    entries = [tuple(entry) for entry in content]
    for entry in entries:
        if len(entry) != 2:  # noqa: PLR2004  a key and a value
            raise SignatureError(subject, "is filled from pairs", expected="(key, value)", received=entry)
    return entries
