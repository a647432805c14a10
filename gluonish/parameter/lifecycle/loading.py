"""Setting, loading, reading and copying the values of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import numpy as np

from gluonish.context import Context, cpu
from gluonish.dtype import is_complex
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import ArgumentError, ContextError, ParameterMismatchError
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.explain import pending_error
from gluonish.parameter.lifecycle.initializing import DEFERRALS, realize
from gluonish.parameter.lifecycle.moving import cast, merged_value
from gluonish.parameter.rows import all_rows
from gluonish.parameter.states import Deferred, Ready, Uninitialized
from gluonish.serialization import StoredArray
from gluonish.shape import PartialShape, merge_shapes

__all__ = ["load", "require_ready", "restore", "set_data", "snapshot", "stored_value", "value_of"]


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
        value = from_data(value, cpu(0), may_be_complex=True)
    core.merge_shape(value.shape, fix="set_data() does not change the shape of a parameter.")
    if isinstance(core.state, Deferred):
        core.state = attrs.evolve(core.state, value=value.asnumpy())
        return
    for array in core.replicas():
        array.check_writable()
    value = value.detach()  # what a parameter is set to is a value: while recording, no history comes with it
    for array in core.replicas():
        array.write(value)


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
    value = NDArray(np.array(backend_of(place).to_host(raw)), cpu(0))
    return all_rows(value) if core.stype == "row_sparse" else value


def stored_value(core: ParameterCore) -> StoredArray | NDArray:
    """Return one value for all replicas; a dense one is copied to host memory when it is asked for.

    Raises:
        NotInitializedError, DeferredInitializationError: there is none.
    """
    core.ready()
    if core.stype != "default":
        return value_of(core)
    return StoredArray(core.known_shape(), core.dtype, lambda: value_of(core).asnumpy())


def load(
    values: Sequence[tuple[ParameterCore, Any]],
    contexts: tuple[Context, ...] | None,
    *,
    cast_dtype: bool = False,
    dtype_source: str = "current",
) -> None:
    """Give parameters loaded values; uninitialised and deferred ones become ready.

    Args:
        values: pairs of parameter and array. An array that lies in a file is read when its turn comes, so
            that one such array is in memory besides the parameters.
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
    distinct = {(core, id(value)): value for core, value in values}  # tied parameters, and names of one array
    arrays = [
        (c, v if isinstance(v, _ARRAYS) else from_data(v, cpu(0), may_be_complex=True))
        for (c, _), v in distinct.items()
    ]
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
        for dtype in dict.fromkeys(np.dtype(array.dtype) for _, array in arrays):
            cast([core for core, array in arrays if array.dtype == dtype], dtype)
    new = {}
    for core, array in arrays:
        if core.is_ready:
            value = array if isinstance(array, NDArray) else NDArray(np.asarray(array), cpu(0))
            for replica in core.replicas():
                replica.write(value)
        else:
            places = core.state.contexts if isinstance(core.state, Deferred) else contexts or (cpu(0),)
            held = array.asnumpy() if isinstance(array, NDArray) else array
            new[core] = Deferred(None, places, 0, core.dtype, held)
    realize(list(new.items()))


_ARRAYS = (NDArray, StoredArray)


def _as_array(value: Any) -> NDArray | StoredArray:
    return value if isinstance(value, _ARRAYS) else from_data(value, cpu(0), may_be_complex=True)


def _check_dtype(core: ParameterCore, array: NDArray | StoredArray, *, cast_dtype: bool) -> None:
    if is_complex(array.dtype) and not is_complex(core.dtype):
        raise ParameterMismatchError(
            core.label,
            "cannot take complex numbers",
            expected=core.dtype.name,
            received=np.dtype(array.dtype).name,
            fix="Load their real parts, or make the parameter of complex numbers.",
        )
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
    common = {"declared": {name: getattr(core, name) for name in _DECLARED}, "thaws_to": core.thaws_to}
    state = core.state
    if isinstance(state, Ready):
        values = [array.asnumpy() for array in core.replicas()]
        return {**common, "contexts": state.contexts, "values": values}
    return {**common, "state": state}


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
    core.thaws_to = saved["thaws_to"]
    if "state" in saved:
        core.state = saved["state"]
        DEFERRALS.count += 1
        return core
    realize([(core, Deferred(None, saved["contexts"], 0, core.dtype, saved["values"][0]))])
    for replica, value in zip(core.replicas(), saved["values"], strict=True):
        replica.write(value)
    return core
