"""Update operators of ``sym.contrib`` that take a number for an array of one element."""

from __future__ import annotations

from typing import Any

from gluonish.engine.operator import find_operator
from gluonish.sym.creation import full
from gluonish.symbol import Symbol, compose

__all__ = ["adamw_update", "mp_adamw_update"]


def adamw_update(
    weight: Symbol,
    grad: Symbol,
    mean: Symbol,
    var: Symbol,
    rescale_grad: Symbol | float,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: Symbol | None = None,  # noqa: ARG001  MXNet's signature; a graph has no memory to write into
    name: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """Return the symbol of a step of Adam with decoupled decay; see ``mx.nd.contrib.adamw_update``.

    Args:
        weight: the weight.
        grad: its gradient.
        mean: the running mean of the gradient, changed when the graph runs.
        var: the running mean of its square, likewise.
        rescale_grad: a factor on the gradient: a number, or the symbol of an array of one element.
        lr: the learning rate.
        eta: a factor on the whole step.
        beta1: decay of ``mean``.
        beta2: decay of ``var``.
        epsilon: keeps the divisor from 0.
        wd: the weight decay.
        clip_gradient: bound on the rescaled gradient; 0 or less for none.
        out: accepted for MXNet's sake.
        name: the name of the node.
        kwargs: ``attr`` of the node.

    Example:
        >>> import gluonish as mx
        >>> w, g, mean, var = map(mx.sym.var, ["w", "g", "mean", "var"])
        >>> mx.sym.contrib.adamw_update(w, g, mean, var, 1.0, lr=0.1, eta=1.0).infer_shape(w=(2, 3))[1]
        [(2, 3)]
    """
    params = {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon}
    params |= {"wd": wd, "clip_gradient": clip_gradient}
    return _composed("_adamw_update", (weight, grad, mean, var), rescale_grad, params, name, kwargs)


def mp_adamw_update(
    weight: Symbol,
    grad: Symbol,
    mean: Symbol,
    var: Symbol,
    weight32: Symbol,
    rescale_grad: Symbol | float,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: Symbol | None = None,  # noqa: ARG001  MXNet's signature; a graph has no memory to write into
    name: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """Return the symbol of ``adamw_update`` on the float32 master ``weight32``, in the weight's dtype."""
    params = {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon}
    params |= {"wd": wd, "clip_gradient": clip_gradient}
    arrays = (weight, grad, mean, var, weight32)
    return _composed("_mp_adamw_update", arrays, rescale_grad, params, name, kwargs)


def _composed(
    op_name: str,
    arrays: tuple[Symbol, ...],
    factor: Symbol | float,
    params: dict[str, Any],
    name: str | None,
    attributes: dict[str, Any],
) -> Symbol:
    factor = factor if isinstance(factor, Symbol) else full((1,), factor)
    op = find_operator(op_name)
    return compose(op, (*arrays, factor), params, name=name, hint=op_name, **attributes)
