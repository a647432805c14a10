"""Operators of a program's own in the form that came before ``CustomOp``: they make nodes of symbols only."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.operator.bridge import CustomOperator
from gluonish.operator.custom import CustomOp, CustomOpProp

if TYPE_CHECKING:
    from gluonish.symbol.symbol import Symbol

__all__ = ["NDArrayOp", "NumpyOp", "PythonOp"]


class PythonOp:
    """What both forms share. Derive from one of them.

    Args:
        need_top_grad: whether the gradient depends on those of the outputs; False for a loss.
    """

    _op_name: ClassVar[str] = "_Python"

    def __init__(self, need_top_grad: bool = True) -> None:
        warnings.warn(
            f"{type(self).__name__} is an operator of a form that has been deprecated. Please use CustomOp",
            stacklevel=2,
        )
        self.need_top_grad_ = need_top_grad

    def __call__(self, *args: Any, **kwargs: Any) -> Symbol:
        """Return the symbol of the operator on symbols; see ``get_symbol``."""
        return self.get_symbol(*args, **kwargs)

    def get_symbol(self, *args: Any, name: str | None = None, **kwargs: Any) -> Symbol:
        """Return the symbol of the operator on symbols; inputs that are not given become variables.

        Args:
            args: its inputs, in the order in which it lists them.
            name: the name of the node.
            kwargs: its inputs by name.

        Raises:
            ArgumentError: inputs that it does not take.
        """
        from gluonish.symbol.compose import compose  # noqa: PLC0415  symbols are above operators

        op = CustomOperator(type(self).__name__, _Properties(self))
        op.name = self._op_name
        op.require_inputs(kwargs)
        return compose(op, args, kwargs, name=name, hint=self._op_name.lower())

    def list_arguments(self) -> list[str]:
        """Return the names of the inputs: one, ``data``, unless you define it."""
        return ["data"]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs: one, ``output``, unless you define it."""
        return ["output"]

    def infer_shape(self, in_shape: list[Any]) -> tuple[Any, ...]:
        """Return the shapes of inputs and outputs: unless you define it, those of the first input."""
        return in_shape, [in_shape[0]]

    def need_top_grad(self) -> bool:
        """Tell whether the gradient depends on those of the outputs."""
        return self.need_top_grad_

    def declare_backward_dependency(
        self, out_grad: Sequence[int], in_data: Sequence[int], out_data: Sequence[int]
    ) -> list[int]:
        """Return which arrays the backward pass needs, by number. Here it gets all of them."""
        return [*(out_grad if self.need_top_grad() else ()), *in_data, *out_data]

    def forward(self, in_data: Sequence[Any], out_data: Sequence[Any]) -> None:
        """Write the outputs. Unless you define it, the first output is the first input."""
        out_data[0][:] = in_data[0]

    def backward(
        self,
        out_grad: Sequence[Any],
        in_data: Sequence[Any],
        out_data: Sequence[Any],
        in_grad: Sequence[Any],
    ) -> None:
        """Write the gradients of the inputs. Unless you define it, that of the first is 1."""
        del out_grad, in_data, out_data
        in_grad[0][:] = 1.0

    def _as_seen(self, array: NDArray) -> Any:
        """Return an array as ``forward`` and ``backward`` get it."""
        return array


class NDArrayOp(PythonOp):
    """An operator whose ``forward`` and ``backward`` get NDArrays. Prefer ``CustomOp``."""

    _op_name = "_NDArray"


class NumpyOp(PythonOp):
    """An operator whose ``forward`` and ``backward`` get NumPy arrays. Prefer ``CustomOp``.

    Example:
        >>> import gluonish as mx
        >>> class Double(mx.operator.NumpyOp):
        ...     def forward(self, in_data, out_data):
        ...         out_data[0][:] = 2 * in_data[0]
        ...     def backward(self, out_grad, in_data, out_data, in_grad):
        ...         in_grad[0][:] = 2 * out_grad[0]
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     y = Double()(mx.sym.var("x"), name="double")
        >>> mx.gluon.SymbolBlock(y, [mx.sym.var("x")])(mx.nd.array([1, 2])).asnumpy()
        array([2., 4.], dtype=float32)
    """

    _op_name = "_Native"

    def _as_seen(self, array: NDArray) -> Any:
        return array.asnumpy()


class _Properties(CustomOpProp):
    """What the engine asks about such an operator."""

    def __init__(self, op: PythonOp) -> None:
        super().__init__(need_top_grad=op.need_top_grad())
        self.op = op

    def list_arguments(self) -> list[str]:
        return self.op.list_arguments()

    def list_outputs(self) -> list[str]:
        return self.op.list_outputs()

    def infer_shape(self, in_shape: list[Any]) -> tuple[Any, ...]:
        return self.op.infer_shape(in_shape)

    def create_operator(self, ctx: Context, in_shapes: list[Any], in_dtypes: list[Any]) -> CustomOp:
        del ctx, in_shapes, in_dtypes
        return _Computing(self.op)


class _Computing(CustomOp):
    """Such an operator as a CustomOp."""

    def __init__(self, op: PythonOp) -> None:
        self.op = op

    def forward(
        self,
        is_train: bool,
        req: Sequence[str],
        in_data: Sequence[NDArray],
        out_data: Sequence[NDArray],
        aux: Sequence[NDArray],
    ) -> None:
        del is_train, aux
        results = self._seen(out_data)
        self.op.forward(in_data=self._seen(in_data), out_data=results)
        for target, request, result in zip(out_data, req, results, strict=True):
            self._keep(target, request, result)

    def backward(
        self,
        req: Sequence[str],
        out_grad: Sequence[NDArray],
        in_data: Sequence[NDArray],
        out_data: Sequence[NDArray],
        in_grad: Sequence[NDArray],
        aux: Sequence[NDArray],
    ) -> None:
        del aux
        results = self._seen(in_grad)
        self.op.backward(
            out_grad=self._seen(out_grad),
            in_data=self._seen(in_data),
            out_data=self._seen(out_data),
            in_grad=results,
        )
        for target, request, result in zip(in_grad, req, results, strict=True):
            self._keep(target, request, result)

    def _seen(self, arrays: Sequence[NDArray]) -> list[Any]:
        return [self.op._as_seen(array) for array in arrays]

    def _keep(self, target: NDArray, request: str, result: Any) -> None:
        """Write a result that is no NDArray, and so was not written where it belongs."""
        if result is not target:
            self.assign(target, request, result)
