"""Regions that a network proposes: Ren et al., Faster R-CNN (2015).

Coordinates are pixels; a box of one pixel has equal corners.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, ZERO_GRADIENT, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.nn.common import float_rule
from gluonish.ops.vision.boxes import as_host, boxes_at, centres, keep_best

__all__: list[str] = []

Host = np.ndarray[Any, Any]
Numbers = tuple[float, ...]

ONE_PIXEL = np.array([0, 0, 1, 1])  # from the last pixel of a box to its end


def _anchors(stride: int, scales: Numbers, ratios: Numbers) -> Host:
    """Return the corners of the anchors of the first pixel: of the first ratio at every scale, and so on.

    Sides of boxes of one ratio are rounded to pixels before they are scaled.
    """
    boxes = []
    for ratio in ratios:
        width = np.floor(np.sqrt(np.floor(stride**2 / ratio)) + 0.5)
        height = np.floor(width * ratio + 0.5)
        for scale in scales:
            half = (np.array([width, height]) * scale - 1) / 2
            boxes.append([*((stride - 1) / 2 - half), *((stride - 1) / 2 + half)])
    return np.array(boxes)


def _proposed(anchors: Host, codes: Host, iou_loss: bool) -> Host:
    """Return the corners that codes lead to; with IoU loss, codes are moves of corners."""
    if iou_loss:
        return anchors + codes
    inside = centres(np, anchors + ONE_PIXEL)
    inside[..., :2] -= 0.5
    around = boxes_at(np, codes, inside)
    return around + np.array([0.5, 0.5, -0.5, -0.5])


@operator(
    "_contrib_MultiProposal",
    aliases=("_contrib_Proposal",),
    outputs=("output", "score"),
    visible=lambda output_score: 2 if output_score else 1,
    gradient=ZERO_GRADIENT,
)
def multi_proposal(
    xp: XP,
    cls_prob: Array,
    bbox_pred: Array,
    im_info: Array,
    *,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: Numbers = (4.0, 8.0, 16.0, 32.0),
    ratios: Numbers = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
) -> tuple[Array, Array]:
    """Return the best boxes that do not overlap too much: rows of image and corners; and their scores.

    Where too few boxes are left, they are repeated from the best on.

    Args:
        xp: the module of the arrays.
        cls_prob: probabilities of background at all anchors, then of objects: (batch, 2 anchors, rows,
            columns).
        bbox_pred: codes of boxes, (batch, 4 anchors, rows, columns).
        im_info: height, width and scale of each image, (batch, 3).
        rpn_pre_nms_top_n: how many of the best boxes are looked at.
        rpn_post_nms_top_n: how many are returned for each image.
        threshold: the intersection over union above which a box suppresses another.
        rpn_min_size: the least width and height, times the scale of the image; smaller boxes are of no use.
        scales: the sizes of anchors, in strides.
        ratios: their heights by their widths.
        feature_stride: how many pixels of the image one of the feature map stands for.
        output_score: whether scores, (batch rpn_post_nms_top_n, 1), are returned too.
        iou_loss: whether codes are moves of corners.
    """
    base = _anchors(feature_stride, scales, ratios)
    wide = (each.astype("float64") for each in map(as_host, (xp,) * 3, (cls_prob, bbox_pred, im_info)))
    probabilities, codes, images = wide
    rows, scores = [], []
    for i, (height, width, scale) in enumerate(images):
        size = (int(height / feature_stride), int(width / feature_stride))
        chances = probabilities[i, len(base) :].transpose(1, 2, 0).copy()
        chances[size[0] :] = chances[:, size[1] :] = -1  # padding of the batch
        y, x = np.indices(chances.shape[:2]) * feature_stride
        anchors = base + np.stack([x, y, x, y], -1)[:, :, None]
        moves = codes[i].reshape(-1, 4, *chances.shape[:2]).transpose(2, 3, 0, 1)
        boxes = _proposed(anchors, moves, iou_loss)
        boxes = np.clip(boxes, 0, np.array([width, height, width, height]) - 1).reshape(-1, 4)
        best = _best(boxes, chances.reshape(-1), rpn_min_size * scale, rpn_pre_nms_top_n, threshold)
        repeated = np.resize(best, (rpn_post_nms_top_n, 5))
        rows.append(np.insert(repeated[:, :4], 0, i, axis=1))
        scores.append(repeated[:, 4:])
    output, score = (xp.asarray(np.concatenate(each), cls_prob.dtype) for each in (rows, scores))
    return output, score


def _best(boxes: Host, scores: Host, least: float, most: int, threshold: float) -> Host:
    """Return rows of corners and score, best first, that do not overlap.

    A box that is too small gets a margin and, as in MXNet, the score -1: it is used where there is none else.
    """
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    small = sides.min(-1) < least
    boxes[small] += np.array([-1, -1, 1, 1]) * least / 2
    scores = np.where(small, -1, scores)
    order = np.argsort(-scores, kind="stable")[: most if most > 0 else None]
    kept = keep_best(boxes[order] + ONE_PIXEL, np.zeros(len(order)), threshold)
    return np.concatenate([boxes, scores[:, None]], -1)[order[kept]]


@multi_proposal.shape
def multi_proposal_shape(s: ShapeFacts, scales: Numbers, ratios: Numbers, rpn_post_nms_top_n: int) -> None:
    if rpn_post_nms_top_n < 0:
        raise ArgumentError(
            f"Operator {s.owner!r}",
            "cannot return so many boxes for each image",
            expected="rpn_post_nms_top_n of 0 or more",
            received=rpn_post_nms_top_n,
        )
    count = len(scales) * len(ratios)
    s["cls_prob"] = (None, 2 * count, None, None)
    s["bbox_pred"] = (s["cls_prob"][0], 4 * count, *s["cls_prob"][2:])
    s["cls_prob"] = (s["bbox_pred"][0], 2 * count, *s["bbox_pred"][2:])
    s["im_info"] = (s["cls_prob"][0], 3)
    batch = s["im_info"][0]
    s["cls_prob"] = (batch, None, None, None)
    total = None if batch is None else batch * rpn_post_nms_top_n
    s["output"], s["score"] = (total, 5), (total, 1)


multi_proposal.dtype(float_rule)
