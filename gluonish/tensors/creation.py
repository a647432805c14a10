"""Making tensors, under torch's names. Shapes are given as integers, or as one list or tuple."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gluonish.dtype import COMPLEX, any_dtype, is_complex
from gluonish.engine.ndarray import NDArray
from gluonish.numpy.arguments import call
from gluonish.random import seed as mx_seed
from gluonish.tensors.arguments import sizes_of
from gluonish.tensors.device import as_device
from gluonish.tensors.functions.complex_numbers import complex as from_parts
from gluonish.tensors.tensor import Tensor, _dtype_of

__all__ = [
    "arange",
    "as_tensor",
    "bernoulli",
    "empty",
    "empty_like",
    "eye",
    "from_numpy",
    "full",
    "full_like",
    "is_floating_point",
    "is_tensor",
    "linspace",
    "logspace",
    "manual_seed",
    "normal",
    "ones",
    "ones_like",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "tensor",
    "zeros",
    "zeros_like",
]


def tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return a copy of data as a tensor; see ``Tensor``.

    Example:
        >>> import gluonish as torch
        >>> torch.tensor([1, 2]).dtype, torch.tensor([1.0]).dtype
        (dtype('int64'), dtype('float32'))
    """
    return Tensor(data, requires_grad, dtype=dtype, device=device)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return data as a tensor: one that is a tensor of that dtype on that device as it is, others copied."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    return Tensor(data, dtype=dtype, device=device)


from_numpy = as_tensor


def _finished(array: NDArray, requires_grad: bool, dtype: Any = None) -> Tensor:
    result = array._as(Tensor)
    if dtype is not None:
        result = result.astype(dtype, copy=False)
    return result.requires_grad_() if requires_grad else result  # type: ignore[attr-defined, return-value]


def _made(op_name: str, sizes: tuple[Any, ...], options: dict[str, Any], **params: Any) -> Tensor:
    dtype, device = options.pop("dtype", None), options.pop("device", None)
    requires_grad = options.pop("requires_grad", False)
    shape = sizes_of(sizes or (options.pop("size"),))
    array = call(op_name, shape=shape, dtype=_part(dtype), ctx=as_device(device), **params, **options)
    return _finished(array, requires_grad, dtype)


def _part(dtype: Any) -> Any:
    """Return the dtype in which numbers are made that shall have this one: real, as operators make them."""
    if dtype is None:
        return "float32"
    wanted = any_dtype(dtype)
    return {COMPLEX[0]: "float32", COMPLEX[1]: "float64"}.get(wanted, wanted)


def zeros(*size: Any, **options: Any) -> Tensor:
    """Return zeros.

    Args:
        size: the shape.
        options: ``dtype`` (float32), ``device`` (the current context), ``requires_grad`` (False).

    Example:
        >>> import gluonish as torch
        >>> torch.zeros(2), torch.zeros([1, 2])
        (Tensor([0.0, 0.0], grad=None), Tensor([[0.0, 0.0]], grad=None))
    """
    return _made("_full", size, options, value=0)


def ones(*size: Any, **options: Any) -> Tensor:
    """Return ones; arguments as of ``zeros``."""
    return _made("_full", size, options, value=1)


def empty(*size: Any, **options: Any) -> Tensor:
    """Return a tensor whose content does not matter (zeros); arguments as of ``zeros``."""
    return zeros(*size, **options)


def full(size: Any, fill_value: Any, **options: Any) -> Tensor:
    """Return a tensor of one number, in that number's dtype if none is given; arguments as of ``zeros``."""
    if isinstance(fill_value, (complex, np.complexfloating)):
        return _from_host(np.full(size, fill_value), "complex64", options)
    if options.get("dtype") is None:
        options["dtype"] = _dtype_of(fill_value)
    return _made("_full", (size,), options, value=fill_value)


def _drawn(op_name: str, size: tuple[Any, ...], options: dict[str, Any], **params: Any) -> Tensor:
    """Return draws; of complex numbers, real and imaginary parts are drawn alike."""
    dtype = options.get("dtype")
    if dtype is None or not is_complex(any_dtype(dtype)):
        return _made(op_name, size, options, **params)
    requires_grad = options.pop("requires_grad", False)
    parts = [_made(op_name, size, {**options, "dtype": _part(dtype)}, **params) for _ in range(2)]
    result = from_parts(*parts)
    return result.requires_grad_() if requires_grad else result


def rand(*size: Any, **options: Any) -> Tensor:
    """Draw uniformly from [0, 1); arguments as of ``zeros``."""
    return _drawn("_random_uniform", size, options, low=0.0, high=1.0)


