"""Whether tensors' operators are recorded, under torch's names."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from gluonish.engine.mode import MODE, ModeScope

__all__ = ["enable_grad", "inference_mode", "is_grad_enabled", "no_grad", "set_grad_enabled"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _GradMode:
    """A scope, and a decorator, in which operators on tensors are recorded or not."""

    enabled: bool

    def __init__(self) -> None:
        self._scopes: list[ModeScope] = []

    def __enter__(self) -> None:
        scope = ModeScope(paused=not self.enabled)
        self._scopes.append(scope)
        scope.__enter__()

    def __exit__(self, *failure: Any) -> None:  # noqa: PYI036  they are passed on
        self._scopes.pop().__exit__(*failure)

    def __call__(self, function: _Function) -> _Function:
        @functools.wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with type(self)():
                return function(*args, **kwargs)

        return inside  # type: ignore[return-value]


class no_grad(_GradMode):  # noqa: N801  torch's name
    """Let nothing be recorded inside a ``with`` block or a decorated function, as in ``autograd.pause()``.

    Example:
        >>> from gluonish import Tensor, no_grad
        >>> x = Tensor([1.0], requires_grad=True)
        >>> with no_grad():
        ...     y = x * 2
        >>> y.requires_grad
        False
    """

    enabled = False


class enable_grad(_GradMode):  # noqa: N801  torch's name
    """Let operators on tensors be recorded again, inside ``no_grad()``."""

    enabled = True


inference_mode = no_grad


def is_grad_enabled() -> bool:
    """Tell whether operators on tensors that require a gradient are recorded."""
    return not MODE.paused


class set_grad_enabled(_GradMode):  # noqa: N801  torch's name
    """Switch recording of tensors' operators on or off; as a ``with`` block, until its end.

    Args:
        mode: whether to record.
    """

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.enabled = mode
        self._before = MODE.recording, MODE.paused
        MODE.paused = not mode
        MODE.recording = MODE.recording and mode

    def __enter__(self) -> None:
        """Stay as it was set when the object was made."""

    def __exit__(self, *_: object) -> None:
        MODE.recording, MODE.paused = self._before
