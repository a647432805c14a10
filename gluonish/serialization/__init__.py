"""Reading and writing files of arrays, without Apache MXNet."""

from __future__ import annotations

from gluonish.serialization.params import load, save

__all__ = ["load", "save"]
