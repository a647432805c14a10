"""Losses, as layers: each is the function of ``nn.functional`` of its name, with the same arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from gluonish.nn import functional as F
from gluonish.nn.functional.arguments import old_reduction
from gluonish.nn.layers.common import Layer
from gluonish.tensors import Tensor

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelSoftMarginLoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class Loss(Layer):
    """A loss: a function of ``nn.functional`` with its arguments kept.

    Args:
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".
        arguments: the other arguments, which become attributes.
    """

    function: ClassVar[Callable[..., Tensor]]

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        **arguments: Any,
    ) -> None:
        super().__init__()
        self.reduction = old_reduction(size_average, reduce, reduction)
        for name, value in arguments.items():
            setattr(self, name, value)
        self.__dict__["_names"] = (*arguments, "reduction")

    def forward(self, *inputs: Any) -> Tensor:
        """Compute the loss of an input and a target, in this order."""
        return type(self).function(*inputs, **{name: getattr(self, name) for name in self.__dict__["_names"]})


class WeightedLoss(Loss):
    """A loss with a buffer, ``weight``."""

    def __init__(self, weight: Any = None, *args: Any, **arguments: Any) -> None:
        super().__init__(*args, **arguments)
        self.register_buffer("weight", weight)
        self.__dict__["_names"] = (*self.__dict__["_names"], "weight")


class MSELoss(Loss):
    """Returns the squares of the differences.

    Args:
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".

    Example:
        >>> from gluonish import Tensor, nn
        >>> nn.MSELoss()(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
        Tensor(2.0, grad=None)
    """

    function: ClassVar[Callable[..., Tensor]] = staticmethod(F.mse_loss)

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)


class L1Loss(MSELoss):
    """Returns the absolute differences; arguments as of MSELoss."""

    function = staticmethod(F.l1_loss)


class SoftMarginLoss(MSELoss):
    """Returns log(1 + exp(-y x)) of scores x and targets y of 1 and -1; arguments as of MSELoss."""

    function = staticmethod(F.soft_margin_loss)


class SmoothL1Loss(Loss):
    """Returns d^2 / (2 beta) of differences d below beta, |d| - beta / 2 of others."""

    function = staticmethod(F.smooth_l1_loss)

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction, beta=beta)


class HuberLoss(Loss):
    """Returns d^2 / 2 of differences d below delta, delta (|d| - delta / 2) of others."""

    function = staticmethod(F.huber_loss)

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction, delta=delta)


class CrossEntropyLoss(WeightedLoss):
    """Returns -log of the softmax of scores, at the right classes.

    Args:
        weight: a factor for each class.
        size_average: an old form of ``reduction``.
        ignore_index: a class that counts nothing.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".
        label_smoothing: the share of probability that is given to all classes alike.
    """

    function = staticmethod(F.cross_entropy)

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(
            weight,
            size_average,
            reduce,
            reduction,
            ignore_index=ignore_index,
            label_smoothing=label_smoothing,
        )


class NLLLoss(WeightedLoss):
    """Returns minus the input at the right classes; arguments as of CrossEntropyLoss."""

    function = staticmethod(F.nll_loss)

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction, ignore_index=ignore_index)


class BCELoss(WeightedLoss):
    """Returns the binary cross entropy of probabilities.

    Args:
        weight: factors on the losses.
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """

    function: ClassVar[Callable[..., Tensor]] = staticmethod(F.binary_cross_entropy)

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """Returns the binary cross entropy of the sigmoid of scores.

    Args:
        weight: factors on the losses.
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".
        pos_weight: factors on the positive part, one for each entry of the last axis.
    """

    function = staticmethod(F.binary_cross_entropy_with_logits)

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Any = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)
        self.__dict__["_names"] = (*self.__dict__["_names"], "pos_weight")


class MultiLabelSoftMarginLoss(BCELoss):
    """Returns, for each example, the mean over classes of the binary cross entropy of its scores."""

    function = staticmethod(F.multilabel_soft_margin_loss)


class KLDivLoss(Loss):
    """Returns Kullback and Leibler's divergence, element by element.

    Args:
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "batchmean" (the divergence), "mean", "sum" or "none".
        log_target: whether targets are logarithms too.
    """

    function = staticmethod(F.kl_div)

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction, log_target=log_target)


class PoissonNLLLoss(Loss):
    """Returns -log of a Poisson distribution's probability; arguments as of the function."""

    function = staticmethod(F.poisson_nll_loss)

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction, log_input=log_input, full=full, eps=eps)


class GaussianNLLLoss(Loss):
    """Returns -log of a normal distribution's density; called with input, target and variance."""

    function = staticmethod(F.gaussian_nll_loss)

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction, full=full, eps=eps)


class HingeEmbeddingLoss(Loss):
    """Returns distances x where the target is 1, and max(0, margin - x) where it is -1."""

    function = staticmethod(F.hinge_embedding_loss)

    def __init__(
        self,
        margin: float = 1.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction, margin=margin)


class MarginRankingLoss(Loss):
    """Returns max(0, margin - y (x1 - x2)); called with x1, x2 and y."""

    function = staticmethod(F.margin_ranking_loss)

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction, margin=margin)


class CosineEmbeddingLoss(Loss):
    """Returns 1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1."""

    function = staticmethod(F.cosine_embedding_loss)

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction, margin=margin)


class TripletMarginLoss(Loss):
    """Returns max(0, d(a, p) - d(a, n) + margin); called with a, p and n."""

    function = staticmethod(F.triplet_margin_loss)

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction, margin=margin, p=p, eps=eps, swap=swap)


class TripletMarginWithDistanceLoss(Loss):
    """Returns max(0, d(a, p) - d(a, n) + margin) for any distance; called with a, p and n."""

    function = staticmethod(F.triplet_margin_with_distance_loss)

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction, distance_function=distance_function, margin=margin, swap=swap)


class CTCLoss(Loss):
    """Returns -log of the probability that a sequence says its labels; called as ``nn.functional.ctc_loss``.

    Args:
        blank: the class that says nothing.
        reduction: "mean", "sum" or "none".
        zero_infinity: whether the loss of labels that do not fit into the steps is 0, and not infinite.
    """

    function = staticmethod(F.ctc_loss)

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction, blank=blank, zero_infinity=zero_infinity)
