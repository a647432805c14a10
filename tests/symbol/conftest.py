"""Fixtures for tests of symbols."""

from __future__ import annotations

import pytest

from gluonish.name import NameManager


@pytest.fixture(autouse=True)
def names():
    """Every test starts counting names at 0."""
    with NameManager():
        yield
