"""What Apache MXNet 1.9.1 wrote and printed, in ``tests/data/mxnet``; scripts in ``tools`` made it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).parent / "data" / "mxnet"
"""The folder."""


def known(name):
    """Return the content of a JSON file of it."""
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


def assert_alike(found, expected, place):
    """Compare nested dictionaries and lists of numbers, within what float32 allows after a few steps."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), place
        for key, value in expected.items():
            assert_alike(found[key], value, f"{place} {key}")
    elif isinstance(expected, list) and any(isinstance(each, (list, str)) for each in expected):
        assert len(found) == len(expected), place
        for i, value in enumerate(expected):
            assert_alike(found[i], value, f"{place} {i}")
    elif isinstance(expected, str):
        assert found == expected, place
    else:
        np.testing.assert_allclose(found, expected, rtol=2e-4, atol=5e-6, err_msg=place)
