"""What changes the state of parameters: initialising, completing, casting, moving, freezing.

Every function takes any number of parameters and changes all of them or none: new memory is allocated and
filled first, then the states are exchanged.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs
import numpy as np

from gluonish import autograd, initializer
from gluonish.context import Context, as_context, cpu
from gluonish.engine import rng
from gluonish.engine.backend import backend_of
from gluonish.engine.invoke import settle_hook
from gluonish.engine.ndarray import NDArray, from_data, transfer_raw
from gluonish.engine.operator import Operator
from gluonish.errors import ArgumentError, ContextError, ParameterMismatchError, ShapeMismatchError
from gluonish.initializer.base import fill_as_weight
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.explain import pending_error
from gluonish.parameter.flat import FlatGroup
from gluonish.parameter.settling import Placeholder
from gluonish.parameter.slots import SlotSet
from gluonish.parameter.states import Deferred, Ready, Uninitialized
from gluonish.shape import PartialShape, format_shape, is_known, merge_shapes

__all__ = [
    "COMPLETING",
    "DEFERRALS",
    "InitRequest",
    "as_contexts",
    "cast",
    "finish",
    "initialize",
    "load",
    "merged_value",
    "repack",
    "require_ready",
    "reset_ctx",
    "restore",
    "set_data",
    "set_grad_req",
    "snapshot",
    "value_of",
]


class _Deferrals:
    """Counts how often a parameter became deferred.

    A block that has seen to its parameters once need not look again until this number changes.
    """

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


DEFERRALS = _Deferrals()

COMPLETING = threading.RLock()
"""Held while deferred parameters are completed, so that of several threads one does it."""


def as_contexts(ctx: Context | str | Iterable[Context] | None) -> tuple[Context, ...]:
    """Return the contexts that an argument names, each once, in order; None is the current one.

    Raises:
        ArgumentError: there is none.
    """
    given = list(ctx) if isinstance(ctx, (list, tuple)) else [ctx]
    contexts = tuple(dict.fromkeys(as_context(each) for each in given))  # type: ignore[arg-type]
    if not contexts:
        raise ArgumentError("The list of contexts", "is empty", expected="at least one context")
    return contexts


# -- initialising -------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class InitRequest:
    """That a parameter be initialised.

    Attributes:
        core: the parameter.
        path: its place below what is being initialised; the key of its random stream.
        init: an initializer that comes before the parameter's own.
        default_init: one that comes after it.
    """

    core: ParameterCore
    path: str
    init: Any = None
    default_init: Any = None

    def initializer(self) -> Any:
        """Return the initializer that counts, resolved."""
        chosen = self.init if self.init is not None else self.core.init
        if chosen is None:
            chosen = self.default_init
        return initializer.create(chosen)


def initialize(
    requests: Sequence[InitRequest], contexts: tuple[Context, ...], *, force_reinit: bool = False
) -> None:
    """Give parameters their first values, on all contexts; those of unknown shape become deferred.

    Raises:
        ArgumentError: a shape is unknown and the parameter does not allow deferral.
        DeviceUnavailableError: a context cannot hold arrays here.
        UnknownNameError: an initializer is not registered.
    """
    for ctx in contexts:
        backend_of(ctx)
    wanted = []
    for request in requests:
        if request.core.is_ready and not force_reinit:
            warnings.warn(
                f"{request.core.label} is already initialized, ignoring. "
                "Set force_reinit=True to initialize it again.",
                UserWarning,
                stacklevel=4,
            )
            continue
        _check_can_start(request.core)
        wanted.append((request, request.initializer()))
    plans = [
        (request.core, Deferred(chosen, contexts, rng.initial_key(request.path), request.core.dtype))
        for request, chosen in wanted
    ]
    try:
        _realize([(core, plan) for core, plan in plans if is_known(core.shape)])
    except BaseException:
        rng.withdraw(request.path for request, _ in wanted)
        raise
    for core, plan in plans:
        if not is_known(core.shape):
            core.state = plan
            DEFERRALS.count += 1


def _check_can_start(core: ParameterCore) -> None:
    if not is_known(core.shape) and not core.allow_deferred_init:
        raise ArgumentError(
            core.label,
            "cannot be initialized: its shape is not known and it does not allow deferred initialization",
            received=f"shape {format_shape(core.shape)}",
            fix="Give its full shape, or allow_deferred_init=True.",
        )


def finish(cores: Sequence[ParameterCore]) -> None:
    """Complete deferred parameters whose shapes are known by now.

    Raises:
        DeferredInitializationError: a shape is still unknown. Nothing is completed then.
    """
    with COMPLETING:
        plans = [(core, core.state) for core in cores if isinstance(core.state, Deferred)]
        unknown = [core for core, _ in plans if not is_known(core.shape)]
        if unknown:
            raise pending_error(unknown, "could not be completed")
        _realize(plans)


def _realize(plans: Sequence[tuple[ParameterCore, Deferred]]) -> None:
    """Allocate, fill and commit parameters of known shapes, grouped by what lies together."""
    built = []
    buckets: dict[Any, list[tuple[ParameterCore, Deferred]]] = {}
    for core, plan in plans:
        buckets.setdefault((core.dtype, plan.contexts, core.wants_grad), []).append((core, plan))
    for (dtype, contexts, has_grad), members in buckets.items():
        group = FlatGroup([core for core, _ in members], contexts, dtype, has_grad=has_grad)
        for index, (core, plan) in enumerate(members):
            _fill(group, index, core, plan)
        built.append(group)
    _commit(built)


def _fill(group: FlatGroup, index: int, core: ParameterCore, plan: Deferred) -> None:
    """Write the initial value of a parameter to its place in the slabs of a new group."""
    shape = core.known_shape()
    first, *others = group.contexts
    pieces = {ctx: group.piece(group.data[ctx.place].flat, index, shape) for ctx in group.contexts}
    on_host = not backend_of(first).enters_device
    host = pieces[first] if on_host else np.zeros(shape, core.dtype)
    if plan.value is None and plan.dtype == core.dtype:
        _draw(core, plan, host)
    else:
        value = _draw(core, plan, np.zeros(shape, plan.dtype)) if plan.value is None else plan.value
        with np.errstate(all="ignore"):  # a conversion may end in infinities
            host[...] = value
    for ctx in others if on_host else group.contexts:
        backend = backend_of(ctx)
        with backend.scope(ctx):
            pieces[ctx][...] = backend.from_host(host, ctx)


def _draw(core: ParameterCore, plan: Deferred, host: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Let the initializer fill an array, and return it; draws come from the parameter's own stream."""
    desc = initializer.InitDesc(core.name)
    with autograd.pause(), rng.StreamScope(plan.key):
        fill_as_weight(plan.initializer, desc, NDArray(host, cpu(0)))
    return host


