"""Programs with the results that Apache MXNet gave."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from module.programs import PROGRAMS, run

import gluonish as mx

RECORDED = json.loads(
    (Path(__file__).parent.parent / "data" / "mxnet" / "modules.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gives_what_mxnet_gave(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # programs of that time do what is warned of now
        found = run(name, mx)
    compare(found, RECORDED[name], name)


def compare(found, expected, place):
    """Compare nested dictionaries and lists of numbers, within what float32 allows after a few steps."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), place
        for key, value in expected.items():
            compare(found[key], value, f"{place} {key}")
    elif isinstance(expected, list) and any(isinstance(each, (list, str)) for each in expected):
        assert len(found) == len(expected), place
        for i, value in enumerate(expected):
            compare(found[i], value, f"{place} {i}")
    elif isinstance(expected, str):
        assert found == expected
    else:
        np.testing.assert_allclose(found, expected, rtol=2e-4, atol=5e-6, err_msg=place)
