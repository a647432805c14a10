"""Contexts, environment variables, and other surroundings of a test."""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, TypeVar

import numpy as np

from gluonish.context import Context, current_context, num_gpus
from gluonish.errors import ArgumentError, ComparisonError

__all__ = [
    "EnvManager",
    "assert_exception",
    "default_context",
    "default_dtype",
    "discard_stderr",
    "environment",
    "has_tvm_ops",
    "is_aarch64_run",
    "is_cd_run",
    "is_op_runnable",
    "list_gpus",
    "retry",
    "set_default_context",
    "set_env_var",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])


# -- contexts ---------------------------------------------------------------------------------------------


def default_context() -> Context:
    """Return the context that tests run on: the current one."""
    return current_context()


def set_default_context(ctx: Context) -> None:
    """Make a context the current one of this thread."""
    Context.default_ctx = ctx


def default_dtype() -> type[np.generic]:
    """Return the dtype that tests use."""
    return np.float32


def list_gpus() -> range:
    """Return the numbers of the GPUs that arrays can be put on."""
    return range(num_gpus())


# -- the environment --------------------------------------------------------------------------------------


@contextlib.contextmanager
def environment(*args: Any) -> Iterator[None]:
    """Set environment variables inside a ``with`` block.

    Args:
        args: a name and a value, or a dictionary of them. The value None stands for a variable that is not
            there.

    Raises:
        ArgumentError: something else.

    Example:
        >>> with environment("COLOUR", "blue"):
        ...     os.environ["COLOUR"]
        'blue'
    """
    if len(args) == 1 and isinstance(args[0], Mapping):
        wanted = dict(args[0])
    elif len(args) == 2:  # noqa: PLR2004  a name and a value
        wanted = {args[0]: args[1]}
    else:
        raise ArgumentError(
            "environment()", "sets variables", expected="a name and a value, or a dictionary", received=args
        )
    for name, value in wanted.items():
        if not isinstance(name, str) or not isinstance(value, (str, type(None))):
            raise ArgumentError(
                "environment()",
                "sets variables to strings",
                expected="a string or None",
                received=f"{name!r}={value!r}",
            )
    before = {name: os.environ.get(name) for name in wanted}
    _set_all(wanted)
    try:
        yield
    finally:
        _set_all(before)


def _set_all(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


class EnvManager:
    """Set one environment variable inside a ``with`` block; ``environment`` can do more.

    Args:
        key: its name.
        val: its value; None stands for a variable that is not there.
    """

    def __init__(self, key: str, val: str | None) -> None:
        self._scope = environment(key, val)

    def __enter__(self) -> None:
        self._scope.__enter__()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._scope.__exit__(exc_type, exc, traceback)


def set_env_var(key: str, val: str, default_val: str = "") -> str:
    """Set an environment variable for good; return what it was, or ``default_val``."""
    before = os.environ.get(key, default_val)
    os.environ[key] = val
    return before


@contextlib.contextmanager
def discard_stderr() -> Iterator[None]:
    """Discard what is written to standard error inside a ``with`` block, by C libraries too.

    What Python has buffered before is written first.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  a device, not a path
            os.dup2(nowhere.fileno(), 2)
            with contextlib.redirect_stderr(nowhere):
                yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


# -- what there is ----------------------------------------------------------------------------------------


def is_cd_run() -> bool:
    """Tell whether the environment says (``CD_JOB``) that a release is being tested."""
    return os.environ.get("CD_JOB") == "1"


def is_aarch64_run() -> bool:
    """Tell whether the processor is an ARM of 64 bits."""
    return platform.machine() == "aarch64"


def has_tvm_ops() -> bool:
    """Tell whether there are operators compiled by TVM: never."""
    return False


def is_op_runnable() -> bool:
    """Tell whether operators run on the default context: always."""
    return True


# -- running functions ------------------------------------------------------------------------------------


def assert_exception(
    f: Callable[..., Any], exception_type: type[BaseException], *args: Any, **kwargs: Any
) -> None:
    """Assert that a call raises an exception of a type. Others come through.

    Args:
        f: the function.
        exception_type: the type.
        args: what to call it with.
        kwargs: likewise.

    Raises:
        ComparisonError: it raised nothing.
    """
    try:
        f(*args, **kwargs)
    except exception_type:
        return
    raise ComparisonError(
        f"{getattr(f, '__name__', f)}()", "raised nothing", expected=exception_type.__name__
    )


def retry(n: int) -> Callable[[_Function], _Function]:
    """Return a decorator for tests of random things: a failed assertion is tried again.

    Args:
        n: how often at most, 1 or more. The last failure comes through.

    Raises:
        ArgumentError: fewer.
    """
    if n < 1:
        raise ArgumentError("retry()", "needs a number of attempts", expected="1 or more", received=n)

    def decorate(function: _Function) -> _Function:
        @functools.wraps(function)
        def attempt(*args: Any, **kwargs: Any) -> Any:
            for _ in range(n - 1):
                with contextlib.suppress(AssertionError):
                    return function(*args, **kwargs)
            return function(*args, **kwargs)

        return attempt  # type: ignore[return-value]  # it takes and returns the same

    return decorate