def _commit(groups: Sequence[FlatGroup]) -> None:
    """Make filled groups the home of their members."""
    left = []
    for group in groups:
        for index, core in enumerate(group.cores):
            assert core is not None
            data, grad = group.arrays(index, core.known_shape(), core.label, core.grad_req)
            left.append(_leave(core))
            core.state = Ready(group.contexts, data, grad, group, index)
    _compact(left)


def _leave(core: ParameterCore) -> FlatGroup | None:
    """Take a parameter out of the group it is in, and return that group."""
    if type(core.state) is not Ready:
        return None
    core.state.group.leave(core.state.index)
    return core.state.group


def _compact(groups: Iterable[FlatGroup | None]) -> None:
    """Rebuild groups that are more than half vacant, so that what was left behind is freed."""
    for group in dict.fromkeys(groups):
        if group is not None and group.vacant * 2 > group.size:
            members = [core for core in group.cores if core is not None]
            if members:
                repack(members)


# -- repacking ----------------------------------------------------------------------------------------


def repack(cores: Sequence[ParameterCore]) -> FlatGroup:
    """Bring ready parameters that agree in contexts, dtype and having gradients into one new group.

    The arrays over them stay the same objects; they follow their memory.
    """
    states = [core.ready() for core in cores]
    first = states[0]
    group = FlatGroup(cores, first.contexts, first.group.dtype, has_grad=first.grad is not None)
    _prepare_slots(group, states)
    for index, (core, state) in enumerate(zip(cores, states, strict=True)):
        group.take_over(index, state.data, group.data)
        _inherit_slots(group, index, core, state, {p: array._raw for p, array in state.data.items()})
        if state.grad is not None:
            group.take_over(index, state.grad, group.grad)
        state.group.leave(state.index)
        core.state = attrs.evolve(state, group=group, index=index)
    _compact(state.group for state in states)
    return group


