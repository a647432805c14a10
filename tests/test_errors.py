"""Errors: how they read, and by which ``except`` clauses they are caught."""

from __future__ import annotations

import copy
import inspect
import multiprocessing
import pickle

import pytest

import gluonish as mx
from gluonish import errors
from gluonish.errors import GluonishError, MXNetError, UnknownNameError

CLASSES = [cls for cls in vars(errors).values() if inspect.isclass(cls) and issubclass(cls, Exception)]

CAUGHT_AS = {
    "GluonishError": {Exception},
    "MXNetError": {RuntimeError},
    "ArgumentError": {ValueError, AssertionError},
    "SignatureError": {TypeError, ValueError, AssertionError},
    "ArgumentTypeError": {TypeError, ValueError, AssertionError},
    "DeprecatedError": {DeprecationWarning, ValueError},
    "UnknownNameError": {KeyError, ValueError, AssertionError},
    "DuplicateNameError": {ValueError, AssertionError},
    "DTypeError": {TypeError, ValueError, KeyError},
    "ContextError": {ValueError, KeyError, AssertionError},
    "DeviceUnavailableError": {ValueError, AssertionError},
    "ShapeInferenceError": {ValueError},
    "ShapeMismatchError": {ValueError, AssertionError},
    "BroadcastError": {ValueError, AssertionError},
    "IndexOutOfRangeError": {IndexError, ValueError},
    "IndexTypeError": {IndexError, TypeError, ValueError},
    "OperatorError": {ValueError, TypeError},
    "NoKernelError": {NotImplementedError},
    "UnsupportedError": {NotImplementedError},
    "NotInitializedError": {ValueError, AssertionError},
    "DeferredInitializationError": {RuntimeError, ValueError},
    "ParameterMismatchError": {ValueError, AssertionError},
    "GradientError": {RuntimeError},
    "InPlaceError": {RuntimeError},
    "SavedArrayError": {RuntimeError},
    "LearningRateError": {UserWarning, ValueError, AssertionError},
    "StaleGradientError": {UserWarning},
    "StateDictError": {RuntimeError, KeyError, ValueError},
    "NonFiniteGradientError": {FloatingPointError, UserWarning},
    "SymbolValueError": {NotImplementedError, ValueError, TypeError, AttributeError},
    "TeamError": {RuntimeError},
    "NotSteppableError": {NotImplementedError, AssertionError},
    "FileFormatError": {ValueError},
    "RecordIOError": {RuntimeError, AssertionError},
    "DownloadError": {OSError},
    "MissingFileError": {FileNotFoundError, OSError},
    "MissingNameError": {AttributeError},
    "MissingImportError": {ImportError},
    "MissingModuleError": {ImportError, ModuleNotFoundError},
    "NotInstalledError": {ImportError, AssertionError},
    "ComparisonError": {AssertionError},
    "WorkerError": {RuntimeError},
    "ZeroDivisorError": {ZeroDivisionError, ValueError},
    "WorkerTimeoutError": {TimeoutError, multiprocessing.TimeoutError},
}
"""The builtins that each class is caught as: what a Python user expects, and what MXNet raised there."""


def make(cls, **parts):
    return cls("Parameter 'w'", "has no value", **parts)


every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


def test_every_error_is_exported_and_in_the_table_of_this_test():
    names = [cls.__name__ for cls in CLASSES]
    assert sorted(errors.__all__) == sorted(names)
    assert sorted(CAUGHT_AS) == sorted(names)


@every_class
def test_an_error_is_caught_as_gluonishs_and_as_its_builtins(cls):
    assert issubclass(cls, GluonishError)
    for builtin in CAUGHT_AS[cls.__name__]:
        with pytest.raises(builtin):
            raise make(cls)


@every_class
def test_an_error_is_caught_as_mxnets(cls):
    assert issubclass(cls, MXNetError) or cls is GluonishError


@every_class
def test_the_text_is_prose_with_all_four_parts(cls):
    error = make(cls, expected="(2, 3)", received="(3, 2)", fix="Call initialize().")
    assert str(error) == (
        "Parameter 'w' has no value.\n  Expected (2, 3), received (3, 2).\n  Call initialize()."
    )


@every_class
def test_the_parts_stay_readable(cls):
    error = make(cls, expected=1, received=2, fix="Do.")
    assert (error.subject, error.problem, error.expected, error.received, error.fix) == (
        "Parameter 'w'",
        "has no value",
        1,
        2,
        "Do.",
    )


@every_class
def test_an_error_survives_pickling_and_copying(cls):
    error = make(cls, expected=(2, 3), received=None, fix="Do.")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is cls
        assert str(twin) == str(error)
        assert twin.expected == (2, 3)


@every_class
def test_a_program_may_raise_it_with_a_text_of_its_own(cls):
    error = cls("no such model")
    assert (str(error), error.args) == ("no such model", ("no such model",))
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (type(twin), str(twin)) == (cls, "no such model")


@every_class
@pytest.mark.parametrize(("said", "text"), [((), ""), (("a", 1), "('a', 1)"), ((3,), "3")])
def test_it_keeps_what_a_program_raises_it_with(cls, said, text):
    error = cls(*said)
    assert (error.args, str(error)) == (said, text)


class OfAProgram(MXNetError):
    """An error with a constructor of its own."""

    def __init__(self, code):
        super().__init__(f"failed with {code}")
        self.code = code


def test_a_program_may_derive_errors_from_it():
    with pytest.raises(MXNetError, match=r"^failed with 3$") as caught:
        raise OfAProgram(3)
    assert caught.value.code == 3
    assert (caught.value.subject, caught.value.fix) == ("", None)


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        ({}, []),
        ({"expected": 1}, ["  Expected 1."]),
        ({"received": 2}, ["  Received 2."]),
        ({"expected": 0, "received": 0}, ["  Expected 0, received 0."]),
        ({"fix": "Do this. Or that."}, ["  Do this. Or that."]),
    ],
)
def test_parts_that_are_not_given_are_not_written(parts, lines):
    assert str(make(GluonishError, **parts)).split("\n") == ["Parameter 'w' has no value.", *lines]


def test_a_full_stop_is_not_written_twice():
    assert str(GluonishError("It", "ends.")) == "It ends."


def test_the_text_of_a_key_error_is_not_quoted():
    """``str(KeyError("text"))`` is ``"'text'"``."""
    assert str(make(UnknownNameError)) == "Parameter 'w' has no value."


def test_the_cause_of_an_error_is_kept():
    with pytest.raises(errors.OperatorError) as error:
        mx.nd.linalg.inverse(mx.nd.zeros((2, 2)))
    assert type(error.value.__cause__).__name__ == "LinAlgError"
