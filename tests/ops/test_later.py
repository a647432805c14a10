"""Modules of operators that are imported when one of theirs is first looked up."""

from __future__ import annotations

import subprocess
import sys
from fnmatch import fnmatch

import pytest

from gluonish.engine.operator import declare_all, operators
from gluonish.ops import LATER

NAMED = sorted(module for module, names in LATER.items() if not any("*" in name for name in names))


@pytest.mark.parametrize("module", NAMED)
def test_the_names_promised_are_those_that_the_module_declares(module):
    declare_all()
    declared = {name for name, op in operators().items() if op.kernel.__module__ == module}
    assert declared == set(LATER[module])


def test_the_names_of_operators_with_numpys_semantics_begin_as_promised():
    declare_all()
    (pattern,) = LATER["gluonish.ops.numpy"]
    declared = [
        name for name, op in operators().items() if op.kernel.__module__.startswith("gluonish.ops.numpy.")
    ]
    assert declared
    assert [name for name in declared if not fnmatch(name, pattern)] == []


PROGRAM = """
import sys
import gluonish as mx
import gluonish.nd.contrib

def loaded():
    return "gluonish.ops.vision.boxes" in sys.modules

assert not loaded()
x = mx.nd.array([[0.0, 0.0, 1.0, 1.0]])
assert mx.nd.contrib.box_iou(x, x).asscalar() == 1
assert loaded()
assert mx.sym.contrib.box_iou(mx.sym.var("a"), mx.sym.var("b")).list_arguments() == ["a", "b"]
assert mx.nd.op.ROIPooling is mx.nd.ROIPooling
for module in (mx.nd, mx.nd.contrib, mx.nd.op, mx.sym):
    try:
        module.box_of_pandora
    except AttributeError as error:
        assert str(error) == f"module {module.__name__!r} has no attribute 'box_of_pandora'", error
    else:
        raise AssertionError(module)
"""


def test_functions_are_there_before_their_operators():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
