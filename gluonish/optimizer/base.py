"""The base of all optimizers.

An optimizer of this library states its formula once, in ``step``, on raw arrays. A Trainer calls it on flat
buffers in which many parameters lie behind each other; ``update`` calls it for one of them. What differs
between parameters of one buffer (learning rate, weight decay, number of updates) reaches ``step`` as rates:
numbers where all parameters agree, else arrays with a value per element.

An optimizer of your own overrides either ``step`` and ``slot_names``, or, as in MXNet, ``create_state`` and
``update``, which a Trainer then calls parameter by parameter.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np

from gluonish.dtype import bfloat16, is_complex
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray
from gluonish.engine.sparse import empty_sparse
from gluonish.errors import DTypeError
from gluonish.lr_scheduler import LRScheduler
from gluonish.ops.sparse.updates import step_on_rows
from gluonish.optimizer.rates import Coefficient, Rates
from gluonish.optimizer.registry import OPTIMIZERS, create, register

__all__ = ["HALF_PRECISION", "MASTER", "Optimizer"]

HALF_PRECISION = (np.dtype("float16"), bfloat16)
FLOAT32 = np.dtype("float32")
MASTER = "master"
"""The slot with the float32 master of a half-precision parameter."""

_Kept = TypeVar("_Kept")


@OPTIMIZERS.base_class
class Optimizer(Rates):
    """Base of optimizers.

    Args:
        rescale_grad: factor on every gradient; a Trainer sets it to 1 / batch size.
        param_idx2name: names of parameters by index, for ``set_lr_mult`` and ``set_wd_mult``.
        wd: weight decay (L2 coefficient).
        clip_gradient: bound on the absolute value of every element of a rescaled gradient; None or a
            value of 0 or less for no bound.
        learning_rate: the learning rate. If neither it nor a scheduler is given, it is
            ``default_learning_rate``, 0.01 for most optimizers.
        lr_scheduler: gives the learning rate for each number of updates.
        sym: a symbol whose variables may have the attributes ``__lr_mult__`` and ``__wd_mult__``.
        begin_num_update: the number of updates to count from.
        multi_precision: keep float32 masters of half-precision parameters, and compute on them.
        param_dict: parameters by index, whose multipliers count.

    Attributes:
        num_update: the largest number of updates any parameter has had.
        aggregate_num: how many parameters an ``Updater`` hands over in one call; it changes no result.
        opt_registry: all registered optimizers by their lower-cased names.
        elementwise: whether ``step`` treats every element alike, so that it can be given any part of a
            buffer. Otherwise it is given whole parameters, one at a time.

    Raises:
        ArgumentTypeError: ``lr_scheduler`` is none, or ``param_idx2name`` is no dictionary.
    """

    opt_registry: ClassVar[dict[str, type[Optimizer]]] = OPTIMIZERS.classes
    elementwise: ClassVar[bool] = True
    single_states: ClassVar[bool] = False
    """Whether the slots of half-precision parameters are float32 even without masters."""
    master_first: ClassVar[bool] = True
    """Whether a state with a master is (master, state), or (state, master)."""
    usual_aggregate: ClassVar[int] = 0
    """``aggregate_num`` where the environment does not say another; 0 if it is never more."""
    register = staticmethod(register)
    create_optimizer = staticmethod(create)

    takes_complex = False  # whether the rule is right for complex parameters

    def __init__(
        self,
        rescale_grad: float = 1.0,
        param_idx2name: Mapping[int, str] | None = None,
        wd: float = 0.0,
        clip_gradient: float | None = None,
        learning_rate: float | None = None,
        lr_scheduler: LRScheduler | None = None,
        sym: Any = None,
        begin_num_update: int = 0,
        multi_precision: bool = False,
        param_dict: Mapping[int, Any] | None = None,
    ) -> None:
        super().__init__(learning_rate, lr_scheduler, wd, begin_num_update, param_idx2name, param_dict, sym)
        self.rescale_grad = rescale_grad
        self.clip_gradient = clip_gradient
        self.multi_precision = multi_precision
        self.aggregate_num = self._aggregate()
        self.allow_np_array = False

    def _aggregate(self) -> int:
        """Return ``aggregate_num``, which the environment may set, as in MXNet."""
        usual = self.usual_aggregate
        return int(os.environ.get("MXNET_OPTIMIZER_AGGREGATION_SIZE", usual)) if usual else 0

    @property
    def scaling(self) -> dict[str, Any]:
        """What the formulas of ``gluonish.ops.updates`` do to a gradient first."""
        return {"rescale": self.rescale_grad, "clip": self.clip_gradient}

    # -- what an optimizer states -----------------------------------------------------------------------

    def slot_names(self) -> dict[str, str]:
        """Return what is kept per parameter, by name, each with how it starts.

        ``"zeros"``; ``"copy"``, as a copy of the parameter; or ``"weight"``, as the parameter in another
        precision, which follows it when something else than the optimizer writes it.
        """
        return {}

    def coefficients(
        self,
        lr: Coefficient,
        wd: Coefficient,
        t: Coefficient,  # noqa: ARG002  for optimizers that correct a bias
    ) -> dict[str, Coefficient]:
        """Return what ``step`` needs besides arrays, from learning rate, decay and update count.

        The arguments are numbers, or float64 arrays with a value per parameter.
        """
        return {"lr": lr, "wd": wd}

    def step(
        self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Coefficient]
    ) -> None:
        """Change ``weight`` and the slots in place, by one update.

        Args:
            xp: NumPy or CuPy.
            weight: raw values, of any shape.
            grad: raw gradients, not yet rescaled. They are left alone.
            slots: raw arrays of the same shape, by name.
            rates: what ``coefficients`` returned, as numbers or arrays of the same shape.
        """
        raise NotImplementedError(f"{type(self).__name__} states neither step() nor update()")

    def apply(
        self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Coefficient]
    ) -> None:
        """Run ``step`` on arrays of any floating dtype; half precision is computed in single.

        Args:
            xp: as of ``step``, like the rest.
            weight: raw values.
            grad: raw gradients.
            slots: raw arrays; one called ``MASTER`` holds the values in single precision, and changes first.
            rates: numbers or arrays.
        """
        if weight.dtype not in HALF_PRECISION:
            self.step(xp, weight, grad, slots, rates)
            return
        inner = {name: raw for name, raw in slots.items() if name != MASTER}
        wide = {name: raw.astype(np.float32, copy=False) for name, raw in inner.items()}
        master = slots[MASTER] if MASTER in slots else weight.astype(np.float32)
        self.step(xp, master, grad.astype(np.float32), wide, rates)
        weight[...] = master
        for name, raw in inner.items():
            if wide[name] is not raw:
                raw[...] = wide[name]

    @property
    def works_on_flat_arrays(self) -> bool:
        """Whether ``step`` says all, and no subclass replaced what works on one parameter."""
        kind = type(self)
        return kind.step is not Optimizer.step and all(
            getattr(kind, name) is getattr(Optimizer, name) for name in _OF_ONE_PARAMETER
        )

    # -- what is kept -------------------------------------------------------------------------------------

    def uses_master(self, dtype: Any) -> bool:
        """Tell whether parameters of this dtype are updated through a float32 master."""
        return self.multi_precision and np.dtype(dtype) in HALF_PRECISION

    def slot_dtype(self, dtype: Any) -> np.dtype[Any]:
        """Return the element type of the slots for parameters of a dtype."""
        dtype = np.dtype(dtype)
        if is_complex(dtype) and not self.takes_complex:
            raise DTypeError(
                f"Optimizer {type(self).__name__}",
                "does not update complex parameters",
                received=np.dtype(dtype),
                fix="Use SGD, or parameters for the real and the imaginary parts.",
            )
        half = dtype in HALF_PRECISION
        return FLOAT32 if half and (self.multi_precision or self.single_states) else dtype

    def create_state(self, index: Any, weight: NDArray) -> Any:  # noqa: ARG002  MXNet's signature
        """Return the state of one parameter: None, an array, or a tuple of arrays."""
        dtype = self.slot_dtype(weight.dtype)
        return self.pack_state(
            {
                name: self._zeros(weight, weight.shape, dtype)
                if start == "zeros"
                else _copy_of(weight, dtype)
                for name, start in self.slot_names().items()
            }
        )

    def _zeros(self, weight: NDArray, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray:
        """Return zeros beside a parameter: row-sparse beside one that is updated row by row."""
        if weight.stype != "default" and self.steps_on_rows(weight.stype):
            return empty_sparse(weight.stype, shape, weight.context, dtype)
        backend = backend_of(weight.context)
        with backend.scope(weight.context):
            return NDArray(backend.xp.zeros(shape, dtype), weight.context)

    def create_state_multi_precision(self, index: Any, weight: NDArray) -> Any:
        """Return the state of one parameter, with its float32 master where it has one."""
        if self.uses_master(weight.dtype):
            master = _copy_of(weight, FLOAT32)
            return self.with_master(master, self.create_state(index, master))
        if np.dtype(weight.dtype) in HALF_PRECISION and not self.multi_precision:
            warnings.warn(
                "accumulating in half precision loses accuracy; multi_precision=True keeps float32 masters",
                stacklevel=2,
            )
        return self.create_state(index, weight)

    def pack_state(self, slots: Mapping[str, _Kept]) -> _Kept | tuple[_Kept | None, ...] | None:
        """Return slots, without a master, in the form in which MXNet keeps them for this optimizer."""
        kept = tuple(slots[name] for name in self.slot_names())
        return kept if len(kept) > 1 else kept[0] if kept else None

    def unpack_state(self, state: Any) -> dict[str, Any]:
        """Return slots by name from what ``pack_state`` returned."""
        arrays = state if isinstance(state, (tuple, list)) else (state,)
        present = [array for array in arrays if array is not None]
        return dict(zip(self.slot_names(), present, strict=True))

    def with_master(self, master: Any, state: Any) -> tuple[Any, Any]:
        """Return master and state in the order in which MXNet keeps them for this optimizer."""
        return (master, state) if self.master_first else (state, master)

    def without_master(self, kept: Sequence[Any]) -> tuple[Any, Any]:
        """Return master and state from what ``with_master`` returned."""
        first, second = kept
        return (first, second) if self.master_first else (second, first)

    # -- updating one parameter ---------------------------------------------------------------------------

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Update one parameter in place, or several.

        Args:
            index: the parameter's index, for its multipliers and its count; a list of them for several.
            weight: its values; likewise, as for the rest.
            grad: its gradient.
            state: what ``create_state`` returned.
        """
        for each in _one_by_one(index, weight, grad, state):
            self._update_one(*each)

    def _update_one(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        self._update_count(index)
        self.run(weight, grad, self.unpack_state(state), self.rates(index))

    def rates(self, index: Any) -> dict[str, float]:
        """Return the coefficients for one parameter, after its update was counted."""
        count = self._counts[index]
        given = self.coefficients(self._get_lr(index), self._get_wd(index), count)
        # Plain floats: a NumPy scalar would make the arithmetic double precision.
        return {name: float(value) for name, value in given.items()}

    def run(
        self, weight: NDArray, grad: NDArray, slots: dict[str, NDArray], rates: Mapping[str, Coefficient]
    ) -> None:
        """Apply the formula to one parameter.

        Args:
            weight: its values.
            grad: its gradient.
            slots: what is kept for it, by name.
            rates: its coefficients.
        """
        weight.check_writable()
        if grad.stype == "row_sparse" and self.steps_on_rows(weight.stype):
            self._run_on_rows(weight, grad, slots, rates)
            return
        sparse = [each for each in (weight, *slots.values()) if each.stype != "default"]
        if sparse or grad.stype != "default":
            dense = {id(each): each.tostype("default") for each in (weight, *slots.values())}
            kept = {name: dense[id(each)] for name, each in slots.items()}
            self.run(dense[id(weight)], grad.tostype("default"), kept, rates)
            for each in sparse:
                each.write(dense[id(each)])
            return
        backend = backend_of(weight.context)
        with backend.scope(weight.context), np.errstate(all="ignore"):
            # A formula may count on arrays: what NumPy computes from arrays of shape () are scalars.
            values, gradient = (backend.xp.atleast_1d(each._raw) for each in (weight, grad))
            kept = {name: backend.xp.atleast_1d(array._raw) for name, array in slots.items()}
            self.apply(backend.xp, values, gradient, kept, rates)
        for array in (weight, *slots.values()):
            array._storage.touch()

    def steps_on_rows(self, stype: str) -> bool:  # noqa: ARG002  for those that look at it
        """Tell whether a row-sparse gradient changes the rows that it has, and no others.

        Args:
            stype: the storage type of the parameter.
        """
        return False

    def rows_touched(self, grad: NDArray, stype: str = "default") -> Any:
        """Return which rows of a parameter a gradient changes, as a raw array; None for all.

        Args:
            grad: the gradient.
            stype: the storage type of what the optimizer is given to update.
        """
        own = type(self)
        updates_itself = own.update is not Optimizer.update or (
            own.update_multi_precision is not Optimizer.update_multi_precision
        )
        if grad.stype != "row_sparse" or updates_itself or not self.steps_on_rows(stype):
            return None
        return grad.stored.indices

    def _run_on_rows(
        self, weight: NDArray, grad: NDArray, slots: dict[str, NDArray], rates: Mapping[str, Coefficient]
    ) -> None:
        """Apply the formula to the rows that a gradient has."""
        backend, arrays = backend_of(weight.context), (weight, *slots.values())

        def step(gradient: Any, part: Any, *kept: Any) -> None:
            self.apply(backend.xp, part, gradient, dict(zip(slots, kept, strict=True)), rates)

        with backend.scope(weight.context), np.errstate(all="ignore"):
            values = step_on_rows(backend.xp, step, grad.stored, [each.stored for each in arrays])
        for array, value in zip(arrays, values, strict=True):
            if array.stype != "default":
                array._storage.value = value  # type: ignore[attr-defined]
            array._storage.touch()

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Update one parameter or several in place, through float32 masters where they have them."""
        # A subclass may override this method and call it: it is entered once, however many there are.
        for each, values, gradient, kept in _one_by_one(index, weight, grad, state):
            if self.uses_master(values.dtype):
                master, inner = self.without_master(kept)
                self.update(each, master, gradient.astype("float32"), inner)
                values.write(master)
            else:
                self.update(each, values, gradient, kept)

    def __getstate__(self) -> dict[str, Any]:
        # Parameters are not part of what an optimizer is; whoever loads it has its own. Nor is a Trainer.
        kept = {name: value for name, value in self.__dict__.items() if name != "_counted_elsewhere"}
        return {**kept, "param_dict": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # What MXNet pickled may hold as a value what is computed here.
        computed = [name for name in state if isinstance(getattr(type(self), name, None), property)]
        self.__dict__.update({"param_dict": {}, **state})
        for name in computed:
            del self.__dict__[name]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(learning_rate={self.lr}, wd={self.wd})"


_OF_ONE_PARAMETER = (
    "update",
    "update_multi_precision",
    "create_state",
    "create_state_multi_precision",
    "_get_lr",
    "_get_lrs",
    "_get_wd",
    "_get_wds",
    "_update_one",
)
"""Methods that programs for MXNet override, and ours; a step over flat arrays would pass them by."""


def _copy_of(weight: NDArray, dtype: np.dtype[Any]) -> NDArray:
    return weight.detach().tostype("default").astype(dtype, copy=True)


def _one_by_one(index: Any, *arguments: Any) -> Iterable[tuple[Any, ...]]:
    """Return the arguments of an update for each of several parameters, or of the only one."""
    if isinstance(index, (list, tuple)):
        return zip(index, *arguments, strict=True)
    return [(index, *arguments)]
