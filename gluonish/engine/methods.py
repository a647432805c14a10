"""The methods that arrays and symbols get from the operator table.

Declaring ``method="sum"`` on an operator adds ``sum`` to ``OperatorMethods``. Python's operators are added by
``gluonish.ops.arithmetic`` to NDArray, and by ``gluonish.symbol`` to Symbol. The stub beside this file is
written from the table by ``tools/stubs.py``, so that editors and type checkers see all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gluonish.engine.operator import Operator, find_operator, operators
from gluonish.errors import SignatureError

__all__ = ["OperatorMethods", "install_methods"]


class OperatorMethods:
    """Base of arrays and symbols, filled from the operator table.

    A subclass says in ``apply_operator`` what calling an operator with it means.
    """

    __slots__ = ()

    reshaping = "Reshape"
    """The operator behind ``reshape``."""

    def apply_operator(self, op: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call an operator with ``self`` as its first input, as a function of ``mx.nd`` would."""
        raise NotImplementedError

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        """Return the array in another shape, over the same memory.

        Args:
            shape: the sizes, one by one or as a tuple. MXNet's codes: 0 copies an axis, -1 is inferred, -2
                copies all remaining axes, -3 merges two, -4 splits one into the next two entries.
            kwargs: ``shape=`` instead of positional sizes, ``reverse=True`` to match from the right.

        Raises:
            ShapeMismatchError: the array does not fill that shape.
            SignatureError: no shape, or two.
        """
        if bool(shape) == ("shape" in kwargs):
            problem = "got its shape twice" if shape else "needs a shape"
            raise SignatureError("reshape()", problem)
        kwargs.setdefault("shape", _from_varargs(shape))
        return self.apply_operator(find_operator(self.reshaping), (), kwargs)

    def transpose(self, *axes: Any, **kwargs: Any) -> Any:
        """Return the array with its axes in another order; reversed if none is given."""
        if axes and "axes" not in kwargs:
            kwargs["axes"] = _from_varargs(axes)
        return self.apply_operator(find_operator("transpose"), (), kwargs)

    @property
    def T(self) -> Any:  # noqa: N802  NumPy's name
        """The array with its axes reversed."""
        return self.transpose()

    def _cast(self, dtype: Any) -> Any:
        return self.apply_operator(find_operator("Cast"), (), {"dtype": dtype})


def _from_varargs(values: tuple[Any, ...]) -> Any:
    """Return what ``f(2, 3)`` and ``f((2, 3))`` mean alike."""
    if len(values) == 1 and (values[0] is None or isinstance(values[0], (tuple, list))):
        return tuple(values[0] or ())
    return values


def install_methods() -> None:
    """Add the methods that operators declare. Called once they are all declared."""
    for op in operators().values():
        if op.method is not None and op.method not in vars(OperatorMethods):
            setattr(OperatorMethods, op.method, _make_method(op))


def _make_method(op: Operator) -> Callable[..., Any]:
    def method(self: OperatorMethods, *args: Any, **kwargs: Any) -> Any:
        return self.apply_operator(op, args, kwargs)

    assert op.method is not None
    method.__name__ = op.method
    method.__qualname__ = f"OperatorMethods.{op.method}"
    method.__doc__ = op.doc
    return method
