"""Functions as declarations: what the signatures of kernels and of rules say."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import attrs

__all__ = ["GRADIENT_EXTRAS", "KERNEL_EXTRAS", "Rule", "Signature"]

KERNEL_EXTRAS = ("rng", "training", "context", "notes")
"""What a kernel can ask for besides arrays and parameters.

``rng`` is the random generator of the context, ``training`` whether in training mode, ``context`` where it
runs. ``notes`` is a dictionary, empty in every call, in which a kernel leaves what its gradient rule needs
and is no array.
"""


GRADIENT_EXTRAS = ("shapes", "dtypes", "needed", "hidden", "params")
"""What a gradient rule can ask for besides arrays and parameters.

``shapes`` and ``dtypes`` are tuples over the inputs; ``needed`` tells, per input, whether its gradient is
wanted. ``hidden`` is a tuple of the gradients of the outputs that callers do not see. They are None in an
ordinary pass; a rule that computes with a hidden output gives it one when it is itself differentiated.
``params`` is the dictionary of all parameters, for rules that pass most of them on; shape and dtype rules can
ask for it too.
"""


@attrs.frozen
class Signature:
    """What the signature of a kernel declares.

    Attributes:
        input_names: the inputs, in order; none of a variadic operator's.
        required: how many of them, from the first, every call has.
        variadic: the name of the argument that takes any number of inputs, or None.
        extras: which of ``KERNEL_EXTRAS`` the kernel asks for.
        param_names: the typed parameters.
    """

    input_names: tuple[str, ...]
    required: int
    variadic: str | None
    extras: tuple[str, ...]
    param_names: tuple[str, ...]

    @classmethod
    def of(cls, kernel: Callable[..., Any]) -> Signature:
        """Read a kernel's signature; from the code object, which is faster than ``inspect``."""
        if hasattr(kernel, "__signature__"):  # a kernel that was made, with a signature written for it
            arguments = inspect.signature(kernel).parameters.values()
            positional = [a for a in arguments if a.kind is a.POSITIONAL_OR_KEYWORD][1:]
            variadic = next((a.name for a in arguments if a.kind is a.VAR_POSITIONAL), None)
            input_names = tuple(a.name for a in positional)
            required = sum(a.default is a.empty for a in positional)
            keywords = tuple(a.name for a in arguments if a.kind is a.KEYWORD_ONLY)
        else:
            code = kernel.__code__
            count, end = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
            variadic = code.co_varnames[end] if code.co_flags & inspect.CO_VARARGS else None
            input_names = code.co_varnames[1:count]
            required = count - 1 - len(kernel.__defaults__ or ())
            keywords = code.co_varnames[count:end]
        extras = tuple(name for name in KERNEL_EXTRAS if name in keywords)
        params = tuple(name for name in keywords if name not in (*KERNEL_EXTRAS, "out"))
        return cls(input_names, required, variadic, extras, params)


@attrs.frozen(eq=False)
class Rule:
    """A function with the names it asked for (its arguments after the first ``skip`` ones)."""

    function: Callable[..., Any]
    wants: tuple[str, ...]

    @classmethod
    def of(cls, function: Callable[..., Any], skip: int) -> Rule:
        """Read what a rule asks for."""
        return cls(function, _argument_names(function)[skip:])

    def of_params(self, params: Mapping[str, Any]) -> Any:
        """Call the function with the parameters it asked for."""
        return self.function(**{name: params[name] for name in self.wants})


def _argument_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a function's arguments; ``inspect`` would make importing the package slower."""
    if hasattr(function, "__signature__"):
        return tuple(inspect.signature(function).parameters)
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
