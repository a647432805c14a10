"""Cases of the operators on images, regions of them and boxes."""

from __future__ import annotations

import itertools
import math

import numpy as np

from ops.cases import Arr, Case

IMAGES = Arr((2, 3, 4, 5))
INSIDE = Arr((2, 2, 3, 3), -0.9, 0.9)
OUTSIDE = Arr((2, 2, 2, 2), 0.6, 1.7)
MAPS = Arr(values=[[0.8, 0.21, 0.1, -0.3, 0.7, 0.23], [0.6, -0.1, 0.27, 0.2, 0.9, -0.43]])


# -- sampling ---------------------------------------------------------------------------------------------


def _hat(distance, order):
    """Return the weight of a pixel at this distance, or its derivative."""
    if abs(distance) >= 1:
        return 0.0
    return (1 - abs(distance), -np.sign(distance), 0.0)[order]


def _weights(grid, height, width, dx, dy):
    """Return the weights of pixels at points: batch, point row and column, pixel row and column."""
    weights = np.zeros((len(grid), *grid.shape[2:], height, width))
    for b, i, j, row, column in np.ndindex(weights.shape):
        x, y = (grid[b, :, i, j] + 1) / 2 * (width - 1, height - 1)
        weights[b, i, j, row, column] = _hat(x - column, dx) * _hat(y - row, dy)
    return weights


def _sample(x, grid, dx=0, dy=0):
    return np.einsum("bchw,bijhw->bcij", x, _weights(grid, *x.shape[2:], dx, dy))


def _spread(samples, grid, dx=0, dy=0):
    return np.einsum("bcij,bijhw->bchw", samples, _weights(grid, 4, 5, dx, dy))


def _regular(height, width):
    """Return x, y and 1 of the points of a regular grid: point row, point column, three numbers."""
    points = [
        [(2 * j / (width - 1) - 1, 2 * i / (height - 1) - 1, 1) for j in range(width)] for i in range(height)
    ]
    return np.array(points)


def _affine(maps, height, width):
    return np.einsum("bka,ija->bkij", maps.reshape(-1, 2, 3), _regular(height, width))


def _warped(flow):
    height, width = flow.shape[2:]
    pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)))
    return 2 * (pixels + flow) / np.array([width - 1, height - 1])[:, None, None] - 1


SAMPLING = [
    Case("BilinearSampler", [IMAGES, INSIDE], expect=_sample),
    Case("BilinearSampler", [IMAGES, OUTSIDE], expect=_sample, note="some outside"),
    *(
        Case("_bilinear_sample", [IMAGES, INSIDE], d, expect=lambda x, g, d=d: _sample(x, g, **d))
        for d in ({}, {"dx": 1}, {"dy": 1}, {"dx": 1, "dy": 1}, {"dx": 2})
    ),
    *(
        Case(
            "_bilinear_spread",
            [Arr((2, 3, 3, 3)), INSIDE],
            {"size": (4, 5), **d},
            expect=lambda x, g, d=d: _spread(x, g, **d),
        )
        for d in ({}, {"dx": 1}, {"dy": 1})
    ),
    Case("_affine_grid", [Arr((2, 6))], {"size": (2, 3)}, expect=lambda m: _affine(m, 2, 3)),
    Case(
        "_affine_grid_back",
        [Arr((2, 2, 2, 3))],
        expect=lambda g: np.einsum("bkij,ija->bka", g, _regular(2, 3)).reshape(2, 6),
    ),
    Case(
        "GridGenerator",
        [Arr((2, 6))],
        {"transform_type": "affine", "target_shape": (3, 2)},
        expect=lambda m: _affine(m, 3, 2),
    ),
    Case("GridGenerator", [Arr((2, 2, 3, 4))], {"transform_type": "warp"}, expect=_warped),
    Case(
        "SpatialTransformer",
        [IMAGES, MAPS],
        {"target_shape": (3, 3)},
        expect=lambda x, m: _sample(x, _affine(m, 3, 3)),
        dtypes=("float32",),
    ),
]


# -- resizing ---------------------------------------------------------------------------------------------


def _resize(x, height, width, corners=True):
    """Resize along one axis after the other, by linear interpolation."""
    for axis, size in ((2, height), (3, width)):
        before = x.shape[axis]
        at = np.linspace(0, before - 1, size) if corners else (np.arange(size) + 0.5) * before / size - 0.5
        x = np.apply_along_axis(lambda row, at=at: np.interp(at, range(len(row)), row), axis, x)
    return x


