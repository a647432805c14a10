"""Make gluonish/gluon/data/vision/digits.npz from an installed scikit-learn.

The file holds ``images``, uint8 of shape (1797, 8, 8) with values 0 to 16, and ``labels``, uint8 of shape
(1797,). It is made anew byte by byte as it is in the repository; ``--check`` compares instead of writing.

    python tools/make_digits.py [--check]
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parent.parent / "gluonish" / "gluon" / "data" / "vision" / "digits.npz"
COUNT = 1797


def digits() -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    """Return the arrays of the file."""
    from sklearn.datasets import load_digits  # noqa: PLC0415  not needed for --help

    bunch = load_digits()
    arrays = {"images": bunch.images.astype(np.uint8), "labels": bunch.target.astype(np.uint8)}
    if not (arrays["images"] == bunch.images).all() or len(arrays["labels"]) != COUNT:
        sys.exit("this scikit-learn has other digits than those expected: whole numbers, 1797 images")
    return arrays


def packed() -> bytes:
    """Return the arrays as an npz archive that depends on nothing but their content."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name, array in digits().items():
            member = io.BytesIO()
            np.save(member, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, member.getvalue())
    return archive.getvalue()


def main() -> int:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    content = packed()
    if not parser.parse_args().check:
        TARGET.write_bytes(content)
        print(f"wrote {len(content)} bytes to {TARGET}")
        return 0
    same = TARGET.is_file() and TARGET.read_bytes() == content
    print(f"{TARGET} is {'current' if same else 'not what this scikit-learn gives'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
