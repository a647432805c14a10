"""Questions that Apache MXNet and gluonish are both asked, and their answers in a form that JSON can hold.

A question is one line of Python: simple statements, separated by semicolons, of which the last may be an
expression. Its answer is the value of that expression, or the class of the error that was raised.
``tools/make_mxnet_answers.py`` asks MXNet; ``tests/nd/test_answers.py`` asks gluonish and compares.
"""

from __future__ import annotations

import ast
import copy
import math
import operator
import pickle
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np


def answer(question: str, mx: ModuleType) -> Any:
    """Return what ``mx`` answers."""
    *statements, last = ast.parse(question).body
    names = _names(mx)
    try:
        exec(compile(ast.Module(statements, []), "<question>", "exec"), names)
        if not isinstance(last, ast.Expr):
            exec(compile(ast.Module([last], []), "<question>", "exec"), names)
            mx.nd.waitall()
            return None
        value = eval(compile(ast.Expression(last.value), "<question>", "eval"), names)
        mx.nd.waitall()  # here MXNet raises what went wrong before
        return encoded(value, mx)
    except Exception as error:  # noqa: BLE001  whatever it is, it is the answer
        return {"raises": [cls.__name__ for cls in type(error).__mro__]}
    finally:
        mx.autograd.set_recording(False)
        mx.autograd.set_training(False)


def _names(mx: ModuleType) -> dict[str, Any]:
    """Return the names that questions may use."""

    def gradients(function: Any, *arrays: Any, head: Any = None) -> list[Any]:
        """Return what the function computes and the gradients of its arguments."""
        for array in arrays:
            array.attach_grad()
        with mx.autograd.record():
            result = function(*arrays)
        result.backward(head)
        return [result, *(array.grad for array in arrays)]

    def path() -> str:
        return str(Path(tempfile.mkdtemp()) / "file")

    return {
        "mx": mx,
        "nd": mx.nd,
        "np": np,
        "autograd": mx.autograd,
        "copy": copy,
        "operator": operator,
        "pickle": pickle,
        "gradients": gradients,
        "path": path,
    }


def encoded(value: Any, mx: ModuleType) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, mx.nd.NDArray):
        kind = "np" if isinstance(value, mx.np.ndarray) else "nd"
        content = {kind: _content(value.asnumpy())}
        return content if value.context == mx.cpu(0) else {**content, "on": str(value.context)}
    if isinstance(value, (np.ndarray, np.generic)):
        kind = "numpy" if isinstance(value, np.ndarray) else "number"
        return {kind: _content(np.asarray(value))}
    if isinstance(value, (list, tuple)):
        return [encoded(each, mx) for each in value]
    if isinstance(value, dict):
        return {"dict": [[encoded(k, mx), encoded(v, mx)] for k, v in value.items()]}
    if isinstance(value, float):
        return _rounded(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return value.__name__ if isinstance(value, type) else str(value)


def _content(host: np.ndarray[Any, Any]) -> list[Any]:
    values = [_rounded(each) if isinstance(each, float) else each for each in host.reshape(-1).tolist()]
    return [str(host.dtype), list(host.shape), values]


def _rounded(number: float) -> float | str:
    return float(f"{number:.5g}") if math.isfinite(number) else str(number)


def agree(ours: Any, theirs: Any) -> bool:
    """Tell whether two answers are one: numbers up to rounding, errors if ours is caught as theirs was."""
    if isinstance(theirs, dict) and "raises" in theirs:
        return isinstance(ours, dict) and theirs["raises"][0] in ours.get("raises", ())
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(agree, ours, theirs))
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(agree(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, float) and isinstance(ours, float):
        return math.isclose(ours, theirs, rel_tol=2e-4, abs_tol=1e-6)
    return bool(ours == theirs)
