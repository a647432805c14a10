"""Comparing arrays, with tolerances by dtype and messages that say where they differ most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from gluonish.dtype import as_dtype
from gluonish.errors import ComparisonError, ShapeMismatchError
from gluonish.shape import format_shape

__all__ = [
    "almost_equal",
    "almost_equal_ignore_nan",
    "assert_allclose",
    "assert_almost_equal",
    "assert_almost_equal_ignore_nan",
    "assert_almost_equal_with_err",
    "checkShapes",
    "compare_ndarray_tuple",
    "default_atols",
    "default_numeric_eps",
    "default_rtols",
    "effective_dtype",
    "find_max_violation",
    "get_atol",
    "get_etol",
    "get_rtol",
    "get_tolerance",
    "get_tols",
    "locationError",
    "same",
    "same_array",
    "to_numpy",
]

Tolerance: TypeAlias = "float | Mapping[np.dtype[Any], float] | None"

_EXACT = ("bool", "int8", "uint8", "int32", "uint32", "int64", "uint64")
_RTOLS = {"float16": 1e-2, "bfloat16": 2e-2, "float32": 1e-4, "float64": 1e-5}
_ATOLS = {"float16": 1e-1, "bfloat16": 1e-1, "float32": 1e-3, "float64": 1e-20}

_TINY = 1e-20
"""Keeps an error that no tolerance allows from being divided by 0."""


def to_numpy(value: Any) -> np.ndarray[Any, Any]:
    """Return an NDArray, a number or nested lists as a NumPy array."""
    return np.asarray(value.asnumpy() if hasattr(value, "asnumpy") else value)


# -- tolerances -------------------------------------------------------------------------------------------


def default_rtols() -> dict[np.dtype[Any], float]:
    """Return the relative tolerance for each dtype; 0 for integers.

    Example:
        >>> default_rtols()[np.dtype("float32")]
        0.0001
    """
    return {as_dtype(name): value for name, value in {**_RTOLS, **dict.fromkeys(_EXACT, 0)}.items()}


def default_atols() -> dict[np.dtype[Any], float]:
    """Return the absolute tolerance for each dtype; 0 for integers."""
    return {as_dtype(name): value for name, value in {**_ATOLS, **dict.fromkeys(_EXACT, 0)}.items()}


def default_numeric_eps() -> dict[np.dtype[Any], float]:
    """Return the step of finite differences for each dtype: a power of 2, near the best one."""
    return {np.dtype("float16"): 2.0**-6, np.dtype("float32"): 2.0**-9, np.dtype("float64"): 2.0**-14}


def effective_dtype(dat: Any) -> np.dtype[Any]:
    """Return the dtype whose tolerance suits an array."""
    return to_numpy(dat).dtype


def get_tolerance(dat: Any, tol: Tolerance, default_tol: Mapping[np.dtype[Any], float]) -> float:
    """Return the tolerance for an array.

    Args:
        dat: the array.
        tol: a number, or numbers by dtype; None, or a dtype that is not there, stands for the default.
        default_tol: the defaults by dtype.
    """
    dtype = effective_dtype(dat)
    if isinstance(tol, Mapping):
        tol = tol.get(dtype)
    return default_tol.get(dtype, 0) if tol is None else tol


def get_tols(x: Any, y: Any, rtol: Tolerance, atol: Tolerance) -> tuple[float, float]:
    """Return the relative and the absolute tolerance for comparing two arrays: those of the coarser one."""
    relative = max(get_tolerance(each, rtol, default_rtols()) for each in (x, y))
    absolute = max(get_tolerance(each, atol, default_atols()) for each in (x, y))
    return relative, absolute


def get_rtol(rtol: float | None = None, dtype: Any = np.float64) -> float:
    """Return ``rtol``, or the default of a dtype if it is None."""
    return default_rtols()[as_dtype(dtype)] if rtol is None else rtol


def get_atol(atol: float | None = None, dtype: Any = np.float64) -> float:
    """Return ``atol``, or the default of a dtype if it is None."""
    return default_atols()[as_dtype(dtype)] if atol is None else atol


def get_etol(etol: float | None = None) -> float:
    """Return ``etol``, the part of the elements that may differ; 0 if it is None."""
    return 0 if etol is None else etol


# -- telling ----------------------------------------------------------------------------------------------


def same(a: Any, b: Any) -> bool:
    """Tell whether two arrays are equal in shape and in every element."""
    return np.array_equal(to_numpy(a), to_numpy(b))


def almost_equal(
    a: Any,
    b: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    use_broadcast: bool = True,
) -> bool:
    """Tell whether ``|a - b| <= atol + rtol |b|`` in every element.

    Args:
        a: an array, or a number.
        b: likewise.
        rtol: the relative tolerance; the default of float64 if None.
        atol: the absolute tolerance, likewise.
        equal_nan: whether NaN equals NaN.
        use_broadcast: whether shapes may differ where they broadcast.

    Raises:
        ComparisonError: the shapes differ, and may not.
    """
    first, second = to_numpy(a), to_numpy(b)
    if not use_broadcast:
        checkShapes(first, second)
    return bool(_close(first, second, get_rtol(rtol), get_atol(atol), equal_nan).all())


def almost_equal_ignore_nan(a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> bool:
    """Tell whether two arrays are almost equal where neither is NaN."""
    return almost_equal(*_without_nan(a, b), rtol, atol)


def same_array(array1: Any, array2: Any) -> bool:
    """Tell whether two NDArrays are the same elements in memory: a write to one changes the other."""
    return _memory(array1) == _memory(array2)


def _memory(array: Any) -> tuple[Any, ...]:
    raw = array._raw
    interface = getattr(raw, "__cuda_array_interface__", None) or raw.__array_interface__
    return interface["data"][0], raw.shape, raw.strides, raw.dtype, array.context.place


def find_max_violation(
    a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], rtol: float, atol: float
) -> tuple[tuple[int, ...], float]:
    """Return where two arrays differ most, and by how many times what the tolerance allows."""
    errors = _violations(a, b, rtol, atol)
    return _place(np.argmax(errors), errors.shape), float(errors.max())


def _place(number: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the index of an element by its number."""
    return tuple(int(i) for i in np.unravel_index(int(number), shape)) if shape else ()