def _resize_back(y, height, width):
    """Return for every pixel the inner product with the image that it alone becomes."""
    basis = np.eye(height * width).reshape(1, height * width, height, width)
    images = _resize(basis, *y.shape[2:])[0]
    return np.einsum("bcij,pij->bcp", y, images).reshape(*y.shape[:2], height, width)


RESIZE = "_contrib_BilinearResize2D"
RESIZING = [
    Case(RESIZE, [IMAGES], {"height": 6, "width": 3}, expect=lambda x: _resize(x, 6, 3)),
    Case(
        RESIZE,
        [IMAGES],
        {"height": 3, "width": 10, "align_corners": False},
        expect=lambda x: _resize(x, 3, 10, corners=False),
    ),
    Case(
        RESIZE,
        [IMAGES],
        {"scale_height": 2.0, "scale_width": 0.5},
        expect=lambda x: _resize(x, 8, 2),
    ),
    Case(
        RESIZE,
        [IMAGES],
        {"scale_height": 2.0, "scale_width": 2.0, "mode": "odd_scale"},
        expect=lambda x: _resize(x, 8, 9),
    ),
    Case(
        RESIZE, [IMAGES, Arr((1, 1, 2, 3))], {"mode": "like"}, expect=lambda x, y: _resize(x, 2, 3), wrt=(0,)
    ),
    Case(RESIZE, [IMAGES], {"mode": "to_even_up"}, expect=lambda x: _resize(x, 4, 6)),
    Case(RESIZE, [IMAGES], {"mode": "to_even_down"}, expect=lambda x: _resize(x, 4, 4)),
    Case(RESIZE, [IMAGES], {"mode": "to_odd_up"}, expect=lambda x: _resize(x, 5, 5)),
    Case(RESIZE, [IMAGES], {"mode": "to_odd_down"}, expect=lambda x: _resize(x, 3, 5)),
    Case("_resize_back", [Arr((2, 2, 6, 3))], {"size": (4, 5)}, expect=lambda y: _resize_back(y, 4, 5)),
]


# -- regions ----------------------------------------------------------------------------------------------


def _pool(x, rois, height, width, scale):
    out = np.zeros((len(rois), x.shape[1], height, width))
    for r, (image, *corners) in enumerate(rois):
        left, top, right, bottom = (math.floor(each * scale + 0.5) for each in corners)
        for i, j in np.ndindex(height, width):
            pixels = [
                x[int(image), :, row, column]
                for row, column in np.ndindex(x.shape[2:])
                if _shares(row - top, i, bottom - top + 1, height)
                and _shares(column - left, j, right - left + 1, width)
            ]
            out[r, :, i, j] = np.max(pixels, axis=0) if pixels else 0
    return out


def _shares(pixel, part, extent, parts):
    """Tell whether a pixel and one of the equal parts of an extent overlap."""
    return pixel < (part + 1) * extent / parts and pixel + 1 > part * extent / parts


def _align(x, rois, height, width, scale=1.0, samples=2, shift=0.0):
    """Average samples in the parts of regions that lie inside of the image."""
    out = np.zeros((len(rois), x.shape[1], height, width))
    for r, (image, *corners) in enumerate(rois):
        left, top, right, bottom = np.array(corners) * scale - shift
        for i, j in np.ndindex(height, width):
            ys = top + (bottom - top) / height * (i + (np.arange(samples) + 0.5) / samples)
            xs = left + (right - left) / width * (j + (np.arange(samples) + 0.5) / samples)
            for y, column in itertools.product(ys, xs):
                hats = [
                    _hat(y - h, 0) * _hat(column - w, 0) * x[int(image), :, h, w]
                    for h, w in np.ndindex(x.shape[2:])
                ]
                out[r, :, i, j] += np.sum(hats, axis=0) / samples**2
    return out


def _sensitive(x, rois):
    """Take each of the 2 x 2 parts from channels of its own."""
    whole = _align(x, rois, 2, 2)
    parts = whole.reshape(len(rois), -1, 2, 2, 2, 2)
    return np.einsum("rcijij->rcij", parts)


def _align_back(y, rois):
    """Return for every pixel the inner product with the regions of the image that it alone is."""
    basis = np.eye(20).reshape(20, 1, 4, 5)
    result = np.zeros((2, y.shape[1], 20))
    for r, roi in enumerate(rois):
        parts = _align(basis, [(p, *roi[1:]) for p in range(20)], 2, 2)
        result[int(roi[0])] += np.einsum("cij,pij->cp", y[r], parts[:, 0])
    return result.reshape(2, -1, 4, 5)


