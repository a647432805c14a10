"""Changes of the colours of images, whose channels are last: one, or red, green and blue.

Integers are cut off and bounded; where an image has one channel, there are no colours to change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gluonish.dtype import is_float
from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import NOT_DIFFERENTIABLE, XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.vision.boxes import as_host
from gluonish.ops.vision.image import as_pixels, image_axes

__all__: list[str] = []

Numbers = tuple[float, ...]
Change = Callable[[XP, Array, Array], Array]

COLORS = 3
GRAY = (0.299, 0.587, 0.114)  # ITU-R BT.601
# The principal components of the colours of ImageNet: Krizhevsky et al., ImageNet classification (2012).
_DIRECTIONS = ((-0.5675, 0.7192, 0.4009), (-0.5808, -0.0045, -0.8140), (-0.5836, -0.6948, 0.4203))
_DEVIATIONS = (55.46, 4.794, 1.148)
PRINCIPAL = np.array(_DIRECTIONS) * _DEVIATIONS


def _changed(xp: XP, data: Array, change: Change, amount: Array) -> Array:
    """Return images whose values are changed, in their own dtype."""
    values = data if is_float(data.dtype) else data.astype("float32")
    return as_pixels(xp, change(xp, values, amount.astype(values.dtype)), data.dtype, nearest=False)


# -- changes --------------------------------------------------------------------------------------------


def _brightened(xp: XP, values: Array, factor: Array) -> Array:
    return values * factor


def _grays(xp: XP, values: Array) -> Array:
    """Return the gray of each pixel, with an axis of one channel."""
    if values.shape[-1] == 1:
        return values
    return (values * xp.asarray(GRAY, values.dtype)).sum(-1, keepdims=True)


def _contrasted(xp: XP, values: Array, factor: Array) -> Array:
    """Mix images with their mean gray."""
    return values * factor + _grays(xp, values).mean((-3, -2, -1), keepdims=True) * (1 - factor)


def _saturated(xp: XP, values: Array, factor: Array) -> Array:
    """Mix pixels with their gray."""
    return values * factor + _grays(xp, values) * (1 - factor)


def _turned(xp: XP, values: Array, circles: Array) -> Array:
    """Turn the hues of pixels; their lightest and darkest colours keep their values.

    Smith, Color gamut transform pairs (1978).
    """
    if values.shape[-1] == 1:
        return values.copy()
    red, green, blue = (values[..., i] for i in range(COLORS))
    most, least = values.max(-1), values.min(-1)
    spread = most - least
    safe = xp.where(spread > 0, spread, 1)
    sector = xp.where(
        most == red,
        (green - blue) / safe,
        xp.where(most == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    colors = []
    for start in (5, 3, 1):
        place = (sector + circles * 6 + start) % 6
        colors.append(most - spread * xp.clip(xp.minimum(place, 4 - place), 0, 1))
    return xp.stack(colors, -1)


def _lit(xp: XP, values: Array, alpha: Array) -> Array:
    """Add a colour: a sum of the principal components of ImageNet's."""
    if values.shape[-1] == 1:
        return values.copy()
    return values + xp.asarray(PRINCIPAL, values.dtype) @ alpha


def _image_shape(s: ShapeFacts) -> None:
    s.same("data", "output")
    data = image_axes(s, "(height, width, channels)")
    if data is not None and data[-1] not in (None, 1, COLORS):
        s.fail("takes images of one channel, or three")


def _image_dtype(d: DTypeFacts) -> None:
    d.same("data", "output")


# -- lighting -------------------------------------------------------------------------------------------


@operator("_image_adjust_lighting")
def adjust_lighting(xp: XP, data: Array, *, alpha: Numbers) -> Array:
    """Add the principal components of the colours of ImageNet, times three numbers, for values up to 255."""
    return _changed(xp, data, _lit, xp.asarray(alpha))


@adjust_lighting.shape
def adjust_lighting_shape(s: ShapeFacts, alpha: Numbers) -> None:
    _image_shape(s)
    if len(alpha) != COLORS:
        raise ArgumentError(f"Operator {s.owner!r}", "needs three numbers", received=f"alpha={alpha}")


@operator("_image_random_lighting")
def random_lighting(xp: XP, data: Array, *, alpha_std: float = 0.05, rng: Any) -> Array:
    """Add random light: ``adjust_lighting`` with normal numbers of this standard deviation."""
    return _changed(xp, data, _lit, alpha_std * rng.standard_normal((COLORS,)))


