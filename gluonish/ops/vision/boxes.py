"""Boxes around objects: overlap, suppression, matching, and codes for offsets.

A box is four numbers: ``xmin, ymin, xmax, ymax`` (format "corner") or ``x, y, width, height`` (format
"center").
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import XP, ZERO_GRADIENT, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.common import as_scalar
from gluonish.shape import shape_size

__all__ = ["as_host", "boxes_at", "centres", "codes_for", "corners", "intersections", "keep_best"]

Format = Literal["corner", "center"]


def as_host(xp: XP, data: Array) -> np.ndarray[Any, Any]:
    """Return raw memory as NumPy's, for loops in which each step depends on the one before."""
    return np.asarray(data) if xp is np else xp.asnumpy(data)


def corners(xp: XP, boxes: Array) -> Array:
    """Return boxes of the format "center" as corners."""
    centre, half = boxes[..., :2], boxes[..., 2:] / 2
    return xp.concatenate([centre - half, centre + half], -1)


def centres(xp: XP, boxes: Array) -> Array:
    """Return boxes of the format "corner" by their centres and sizes."""
    low, high = boxes[..., :2], boxes[..., 2:]
    return xp.concatenate([(low + high) / 2, high - low], -1)


# -- overlap --------------------------------------------------------------------------------------------


def intersections(xp: XP, first: Array, second: Array) -> Array:
    """Return the intersections over unions of boxes, given by their corners, that broadcast."""
    low = xp.maximum(first[..., :2], second[..., :2])
    high = xp.minimum(first[..., 2:], second[..., 2:])
    common = xp.maximum(high - low, 0).prod(-1)
    areas = [xp.maximum(each[..., 2:] - each[..., :2], 0).prod(-1) for each in (first, second)]
    union = areas[0] + areas[1] - common
    return xp.where(common > 0, common / xp.where(union > 0, union, 1), 0)


@operator("_contrib_box_iou", gradient=ZERO_GRADIENT)
def box_iou(xp: XP, lhs: Array, rhs: Array, *, format: Format = "corner") -> Array:  # noqa: A002
    """Return the intersection over union of every box on the left with every one on the right."""
    if format == "center":
        lhs, rhs = corners(xp, lhs), corners(xp, rhs)
    first = lhs.reshape(*lhs.shape[:-1], *(1,) * (rhs.ndim - 1), 4)
    return intersections(xp, first, rhs).astype(lhs.dtype, copy=False)


@box_iou.shape
def box_iou_shape(s: ShapeFacts) -> None:
    for name in ("lhs", "rhs"):
        if s[name] is not None:
            s[name] = (*(None,) * (len(s[name]) - 1), 4)
    if s["lhs"] is not None and s["rhs"] is not None:
        s["output"] = (*s["lhs"][:-1], *s["rhs"][:-1])


# -- suppression ----------------------------------------------------------------------------------------


def keep_best(
    boxes: np.ndarray[Any, Any], groups: np.ndarray[Any, Any], threshold: float, *, strict: bool = True
) -> list[int]:
    """Return which boxes stay, of some sorted by score, if each removes those that overlap it too much.

    Args:
        boxes: their corners.
        groups: the group of each; boxes remove others of their own group only.
        threshold: the intersection over union above which it is too much.
        strict: whether the threshold itself is not too much yet.
    """
    kept = []
    alive = np.ones(len(boxes), np.bool_)
    for i in range(len(boxes)):
        if alive[i]:
            kept.append(i)
            rest = slice(i + 1, None)
            overlap = intersections(np, boxes[i], boxes[rest])
            too_much = overlap > threshold if strict else overlap >= threshold
            alive[rest] &= ~(too_much & (groups[rest] == groups[i]))
    return kept


