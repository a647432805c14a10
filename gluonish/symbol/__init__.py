"""Symbols: computations described, not carried out.

``node``      variables and operators, and their graphs
``symbol``    the Symbol class: outputs of a graph; its parts are in ``graph``, ``inferring`` and ``running``
``compose``   how symbols are made
``infer``     working out shapes and dtypes over a whole graph, in both directions
``files``     graphs as text, in MXNet's format
``program``   running a graph on arrays
"""

from __future__ import annotations

from gluonish.symbol.compose import Group, compose, load, load_json, make_function, var
from gluonish.symbol.symbol import Symbol

__all__ = ["Group", "Symbol", "compose", "load", "load_json", "make_function", "var"]