random_lighting.shape(_image_shape)

for _each in (adjust_lighting, random_lighting):
    _each.dtype(_image_dtype)
    _each.gradient("data")(lambda F, g: g)


# -- random factors -------------------------------------------------------------------------------------


def _factor(rng: Any, low: float, high: float) -> Array:
    return low + rng.random((1,)) * (high - low)


def _declare_change(name: str, doc: str, change: Change, gradient: Any = None) -> None:
    """Declare an operator that changes images by a random factor."""

    def kernel(xp: XP, data: Array, *, min_factor: float, max_factor: float, rng: Any) -> tuple[Array, Array]:
        factor = _factor(rng, min_factor, max_factor)
        return _changed(xp, data, change, factor), factor

    kernel.__doc__ = doc
    op = operator(
        name,
        outputs=("output", "factor"),
        visible=1,
        gradient=None if gradient else NOT_DIFFERENTIABLE,
    )(kernel)

    @op.shape
    def shape(s: ShapeFacts, min_factor: float, max_factor: float) -> None:
        if min(min_factor, max_factor) < 0:
            raise ArgumentError(
                f"Operator {s.owner!r}",
                "takes no negative factors",
                received=f"min_factor={min_factor}, max_factor={max_factor}",
            )
        _image_shape(s)
        s["factor"] = (1,)

    @op.dtype
    def dtype(d: DTypeFacts) -> None:
        _image_dtype(d)
        d["factor"] = np.dtype("float64")

    if gradient:

        @op.gradient("data")
        def rule(F: Any, g: Any, factor: Any, shapes: Any) -> Any:
            share = F.Cast(factor, dtype=g.dtype)
            return F.broadcast_add(
                F.broadcast_mul(g, share), F.broadcast_mul(gradient(F, g, shapes[0]), 1 - share)
            )


def _gray_back(F: Any, g: Any, shape: tuple[int, ...]) -> Any:
    """Return the gradient through the gray of each pixel."""
    total = F.sum(g, axis=-1, keepdims=True)
    if shape[-1] == 1:
        return total
    return F.concat(*(total * weight for weight in GRAY), dim=-1)


def _mean_gray_back(F: Any, g: Any, shape: tuple[int, ...]) -> Any:
    total = F.sum(g, axis=(-3, -2, -1), keepdims=True) / (shape[-3] * shape[-2])
    part = total if shape[-1] == 1 else F.concat(*(total * weight for weight in GRAY), dim=-1)
    return F.broadcast_to(part, shape=shape)


_declare_change(
    "_image_random_brightness",
    "Multiply images with a random factor between two.",
    _brightened,
    lambda F, g, shape: F.zeros_like(g),
)
_declare_change(
    "_image_random_contrast",
    "Mix images with their mean gray: f x + (1 - f) gray, with a random f between two factors.",
    _contrasted,
    _mean_gray_back,
)
_declare_change(
    "_image_random_saturation",
    "Mix pixels with their gray: f x + (1 - f) gray, with a random f between two factors.",
    _saturated,
    _gray_back,
)
_declare_change(
    "_image_random_hue",
    "Turn the hues of images by a random number, between two, of full circles.",
    _turned,
)


@operator("_image_random_color_jitter", gradient=NOT_DIFFERENTIABLE)
def random_color_jitter(
    xp: XP,
    data: Array,
    *,
    brightness: float,
    contrast: float,
    saturation: float,
    hue: float,
    rng: Any,
) -> Array:
    """Change brightness, contrast, saturation and hue in a random order, each by a factor around 1.

    The factors are between max(0, 1 - amount) and 1 + amount; an amount that is not positive is no change.
    """
    amounts = ((_brightened, brightness), (_contrasted, contrast), (_saturated, saturation), (_turned, hue))
    result = data.copy()
    for i in as_host(xp, xp.argsort(rng.random((len(amounts),)))):
        change, amount = amounts[int(i)]
        if amount > 0:
            factor = _factor(rng, max(0.0, 1 - amount), 1 + amount)
            result = _changed(xp, result, change, factor)
    return result


random_color_jitter.shape(_image_shape)
random_color_jitter.dtype(_image_dtype)
