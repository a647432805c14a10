"""Modules that hold parameters: ParameterDict and ParameterList."""

from __future__ import annotations

import operator
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any

from gluonish.errors import ArgumentTypeError, IndexOutOfRangeError, UnknownNameError
from gluonish.nn.containers import checked_key, pairs_of
from gluonish.nn.module import Module
from gluonish.nn.parameter import Buffer
from gluonish.parameter.face import ParameterFace

__all__ = ["ParameterDict", "ParameterList"]


class _Held(Module):
    """What both have in common: parameters in the registry only."""

    def _bind(self, name: str, value: Any) -> None:
        """Leave out the attribute: one for a key such as "keys" would hide a method."""

    def __len__(self) -> int:
        return len(self._reg_params)

    def _listed(self, mark: str, entries: Iterable[tuple[str, Any]]) -> str:
        lines = [f"  ({key}): {_described(value)}" for key, value in entries]
        return "\n".join([f"{mark}(", *lines, ")"])


def _described(parameter: Any) -> str:
    shape = "x".join(map(str, parameter.shape)) if parameter.shape else "scalar"
    return f"{type(parameter).__name__} of {shape} {parameter.core.dtype.name}"


class ParameterDict(_Held):
    """A dictionary of parameters; it is not called itself. Any string without a dot is a key.

    Args:
        parameters: what it holds at first: a mapping, or pairs. A key that is there is overwritten.

    Example:
        >>> from gluonish import nn
        >>> params = nn.ParameterDict({"keys": nn.Parameter([1.0])})
        >>> params["bias"] = nn.Parameter([0.0])
        >>> list(params.keys()), [name for name, _ in params.named_parameters()]
        (['keys', 'bias'], ['keys', 'bias'])
    """

    def __init__(
        self, parameters: Mapping[str, ParameterFace] | Iterable[tuple[str, ParameterFace]] | None = None
    ) -> None:
        super().__init__()
        if isinstance(parameters, str):
            raise ArgumentTypeError(
                "nn.ParameterDict()",
                "holds parameters that exist already",
                expected="a mapping of nn.Parameters",
                received=repr(parameters),
                fix="The registry with a prefix, which creates parameters, is gluon.ParameterDict.",
            )
        self.update(parameters or {})

    def __getitem__(self, key: str) -> Any:
        if key not in self._reg_params:
            raise UnknownNameError(
                type(self).__name__, f"has no parameter {key!r}", expected=f"one of {list(self._reg_params)}"
            )
        return self._reg_params[key]

    def __setitem__(self, key: str, parameter: ParameterFace) -> None:
        self._put_parameter(checked_key(key), _checked(parameter))

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._reg_params))

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._reg_params))

    def __contains__(self, key: object) -> bool:
        return key in self._reg_params

    def keys(self) -> KeysView[str]:
        """Return the keys."""
        return self._reg_params.keys()

    def values(self) -> ValuesView[Any]:
        """Return the parameters."""
        return self._reg_params.values()

    def items(self) -> ItemsView[str, Any]:
        """Return keys and parameters."""
        return self._reg_params.items()

    def get(self, key: str, default: Any = None) -> Any:
        """Return the parameter of a key, or something else where there is none."""
        return self._reg_params.get(key, default)

    def setdefault(self, key: str, default: ParameterFace) -> Any:
        """Return the parameter of a key; where there is none, put one in first."""
        if key not in self._reg_params:
            self[key] = default
        return self[key]

    def pop(self, key: str, *default: Any) -> Any:
        """Take a parameter out and return it; ``default``, if there is none and it is given."""
        if key not in self._reg_params and default:
            return default[0]
        parameter = self[key]
        del self._reg_params[key]
        return parameter

    def popitem(self) -> tuple[str, Any]:
        """Take out the parameter that was put in last, and return its key and it."""
        key = next(reversed(self), "")
        return key, self.pop(key)

    def clear(self) -> None:
        """Take all parameters out."""
        self._reg_params.clear()

    def copy(self) -> ParameterDict:
        """Return another dictionary of the same parameters."""
        return type(self)(self._reg_params)

    def update(self, parameters: Any) -> None:
        """Put in parameters, from a mapping or pairs; those of the same keys are replaced."""
        for key, parameter in pairs_of(parameters, "nn.ParameterDict"):
            self[key] = parameter

    def __or__(self, other: Any) -> ParameterDict:
        result = self.copy()
        result.update(other)
        return result

    def __ior__(self, other: Any) -> ParameterDict:
        self.update(other)
        return self

    def __repr__(self) -> str:
        return self._listed(type(self).__name__, self._reg_params.items())


class ParameterList(_Held):
    """A list of parameters; it is not called itself.

    Args:
        parameters: what it holds at first.

    Example:
        >>> from gluonish import nn
        >>> params = nn.ParameterList([nn.Parameter([1.0]), nn.Parameter([2.0])])
        >>> params[0] = nn.Parameter([3.0])
        >>> print(*params)
        [3.0] [2.0]
    """

    def __init__(self, parameters: Iterable[ParameterFace] | None = None) -> None:
        super().__init__()
        self.extend(parameters or ())

    def _place(self, index: int) -> str:
        names = list(self._reg_params)
        try:
            return names[operator.index(index)]
        except TypeError:
            raise ArgumentTypeError(
                "ParameterList", "is indexed by numbers", expected="an int or a slice", received=repr(index)
            ) from None
        except IndexError:
            raise IndexOutOfRangeError(
                "ParameterList", f"has no parameter {index}", expected=f"a number below {len(names)}"
            ) from None

    def _hold(self, parameters: Iterable[Any]) -> None:
        held = [_checked(each) for each in parameters]
        self._reg_params.clear()
        for number, parameter in enumerate(held):
            self._put_parameter(str(number), parameter)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._reg_params[self._place(index)]

    def __setitem__(self, index: int, parameter: ParameterFace) -> None:
        self._put_parameter(self._place(index), _checked(parameter))

    def __delitem__(self, index: int | slice) -> None:
        held = list(self)
        if not isinstance(index, slice):
            self._place(index)
        del held[index]
        self._hold(held)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._reg_params.values()))

    def __contains__(self, parameter: object) -> bool:
        return any(parameter is each for each in self)

    def append(self, parameter: ParameterFace) -> ParameterList:
        """Put a parameter at the end, and return the list."""
        self._put_parameter(str(len(self)), _checked(parameter))
        return self

    def extend(self, parameters: Iterable[ParameterFace]) -> ParameterList:
        """Put parameters at the end, and return the list."""
        for parameter in [_checked(each) for each in parameters]:
            self.append(parameter)
        return self

    __iadd__ = extend

    def insert(self, index: int, parameter: ParameterFace) -> None:
        """Put a parameter before the one at a place."""
        held = list(self)
        held.insert(index, parameter)
        self._hold(held)

    def pop(self, index: int = -1) -> Any:
        """Take a parameter out and return it."""
        parameter = self[index]
        del self[index]
        return parameter

    def __repr__(self) -> str:
        return self._listed(type(self).__name__, self._reg_params.items())


def _checked(parameter: Any) -> ParameterFace:
    if not isinstance(parameter, ParameterFace) or isinstance(parameter, Buffer):
        raise ArgumentTypeError(
            "A container of parameters",
            "holds parameters",
            expected="nn.Parameter",
            received=type(parameter).__name__,
        )
    return parameter
