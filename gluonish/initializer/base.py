"""The protocol of initializers, and their registry."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from gluonish.context import cpu
from gluonish.engine import rng
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError
from gluonish.registry import Registry
from gluonish.shape import format_shape

__all__ = [
    "INITIALIZERS",
    "Filler",
    "InitDesc",
    "Initializer",
    "alias",
    "bilinear_kernel",
    "create",
    "fill_as_weight",
    "no_such_choice",
    "register",
]

Filler = Callable[[Any, NDArray], None]
"""What fills an array, given its name: an initializer, or any function."""


class InitDesc(str):
    """The name of an array to be initialised, with what else is known about it.

    Attributes:
        attrs: attributes of the variable; ``attrs["__init__"]`` names its own initializer.
        global_init: the initializer to fall back on.
    """

    __slots__ = ("attrs", "global_init")

    attrs: dict[str, str]
    global_init: Initializer | None

    def __new__(
        cls, name: str, attrs: dict[str, str] | None = None, global_init: Initializer | None = None
    ) -> InitDesc:
        """Return a string with attributes."""
        self = super().__new__(cls, name)
        self.attrs = attrs or {}
        self.global_init = global_init
        return self


# -- registry -----------------------------------------------------------------------------------------

INITIALIZERS = Registry("initializer")

_Class = TypeVar("_Class", bound="type[Initializer]")


def register(klass: _Class) -> _Class:
    """Register an initializer class under its lower-cased name, so that it can be named by a string.

    Registering the name again replaces what was there, with a warning.

    Raises:
        ArgumentTypeError: it is no subclass of Initializer.
    """
    return INITIALIZERS.register(klass)


def alias(*names: str) -> Callable[[_Class], _Class]:
    """Return a decorator that registers an initializer class under further names."""
    return INITIALIZERS.alias(*names)


def create(init: Any, *args: Any, **kwargs: Any) -> Any:
    """Return the initializer that ``init`` names.

    Args:
        init: an initializer or another callable ``(name, array)`` (returned as it is), a registered name, the
            string of ``dumps()``, a dictionary ``{"initializer": name, ...}`` or its JSON.
        args: positional arguments for a name.
        kwargs: arguments for a name.

    Raises:
        UnknownNameError: no initializer of that name is registered.
        ArgumentTypeError: nothing of these kinds, or damaged JSON.
        ArgumentError: arguments for what has its own.
        SignatureError: an argument that the class does not take.

    Example:
        >>> create("xavier", magnitude=2).dumps()
        '["xavier", {"rnd_type": "uniform", "factor_type": "avg", "magnitude": 2}]'
        >>> create('["normal", {"sigma": 0.5}]').sigma
        0.5
    """
    if callable(init) and not isinstance(init, type) and not args and not kwargs:
        return init
    return INITIALIZERS.create(init, *args, **kwargs)


def fill_as_weight(init: Filler, name: str, arr: NDArray) -> None:
    """Fill ``arr`` by an initializer or another callable, as a weight whatever its name."""
    getattr(init, "fill", init)(name, arr)


# -- the base -----------------------------------------------------------------------------------------


@INITIALIZERS.base_class
class Initializer:
    """Base of initializers.

    Subclass it with ``_init_weight(self, name, arr)``, which fills ``arr`` in place; inside, ``mx.random``
    draws from the stream of the parameter.

    Args:
        kwargs: the constructor's arguments, which ``dumps()`` writes.

    Example:
        >>> import gluonish as mx
        >>> class Ramp(mx.init.Initializer):
        ...     def _init_weight(self, name, arr):
        ...         arr[:] = mx.nd.arange(arr.size).reshape(arr.shape)
        >>> w = mx.gluon.Parameter("w", shape=(3,), init=Ramp())
        >>> w.initialize()
        >>> w.data().asnumpy()
        array([0., 1., 2.], dtype=float32)
    """

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs
        self._verbose = False
        self._print_func: Callable[[NDArray], str] | None = None

    def set_verbosity(
        self, verbose: bool = False, print_func: Callable[[NDArray], str] | None = None
    ) -> Initializer:
        """Print a line for every array that is initialised; ``print_func`` makes its summary."""
        self._verbose = verbose
        self._print_func = print_func
        return self

    def dumps(self) -> str:
        """Return the class and the arguments as JSON, from which ``create`` makes an equal one."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._kwargs == other._kwargs

    def __hash__(self) -> int:
        return hash(type(self))  # equal initializers must not differ; their arguments may be lists

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self._kwargs.items())
        return f"{type(self).__name__}({arguments})"

    def __call__(self, desc: str, arr: NDArray) -> None:
        """Fill ``arr`` as the array called ``desc`` is to be initialised.

        Raises:
            ArgumentError: the name has no known suffix and no initializer of its own.
        """
        if not isinstance(desc, InitDesc):
            self._legacy_init(desc, arr)
            return
        if desc.global_init is None:
            desc.global_init = self
        own = desc.attrs.get("__init__")
        if own:
            create(own).fill(desc, arr)
            return
        for suffix, method in _SUFFIXES.items():
            if desc.endswith(suffix):
                self._run(getattr(self, method), desc, arr)
                return
        self._init_default(desc, arr)

    def fill(self, desc: str, arr: NDArray) -> None:
        """Fill ``arr`` as a weight, whatever its name: what Gluon's parameters ask for."""
        self._run(self._init_weight, desc, arr)

    def _run(self, fill: Callable[[Any, NDArray], None], desc: Any, arr: NDArray) -> None:
        fill(desc, arr)
        if self._verbose:
            summary = (self._print_func or _root_mean_square)(arr)
            print(f"Initialized {desc} as {self!r}: {summary}")  # noqa: T201  it was asked for

    def _legacy_init(self, name: str, arr: NDArray) -> None:
        """Dispatch a plain string, with the prefixes and suffixes of MXNet's first versions."""
        warnings.warn(
            "call initializers with mx.init.InitDesc(name), not with a plain string",
            DeprecationWarning,
            stacklevel=3,
        )
        if not isinstance(name, str):
            raise ArgumentTypeError(
                "An initializer", "needs a name", expected="a string", received=repr(name)
            )
        for matches, method in _LEGACY:
            if matches(name):
                self._run(getattr(self, method), name, arr)
                return
        self._init_default(name, arr)

    # What the suffixes stand for. The arguments are the name and the array to fill.

    def _init_weight(self, name: str, arr: NDArray) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define _init_weight")

    def _init_zero(self, _: str, arr: NDArray) -> None:
        arr.write(0)

    def _init_one(self, _: str, arr: NDArray) -> None:
        arr.write(1)

    _init_bias = _init_zero
    _init_beta = _init_zero
    _init_gamma = _init_one

    def _init_bilinear(self, _: str, arr: NDArray) -> None:
        arr.write(bilinear_kernel(arr.shape))

    def _init_loc_bias(self, _: str, arr: NDArray) -> None:
        arr.write(np.array([1.0, 0, 0, 0, 1.0, 0]))

    def _init_quantized_weight(self, _: str, arr: NDArray) -> None:
        arr.write(rng.stream(cpu(0)).integers(-127, 128, arr.shape))

    _init_quantized_bias = _init_zero

    def _init_default(self, name: str, _: NDArray) -> None:
        raise ArgumentError(
            f"Array {str(name)!r}",
            "has an unknown initialization pattern: its name says nothing about how to initialise it",
            expected="a name that ends in " + ", ".join(_SUFFIXES),
            fix="Give it an initializer of its own, init=mx.init.Zero() for example.",
        )


