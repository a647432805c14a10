"""Kernel lookup: which function runs an operator on a kind of device.

Every operator has its generic kernel, written against ``xp``. Providers add faster ones for one kind of
device, each with a predicate on the arrays and parameters. Per device, the kernels of an operator stand in
one line: by priority, the generic one last. The first that takes the arrays runs.

An operator without providers has no lines (``op.kernels is None``), and is run without any lookup. The public
face of this module is ``gluonish.kernels``.
"""

from __future__ import annotations

import math
import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import attrs

from gluonish.engine.operator import Operator, find_operator, operators
from gluonish.errors import ArgumentError, DuplicateNameError, NoKernelError, UnknownNameError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = [
    "GENERIC",
    "Candidate",
    "ForceScope",
    "Kernel",
    "candidates",
    "find_kernel",
    "force",
    "force_from_environment",
    "providers",
    "register",
    "unregister",
]

GENERIC = "generic"
"""The provider of the kernels written against ``xp``."""

EVERY_OPERATOR = "*"
ENVIRONMENT_VARIABLE = "GLUONISH_KERNELS"
DEVICES = ("cpu", "gpu")

Arrays: TypeAlias = "tuple[Any, ...]"
Predicate: TypeAlias = Callable[[Arrays, Mapping[str, Any]], "bool | str"]
_Function = TypeVar("_Function", bound=Callable[..., Any])

_REGISTERED: Counter[str] = Counter()
"""How many kernels each provider has registered."""


@attrs.frozen(eq=False)
class Kernel:
    """One kernel in an operator's line.

    Attributes:
        provider: who offers it.
        function: called like the generic kernel: ``function(xp, *arrays, **params)``.
        when: the predicate; None accepts everything.
        priority: higher is asked first.
    """

    provider: str
    function: Callable[..., Any]
    when: Predicate | None = None
    priority: float = -math.inf

    def refusal(self, arrays: Arrays, params: Mapping[str, Any]) -> str | None:
        """Return why the kernel does not take these arrays, or None if it does."""
        answer = True if self.when is None else self.when(arrays, params)
        if isinstance(answer, str):
            return answer
        return None if answer else "its predicate refuses these arrays"


@attrs.frozen
class Candidate:
    """A kernel in the order of lookup, and why it would not run (None: it would)."""

    provider: str
    refusal: str | None


# -- registering ----------------------------------------------------------------------------------------


def register(
    op: str,
    *,
    provider: str,
    device: str = "cpu",
    when: Predicate | None = None,
    priority: float = 0,
) -> Callable[[_Function], _Function]:
    """Register the decorated function as a kernel of an operator.

    It is called as the operator's generic kernel is: with the array module, the raw arrays by position
    (None for an optional one that is absent) and all parameters by keyword. It returns memory of its own,
    never an argument or a view of one, and a tuple where the operator has several outputs.

    Args:
        op: a name or alias of the operator.
        provider: who offers the kernel: the name to force or unregister it by.
        device: where it runs, ``"cpu"`` or ``"gpu"``.
        when: ``when(arrays, params)`` returns whether the kernel takes these raw arrays; or, as a string,
            the reason why it does not. Without it the kernel takes everything.
        priority: kernels of higher priority are asked first; of equal ones, the one registered first.

    Raises:
        UnknownNameError: there is no such operator.
        DuplicateNameError: the provider has a kernel for this operator and device already.
        ArgumentError: another device, or a priority that would come after the generic kernel.

    Example:
        >>> import gluonish as mx
        >>> @mx.kernels.register("softsign", provider="mine")
        ... def softsign(xp, data):
        ...     return data / (1 + xp.abs(data))
        >>> mx.nd.softsign(mx.nd.array([1, -3])).asnumpy()
        array([ 0.5 , -0.75], dtype=float32)
        >>> mx.kernels.unregister("softsign", "mine")
    """
    target = find_operator(op)
    if device not in DEVICES:
        raise ArgumentError(
            f"A kernel for {op!r}", "needs a device", expected="'cpu' or 'gpu'", received=repr(device)
        )
    if not priority > -math.inf:
        raise ArgumentError(
            f"A kernel for {op!r}", "needs a priority", expected="a number", received=repr(priority)
        )

    def add(function: _Function) -> _Function:
        lines = _lines(target)
        if any(kernel.provider == provider for kernel in lines[device]):
            raise DuplicateNameError(
                f"Operator {target.name!r}",
                f"has a kernel from provider {provider!r} for {device} already",
                fix="Unregister it first, or choose another name for yours.",
            )
        line = (*lines[device], Kernel(provider, function, when, priority))
        lines[device] = tuple(sorted(line, key=lambda kernel: -kernel.priority))
        target.kernels = lines
        _REGISTERED[provider] += 1
        return function

    return add


