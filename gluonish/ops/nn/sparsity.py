"""A penalty on units that are active too often: Ng, Sparse autoencoder (2011), section 2."""

from __future__ import annotations

from typing import Any

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.nn.common import float_rule

__all__: list[str] = []


@operator(
    "IdentityAttachKLSparseReg",
    outputs=("output", "average"),
    visible=1,
    aux=("moving_avg",),
    labels=("output",),
)
def identity_attach_kl_sparse_reg(
    xp: XP,
    data: Array,
    moving_avg: Array,
    *,
    sparseness_target: float = 0.1,
    penalty: float = 0.001,
    momentum: float = 0.9,
    training: bool,
) -> tuple[Array, Array]:
    """Return a copy of activities, and add to their gradient that of a penalty on their averages.

    The penalty is the divergence (Kullback and Leibler) of the average of each unit from the target; while
    training, the average becomes ``momentum`` times itself plus the rest times the mean of the batch.

    Args:
        xp: the module of the arrays.
        data: activities between 0 and 1, (batch, units).
        moving_avg: the average activity of each unit.
        sparseness_target: what the averages should be.
        penalty: a factor on the penalty.
        momentum: how slowly the averages change.
        training: whether they change.
    """
    if training:
        mean = data.mean((0, *range(2, data.ndim)))
        moving_avg[...] = moving_avg * momentum + mean * (1 - momentum)
    return data.copy(), moving_avg.copy()


@identity_attach_kl_sparse_reg.shape
def identity_attach_kl_sparse_reg_shape(s: ShapeFacts) -> None:
    s.same("data", "output")
    data = s["data"]
    if data is not None:
        if len(data) < 2:  # noqa: PLR2004
            s.fail("needs units", expected="(batch, units)")
        s["moving_avg"] = s["average"] = data[1:2]


@identity_attach_kl_sparse_reg.gradient("data")
def identity_attach_kl_sparse_reg_gradient(
    F: Any, g: Any, average: Any, sparseness_target: float, penalty: float
) -> Any:
    slope = (1 - sparseness_target) / (1 - average) - sparseness_target / average
    return F.broadcast_add(g, F._reshape_to(slope * penalty, shape=(1, -1) + (1,) * (g.ndim - 2)))


identity_attach_kl_sparse_reg.dtype(float_rule)
