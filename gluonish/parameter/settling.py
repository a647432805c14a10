"""Placeholders: what stands for a pending parameter during the one run that settles its shape.

A block whose parameters are pending, and that neither states their shapes nor can be traced, is run once with
placeholders in their places. The first operator that meets one completes its shape by the operator's two-way
shape rule; the parameter then gets its value, and the run goes on with it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.parameter.explain import pending_error
from gluonish.shape import PartialShape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gluonish.parameter.core import ParameterCore

__all__ = ["Placeholder", "is_settling", "settling_scope"]


class Placeholder(NDArray):
    """An array without memory, for a parameter that waits for its shape.

    Any operator takes it as an input and settles it; asking it for its content or shape is an error.
    """

    __slots__ = ("core",)

    def __init__(self, core: ParameterCore, ctx: Context) -> None:
        super().__init__(None, ctx)
        self.core = core

    @property
    def partial_shape(self) -> PartialShape:
        """What is known of the parameter's shape."""
        return self.core.shape

    def _refuse(self) -> NoReturn:
        raise pending_error([self.core], "is needed here as an array")

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape is not known yet."""
        self._refuse()

    @property
    def ndim(self) -> int:
        """The number of axes; the shape is not known yet."""
        self._refuse()

    @property
    def size(self) -> int:
        """The number of elements is not known yet."""
        self._refuse()

    @property
    def dtype(self) -> Any:
        """The parameter's element type."""
        return self.core.dtype.type

    def asnumpy(self) -> Any:
        """There is no content yet."""
        self._refuse()

    def __repr__(self) -> str:
        return f"<placeholder of {self.core!r}>"


class _Settling(threading.local):
    """The parameters that the current run of this thread is to settle."""

    def __init__(self) -> None:
        self.cores: frozenset[ParameterCore] = frozenset()


_SETTLING = _Settling()


@contextmanager
def settling_scope(cores: Iterable[ParameterCore]) -> Iterator[None]:
    """Inside the scope, these pending parameters appear as placeholders."""
    before = _SETTLING.cores
    _SETTLING.cores = before | frozenset(cores)
    try:
        yield
    finally:
        _SETTLING.cores = before


def is_settling(core: ParameterCore) -> bool:
    """Tell whether this thread is in a run that settles a parameter, so that a placeholder stands for it."""
    return core in _SETTLING.cores
