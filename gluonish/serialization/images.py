"""Images as files hold them: compressed. Needs Pillow, which comes with Matplotlib.

Arrays are of uint8, with axes (height, width, channels); channels are red, green, blue and perhaps alpha.
"""

from __future__ import annotations

import io
from types import ModuleType
from typing import Any

import numpy as np

from gluonish.errors import ArgumentError, ArgumentTypeError, FileFormatError, NotInstalledError

__all__ = ["decode", "encode"]

AS_IS, GRAY, COLOUR = -1, 0, 1
MODES = {GRAY: "L", COLOUR: "RGB"}
"""How images are read, by OpenCV's numbers."""

PLAIN_MODES = ("L", "RGB", "RGBA")
MOST_QUALITY, MOST_COMPRESSION = 100, 9


def _pillow() -> ModuleType:
    """Return the module that knows the formats of images.

    Raises:
        NotInstalledError: it is not there.
    """
    try:
        from PIL import Image  # noqa: PLC0415  it is optional
    except ImportError as error:
        raise NotInstalledError(
            "Reading and writing images", "needs Pillow", received=str(error), fix="pip install pillow"
        ) from error
    return Image


def decode(content: bytes, flag: int = COLOUR) -> np.ndarray[Any, Any]:
    """Return the image that compressed bytes hold.

    Args:
        content: a JPEG, a PNG or another file that Pillow knows.
        flag: 1 for three channels, 0 for one (grey), -1 for those that the file has.

    Returns:
        An array of uint8, (height, width, channels); (height, width) if a single channel is all the file has
        and ``flag`` is -1, or if ``flag`` is 0.

    Raises:
        NotInstalledError: Pillow is not there.
        FileFormatError: they are no image, or a damaged one, or one of too many pixels.
        ArgumentError: an unknown flag.
    """
    if flag not in (AS_IS, GRAY, COLOUR):
        raise ArgumentError("flag", "is unknown", expected="1, 0 or -1", received=flag)
    pillow = _pillow()
    try:
        with pillow.open(io.BytesIO(content)) as image:
            as_is = image.mode if image.mode in PLAIN_MODES else "RGB"
            return np.array(image.convert(MODES.get(flag, as_is)), np.uint8)
    except (OSError, ValueError, SyntaxError, pillow.DecompressionBombError) as error:
        raise FileFormatError("The image", f"cannot be read: {error}", expected="a JPEG or a PNG") from error


def encode(image: Any, img_fmt: str = ".jpg", quality: int = 95) -> bytes:
    """Return an image as compressed bytes.

    Args:
        image: an array of uint8, (height, width) or (height, width, 1, 3 or 4).
        img_fmt: ``".jpg"``, ``".jpeg"`` or ``".png"``.
        quality: of a JPEG, 1 to 100; of a PNG, how hard to compress, 0 to 9. What is beyond counts as the
            nearest of these.

    Raises:
        NotInstalledError: Pillow is not there.
        ArgumentError: an unknown format.
        ArgumentTypeError: the array is no such image.
    """
    pixels = np.asarray(image)
    if pixels.ndim == 3 and pixels.shape[2] == 1:  # noqa: PLR2004  grey, with an axis of channels
        pixels = pixels[..., 0]
    whole = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))  # noqa: PLR2004
    if not whole or pixels.dtype != np.uint8 or not pixels.size:
        raise ArgumentTypeError(
            "The image",
            "is none",
            expected="uint8 of shape (height, width) or (height, width, channels)",
            received=f"{pixels.dtype} of shape {pixels.shape}",
        )
    suffix = img_fmt.lower()
    if suffix in (".jpg", ".jpeg"):
        options = {"format": "JPEG", "quality": min(max(quality, 1), MOST_QUALITY)}
        pixels = pixels[..., :3] if pixels.ndim == 3 else pixels  # noqa: PLR2004  it has no alpha
    elif suffix == ".png":
        options = {"format": "PNG", "compress_level": min(max(quality, 0), MOST_COMPRESSION)}
    else:
        raise ArgumentError("img_fmt", "is unknown", expected="'.jpg' or '.png'", received=repr(img_fmt))
    stream = io.BytesIO()
    _pillow().fromarray(np.ascontiguousarray(pixels)).save(stream, **options)
    return stream.getvalue()
