"""Blocks that run other blocks one after the other."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from gluonish.errors import IndexOutOfRangeError
from gluonish.gluon.block import Block
from gluonish.gluon.hybrid_block import HybridBlock

__all__ = ["HybridSequential", "Sequential"]


class _Stack(Block):
    """What both containers share: children by number."""

    def add(self, *blocks: Any) -> None:
        """Put blocks at the end."""
        for block in blocks:
            self.register_child(block)

    def __len__(self) -> int:
        return len(self._children)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._children.values()))

    def __getitem__(self, key: int | slice) -> Any:
        blocks = list(self._children.values())
        if isinstance(key, slice):
            part = type(self)(prefix=self.prefix)
            part.add(*blocks[key])
            return part
        try:
            return blocks[key]
        except IndexError:
            raise IndexOutOfRangeError(
                f"{type(self).__name__} {self.name!r}",
                f"has no layer {key}",
                expected=f"a number below {len(blocks)}",
            ) from None

    def _run(self, x: Any) -> Any:
        for block in self._children.values():
            x = block(x)
        return x


class Sequential(_Stack):
    """Runs blocks one after the other, each with the output of the one before.

    Example:
        >>> import gluonish as mx
        >>> from gluonish.gluon import nn
        >>> net = nn.Sequential()
        >>> with net.name_scope():
        ...     net.add(nn.Dense(8, activation="relu"), nn.Dense(2))
        >>> net.initialize()
        >>> net(mx.nd.ones((4, 3))).shape, len(net), net[1]
        ((4, 2), 2, Dense(8 -> 2, linear))
    """

    def forward(self, x: Any) -> Any:
        """Run the blocks."""
        return self._run(x)

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Hybridize the blocks, each as a graph of its own; see ``HybridBlock.hybridize``.

        A warning says so if a HybridSequential could make one graph of them.
        """
        if self._children and all(isinstance(block, HybridBlock) for block in self._children.values()):
            warnings.warn(
                f"All children of this Sequential layer {self.prefix!r} are HybridBlocks. Consider using "
                "HybridSequential for the best performance.",
                stacklevel=2,
            )
        super().hybridize(active, **kwargs)


class HybridSequential(_Stack, HybridBlock):
    """Runs hybrid blocks one after the other; otherwise like Sequential."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002  the blocks find their own
        """Run the blocks."""
        return self._run(x)
