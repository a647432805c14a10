"""Every error gluonish raises on purpose.

How they are built
    Each error is stated in four parts: the *subject* (a name the user knows), the *problem*, what was
    *expected* and *received*, and the *fix*. ``str(error)`` joins them to one prose text, also for the
    classes that derive from ``KeyError``; the parts stay readable as attributes.

How they are caught
    ``GluonishError`` catches all of them. Each class also derives from the builtin a Python user would
    expect, and from the type Apache MXNet 1.x raised in that place (``AssertionError`` and ``UserWarning``
    included), so ``except`` clauses of old programs keep working.

When a new class is due
    When a caller can react to the failure in a way of its own. Otherwise raise the nearest class here
    with a better text.
"""

from __future__ import annotations

import multiprocessing
from typing import Any, overload

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "BroadcastError",
    "ComparisonError",
    "ContextError",
    "DTypeError",
    "DeferredInitializationError",
    "DeprecatedError",
    "DeviceUnavailableError",
    "DownloadError",
    "DuplicateNameError",
    "FileFormatError",
    "GluonishError",
    "GradientError",
    "InPlaceError",
    "IndexOutOfRangeError",
    "IndexTypeError",
    "LearningRateError",
    "MXNetError",
    "MissingFileError",
    "MissingImportError",
    "MissingModuleError",
    "MissingNameError",
    "NoKernelError",
    "NonFiniteGradientError",
    "NotInitializedError",
    "NotInstalledError",
    "NotSteppableError",
    "OperatorError",
    "ParameterMismatchError",
    "RecordIOError",
    "SavedArrayError",
    "ShapeInferenceError",
    "ShapeMismatchError",
    "SignatureError",
    "StaleGradientError",
    "StateDictError",
    "SymbolValueError",
    "TeamError",
    "UnknownNameError",
    "UnsupportedError",
    "WorkerError",
    "WorkerTimeoutError",
    "ZeroDivisorError",
]


def _rebuild(cls: type[GluonishError], parts: tuple[Any, ...]) -> GluonishError:
    """Recreate a pickled error from its parts (worker processes send errors home this way)."""
    subject, problem, expected, received, fix = parts
    return cls(subject, problem, expected=expected, received=received, fix=fix)


class GluonishError(Exception):
    """Base of every error that gluonish raises on purpose.

    Programs raise these classes, and their own that derive from them, with whatever they have to say, like
    any exception: ``MXNetError("no such model")``.

    Args:
        subject: what the error is about, with its name: ``"Parameter 'dense0_weight'"``.
        problem: what is wrong with it, as the rest of the sentence.
        expected: what would have been right, if that can be said in a phrase.
        received: what was there instead.
        fix: one or two sentences that say what to do.

    Example:
        >>> print(GluonishError("Parameter 'w'", "has no value", fix="Call initialize()."))
        Parameter 'w' has no value.
          Call initialize().
    """

    subject: str = ""
    problem: str = ""
    expected: object = None
    received: object = None
    fix: str | None = None
    _is_prose: bool = False

    @overload
    def __init__(
        self,
        subject: str,
        problem: str,
        *,
        expected: object = None,
        received: object = None,
        fix: str | None = None,
    ) -> None: ...

    @overload
    def __init__(self, *said: object) -> None: ...

    def __init__(self, *said: object, **parts: Any) -> None:
        match said:
            case (str(), str()):
                self._is_prose = True
            case _:
                self._is_prose = bool(parts)
        if not self._is_prose:
            super().__init__(*said)
            return
        self._take(*map(str, said), **parts)
        super().__init__(self._prose())

    def _take(
        self,
        subject: str,
        problem: str,
        *,
        expected: object = None,
        received: object = None,
        fix: str | None = None,
    ) -> None:
        self.subject = subject
        self.problem = problem
        self.expected = expected
        self.received = received
        self.fix = fix

    def _prose(self) -> str:
        lines = [f"{self.subject} {self.problem.rstrip('.')}."]
        comparison = []
        if self.expected is not None:
            comparison.append(f"expected {self.expected}")
        if self.received is not None:
            comparison.append(f"received {self.received}")
        if comparison:
            text = ", ".join(comparison)
            lines.append(text[0].upper() + text[1:] + ".")
        if self.fix:
            lines.append(self.fix)
        return "\n  ".join(lines)

    def __str__(self) -> str:
        # Never by the other bases: KeyError's text would be in quotes.
        return str(self.args[0]) if len(self.args) == 1 else str(self.args or "")

    def __reduce__(self) -> str | tuple[Any, ...]:
        if not self._is_prose:
            return super().__reduce__()
        parts = (self.subject, self.problem, self.expected, self.received, self.fix)
        return _rebuild, (type(self), parts)


class MXNetError(GluonishError, RuntimeError):
    """What ``mxnet.base.MXNetError`` was: an operation that could not be carried out."""


class ArgumentError(MXNetError, ValueError, AssertionError):
    """An argument has the right type and an impossible value."""


class SignatureError(ArgumentError, TypeError):
    """An argument that the function does not know, or that is given twice, or one too many."""


class ArgumentTypeError(MXNetError, TypeError, ValueError, AssertionError):
    """An argument has a type that the function does not take."""


class ZeroDivisorError(ArgumentError, ZeroDivisionError):
    """An argument that something is divided by is 0."""


