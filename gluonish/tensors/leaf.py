"""The variable behind a Tensor that wants a gradient: its buffer is made by the first backward pass."""

from __future__ import annotations

from typing import Any

from gluonish.context import Context
from gluonish.engine.tape import Leaf
from gluonish.engine.template import Template

__all__ = ["LateLeaf"]


class LateLeaf(Leaf):
    """A variable without a buffer until a backward pass reaches it.

    Args:
        grad_req: how passes after the first write: ``"add"``, as torch's users expect, or ``"write"``.
        like: what the gradient is like.
    """

    __slots__ = ("like",)

    def __init__(self, grad_req: str, like: Template) -> None:
        super().__init__(grad_req, None)
        self.like = like

    @property
    def context(self) -> Context | None:
        """Where its gradient is, or will be."""
        return self.like.context

    def accumulate(self, value: Any, *, first: bool) -> None:
        """Take one contribution of a backward pass, into a new buffer if there is none."""
        if self.grad is None and self.grad_req != "null":
            self.grad = self.like.zeros()
        super().accumulate(value, first=first)