DISTINCT = Arr(values=np.random.default_rng(3).permutation(120).reshape(2, 3, 4, 5) / 40)
ROIS = Arr(values=[[0, 0, 0, 3, 3], [1, 1.2, 0.6, 4, 2], [0, 4, 3, 9, 9]])
ROIS_INSIDE = Arr(values=[[0, 0.3, 0.1, 3.2, 2.7], [1, 1.2, 0.6, 3.8, 2.4]])

REGIONS = [
    Case(
        "ROIPooling",
        [DISTINCT, ROIS],
        {"pooled_size": (2, 3), "spatial_scale": 1.0},
        expect=lambda x, r: _pool(x, r, 2, 3, 1.0),
        wrt=(0,),
    ),
    Case(
        "ROIPooling",
        [DISTINCT, ROIS],
        {"pooled_size": (2, 2), "spatial_scale": 0.5},
        expect=lambda x, r: _pool(x, r, 2, 2, 0.5),
        wrt=(0,),
    ),
    Case(
        "_contrib_ROIAlign",
        [IMAGES, ROIS_INSIDE],
        {"pooled_size": (2, 3), "spatial_scale": 0.9, "sample_ratio": 3},
        expect=lambda x, r: _align(x, r, 2, 3, 0.9, samples=3),
        wrt=(0,),
    ),
    Case(
        "_contrib_ROIAlign",
        [IMAGES, Arr(values=[[1, 1.2, 0.6, 3.8, 2.4]])],
        {"pooled_size": (1, 2), "spatial_scale": 1.0, "sample_ratio": 2, "aligned": True},
        expect=lambda x, r: _align(x, r, 1, 2, shift=0.5),
        wrt=(0,),
    ),
    Case(
        "_contrib_ROIAlign",
        [Arr((2, 8, 4, 5)), ROIS_INSIDE],
        {"pooled_size": (2, 2), "spatial_scale": 1.0, "sample_ratio": 2, "position_sensitive": True},
        expect=_sensitive,
        wrt=(0,),
    ),
    Case(
        "_roi_align_back",
        [Arr((2, 3, 2, 2)), ROIS_INSIDE],
        {"size": (2, 3, 4, 5), "pooled_size": (2, 2), "spatial_scale": 1.0, "sample_ratio": 2},
        expect=_align_back,
        wrt=(0,),
    ),
    Case("Crop", [IMAGES], {"h_w": (2, 3), "offset": (1, 1)}, expect=lambda x: x[:, :, 1:3, 1:4]),
    Case(
        "Crop",
        [IMAGES, Arr((1, 1, 2, 3))],
        {"center_crop": True},
        expect=lambda x, y: x[:, :, 1:3, 1:4],
        wrt=(0,),
    ),
]


# -- boxes ------------------------------------------------------------------------------------------------


def _overlap(first, second):
    """Return the intersection over union of two boxes, by their corners."""
    sides = [min(first[i + 2], second[i + 2]) - max(first[i], second[i]) for i in (0, 1)]
    common = max(sides[0], 0) * max(sides[1], 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return common / (sum(areas) - common)


def _overlaps(first, second):
    return np.array([[_overlap(a, b) for b in second] for a in first])


def _to_corners(boxes):
    x, y, w, h = np.moveaxis(boxes, -1, 0)
    return np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], -1)


def _to_centres(boxes):
    left, top, right, bottom = np.moveaxis(boxes, -1, 0)
    return np.stack([(left + right) / 2, (top + bottom) / 2, right - left, bottom - top], -1)


def _suppressed(rows, threshold, by_class=False):
    """Keep rows, best first, each if it overlaps none that is kept."""
    kept = []
    for row in sorted(rows, key=lambda row: -row[1]):
        rivals = [other for other in kept if not by_class or other[0] == row[0]]
        if all(_overlap(row[2:], other[2:]) <= threshold for other in rivals):
            kept.append(row)
    return np.array(kept + [[-1.0] * 6] * (len(rows) - len(kept)))


def _encoded(samples, matches, anchors, refs, means, stds):
    targets, masks = np.zeros(anchors.shape), np.zeros(anchors.shape)
    for b, a in np.argwhere(samples == 1):
        anchor = _to_centres(anchors[b, a])
        box = _to_centres(refs[b, int(matches[b, a])])
        code = [*((box[:2] - anchor[:2]) / anchor[2:]), *np.log(box[2:] / anchor[2:])]
        targets[b, a], masks[b, a] = (np.array(code) - means) / stds, 1
    return targets, masks