class DeprecatedError(ArgumentError, DeprecationWarning):
    """Something that MXNet no longer did in its last version.

    MXNet raised a ``DeprecationWarning`` here, as an exception.
    """


class UnknownNameError(ArgumentError, KeyError):
    """A name that no registry or dictionary holds: an optimizer, an initializer, a parameter, a key."""


class StateDictError(UnknownNameError):
    """A state whose names or shapes are not those of the module that is to take it over.

    It is a RuntimeError, as in torch, and a KeyError, as in older Lucid.
    """


class DuplicateNameError(ArgumentError):
    """Two different things of one name where a name must mean one thing."""


class DTypeError(MXNetError, TypeError, ValueError, KeyError):
    """A dtype that gluonish does not know, or two that must not meet in one operation."""


class ContextError(MXNetError, ValueError, KeyError, AssertionError):
    """A device context that is unknown, or one that does not hold what was asked of it."""


class DeviceUnavailableError(ContextError):
    """A device that this machine or this installation cannot reach."""


class ShapeMismatchError(MXNetError, ValueError, AssertionError):
    """Two shapes that contradict each other."""

    position: int | None = None
    """Which argument of an operator it is about, where that can be said."""

    def about(self, subject: str) -> ShapeMismatchError:
        """Return the same error about a subject that is named better."""
        return ShapeMismatchError(
            subject, self.problem, expected=self.expected, received=self.received, fix=self.fix
        )


class BroadcastError(ShapeMismatchError):
    """Shapes that cannot be broadcast together."""


class ShapeInferenceError(MXNetError, ValueError):
    """A shape that cannot be worked out from what is known."""


class IndexOutOfRangeError(MXNetError, IndexError, ValueError):
    """An index outside the axis it indexes, or a key that cannot index."""


class IndexTypeError(IndexOutOfRangeError, TypeError):
    """A key, or a bound of a slice, that cannot index because of its type."""


class OperatorError(MXNetError, ValueError, TypeError):
    """A kernel failed on its arrays; the kernel's own error is the cause (``__cause__``)."""


class NoKernelError(MXNetError, NotImplementedError):
    """No kernel of the kind that was asked for can run this operator on these arrays."""


class UnsupportedError(MXNetError, NotImplementedError):
    """What an interface names and does not offer here: NumPy's argument, or a method left to subclasses."""


class NotInitializedError(MXNetError, ValueError, AssertionError):
    """A parameter that was never initialised."""


class DeferredInitializationError(MXNetError, ValueError):
    """Parameters whose initialisation waits for a shape.

    MXNet raised a ``ValueError`` where a forward pass could not find the shape.
    """


class ParameterMismatchError(ArgumentError):
    """A parameter exists already, with an attribute that differs from the one asked for."""


class GradientError(MXNetError):
    """A gradient that cannot be computed: nothing was recorded, or the graph is gone."""


class InPlaceError(MXNetError):
    """A write, while recording, to an array that the recorded graph depends on."""


class SavedArrayError(GradientError):
    """An array saved for the backward pass was written before that pass ran."""


class LearningRateError(ArgumentError, UserWarning):
    """A learning rate cannot be set because a scheduler is in charge of it.

    MXNet raised a ``UserWarning`` here, as an exception.
    """


class StaleGradientError(MXNetError, UserWarning):
    """Gradients that no backward pass has written since the last update.

    MXNet raised a ``UserWarning`` here, as an exception.
    """


class NonFiniteGradientError(MXNetError, FloatingPointError, UserWarning):
    """A gradient that holds NaN or infinity."""


class SymbolValueError(MXNetError, NotImplementedError, ValueError, TypeError, AttributeError):
    """A symbol was asked for what only an array has: it stands for one that is not computed yet.

    It is an AttributeError too, so that ``hasattr(symbol, "shape")`` is False, as in MXNet.
    """


class TeamError(MXNetError):
    """Threads that compute together do not do the same."""


class NotSteppableError(MXNetError, NotImplementedError, AssertionError):
    """A recurrent cell that needs the whole sequence was called for one step of it."""


class FileFormatError(MXNetError, ValueError):
    """A file whose content is not what its kind prescribes."""


class RecordIOError(MXNetError, AssertionError):
    """A file of records is not open in the way, or in the process, in which it is used."""


class MissingFileError(MXNetError, FileNotFoundError):
    """A file or folder that is not where it was looked for."""


class DownloadError(MXNetError, OSError):
    """A file that cannot be fetched from where it is."""


class MissingNameError(MXNetError, AttributeError):
    """A name of MXNet that gluonish does not have, asked for as an attribute of a module."""


class MissingImportError(MXNetError, ImportError):
    """A name of MXNet that gluonish does not have, asked for by an import."""


class MissingModuleError(MissingImportError, ModuleNotFoundError):
    """A module of MXNet that gluonish does not have."""


class NotInstalledError(MXNetError, ImportError, AssertionError):
    """An optional package that is needed here, and cannot be imported."""


class ComparisonError(MXNetError, AssertionError):
    """Two things that a test wanted to be equal, and are not."""


class WorkerError(MXNetError):
    """A worker of a data loader that died, or raised what cannot be sent home."""


class WorkerTimeoutError(WorkerError, TimeoutError, multiprocessing.TimeoutError):
    """A worker of a data loader that did not deliver in time."""
