"""Cases of the operators of detectors: anchors, proposals, pooling by position."""

from __future__ import annotations

import itertools

import numpy as np

from ops.cases import Arr, Case
from ops.cases_vision import _decoded, _overlap, _to_centres

# -- anchors ----------------------------------------------------------------------------------------------


def _anchors(x, sizes, ratios):
    """Write down the anchors of each pixel, one after the other."""
    height, width = x.shape[2:]
    kinds = [(s, ratios[0]) for s in sizes] + [(sizes[0], r) for r in ratios[1:]]
    rows = []
    for i, j, (size, ratio) in itertools.product(range(height), range(width), kinds):
        h, w = size / np.sqrt(ratio), size * np.sqrt(ratio) * height / width
        x, y = (j + 0.5) / width, (i + 0.5) / height
        rows.append([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    return np.array([rows])


def _targets(anchor, label, pred):
    """Match every anchor with an object it overlaps by more than a half; no object is without such a one."""
    codes, masks = np.zeros((len(label), anchor.shape[1], 4)), np.zeros((len(label), anchor.shape[1], 4))
    classes = np.zeros(codes.shape[:2])
    for b, a in np.ndindex(classes.shape):
        overlaps = [_overlap(anchor[0, a], row[1:5]) for row in label[b]]
        if max(overlaps) > 0.5:
            row = label[b, np.argmax(overlaps)]
            ours, theirs = _to_centres(anchor[0, a]), _to_centres(row[1:5])
            codes[b, a] = [*((theirs[:2] - ours[:2]) / ours[2:] / 0.1), *np.log(theirs[2:] / ours[2:]) / 0.2]
            masks[b, a], classes[b, a] = 1, row[0] + 1
    return codes.reshape(len(label), -1), masks.reshape(len(label), -1), classes


def _found(prob, codes, anchor, threshold=0.5):
    """Go through the boxes from the best to the worst; no class has two that overlap."""
    boxes = _decoded(codes.reshape(len(prob), -1, 4), _to_centres(anchor)).clip(0, 1)
    result = np.full((*boxes.shape[:2], 6), -1.0)
    for b, scores in enumerate(prob[:, 1:]):
        kept = []
        for place, a in enumerate(np.argsort(-scores.max(0))):
            kind, box = scores[:, a].argmax(), boxes[b, a]
            rival = any(other == kind and _overlap(box, at) >= threshold for other, at in kept)
            result[b, place] = [-1 if rival else kind, scores[:, a].max(), *box]
            kept += [] if rival else [(kind, box)]
    return result


ANCHORS = Arr(values=[[[0.1, 0.1, 0.4, 0.4], [0.3, 0.3, 0.7, 0.7], [0.5, 0.5, 0.9, 0.9]]])
OBJECTS = Arr(
    values=[
        [[0, 0.12, 0.1, 0.4, 0.42], [2, 0.5, 0.45, 0.9, 0.9]],
        [[1, 0.3, 0.3, 0.8, 0.7], [0, 0.5, 0.5, 0.9, 0.85]],
    ]
)
SCORED = Arr(values=[[[0.1, 0.2, 0.3], [0.6, 0.7, 0.1], [0.3, 0.1, 0.6]]])
CLOSE = Arr(values=[[[0.1, 0.1, 0.4, 0.4], [0.1, 0.1, 0.45, 0.45], [0.1, 0.1, 0.45, 0.4]]])

ANCHOR_CASES = [
    Case(
        "_contrib_MultiBoxPrior",
        [Arr((2, 1, 2, 3))],
        {"sizes": (0.5, 0.2), "ratios": (1, 2, 0.5)},
        expect=lambda x: _anchors(x, (0.5, 0.2), (1, 2, 0.5)),
    ),
    Case(
        "_contrib_MultiBoxPrior",
        [Arr((1, 1, 3, 2))],
        {"sizes": (0.9,), "clip": True},
        expect=lambda x: _anchors(x, (0.9,), (1,)).clip(0, 1),
    ),
    Case(
        "_contrib_MultiBoxPrior",
        [Arr((1, 1, 2, 2))],
        {"steps": (0.4, 0.3), "offsets": (1.0, 0.0)},
        expect=lambda x: np.array(
            [[[j - 0.5, i - 0.5, j + 0.5, i + 0.5] for i in (0.4, 0.8) for j in (0, 0.3)]]
        ),
    ),
    Case("_contrib_MultiBoxTarget", [ANCHORS, OBJECTS, Arr((2, 4, 3))], expect=_targets),
    Case("_contrib_MultiBoxDetection", [SCORED, Arr((1, 12)), ANCHORS], expect=_found),
    Case(
        "_contrib_MultiBoxDetection", [SCORED, Arr((1, 12), -0.1, 0.1), CLOSE], expect=_found, note="crowded"
    ),
]


# -- proposals --------------------------------------------------------------------------------------------


def _proposals(prob, codes, images):
    """Move one square anchor of 8 pixels for each cell of 4; return all boxes, best first."""
    rows, scores = [], []
    for b, (height, width, _) in enumerate(images):
        cells = sorted(np.ndindex(prob.shape[2:]), key=lambda cell: -prob[b, 1, cell[0], cell[1]])
        for i, j in cells:
            dx, dy, dw, dh = codes[b, :, i, j]
            x, y, w, h = 4 * j + 1.5 + 8 * dx, 4 * i + 1.5 + 8 * dy, 8 * np.exp(dw), 8 * np.exp(dh)
            box = [x - (w - 1) / 2, y - (h - 1) / 2, x + (w - 1) / 2, y + (h - 1) / 2]
            rows.append([b, *np.clip(box, 0, np.array([width, height] * 2) - 1)])
            scores.append([prob[b, 1, i, j]])
    return np.array(rows), np.array(scores)


PROPOSAL_CASES = [
    Case(
        "_contrib_MultiProposal",
        [Arr((2, 2, 2, 3), 0.1, 1), Arr((2, 4, 2, 3), -0.2, 0.2), Arr(values=[[8, 12, 1], [11, 13, 2]])],
        {
            "scales": (2,),
            "ratios": (1,),
            "feature_stride": 4,
            "rpn_min_size": 1,
            "rpn_pre_nms_top_n": 6,
            "rpn_post_nms_top_n": 6,
            "threshold": 1.0,
            "output_score": True,
        },
        expect=_proposals,
    ),
]


# -- pooling by position ----------------------------------------------------------------------------------


def _by_position(x, rois, scale, group=2, parts=2):
    """Average the pixels that the parts of regions touch; as many channels as an arrangement has cells."""
    dim = x.shape[1] // group**2
    out = np.zeros((len(rois), dim, parts, parts))
    for r, c, i, j in np.ndindex(out.shape):
        left, top, right, bottom = np.add(np.round(rois[r, 1:]), (0, 0, 1, 1)) * scale
        high, wide = (bottom - top) / parts, (right - left) / parts
        channel = (c * group + i * group // parts) * group + j * group // parts
        touched = [
            x[int(rois[r, 0]), channel, h, w]
            for h, w in np.ndindex(x.shape[2:])
            if top + i * high < h + 1 and h < top + (i + 1) * high
            if left + j * wide < w + 1 and w < left + (j + 1) * wide
        ]
        out[r, c, i, j] = np.mean(touched) if touched else 0
    return out


def _by_position_back(y, rois):
    """Return for every pixel the inner product with the regions of the image that it alone is."""
    result = np.zeros((2, 8, 4, 5))
    for place in np.ndindex(result.shape):
        image = np.zeros(result.shape)
        image[place] = 1
        result[place] = (_by_position(image, rois, 1.0) * y).sum()
    return result


REGIONS = Arr(values=[[0, 0, 0, 3, 3], [1, 1, 0, 4, 2], [1, 7, 7, 9, 9]])
PS = {"spatial_scale": 1.0, "output_dim": 2, "pooled_size": 2}

POSITION_CASES = [
    Case(
        "_contrib_PSROIPooling",
        [Arr((2, 8, 4, 5)), REGIONS],
        PS,
        expect=lambda x, r: _by_position(x, r, 1.0),
        wrt=(0,),
    ),
    Case(
        "_contrib_PSROIPooling",
        [Arr((2, 8, 4, 5)), REGIONS],
        {"spatial_scale": 0.5, "output_dim": 2, "pooled_size": 3, "group_size": 2},
        expect=lambda x, r: _by_position(x, r, 0.5, parts=3),
        wrt=(0,),
    ),
    Case(
        "_psroi_back",
        [Arr((3, 2, 2, 2)), REGIONS],
        {"size": (2, 8, 4, 5), **PS},
        expect=_by_position_back,
        wrt=(0,),
    ),
]


# -- matching ---------------------------------------------------------------------------------------------


def _correlated(x, y, compare, kernel=1, most=1, stride=1, step=1, pad=0):
    x, y = (np.pad(each, ((0, 0), (0, 0), (pad, pad), (pad, pad))) for each in (x, y))
    moves = [step * move for move in range(-(most // step), most // step + 1)]
    radius = kernel // 2
    centres = [range(most + radius, size - most - radius, stride) for size in x.shape[2:]]

    def patch(z, i, j):
        return z[:, :, i - radius : i + radius + 1, j - radius : j + radius + 1]

    def plane(dy, dx):
        return [
            [compare(patch(x, i, j), patch(y, i + dy, j + dx)).mean((1, 2, 3)) for j in centres[1]]
            for i in centres[0]
        ]

    planes = np.array([plane(*move) for move in itertools.product(moves, moves)])
    return planes.transpose(3, 0, 1, 2)


def _distance(a, b):
    return np.abs(a - b)


CORRELATIONS = [
    ({}, {}),
    ({"kernel_size": 3, "pad_size": 2}, {"kernel": 3, "pad": 2}),
    (
        {"kernel_size": 3, "max_displacement": 3, "stride1": 2, "stride2": 2, "pad_size": 4},
        {"kernel": 3, "most": 3, "stride": 2, "step": 2, "pad": 4},
    ),
]

MATCHING_CASES = [
    Case(
        "Correlation",
        [Arr((2, 2, 4, 5))] * 2,
        {**params, "is_multiply": multiply},
        expect=lambda x, y, kw=kw, compare=compare: _correlated(x, y, compare, **kw),
    )
    for params, kw in CORRELATIONS
    for multiply, compare in ((True, np.multiply), (False, _distance))
]

CASES = [*ANCHOR_CASES, *PROPOSAL_CASES, *POSITION_CASES, *MATCHING_CASES]
