"""What ``Block.save`` writes: the tree of blocks with their graphs, and the parameters by path.

``prefix-model.json`` has an object for every block, named by its class and its number in the order of a walk
from the root, with the objects of its children inside. ``prefix-model.params`` is what ``save_parameters``
writes. The classes themselves are in no file: a model is loaded into one that was built in the same way.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gluonish.errors import FileFormatError, MissingFileError, ParameterMismatchError
from gluonish.gluon.cached_graph import CachedGraph
from gluonish.serialization.atomic import atomic_write
from gluonish.symbol import Symbol

if TYPE_CHECKING:
    from gluonish.gluon.block import Block

__all__ = ["load_model", "save_model"]


def _files(prefix: Any) -> tuple[Path, Path]:
    base = os.fspath(prefix)
    return Path(f"{base}-model.json"), Path(f"{base}-model.params")


def save_model(block: Block, prefix: Any) -> None:
    """Write a block with all below it; see ``Block.save``."""
    tree, parameters = _files(prefix)
    block.save_parameters(parameters)
    number = itertools.count()
    described = {_key(block, number): _described(block, number)}
    with atomic_write(tree) as file:
        file.write(json.dumps(described).encode())


def _key(block: Block, number: Iterator[int]) -> str:
    return f"{type(block).__name__.lower()}{next(number)}"


def _described(block: Block, number: Iterator[int]) -> dict[str, Any]:
    """Return what the file has of a block: its name, its graph if it has one, and its children."""
    graph = block.captured_graph
    described: dict[str, Any] = {"orig_name": block.name}
    if graph is not None:
        described |= _described_graph(graph)
    # MXNet means by this that there is a graph, and looks for it.
    described["hybridized"] = graph is not None
    described["active"] = block.is_hybridized
    described["children"] = {child.name: attribute for attribute, child in block.named_children()}
    for _, child in block.named_children():
        key = _key(child, number)
        described[key] = _described(child, number)
    return described


def _described_graph(graph: CachedGraph) -> dict[str, Any]:
    captured = graph.captured
    return {
        "in_format": captured.in_format,
        "out_format": captured.out_format,
        "inputs": [Symbol([(node, 0)]).tojson() for node in captured.inputs],
        "symbol": captured.symbol.tojson(),
    }


def load_model(block: Block, prefix: Any) -> None:
    """Read what ``save_model`` has written into a block of the same structure; see ``Block.load``."""
    tree, parameters = _files(prefix)
    if not tree.is_file():
        raise MissingFileError(f"File {tree}", "does not exist", fix="Check the prefix.")
    try:
        described = json.loads(tree.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"File {tree}", f"holds no model: {error}") from error
    number = itertools.count()
    hybridized = list(_matched(block, described, number, str(tree)))
    block.load_parameters(parameters)
    for each, active in hybridized:
        if active and not each.is_hybridized:
            each.hybridize()


def _matched(block: Block, described: Any, number: Iterator[int], file: str) -> Iterator[tuple[Block, bool]]:
    """Yield a block and all below it, each with whether it was hybridized.

    Raises:
        ParameterMismatchError: the file is of another structure.
    """
    key = _key(block, number)
    own = described.get(key) if isinstance(described, dict) else None
    if not isinstance(own, dict):
        raise ParameterMismatchError(
            f"{type(block).__name__} {block.name!r}",
            f"is not what file {file} has in its place",
            expected=key,
            received=", ".join(described) if isinstance(described, dict) else repr(described),
            fix="Build the model as the one that was saved was built.",
        )
    yield block, bool(own.get("active", own.get("hybridized")))
    for _, child in block.named_children():
        yield from _matched(child, own, number, file)
