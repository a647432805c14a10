"""Shape rules of the tensor operators where less is known: they say less, and nothing wrong."""

from __future__ import annotations

import pytest

from gluonish import autograd
from gluonish.engine.operator import find_operator
from gluonish.shape import merge_shapes
from ops import (
    cases_indexing,
    cases_joining,
    cases_keys,
    cases_linalg,
    cases_ordering,
    cases_sequence,
    cases_shaping,
)
from ops.test_operators import draw, run

MODULES = (
    cases_indexing,
    cases_joining,
    cases_keys,
    cases_linalg,
    cases_ordering,
    cases_sequence,
    cases_shaping,
)
CASES = [pytest.param(case, id=str(case)) for module in MODULES for case in module.CASES]


def forgotten(shapes):
    """All ways to know less: nothing at all, only the ranks, all but one shape, all but one axis."""
    yield [None] * len(shapes)
    yield [(None,) * len(shape) for shape in shapes]
    for i, shape in enumerate(shapes):
        yield [*shapes[:i], None, *shapes[i + 1 :]]
        for axis in range(len(shape)):
            less = (*shape[:axis], None, *shape[axis + 1 :])
            yield [*shapes[:i], less, *shapes[i + 1 :]]


@pytest.mark.parametrize("case", CASES)
def test_a_rule_that_knows_less_says_nothing_wrong(case):
    op = find_operator(case.op)
    params = op.fill(case.params)
    arrays = draw(case)
    with autograd.pause(train_mode=case.training):
        real = [array.shape for array in (*arrays, *run(case, arrays))]
    count = len(arrays)
    for known in (*forgotten(real[:count]), real[:count]):
        for outputs in (None, real[count:]):
            inputs, found = op.infer(known, params, outputs)
            for shape, wanted in zip((*inputs, *found), real, strict=True):
                assert merge_shapes(shape, wanted, owner="The inferred shape") == wanted
