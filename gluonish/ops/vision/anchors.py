"""Anchors in a network that detects objects in one pass: their boxes, what they learn, what they found.

Liu et al., SSD: Single Shot MultiBox Detector (2016). Coordinates are shares of the image's sides.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, ZERO_GRADIENT, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.nn.common import float_rule
from gluonish.ops.vision.boxes import as_host, boxes_at, centres, codes_for, intersections, keep_best

__all__: list[str] = []

Host = np.ndarray[Any, Any]
Numbers = tuple[float, ...]

VARIANCES = (0.1, 0.1, 0.2, 0.2)
LEAST_OVERLAP = 1e-6  # pairs that overlap less do not touch, but for rounding
LABEL_WIDTH = 5  # a class and four corners; whatever follows is not used
IMAGE_AXES = 4


def _require(owner: str, name: str, values: Numbers, count: int) -> None:
    if len(values) != count:
        raise ArgumentError(
            f"Operator {owner!r}",
            f"takes another number of {name}",
            expected=f"{count} numbers",
            received=str(values),
        )


# -- boxes ----------------------------------------------------------------------------------------------


@operator("_contrib_MultiBoxPrior", gradient=ZERO_GRADIENT)
def multibox_prior(
    xp: XP,
    data: Array,
    *,
    sizes: Numbers = (1.0,),
    ratios: Numbers = (1.0,),
    clip: bool = False,
    steps: Numbers = (-1.0, -1.0),
    offsets: Numbers = (0.5, 0.5),
) -> Array:
    """Return the corners of the anchors around every pixel of a feature map, row by row.

    A pixel has an anchor of every size with the first ratio, then one of the first size with every further
    ratio.

    Args:
        xp: the module of the arrays.
        data: the feature map, (batch, channels, height, width); only its size matters.
        sizes: heights of anchors of ratio 1, as shares of the image's height.
        ratios: widths by heights.
        clip: whether to cut off what is outside of the image.
        steps: the distances of pixels, along y and x; those that fill the image if negative.
        offsets: where in a pixel its anchors have their centre, along y and x, in steps.
    """
    height, width = data.shape[2:]
    step_y, step_x = (step if step > 0 else 1 / n for step, n in zip(steps, (height, width), strict=True))
    y, x = np.meshgrid(
        (np.arange(height) + offsets[0]) * step_y, (np.arange(width) + offsets[1]) * step_x, indexing="ij"
    )
    kinds = [(size, ratios[0]) for size in sizes] + [(sizes[0], ratio) for ratio in ratios[1:]]
    halves = np.array(
        [(size * height / width * ratio**0.5 / 2, size / ratio**0.5 / 2) for size, ratio in kinds]
    )
    centre = np.stack([x, y], -1)[:, :, None]
    boxes = np.concatenate([centre - halves, centre + halves], -1).reshape(1, -1, 4)
    return xp.asarray(boxes.clip(0, 1) if clip else boxes, data.dtype)


@multibox_prior.shape
def multibox_prior_shape(
    s: ShapeFacts, sizes: Numbers, ratios: Numbers, steps: Numbers, offsets: Numbers
) -> None:
    _require(s.owner, "steps", steps, 2)
    _require(s.owner, "offsets", offsets, 2)
    for name, values in (("sizes", sizes), ("ratios", ratios)):
        if not values or min(values) <= 0:
            raise ArgumentError(
                f"Operator {s.owner!r}",
                f"cannot use these {name}",
                expected="one positive number or more",
                received=str(values),
            )
    if steps[0] * steps[1] < 0:
        raise ArgumentError(
            f"Operator {s.owner!r}", "needs both steps or none", expected="two numbers of one sign"
        )
    data = s["data"]
    if data is not None and len(data) != IMAGE_AXES:
        s.fail("takes feature maps", expected="(batch, channels, height, width)")
    if data is not None and None not in data[2:]:
        count = len(sizes) + len(ratios) - 1
        s["output"] = (1, data[2] * data[3] * count, 4)
    else:
        s["output"] = (1, None, 4)


# -- targets --------------------------------------------------------------------------------------------


@operator(
    "_contrib_MultiBoxTarget",
    outputs=("loc_target", "loc_mask", "cls_target"),
    gradient=ZERO_GRADIENT,
)
def multibox_target(
    xp: XP,
    anchor: Array,
    label: Array,
    cls_pred: Array,
    *,
    overlap_threshold: float = 0.5,
    ignore_label: float = -1.0,
    negative_mining_ratio: float = -1.0,
    negative_mining_thresh: float = 0.5,
    minimum_negative_samples: int = 0,
    variances: Numbers = VARIANCES,
) -> tuple[Array, Array, Array]:
    """Return what every anchor has to learn: the code of a box, a mask of codes, and a class.

    Every object gets the anchor that overlaps it most, the best pair of all first; then every other anchor
    gets the object it overlaps most, if by more than ``overlap_threshold``. Its class is that of the object
    plus 1. An anchor without an object is background, of class 0; an image without objects is ignored.

    Args:
        xp: the module of the arrays.
        anchor: corners, (1, anchors, 4).
        label: objects, (batch, objects, 5 or more): class and corners. The first of class -1 ends the list.
        cls_pred: scores of classes, (batch, classes, anchors); background is the first class.
        overlap_threshold: an intersection over union; none but best pairs match if it is not positive.
        ignore_label: the class of anchors that are to be ignored.
        negative_mining_ratio: how many anchors to each one with an object are background, those that the
            network takes least for it; the others are ignored. All are background if it is not positive.
        negative_mining_thresh: anchors with this overlap with an object or more are not mined.
        minimum_negative_samples: not used, as by MXNet's operator.
        variances: by what the codes of boxes are divided.
    """
    anchors, labels, scores = (as_host(xp, each).astype("float64") for each in (anchor[0], label, cls_pred))
    codes = np.zeros((len(labels), len(anchors), 4))
    classes = np.full(codes.shape[:2], ignore_label)
    masks = np.zeros(codes.shape)
    for i, objects in enumerate(labels):
        ends = np.nonzero(objects[:, 0] == -1)[0]
        objects = objects[: ends[0]] if len(ends) else objects  # noqa: PLW2901
        if not len(objects):
            continue
        overlaps = intersections(np, anchors[:, None], objects[:, 1:LABEL_WIDTH])
        matched = _matches(overlaps, overlap_threshold)
        positive = matched >= 0
        found = objects[matched[positive]]
        boxes = centres(np, found[:, 1:LABEL_WIDTH])
        codes[i, positive] = codes_for(np, boxes, centres(np, anchors[positive])) / variances
        masks[i, positive] = 1
        if negative_mining_ratio > 0:
            count = int(positive.sum() * negative_mining_ratio)
            candidates = np.nonzero(~positive & (overlaps.max(1) < negative_mining_thresh))[0]
            classes[i, candidates[_hardest(scores[i][:, candidates])[:count]]] = 0
        else:
            classes[i, ~positive] = 0
        classes[i, positive] = found[:, 0] + 1
    flat = (len(labels), -1)
    results = (codes.reshape(flat), masks.reshape(flat), classes)
    return tuple(xp.asarray(each, anchor.dtype) for each in results)


def _matches(overlaps: Host, threshold: float) -> Host:
    """Return for every anchor (row) the object (column) that it is matched with, -1 for none."""
    matched = np.full(len(overlaps), -1)
    left = overlaps.copy()
    for _ in range(min(left.shape)):
        row, column = np.unravel_index(left.argmax(), left.shape)
        if left[row, column] <= LEAST_OVERLAP:
            break
        matched[row] = column
        left[row] = left[:, column] = -1
    if threshold > 0:
        more = (matched < 0) & (overlaps.max(1) > threshold)
        matched[more] = overlaps[more].argmax(1)
    return matched


def _hardest(scores: Host) -> Host:
    """Return the order of anchors by the probability of background, the least first."""
    exponentials = np.exp(scores - scores.max(0, initial=-np.inf))
    return np.argsort(exponentials[0] / exponentials.sum(0), kind="stable")


@multibox_target.shape
def multibox_target_shape(
    s: ShapeFacts, negative_mining_ratio: float, negative_mining_thresh: float, variances: Numbers
) -> None:
    _require(s.owner, "variances", variances, 4)
    if negative_mining_ratio > 0 and negative_mining_thresh <= 0:
        raise ArgumentError(
            f"Operator {s.owner!r}",
            "cannot mine negatives with this overlap",
            expected="negative_mining_thresh above 0",
            received=negative_mining_thresh,
        )
    s["anchor"] = (1, None, 4)
    s["label"] = (None, None, None)
    s["cls_pred"] = (None, None, s["anchor"][1])
    s["label"] = (s["cls_pred"][0], None, None)
    s["cls_pred"] = (s["label"][0], None, None)
    batch, _, width = s["label"]
    if width is not None and width < LABEL_WIDTH:
        s.fail("needs labels of a class and a box", expected=f"{LABEL_WIDTH} entries or more")
    count = s["cls_pred"][2]
    s["anchor"] = (1, count, 4)
    s["loc_target"] = s["loc_mask"] = (batch, None if count is None else 4 * count)
    s["cls_target"] = (batch, count)


# -- detection ------------------------------------------------------------------------------------------


@operator("_contrib_MultiBoxDetection", gradient=ZERO_GRADIENT)
def multibox_detection(
    xp: XP,
    cls_prob: Array,
    loc_pred: Array,
    anchor: Array,
    *,
    clip: bool = True,
    threshold: float = 0.01,
    background_id: int = 0,
    nms_threshold: float = 0.5,
    force_suppress: bool = False,
    variances: Numbers = VARIANCES,
    nms_topk: int = -1,
) -> Array:
    """Return what anchors found: rows of class, score and corners, the best first.

    The class is -1 in rows of boxes that a better one suppresses. Rows without a box come last, and are -1.

    Args:
        xp: the module of the arrays.
        cls_prob: probabilities, (batch, classes, anchors); background is the first class.
        loc_pred: codes of boxes, (batch, 4 anchors).
        anchor: corners, (1, anchors, 4).
        clip: whether to cut off what is outside of the image.
        threshold: the least probability of a box.
        background_id: not used, as by MXNet's operator: background is the first class.
        nms_threshold: the intersection over union from which a box suppresses others; if that is not above 0
            and at most 1, none does, and boxes stay in the order of their anchors.
        force_suppress: whether boxes suppress those of other classes too.
        variances: what the codes of boxes are multiplied with.
        nms_topk: how many of the best may stay, if positive.
    """
    probabilities = as_host(xp, cls_prob)
    codes = as_host(xp, loc_pred).reshape(len(cls_prob), -1, 4) * np.asarray(variances, loc_pred.dtype)
    boxes = boxes_at(np, codes, centres(np, as_host(xp, anchor)))
    boxes = boxes.clip(0, 1) if clip else boxes
    result = np.full((*boxes.shape[:2], 6), -1, cls_prob.dtype)
    for i, scores in enumerate(probabilities):
        best = scores[1:].max(0)
        chosen = best >= threshold
        found = np.concatenate([np.stack([scores[1:].argmax(0), best], -1), boxes[i]], -1)[chosen]
        if 0 < nms_threshold <= 1:
            found = _suppressed(found, nms_threshold, force_suppress, nms_topk)
        result[i, : len(found)] = found
    return xp.asarray(result)


def _suppressed(rows: Host, threshold: float, across: bool, most: int) -> Host:
    """Return rows sorted by score, with the class -1 in those that are suppressed.

    Those behind the ``most`` best have that class too; there are rows in the order they came, as in MXNet.
    """
    order = np.argsort(-rows[:, 1], kind="stable")[: most if most > 0 else None]
    result = rows.copy()
    result[: len(order)] = rows[order]
    best = result[: len(order)]
    groups = np.zeros(len(best)) if across else best[:, 0]
    kept = keep_best(best[:, 2:], groups, threshold, strict=False)
    suppressed = np.ones(len(rows), np.bool_)
    suppressed[kept] = False
    result[suppressed, 0] = -1
    return result


@multibox_detection.shape
def multibox_detection_shape(s: ShapeFacts, variances: Numbers) -> None:
    _require(s.owner, "variances", variances, 4)
    s["anchor"] = (1, None, 4)
    s["cls_prob"] = (None, None, s["anchor"][1])
    batch, classes, count = s["cls_prob"]
    if classes is not None and classes < 2:  # noqa: PLR2004
        s.fail("needs classes besides background", expected="two or more")
    s["anchor"] = (1, count, 4)
    s["loc_pred"] = (batch, None if count is None else 4 * count)
    batch = s["loc_pred"][0]
    s["cls_prob"] = (batch, None, None)
    s["output"] = (batch, count, 6)


for _each in (multibox_prior, multibox_target, multibox_detection):
    _each.dtype(float_rule)
