"""Classes by name: the registries of initializers, optimizers and metrics, and ``mx.registry`` for more.

A kind is a base class with a nickname. Its ``Registry`` holds classes by name, and makes objects from a name,
an instance, or a name with arguments in JSON.
"""

from __future__ import annotations

import difflib
import inspect
import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from gluonish.errors import ArgumentError, ArgumentTypeError, SignatureError, UnknownNameError

__all__ = ["Registry", "get_alias_func", "get_create_func", "get_register_func", "get_registry"]

_Class = TypeVar("_Class", bound=type[Any])


class Registry:
    """The classes of one kind, by their lower-cased names.

    Args:
        nickname: what messages call the kind, and the key of the name in dictionaries.

    Attributes:
        classes: the classes by name.
        base: what they derive from; None while nothing is said about that.

    Example:
        >>> clocks = Registry("clock")
        >>> @clocks.base_class
        ... class Clock:
        ...     def __init__(self, hours=12):
        ...         self.hours = hours
        >>> @clocks.register
        ... class Sundial(Clock): ...
        >>> clocks.create('["sundial", {"hours": 6}]').hours
        6
        >>> clocks.create("sundial", hour=24)
        Traceback (most recent call last):
            ...
        gluonish.errors.SignatureError: Clock 'sundial' takes no argument 'hour'.
          Expected hours.
          Did you mean 'hours'?
    """

    def __init__(self, nickname: str) -> None:
        self.nickname = nickname
        self.classes: dict[str, type[Any]] = {}
        self.base: type[Any] | None = None

    def base_class(self, base: _Class) -> _Class:
        """Say what the classes derive from; ``mx.registry`` finds the registry by it."""
        self.base = base
        _REGISTRIES[base] = self
        return base

    def register(self, klass: Any, name: str | None = None) -> Any:
        """Register a class under a name, that of the class if None; return the class.

        A name that is taken is given away again: with a warning, unless to the same class defined again.

        Raises:
            ArgumentTypeError: it is no class of the kind.
        """
        base = object if self.base is None else self.base
        if not (isinstance(klass, type) and issubclass(klass, base)):
            raise ArgumentTypeError(
                f"The registry of {self.nickname}",
                "takes classes of its kind",
                expected="a class" if self.base is None else f"a subclass of {self.base.__name__}",
                received=repr(klass),
            )
        key = (name or klass.__name__).lower()
        before = self.classes.get(key)
        if before is not None and before.__qualname__ != klass.__qualname__:
            warnings.warn(f"{self.nickname} {key!r} was {before} and becomes {klass}", stacklevel=2)
        self.classes[key] = klass
        return klass

    def alias(self, *names: str) -> Callable[[_Class], _Class]:
        """Return a decorator that registers a class under several names."""

        def decorate(klass: _Class) -> _Class:
            for name in names:
                self.register(klass, name)
            return klass

        return decorate

    def create(self, what: Any, *args: Any, **kwargs: Any) -> Any:
        """Return an object of the kind.

        Args:
            what: an instance (returned as it is), a name, a dictionary ``{nickname: name, ...}``, or the JSON
                of one or of ``[name, arguments]``.
            args: positional arguments for a name.
            kwargs: arguments for a name.

        Raises:
            UnknownNameError: no class of that name is registered.
            ArgumentTypeError: ``what`` is none of these.
            ArgumentError: arguments for what has its own.
            SignatureError: an argument that the class does not take.
        """
        is_plain_name = isinstance(what, str) and what.lstrip()[:1] not in ("[", "{")
        if is_plain_name:
            return self.make(what, *args, **kwargs)
        if args or kwargs:
            raise ArgumentError(
                self._label(what), "has its arguments already", received=f"{(*args, *kwargs.items())}"
            )
        if self.base is not None and isinstance(what, self.base):
            return what
        name, own = self._name_and_arguments(what)
        return self.make(name, **own)

    def make(self, name: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Return a new object of a registered class.

        Raises:
            UnknownNameError: no class of that name is registered.
            SignatureError: an argument that the class does not take.
        """
        klass = self.classes.get(str(name).lower())
        if klass is None:
            close = difflib.get_close_matches(str(name).lower(), self.classes, 1)
            raise UnknownNameError(
                self._label(name),
                "is not registered",
                expected="one of " + (", ".join(sorted(self.classes)) or "none"),
                fix=f"Did you mean {close[0]!r}?"
                if close
                else "Register a class of your own with @register.",
            )
        try:
            return klass(*args, **kwargs)
        except TypeError as error:
            # Whether a class takes an argument only the class knows: it may hand it on to another.
            unknown = [each for each in kwargs if f"unexpected keyword argument {each!r}" in str(error)]
            if not unknown:
                raise
            taken = list(dict.fromkeys(_arguments_of(klass)))
            close = difflib.get_close_matches(unknown[0], taken, 1)
            raise SignatureError(
                self._label(name),
                f"takes no argument {unknown[0]!r}",
                expected=", ".join(taken) or "none",
                fix=f"Did you mean {close[0]!r}?" if close else None,
            ) from error

    def _label(self, what: Any) -> str:
        return f"{self.nickname.capitalize()} {what!r}"

    def _name_and_arguments(self, what: Any) -> tuple[str, dict[str, Any]]:
        """Return what a dictionary, a pair or the JSON of either says."""
        given, mistake = what, None
        if isinstance(what, str):
            try:
                given = json.loads(what)
            except json.JSONDecodeError as error:
                mistake = error
        if isinstance(given, Mapping):
            given = given.get(self.nickname), {k: v for k, v in given.items() if k != self.nickname}
        match given:
            case [str(name), dict(kwargs)]:
                return name, kwargs
        kind = self.base.__name__ if self.base else self.nickname
        raise ArgumentTypeError(
            f"The {self.nickname}",
            "is none",
            expected=f"an object of the class {kind}, a registered name, or its JSON",
            received=repr(what),
        ) from mistake


def _arguments_of(klass: type[Any]) -> Iterator[str]:
    """Yield the names of what a class takes; of classes that it hands its arguments on to, too."""
    for each in klass.__mro__:
        if "__init__" not in each.__dict__ or each is object:
            continue
        _, *parameters = inspect.signature(each.__dict__["__init__"]).parameters.values()
        yield from (p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            return


_REGISTRIES: dict[type[Any], Registry] = {}


def _registry_of(base_class: type[Any], nickname: str) -> Registry:
    if base_class not in _REGISTRIES:
        Registry(nickname).base_class(base_class)
    return _REGISTRIES[base_class]


def get_registry(base_class: type[Any]) -> dict[str, type[Any]]:
    """Return a copy of the registry of a kind: classes by name."""
    return dict(_REGISTRIES[base_class].classes) if base_class in _REGISTRIES else {}


def get_register_func(base_class: type[Any], nickname: str) -> Callable[..., Any]:
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
    return _registry_of(base_class, nickname).register


def get_alias_func(base_class: type[Any], nickname: str) -> Callable[..., Any]:
    """Return the function that makes decorators which register a class under several names.

    Args:
        base_class: what the classes derive from.
        nickname: what messages call the kind.
    """
    return _registry_of(base_class, nickname).alias


def get_create_func(base_class: type[Any], nickname: str) -> Callable[..., Any]:
    """Return the function that makes objects of a kind.

    Args:
        base_class: what they are instances of.
        nickname: what messages call the kind, and the key of the name in dictionaries.

    Returns:
        ``create(what, *args, **kwargs)``; see ``Registry.create``. ``what`` may be given as ``nickname=``.
    """
    registry = _registry_of(base_class, nickname)

    def create(*args: Any, **kwargs: Any) -> Any:
        what, *rest = args or (kwargs.pop(nickname, None),)
        return registry.create(what, *rest, **kwargs)

    create.__doc__ = f"Return a {nickname} by name, with arguments for its class."
    return create
