"""Optimizers have the numbers of Apache MXNet 1.9.1, which tools/make_golden_updates.py makes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import gluonish as mx

RUNS = json.loads((Path(__file__).parent.parent / "data/mxnet/updates.json").read_text())
WEIGHT, GRADIENTS = RUNS["weight"], RUNS["gradients"]


def label(run):
    options = [key for key in ("wd", "multi_precision") if key in run["common"]]
    return "-".join([run["name"], *options, *(key for key in ("multipliers", "default_rate") if key in run)])


@pytest.mark.parametrize("run", RUNS["optimizers"], ids=label)
def test_an_optimizer_has_mxnets_numbers(run):
    optimizer = mx.optimizer.create(run["kind"], **run["own"], **run["common"])
    if "multipliers" in run:
        lr_mult, wd_mult = run["multipliers"]
        optimizer.set_lr_mult({0: lr_mult})
        optimizer.set_wd_mult({0: wd_mult})
    dtype, shape = run.get("dtype", "float32"), tuple(run.get("shape", (4,)))
    weight = mx.nd.array(WEIGHT, dtype=dtype).reshape(shape)
    state = optimizer.create_state_multi_precision(0, weight)
    for gradient, row in zip(GRADIENTS, run["rows"], strict=True):
        grad = mx.nd.array(gradient, dtype=dtype).reshape(shape)
        optimizer.update_multi_precision(0, weight, grad, state)
        values = weight.asnumpy().reshape(-1).astype("float64")
        known = np.isfinite(row)  # MXNet's Adamax has NaN where there was no gradient
        expected = np.asarray(row)[known]
        half = np.spacing(np.abs(expected).astype("float16")).astype("float64")
        assert (np.abs(values[known] - expected) <= (1.01 * half if dtype == "float16" else 4e-6)).all()
        assert np.isfinite(values).all()
