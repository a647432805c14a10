"""Why parameters are still pending, and what would settle each of them."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs

from gluonish.errors import DeferredInitializationError
from gluonish.shape import format_shape

if TYPE_CHECKING:
    from gluonish.parameter.core import ParameterCore

__all__ = ["Explanation", "Owner", "Pending", "explain", "pending_error"]


class Owner:
    """The layer that a parameter belongs to, as far as messages need to know it.

    Args:
        layer: the block; it is held weakly.
        argument: the constructor argument of the layer that would settle the shape: ``"in_units"``.

    Attributes:
        called: whether the layer was ever called.
    """

    __slots__ = ("_layer", "argument", "called")

    def __init__(self, layer: Any, argument: str | None = None) -> None:
        self._layer = weakref.ref(layer)
        self.argument = argument
        self.called = False

    def __deepcopy__(self, memo: dict[int, Any]) -> Owner | None:
        # A copied layer registers its copied parameters anew.
        return None

    def __reduce__(self) -> tuple[Any, ...]:
        return type(None), ()

    @property
    def name(self) -> str | None:
        """How messages call the layer: class and name; None once it is gone."""
        layer = self._layer()
        return None if layer is None else f"{type(layer).__name__} {layer.name!r}"

    @property
    def prefix(self) -> str:
        """What names of the layer's own parameters begin with; empty once it is gone."""
        return getattr(self._layer(), "prefix", "")

    @property
    def class_name(self) -> str:
        """The class of the layer."""
        return type(self._layer()).__name__


@attrs.frozen
class Pending:
    """One pending parameter.

    Attributes:
        name: its name.
        shape: what is known of its shape, ``(64, ?)``.
        layer: the layer that owns it, None for a free parameter.
        called: whether that layer was ever called.
        fix: what would settle it.
    """

    name: str
    shape: str
    layer: str | None
    called: bool
    fix: str

    def __str__(self) -> str:
        if self.layer is None:
            where = "belongs to no layer"
        else:
            where = f"of {self.layer}, which was {'called' if self.called else 'never called'}"
        return f"{self.name} {self.shape}, {where}: {self.fix}"


@attrs.frozen
class Explanation:
    """Every pending parameter with its cause. It is false where there is none, and prints as a list.

    Attributes:
        pending: the parameters, in the order they were registered.
    """

    pending: tuple[Pending, ...]

    def __bool__(self) -> bool:
        return bool(self.pending)

    def __len__(self) -> int:
        return len(self.pending)

    def __str__(self) -> str:
        if not self.pending:
            return "No parameter is pending."
        count = len(self.pending)
        head = f"{count} parameter{'s' if count > 1 else ''} pending:"
        return "\n".join([head, *(f"  {each}" for each in self.pending)])


def _explain_one(core: ParameterCore) -> Pending:
    owner = core.owner
    layer = None if owner is None else owner.name
    shape = format_shape(core.shape)
    if owner is None or layer is None:
        fix = "set its shape and initialize it again."
        return Pending(core.name, shape, None, called=False, fix=fix)
    if owner.argument is not None:
        direct = f"pass {owner.argument}= to {owner.class_name} so that the shape is known now."
    else:
        direct = "give it its full shape."
    if owner.called:
        fix = f"the forward pass did not settle it; {direct}"
    else:
        fix = f"run one batch through the layer, or {direct}"
    return Pending(core.name, shape, layer, owner.called, fix)


def explain(cores: Iterable[ParameterCore]) -> Explanation:
    """Return which of these parameters are pending, and why."""
    return Explanation(tuple(_explain_one(core) for core in cores if core.is_deferred))


def pending_error(cores: Iterable[ParameterCore], needed_by: str) -> DeferredInitializationError:
    """Return the error that names every pending parameter among these.

    Args:
        cores: the parameters.
        needed_by: the rest of a sentence that says what needs them: ``"is needed by Trainer.step()"``.
    """
    pending = explain(cores).pending
    listed = "\n  ".join(map(str, pending))
    if len(pending) == 1:
        return DeferredInitializationError(
            f"Parameter {pending[0].name!r}",
            f"{needed_by}, but has no value yet: its initialization waits for its shape",
            fix=listed,
        )
    verb, rest = needed_by.split(" ", 1)
    needed_by = f"{_PLURALS.get(verb, verb)} {rest}"
    return DeferredInitializationError(
        f"{len(pending)} parameters",
        f"{needed_by}, but have no values yet: their initialization waits for their shapes",
        fix=listed,
    )


_PLURALS = {"is": "are", "was": "were"}
