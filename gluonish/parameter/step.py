"""One optimizer step over flat memory.

The work of a step is a walk over the buffers of each group. In host memory it goes block by block, small
enough to stay in the processor's cache: the gradients of all replicas are added, the optimizer's formula is
applied and the result copied to all replicas before the next block is touched. On a GPU a block is a run.
Optimizers that look at norms walk from parameter to parameter instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

import attrs
import numpy as np

from gluonish.context import Context
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray, transfer_raw
from gluonish.optimizer import Optimizer
from gluonish.optimizer.base import MASTER
from gluonish.parameter.flat import FlatGroup, Run, runs_of
from gluonish.parameter.plan import Piece, Plan
from gluonish.parameter.rows import reduce_gradient, total_gradient, write_gradient
from gluonish.parameter.slots import SlotSet
from gluonish.shape import Shape, shape_size

__all__ = [
    "OptimizerSlots",
    "is_fresh",
    "note_write",
    "reduce_gradients",
    "set_fresh",
    "stale_gradients",
    "sum_of_gradients",
    "update",
    "writes_to",
    "zero_stale_gradients",
]

BLOCK = 1 << 15
"""Elements per block in host memory: a few arrays of this size fit into a core's second-level cache."""


class OptimizerSlots:
    """What an optimizer keeps for the parameters of a trainer.

    Args:
        optimizer: the optimizer.

    Attributes:
        optimizer: the same; it may be exchanged.
        everywhere: whether every replica has slots of its own.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.everywhere = True

    def slot_names(self, dtype: np.dtype[Any]) -> dict[str, str]:
        """Return the optimizer's slots, and a float32 master where one is used."""
        names = self.optimizer.slot_names()
        return {MASTER: "weight", **names} if self.optimizer.uses_master(dtype) else names

    def slot_dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the element type that the optimizer wants."""
        return self.optimizer.slot_dtype(dtype)


def is_fresh(gradient: NDArray) -> bool:
    """Tell whether a backward pass has written this gradient since the last update."""
    return gradient._storage.fresh


def writes_to(array: NDArray) -> int:
    """Return how often the memory of an array was written."""
    return array._storage.version


def note_write(array: NDArray) -> None:
    """Count a write to the memory of an array."""
    array._storage.touch()


def set_fresh(gradient: NDArray, *, fresh: bool) -> None:
    """Say whether a gradient counts as written since the last update."""
    gradient._storage.fresh = fresh


# -- gradients of several replicas ------------------------------------------------------------------------


def stale_gradients(plan: Plan) -> list[tuple[str, Context]]:
    """Return name and context of every gradient that no backward pass has written since the last update.

    They come in the order of names, those of one parameter in the order of its contexts.
    """
    stale = []
    for piece in plan.pieces:
        for ctx in piece.group.contexts:
            fresh = piece.group.grad[ctx.place].fresh[piece.indices]
            if not fresh.all():
                stale += [(core.name, ctx) for core, ok in zip(piece.cores(), fresh, strict=True) if not ok]
    for core in plan.sparse:
        stale += [(core.name, each.context) for each in core.gradients() if not is_fresh(each)]
    return sorted(stale, key=itemgetter(0))


def zero_stale_gradients(plan: Plan) -> None:
    """Set gradients to 0 that no backward pass has written since the last update, and count them as fresh."""
    for piece in plan.pieces:
        for place, slab in piece.group.grad.items():
            stale = piece.indices[~slab.fresh[piece.indices]]
            with backend_of(place).scope(place):
                for run in runs_of(piece.group, stale):
                    slab.flat[run.start : run.stop] = 0
            slab.versions[stale] += 1
            slab.fresh[stale] = True
    for core in plan.sparse:
        unwritten = [each for each in core.gradients() if not is_fresh(each)]
        write_gradient(core, None, [each.context.place for each in unwritten])
        for each in unwritten:
            set_fresh(each, fresh=True)


def reduce_gradients(plan: Plan, *, only_fresh: bool = False) -> None:
    """Replace the gradients of all replicas by their sum.

    Args:
        plan: the parameters.
        only_fresh: leave gradients out that no backward pass has written since the last update.
    """
    for piece in plan.pieces:
        group = piece.group
        if len(group.contexts) == 1:
            continue
        places = list(group.grad)
        for run, sources in _sources(piece, only_fresh=only_fresh):
            for part in _blocks(group, run):
                total = _sum([group.grad[p] for p in sources], part, places[0])
                for place in places:
                    _assign(group.grad[place].flat, part, total, places[0], place)
            for place in places:
                group.grad[place].versions[run.first : run.last] += 1
                if only_fresh:  # every replica now holds a sum of fresh gradients
                    group.grad[place].fresh[run.first : run.last] = True
    for core in plan.sparse:
        reduce_gradient(core, only_fresh=only_fresh)


def sum_of_gradients(plan: Plan) -> Iterator[tuple[Any, Context]]:
    """Yield the sums over replicas of all gradients, in pieces, each with the place where it is."""
    for piece in plan.pieces:
        slabs = list(piece.group.grad.values())
        place = slabs[0].ctx.place
        for run in piece.runs:
            for part in _blocks(piece.group, run):
                yield _sum(slabs, part, place), place
    for core in plan.sparse:
        total = total_gradient(core.gradients())
        yield total.stored.values, total.context.place


def _sources(piece: Piece, *, only_fresh: bool) -> Iterator[tuple[Run, list[Context]]]:
    """Yield runs of members, each with the places whose gradients count for all of them."""
    group = piece.group
    places = list(group.grad)
    if not only_fresh:
        for run in piece.runs:
            yield run, places
        return
    fresh = np.stack([group.grad[place].fresh[piece.indices] for place in places])
    for pattern in np.unique(fresh, axis=1).T:
        if pattern.any():
            members = piece.indices[(fresh == pattern[:, None]).all(axis=0)]
            for run in runs_of(group, members):
                yield run, [place for place, counts in zip(places, pattern, strict=True) if counts]


def _blocks(group: FlatGroup, run: Run) -> Iterator[slice]:
    """Cut a run into blocks; one block where a device other than the host takes part."""
    on_host = not any(backend_of(ctx).enters_device for ctx in group.contexts)
    size = BLOCK if on_host else max(1, run.stop - run.start)
    for start in range(run.start, run.stop, size):
        yield slice(start, min(start + size, run.stop))


def _sum(slabs: Sequence[Any], part: slice, target: Context) -> Any:
    """Return the sum of parts of several slabs as a new array on ``target``, or the part of the only one."""
    if len(slabs) == 1 and slabs[0].ctx.place is target:
        return slabs[0].flat[part]
    parts = [
        slab.flat[part] if slab.ctx.place is target else _moved(slab.flat[part], slab.ctx, target)
        for slab in slabs
    ]
    with backend_of(target).scope(target), np.errstate(all="ignore"):
        if len(parts) == 1:
            return parts[0].copy()
        total = parts[0] + parts[1]
        for each in parts[2:]:
            total += each
    return total


def _moved(raw: Any, source: Context, target: Context) -> Any:
    """Return memory where ``target`` can read it: host contexts can read each other's."""
    here, there = backend_of(source), backend_of(target)
    if here is there and not here.enters_device:
        return raw
    return transfer_raw(raw, source, target)


