"""``mx.registry``: factories that make objects of a kind by name.

A kind is a base class with a nickname. Its registry holds classes by name; ``get_create_func`` gives a
function that takes a name, an instance, or a name with arguments in JSON.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from gluonish.errors import ArgumentError, ArgumentTypeError, UnknownNameError

__all__ = ["get_alias_func", "get_create_func", "get_register_func", "get_registry"]

_Class = TypeVar("_Class", bound=type[Any])

_REGISTRY: dict[type, dict[str, type]] = {}


def get_registry(base_class: type) -> dict[str, type]:
    """Return a copy of the registry of a kind: classes by name."""
    return dict(_REGISTRY.get(base_class, {}))


def get_register_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """Return the function that registers classes of a kind.

    Args:
        base_class: what they derive from.
        nickname: what messages call the kind.

    Returns:
        ``register(klass, name=None)``, which returns the class. Names are not case-sensitive. A name that is
        taken is given away again, with a warning.

    Example:
        >>> class Clock: ...
        >>> register = get_register_func(Clock, "clock")
        >>> @register
        ... class Sundial(Clock): ...
        >>> get_create_func(Clock, "clock")("sundial").__class__.__name__
        'Sundial'
    """
    registry = _REGISTRY.setdefault(base_class, {})

    def register(klass: Any, name: str | None = None) -> Any:
        if not isinstance(klass, type) or not issubclass(klass, base_class):
            raise ArgumentTypeError(
                f"The registry of {nickname}",
                "takes classes of its kind",
                expected=f"a subclass of {base_class.__name__}",
                received=repr(klass),
            )
        key = (name or klass.__name__).lower()
        before = registry.get(key)
        if before is not None:
            warnings.warn(f"{nickname} {key!r} was {before} and becomes {klass}", stacklevel=2)
        registry[key] = klass
        return klass

    register.__doc__ = f"Register a class of {nickname} under a name, that of the class if None."
    return register


def get_alias_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """Return the function that makes decorators which register a class under several names.

    Args:
        base_class: what the classes derive from.
        nickname: what messages call the kind.
    """
    register = get_register_func(base_class, nickname)

    def alias(*aliases: str) -> Callable[[_Class], _Class]:
        def decorate(klass: _Class) -> _Class:
            for name in aliases:
                register(klass, name)
            return klass

        return decorate

    return alias


def get_create_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """Return the function that makes objects of a kind.

    Args:
        base_class: what they are instances of.
        nickname: what messages call the kind, and the key of the name in dictionaries.

    Returns:
        ``create(what, *args, **kwargs)``. ``what``, which may be given as ``nickname=``, is an instance
        (returned as it is), a name, a dictionary ``{nickname: name, ...}``, or the JSON of one or of
        ``[name, arguments]``. It raises an UnknownNameError for a name that is not registered.
    """
    registry = _REGISTRY.setdefault(base_class, {})

    def create(*args: Any, **kwargs: Any) -> Any:
        what, args = (args[0], args[1:]) if args else (kwargs.pop(nickname, None), args)
        if isinstance(what, str) and what.lstrip()[:1] in ("[", "{"):
            what = _decoded(what, nickname)
        if not isinstance(what, str):
            if args or kwargs:
                raise ArgumentError(
                    f"{nickname} {what!r}", "has its arguments already", received=f"{args} {kwargs}"
                )
            if isinstance(what, base_class):
                return what
            what, kwargs = _named(what, nickname)
        found = registry.get(what.lower())
        if found is None:
            raise UnknownNameError(
                f"{nickname} {what!r}",
                "is not registered",
                expected="one of " + (", ".join(sorted(registry)) or "none"),
                fix=f"Register its class with {nickname}.register.",
            )
        return found(*args, **kwargs)

    create.__doc__ = f"Return a {nickname} by name, with arguments for its class."
    return create


def _decoded(text: str, nickname: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _no_name(text, nickname) from error


def _named(what: Any, nickname: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the arguments that a dictionary or a pair holds."""
    if isinstance(what, Mapping) and isinstance(what.get(nickname), str):
        return what[nickname], {key: value for key, value in what.items() if key != nickname}
    if isinstance(what, (list, tuple)) and len(what) == 2 and isinstance(what[0], str):  # noqa: PLR2004  a pair
        return what[0], dict(what[1])
    raise _no_name(what, nickname)


def _no_name(what: Any, nickname: str) -> UnknownNameError:
    return UnknownNameError(
        f"{nickname} {what!r}",
        "names nothing that could be made",
        expected=f"a name, an instance, {{{nickname!r}: name, ...}} or its JSON",
    )
