"""``mx.operator``: operators that a program defines itself.

    class Square(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux): ...
        def backward(self, req, out_grad, in_data, out_data, in_grad, aux): ...

    @mx.operator.register("square")
    class SquareProp(mx.operator.CustomOpProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Square()

    y = mx.nd.Custom(x, op_type="square")

``custom``    the two classes to derive from, and their registry
``bridge``    such an operator as the engine sees it
``functions`` ``nd.Custom``
``legacy``    two older classes to derive from, for symbols only
``listing``   which operators there are
"""

from __future__ import annotations

from gluonish.operator.custom import CustomOp, CustomOpProp, register
from gluonish.operator.legacy import NDArrayOp, NumpyOp, PythonOp
from gluonish.operator.listing import OperatorArguments, get_all_registered_operators, get_operator_arguments

__all__ = [
    "CustomOp",
    "CustomOpProp",
    "NDArrayOp",
    "NumpyOp",
    "OperatorArguments",
    "PythonOp",
    "get_all_registered_operators",
    "get_operator_arguments",
    "register",
]
