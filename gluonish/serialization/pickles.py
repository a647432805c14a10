"""Reading pickles without running what they may contain.

A pickle is a program: it can name any function and have it called. Here every name stands for a class of
inert objects, which keep what they are given and do nothing. What is read is a tree of containers, numbers,
texts and such objects; who asked for it makes of them what it knows. The reader checks first that the program
ends where the file ends, and asks for no memory that the file does not fill.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable
from typing import Any, ClassVar

from gluonish.errors import FileFormatError
from gluonish.serialization.streams import guess

__all__ = ["Inert", "is_inert_class", "read_pickle"]

NUMBERED = ("PUT", "BINPUT", "LONG_BINPUT")
"""What stores an object under a number, for which the unpickler makes room up to this number."""

PLAIN = {("collections", "OrderedDict"): dict}
"""Classes that do no more than they seem to, and are filled by the pickle itself."""


class Inert:
    """What a pickle says of an object.

    Attributes:
        module: where the pickle says that its class, or the function that makes it, is.
        name: of the class or the function.
        args: what it is to be called with.
        state: what the object is to be given then; None if nothing.
    """

    module: ClassVar[str] = ""
    name: ClassVar[str] = ""

    __slots__ = ("args", "state")

    args: tuple[Any, ...]
    state: Any

    def __new__(cls, *args: Any) -> Inert:
        """Keep what the class or function is to be called with."""
        made = object.__new__(cls)
        made.args = args
        made.state = None
        return made

    def __setstate__(self, state: Any) -> None:
        self.state = state


def is_inert_class(found: Any) -> bool:
    """Tell whether something in a pickle is the name of a class or function, not a call of it."""
    return isinstance(found, type) and issubclass(found, Inert)


def read_pickle(content: bytes, subject: str, allowed: Callable[[str, str], bool], expected: str) -> Any:
    """Return what a pickle holds, with inert objects for everything but containers, numbers and texts.

    Args:
        content: the pickle.
        subject: what messages call it; a plural.
        allowed: tells whether a name, by module and name, may occur.
        expected: what messages say was expected.

    Raises:
        FileFormatError: it is no pickle, or damaged, or has names that are not allowed.

    Example:
        >>> content = pickle.dumps({0: slice(1, 2)})
        >>> found = read_pickle(content, "The bytes", lambda module, name: name == "slice", "a slice")
        >>> found[0].name, found[0].args
        ('slice', (1, 2, None))
    """
    _check_program(content, subject, expected)
    try:
        return _Reader(content, subject, allowed).load()
    except FileFormatError:
        raise
    except Exception as error:  # likewise
        raise FileFormatError(subject, f"cannot be read: {error}", expected=expected) from error


def _check_program(content: bytes, subject: str, expected: str) -> None:
    """Check that a pickle is whole, and stores nothing under numbers beyond those of its instructions."""
    end, problem = 0, ""
    try:
        for count, (opcode, argument, position) in enumerate(pickletools.genops(content)):
            if opcode.name in NUMBERED and not (isinstance(argument, int) and 0 <= argument <= count):
                problem = f"the instruction at byte {position} stores something as number {argument}"
                break
            end = (position or 0) + 1
    except Exception as error:  # a damaged pickle can fail in any way
        problem = f"{error}; the first bytes are those of {guess(memoryview(content))}"
        raise FileFormatError(subject, f"cannot be read: {problem}", expected=expected) from error
    if not problem and end != len(content):
        problem = f"something follows after their end, at byte {end}"
    if problem:
        raise FileFormatError(subject, f"cannot be read: {problem}", expected=expected)


class _Reader(pickle.Unpickler):
    """Finds inert classes for names."""

    def __init__(self, content: bytes, subject: str, allowed: Callable[[str, str], bool]) -> None:
        super().__init__(io.BytesIO(content))
        self._subject = subject
        self._allowed = allowed
        self._classes: dict[tuple[str, str], type[Any]] = dict(PLAIN)

    def find_class(self, module: str, name: str) -> Any:
        """Return a class for a name; a name that is not allowed is an error."""
        place = module, name
        if place not in self._classes:
            if not self._allowed(module, name):
                raise FileFormatError(
                    self._subject,
                    f"name something that is not read from a pickle: {module}.{name}",
                    expected="arrays, numbers, optimizers and schedulers",
                    fix="If it is an optimizer of your own, import it first.",
                )
            self._classes[place] = type(name, (Inert,), {"__slots__": (), "module": module, "name": name})
        return self._classes[place]
