"""Update operators of ``nd.contrib`` that take lists of arrays, or a number for an array of one element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gluonish.engine.invoke import call_operator
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.engine.operator import find_operator

__all__ = [
    "adamw_update",
    "mp_adamw_update",
    "multi_adamw_update",
    "multi_lamb_update",
    "multi_mp_adamw_update",
    "multi_mp_lamb_update",
]

Arrays = Sequence[NDArray]


def adamw_update(
    weight: NDArray,
    grad: NDArray,
    mean: NDArray,
    var: NDArray,
    rescale_grad: NDArray | float,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: NDArray | None = None,
    name: str | None = None,  # noqa: ARG001  MXNet's signature
) -> NDArray:
    """Return the weight after a step of Adam with decoupled decay; change ``mean`` and ``var`` in place.

    Loshchilov and Hutter, Decoupled weight decay regularization (2019): with G the rescaled and clipped
    gradient, w - eta (lr mean / (sqrt(var) + epsilon) + wd w).

    Args:
        weight: the weight.
        grad: its gradient.
        mean: the running mean of G.
        var: the running mean of G^2.
        rescale_grad: a factor on the gradient, as a number or an array of one element. Where it is 0 or no
            finite number, nothing is changed.
        lr: the learning rate.
        eta: a factor on the whole step.
        beta1: decay of ``mean``.
        beta2: decay of ``var``.
        epsilon: keeps the divisor from 0.
        wd: the weight decay.
        clip_gradient: bound on the rescaled gradient; 0 or less for none.
        out: where the result goes, usually ``weight``.
        name: accepted for MXNet's sake.

    Example:
        >>> import gluonish as mx
        >>> w, mean, var = mx.nd.ones(2), mx.nd.zeros(2), mx.nd.zeros(2)
        >>> mx.nd.contrib.adamw_update(w, mx.nd.ones(2), mean, var, 1.0, lr=0.1, eta=1.0).asnumpy().round(3)
        array([0.684, 0.684], dtype=float32)
    """
    params = {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon}
    params |= {"wd": wd, "clip_gradient": clip_gradient}
    arrays = (weight, grad, mean, var, _factor(rescale_grad, weight))
    return call_operator(find_operator("_adamw_update"), arrays, params, out)


def mp_adamw_update(
    weight: NDArray,
    grad: NDArray,
    mean: NDArray,
    var: NDArray,
    weight32: NDArray,
    rescale_grad: NDArray | float,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: NDArray | None = None,
    name: str | None = None,  # noqa: ARG001  MXNet's signature
) -> NDArray:
    """Update the float32 master ``weight32`` as ``adamw_update`` does; return it in the weight's dtype."""
    params = {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon}
    params |= {"wd": wd, "clip_gradient": clip_gradient}
    arrays = (weight, grad, mean, var, weight32, _factor(rescale_grad, weight))
    return call_operator(find_operator("_mp_adamw_update"), arrays, params, out)


def multi_adamw_update(
    weights: Arrays,
    grads: Arrays,
    mean: Arrays,
    var: Arrays,
    rescale_grad: NDArray | float,
    lrs: Sequence[float],
    wds: Sequence[float],
    etas: Sequence[float],
    out: Arrays | None = None,
    name: str | None = None,  # noqa: ARG001  MXNet's signature
    size: int = 0,
    **kwargs: Any,
) -> Any:
    """Apply ``adamw_update`` to several weights: lists of arrays and of rates, an entry for each weight."""
    roles = (weights, grads, mean, var)
    params = {"lrs": lrs, "wds": wds, "etas": etas, "num_weights": size or len(weights), **kwargs}
    return _several("_multi_adamw_update", roles, [_factor(rescale_grad, weights[0])], params, out)


def multi_mp_adamw_update(
    weights: Arrays,
    grads: Arrays,
    mean: Arrays,
    var: Arrays,
    weights32: Arrays,
    rescale_grad: NDArray | float,
    lrs: Sequence[float],
    wds: Sequence[float],
    etas: Sequence[float],
    out: Arrays | None = None,
    name: str | None = None,  # noqa: ARG001  MXNet's signature
    size: int = 0,
    **kwargs: Any,
) -> Any:
    """Apply ``mp_adamw_update`` to several weights: lists of arrays and rates, an entry for each weight."""
    roles = (weights, grads, mean, var, weights32)
    params = {"lrs": lrs, "wds": wds, "etas": etas, "num_weights": size or len(weights), **kwargs}
    return _several("_multi_mp_adamw_update", roles, [_factor(rescale_grad, weights[0])], params, out)


def multi_lamb_update(
    weights: Arrays,
    grads: Arrays,
    mean: Arrays,
    var: Arrays,
    step_count: Sequence[int],
    lrs: Sequence[float],
    wds: Sequence[float],
    out: Arrays | None = None,
    num_tensors: int = 0,
    **kwargs: Any,
) -> Any:
    """Apply a step of LAMB to several weights: You et al., Large batch optimization (2020), algorithm 2.

    Args:
        weights: the weights.
        grads: their gradients.
        mean: the running means of the gradients, which are changed in place.
        var: the running means of their squares, likewise.
        step_count: how often each weight was updated, this time included.
        lrs: a learning rate for each.
        wds: a weight decay for each.
        out: where the results go, usually ``weights``.
        num_tensors: their number; it may be left out.
        kwargs: ``beta1``, ``beta2``, ``epsilon``, ``rescale_grad``, ``lower_bound``, ``upper_bound``,
            ``clip_gradient`` and ``bias_correction``.

    Returns:
        The new weights: an array for one weight, else a list.
    """
    params = {"learning_rates": lrs, "wds": wds, "step_count": step_count, **kwargs}
    params["num_tensors"] = num_tensors or len(weights)
    return _several("_multi_lamb_update", (weights, grads, mean, var), [], params, out)


def multi_mp_lamb_update(
    weights: Arrays,
    grads: Arrays,
    mean: Arrays,
    var: Arrays,
    weights32: Arrays,
    step_count: Sequence[int],
    lrs: Sequence[float],
    wds: Sequence[float],
    out: Arrays | None = None,
    num_tensors: int = 0,
    **kwargs: Any,
) -> Any:
    """Update the float32 masters ``weights32`` as ``multi_lamb_update`` does; return them as the weights."""
    params = {"learning_rates": lrs, "wds": wds, "step_count": step_count, **kwargs}
    params["num_tensors"] = num_tensors or len(weights)
    return _several("_multi_mp_lamb_update", (weights, grads, mean, var, weights32), [], params, out)


def _several(
    name: str, roles: Sequence[Arrays], extra: list[NDArray], params: dict[str, Any], out: Arrays | None
) -> Any:
    """Call an operator that takes the arrays of one weight after those of another."""
    arrays = [array for group in zip(*roles, strict=True) for array in group]
    return call_operator(find_operator(name), (*arrays, *extra), params, out)


def _factor(value: NDArray | float, weight: NDArray) -> NDArray:
    """Return a number as an array beside the weight."""
    return value if isinstance(value, NDArray) else from_data([value], weight.context, "float32")
