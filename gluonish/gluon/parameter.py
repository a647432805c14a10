"""Gluon's face of the parameter core: Parameter and Constant."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from gluonish import initializer
from gluonish.context import Context, cpu
from gluonish.dtype import as_dtype
from gluonish.engine.kinds import of_current_kind
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import (
    ArgumentTypeError,
    DeferredInitializationError,
    ShapeMismatchError,
    UnsupportedError,
)
from gluonish.gluon.arithmetic import ParameterArithmetic
from gluonish.gluon.views import ParameterViews
from gluonish.lr_scheduler import Multiplier
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.face import ParameterFace
from gluonish.parameter.plan import Plan
from gluonish.parameter.rows import rows_at
from gluonish.shape import PartialShape, format_shape, from_mxnet
from gluonish.symbol import Symbol
from gluonish.util import is_np_shape

__all__ = ["Constant", "DeferredInitializationError", "Parameter", "tensor_types"]

tensor_types: tuple[type, ...] = (Symbol, NDArray)


class Parameter(ParameterArithmetic, ParameterFace, ParameterViews):
    """A named parameter: a copy of its values, and of its gradient, on every context it is initialised on.

    Args:
        name: its name.
        grad_req: ``"write"`` (each backward pass replaces the gradient), ``"add"`` (it adds to it, until
            ``zero_grad()``) or ``"null"`` (no gradient, no buffer). It can be changed at any time.
        shape: an int or a tuple; 0, -1 or None for an axis that is not known yet; None if nothing is.
        dtype: the element type.
        lr_mult: factor on the learning rate, read at every update: a number, or a function of the number of
            updates, such as a scheduler.
        wd_mult: factor on the weight decay, likewise.
        init: its own initializer; the default of ``initialize`` if None.
        allow_deferred_init: whether it may be initialised before its shape is known.
        differentiable: False pins ``grad_req`` to ``"null"``.
        stype: storage type of the values, ``"default"``, ``"row_sparse"`` or ``"csr"``.
        grad_stype: storage type of the gradients, likewise.

    Raises:
        ArgumentError: an unknown ``grad_req`` or storage type.
        DTypeError: an unknown dtype.

    Example:
        >>> import gluonish as mx
        >>> w = mx.gluon.Parameter("weight", shape=(2, 3))
        >>> w.initialize(mx.init.One(), ctx=[mx.cpu(0), mx.cpu(1)])
        >>> w.data(mx.cpu(1)).shape
        (2, 3)
        >>> w
        Parameter weight (shape=(2, 3), dtype=<class 'numpy.float32'>)
    """

    def __init__(
        self,
        name: str,
        grad_req: str = "write",
        shape: Any = None,
        dtype: Any = np.float32,
        lr_mult: Multiplier = 1.0,
        wd_mult: Multiplier = 1.0,
        init: Any = None,
        allow_deferred_init: bool = False,
        differentiable: bool = True,
        stype: str = "default",
        grad_stype: str = "default",
    ) -> None:
        self._spelled_dtype = dtype
        self._core = ParameterCore(
            name,
            shape=_partial(shape, name),
            dtype=as_dtype(dtype),
            grad_req=grad_req,
            lr_mult=lr_mult,
            wd_mult=wd_mult,
            init=init,
            allow_deferred_init=allow_deferred_init,
            differentiable=differentiable,
            stype=stype,
            grad_stype=grad_stype,
        )
        self._symbol: Symbol | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name} (shape={self.shape}, dtype={self.dtype})"

    # -- what is declared -------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name."""
        return self._core.name

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape, 0 for an axis that is not known yet; None if nothing is known.

        Where NumPy's semantics of shapes are on, it is -1 for such an axis.

        Setting it adds what is known. A contradiction is a ShapeMismatchError, and so is an unknown axis
        where the size is known already.
        """
        known = self._core.shape
        unknown = -1 if is_np_shape() else 0
        return None if known is None else tuple(unknown if dim is None else dim for dim in known)

    @shape.setter
    def shape(self, value: Any) -> None:
        stated = _partial(value, self.name)
        known = self._core.shape
        if stated is not None and known is not None and len(stated) == len(known):
            lost = [axis for axis, size in enumerate(known) if size is not None and stated[axis] is None]
            if lost:
                raise ShapeMismatchError(
                    self._core.label,
                    f"cannot forget the size of axis {lost[0]}",
                    expected=format_shape(known),
                    received=format_shape(stated),
                )
        self._core.merge_shape(stated)

    @property
    def dtype(self) -> Any:
        """The element type, as it was spelled. Setting it is ``cast``."""
        if as_dtype(self._spelled_dtype) == self._core.dtype:
            return self._spelled_dtype
        return self._core.dtype.type

    @dtype.setter
    def dtype(self, value: Any) -> None:
        self.cast(value)

    def cast(self, dtype: Any) -> None:
        """Change the element type of values and gradients. Arrays taken before are left behind."""
        super().cast(dtype)
        self._spelled_dtype = dtype

    # -- values and gradients ---------------------------------------------------------------------------

    def data(self, ctx: Context | None = None) -> NDArray:
        """Return the values on one context: the live array, the same object every time.

        Under ``util.np_array()`` it is an ``mx.np.ndarray`` over its memory.

        Args:
            ctx: the context; the only one, or the current one of several, if None.

        Raises:
            NotInitializedError: ``initialize()`` was not called.
            DeferredInitializationError: the shape is not known yet.
            ContextError: there is no replica there.
            UnsupportedError: the parameter's storage is sparse; see ``row_sparse_data``.
        """
        self._refuse_storage("data()", dense=True)
        return of_current_kind(self._core.data(ctx))

    def list_data(self) -> list[NDArray]:
        """Return the values on all contexts, in their order.

        Raises:
            NotInitializedError, DeferredInitializationError, UnsupportedError: as of ``data``.
        """
        self._refuse_storage("list_data()", dense=True)
        return [of_current_kind(each) for each in self._core.replicas()]

    def row_sparse_data(self, row_id: NDArray) -> NDArray:
        """Return some rows of a parameter with ``stype='row_sparse'``, on the context of ``row_id``.

        What is computed from them has the parameter's gradient. The other rows are zero in it.

        Args:
            row_id: row numbers of any dtype and shape, in any order, any number of times.

        Returns:
            A RowSparseNDArray with these rows, each once, in ascending order.

        Raises:
            UnsupportedError: the parameter has another storage type, or no Trainer was made for it.
            ArgumentTypeError: ``row_id`` is no array.
            NotInitializedError, ContextError: as of ``data``.
            IndexOutOfRangeError: there is no such row.

        Example:
            >>> import gluonish as mx
            >>> table = mx.gluon.Parameter("table", shape=(9, 2), stype="row_sparse", grad_stype="row_sparse")
            >>> table.initialize("ones")
            >>> trainer = mx.gluon.Trainer([table], "sgd")
            >>> table.row_sparse_data(mx.nd.array([7, 3, 7])).indices.asnumpy()
            array([3, 7])
        """
        self._check_rows("row_sparse_data()", row_id)
        return rows_at(self._core, row_id, row_id.context)

    def list_row_sparse_data(self, row_id: NDArray) -> list[NDArray]:
        """Return some rows of a parameter with ``stype='row_sparse'`` on all contexts, in their order.

        Args:
            row_id: as of ``row_sparse_data``, on any context.

        Raises:
            UnsupportedError, ArgumentTypeError, NotInitializedError, IndexOutOfRangeError: as of
                ``row_sparse_data``.
        """
        self._check_rows("list_row_sparse_data()", row_id)
        return [rows_at(self._core, row_id, ctx) for ctx in self._core.contexts()]

    def _check_rows(self, method: str, row_id: Any) -> None:
        self._refuse_storage(method, dense=False)
        if not isinstance(row_id, NDArray):
            raise ArgumentTypeError(
                method, "needs row numbers", expected="an NDArray", received=type(row_id).__name__
            )
        if self._trainer is None:
            raise UnsupportedError(
                self._core.label,
                "has no rows to give: its storage is row_sparse, and no Trainer was made for it",
                fix="Make the Trainer before the first forward pass, and keep it.",
            )
        self._trainer._is_central()  # noqa: SLF001  what is wrong about its store comes to light now

    def _refuse_storage(self, method: str, *, dense: bool) -> None:
        """Refuse a method for another storage type.

        Raises:
            UnsupportedError: the parameter has another one.
        """
        wanted = "default" if dense else "row_sparse"
        if self._core.stype != wanted:
            raise UnsupportedError(
                self._core.label,
                f"has no {method}: its storage is {self._core.stype}",
                expected=f"stype {wanted!r}",
                fix=f"Use {'row_sparse_data(row_id)' if dense else 'data()'}.",
            )

    def grad(self, ctx: Context | None = None) -> NDArray:
        """Return the gradient on one context: the live buffer.

        Raises:
            GradientError: ``grad_req`` is ``"null"``.
            NotInitializedError, DeferredInitializationError, ContextError: as of ``data``.
        """
        return of_current_kind(self._core.grad(ctx))

    def list_grad(self) -> list[NDArray]:
        """Return the gradients on all contexts, in their order."""
        return [of_current_kind(each) for each in self._core.gradients()]

    def zero_grad(self) -> None:
        """Set the gradient to 0 on all contexts. Without a gradient, nothing happens."""
        Plan([self._core]).zero_gradients()

    def var(self) -> Symbol:
        """Return a symbol that stands for this parameter; the same one every time."""
        return self.symbol()

    def stand_in(self, ctx: Context | None) -> NDArray:
        """Return the value that stands for the parameter beside arrays on a context; see ``data``."""
        return self.data(ctx)

    # -- copies -----------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        rest = {k: v for k, v in self.__dict__.items() if k not in ("_core", "_symbol", "_trainer_ref")}
        return {"rest": rest, "core": lifecycle.snapshot(self._core)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state["rest"])
        self._symbol = None
        self._core = lifecycle.restore(state["core"])


def _partial(shape: Any, name: str) -> PartialShape:
    return from_mxnet(shape, owner=f"The shape of Parameter {name!r}")


class _Copying(initializer.Initializer):
    """Fills with the value of a Constant."""

    def __init__(self, value: NDArray) -> None:
        super().__init__()
        self._value = value

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr.write(self._value)


class Constant(Parameter):
    """A parameter that is never trained: it holds a given value and has no gradient.

    Args:
        name: its name.
        value: an NDArray (its dtype is kept), or anything ``nd.array`` takes (it becomes float32).

    Attributes:
        value: the value it was made with. ``set_data`` does not change it.

    Example:
        >>> import gluonish as mx
        >>> c = mx.gluon.Constant("scale", [[1.0, 2.0]])
        >>> c.initialize()
        >>> c.data().asnumpy(), c.grad_req
        (array([[1., 2.]], dtype=float32), 'null')
    """

    def __init__(self, name: str, value: Any) -> None:
        if not isinstance(value, NDArray):
            value = from_data(value, cpu(0), "float32")
        self.value = value
        super().__init__(
            name,
            grad_req="null",
            shape=value.shape,
            dtype=value.dtype,
            init=_Copying(value),
            differentiable=False,
        )

    @property
    def grad_req(self) -> str:
        """Always ``"null"``. Setting anything else is a warning."""
        return "null"

    @grad_req.setter
    def grad_req(self, value: str) -> None:
        if value != "null":
            warnings.warn(f"Constant {self.name!r} has no gradient; its grad_req stays 'null'", stacklevel=2)
