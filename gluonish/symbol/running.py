"""How a symbol becomes an executor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from gluonish.context import Context, current_context
from gluonish.symbol.graph import Graph

if TYPE_CHECKING:
    from gluonish.engine.ndarray import NDArray
    from gluonish.executor import Executor
    from gluonish.symbol.symbol import Symbol

__all__ = ["Running"]


class Running(Graph):
    """``bind``, ``simple_bind`` and ``eval``."""

    __slots__ = ()

    def bind(
        self,
        ctx: Context,
        args: Any,
        args_grad: Any = None,
        grad_req: Any = "write",
        aux_states: Any = None,
        group2ctx: Mapping[str, Context] | None = None,
        shared_exec: Executor | None = None,
    ) -> Executor:
        """Return an executor over given arrays.

        Args:
            ctx: the context to run on.
            args: arrays for the arguments: in the order of ``list_arguments()``, or by name.
            args_grad: buffers for their gradients, likewise; None, or no buffer, for no gradient.
            grad_req: ``"write"``, ``"add"`` or ``"null"`` for all arguments, as a list, or by name; those not
                named have none.
            aux_states: arrays for the states, like ``args``.
            group2ctx: the contexts of groups of nodes: of those with the attribute ``ctx_group``.
            shared_exec: taken for the sake of the interface.

        Raises:
            ArgumentError: other numbers or names of arrays, or an unknown ``grad_req``.
            ArgumentTypeError: something that is no array, or no context.
            ContextError: an array is on another context.
            ShapeMismatchError, DTypeError: the arrays do not go together.

        Example:
            >>> import gluonish as mx
            >>> exe = mx.sym.exp(mx.sym.var("x")).bind(mx.cpu(), {"x": mx.nd.zeros((2,))})
            >>> exe.forward()[0].asnumpy()
            array([1., 1.], dtype=float32)
        """
        from gluonish.executor.binding import bind  # noqa: PLC0415  executors are above symbols

        return bind(cast("Symbol", self), ctx, args, args_grad, grad_req, aux_states, group2ctx, shared_exec)

    def simple_bind(
        self,
        ctx: Context,
        grad_req: Any = "write",
        type_dict: Mapping[str, Any] | None = None,
        stype_dict: Mapping[str, str] | None = None,
        group2ctx: Mapping[str, Context] | None = None,
        shared_arg_names: Sequence[str] | None = None,
        shared_exec: Executor | None = None,
        shared_buffer: dict[str, NDArray] | None = None,
        **kwargs: Any,
    ) -> Executor:
        """Return an executor over new arrays: zeros, for the variables and for their gradients.

        Args:
            ctx: the context to run on.
            grad_req: as of ``bind``.
            type_dict: dtypes of arguments, by name; what follows from none is float32.
            stype_dict: storage types of arguments, by name.
            group2ctx: as of ``bind``.
            shared_arg_names: with ``shared_buffer``, the names of arguments that ``shared_exec`` lends.
            shared_exec: an executor that lends arrays.
            shared_buffer: arrays by name, for executors of one buffer to use in turn; new ones are put in.
            kwargs: shapes of inputs, by name. Names that the symbol does not have are passed over.

        Raises:
            ShapeInferenceError: shapes do not follow from those that are given.
            ShapeMismatchError, DTypeError: shapes or dtypes contradict each other.
            ArgumentError, ArgumentTypeError: as of ``bind``.

        Example:
            >>> import gluonish as mx
            >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
            >>> net.simple_bind(mx.cpu(), data=(4, 3)).arg_dict["fc_weight"].shape
            (2, 3)
        """
        from gluonish.executor.binding import simple_bind  # noqa: PLC0415  executors are above symbols

        return simple_bind(
            cast("Symbol", self),
            ctx,
            grad_req,
            type_dict,
            stype_dict,
            group2ctx,
            shared_arg_names,
            shared_exec,
            shared_buffer,
            **kwargs,
        )

    def eval(self, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
        """Return the outputs for given arrays.

        Args:
            ctx: the context to run on; the current one if None.
            kwargs: arrays for arguments and states, by name.

        Raises:
            ArgumentError: one is missing.
            ArgumentTypeError: something that is no array.

        Example:
            >>> import gluonish as mx
            >>> (mx.sym.var("a") + mx.sym.var("b")).eval(a=mx.nd.ones((2,)), b=mx.nd.ones((2,)))[0].asnumpy()
            array([2., 2.], dtype=float32)
        """
        where = current_context() if ctx is None else ctx
        states = {name: kwargs[name] for name in self.list_auxiliary_states() if name in kwargs}
        return self.bind(where, kwargs, aux_states=states).forward()
