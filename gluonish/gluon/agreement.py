"""Whether a parameter that exists is the one that is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.dtype import as_dtype
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import ParameterMismatchError, ShapeMismatchError
from gluonish.gluon.parameter import Constant, Parameter
from gluonish.shape import from_mxnet, merge_shapes

__all__ = ["check_same_value", "lacks"]


def lacks(parameter: Parameter, attribute: str, wanted: Any) -> bool:
    """Tell whether an existing parameter does not know yet what is asked for.

    Raises:
        ParameterMismatchError: it has something else.
    """
    if wanted is None or attribute in ("allow_deferred_init", "differentiable", "stype", "grad_stype"):
        return False
    has = getattr(parameter, attribute, None)
    if attribute == "shape":
        try:
            return merge_shapes(parameter.core.shape, from_mxnet(wanted), owner="") != parameter.core.shape
        except ShapeMismatchError as error:
            raise _mismatch(parameter, attribute, wanted, has) from error
    if attribute == "dtype":
        agrees = as_dtype(wanted) == parameter.core.dtype
    else:
        agrees = has is None or has == wanted
    if not agrees:
        raise _mismatch(parameter, attribute, wanted, has)
    return has is None


def _mismatch(parameter: Parameter, attribute: str, wanted: Any, has: Any) -> ParameterMismatchError:
    return ParameterMismatchError(
        f"Parameter {parameter.name!r}",
        f"exists already, with another {attribute}",
        expected=f"{attribute}={wanted}",
        received=f"{attribute}={has}",
    )


def check_same_value(constant: Constant, value: Any) -> None:
    """Check that a constant holds a value.

    Raises:
        ParameterMismatchError: it holds another one.
    """
    other = value if isinstance(value, NDArray) else from_data(value, constant.value.context, "float32")
    if not np.array_equal(constant.value.asnumpy(), other.asnumpy(), equal_nan=True):
        raise ParameterMismatchError(
            f"Constant {constant.name!r}",
            "exists already, with another value",
            expected=np.array2string(other.asnumpy(), threshold=8),
            received=np.array2string(constant.value.asnumpy(), threshold=8),
        )