def randn(*size: Any, **options: Any) -> Tensor:
    """Draw from the normal distribution of mean 0 and variance 1; arguments as of ``zeros``.

    The variance of complex numbers is that of both parts together.

    Example:
        >>> import gluonish as torch
        >>> torch.randn([32, 10]).shape
        (32, 10)
    """
    made_of_two = is_complex(any_dtype(options.get("dtype") or "float32"))
    return _drawn("_random_normal", size, options, loc=0.0, scale=math.sqrt(0.5) if made_of_two else 1.0)


def randint(low: int, high: Any = None, size: Any = None, **options: Any) -> Tensor:
    """Draw integers from low, ..., high - 1, as int64; ``randint(high, size)`` starts at 0."""
    if size is None:
        low, high, size = 0, low, high
    return _made("_random_randint", (size,), {"dtype": "int64", **options}, low=low, high=high)


def randperm(n: int, device: Any = None) -> Tensor:
    """Return the integers below n in random order, as int64."""
    from gluonish.numpy import random  # noqa: PLC0415  the name would hide ``gluonish.random``

    return _finished(random.permutation(n, ctx=as_device(device)), False).long()


def _like(source: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Return options that make a tensor like another one where they do not say otherwise."""
    return {"dtype": source.dtype, "device": source.context, **options}


def zeros_like(input: NDArray, **options: Any) -> Tensor:
    """Return zeros in the shape and dtype of an array, on its device."""
    return zeros(input.shape, **_like(input, options))


def ones_like(input: NDArray, **options: Any) -> Tensor:
    """Return ones in the shape and dtype of an array, on its device."""
    return ones(input.shape, **_like(input, options))


def empty_like(input: NDArray, **options: Any) -> Tensor:
    """Return a tensor of the shape and dtype of an array, on its device, whose content does not matter."""
    return empty(input.shape, **_like(input, options))


def rand_like(input: NDArray, **options: Any) -> Tensor:
    """Draw uniformly from [0, 1) in the shape and dtype of an array, on its device."""
    return rand(input.shape, **_like(input, options))


def randn_like(input: NDArray, **options: Any) -> Tensor:
    """Draw from the standard normal distribution in the shape and dtype of an array, on its device."""
    return randn(input.shape, **_like(input, options))


def full_like(input: NDArray, fill_value: Any, **options: Any) -> Tensor:
    """Return a tensor of one number in the shape and dtype of an array, on its device."""
    return full(input.shape, fill_value, **_like(input, options))


def _from_host(host: np.ndarray[Any, Any], default: str, options: dict[str, Any]) -> Tensor:
    dtype = options.pop("dtype", None) or default
    return Tensor(host, options.pop("requires_grad", False), dtype=dtype, device=options.pop("device", None))


def arange(start: Any, end: Any = None, step: Any = 1, **options: Any) -> Tensor:
    """Return evenly spaced numbers from start up to, but without, end; int64 if all are whole."""
    if end is None:
        start, end = 0, start
    whole = all(isinstance(each, int) for each in (start, end, step))
    return _from_host(np.arange(start, end, step), "int64" if whole else "float32", options)


def linspace(start: float, end: float, steps: int, **options: Any) -> Tensor:
    """Return so many evenly spaced numbers from start to end."""
    return _from_host(np.linspace(start, end, steps), "float32", options)


def logspace(start: float, end: float, steps: int, base: float = 10.0, **options: Any) -> Tensor:
    """Return so many numbers from ``base**start`` to ``base**end`` with even ratios."""
    return _from_host(np.logspace(start, end, steps, base=base), "float32", options)


def bernoulli(input: NDArray) -> Tensor:
    """Draw 1 with the probabilities given, else 0."""
    return (rand_like(input) < input.detach()).astype(input.dtype)  # type: ignore[return-value]


def normal(mean: Any, std: Any = 1.0, size: Any = None, **options: Any) -> Tensor:
    """Draw from normal distributions; mean and std are tensors, or numbers with a size."""
    if size is not None:
        return randn(size, **options) * std + mean
    like = mean if isinstance(mean, NDArray) else std
    return randn_like(like) * std + mean


def is_tensor(obj: Any) -> bool:
    """Tell whether an object is a Tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Tell whether the elements are floats."""
    return input.is_floating_point()


def manual_seed(seed: int) -> None:
    """Restart random streams; see ``mx.random.seed``."""
    mx_seed(seed)


def eye(n: int, m: int | None = None, **options: Any) -> Tensor:
    """Return a matrix with ones on its diagonal."""
    return _from_host(np.eye(n, m), "float32", options)
