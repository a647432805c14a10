"""``mx.nd.utils``: the functions of ``mx.nd`` that make, load and save arrays."""

# ruff: noqa: F401  the imports are what this module offers

from __future__ import annotations

from gluonish.nd.creation import array, empty, zeros
from gluonish.serialization import load, load_frombuffer, save
