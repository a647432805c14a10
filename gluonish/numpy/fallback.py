"""Functions that official NumPy computes, on copies of the arrays in host memory.

They have no gradients: under ``autograd.record()``, with an array that has a history, they are an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gluonish.engine.ndarray import NDArray
from gluonish.errors import GradientError
from gluonish.numpy.creation import array

__all__ = ["LINALG_NAMES", "NAMES", "on_host"]

NAMES = (
    *("allclose", "apply_along_axis", "apply_over_axes", "argpartition", "argwhere", "array_equal"),
    *("array_equiv", "choose", "compress", "corrcoef", "correlate", "count_nonzero", "cov", "digitize"),
    *("divmod", "extract", "flatnonzero", "float_power", "frexp", "heaviside", "histogram2d"),
    *("histogram_bin_edges", "histogramdd", "i0", "interp", "intersect1d", "isclose", "isin", "ix_"),
    *("lexsort", "min_scalar_type", "modf", "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax"),
    *("nanmean", "nanmedian", "nanmin", "nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum"),
    *("nanvar", "ndim", "packbits", "partition", "piecewise", "poly", "polyadd", "polydiv", "polyfit"),
    *("polyint", "polymul", "polysub", "positive", "promote_types", "ptp", "real", "result_type"),
    *("rollaxis", "roots", "searchsorted", "select", "setdiff1d", "setxor1d", "signbit", "size"),
    *("spacing", "take_along_axis", "tril_indices_from", "trim_zeros", "triu_indices_from", "union1d"),
    *("unpackbits", "unwrap", "vander", "genfromtxt"),
)
"""The functions that MXNet leaves to NumPy too, as far as NumPy still has them."""

LINALG_NAMES = (
    *(
        "cond",
        "eig",
        "eigvals",
        "eigvalsh",
        "lstsq",
        "matrix_power",
        "matrix_rank",
        "multi_dot",
        "pinv",
        "qr",
    ),
    *("svd", "tensorinv", "tensorsolve"),
)
"""Likewise of ``np.linalg``."""


def on_host(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of arrays that computes with copies in host memory."""

    def call(*args: Any, **kwargs: Any) -> Any:
        found: list[NDArray] = []
        host_args = [_to_host(each, found) for each in args]
        host_kwargs = {key: _to_host(each, found) for key, each in kwargs.items()}
        if any(each.is_tracked for each in found):
            raise GradientError(
                f"np.{name}()",
                "is computed by NumPy and cannot be recorded",
                fix="Call it on x.detach(), or outside autograd.record().",
            )
        context = found[0].context if found else None
        return _from_host(function(*host_args, **host_kwargs), context)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"Compute ``numpy.{name}`` on copies of the arrays in host memory; it has no gradient."
    return call


def _to_host(value: Any, found: list[NDArray]) -> Any:
    if isinstance(value, NDArray):
        found.append(value)
        return value.asnumpy()
    if isinstance(value, (list, tuple)):
        entries = [_to_host(each, found) for each in value]
        return type(value)(entries) if type(value) in (list, tuple) else value
    return value


def _from_host(value: Any, context: Any) -> Any:
    if isinstance(value, np.ndarray):
        return array(value, ctx=context) if value.dtype.kind in "fiub" else value
    if isinstance(value, (list, tuple)):
        entries = [_from_host(each, context) for each in value]
        return entries if isinstance(value, list) else tuple(entries)
    return value
