"""Connectionist temporal classification: the loss of a sequence of labels of which nobody knows the places.

Graves et al., Connectionist Temporal Classification (2006). Between the labels, and around them, stand
blanks; each of these 2 L + 1 states may last any number of steps, and a blank between different labels may be
left out. ``alpha[t, s]`` is the logarithm of the probability of all ways to be in state s at step t.

The gradient runs through the recursion backwards: what arrives at a state is handed on to those it can be
entered from, in proportion to what they contributed. That is linear, ``_band_scan``, and its gradients are
scans in the other direction, so the loss can be differentiated any number of times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.fields import DType
from gluonish.engine.operator import XP, ZERO_GRADIENT, Array, operator
from gluonish.ops.common import resolve_indices, state_axes
from gluonish.ops.nn.common import is_half, require_float
from gluonish.ops.nn.normal import WIDE, narrowed, reshaped, widened

__all__: list[str] = []

IMPOSSIBLE = -1e30
"""The logarithm of no probability: finite, so that differences are numbers."""

Blank = Literal["first", "last"]

USES = {
    "data_lengths": lambda use_data_lengths: use_data_lengths,
    "label_lengths": lambda use_label_lengths: use_label_lengths,
}

REACH = 2
"""How many states a step can go on: to a label, past the blank."""


# -- states -----------------------------------------------------------------------------------------------


def _label_lengths(xp: XP, labels: Array, given: Array | None, blank_label: Blank) -> Array:
    """Return how many labels each example has: up to the first that is padding, if it is not given."""
    size = labels.shape[1]
    if given is not None:
        return resolve_indices(xp, given, size + 1, "raise", "The label lengths of CTCLoss")
    padding = labels <= 0 if blank_label == "first" else labels < 0
    behind = xp.cumsum(padding, axis=1) > 0
    return size - behind.sum(axis=1)


@operator("_ctc_states", outputs=("places", "skips", "ends"), gradient=ZERO_GRADIENT, uses=USES)
def ctc_states(
    xp: XP,
    label: Array,
    data_lengths: Array = None,
    label_lengths: Array = None,
    *,
    steps: int,
    classes: int,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Blank = "first",
    dtype: DType = WIDE,
) -> tuple[Array, Array, Array]:
    """Describe the states that the labels of each example are passed through in.

    Returns, with S = 2 L + 1 states, places (N, S), where in the classes of all examples the label of a state
    is; skips (N, S), 1 where a state can be entered from the one before the last; ends (steps, N, S), 1 where
    the sequence may end.
    """
    labels = label.astype("int64")
    batch, size = labels.shape
    lengths = _label_lengths(xp, labels, label_lengths, blank_label)
    blank = 0 if blank_label == "first" else classes - 1
    labels = xp.where(xp.arange(size) < lengths[:, None], labels, blank)
    states = xp.full((batch, 2 * size + 1), blank, "int64")
    states[:, 1::2] = resolve_indices(xp, labels, classes, "raise", "The labels of CTCLoss")
    skips = xp.zeros(states.shape, dtype)
    skips[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    if data_lengths is None:
        last = xp.full(batch, steps - 1)
    else:
        last = resolve_indices(xp, data_lengths, steps + 1, "raise", "The data lengths of CTCLoss") - 1
    number = xp.arange(2 * size + 1)
    final = (number == 2 * lengths[:, None]) | (number == 2 * lengths[:, None] - 1)
    ends = (xp.arange(steps)[:, None] == last)[:, :, None] & final
    places = states + xp.arange(batch)[:, None] * classes
    return places, skips, ends.astype(dtype)


@ctc_states.shape
def ctc_states_shape(s: ShapeFacts, steps: int) -> None:
    label = s["label"]
    if label is not None and len(label) != 2:  # noqa: PLR2004
        s.fail("needs labels of two axes", expected="batch, labels")
    batch, size = label or (None, None)
    for name in ("data_lengths", "label_lengths"):
        if name in s:
            s[name] = (batch,)
    count = None if size is None else 2 * size + 1
    s["places"] = s["skips"] = (batch, count)
    s["ends"] = (steps, batch, count)


@ctc_states.dtype
def ctc_states_dtype(d: DTypeFacts, dtype: Any) -> None:
    d["places"] = np.dtype("int64")
    d["skips"] = d["ends"] = dtype


# -- the loss ---------------------------------------------------------------------------------------------


@operator(
    "CTCLoss",
    aliases=("ctc_loss", "_contrib_CTCLoss", "_contrib_ctc_loss"),
    outputs=("output0", "alphas", "total"),
    labels=("output0", "output1"),
    visible=1,
    uses=USES,
)
def ctc_loss(
    xp: XP,
    data: Array,
    label: Array,
    data_lengths: Array = None,
    label_lengths: Array = None,
    *,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Blank = "first",
) -> tuple[Array, Array, Array]:
    """Return, per example, -log of the probability that a sequence of scores says these labels.

    Graves et al., Connectionist Temporal Classification (2006). Of labels that do not fit into the steps the
    loss and its gradient are 0, as in MXNet.

    Args:
        xp: the module of the arrays.
        data: scores (steps, batch, classes); their softmax are the probabilities. One class is the blank.
        label: the classes to be said (batch, labels), padded at the end with -1, or with 0 where the blank is
            the first class.
        data_lengths: how many steps each example has, if not all.
        label_lengths: how many labels each example has, if the padding does not say it.
        use_data_lengths: whether ``data_lengths`` is given.
        use_label_lengths: whether ``label_lengths`` is given.
        blank_label: which class is the blank.
    """
    wide = data.astype(WIDE) if is_half(data.dtype) else data
    steps, batch, classes = data.shape
    places, skips, ends = ctc_states.kernel(
        xp,
        label,
        data_lengths,
        label_lengths,
        steps=steps,
        classes=classes,
        blank_label=blank_label,
        dtype=wide.dtype,
    )
    shifted = wide - wide.max(axis=2, keepdims=True)
    log_probabilities = shifted - xp.log(xp.exp(shifted).sum(axis=2, keepdims=True))
    alphas = _alphas(xp, log_probabilities.reshape(steps, batch * classes)[:, places], skips)
    reached = xp.where(ends > 0, alphas, IMPOSSIBLE)
    highest = reached.max(axis=(0, 2))
    total = highest + xp.log((ends * xp.exp(reached - highest[:, None])).sum(axis=(0, 2)))
    total = xp.where(highest > IMPOSSIBLE / 2, -total, 0).astype(wide.dtype, copy=False)
    return total.astype(data.dtype), alphas, total


def _alphas(xp: XP, own: Array, skips: Array) -> Array:
    """Return log-probabilities of all ways into each state, from those of the states' own labels."""
    alphas = xp.full(own.shape, IMPOSSIBLE, own.dtype)
    alphas[0, :, :2] = own[0, :, :2]
    bar = (1 - skips[:, REACH:]) * IMPOSSIBLE
    for t in range(1, len(own)):
        before, now = alphas[t - 1], alphas[t]
        now[...] = before
        now[:, 1:] = xp.logaddexp(now[:, 1:], before[:, :-1])
        now[:, REACH:] = xp.logaddexp(now[:, REACH:], before[:, :-REACH] + bar)
        now += own[t]
    return alphas


