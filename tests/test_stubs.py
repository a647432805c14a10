"""The files written from the operator table are those that the tools would write now."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("tool", ["stubs", "reference"])
def test_what_is_written_from_the_operator_table_is_current(tool):
    command = [sys.executable, f"tools/{tool}.py", "--check"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"run: python tools/{tool}.py\n{result.stdout}{result.stderr}"


TYPED = """
import gluonish as mx
from gluonish.engine.ndarray import NDArray

def typed(x: NDArray) -> NDArray:
    y = mx.nd.softmax_like_nothing(x)
    return x

x = mx.nd.array([1, 2])
reveal_type(x.sum(axis=(0, 1)) / 2 + 1)
reveal_type(2 - x)
reveal_type(x == 1)
reveal_type(x[0])
reveal_type(x.reshape(2, -1).T)
reveal_type(mx.nd.broadcast_add(x, x))
reveal_type(mx.nd.moments(x, axes=0))
reveal_type(mx.nd.random.uniform_like(x, low=0))
reveal_type(mx.nd.contrib.isnan(x))
reveal_type(mx.nd.maximum(x, 2))
mx.nd.clip(x, a_min="low", a_max=1)
mx.nd.Cast(x)
x.sum(axes=1)
"""

REVEALED = ["NDArray"] * 6 + ["list[NDArray]"] + ["NDArray"] * 3
ERRORS = [
    'Module has no attribute "softmax_like_nothing"',
    'Argument "a_min" to "clip" has incompatible type "str"; expected "float"',
    'Missing positional argument "dtype" in call to "Cast"',
    'Unexpected keyword argument "axes" for "sum" of "OperatorMethods"',
]


@pytest.mark.slow
def test_type_checkers_know_the_generated_functions_and_methods(tmp_path):
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(TYPED)
    cache = str(tmp_path / "cache")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", cache]
    result = subprocess.run([*command, program], cwd=ROOT, capture_output=True, text=True, check=False)
    revealed = re.findall(r'Revealed type is "(.*)"', result.stdout)
    assert [re.sub(r"[a-z]+\.", "", each) for each in revealed] == REVEALED
    assert re.findall(r"error: (.*)  \[", result.stdout) == ERRORS