def unregister(op: str, provider: str) -> None:
    """Remove the kernels that a provider has for an operator, on all devices.

    Raises:
        UnknownNameError: it has none, or there is no such operator.
    """
    target = find_operator(op)
    before = _lines(target)
    after = {
        device: tuple(kernel for kernel in line if kernel.provider != provider)
        for device, line in before.items()
    }
    removed = sum(map(len, before.values())) - sum(map(len, after.values()))
    if not removed or provider == GENERIC:
        raise UnknownNameError(
            f"Provider {provider!r}", f"has no kernel for operator {target.name!r} that could be removed"
        )
    target.kernels = after
    _REGISTERED[provider] -= removed


def providers(op: str) -> dict[str, list[str]]:
    """Return who has kernels for an operator, by device, in the order in which they are asked.

    Raises:
        UnknownNameError: there is no such operator.

    Example:
        >>> providers("softsign")
        {'cpu': ['generic'], 'gpu': ['generic']}
    """
    lines = _lines(find_operator(op))
    return {device: [kernel.provider for kernel in line] for device, line in lines.items()}


def _lines(op: Operator) -> dict[str, tuple[Kernel, ...]]:
    """Return the lines of an operator, as a new dictionary."""
    if op.kernels is not None:
        return dict(op.kernels)
    return dict.fromkeys(DEVICES, (Kernel(GENERIC, op.kernel),))


# -- forcing ------------------------------------------------------------------------------------------


_FROM_ENVIRONMENT: dict[str, str] = {}
"""Where every thread starts: forced providers by operator name or ``"*"``."""


class _Forced(threading.local):
    """The forced providers of this thread, and those of the scopes around the present one."""

    def __init__(self) -> None:
        self.providers = _FROM_ENVIRONMENT
        self.outer: list[dict[str, str]] = []


_FORCED = _Forced()


class ForceScope:
    """The scope that ``force`` returns. It may be entered again inside itself, and by several threads."""

    __slots__ = ("_op_name", "_provider")

    def __init__(self, provider: str, op: str = EVERY_OPERATOR) -> None:
        self._provider = provider
        self._op_name = op if op == EVERY_OPERATOR else find_operator(op).name

    def __enter__(self) -> None:
        self._check()
        _FORCED.outer.append(_FORCED.providers)
        _FORCED.providers = {**_FORCED.providers, self._op_name: self._provider}

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _FORCED.providers = _FORCED.outer.pop()

    def _check(self) -> None:
        if self._op_name == EVERY_OPERATOR:
            offered = {GENERIC, *(+_REGISTERED)}
            problem = "cannot be forced: it has registered no kernel"
        else:
            offered = {name for names in providers(self._op_name).values() for name in names}
            problem = f"cannot be forced: it has no kernel for operator {self._op_name!r}"
        if self._provider not in offered:
            raise UnknownNameError(
                f"Provider {self._provider!r}", problem, expected="one of " + ", ".join(sorted(offered))
            )