def _decoded(codes, anchors):
    """Undo ``_encoded`` with stds of 0.1 and 0.2."""
    codes = codes * [0.1, 0.1, 0.2, 0.2]
    centre = codes[..., :2] * anchors[..., 2:] + anchors[..., :2]
    return _to_corners(np.concatenate([centre, np.exp(codes[..., 2:]) * anchors[..., 2:]], -1))


def _pick(rows, places):
    return np.stack([np.where(p[:, None] < 0, 0, r[p]) for r, p in zip(rows, places, strict=True)])


def _put(rows, places):
    result = np.zeros(rows.shape)
    for b, i in np.argwhere(places >= 0):
        result[b, places[b, i]] = rows[b, i]
    return result


BOXES = Arr(values=[[0.1, 0.1, 0.5, 0.6], [0.2, 0.0, 0.6, 0.5], [0.7, 0.7, 0.9, 0.8]])
OTHERS = Arr(values=[[0.3, 0.2, 0.8, 0.75], [0.0, 0.1, 0.4, 0.9]])
DETECTED = Arr(
    values=[
        [0, 0.5, 0.1, 0.1, 0.5, 0.6],
        [1, 0.7, 0.2, 0.1, 0.5, 0.6],
        [0, 0.6, 0.1, 0.2, 0.55, 0.6],
        [1, 0.3, 0.7, 0.7, 0.9, 0.8],
    ]
)
SCORES = Arr(values=[[0.5, 0.6, 0.1], [0.9, 0.8, 0.3]])
PLACES = Arr(values=[[2, -1, 0], [1, 2, -1]], dtype="int64")
NMS = "_contrib_box_nms"

BOX_CASES = [
    Case("_contrib_box_iou", [BOXES, OTHERS], expect=_overlaps, wrt=()),
    Case(
        "_contrib_box_iou",
        [BOXES, OTHERS],
        {"format": "center"},
        expect=lambda a, b: _overlaps(_to_corners(a), _to_corners(b)),
        wrt=(),
    ),
    Case(NMS, [DETECTED], expect=lambda x: _suppressed(x, 0.5)),
    # Not differentiated: classes that differ a bit are different classes.
    Case(NMS, [DETECTED], {"id_index": 0}, expect=lambda x: _suppressed(x, 0.5, by_class=True), wrt=()),
    Case(
        NMS,
        [DETECTED],
        {"id_index": 0, "force_suppress": True, "overlap_thresh": 0.8},
        expect=lambda x: _suppressed(x, 0.8),
    ),
    Case(
        NMS,
        [DETECTED],
        {"out_format": "center", "topk": 1},
        expect=lambda x: np.array([[1, 0.7, *_to_centres(x[1, 2:])], *[[-1] * 6] * 3]),
        wrt=(),
    ),
    Case("_rows_from", [Arr((2, 3, 2)), PLACES], expect=_pick, wrt=(0,)),
    Case("_rows_back", [Arr((2, 3, 2)), PLACES], expect=_put, wrt=(0,)),
    Case(
        "_contrib_bipartite_matching",
        [SCORES],
        {"threshold": 0.2},
        expect=lambda x: (np.array([1, 0]), np.array([1, 0, -1])),
        wrt=(),
    ),
    Case(
        "_contrib_bipartite_matching",
        [SCORES],
        {"threshold": 0.2, "is_ascend": True},
        expect=lambda x: (np.array([2, -1]), np.array([-1, -1, 0])),
        wrt=(),
    ),
    Case(
        "_contrib_box_encode",
        [
            Arr(values=[[1, 0, 1]]),
            Arr(values=[[1, 0, 0]]),
            Arr(values=[BOXES.values]),
            Arr(values=[OTHERS.values]),
            Arr(values=[0.0, 0.1, 0.0, 0.2]),
            Arr(values=[0.1, 0.1, 0.2, 0.2]),
        ],
        expect=_encoded,
        wrt=(),
    ),
    Case(
        "_contrib_box_decode",
        [Arr((2, 3, 4)), Arr(values=[_to_centres(np.array(BOXES.values))])],
        {"std0": 0.1, "std1": 0.1, "std2": 0.2, "std3": 0.2},
        expect=_decoded,
        wrt=(),
    ),
    Case(
        "_contrib_box_decode",
        [Arr((2, 3, 4)), Arr(values=[BOXES.values])],
        {"std0": 0.1, "std1": 0.1, "std2": 0.2, "std3": 0.2, "format": "corner"},
        expect=lambda x, anchors: _decoded(x, _to_centres(anchors)),
        wrt=(),
    ),
]

CASES = [*SAMPLING, *RESIZING, *REGIONS, *BOX_CASES]
