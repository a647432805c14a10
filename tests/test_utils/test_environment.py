"""The surroundings of a test."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import gluonish as mx
from gluonish import test_utils as tu
from gluonish.errors import ArgumentError, ComparisonError

NAME = "GLUONISH_TEST_ENVIRONMENT"


@pytest.fixture(autouse=True)
def absent(monkeypatch):
    monkeypatch.delenv(NAME, raising=False)


def test_the_default_context_can_be_set_for_a_thread():
    with mx.cpu(0):
        tu.set_default_context(mx.cpu(3))
        assert tu.default_context() is mx.current_context() is mx.cpu(3)
        seen = []
        thread = threading.Thread(target=lambda: seen.append(tu.default_context()))
        thread.start()
        thread.join()
    assert seen == [mx.cpu(0)]
    assert tu.default_context() is mx.cpu(0)


def test_variables_are_set_inside_a_block():
    with tu.environment(NAME, "1"):
        assert os.environ[NAME] == "1"
        with tu.environment({NAME: None}):
            assert NAME not in os.environ
        assert os.environ[NAME] == "1"
    assert NAME not in os.environ


def test_variables_are_restored_after_an_error():
    with pytest.raises(KeyError), tu.environment(NAME, "1"):
        raise KeyError
    assert NAME not in os.environ


@pytest.mark.parametrize("arguments", [(NAME,), (1, 2), (NAME, 2), ("a", "b", "c"), ({NAME: 1},)])
def test_variables_are_strings(arguments):
    with pytest.raises(AssertionError, match=r"environment\(\) sets variables") as caught:
        tu.environment(*arguments).__enter__()
    assert isinstance(caught.value, ArgumentError)


def test_older_ways_to_set_a_variable():
    with tu.EnvManager(NAME, "1"):
        assert os.environ[NAME] == "1"
    assert tu.set_env_var(NAME, "2", "unset") == "unset"
    assert tu.set_env_var(NAME, "3") == "2"


def test_standard_error_is_discarded_also_of_c():
    code = (
        "import os, sys\n"
        "from gluonish.test_utils import discard_stderr\n"
        "print('before', file=sys.stderr)\n"
        "with discard_stderr():\n"
        "    print('python', file=sys.stderr); os.write(2, b'c')\n"
        "print('after', file=sys.stderr)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr == "before\nafter\n"


def test_an_exception_is_wanted():
    tu.assert_exception(int, ValueError, "x")
    with pytest.raises(ComparisonError, match=r"int\(\) raised nothing.\n  Expected ValueError"):
        tu.assert_exception(int, ValueError, "1")
    with pytest.raises(ValueError, match="invalid literal"):
        tu.assert_exception(int, KeyError, "x")


def test_a_failed_assertion_is_tried_again():
    calls = []

    @tu.retry(3)
    def test(arg):
        """Its text."""
        calls.append(arg)
        assert len(calls) == 3
        return "done"

    assert test("x") == "done"
    assert calls == ["x"] * 3
    assert test.__doc__ == "Its text."


def test_the_last_failure_comes_through_and_other_errors_at_once():
    calls = []

    @tu.retry(2)
    def fail(error):
        calls.append(error)
        raise error

    with pytest.raises(AssertionError, match="no"):
        fail(AssertionError("no"))
    assert len(calls) == 2
    with pytest.raises(KeyError):
        fail(KeyError("at once"))
    assert len(calls) == 3


def test_attempts_are_needed():
    with pytest.raises(AssertionError, match=r"retry\(\) needs a number of attempts"):
        tu.retry(0)


def test_what_there_is():
    assert tu.default_dtype() is np.float32
    assert list(tu.list_gpus()) == list(range(mx.num_gpus()))
    assert tu.is_op_runnable()
    assert not tu.has_tvm_ops()
    with tu.environment("CD_JOB", "1"):
        assert tu.is_cd_run()
    with tu.environment("CD_JOB", None):
        assert not tu.is_cd_run()
    assert isinstance(tu.is_aarch64_run(), bool)