def locationError(  # noqa: N802  MXNet's name
    a: Any,
    b: Any,
    index: Sequence[int],
    names: Sequence[str],
    maxError: bool = False,
) -> str:
    """Return what two arrays hold at a place, in words.

    Example:
        >>> locationError(np.ones(2), np.zeros(2), (1,), ("x", "y"))
        'Location of error: (1,), x=1.00000000, y=0.00000000'
    """
    what = "maximum error" if maxError else "error"
    at = ", ".join(f"{name}={np.asarray(each)[index]:.8f}" for name, each in zip(names, (a, b), strict=True))
    return f"Location of {what}: {index}, {at}"


# -- asserting --------------------------------------------------------------------------------------------


def checkShapes(a: Any, b: Any) -> None:  # noqa: N802  MXNet's name
    """Assert that two arrays have one shape.

    Raises:
        ComparisonError: they have not.
    """
    if np.shape(a) != np.shape(b):
        raise ComparisonError(
            "Two arrays",
            "have different shapes",
            expected=format_shape(np.shape(b)),
            received=format_shape(np.shape(a)),
        )


def assert_almost_equal(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    names: Sequence[str] = ("a", "b"),
    equal_nan: bool = False,
    use_broadcast: bool = True,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """Assert that ``|a - b| <= atol + rtol |b|`` in every element.

    Args:
        a: an NDArray, a NumPy array, nested lists or a number.
        b: likewise.
        rtol: the relative tolerance, or tolerances by dtype; that of the coarser dtype if None.
        atol: the absolute tolerance, likewise.
        names: what the message calls the arrays.
        equal_nan: whether NaN equals NaN.
        use_broadcast: whether shapes may differ where they broadcast.
        mismatches: how many places the message lists. The second number, up to which MXNet counted them, has
            no effect: they are counted all.

    Raises:
        ComparisonError: they differ (it is an AssertionError). It lists the largest errors and where they
        are. ShapeMismatchError: the shapes do not broadcast.

    Example:
        >>> import gluonish as mx
        >>> assert_almost_equal(mx.nd.ones(2), np.array([1.0, 1.00001]))
        >>> assert_almost_equal([1.0, 2.0], [1.0, 2.5], rtol=0.1, atol=0)
        Traceback (most recent call last):
            ...
        gluonish.errors.ComparisonError: a and b differ in 1 of 2 elements (50%) by more than rtol=0.1,
        atol=0.
          Expected b [1.  2.5], received a [1. 2.].
          The largest errors, as multiples of what is allowed:
            2 at (1,): a=2.00000000, b=2.50000000
    """
    _assert_close(a, b, rtol, atol, names, equal_nan, use_broadcast, mismatches[0], allowed=0)


def assert_almost_equal_with_err(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    etol: float | None = None,
    names: Sequence[str] = ("a", "b"),
    equal_nan: bool = False,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """Assert that two arrays are almost equal but for a part ``etol`` of their elements.

    The other arguments, and what it raises, are those of ``assert_almost_equal``.
    """
    _assert_close(a, b, rtol, atol, names, equal_nan, True, mismatches[0], allowed=get_etol(etol))


def assert_allclose(a: Any, b: Any, rtol: float = 1e-07, atol: float = 0, equal_nan: bool = True) -> None:
    """Assert that two arrays are almost equal, with the tolerances of ``numpy.testing.assert_allclose``."""
    assert_almost_equal(a, b, rtol, atol, equal_nan=equal_nan)


def assert_almost_equal_ignore_nan(
    a: Any,
    b: Any,
    rtol: float | None = None,
    atol: float | None = None,
    names: Sequence[str] = ("a", "b"),
) -> None:
    """Assert that two arrays are almost equal where neither is NaN."""
    assert_almost_equal(*_without_nan(a, b), rtol, atol, names)


def compare_ndarray_tuple(t1: Any, t2: Any, rtol: Tolerance = None, atol: Tolerance = None) -> None:
    """Assert that arrays in nested tuples are almost equal; None on either side is passed over.

    Raises:
        ComparisonError: they differ.
    """
    if t1 is None or t2 is None:
        return
    if isinstance(t1, (tuple, list)):
        for first, second in zip(t1, t2, strict=True):
            compare_ndarray_tuple(first, second, rtol, atol)
        return
    assert_almost_equal(t1, t2, rtol, atol)


def _assert_close(
    a: Any,
    b: Any,
    rtol: Tolerance,
    atol: Tolerance,
    names: Sequence[str],
    equal_nan: bool,
    use_broadcast: bool,
    listed: int,
    *,
    allowed: float,
) -> None:
    first, second = to_numpy(a), to_numpy(b)
    if not use_broadcast:
        checkShapes(first, second)
    relative, absolute = get_tols(first, second, rtol, atol)
    close = _close(first, second, relative, absolute, equal_nan)
    wrong = int(close.size - np.count_nonzero(close))
    if not wrong or wrong < allowed * close.size:
        return
    errors = np.where(close, 0, _violations(first, second, relative, absolute))
    share = f"{100 * wrong / close.size:.3g}%"
    bounds = f"rtol={relative:g}, atol={absolute:g}"
    raise ComparisonError(
        f"{names[0]} and {names[1]}",
        f"differ in {wrong} of {close.size} elements ({share}) by more than {bounds}",
        expected=f"{names[1]} {second}",
        received=f"{names[0]} {first}",
        fix=_worst(first, second, errors, names, min(listed, wrong)),
    )


def _worst(
    a: np.ndarray[Any, Any],
    b: np.ndarray[Any, Any],
    errors: np.ndarray[Any, Any],
    names: Sequence[str],
    count: int,
) -> str:
    """Return a list of the largest errors."""
    a, b = np.broadcast_arrays(a, b)
    lines = ["The largest errors, as multiples of what is allowed:"]
    for number in np.argsort(-errors, axis=None, kind="stable")[:count]:
        place = _place(number, errors.shape)
        values = f"{names[0]}={float(a[place]):.8f}, {names[1]}={float(b[place]):.8f}"
        lines.append(f"    {errors[place]:g} at {place}: {values}")
    return "\n".join(lines)


def _close(
    a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], rtol: float, atol: float, equal_nan: bool
) -> np.ndarray[Any, Any]:
    try:
        if not (rtol or atol) and a.dtype.kind in "biu" and b.dtype.kind in "biu":
            return np.asarray(np.equal(a, b))
        return np.asarray(np.isclose(_wide(a), _wide(b), rtol, atol, equal_nan))
    except ValueError as error:
        raise ShapeMismatchError(
            "Two arrays",
            "cannot be compared: their shapes do not broadcast",
            received=f"{format_shape(a.shape)} and {format_shape(b.shape)}",
        ) from error


def _violations(
    a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], rtol: float, atol: float
) -> np.ndarray[Any, Any]:
    """Return errors as multiples of what is allowed; NaN against a number is infinitely wrong."""
    with np.errstate(all="ignore"):
        errors = np.abs(_wide(a) - _wide(b)) / (atol + rtol * np.abs(_wide(b)) + _TINY)
    return np.where(np.isnan(errors), np.inf, errors)


def _wide(a: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an array in which differences do not overflow or wrap around."""
    return a if a.dtype.kind == "c" else a.astype(np.float64)


def _without_nan(a: Any, b: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return copies with 0 where either is NaN."""
    first, second = (np.array(to_numpy(each)) for each in (a, b))
    either = np.isnan(first) | np.isnan(second)
    first[either] = 0
    second[either] = 0
    return first, second
