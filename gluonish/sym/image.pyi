# Written from the operator table by tools/stubs.py; do not edit.
# ruff: noqa: A001, A002, A004, E501, F401, I001, N802, PYI021, RUF100  MXNet's names; texts for editors

from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from gluonish.context import Context
from gluonish.symbol.symbol import Symbol

def adjust_lighting(
    data: Symbol | None = None,
    *,
    alpha: float | Sequence[float],
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Add the principal components of the colours of ImageNet, times three numbers, for values up to 255."""

def crop(
    data: Symbol | None = None,
    *,
    x: int,
    y: int,
    width: int,
    height: int,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return a copy of a part of images: ``width`` columns from ``x`` on, ``height`` rows from ``y`` on."""

def flip_left_right(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Mirror images left to right."""

def flip_top_bottom(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Mirror images top to bottom."""

def normalize(
    data: Symbol | None = None,
    mean: float | Sequence[float] = (0.0, 0.0, 0.0, 0.0),
    std: float | Sequence[float] = (1.0, 1.0, 1.0, 1.0),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Subtract a mean from each channel, which is first, and divide by a standard deviation."""

def random_brightness(
    data: Symbol | None = None,
    *,
    min_factor: float,
    max_factor: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Multiply images with a random factor between two."""

def random_color_jitter(
    data: Symbol | None = None,
    *,
    brightness: float,
    contrast: float,
    saturation: float,
    hue: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Change brightness, contrast, saturation and hue in a random order, each by a factor around 1."""

def random_contrast(
    data: Symbol | None = None,
    *,
    min_factor: float,
    max_factor: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Mix images with their mean gray: f x + (1 - f) gray, with a random f between two factors."""

def random_flip_left_right(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Mirror images left to right with a probability of 1/2, all of a batch or none."""

def random_flip_top_bottom(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Mirror images top to bottom with a probability of 1/2, all of a batch or none."""

def random_hue(
    data: Symbol | None = None,
    *,
    min_factor: float,
    max_factor: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Turn the hues of images by a random number, between two, of full circles."""

def random_lighting(
    data: Symbol | None = None,
    alpha_std: float = 0.05,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Add random light: ``adjust_lighting`` with normal numbers of this standard deviation."""

def random_saturation(
    data: Symbol | None = None,
    *,
    min_factor: float,
    max_factor: float,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Mix pixels with their gray: f x + (1 - f) gray, with a random f between two factors."""

def resize(
    data: Symbol | None = None,
    size: int | Sequence[int] = (),
    keep_ratio: bool = False,
    interp: int = 1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Resize images, with the interpolations of OpenCV."""

def to_tensor(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Return images of values 0 to 255 as float32 from 0 to 1, with the channels before height and width."""
