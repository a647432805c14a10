"""Fixtures for all tests."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest

import gluonish as mx
from gluonish.engine.backend import gpu_unavailable_reason

# How long an example takes says something about the machine, not about the code.
hypothesis.settings.register_profile(
    "gluonish", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("gluonish")


@pytest.fixture(autouse=True)
def seeded():
    """Every test starts from the same random streams."""
    mx.random.seed(20)
    np.random.seed(20)  # noqa: NPY002  for code under test that draws from NumPy's global stream


@pytest.fixture(params=[1, 2, 3], ids=lambda n: f"{n}ctx")
def contexts(request):
    """One, two and three logical contexts; none of them is the default one alone."""
    return [mx.cpu(i) for i in range(request.param)]


@pytest.fixture
def two():
    """Two logical contexts."""
    return [mx.cpu(0), mx.cpu(1)]


@pytest.fixture
def gpu():
    """The first GPU; tests that ask for it are skipped, with the reason, where there is none."""
    reason = gpu_unavailable_reason()
    if reason:
        pytest.skip(reason.split("\n")[0])
    return mx.gpu(0)
