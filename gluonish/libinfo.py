"""``mx.libinfo``: which MXNet this is, for programs that ask.

``__version__`` is the release of MXNet whose interface gluonish has. gluonish's own version is
``gluonish.__version__``.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["__version__", "find_lib_path"]

__version__ = "1.9.1"


def find_lib_path(prefix: str = "libmxnet") -> list[str]:  # noqa: ARG001  MXNet's argument
    """Return the paths of MXNet's library: the folder of this package, which needs no library."""
    return [str(Path(__file__).resolve().parent)]
