"""The loss of sequences of labels whose places nobody knows."""

from __future__ import annotations

from typing import Any

from gluonish.errors import ArgumentError
from gluonish.gluon.loss.base import Loss, weighted

__all__ = ["CTCLoss"]


class CTCLoss(Loss):
    """Connectionist temporal classification: Graves et al. (2006).

    -log of the probability that a sequence of scores says a sequence of labels, each label lasting any number
    of steps, with blanks between them. The last class is the blank.

    Args:
        layout: the order of axes of scores, ``"NTC"`` (batch, steps, classes) or ``"TNC"``.
        label_layout: the order of axes of labels, ``"NT"`` or ``"TN"``.
        weight: a number to multiply with.
        kwargs: as of HybridBlock.

    Raises:
        ArgumentError: another layout.

    Example:
        >>> import gluonish as mx
        >>> loss = mx.gluon.loss.CTCLoss()
        >>> labels = mx.nd.array([[1, 0, -1, -1], [2, 1, 1, -1]])
        >>> loss(mx.nd.ones((2, 20, 4)), labels).asnumpy().round(4)
        array([18.8282, 16.5058], dtype=float32)
    """

    def __init__(
        self, layout: str = "NTC", label_layout: str = "NT", weight: float | None = None, **kwargs: Any
    ) -> None:
        for name, value, known in (
            ("layout", layout, ("NTC", "TNC")),
            ("label_layout", label_layout, ("NT", "TN")),
        ):
            if value not in known:
                raise ArgumentError(
                    "CTCLoss",
                    f"has an unknown {name}",
                    expected=" or ".join(map(repr, known)),
                    received=repr(value),
                )
        super().__init__(weight, label_layout.find("N"), **kwargs)
        self._layout = layout
        self._label_layout = label_layout

    def hybrid_forward(
        self,
        F: Any,
        pred: Any,
        label: Any,
        pred_lengths: Any = None,
        label_lengths: Any = None,
        sample_weight: Any = None,
    ) -> Any:
        """Compare.

        Args:
            F: the operators.
            pred: scores, before any softmax.
            label: classes, padded with -1 where ``label_lengths`` does not say how many there are.
            pred_lengths: how many steps each example has (N,), if not all.
            label_lengths: how many labels each example has (N,).
            sample_weight: what to multiply each loss with (N,).
        """
        if self._layout == "NTC":
            pred = F.swapaxes(pred, dim1=0, dim2=1)
        if self._label_layout == "TN":
            label = F.swapaxes(label, dim1=0, dim2=1)
        loss = F.CTCLoss(
            pred,
            label,
            pred_lengths,
            label_lengths,
            use_data_lengths=pred_lengths is not None,
            use_label_lengths=label_lengths is not None,
            blank_label="last",
        )
        return weighted(F, loss, self._weight, sample_weight)
