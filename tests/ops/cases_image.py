"""Cases of the operators on images whose channels are last."""

from __future__ import annotations

import colorsys
import itertools

import numpy as np

from ops.cases import Arr, Case

IMAGE = Arr((4, 5, 3), 0, 1)
BATCH = Arr((2, 3, 4, 3), 0, 1)
CHANNELS = Arr((2, 3, 2, 2))
GRAY = np.array([0.299, 0.587, 0.114])
FIXED = {"min_factor": 0.7, "max_factor": 0.7}


# -- pixels -----------------------------------------------------------------------------------------------


def _by_area(x, height, width):
    """Average the parts of pixels, cut into such small squares that none is cut further."""
    fine = np.kron(x, np.ones((height, width, 1)))
    rows, columns, channels = x.shape
    return fine.reshape(height, rows, width, columns, channels).mean((1, 3))


def _linear(x, height, width):
    rows, columns, _ = x.shape
    out = np.zeros((height, width, x.shape[2]))
    for i, j in np.ndindex(height, width):
        y = np.clip((i + 0.5) * rows / height - 0.5, 0, rows - 1)
        at = np.clip((j + 0.5) * columns / width - 0.5, 0, columns - 1)
        for h, w in np.ndindex(rows, columns):
            out[i, j] += max(0, 1 - abs(y - h)) * max(0, 1 - abs(at - w)) * x[h, w]
    return out


def _checked_flip(x, axis):
    def check(*outputs):
        assert any(np.array_equal(outputs[0], each) for each in (x, np.flip(x, axis)))

    return check


STEPS = Arr(values=np.arange(24.0).reshape(2, 4, 3))

PIXELS = [
    # Its result is of single precision, too little for finite differences; test_image.py has the gradient.
    Case(
        "_image_to_tensor",
        [Arr((4, 5, 3), dtype="float32", fixed=True)],
        expect=lambda x: x.transpose(2, 0, 1) / 255,
        wrt=(),
    ),
    Case(
        "_image_to_tensor",
        [Arr((2, 3, 4, 1), 0, 255, dtype="uint8")],
        expect=lambda x: x.transpose(0, 3, 1, 2).astype("float32") / 255,
        wrt=(),
    ),
    Case(
        "_image_normalize",
        [CHANNELS],
        {"mean": (1.0, 2.0, 3.0), "std": (0.5, 1.0, 2.0)},
        expect=lambda x: np.stack([(x[:, i] - (i + 1)) / 2.0 ** (i - 1) for i in range(3)], axis=1),
    ),
    Case("_image_normalize", [Arr((3, 2, 2))], expect=lambda x: x, note="defaults"),
    Case(
        "_image_crop",
        [IMAGE],
        {"x": 1, "y": 2, "width": 3, "height": 2},
        expect=lambda x: np.array([[x[i, j] for j in (1, 2, 3)] for i in (2, 3)]),
    ),
    Case("_image_crop", [BATCH], {"x": 0, "y": 1, "width": 2, "height": 1}, expect=lambda x: x[:, 1:2, :2]),
    Case("_image_flip_left_right", [BATCH], expect=lambda x: x[:, :, ::-1]),
    Case("_image_flip_top_bottom", [IMAGE], expect=lambda x: x[::-1]),
    *(
        Case(f"_image_random_flip_{word}", [STEPS], check=_checked_flip(np.array(STEPS.values), axis), wrt=())
        for word, axis in (("left_right", 1), ("top_bottom", 0))
    ),
    Case("_image_resize", [IMAGE], {"size": (3, 7)}, expect=lambda x: _linear(x, 7, 3)),
    Case("_image_resize", [IMAGE], {"size": (3, 2), "interp": 3}, expect=lambda x: _by_area(x, 2, 3)),
    Case(
        "_image_resize",
        [IMAGE],
        {"size": (10, 8), "interp": 0},
        expect=lambda x: np.kron(x, np.ones((2, 2, 1))),
    ),
    Case("_image_resize", [IMAGE], {"size": 2, "keep_ratio": True}, expect=lambda x: _linear(x, 2, 2)),
    Case(
        "_image_resize",
        [BATCH],
        {"size": 2},
        expect=lambda x: np.stack([_linear(each, 2, 2) for each in x]),
    ),
]


# -- colours ----------------------------------------------------------------------------------------------


def _turned(x, share):
    out = np.zeros(x.shape)
    for place in itertools.product(*map(range, x.shape[:-1])):
        hue, light, saturation = colorsys.rgb_to_hls(*x[place])
        out[place] = colorsys.hls_to_rgb((hue + share) % 1, light, saturation)
    return out


def _lit(x, alpha):
    """Add the colours that Krizhevsky et al. found, times their deviations and these numbers."""
    deviations = np.array([55.46, 4.794, 1.148]) * alpha
    reds, greens, blues = [-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]
    return x + [np.dot(each, deviations) for each in (reds, greens, blues)]


def _within(low, high):
    def check(*outputs):
        assert outputs[0].shape == (4, 5, 3)
        assert (outputs[0] >= low).all()
        assert (outputs[0] <= high).all()

    return check


ONES = Arr(values=np.ones((4, 5, 3)))

COLORS = [
    Case(
        "_image_adjust_lighting",
        [IMAGE],
        {"alpha": (0.3, -1.0, 0.2)},
        expect=lambda x: _lit(x, [0.3, -1, 0.2]),
    ),
    Case("_image_random_lighting", [IMAGE], {"alpha_std": 0.0}, expect=lambda x: x),
    Case("_image_random_brightness", [IMAGE], FIXED, expect=lambda x: 0.7 * x),
    Case(
        "_image_random_brightness",
        [ONES],
        {"min_factor": 0.5, "max_factor": 2.0},
        check=_within(0.5, 2.0),
        wrt=(),
    ),
    Case("_image_random_contrast", [IMAGE], FIXED, expect=lambda x: 0.7 * x + 0.3 * (x @ GRAY).mean()),
    Case(
        "_image_random_contrast",
        [BATCH],
        FIXED,
        expect=lambda x: 0.7 * x + 0.3 * (x @ GRAY).mean((1, 2)).reshape(2, 1, 1, 1),
    ),
    Case("_image_random_contrast", [Arr((2, 2, 1))], FIXED, expect=lambda x: 0.7 * x + 0.3 * x.mean()),
    Case("_image_random_saturation", [IMAGE], FIXED, expect=lambda x: 0.7 * x + 0.3 * (x @ GRAY)[..., None]),
    Case("_image_random_saturation", [Arr((2, 2, 1))], FIXED, expect=lambda x: x),
    Case("_image_random_hue", [IMAGE], FIXED, expect=lambda x: _turned(x, 0.7)),
    Case("_image_random_hue", [Arr((2, 2, 1))], FIXED, expect=lambda x: x),
    Case(
        "_image_random_color_jitter",
        [IMAGE],
        {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0},
        expect=lambda x: x,
    ),
    Case(
        "_image_random_color_jitter",
        [ONES],
        {"brightness": 0.2, "contrast": 0.3, "saturation": 0.4, "hue": 0.1},
        check=_within(0.8 - 1e-3, 1.2 + 2e-3),
        wrt=(),
    ),
]

CASES = [*PIXELS, *COLORS]
