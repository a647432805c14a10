"""Reading pickles without running what they may contain, and writing them without what they name.

A pickle is a program: it can name any function and have it called. Here every name stands for a class of
inert objects, which keep what they are given and do nothing. What is read is a tree of containers, numbers,
texts and such objects; who asked for it makes of them what it knows. The reader checks first that the program
ends where the file ends, and asks for no memory that the file does not fill.

A tree of that kind can be written, too: so a pickle is made for a program whose classes are not here.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import struct
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from gluonish.errors import ArgumentTypeError, FileFormatError
from gluonish.serialization.streams import guess

__all__ = ["Inert", "inert", "is_inert_class", "read_pickle", "write_pickle"]

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


def inert_class(module: str, name: str) -> type[Inert]:
    """Return the class of inert objects for a name."""
    return type(name, (Inert,), {"__slots__": (), "module": module, "name": name})


def inert(module: str, name: str, *args: Any, state: Any = None) -> Inert:
    """Return an inert object.

    Args:
        module: where the class or function is.
        name: its name.
        args: what it is to be called with.
        state: what the object is to be given then.
    """
    made = inert_class(module, name)(*args)
    made.state = state
    return made


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
            self._classes[place] = inert_class(module, name)
        return self._classes[place]


# -- writing ------------------------------------------------------------------------------------------------

PROTOCOL = 4


def write_pickle(tree: Any) -> bytes:
    """Return the pickle of a tree as ``read_pickle`` returns it.

    Args:
        tree: None, truth values, numbers, texts, bytes, lists, tuples and dictionaries, and inert objects.

    Raises:
        ArgumentTypeError: there is something else in it.

    Example:
        >>> pickle.loads(write_pickle({"a": [1, inert("builtins", "slice", 1, 2)]}))
        {'a': [1, slice(1, 2, None)]}
    """
    return b"".join((pickle.PROTO + bytes([PROTOCOL]), *_instructions(tree), pickle.STOP))


def _instructions(tree: Any) -> Iterator[bytes]:
    """Yield the instructions that make a tree."""
    if isinstance(tree, Inert):
        yield pickle.GLOBAL + f"{tree.module}\n{tree.name}\n".encode()
        yield from _instructions(tree.args)
        yield pickle.REDUCE
        if tree.state is not None:
            yield from _instructions(tree.state)
            yield pickle.BUILD
    elif isinstance(tree, dict):
        yield pickle.EMPTY_DICT + pickle.MARK
        for pair in tree.items():
            for each in pair:
                yield from _instructions(each)
        yield pickle.SETITEMS
    elif isinstance(tree, (list, tuple)):
        yield pickle.MARK
        for each in tree:
            yield from _instructions(each)
        yield pickle.LIST if isinstance(tree, list) else pickle.TUPLE
    else:
        yield _atom(tree)


def _atom(value: Any) -> bytes:
    """Return the instruction that makes what holds nothing else."""
    if value is None or isinstance(value, bool):
        return {None: pickle.NONE, True: pickle.NEWTRUE, False: pickle.NEWFALSE}[value]
    if isinstance(value, int):
        encoded = pickle.encode_long(value)
        return pickle.LONG4 + struct.pack("<i", len(encoded)) + encoded
    if isinstance(value, float):
        return pickle.BINFLOAT + struct.pack(">d", value)
    if isinstance(value, str):
        encoded = value.encode("utf-8", "surrogatepass")
        return pickle.BINUNICODE8 + struct.pack("<Q", len(encoded)) + encoded
    if isinstance(value, bytes):
        return pickle.BINBYTES8 + struct.pack("<Q", len(value)) + value
    raise ArgumentTypeError(
        "write_pickle()",
        "cannot write this",
        expected="numbers, texts, containers, inert objects",
        received=repr(value)[:80],
    )
