"""Symbols of new arrays."""

from __future__ import annotations

from typing import Any

from gluonish.engine.operator import find_operator
from gluonish.errors import ArgumentTypeError
from gluonish.symbol import Symbol, compose

__all__ = ["arange", "eye", "full", "histogram", "linspace", "ones", "split_v2", "zeros"]

DEFAULT_DTYPE = "float32"


def _made(op_name: str, params: dict[str, Any], options: dict[str, Any]) -> Symbol:
    name, attr = options.pop("name", None), options.pop("attr", None)
    return compose(
        find_operator(op_name), (), {**params, **options}, name=name, hint=op_name.lower(), attr=attr
    )


def zeros(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return the symbol of an array of zeros.

    Args:
        shape: an int or a tuple of them.
        dtype: the element type, float32 if not given.
        kwargs: ``name`` and ``attr`` of the node; ``ctx``, if not where the graph runs.

    Example:
        >>> import gluonish as mx
        >>> mx.sym.zeros((2, 3)).infer_shape()[1]
        [(2, 3)]
    """
    return _made("_zeros", {"shape": shape, "dtype": dtype or DEFAULT_DTYPE}, kwargs)


def ones(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return the symbol of an array of ones; arguments as of ``zeros``."""
    return _made("_ones", {"shape": shape, "dtype": dtype or DEFAULT_DTYPE}, kwargs)


def full(shape: Any, val: float, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return the symbol of an array filled with ``val``; further arguments as of ``zeros``."""
    params = {"shape": shape, "value": float(val), "dtype": dtype or DEFAULT_DTYPE}
    return _made("_full", params, kwargs)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    name: str | None = None,
    dtype: Any = None,
    **kwargs: Any,
) -> Symbol:
    """Return the symbol of evenly spaced numbers in [start, stop); with one bound, in [0, start).

    Args:
        start: the first number.
        stop: the bound, itself excluded.
        step: the distance, not 0.
        repeat: how often each number stands.
        infer_range: whether the bound follows from the shape that is wanted.
        name: the name of the node.
        dtype: the element type, float32 if not given.
        kwargs: ``attr`` of the node; ``ctx``, if not where the graph runs.
    """
    params = {"start": start, "stop": stop, "step": step, "repeat": repeat, "infer_range": infer_range}
    return _made("_arange", {**params, "dtype": dtype or DEFAULT_DTYPE}, {**kwargs, "name": name})


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    name: str | None = None,
    dtype: Any = None,
    **kwargs: Any,
) -> Symbol:
    """Return the symbol of ``num`` evenly spaced numbers from start to stop; see ``mx.nd.linspace``."""
    params = {"start": start, "stop": stop, "num": num, "endpoint": endpoint}
    return _made("_linspace", {**params, "dtype": dtype or DEFAULT_DTYPE}, {**kwargs, "name": name})


def eye(N: int, M: int = 0, k: int = 0, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return the symbol of a matrix with ones on a diagonal; see ``mx.nd.eye``."""
    return _made("_eye", {"N": N, "M": M, "k": k, "dtype": dtype or DEFAULT_DTYPE}, kwargs)


def split_v2(
    ary: Symbol,
    indices_or_sections: Any,
    axis: int = 0,
    squeeze_axis: bool = False,
) -> Symbol:
    """Return the symbol of an array cut along an axis; see ``mx.nd.split_v2``.

    Args:
        ary: what to cut.
        indices_or_sections: the number of equal parts, or the positions to cut at.
        axis: the axis to cut.
        squeeze_axis: drop the axis; each part must have size 1 along it.
    """
    params: dict[str, Any] = {"axis": axis, "squeeze_axis": squeeze_axis}
    if isinstance(indices_or_sections, int):
        params |= {"indices": (), "sections": indices_or_sections}
    else:
        params |= {"indices": (0, *indices_or_sections), "sections": 0}
    return compose(find_operator("_split_v2"), (ary,), params, hint="_split_v2")


Symbol.split_v2 = split_v2  # type: ignore[assignment]  # the method is the function


def histogram(a: Symbol, bins: Any = 10, range: Any = None, **kwargs: Any) -> Symbol:  # noqa: A002
    """Return the symbol of how many elements fall into each bin; see ``mx.nd.histogram``.

    Args:
        a: the elements.
        bins: the number of bins of equal width, or the symbol of their edges.
        range: the outer edges, where ``bins`` is a number.
        kwargs: ``name`` of the node.

    Raises:
        ArgumentTypeError: a number of bins without a range: it cannot be taken from data that are not there.
    """
    op = find_operator("_histogram")
    if isinstance(bins, Symbol):
        return compose(op, (a, bins), {}, hint="_histogram", **kwargs)
    if not isinstance(bins, int) or range is None:
        raise ArgumentTypeError(
            "histogram()",
            "of a symbol needs its bins",
            expected="an integer and range=(low, high), or the symbol of the edges",
            received=f"bins={bins!r}, range={range!r}",
        )
    return compose(op, (a,), {"bin_cnt": bins, "range": range}, hint="_histogram", **kwargs)
