"""Reading and writing files of arrays, without Apache MXNet."""

from __future__ import annotations

from gluonish.serialization.params import load, load_frombuffer, save

__all__ = ["load", "load_frombuffer", "save"]
