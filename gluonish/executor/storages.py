"""Which storage the gradients of a graph's variables get, before any of them is computed.

A table that is looked up gets rows, whatever its own storage: what counts is how a variable is used, as in
MXNet. Operators say so (``Operator.gradient_stored``); what none says is dense. Only the operators that
take a variable are asked: further up all arrays count as dense. Whatever is chosen, the values are the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from gluonish.engine.stored import DEFAULT
from gluonish.symbol import Symbol

__all__ = ["gradient_storages"]


def gradient_storages(symbol: Symbol, stypes: Mapping[str, str]) -> dict[str, str]:
    """Return the storage types of gradients by the names of variables.

    Args:
        symbol: the graph.
        stypes: the storage types of the variables themselves, by name.
    """
    found: dict[str, set[str]] = {name: set() for name in stypes}
    for node in symbol.nodes():
        if node.op is None:
            continue
        sources = [source for source, _ in node.inputs]
        given = [stypes.get(each.name, DEFAULT) if each.op is None else DEFAULT for each in sources]
        for position, source in enumerate(sources):
            if source.op is None:
                found[source.name].add(node.op.gradient_stype(position, given, node.params))
    return {name: _of_sum(kinds) for name, kinds in found.items()}


def _of_sum(kinds: set[str]) -> str:
    """Return the storage type of a sum of gradients of these."""
    if len(kinds) != 1:
        return DEFAULT
    return next(iter(kinds))