@operator(
    "_contrib_box_nms",
    aliases=("_contrib_box_non_maximum_suppression",),
    outputs=("output", "places"),
    visible=1,
)
def box_nms(
    xp: XP,
    data: Array,
    *,
    overlap_thresh: float = 0.5,
    valid_thresh: float = 0.0,
    topk: int = -1,
    coord_start: int = 2,
    score_index: int = 1,
    id_index: int = -1,
    background_id: int = -1,
    force_suppress: bool = False,
    in_format: Format = "corner",
    out_format: Format = "corner",
) -> tuple[Array, Array]:
    """Return the boxes that remain when each removes those of lower score that overlap it, best first.

    The rows of an array, (..., boxes, entries), hold a score, the four numbers of a box from ``coord_start``
    on and, if ``id_index`` is 0 or more, a class; boxes remove others of their own class only, unless
    ``force_suppress``. Boxes of the background or with a score up to ``valid_thresh`` are removed first, and
    all but the best ``topk``. Rows of -1 take the places of what is removed.
    """
    rows = data.reshape(-1, *data.shape[-2:])
    host = as_host(xp, rows).astype("float64")
    places = np.full(rows.shape[:2], -1, np.int64)
    for batch, candidates in enumerate(host):
        chosen = candidates[:, score_index] > valid_thresh
        if id_index >= 0:
            chosen &= candidates[:, id_index] != background_id
        order = np.nonzero(chosen)[0]
        order = order[np.argsort(-candidates[order, score_index], kind="stable")]
        order = order[:topk] if topk > 0 else order
        boxes = candidates[order, coord_start : coord_start + 4]
        apart = id_index >= 0 and not force_suppress
        groups = candidates[order, id_index] if apart else np.zeros(len(order))
        boxes = corners(np, boxes) if in_format == "center" else boxes
        kept = order[keep_best(boxes, groups, overlap_thresh)]
        places[batch, : len(kept)] = kept
    found = xp.asarray(places)
    output = xp.take_along_axis(rows, xp.maximum(found, 0)[..., None], 1)
    if in_format != out_format:
        span = slice(coord_start, coord_start + 4)
        convert = corners if out_format == "corner" else centres
        output[..., span] = convert(xp, output[..., span])
    output = xp.where(found[..., None] >= 0, output, as_scalar(data, -1))
    return output.reshape(data.shape), found.reshape(data.shape[:-1])


@box_nms.shape
def box_nms_shape(s: ShapeFacts, coord_start: int, score_index: int, id_index: int) -> None:
    s.same("data", "output")
    data = s["data"]
    if data is None:
        return
    if len(data) < 2:  # noqa: PLR2004
        s.fail("needs rows of boxes", expected="two axes or more")
    needed = max(coord_start + 4, score_index + 1, id_index + 1)
    if data[-1] is not None and data[-1] < needed:
        s.fail("needs longer rows", expected=f"{needed} entries or more")
    s["places"] = data[:-1]


@box_nms.dtype
def box_nms_dtype(d: DTypeFacts) -> None:
    d.same("data", "output")
    d["places"] = np.dtype("int64")


@box_nms.gradient("data")
def box_nms_gradient(F: Any, g: Any, places: Any, shapes: Any, in_format: str, out_format: str) -> Any:
    if in_format != out_format:
        raise ArgumentError(
            "Operator '_contrib_box_nms'",
            "has a gradient where it leaves boxes as they are",
            expected="equal formats",
            received=f"{in_format!r} and {out_format!r}",
        )
    count, width = shapes[0][-2:]
    batches = shape_size(shapes[0][:-2])
    g = F._reshape_to(g, shape=(batches, count, width))
    places = F._reshape_to(places, shape=(batches, count))
    return F._reshape_to(F._rows_back(g, places), shape=shapes[0])


@operator("_rows_back")
def rows_back(xp: XP, data: Array, places: Array) -> Array:
    """Return every row of a batch at its place; those of place -1 are lost, and empty places are zero."""
    result = xp.zeros_like(data)
    batch, row = xp.nonzero(places >= 0)
    result[batch, places[batch, row]] = data[batch, row]
    return result


@operator("_rows_from")
def rows_from(xp: XP, data: Array, places: Array) -> Array:
    """Return in every row the one at its place; where that is -1, zeros."""
    chosen = xp.take_along_axis(data, xp.maximum(places, 0)[..., None], 1)
    return xp.where(places[..., None] >= 0, chosen, as_scalar(data, 0))


@rows_back.gradient("data")
def rows_back_gradient(F: Any, g: Any, places: Any) -> Any:
    return F._rows_from(g, places)


@rows_from.gradient("data")
def rows_from_gradient(F: Any, g: Any, places: Any) -> Any:
    return F._rows_back(g, places)


def _rows_shape(s: ShapeFacts) -> None:
    s.same("data", "output")
    s["data"] = (None, None, None)
    s["places"] = s["data"][:2]


def _rows_dtype(d: DTypeFacts) -> None:
    d.same("data", "output")


for _each in (rows_back, rows_from):
    _each.shape(_rows_shape)
    _each.dtype(_rows_dtype)


# -- matching -------------------------------------------------------------------------------------------


@operator("_contrib_bipartite_matching", outputs=("rows", "columns"), gradient=ZERO_GRADIENT)
def bipartite_matching(
    xp: XP, data: Array, *, is_ascend: bool = False, threshold: float, topk: int = -1
) -> tuple[Array, Array]:
    """Match rows and columns of score matrices, the best pair of all first, each row and column once.

    Returns for every row its column and for every column its row, -1 where there is none. Scores beyond the
    threshold are no matches, and there are at most ``topk``.
    """
    scores = as_host(xp, data).reshape(-1, *data.shape[-2:])
    rows = np.full(scores.shape[:2], -1.0)
    columns = np.full((len(scores), scores.shape[2]), -1.0)
    for batch, matrix in enumerate(scores):
        order = np.argsort(matrix if is_ascend else -matrix, axis=None, kind="stable")
        matched = 0
        for row, column in zip(*np.unravel_index(order, matrix.shape), strict=True):
            score = matrix[row, column]
            if matched == topk or (score > threshold if is_ascend else score < threshold):
                break
            if rows[batch, row] < 0 and columns[batch, column] < 0:
                rows[batch, row], columns[batch, column] = column, row
                matched += 1
    shape = data.shape[:-2]
    return (
        xp.asarray(rows.reshape(*shape, -1), data.dtype),
        xp.asarray(columns.reshape(*shape, -1), data.dtype),
    )