def _assign(flat: Any, part: slice, value: Any, source: Context, target: Context) -> None:
    value = value if source is target else _moved(value, source, target)
    with backend_of(target).scope(target):
        flat[part] = value


# -- the update -------------------------------------------------------------------------------------------


def update(plan: Plan, key: int, optimizer: Optimizer, *, central: bool, only_fresh: bool = False) -> None:
    """Apply one step of the optimizer to all parameters of a plan.

    Args:
        plan: the parameters, from ``settle``.
        key: the trainer's key.
        optimizer: the optimizer; it works on flat arrays.
        central: add the gradients of all replicas, update the first and copy it to the others. Otherwise
            every replica is updated with its own gradient.
        only_fresh: leave gradients out that no backward pass has written since the last update, and what
            would be updated with them.
    """
    selected = [(piece, list(_sources(piece, only_fresh=only_fresh))) for piece in plan.pieces]
    counts = [piece.group.slots[key].counts[r.first : r.last] for piece, runs in selected for r, _ in runs]
    newest = optimizer.begin_num_update + 1 + max((int(np.max(each)) for each in counts), default=-1)
    optimizer.num_update = max(optimizer.num_update, newest)
    learning_rate = optimizer.learning_rate
    for piece, runs in selected:
        slots = piece.group.slots[key]
        for run, sources in runs:
            slots.counts[run.first : run.last] += 1
            portions = _portions(piece, run, slots, optimizer, learning_rate)
            if central:
                slots.renew_mirrors(run.first, run.last, next(iter(piece.group.data)))
                _update_centrally(piece.group, portions, sources, slots, optimizer)
                updated = list(piece.group.grad)
            else:
                for place in sources:
                    slots.renew_mirrors(run.first, run.last, place)
                    _update_one_place(piece.group, portions, place, slots, optimizer)
                updated = sources
            _note_update(piece.group, run, slots, updated)


def _note_update(group: FlatGroup, run: Run, slots: SlotSet, updated: Sequence[Context]) -> None:
    """Count the writes, and mark gradients as used."""
    members = slice(run.first, run.last)
    for place in updated:
        group.data[place].versions[members] += 1
        group.grad[place].fresh[members] = False
        if place in slots.synced:
            slots.synced[place][members] = group.data[place].versions[members]


