"""Changing where parameters live, their element type, and whether they have gradients."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import numpy as np

from gluonish.context import Context, cpu
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import transfer_raw
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.flat import FlatGroup
from gluonish.parameter.lifecycle.grouping import commit, compact, inherit_slots, leave, prepare_slots
from gluonish.parameter.states import Deferred, Ready, Uninitialized

__all__ = [
    "cast",
    "freeze",
    "merged_value",
    "one_cast",
    "reset_ctx",
    "restore_grad_req",
    "set_grad_req",
    "thaw",
]

_Home = tuple[tuple[Context, ...], np.dtype[Any]]
"""The contexts and the dtype of a parameter."""


class _Gathering(threading.local):
    """The casts that wait for the end of ``one_cast``; None outside."""

    requests: dict[ParameterCore, np.dtype[Any]] | None = None


_GATHERING = _Gathering()


@contextmanager
def one_cast() -> Iterator[None]:
    """Make all casts of this thread one: they happen together at the end, and not at all after an error.

    Layers choose the types of their parameters in methods that programs override; none sees the others.
    """
    if _GATHERING.requests is not None:
        yield
        return
    _GATHERING.requests = {}
    try:
        yield
        requests = _GATHERING.requests
    finally:
        _GATHERING.requests = None
    _cast_each(requests)


def cast(cores: Sequence[ParameterCore], dtype: np.dtype[Any]) -> None:
    """Change the element type. Values and slots are converted, gradients start at zero, arrays are new."""
    requests = dict.fromkeys(cores, dtype)
    if _GATHERING.requests is None:
        _cast_each(requests)
    else:
        _GATHERING.requests.update(requests)


def _cast_each(requests: Mapping[ParameterCore, np.dtype[Any]]) -> None:
    affected = {core: dtype for core, dtype in requests.items() if core.dtype != dtype}

    def convert(state: Ready, place: Context) -> Any:
        return state.data[place]._raw

    homes = {core: (core.ready().contexts, dtype) for core, dtype in affected.items() if core.is_ready}
    groups = _relocate(homes, convert)
    for core, dtype in affected.items():
        core.dtype = dtype
    commit(groups)


def reset_ctx(cores: Sequence[ParameterCore], contexts: tuple[Context, ...]) -> None:
    """Move parameters to other contexts.

    Replicas that are equal bit for bit are copied, others averaged. Slots go along; gradients start at zero.

    Raises:
        NotInitializedError: a parameter was never initialised. Nothing is moved then.
        DeviceUnavailableError: a context cannot hold arrays here. Nothing is moved then.
    """
    for core in cores:
        if isinstance(core.state, Uninitialized):
            raise core.not_initialized()

    def value(state: Ready, place: Context) -> Any:
        raw, origin = merged_value(state)
        return raw if origin is place else transfer_raw(raw, origin, place)

    groups = _relocate({core: (contexts, core.dtype) for core in cores if core.is_ready}, value)
    for core in cores:
        if isinstance(core.state, Deferred):
            core.state = attrs.evolve(core.state, contexts=contexts)
    commit(groups)


def _relocate(
    homes: Mapping[ParameterCore, _Home], value: Callable[[Ready, Context], Any]
) -> list[FlatGroup]:
    """Build filled groups for parameters that change dtype or contexts; the caller commits them."""
    buckets: dict[tuple[FlatGroup, _Home], list[ParameterCore]] = {}
    for core, home in homes.items():
        buckets.setdefault((core.ready().group, home), []).append(core)
    groups = []
    for (old, (contexts, dtype)), members in buckets.items():
        states = [core.ready() for core in members]
        group = FlatGroup(members, contexts, dtype, has_grad=old.has_grad)
        prepare_slots(group, states)
        for index, (core, state) in enumerate(zip(members, states, strict=True)):
            values = {place: value(state, place) for place in group.data}
            for place, raw in values.items():
                with backend_of(place).scope(place), np.errstate(all="ignore"):
                    group.piece(group.data[place].flat, index, core.known_shape())[...] = raw
            inherit_slots(group, index, core, state, values)
        groups.append(group)
    return groups


def merged_value(state: Ready) -> tuple[Any, Context]:
    """Return one value for all replicas, and where it is: any of them if they are equal, else their mean."""
    arrays = [state.data[ctx.place] for ctx in state.contexts]
    first = arrays[0]
    hosts = [np.asarray(array) for array in arrays]
    if all(_same_bits(hosts[0], host) for host in hosts[1:]):
        return first._raw, first.context.place
    wide = np.float64 if hosts[0].dtype == np.float64 else np.float32
    total = np.zeros(hosts[0].shape, wide)
    for host in hosts:
        total += host.astype(wide)
    return (total / len(hosts)).astype(hosts[0].dtype), cpu(0)


def _same_bits(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    return a.tobytes() == b.tobytes()


# -- gradients ------------------------------------------------------------------------------------------


def set_grad_req(cores: Sequence[ParameterCore], value: str) -> None:
    """Change how gradients of some parameters are kept, as one change. Those that change start at zero.

    Raises:
        ArgumentError: an unknown mode. Nothing is changed then.
    """
    _change_grad_req({core: core.checked_grad_req(value) for core in cores})
    for core in cores:
        core.thaws_to = None


def restore_grad_req(requests: Mapping[ParameterCore, tuple[str, str | None]]) -> None:
    """Give parameters back how their gradients were kept, as one change.

    Args:
        requests: by parameter, its ``grad_req`` and what it thaws to if it is frozen.

    Raises:
        ArgumentError: an unknown mode. Nothing is changed then.
    """
    _change_grad_req({core: core.checked_grad_req(value) for core, (value, _) in requests.items()})
    for core, (_, thaws_to) in requests.items():
        core.thaws_to = thaws_to


def freeze(cores: Sequence[ParameterCore]) -> None:
    """Take the gradients of some parameters away until they are thawed."""
    frozen = {core: core.grad_req for core in cores if core.wants_grad}
    _change_grad_req(dict.fromkeys(frozen, "null"))
    for core, before in frozen.items():
        core.thaws_to = before


def thaw(cores: Sequence[ParameterCore]) -> None:
    """Give parameters without gradients the mode they had before they were frozen, or else ``"write"``."""
    thawed = [core for core in cores if core.differentiable and not core.wants_grad]
    _change_grad_req({core: core.thaws_to or "write" for core in thawed})
    for core in thawed:
        core.thaws_to = None


def _change_grad_req(requests: Mapping[ParameterCore, str]) -> None:
    changing = {core: request for core, request in requests.items() if core.grad_req != request}
    switched: dict[tuple[int, bool, str], list[ParameterCore]] = {}
    kept: list[ParameterCore] = []
    for core, request in changing.items():
        if core.is_ready and "null" in (core.grad_req, request):
            key = (id(core.ready().group), request != "null", core.grad_stype)
            switched.setdefault(key, []).append(core)
        elif core.is_ready:
            kept.append(core)
    groups = [
        _with_or_without_gradients(members, wanted=wanted and stype == "default")
        for (_, wanted, stype), members in switched.items()
    ]
    for core, request in changing.items():
        core.grad_req = request
    for core in kept:
        for array in core.replicas():
            array._node.grad_req = core.grad_req
        for gradient in core.gradients():  # what one mode has gathered means nothing in the other
            with backend_of(gradient.context).scope(gradient.context):
                gradient._raw[...] = 0
            gradient._storage.touch()
            gradient._storage.fresh = False
    for group in groups:
        _switch_gradients(group)


def _with_or_without_gradients(cores: Sequence[ParameterCore], *, wanted: bool) -> FlatGroup:
    """Allocate a group for parameters of one group whose gradients begin or end.

    Args:
        cores: the parameters.
        wanted: whether they will have gradients in flat memory.
    """
    states = [core.ready() for core in cores]
    group = FlatGroup(cores, states[0].contexts, states[0].group.dtype, has_grad=wanted)
    prepare_slots(group, states)
    return group


def _switch_gradients(group: FlatGroup) -> None:
    """Make a new group the home of its members, whose gradients begin or end with that."""
    left = []
    for index, core in enumerate(group.cores):
        assert core is not None
        state = core.ready()
        group.take_over(index, state.data, group.data)
        inherit_slots(group, index, core, state, {p: array._raw for p, array in state.data.items()})
        left.append(leave(core))
        if core.wants_grad:
            grad = group.attach_gradients(index, state.data, core)
            core.state = attrs.evolve(state, grad=grad, group=group, index=index)
        else:
            # New objects over the same memory: graphs recorded with the old ones keep their variables.
            data = {place: array.detach() for place, array in state.data.items()}
            core.state = Ready(state.contexts, data, None, group, index)
    compact(left)
