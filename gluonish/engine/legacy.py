"""Whether a program written for Apache MXNet is running.

A few answers of gluonish are better than MXNet's, and a correct old program may depend on the old ones:

- ``autograd.grad`` returns a list, also for a single variable;
- arrays of ``cpu(0)`` and ``cpu(1)`` may meet in one operator; the result is on the first one's context;
- a gradient computed from memory that was written since is a warning instead of an error;
- so is a norm that is not finite, in ``clip_global_norm``: the arrays are left as they are.

``gluonish.compat`` switches them on, for the whole process, with one flag.
"""

from __future__ import annotations

from gluonish.context import Context

__all__ = ["LEGACY", "may_meet"]


class _Legacy:
    """The flag.

    Attributes:
        active: whether the old answers are given.
    """

    active: bool = False


LEGACY = _Legacy()


def may_meet(one: Context, other: Context) -> bool:
    """Tell whether arrays of two contexts may meet in an operator: host memory may in an MXNet program."""
    if one.place is other.place:
        return True
    return LEGACY.active and one.place.device_type == other.place.device_type == "cpu"
