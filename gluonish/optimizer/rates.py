"""Learning rates, weight decays and counts of updates: what every optimizer knows of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from gluonish.errors import ArgumentTypeError, DeprecatedError, LearningRateError
from gluonish.lr_scheduler import LRScheduler, multiplier_at

__all__ = ["Coefficient", "Rates"]

Coefficient = Any
"""A float, or an array with a value per parameter (in ``coefficients``) or per element (in ``step``)."""

Counts = dict[Any, int]


class Rates:
    """The part of an optimizer that knows rates and counts.

    A multiplier of a parameter is, in this order, its own where the optimizer knows the parameter
    (``param_dict``), or what was set for its index, or for its name (``idx2name``), or 1.
    """

    default_learning_rate: ClassVar[float] = 0.01
    decaying: ClassVar[tuple[str, ...]] = ("_weight", "_gamma")
    """How the names of parameters end that decay, where an optimizer is given names."""
    _device_id: int = 0
    _counted_elsewhere: Callable[[], Mapping[Any, int]] | None = None
    """Where a Trainer counts; it counts with the values, so that moving them keeps the counts."""

    def __init__(
        self,
        learning_rate: float | None,
        lr_scheduler: LRScheduler | None,
        wd: float,
        begin_num_update: int,
        param_idx2name: Mapping[int, str] | None,
        param_dict: Mapping[int, Any] | None,
        sym: Any,
    ) -> None:
        self.lr_scheduler = lr_scheduler
        self.lr = self._starting_rate(learning_rate, lr_scheduler)
        self.wd = wd
        self.begin_num_update = begin_num_update
        self.num_update = begin_num_update
        self._all_index_update_counts: dict[Any, Counts] = {0: {}}
        self.idx2name = self._checked_names(param_idx2name)
        self.param_dict = dict(param_dict or {})
        self.sym_info = () if sym is None else (sym.attr_dict(), sym.list_arguments())
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
            return self.default_learning_rate if learning_rate is None else learning_rate
        if not callable(scheduler):
            raise ArgumentTypeError(
                f"{type(self).__name__}",
                "cannot use this lr_scheduler",
                expected="an LRScheduler, or a function of the number of updates",
                received=repr(scheduler),
            )
        # A scheduler keeps its own rate unless one was asked for.
        if learning_rate is not None:
            scheduler.base_lr = learning_rate
        return getattr(scheduler, "base_lr", self.default_learning_rate)

    # -- the learning rate --------------------------------------------------------------------------------

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

    # -- multipliers --------------------------------------------------------------------------------------

    def set_lr_mult(self, args_lr_mult: Mapping[Any, float]) -> None:
        """Set factors on the learning rate, by index or name, for parameters outside of ``param_dict``.

        They replace what was set before; attributes ``__lr_mult__`` of the symbol still count.
        """
        self.lr_mult = {**self._of_symbol("__lr_mult__"), **args_lr_mult}

    def set_wd_mult(self, args_wd_mult: Mapping[Any, float]) -> None:
        """Set factors on the weight decay, likewise; the attribute is ``__wd_mult__``.

        Parameters with a known name that ends neither in ``_weight`` nor in ``_gamma`` get 0 first.
        """
        exempt = {name: 0.0 for name in self.idx2name.values() if not name.endswith(self.decaying)}
        self.wd_mult = {**exempt, **self._of_symbol("__wd_mult__"), **args_wd_mult}

    def set_lr_scale(self, args_lrscale: Mapping[Any, float]) -> None:
        """Do nothing but raise: it is called ``set_lr_mult``.

        Raises:
            DeprecatedError: always, as in MXNet's last versions.
        """
        raise DeprecatedError("set_lr_scale()", "is no more", fix=f"Call set_lr_mult({args_lrscale!r}).")

    def _of_symbol(self, attribute: str) -> dict[str, float]:
        """Return the multipliers that the variables of the symbol state."""
        if not self.sym_info:
            return {}
        attributes, names = self.sym_info
        stated = {name: attributes.get(name, {}) for name in names}
        return {name: float(each[attribute]) for name, each in stated.items() if attribute in each}

    def _multiplier(self, index: Any, kind: str) -> float:
        if index in self.param_dict:
            return multiplier_at(getattr(self.param_dict[index], kind), self.num_update)
        table: dict[Any, float] = getattr(self, kind)
        return table.get(index, table.get(self.idx2name.get(index), 1.0))

    def _get_lr(self, index: Any) -> float:
        return self.learning_rate * self._multiplier(index, "lr_mult")

    def _get_lrs(self, indices: Sequence[Any]) -> list[float]:
        return [self._get_lr(index) for index in indices]

    def _get_wd(self, index: Any) -> float:
        return self.wd * self._multiplier(index, "wd_mult")

    def _get_wds(self, indices: Sequence[Any]) -> list[float]:
        return [self._get_wd(index) for index in indices]

    # -- counts -------------------------------------------------------------------------------------------

    @property
    def _index_update_count(self) -> Counts:
        """How often each parameter was updated, by index; what a Trainer counts of flat storage, too."""
        counts = self._counts
        if self._counted_elsewhere is not None:
            counts.update(self._counted_elsewhere())
        return counts

    @property
    def _counts(self) -> Counts:
        """What the optimizer itself has counted."""
        return self._all_index_update_counts.setdefault(self._device_id, {})

    def update_count(self, index: Any) -> int:
        """Return how often the parameter of an index was updated, from ``begin_num_update`` on."""
        return self._counts.get(index, self.begin_num_update)

    def set_update_count(self, index: Any, count: int) -> None:
        """Say how often the parameter of an index was updated."""
        self._counts[index] = count

    def _set_current_context(self, device_id: int) -> None:
        """Count from now on for the replicas on the devices of a number."""
        self._device_id = device_id

    def _update_count(self, index: Any) -> None:
        for each in index if isinstance(index, (list, tuple)) else (index,):
            count = self.update_count(each) + 1
            self._counts[each] = count
            self.num_update = max(self.num_update, count)