def force(provider: str, op: str = EVERY_OPERATOR) -> ForceScope:
    """Return a scope in which this thread uses the kernels of one provider only.

    Args:
        provider: whose kernels; ``"generic"`` for those written against ``xp``.
        op: the operator it is forced for. By default it is forced wherever it has a kernel, and the other
            operators run as always; what is forced for one operator goes before that.

    Raises:
        UnknownNameError: when entered: the provider has no kernel there. There is no such operator.
        NoKernelError: inside, by an operator whose forced kernel does not take its arrays.

    Example:
        >>> import gluonish as mx
        >>> with mx.kernels.force("generic"):
        ...     y = mx.nd.exp(mx.nd.zeros(2))
    """
    return ForceScope(provider, op)


def force_from_environment() -> None:
    """Force for all threads what the environment says. Called once, when the operators are declared.

    Whether the providers have kernels is not known yet. The operators concerned are looked up from now on,
    and the lookup tells.

    Raises:
        ArgumentError: the variable cannot be read, or names an operator that does not exist.
    """
    table = operators()
    text = os.environ.get(ENVIRONMENT_VARIABLE, "")
    for entry in filter(None, map(str.strip, text.split(","))):
        name, separator, provider = entry.rpartition("=")
        name = name.strip() if separator else EVERY_OPERATOR
        if not provider or name not in (EVERY_OPERATOR, *table):
            mistake = f"there is no operator {name!r}" if provider else "a provider is missing"
            raise ArgumentError(
                f"The environment variable {ENVIRONMENT_VARIABLE}",
                f"cannot be followed: {mistake}",
                expected="entries like generic or Convolution=generic, with commas between them",
                received=repr(text),
            )
        concerned = set(table.values()) if name == EVERY_OPERATOR else {table[name]}
        for op in concerned:
            op.kernels = _lines(op)
        _FROM_ENVIRONMENT[name if name == EVERY_OPERATOR else table[name].name] = provider.strip()


def _forced_provider(op: Operator, line: tuple[Kernel, ...]) -> str | None:
    """Return the provider that must run the operator, if there is one."""
    specific = _FORCED.providers.get(op.name)
    if specific is not None:
        return specific
    general = _FORCED.providers.get(EVERY_OPERATOR)
    if general is None or any(kernel.provider == general for kernel in line):
        return general
    # Where it has no kernel it does not count. One that has none anywhere is a mistake.
    return None if _REGISTERED[general] else general


# -- lookup -------------------------------------------------------------------------------------------


def find_kernel(op: Operator, device: str, arrays: Arrays, params: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the function that runs ``op``, which has lines of kernels, on these raw arrays.

    Raises:
        NoKernelError: a provider is forced that has no kernel for them.
    """
    assert op.kernels is not None
    line = op.kernels[device]
    forced = _forced_provider(op, line) if _FORCED.providers else None
    for kernel in line:
        if (forced is None or kernel.provider == forced) and kernel.refusal(arrays, params) is None:
            return kernel.function
    reasons = [str(kernel.refusal(arrays, params)) for kernel in line if kernel.provider == forced]
    raise NoKernelError(
        f"Operator {op.name!r}",
        f"cannot run on {device} with a kernel from provider {forced!r}, which is forced: "
        + (reasons or ["it has registered none"])[0],
        expected="one of " + ", ".join(kernel.provider for kernel in line),
    )


def candidates(op: Operator, device: str, arrays: Arrays, params: Mapping[str, Any]) -> list[Candidate]:
    """Return the kernels in the order of lookup, each with the reason why it would not run."""
    line = _lines(op)[device]
    forced = _forced_provider(op, line)
    found: list[Candidate] = []
    chosen: str | None = None
    for kernel in line:
        if forced not in (None, kernel.provider):
            refusal: str | None = f"provider {forced!r} is forced"
        else:
            refusal = kernel.refusal(arrays, params)
        if refusal is None and chosen is None:
            chosen = kernel.provider
        elif refusal is None:
            refusal = f"{chosen!r} is asked first"
        found.append(Candidate(kernel.provider, refusal))
    return found
