"""Which operators of a graph run where, when a symbol is bound to several contexts.

A node made inside ``AttrScope(ctx_group="dev1")``, or with that attribute, runs on the context that the group
stands for. One without a group runs where its first input is that has a place, or else where the first
operator is that uses it.
"""

from __future__ import annotations

from collections.abc import Mapping

from gluonish.context import Context
from gluonish.symbol import Symbol

__all__ = ["places_of"]

KEY = "__ctx_group__"


def places_of(symbol: Symbol, ctx: Context, group2ctx: Mapping[str, Context] | None) -> dict[int, Context]:
    """Return the context of every node, by its id.

    Args:
        symbol: the graph.
        ctx: the context of what has no group.
        group2ctx: the contexts by groups.
    """
    nodes = symbol.nodes()
    groups = group2ctx or {}
    places = {id(node): groups[node.attrs[KEY]] for node in nodes if node.attrs.get(KEY) in groups}
    for node in nodes:
        near = next((places[id(child)] for child, _ in node.inputs if id(child) in places), None)
        if near is not None:
            places.setdefault(id(node), near)
    for node in reversed(nodes):
        if id(node) in places:
            for child, _ in node.inputs:
                places.setdefault(id(child), places[id(node)])
    return {id(node): places.get(id(node), ctx) for node in nodes}
