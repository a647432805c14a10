"""Computing what a symbol describes.

``BoundSymbol`` has the part of MXNet's executors that these helpers need.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gluonish import autograd
from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.symbol import Symbol
from gluonish.symbol.program import Program

__all__ = ["BoundSymbol"]


class BoundSymbol:
    """A symbol with arrays for its variables, and buffers for their gradients.

    Args:
        symbol: the symbol.
        ctx: where the arrays are.
        arguments: arrays for its arguments, by name.
        states: arrays for its states, by name.
        grad_req: ``"write"``, ``"add"`` or ``"null"`` by the names of arguments; ``"null"`` for the rest.
        gradients: the buffers at first, by name; zeros for the rest.

    Attributes:
        arg_dict: the arguments by name; write into them to change what ``forward`` computes.
        aux_dict: the states by name.
        grad_dict: the gradients by name; None where none is wanted.
        outputs: what ``forward`` has computed.
    """

    def __init__(
        self,
        symbol: Symbol,
        ctx: Context,
        arguments: Mapping[str, NDArray],
        states: Mapping[str, NDArray] | None = None,
        grad_req: Mapping[str, str] | None = None,
        gradients: Mapping[str, NDArray] | None = None,
    ) -> None:
        self.symbol = symbol
        self.ctx = ctx
        self.arg_dict = dict(arguments)
        self.aux_dict = dict(states or {})
        self.grad_dict: dict[str, NDArray | None] = {}
        self.outputs: list[NDArray] = []
        self._program = Program(symbol.outputs)
        for name, array in self.arg_dict.items():
            request = (grad_req or {}).get(name, "null")
            if request != "null":
                start = (gradients or {}).get(name)
                array.attach_grad(request, stype=None if start is None else start.stype)
                if start is not None:
                    array.grad[:] = start  # type: ignore[index]  # it has just been attached
            self.grad_dict[name] = array.grad if request != "null" else None

    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Compute the outputs.

        Args:
            is_train: whether in training mode, with a graph for ``backward``.
            kwargs: new values of arguments, by name.
        """
        for name, value in kwargs.items():
            self.arg_dict[name][:] = value
        values = {**self.arg_dict, **self.aux_dict}
        with autograd.record() if is_train else autograd.pause():
            self.outputs = self._program.run([values[node.name] for node in self._program.variables])
        return self.outputs

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients from those of the outputs: an array, a list of them, or None for ones.

        Raises:
            ArgumentError: ``forward(is_train=True)`` was not called.
        """
        if not self.outputs:
            raise ArgumentError("backward()", "needs outputs", fix="Call forward(is_train=True) first.")
        grads = [out_grads] if isinstance(out_grads, NDArray) else out_grads
        autograd.backward(self.outputs, grads)
