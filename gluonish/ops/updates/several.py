"""One step of an optimizer for several weights.

The arrays of the first weight come first (weight, gradient, states, master), then those of the next. The new
weights are returned, or written to the list ``out``; states and masters are changed in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import NOT_DIFFERENTIABLE, XP, Array, Operator, operator
from gluonish.ops.common import numbered_outputs
from gluonish.ops.nn.common import require_float
from gluonish.ops.updates import adaptive, descent
from gluonish.ops.updates.common import (
    FLOAT32,
    Formula,
    require_count,
    updated,
    updated_with_master,
)
from gluonish.ops.updates.layerwise import adamw_step, lamb_coefficients

__all__: list[str] = []  # operators are found by name


@attrs.frozen
class Group:
    """The arrays that belong to one weight: weight, gradient, states, and maybe a master.

    Attributes:
        states: the names of the states.
        master: whether there is a float32 master; then the states are float32 too.
    """

    states: tuple[str, ...] = ()
    master: bool = False

    @property
    def size(self) -> int:
        """The number of arrays."""
        return 2 + len(self.states) + self.master

    def written(self, count: int) -> list[int]:
        """Return the positions of states and masters among the inputs."""
        return [i * self.size + position for i in range(count) for position in range(2, self.size)]

    def check(
        self, s: ShapeFacts, count: int, *, extra: Sequence[int] = (), lists: dict[str, Sequence[Any]]
    ) -> None:
        """Shape rule for ``count`` groups, followed by inputs of the sizes ``extra``."""
        require_count(s, "arrays", s.n_inputs, self.size * count + len(extra))
        for name, values in lists.items():
            require_count(s, f"entries in {name}", len(values), count)
        for i in range(count):
            s.same(*range(i * self.size, (i + 1) * self.size), s.n_inputs + i)
        for position, size in enumerate(extra, self.size * count):
            s[position] = (size,)

    def dtypes(self, d: DTypeFacts, count: int) -> None:
        """Dtype rule for ``count`` groups, followed by float32 inputs."""
        alike = 2 if self.master else self.size
        for i in range(count):
            first = i * self.size
            d.same(*range(first, first + alike), d.n_inputs + i)
            require_float(d, d.values[first])
            for position in range(first + alike, first + self.size):
                d[position] = FLOAT32
        for position in range(self.size * count, d.n_inputs):
            d[position] = FLOAT32

    def run(
        self,
        xp: XP,
        formula: Formula,
        data: Sequence[Array],
        out: Sequence[Array] | None,
        coefficients: Sequence[dict[str, Any]],
    ) -> tuple[Array, ...]:
        """Update every weight by the formula, with coefficients of its own."""
        targets = [None] * len(coefficients) if out is None else out
        return tuple(
            self._run_one(xp, formula, data[i * self.size : (i + 1) * self.size], target, own)
            for i, (target, own) in enumerate(zip(targets, coefficients, strict=True))
        )

    def _run_one(
        self, xp: XP, formula: Formula, arrays: Sequence[Array], out: Array | None, own: dict[str, Any]
    ) -> Array:
        weight, grad, *states = arrays
        if not self.master:
            return updated(xp, formula, weight, grad, states, out, **own)
        *states, master = states
        return updated_with_master(xp, formula, weight, grad, states, master, out, **own)


def _declare(name: str, group: Group, kernel: Any, doc: str) -> Operator:
    """Declare an operator over ``num_weights`` weights."""
    kernel.__doc__ = doc
    declared = operator(
        name,
        outputs=lambda num_weights: numbered_outputs(num_weights),  # noqa: PLW0108  rules are read by their arguments
        written=lambda num_weights: group.written(num_weights),  # noqa: PLW0108
        in_place=True,
        gradient=NOT_DIFFERENTIABLE,
    )(kernel)
    declared.dtype(lambda d, num_weights: group.dtypes(d, num_weights))  # noqa: PLW0108
    return declared


# -- gradient descent ---------------------------------------------------------------------------------------


def _rates(lrs: Sequence[Any], wds: Sequence[Any], **common: Any) -> list[dict[str, Any]]:
    """Return the coefficients of every weight."""
    return [{"lr": lr, "wd": wd, **common} for lr, wd in zip(lrs, wds, strict=True)]


def _declare_sgd(name: str, group: Group) -> None:
    """Declare gradient descent with rates as parameters."""

    def kernel(
        xp: XP,
        *data: Array,
        lrs: tuple[float, ...],
        wds: tuple[float, ...],
        rescale_grad: float = 1.0,
        clip_gradient: float = -1.0,
        num_weights: int = 1,
        out: Any = None,
    ) -> tuple[Array, ...]:
        return group.run(
            xp, descent.sgd, data, out, _rates(lrs, wds, rescale=rescale_grad, clip=clip_gradient)
        )

    declared = _declare(name, group, kernel, f"Apply ``{_single_name(group)}`` to several weights.")
    declared.shape(
        lambda s, num_weights, lrs, wds: group.check(s, num_weights, lists={"lrs": lrs, "wds": wds})
    )


def _declare_sgd_momentum(name: str, group: Group) -> None:
    """Declare gradient descent with momentum and with rates as parameters."""

    def kernel(
        xp: XP,
        *data: Array,
        lrs: tuple[float, ...],
        wds: tuple[float, ...],
        momentum: float = 0.0,
        rescale_grad: float = 1.0,
        clip_gradient: float = -1.0,
        num_weights: int = 1,
        out: Any = None,
    ) -> tuple[Array, ...]:
        coefficients = _rates(lrs, wds, momentum=momentum, rescale=rescale_grad, clip=clip_gradient)
        return group.run(xp, descent.sgd_momentum, data, out, coefficients)

    declared = _declare(name, group, kernel, f"Apply ``{_single_name(group)}`` to several weights.")
    declared.shape(
        lambda s, num_weights, lrs, wds: group.check(s, num_weights, lists={"lrs": lrs, "wds": wds})
    )


def _declare_preloaded_sgd(name: str, group: Group) -> None:
    """Declare gradient descent with rates in arrays."""

    def kernel(
        xp: XP,
        *data: Array,
        rescale_grad: float = 1.0,
        clip_gradient: float = -1.0,
        num_weights: int = 1,
        out: Any = None,
    ) -> tuple[Array, ...]:
        *data, lrs, wds = data  # type: ignore[assignment]
        return group.run(
            xp, descent.sgd, data, out, _rates(lrs, wds, rescale=rescale_grad, clip=clip_gradient)
        )

    declared = _declare(name, group, kernel, _preloaded_doc(group))
    declared.shape(lambda s, num_weights: group.check(s, num_weights, extra=[num_weights] * 2, lists={}))


def _declare_preloaded_sgd_momentum(name: str, group: Group) -> None:
    """Declare gradient descent with momentum and with rates in arrays."""

    def kernel(
        xp: XP,
        *data: Array,
        momentum: float = 0.0,
        rescale_grad: float = 1.0,
        clip_gradient: float = -1.0,
        num_weights: int = 1,
        out: Any = None,
    ) -> tuple[Array, ...]:
        *data, lrs, wds = data  # type: ignore[assignment]
        coefficients = _rates(lrs, wds, momentum=momentum, rescale=rescale_grad, clip=clip_gradient)
        return group.run(xp, descent.sgd_momentum, data, out, coefficients)

    declared = _declare(name, group, kernel, _preloaded_doc(group))
    declared.shape(lambda s, num_weights: group.check(s, num_weights, extra=[num_weights] * 2, lists={}))


def _single_name(group: Group) -> str:
    """Return the name of the operator for one weight."""
    return f"{'mp_' * group.master}sgd_{'mom_' * bool(group.states)}update"


def _preloaded_doc(group: Group) -> str:
    return f"Apply ``{_single_name(group)}`` to several weights; their rates and decays are two arrays, last."


for _master, _mp in ((False, ""), (True, "mp_")):
    _declare_sgd(f"multi_{_mp}sgd_update", Group(master=_master))
    _declare_preloaded_sgd(f"preloaded_multi_{_mp}sgd_update", Group(master=_master))
    _declare_sgd_momentum(f"multi_{_mp}sgd_mom_update", Group(("mom",), _master))
    _declare_preloaded_sgd_momentum(f"preloaded_multi_{_mp}sgd_mom_update", Group(("mom",), _master))


# -- Adam with decoupled decay ------------------------------------------------------------------------------


def _declare_adamw(name: str, group: Group) -> None:
    def kernel(
        xp: XP,
        *data: Array,
        lrs: tuple[float, ...],
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        wds: tuple[float, ...],
        etas: tuple[float, ...],
        clip_gradient: float = -1.0,
        num_weights: int = 1,
        out: Any = None,
    ) -> tuple[Array, ...]:
        *data, rescale_grad = data  # type: ignore[assignment]
        common = {"beta1": beta1, "beta2": beta2, "epsilon": epsilon, "clip": clip_gradient}
        coefficients = _rates(lrs, wds, rescale=rescale_grad, **common)
        for own, eta in zip(coefficients, etas, strict=True):
            own["eta"] = eta
        return group.run(xp, adamw_step, data, out, coefficients)

    single = "_mp_adamw_update" if group.master else "_adamw_update"
    declared = _declare(
        name, group, kernel, f"Apply ``{single}`` to several weights; the factor on gradients comes last."
    )
    declared.shape(
        lambda s, num_weights, lrs, wds, etas: group.check(
            s, num_weights, extra=[1], lists={"lrs": lrs, "wds": wds, "etas": etas}
        )
    )


_declare_adamw("_multi_adamw_update", Group(("mean", "var")))
_declare_adamw("_multi_mp_adamw_update", Group(("mean", "var"), master=True))


# -- LAMB ---------------------------------------------------------------------------------------------------


def _declare_lamb(name: str, group: Group) -> None:
    def kernel(
        xp: XP,
        *data: Array,
        learning_rates: tuple[float, ...],
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-6,
        wds: tuple[float, ...],
        rescale_grad: float = 1.0,
        lower_bound: float = -1.0,
        upper_bound: float = -1.0,
        clip_gradient: float = -1.0,
        bias_correction: bool = True,
        step_count: tuple[int, ...],
        num_tensors: int = 1,
        out: Any = None,
    ) -> tuple[Array, ...]:
        common = {"lower_bound": lower_bound, "upper_bound": upper_bound}
        coefficients = _rates(learning_rates, wds, rescale=rescale_grad, clip=clip_gradient, **common)
        for own, t in zip(coefficients, step_count, strict=True):
            own.update(lamb_coefficients(beta1, beta2, epsilon, t, bias_correction))
        return group.run(xp, adaptive.lamb, data, out, coefficients)

    phases = "mp_lamb_update" if group.master else "lamb_update"
    kernel.__doc__ = f"Apply ``{phases}_phase1``, and with the norms ``{phases}_phase2``, to several weights."
    declared = operator(
        name,
        outputs=lambda num_tensors: numbered_outputs(num_tensors),  # noqa: PLW0108  rules are read by their arguments
        written=lambda num_tensors: group.written(num_tensors),  # noqa: PLW0108
        in_place=True,
        gradient=NOT_DIFFERENTIABLE,
    )(kernel)
    declared.dtype(lambda d, num_tensors: group.dtypes(d, num_tensors))  # noqa: PLW0108
    declared.shape(
        lambda s, num_tensors, learning_rates, wds, step_count: group.check(
            s,
            num_tensors,
            lists={"learning_rates": learning_rates, "wds": wds, "step_count": step_count},
        )
    )


_declare_lamb("_multi_lamb_update", Group(("mean", "var")))
_declare_lamb("_multi_mp_lamb_update", Group(("mean", "var"), master=True))
