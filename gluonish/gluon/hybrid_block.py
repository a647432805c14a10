"""HybridBlock: a block whose computation is written once for arrays and for symbols."""

from __future__ import annotations

from typing import Any

from gluonish import nd, sym
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError
from gluonish.gluon import completion
from gluonish.gluon.block import Block
from gluonish.symbol import Symbol

__all__ = ["HybridBlock"]


class HybridBlock(Block):
    """A block whose computation is written once, as ``hybrid_forward(F, x, ...)``.

    ``F`` is ``mx.nd`` when it is called with arrays and ``mx.sym`` when it is called with symbols. The
    block's own parameters arrive as keyword arguments, named like the attributes they are assigned to.

    Args:
        prefix: as of Block.
        params: as of Block.

    Example:
        >>> import gluonish as mx
        >>> class Project(mx.gluon.HybridBlock):
        ...     def __init__(self, size, **kwargs):
        ...         super().__init__(**kwargs)
        ...         self.basis = self.params.get("basis", shape=(0, size), allow_deferred_init=True)
        ...     def hybrid_forward(self, F, x, basis):
        ...         return F.dot(x, basis)
        >>> project = Project(2)
        >>> project.initialize(mx.init.One())
        >>> project(mx.nd.array([[2.0, 3.0, 4.0]])).asnumpy()
        array([[9., 9.]], dtype=float32)
        >>> project.basis.shape
        (3, 2)
    """

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Register a hybrid block as a child.

        Raises:
            ArgumentTypeError: it is no HybridBlock.
        """
        if not isinstance(block, HybridBlock):
            raise ArgumentTypeError(
                f"{type(self).__name__} {self.name!r}",
                "is a HybridBlock, so its children must be",
                expected="a HybridBlock",
                received=f"{type(block).__name__}",
                fix="If it is a Sequential, use HybridSequential; otherwise derive the parent from Block.",
            )
        super().register_child(block, name)

    @property
    def states_shapes(self) -> bool:
        """Whether the class states ``infer_shape`` itself."""
        return type(self).infer_shape is not HybridBlock.infer_shape

    @property
    def is_traceable(self) -> bool:
        """Whether the class defines ``hybrid_forward``, which runs with symbols too."""
        return type(self).hybrid_forward is not HybridBlock.hybrid_forward

    def infer_shape(self, *args: Any) -> None:
        """Infer the shapes of all parameters from inputs, and set them.

        Args:
            args: arrays, or nested lists of them, as the block is called with.

        Raises:
            ShapeMismatchError: a shape contradicts what is known.
            SymbolValueError, ArgumentTypeError: ``hybrid_forward`` cannot be traced with symbols.
        """
        shapes = completion.trace_shapes(self, args)
        for _, parameter in self.parameters_by_path():
            parameter.core.merge_shape(shapes.get(parameter.core))

    def forward(self, x: Any, *args: Any) -> Any:
        """Call ``hybrid_forward`` with the namespace and the parameters that suit the input."""
        if isinstance(x, NDArray):
            ctx = x.context
            params = {name: p.data(ctx) for name, p in self._reg_params.items()}
            return self.hybrid_forward(nd, x, *args, **params)
        first = _first_leaf(x)
        if isinstance(first, Symbol):
            symbols = {name: p.var() for name, p in self._reg_params.items()}
            with self.name_scope():
                return self.hybrid_forward(sym, x, *args, **symbols)
        if isinstance(first, NDArray):
            params = {name: p.data(first.context) for name, p in self._reg_params.items()}
            return self.hybrid_forward(nd, x, *args, **params)
        raise ArgumentTypeError(
            f"{type(self).__name__} {self.name!r}",
            "must be called with an array or a symbol first",
            expected="an NDArray or a Symbol",
            received=f"{type(x).__name__}",
            fix="Convert data with nd.array().",
        )

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Compute the output with the operators of ``F``. Subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} must define hybrid_forward()")


def _first_leaf(value: Any) -> Any:
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return value
