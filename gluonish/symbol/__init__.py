"""Symbols: computations described, not carried out.

``symbol``  the Symbol class and how symbols are composed
``infer``   working out shapes and dtypes over a whole graph, in both directions
"""

from __future__ import annotations

from gluonish.symbol.symbol import Group, Symbol, compose, make_function, var

__all__ = ["Group", "Symbol", "compose", "make_function", "var"]
