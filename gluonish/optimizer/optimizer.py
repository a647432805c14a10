"""The base of all optimizers, and their registry.

An optimizer of this library states its formula once, in ``step``, on raw arrays of any length. A Trainer
calls it on flat buffers in which many parameters lie behind each other; ``update`` calls it for one of them.
What differs between parameters of one buffer (learning rate, weight decay, number of updates) reaches
``step`` as rates: numbers where all parameters agree, else arrays with a value per element.

An optimizer of your own overrides either ``step`` and ``slot_names``, or, as in MXNet, ``create_state`` and
``update``, which a Trainer then calls parameter by parameter.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from gluonish.dtype import bfloat16
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError, LearningRateError, UnknownNameError
from gluonish.lr_scheduler import LRScheduler, multiplier_at

__all__ = ["DEFAULT_LEARNING_RATE", "Optimizer", "create", "register", "rescaled"]

Coefficient = Any
"""A float, or an array with a value per parameter (in ``coefficients``) or per element (in ``step``)."""

DEFAULT_LEARNING_RATE = 0.01
HALF_PRECISION = (np.dtype("float16"), bfloat16)
MASTER = "master"
"""The slot with the float32 master of a half-precision parameter."""


class Optimizer:
    """Base of optimizers.

    Args:
        rescale_grad: factor on every gradient; a Trainer sets it to 1 / batch size.
        param_idx2name: names of parameters by index, for ``set_lr_mult`` and ``set_wd_mult``.
        wd: weight decay (L2 coefficient).
        clip_gradient: bound on the absolute value of every element of a rescaled gradient; None or a
            value of 0 or less for no bound.
        learning_rate: the learning rate; 0.01 if neither it nor a scheduler is given.
        lr_scheduler: gives the learning rate for each number of updates.
        sym: accepted for MXNet's sake.
        begin_num_update: the number of updates to count from.
        multi_precision: keep float32 masters of half-precision parameters, and compute on them.
        param_dict: parameters by index, whose multipliers count.

    Attributes:
        num_update: the largest number of updates any parameter has had.

    Raises:
        ArgumentTypeError: ``lr_scheduler`` is none, or ``param_idx2name`` is no dictionary.
    """

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
        self.rescale_grad = rescale_grad
        self.lr_scheduler = lr_scheduler
        self.lr = self._starting_rate(learning_rate, lr_scheduler)
        self.wd = wd
        self.clip_gradient = clip_gradient
        self.multi_precision = multi_precision
        self.begin_num_update = begin_num_update
        self.num_update = begin_num_update
        self.idx2name = self._checked_names(param_idx2name)
        self.param_dict = dict(param_dict or {})
        self.sym_info = sym
        self._index_update_count: dict[Any, int] = {}
        self.set_lr_mult({})
        self.set_wd_mult({})

    def _checked_names(self, names: Mapping[int, str] | None) -> dict[int, str]:
        if names is not None and not isinstance(names, Mapping):
            raise ArgumentTypeError(
                f"{type(self).__name__}",
                "cannot use this param_idx2name",
                expected="a dictionary from indices to names",
                received=repr(names),
            )
        return dict(names or {})

    def _starting_rate(self, learning_rate: float | None, scheduler: LRScheduler | None) -> float:
        if scheduler is None:
            return DEFAULT_LEARNING_RATE if learning_rate is None else learning_rate
        if not callable(scheduler):
            raise ArgumentTypeError(
                f"{type(self).__name__}",
                "cannot use this lr_scheduler",
                expected="an LRScheduler, or a function of the number of updates",
                received=repr(scheduler),
            )
        if learning_rate is not None:
            scheduler.base_lr = learning_rate
        return getattr(scheduler, "base_lr", DEFAULT_LEARNING_RATE)

    # -- what an optimizer states -----------------------------------------------------------------------

    def slot_names(self) -> dict[str, str]:
        """Return what is kept per parameter, by name, each with its start: ``"zeros"`` or ``"weight"``."""
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
        """Whether the formula is stated by ``step``, and no subclass replaced ``update``."""
        kind = type(self)
        return kind.step is not Optimizer.step and kind.update is Optimizer.update

    # -- what is kept -------------------------------------------------------------------------------------

    def uses_master(self, dtype: Any) -> bool:
        """Tell whether parameters of this dtype are updated through a float32 master."""
        return self.multi_precision and np.dtype(dtype) in HALF_PRECISION

    def create_state(self, index: Any, weight: NDArray) -> Any:  # noqa: ARG002  MXNet's signature
        """Return the state of one parameter: None, an array, or a tuple of arrays."""
        made = [
            weight.detach().copy() if start == "weight" else _zeros_like(weight)
            for start in self.slot_names().values()
        ]
        return None if not made else made[0] if self._single_state(made) else tuple(made)

    def _single_state(self, made: list[NDArray]) -> bool:
        """Whether a state of one array is that array, not a tuple of it."""
        return len(made) == 1

    def create_state_multi_precision(self, index: Any, weight: NDArray) -> Any:
        """Return the state of one parameter, with its float32 master where it has one."""
        if self.uses_master(weight.dtype):
            master = weight.detach().astype("float32")
            return self._with_master(master, self.create_state(index, master))
        if np.dtype(weight.dtype) in HALF_PRECISION and not self.multi_precision:
            warnings.warn(
                "accumulating in half precision loses accuracy; multi_precision=True keeps float32 masters",
                stacklevel=2,
            )
        return self.create_state(index, weight)

    def _with_master(self, master: NDArray, state: Any) -> tuple[Any, Any]:
        """Return master and state in the order in which MXNet keeps them for this optimizer."""
        return master, state

    def _without_master(self, kept: tuple[Any, Any]) -> tuple[NDArray, Any]:
        """Return master and state from what ``_with_master`` returned."""
        return kept

    # -- updating one parameter ---------------------------------------------------------------------------

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Update one parameter in place.

        Args:
            index: the parameter's index, for its multipliers and its count.
            weight: its values.
            grad: its gradient.
            state: what ``create_state`` returned.
        """
        self._update_count(index)
        lr, wd = self._get_lr(index), self._get_wd(index)
        given = self.coefficients(lr, wd, self._index_update_count[index])
        # Plain floats: a NumPy scalar would make the arithmetic double precision.
        rates = {name: float(value) for name, value in given.items()}
        arrays = [] if state is None else list(state) if isinstance(state, tuple) else [state]
        weight.check_writable()
        backend = backend_of(weight.context)
        with backend.scope(weight.context), np.errstate(all="ignore"):
            # A formula may count on arrays: what NumPy computes from arrays of shape () are scalars.
            values, gradient, *kept = (backend.xp.atleast_1d(each._raw) for each in (weight, grad, *arrays))
            slots = dict(zip(self.slot_names(), kept, strict=True))
            self.apply(backend.xp, values, gradient, slots, rates)
        for array in (weight, *arrays):
            array._storage.touch()

    def update_multi_precision(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Update one parameter in place, through its float32 master where it has one."""
        if not self.uses_master(weight.dtype):
            self.update(index, weight, grad, state)
            return
        master, inner = self._without_master(state)
        self.update(index, master, grad.astype("float32"), inner)
        weight.write(master)

    # -- rates --------------------------------------------------------------------------------------------

    @property
    def learning_rate(self) -> float:
        """The learning rate now, from the scheduler where there is one."""
        return self.lr if self.lr_scheduler is None else self.lr_scheduler(self.num_update)

    def set_learning_rate(self, lr: float) -> None:
        """Set the learning rate.

        Raises:
            LearningRateError: a scheduler is in charge of it.
        """
        if self.lr_scheduler is not None:
            raise LearningRateError(
                f"Optimizer {type(self).__name__}",
                "has its learning rate from a scheduler, so it cannot be set",
                fix="Change the scheduler, for example its base_lr.",
            )
        self.lr = lr

    def set_lr_mult(self, args_lr_mult: Mapping[Any, float]) -> None:
        """Set factors on the learning rate, by index or name, for parameters outside of ``param_dict``."""
        self.lr_mult = dict(args_lr_mult)

    def set_wd_mult(self, args_wd_mult: Mapping[Any, float]) -> None:
        """Set factors on the weight decay, likewise.

        Parameters with a known name that ends neither in ``_weight`` nor in ``_gamma`` get 0 first.
        """
        exempt = {name: 0.0 for name in self.idx2name.values() if not name.endswith(("_weight", "_gamma"))}
        self.wd_mult = {**exempt, **args_wd_mult}

    def _multiplier(self, index: Any, kind: str) -> float:
        if index in self.param_dict:
            return multiplier_at(getattr(self.param_dict[index], kind), self.num_update)
        table: dict[Any, float] = getattr(self, kind)
        return table.get(index, table.get(self.idx2name.get(index), 1.0))

    def _get_lr(self, index: Any) -> float:
        return self.learning_rate * self._multiplier(index, "lr_mult")

    def _get_wd(self, index: Any) -> float:
        return self.wd * self._multiplier(index, "wd_mult")

    def update_count(self, index: Any) -> int:
        """Return how often the parameter of an index was updated, from ``begin_num_update`` on."""
        return self._index_update_count.get(index, self.begin_num_update)

    def set_update_count(self, index: Any, count: int) -> None:
        """Say how often the parameter of an index was updated."""
        self._index_update_count[index] = count

    def _update_count(self, index: Any) -> None:
        count = self.update_count(index) + 1
        self._index_update_count[index] = count
        self.num_update = max(self.num_update, count)

    def __getstate__(self) -> dict[str, Any]:
        # Parameters are not part of what an optimizer is; whoever loads it has its own.
        return {**self.__dict__, "param_dict": {}}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(learning_rate={self.lr}, wd={self.wd})"


def _zeros_like(weight: NDArray) -> NDArray:
    backend = backend_of(weight.context)
    with backend.scope(weight.context):
        return NDArray(backend.xp.zeros_like(weight._raw), weight.context)


def rescaled(xp: Any, grad: Any, rescale: float, clip: float | None, *extra: Any) -> Any:
    """Return a new array: the gradient times ``rescale``, plus anything extra, limited to +-``clip``."""
    result = xp.multiply(grad, rescale, dtype=grad.dtype)
    for term in extra:
        result += term
    if clip is not None and clip > 0:
        xp.clip(result, -clip, clip, out=result)
    return result


# -- registry -----------------------------------------------------------------------------------------

_REGISTRY: dict[str, type[Optimizer]] = {}

_Class = TypeVar("_Class", bound="type[Optimizer]")


def register(klass: _Class) -> _Class:
    """Register an optimizer class under its lower-cased name, so that it can be named by a string.

    Registering the name again replaces what was there, with a warning.
    """
    name = klass.__name__.lower()
    before = _REGISTRY.get(name)
    if before is not None and before.__qualname__ != klass.__qualname__:
        warnings.warn(f"optimizer {name!r} was {before} and becomes {klass}", stacklevel=2)
    _REGISTRY[name] = klass
    return klass


def create(name: str, **kwargs: Any) -> Optimizer:
    """Return a new optimizer by its registered name.

    Raises:
        UnknownNameError: no optimizer of that name is registered.

    Example:
        >>> create("sgd", learning_rate=0.5).lr
        0.5
    """
    if str(name).lower() not in _REGISTRY:
        raise UnknownNameError(
            f"Optimizer {name!r}", "is not registered", expected="one of " + ", ".join(sorted(_REGISTRY))
        )
    return _REGISTRY[name.lower()](**kwargs)


Optimizer.register = staticmethod(register)  # type: ignore[attr-defined]
Optimizer.create_optimizer = staticmethod(create)  # type: ignore[attr-defined]
