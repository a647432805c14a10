"""Every call of the table gives in ``mx.np`` what it gives in official NumPy, and the right gradients."""

from __future__ import annotations

import numpy as np
import pytest
from numpy_calls import CALLS

import gluonish as mx
from gluonish.testing import check_gradient


def answers(namespace, arrays, one):
    result = one.run(namespace, *arrays)
    return list(result) if isinstance(result, (tuple, list)) else [result]


@pytest.mark.parametrize("one", CALLS, ids=str)
def test_the_result_is_numpys(one):
    theirs = answers(np, one.arrays(), one)
    ours = answers(mx.np, [mx.np.array(a) for a in one.arrays()], one)
    assert len(ours) == len(theirs)
    for our, their in zip(ours, theirs, strict=True):
        assert np.shape(our) == np.shape(their)
        kinds = {np.dtype(getattr(each, "dtype", type(each))).kind for each in (our, their)}
        assert len(kinds) == 1, "whole numbers, real ones and truth are told apart"
        np.testing.assert_allclose(np.asarray(our), their, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("one", [each for each in CALLS if each.smooth], ids=str)
def test_gradients_are_those_of_finite_differences(one):
    arrays = [mx.nd.array(a, dtype="float64") for a in one.arrays()]
    check_gradient(lambda *inputs: one.run(mx.np, *[x.as_np_ndarray() for x in inputs]), arrays)


@pytest.mark.parametrize("one", CALLS, ids=str)
def test_results_are_arrays_of_the_same_kind(one):
    for result in answers(mx.np, [mx.np.array(a) for a in one.arrays()], one):
        assert isinstance(result, mx.np.ndarray) or np.ndim(result) == 0
        assert not isinstance(result, np.ndarray)
