"""Symbols of updates."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx

PARAMS = {
    "lr": 0.1,
    "eta": 0.5,
    "beta1": 0.8,
    "beta2": 0.9,
    "epsilon": 1e-3,
    "wd": 0.02,
    "clip_gradient": 0.4,
}


def arrays(*names):
    rng = np.random.default_rng(2)
    return {name: mx.nd.array(rng.uniform(0.1, 1, (2, 3))) for name in names}


def ran(symbol, given):
    (result,) = symbol.bind(mx.cpu(), given).forward()
    return result.asnumpy()


@pytest.mark.parametrize("as_symbol", [False, True])
def test_a_step_of_adamw_is_that_on_arrays(as_symbol):
    names = ("weight", "grad", "mean", "var")
    given, same = arrays(*names), arrays(*names)
    factor = mx.sym.var("factor") if as_symbol else 2.0
    step = mx.sym.contrib.adamw_update(*map(mx.sym.var, names), factor, name="step", **PARAMS)
    assert step.list_outputs() == ["step_output"]
    result = ran(step, {**given, "factor": mx.nd.array([2])} if as_symbol else given)
    expected = mx.nd.contrib.adamw_update(*same.values(), 2.0, **PARAMS)
    np.testing.assert_allclose(result, expected.asnumpy(), rtol=1e-6)
    for name in ("mean", "var"):
        np.testing.assert_allclose(given[name].asnumpy(), same[name].asnumpy(), rtol=1e-6)


def test_a_step_with_a_master_is_that_on_arrays():
    names = ("weight", "grad", "mean", "var", "weight32")
    given, same = arrays(*names), arrays(*names)
    for each in (given, same):
        each["weight"], each["grad"] = each["weight"].astype("float16"), each["grad"].astype("float16")
    step = mx.sym.contrib.mp_adamw_update(*map(mx.sym.var, names), 2.0, **PARAMS)
    expected = mx.nd.contrib.mp_adamw_update(*same.values(), 2.0, **PARAMS)
    result = ran(step, given)
    assert result.dtype == np.float16
    np.testing.assert_array_equal(result, expected.asnumpy())
    np.testing.assert_allclose(given["weight32"].asnumpy(), same["weight32"].asnumpy(), rtol=1e-6)