def _prepare_slots(group: FlatGroup, states: Sequence[Ready]) -> None:
    for state in states:
        for key, source in state.group.slots.items():
            if key not in group.slots:
                group.slots[key] = SlotSet(source.policy, group)


def _inherit_slots(
    group: FlatGroup, index: int, core: ParameterCore, state: Ready, values: dict[Context, Any]
) -> None:
    """Take over what trainers keep for a parameter that was in another group; see ``SlotSet.inherit``."""
    for key, target in group.slots.items():
        source = state.group.slots.get(key)
        if source is not None:
            target.inherit(index, core.known_shape(), source, state.index, values)


# -- casting and moving ---------------------------------------------------------------------------------


def cast(cores: Sequence[ParameterCore], dtype: np.dtype[Any]) -> None:
    """Change the element type. Values and slots are converted, gradients start at zero, arrays are new."""
    affected = [core for core in cores if core.dtype != dtype]
    moving = [core for core in affected if core.is_ready]

    def convert(state: Ready, place: Context) -> Any:
        return state.data[place]._raw

    groups = _relocate(moving, lambda state: state.contexts, dtype, convert)
    for core in affected:
        core.dtype = dtype
    _commit(groups)


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

    moving = [core for core in cores if core.is_ready]
    groups = _relocate(moving, lambda _: contexts, None, value)
    for core in cores:
        if isinstance(core.state, Deferred):
            core.state = attrs.evolve(core.state, contexts=contexts)
    _commit(groups)


def _relocate(
    cores: Sequence[ParameterCore],
    contexts: Callable[[Ready], tuple[Context, ...]],
    dtype: np.dtype[Any] | None,
    value: Callable[[Ready, Context], Any],
) -> list[FlatGroup]:
    """Build filled groups for parameters that change dtype or contexts; the caller commits them."""
    buckets: dict[int, list[ParameterCore]] = {}
    for core in cores:
        buckets.setdefault(id(core.ready().group), []).append(core)
    groups = []
    for members in buckets.values():
        states = [core.ready() for core in members]
        old = states[0].group
        group = FlatGroup(members, contexts(states[0]), dtype or old.dtype, has_grad=old.has_grad)
        _prepare_slots(group, states)
        for index, (core, state) in enumerate(zip(members, states, strict=True)):
            values = {place: value(state, place) for place in group.data}
            for place, raw in values.items():
                with backend_of(place).scope(place), np.errstate(all="ignore"):
                    group.piece(group.data[place].flat, index, core.known_shape())[...] = raw
            _inherit_slots(group, index, core, state, values)
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
    mean = sum(host.astype(wide) for host in hosts) / len(hosts)
    return np.asarray(mean).astype(hosts[0].dtype), cpu(0)


