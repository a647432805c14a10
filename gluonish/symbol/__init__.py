"""Symbols: computations described, not carried out.

``node``           variables and operators
``symbol``         the Symbol class, whose parts are ``graph``, ``inferring`` and ``running``
``compose``        how symbols are made; ``custom``: of operators of a program's own
``infer``          working out shapes and dtypes over a whole graph, in both directions
``graph_operator`` operators made of graphs; ``control_flow``: which there are; ``loops``: how they are built
``files``          graphs as text, in MXNet's format; ``parsing`` checks it, ``spelling`` has its values
``program``        running a graph on arrays
``history``        what the tape has recorded, as a graph
"""

from __future__ import annotations

from gluonish.symbol.compose import Group, compose, load, load_json, make_function, var
from gluonish.symbol.symbol import Symbol

__all__ = ["Group", "Symbol", "compose", "load", "load_json", "make_function", "var"]