_SUFFIXES = {
    "weight": "_init_weight",
    "bias": "_init_bias",
    "gamma": "_init_gamma",
    "beta": "_init_beta",
    "min": "_init_zero",
    "max": "_init_one",
    "weight_quantize": "_init_quantized_weight",
    "bias_quantize": "_init_quantized_bias",
}


def _ends(suffix: str) -> Callable[[str], bool]:
    return lambda name: name.endswith(suffix)


_LEGACY: list[tuple[Callable[[str], bool], str]] = [
    (lambda name: name.startswith("upsampling"), "_init_bilinear"),
    (lambda name: name.startswith("stn_loc") and name.endswith("weight"), "_init_zero"),
    (lambda name: name.startswith("stn_loc") and name.endswith("bias"), "_init_loc_bias"),
    (_ends("bias"), "_init_bias"),
    (_ends("gamma"), "_init_gamma"),
    (_ends("beta"), "_init_beta"),
    (_ends("weight"), "_init_weight"),
    (_ends("moving_mean"), "_init_zero"),
    (_ends("moving_var"), "_init_one"),
    (_ends("moving_inv_var"), "_init_zero"),
    (_ends("moving_avg"), "_init_zero"),
    (_ends("min"), "_init_zero"),
    (_ends("max"), "_init_one"),
]


def _root_mean_square(arr: NDArray) -> str:
    values = arr.asnumpy().astype("float64")
    return f"root mean square {math.sqrt(float((values**2).mean())):.6g}"


def bilinear_kernel(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return the bilinear upsampling kernel, (n, c, h, w), equal for all n and c.

    With f = ceil(w / 2) and c = (2f - 1 - f mod 2) / (2f): (1 - |x/f - c|)(1 - |y/f - c|).

    Raises:
        ShapeMismatchError: the shape has other than four axes.
    """
    if len(shape) != 4:  # noqa: PLR2004
        raise ShapeMismatchError(
            "Initializer Bilinear",
            "fills kernels",
            expected="a shape (out, in, height, width)",
            received=format_shape(shape),
        )
    f = math.ceil(shape[3] / 2.0)
    c = (2 * f - 1 - f % 2) / (2.0 * f)
    rows = 1 - np.abs(np.arange(shape[2]) / f - c)
    columns = 1 - np.abs(np.arange(shape[3]) / f - c)
    return np.broadcast_to(np.outer(rows, columns), shape)


def no_such_choice(owner: Initializer, argument: str, expected: str, received: str) -> ArgumentError:
    """Return the error for an argument of an initializer that is none of the choices."""
    return ArgumentError(
        f"Initializer {owner!r}", f"has an incorrect {argument}", expected=expected, received=repr(received)
    )