def _same_bits(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    return a.tobytes() == b.tobytes()


# -- gradients ------------------------------------------------------------------------------------------


def set_grad_req(cores: Sequence[ParameterCore], value: str) -> None:
    """Change how gradients of some parameters are kept, as one change.

    Raises:
        ArgumentError: an unknown mode. Nothing is changed then.
    """
    changing = [
        (core, request) for core in cores if core.grad_req != (request := core.checked_grad_req(value))
    ]
    switched: dict[int, list[ParameterCore]] = {}
    kept: list[ParameterCore] = []
    for core, request in changing:
        if core.is_ready and "null" in (core.grad_req, request):
            switched.setdefault(id(core.ready().group), []).append(core)
        elif core.is_ready:
            kept.append(core)
    groups = [_with_or_without_gradients(members, wanted=value != "null") for members in switched.values()]
    for core, request in changing:
        core.grad_req = request
    for core in kept:
        for array in core.replicas():
            array._node.grad_req = core.grad_req
    for group in groups:
        _switch_gradients(group)


def _with_or_without_gradients(cores: Sequence[ParameterCore], *, wanted: bool) -> FlatGroup:
    """Allocate a group for parameters of one group whose gradients begin or end."""
    states = [core.ready() for core in cores]
    group = FlatGroup(cores, states[0].contexts, states[0].group.dtype, has_grad=wanted)
    _prepare_slots(group, states)
    return group


def _switch_gradients(group: FlatGroup) -> None:
    """Make a new group the home of its members, whose gradients begin or end with that."""
    left = []
    for index, core in enumerate(group.cores):
        assert core is not None
        state = core.ready()
        group.take_over(index, state.data, group.data)
        _inherit_slots(group, index, core, state, {p: array._raw for p, array in state.data.items()})
        left.append(_leave(core))
        if group.has_grad:
            grad = group.attach_gradients(index, state.data, core.label, core.grad_req)
            core.state = attrs.evolve(state, grad=grad, group=group, index=index)
        else:
            # New objects over the same memory: graphs recorded with the old ones keep their variables.
            data = {place: array.detach() for place, array in state.data.items()}
            core.state = Ready(state.contexts, data, None, group, index)
    _compact(left)


# -- values ---------------------------------------------------------------------------------------------


def set_data(core: ParameterCore, value: Any) -> None:
    """Write a value to every replica, or keep it for a deferred parameter.

    Raises:
        NotInitializedError: the parameter was never initialised.
        ShapeMismatchError: the value has another shape.
        InPlaceError: recording is on.
    """
    if isinstance(core.state, Uninitialized):
        raise core.not_initialized()
    if not isinstance(value, NDArray):
        value = from_data(value, cpu(0))
    core.merge_shape(value.shape, fix="set_data() does not change the shape of a parameter.")
    if isinstance(core.state, Deferred):
        core.state = attrs.evolve(core.state, value=value.asnumpy())
        return
    for array in core.replicas():
        array.check_writable()
    value = value.detach()  # what a parameter is set to is a value: while recording, no history comes with it
    for array in core.replicas():
        array.write(value)


# -- settling by the first operator -----------------------------------------------------------------------


def _settle(op: Operator, inputs: Sequence[NDArray | None], params: dict[str, Any]) -> list[NDArray | None]:
    """Complete the placeholders among an operator's inputs by its shape rule, and return their arrays."""
    known = [
        x.partial_shape if isinstance(x, Placeholder) else None if x is None else x.shape for x in inputs
    ]
    present = [i for i, x in enumerate(inputs) if x is not None]
    waiting = [x for x in inputs if isinstance(x, Placeholder) and x.core.is_deferred]
    try:
        shapes, _ = op.infer([known[i] for i in present], params)
    except ShapeMismatchError as error:
        if waiting:
            raise pending_error((x.core for x in waiting), f"met a contradiction ({error})") from error
        raise
    for i, shape in zip(present, shapes, strict=True):
        x = inputs[i]
        if isinstance(x, Placeholder) and x.core.is_deferred:
            x.core.merge_shape(shape)
    unsettled = [x.core for x in waiting if not is_known(x.core.shape)]
    if unsettled:
        raise pending_error(unsettled, f"is the input of operator {op.name!r}, which cannot settle it")
    finish([x.core for x in waiting])
    return [x.core.data(x.context) if isinstance(x, Placeholder) else x for x in inputs]


settle_hook.settle = _settle


# -- loading, saving, copying -----------------------------------------------------------------------------


def require_ready(cores: Iterable[ParameterCore], needed_by: str) -> None:
    """Check that parameters hold values.

    Args:
        cores: the parameters.
        needed_by: for the message: ``"is needed by save()"``.

    Raises:
        NotInitializedError: one was never initialised.
        DeferredInitializationError: some wait for their shapes; the message names all of them.
    """
    waiting = []
    for core in cores:
        if isinstance(core.state, Uninitialized):
            raise core.not_initialized()
        if core.is_deferred:
            waiting.append(core)
    if waiting:
        raise pending_error(waiting, needed_by)


def value_of(core: ParameterCore) -> NDArray:
    """Return one value for all replicas, as a copy in host memory.

    Raises:
        NotInitializedError, DeferredInitializationError: there is none.
    """
    raw, place = merged_value(core.ready())
    return NDArray(np.array(backend_of(place).to_host(raw)), cpu(0))


def load(
    values: Sequence[tuple[ParameterCore, Any]],
    contexts: tuple[Context, ...] | None,
    *,
    cast_dtype: bool = False,
    dtype_source: str = "current",
) -> None:
    """Give parameters loaded values; uninitialised and deferred ones become ready.

    Args:
        values: pairs of parameter and array.
        contexts: where to put parameters that are not initialised; ``cpu(0)`` if None. For others it must
            name the contexts they are on.
        cast_dtype: accept arrays of another dtype.
        dtype_source: what counts then, ``"current"`` or ``"saved"``.

    Raises:
        ShapeMismatchError: a shape contradicts the parameter's. Nothing is changed then, here and below.
        ParameterMismatchError: another dtype, and ``cast_dtype`` is False.
        ContextError: the parameter is on other contexts.
        DeviceUnavailableError: a context cannot hold arrays here.
        InPlaceError: recording is on.
    """
    if dtype_source not in ("current", "saved"):
        raise ArgumentError(
            "dtype_source", "is unknown", expected="'current' or 'saved'", received=repr(dtype_source)
        )
    arrays = [(core, v if isinstance(v, NDArray) else from_data(v, cpu(0))) for core, v in values]
    for ctx in contexts or ():
        backend_of(ctx)
    shapes: dict[ParameterCore, PartialShape] = {}  # a tied parameter comes as often as it is used
    for core, array in arrays:
        if core.is_ready:
            for replica in core.replicas():
                replica.check_writable()
        known = shapes.get(core, core.shape)
        shapes[core] = merge_shapes(
            known, array.shape, owner=core.label, fix="This is the shape in the file."
        )
        _check_dtype(core, array, cast_dtype=cast_dtype)
        _check_contexts(core, contexts)
    for core, shape in shapes.items():
        core.shape = shape
    if dtype_source == "saved":
        for core, array in arrays:
            cast([core], np.dtype(array.dtype))
    new = {}
    for core, array in arrays:
        if core.is_ready:
            for replica in core.replicas():
                replica.write(array)
        else:
            places = core.state.contexts if isinstance(core.state, Deferred) else contexts or (cpu(0),)
            new[core] = Deferred(None, places, 0, core.dtype, array.asnumpy())
    _realize(list(new.items()))


def _check_dtype(core: ParameterCore, array: NDArray, *, cast_dtype: bool) -> None:
    if not cast_dtype and core.dtype != np.dtype(array.dtype):
        raise ParameterMismatchError(
            core.label,
            "cannot take a loaded array of another dtype",
            expected=core.dtype.name,
            received=np.dtype(array.dtype).name,
            fix="Set cast_dtype=True to convert it, and dtype_source='saved' to take over its dtype.",
        )


def _check_contexts(core: ParameterCore, contexts: tuple[Context, ...] | None) -> None:
    if contexts is None or isinstance(core.state, Uninitialized):
        return
    held = core.contexts()
    if {ctx.place for ctx in contexts} != {ctx.place for ctx in held}:
        raise ContextError(
            core.label,
            "is on other contexts than the ones to load to",
            expected=", ".join(map(str, held)),
            received=", ".join(map(str, contexts)),
            fix="Leave ctx out, or call reset_ctx() first.",
        )


def snapshot(core: ParameterCore) -> dict[str, Any]:
    """Return everything about a parameter that a copy of it needs, without memory in common."""
    declared = {name: getattr(core, name) for name in _DECLARED}
    state = core.state
    if isinstance(state, Ready):
        values = [array.asnumpy() for array in core.replicas()]
        return {"declared": declared, "contexts": state.contexts, "values": values}
    return {"declared": declared, "state": state}


_DECLARED = (
    "name",
    "shape",
    "dtype",
    "grad_req",
    "lr_mult",
    "wd_mult",
    "init",
    "allow_deferred_init",
    "differentiable",
    "stype",
    "grad_stype",
)


def restore(saved: dict[str, Any]) -> ParameterCore:
    """Make a parameter from what ``snapshot`` returned."""
    core = ParameterCore(**saved["declared"])
    if "state" in saved:
        core.state = saved["state"]
        DEFERRALS.count += 1
        return core
    _realize([(core, Deferred(None, saved["contexts"], 0, core.dtype, saved["values"][0]))])
    for replica, value in zip(core.replicas(), saved["values"], strict=True):
        replica.write(value)
    return core
