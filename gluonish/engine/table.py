"""The table of operators: by name, declared, to be declared when asked for, or made for each use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gluonish.errors import DuplicateNameError, UnknownNameError

if TYPE_CHECKING:
    from gluonish.engine.operator import Operator

__all__ = [
    "declare_all",
    "declare_later",
    "enter",
    "find_operator",
    "is_operator",
    "lookup_operator",
    "operator_maker",
    "operator_with",
    "operators",
    "promised_operators",
]

_TABLE: dict[str, Operator] = {}
_MAKERS: dict[str, Callable[..., Operator]] = {}

_LATER: dict[str, Callable[[], Any]] = {}


def enter(declared: Operator) -> None:
    """Put an operator into the table, by its name and its aliases.

    Raises:
        DuplicateNameError: one of them is taken.
    """
    for each in (declared.name, *declared.aliases):
        if each in _TABLE:
            raise DuplicateNameError(
                f"Operator {each!r}",
                "is declared twice",
                fix=f"The first declaration is {_TABLE[each].kernel.__module__}; choose another name.",
            )
        _TABLE[each] = declared


def find_operator(name: str) -> Operator:
    """Return the operator of a name or alias.

    Raises:
        UnknownNameError: there is none.
    """
    found = lookup_operator(name)
    if found is None:
        raise UnknownNameError(
            f"Operator {name!r}", "does not exist", fix="See docs/operators.md for the list."
        )
    return found


def lookup_operator(name: str) -> Operator | None:
    """Return the operator of a name or alias, None if there is none."""
    return _TABLE.get(name) or _declared_now(name)


def _declared_now(name: str) -> Operator | None:
    """Declare an operator that was to be declared later, with its family."""
    for promised, declare in list(_LATER.items()):
        if name == promised or (promised.endswith("*") and name.startswith(promised[:-1])):
            declare()
            for each in [each for each, other in _LATER.items() if other is declare]:
                _LATER.pop(each, None)  # another thread may have been as fast
            return _TABLE.get(name)
    return None


def declare_later(names: Iterable[str], declare: Callable[[], Any]) -> None:
    """Have operators declared when one of their names is first looked up.

    Args:
        names: their names and aliases; one that ends with an asterisk stands for all that begin like it.
        declare: declares them. Calling it again does nothing.
    """
    _LATER.update(dict.fromkeys(names, declare))


def promised_operators() -> list[str]:
    """Return the names of operators that are declared later, without those that an asterisk stands for."""
    return [name for name in _LATER if not name.endswith("*")]


def declare_all() -> None:
    """Declare every operator that was to be declared later; for tools that go through all of them."""
    for declare in dict.fromkeys(_LATER.values()):
        declare()
    _LATER.clear()


def operator_maker(name: str) -> Callable[[Callable[..., Operator]], Callable[..., Operator]]:
    """Register the decorated function as what makes operator ``name``, from the parameters of each use.

    It is for operators whose inputs and outputs are not known before their parameters are.

    Raises:
        DuplicateNameError: the name is taken.
    """

    def register(maker: Callable[..., Operator]) -> Callable[..., Operator]:
        if is_operator(name):
            raise DuplicateNameError(f"Operator {name!r}", "is declared twice")
        _MAKERS[name] = maker
        return maker

    return register


def is_operator(name: str) -> bool:
    """Tell whether there is an operator of a name: in the table, or made for each use."""
    return name in _MAKERS or lookup_operator(name) is not None


def operator_with(name: str, given: Mapping[str, Any]) -> Operator:
    """Return the operator of a name: that of the table, or one made for these parameters.

    Raises:
        UnknownNameError: there is none.
    """
    maker = _MAKERS.get(name)
    return find_operator(name) if maker is None else maker(given)


def operators() -> dict[str, Operator]:
    """Return all operators that are declared so far, by every name and alias they have."""
    return dict(_TABLE)
