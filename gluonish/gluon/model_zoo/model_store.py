"""Where files of trained parameters lie. Nothing is downloaded."""

from __future__ import annotations

import os
from pathlib import Path

from gluonish.errors import ArgumentError, MissingFileError

__all__ = ["default_root", "get_model_file", "purge"]


def default_root() -> Path:
    """Return the folder of models: ``$MXNET_HOME/models``, or ``~/.mxnet/models``."""
    home = os.environ.get("MXNET_HOME")
    return (Path(home) if home else Path.home() / ".mxnet") / "models"


def get_model_file(name: str, root: str | os.PathLike[str] | None = None) -> str:
    """Return the path of the file with a model's parameters.

    It is called ``{name}.params``, or as MXNet's downloads are ``{name}-{first digits of a hash}.params``.

    Args:
        name: the name of the model, ``"resnet18_v1"``.
        root: the folder; ``default_root()`` if None. ``~`` stands for the user's.

    Raises:
        MissingFileError: there is none.
        ArgumentError: there are several.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as root:
        ...     pathlib.Path(root, "resnet18_v1-a0666292.params").touch()
        ...     pathlib.Path(get_model_file("resnet18_v1", root)).name
        'resnet18_v1-a0666292.params'
    """
    folder = default_root() if root is None else Path(root).expanduser()
    exact = folder / f"{name}.params"
    if exact.is_file():
        return str(exact)
    found = sorted(folder.glob(f"{name}-*.params"))
    if not found:
        raise MissingFileError(
            f"The trained parameters of {name!r}",
            f"are not in {folder}",
            expected=f"a file {name}.params or {name}-xxxxxxxx.params there",
            fix="Put one there, or pass its folder as root=; gluonish downloads none. "
            "MXNet keeps those it downloaded in ~/.mxnet/models.",
        )
    if found[1:]:
        raise ArgumentError(
            f"The trained parameters of {name!r}",
            f"are in several files in {folder}",
            received=", ".join(path.name for path in found),
            fix=f"Call the one you want {name}.params.",
        )
    return str(found[0])


def purge(root: str | os.PathLike[str] | None = None) -> None:
    """Delete the files of trained parameters in a folder.

    Args:
        root: the folder; ``default_root()`` if None.
    """
    folder = default_root() if root is None else Path(root).expanduser()
    for path in folder.glob("*.params"):
        path.unlink()