@ctc_loss.shape
def ctc_loss_shape(s: ShapeFacts) -> None:
    for name, axes in (("data", "steps, batch, classes"), ("label", "batch, labels")):
        if s[name] is not None and len(s[name]) != axes.count(",") + 1:
            s.fail(f"needs {name} of other axes", expected=axes)
    labels = {"data": "tnc", "label": "nl", "output0": "n", "total": "n"}
    state_axes(s, labels | {name: "n" for name in ("data_lengths", "label_lengths") if name in s})
    steps = None if s["data"] is None else s["data"][0]
    batch, size = s["label"]
    s["alphas"] = (steps, batch, None if size is None else 2 * size + 1)


@ctc_loss.dtype
def ctc_loss_dtype(d: DTypeFacts) -> None:
    data = d["data"]
    require_float(d, data)
    d.same("data", "output0")
    if data is not None:
        d["alphas"] = d["total"] = WIDE if is_half(data) else data


@ctc_loss.gradient("data")
def ctc_loss_gradient(
    F: Any,
    g: Any,
    data: Any,
    label: Any,
    data_lengths: Any,
    label_lengths: Any,
    alphas: Any,
    total: Any,
    hidden: tuple[Any, ...],
    dtypes: Any,
    params: Mapping[str, Any],
) -> Any:
    steps, batch, classes = data.shape
    lengths = _trailing(data_lengths, label_lengths)
    dtype = WIDE if is_half(dtypes[0]) else dtypes[0]
    places, skips, ends = F._ctc_states(
        label, *lengths, steps=steps, classes=classes, dtype=dtype, **dict(params)
    )
    log_probabilities = F.log_softmax(widened(F, data, dtypes[0]))
    own = F.take(F._reshape_to(log_probabilities, shape=(steps, batch * classes)), places, axis=1)
    g_alphas, g_total = hidden
    g = widened(F, g, dtypes[0])
    g = g if g_total is None else g + g_total
    # The part of each way to end in all of them. Elsewhere the difference may be large: it must not overflow.
    parts = ends * F.exp(ends * (alphas + F._reshape_to(total, shape=(1, batch, 1))))
    into = -(F._reshape_to(g, shape=(1, batch, 1)) * parts)
    into = into if g_alphas is None else into + g_alphas
    through = F._band_scan(into, *_shares(F, alphas, own, skips), reverse=True)
    found = reshaped(F, F._index_add(through, places, size=batch * classes, axis=1), (steps, batch, classes))
    result = found - F.exp(log_probabilities) * F.sum(found, axis=(2,), keepdims=True)
    return narrowed(F, result, dtypes[0])