@attrs.frozen(eq=False)
class _Portion:
    """What one call of an optimizer's formula works on.

    Attributes:
        part: which elements of every buffer.
        shape: the shape of the parameter that they are, for a formula that wants whole parameters.
        rates: the coefficients, as numbers or host arrays of that many elements.
    """

    part: slice
    shape: Shape | None
    rates: dict[str, Any]

    def of(self, flat: Any) -> Any:
        """Return these elements of a buffer."""
        return flat[self.part] if self.shape is None else flat[self.part].reshape(self.shape)


def _portions(
    piece: Piece, run: Run, slots: SlotSet, optimizer: Optimizer, learning_rate: float
) -> list[_Portion]:
    """Cut a run into what the optimizer's formula is called with."""
    members = slice(run.first, run.last)
    lr = learning_rate * piece.lr_mult.at(optimizer.num_update)[members]
    wd = optimizer.wd * piece.wd_mult.at(optimizer.num_update)[members]
    t = optimizer.begin_num_update + slots.counts[members]
    uniform = _uniform(lr) and _uniform(wd) and _uniform(t)
    common = _numbers(optimizer, lr[0], wd[0], t[0]) if uniform else None
    if not optimizer.elementwise:
        each = (common or _numbers(optimizer, *rates) for rates in zip(lr, wd, t, strict=True))
        return [_whole(piece.group, index, rates) for index, rates in enumerate(each, run.first)]
    blocks = _blocks(piece.group, run)
    if common is not None:
        return [_Portion(part, None, common) for part in blocks]
    lengths = np.diff(piece.group.offsets[run.first : run.last + 1])
    dtype = np.float64 if slots.dtype == np.float64 else np.float32
    expanded = {
        name: np.repeat(np.broadcast_to(value, lr.shape).astype(dtype), lengths)
        for name, value in optimizer.coefficients(lr, wd, t).items()
    }
    return [
        _Portion(
            part,
            None,
            {
                name: values[part.start - run.start : part.stop - run.start]
                for name, values in expanded.items()
            },
        )
        for part in blocks
    ]


def _whole(group: FlatGroup, index: int, rates: dict[str, Any]) -> _Portion:
    """Return one member of a group as a portion."""
    core = group.cores[index]
    assert core is not None
    start, shape = int(group.offsets[index]), core.known_shape()
    # A formula may count on arrays: what NumPy computes from arrays of shape () are scalars.
    return _Portion(slice(start, start + shape_size(shape)), shape or (1,), rates)


def _numbers(optimizer: Optimizer, lr: Any, wd: Any, t: Any) -> dict[str, float]:
    """Return coefficients as plain floats: NumPy's would make the arithmetic double precision."""
    given = optimizer.coefficients(float(lr), float(wd), int(t))
    return {name: float(value) for name, value in given.items()}


def _uniform(values: np.ndarray[Any, Any]) -> bool:
    return bool((values == values[0]).all())


def _update_centrally(
    group: FlatGroup,
    portions: Sequence[_Portion],
    sources: Sequence[Context],
    slots: SlotSet,
    optimizer: Optimizer,
) -> None:
    """Update the first replica with the sum of gradients, and copy it to the others."""
    first, *others = group.data
    slabs = [group.grad[place] for place in sources]
    for portion in portions:
        total = _sum(slabs, portion.part, first)
        _apply(group, portion, first, total, slots, optimizer)
        for place in others:
            _assign(group.data[place].flat, portion.part, group.data[first].flat[portion.part], first, place)


def _update_one_place(
    group: FlatGroup, portions: Sequence[_Portion], place: Context, slots: SlotSet, optimizer: Optimizer
) -> None:
    """Update a replica with its own gradient."""
    for portion in portions:
        _apply(group, portion, place, group.grad[place].flat[portion.part], slots, optimizer)


def _apply(
    group: FlatGroup, portion: _Portion, place: Context, grad: Any, slots: SlotSet, optimizer: Optimizer
) -> None:
    """Run the optimizer's formula on one portion."""
    backend, rates = backend_of(place), portion.rates
    weight = portion.of(group.data[place].flat)
    kept = {name: portion.of(places[place]) for name, places in slots.arrays.items()}
    if portion.shape is not None:
        grad = grad.reshape(portion.shape)
    with backend.scope(place), np.errstate(all="ignore"):
        if backend.enters_device:
            rates = {
                name: backend.xp.asarray(value) if np.ndim(value) else value for name, value in rates.items()
            }
        optimizer.apply(backend.xp, weight, grad, kept, rates)