@bipartite_matching.shape
def bipartite_matching_shape(s: ShapeFacts) -> None:
    data = s["data"]
    if data is not None:
        if len(data) < 2:  # noqa: PLR2004
            s.fail("needs matrices", expected="two axes or more")
        s["rows"], s["columns"] = data[:-1], (*data[:-2], data[-1])


# -- codes ----------------------------------------------------------------------------------------------


def codes_for(xp: XP, boxes: Array, anchors: Array) -> Array:
    """Return the offsets of centres by the anchors' sizes, and the logarithms of the ratios of the sizes.

    Girshick et al., Rich Feature Hierarchies (2014), appendix C. Boxes and anchors are centres and sizes.
    """
    offsets = (boxes[..., :2] - anchors[..., :2]) / anchors[..., 2:]
    return xp.concatenate([offsets, xp.log(boxes[..., 2:] / anchors[..., 2:])], -1)


def boxes_at(xp: XP, codes: Array, anchors: Array) -> Array:
    """Return the corners of the boxes that have these codes: the inverse of ``codes_for``."""
    centre = codes[..., :2] * anchors[..., 2:] + anchors[..., :2]
    return corners(xp, xp.concatenate([centre, xp.exp(codes[..., 2:]) * anchors[..., 2:]], -1))


@operator("_contrib_box_encode", outputs=("targets", "masks"), gradient=ZERO_GRADIENT)
def box_encode(
    xp: XP, samples: Array, matches: Array, anchors: Array, refs: Array, means: Array, stds: Array
) -> tuple[Array, Array]:
    """Return what a network has to predict to get from anchors to the boxes they are matched with.

    It is ``codes_for`` the boxes, less ``means``, by ``stds``.

    Args:
        xp: the module of the arrays.
        samples: 1 where an anchor is positive, (batch, anchors); targets and masks are 0 elsewhere.
        matches: the box of each anchor, (batch, anchors).
        anchors: corners, (batch, anchors, 4).
        refs: corners of the boxes, (batch, boxes, 4).
        means: four numbers.
        stds: four numbers.
    """
    matched = xp.take_along_axis(refs, matches.astype("int64")[..., None], 1)
    codes = codes_for(xp, centres(xp, matched), centres(xp, anchors))
    positive = (samples > 0.5)[..., None]  # noqa: PLR2004
    targets = xp.where(positive, (codes - means) / stds, 0).astype(anchors.dtype)
    return targets, xp.broadcast_to(positive, targets.shape).astype(anchors.dtype)


@box_encode.shape
def box_encode_shape(s: ShapeFacts) -> None:
    s.same("targets", "masks", "anchors")
    s["anchors"] = (None, None, 4)
    s["refs"] = (s["anchors"][0], None, 4)
    s["means"] = s["stds"] = (4,)
    for name in ("samples", "matches"):
        s[name] = s["anchors"][:2]


@box_encode.dtype
def box_encode_dtype(d: DTypeFacts) -> None:
    d.same("anchors", "refs", "means", "stds", "targets", "masks")


@operator("_contrib_box_decode", gradient=ZERO_GRADIENT)
def box_decode(
    xp: XP,
    data: Array,
    anchors: Array,
    *,
    std0: float = 1.0,
    std1: float = 1.0,
    std2: float = 1.0,
    std3: float = 1.0,
    clip: float = -1.0,
    format: Format = "center",  # noqa: A002
) -> Array:
    """Return the corners of the boxes that predicted offsets lead to from anchors; see ``box_encode``.

    The predictions are multiplied by ``std0`` to ``std3`` first, and those of the sizes limited to ``clip``
    if that is positive.
    """
    anchor = centres(xp, anchors) if format == "corner" else anchors
    codes = data * xp.asarray([std0, std1, std2, std3], data.dtype)
    if clip > 0:
        codes[..., 2:] = xp.minimum(codes[..., 2:], clip)
    return boxes_at(xp, codes, anchor).astype(data.dtype, copy=False)


@box_decode.shape
def box_decode_shape(s: ShapeFacts) -> None:
    s.same("data", "output")
    s["data"] = (None, None, 4)
    s["anchors"] = (1, s["data"][1], 4)