def _trailing(data_lengths: Any, label_lengths: Any) -> tuple[Any, ...]:
    """Return the lengths without those at the end that are absent."""
    if label_lengths is not None:
        return data_lengths, label_lengths
    return () if data_lengths is None else (data_lengths,)


def _shares(F: Any, alphas: Any, own: Any, skips: Any) -> tuple[Any, Any, Any]:
    """Return which share of each state's ways in comes from itself, the state before, and that before it."""
    arrived = own - alphas
    stay, step, skip = (_from_before(F, alphas, back, IMPOSSIBLE) + arrived for back in range(REACH + 1))
    bar = (1 - skips) * IMPOSSIBLE
    return F.exp(stay), F.exp(step), F.exp(skip + bar) * skips


def _from_before(F: Any, array: Any, back: int, nothing: float = 0.0) -> Any:
    """Return, for each step and state, what was one step and ``back`` states before."""
    steps, _, states = array.shape
    back = min(back, states)
    part = F._getitem(array, key=(slice(0, steps - 1), slice(None), slice(0, states - back)))
    return F.Pad(part, mode="constant", pad_width=(1, 0, 0, 0, back, 0), constant_value=nothing)


# -- scans ------------------------------------------------------------------------------------------------


@operator("_band_scan")
def band_scan(xp: XP, data: Array, stay: Array, step: Array, skip: Array, *, reverse: bool = False) -> Array:
    """Return what arrives in each state (steps, batch, states), and what is handed on to it.

    Forwards, ``y[t, s] = x[t, s] + stay[t, s] y[t-1, s] + step[t, s] y[t-1, s-1] + skip[t, s] y[t-1, s-2]``.
    In reverse, the transpose: each state hands on what it has, by the same weights, to the step before.
    """
    result = data.copy()
    bands = tuple(enumerate((stay, step, skip)))
    steps, _, states = data.shape
    for t in range(steps - 1, 0, -1) if reverse else range(1, steps):
        for back, weights in bands:
            kept = max(states - back, 0)
            before, here = result[t - 1, :, :kept], result[t, :, states - kept :]
            weight = weights[t, :, states - kept :]
            if reverse:
                before += weight * here
            else:
                here += weight * before
    return result


@band_scan.shape
def band_scan_shape(s: ShapeFacts) -> None:
    s.same(*range(len(s.values)))
    if s["data"] is not None and len(s["data"]) != 3:  # noqa: PLR2004
        s.fail("needs arrays of three axes", expected="steps, batch, states")


@band_scan.gradient()
def band_scan_gradient(
    F: Any, g: Any, stay: Any, step: Any, skip: Any, output: Any, reverse: bool
) -> tuple[Any, ...]:
    other = F._band_scan(g, stay, step, skip, reverse=not reverse)
    forward, backward = (other, output) if reverse else (output, other)
    return (other, *(backward * _from_before(F, forward, back) for back in range(REACH + 1)))
