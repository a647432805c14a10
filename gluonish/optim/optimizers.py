"""torch's optimizers, with its arguments and formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gluonish.errors import ArgumentError, SignatureError
from gluonish.optim import rules
from gluonish.optim.optimizer import Optimizer

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "RMSprop"]

WITHOUT_EFFECT = ("foreach", "fused", "capturable", "differentiable")
"""Arguments of torch's optimizers that choose an implementation. There is one here."""


def _settings(optimizer: str, more: Mapping[str, Any], **settings: Any) -> dict[str, Any]:
    """Return the settings of a group, after a look at arguments without effect."""
    unknown = [name for name in more if name not in WITHOUT_EFFECT]
    if unknown:
        raise SignatureError(f"optim.{optimizer}()", f"has no argument {unknown[0]!r}")
    return settings


class SGD(Optimizer):
    """Gradient descent with momentum.

    With G the gradient (its opposite, to maximise) plus ``weight_decay`` w::

        b <- momentum b + (1 - dampening) G        b = G in the first step
        w <- w - lr b                              w - lr (G + momentum b) with Nesterov's

    Args:
        params: see ``Optimizer``.
        lr: the learning rate.
        momentum: how much of the last change goes on.
        dampening: how much less of a gradient enters it.
        weight_decay: the L2 coefficient.
        nesterov: look ahead: Sutskever et al., On the importance of initialization and momentum (2013).
        maximize: climb.
        more: ``foreach``, ``fused`` ..., which choose an implementation in torch and mean nothing here.

    Raises:
        ArgumentError: a rate is negative, or ``nesterov`` is on without momentum or with dampening.

    Example:
        >>> from gluonish import nn, optim
        >>> w = nn.Parameter([1.0])
        >>> sgd = optim.SGD([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> sgd.step()
        >>> w.data
        array([0.], dtype=float32)
    """

    rule = rules.SGDRule

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        **more: Any,
    ) -> None:
        defaults = _settings(
            "SGD",
            more,
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
        )
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ArgumentError(
                "optim.SGD()",
                "looks ahead with momentum only",
                expected="momentum above 0 and no dampening with nesterov=True",
            )
        super().__init__(params, defaults)


class Adam(Optimizer):
    """Adam: Kingma and Ba, A method for stochastic optimization (2015).

    With G the gradient (its opposite, to maximise) plus ``weight_decay`` w, in step t::

        m <- beta1 m + (1 - beta1) G
        v <- beta2 v + (1 - beta2) G^2
        w <- w - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

    Args:
        params: see ``Optimizer``.
        lr: the learning rate.
        betas: the decays of both means.
        eps: keeps the divisor from 0.
        weight_decay: the L2 coefficient.
        amsgrad: divide by the largest v so far: Reddi et al., On the convergence of Adam (2018).
        maximize: climb.
        more: as of ``SGD``.

    Raises:
        ArgumentError: a rate is negative, or a beta is not in [0, 1).
    """

    rule = rules.AdamRule

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        **more: Any,
    ) -> None:
        defaults = _settings(
            type(self).__name__,
            more,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            maximize=maximize,
        )
        super().__init__(params, defaults)


class AdamW(Adam):
    """Adam with decoupled weight decay: Loshchilov and Hutter (2019), algorithm 2.

    The decay, ``lr weight_decay w``, is subtracted from the weight by itself and does not enter the means.

    Args:
        params: as of ``Adam``, like the rest.
        lr: the learning rate.
        betas: the decays of both means.
        eps: keeps the divisor from 0.
        weight_decay: the coefficient.
        amsgrad: divide by the largest v so far.
        maximize: climb.
        more: as of ``SGD``.
    """

    rule = rules.AdamWRule

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, **more)


class RMSprop(Optimizer):
    """RMSprop: Tieleman and Hinton, Lecture 6.5 (2012); centred: Graves (2013).

    With G the gradient (its opposite, to maximise) plus ``weight_decay`` w::

        v <- alpha v + (1 - alpha) G^2
        a <- alpha a + (1 - alpha) G               centred: v - a^2 in place of v below
        b <- momentum b + G / (sqrt(v) + eps)
        w <- w - lr b

    Args:
        params: see ``Optimizer``.
        lr: the learning rate.
        alpha: the decay of the running means.
        eps: keeps the divisor from 0.
        weight_decay: the L2 coefficient.
        momentum: how much of the last change goes on.
        centered: which form.
        maximize: climb.
        more: as of ``SGD``.

    Raises:
        ArgumentError: a rate is negative.
    """

    rule = rules.RMSpropRule

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
        **more: Any,
    ) -> None:
        defaults = _settings(
            "RMSprop",
            more,
            lr=lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
            maximize=maximize,
        )
        super().__init__(params, defaults)


class Adagrad(Optimizer):
    """Adagrad: Duchi et al., Adaptive subgradient methods (2011).

    With G the gradient (its opposite, to maximise) plus ``weight_decay`` w, in step t::

        s <- s + G^2
        w <- w - lr / (1 + (t - 1) lr_decay)  G / (sqrt(s) + eps)

    Args:
        params: see ``Optimizer``.
        lr: the learning rate.
        lr_decay: how fast it falls.
        weight_decay: the L2 coefficient.
        initial_accumulator_value: what s begins with.
        eps: keeps the divisor from 0.
        maximize: climb.
        more: as of ``SGD``.

    Raises:
        ArgumentError: a rate is negative.
    """

    rule = rules.AdagradRule

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
        **more: Any,
    ) -> None:
        defaults = _settings(
            "Adagrad",
            more,
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
            maximize=maximize,
        )
        super().__init__(params, defaults)
