"""Programs with the results that Apache MXNet gave."""

from __future__ import annotations

import warnings

import pytest
from golden import assert_alike, known
from module.programs import PROGRAMS, run

import gluonish as mx

RECORDED = known("modules.json")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gives_what_mxnet_gave(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # programs of that time do what is warned of now
        found = run(name, mx)
    assert_alike(found, RECORDED[name], name)
