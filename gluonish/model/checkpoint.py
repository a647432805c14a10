"""``mx.model``: checkpoints of a symbol and its arrays, the files that ``HybridBlock.export`` writes too."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

from gluonish import sym
from gluonish.engine.ndarray import NDArray
from gluonish.errors import FileFormatError
from gluonish.serialization import load, save

__all__ = ["BatchEndParam", "load_checkpoint", "load_params", "save_checkpoint"]

_LOGGER = logging.getLogger(__name__)


class BatchEndParam(NamedTuple):
    """What a callback gets after a batch.

    Attributes:
        epoch: the number of the epoch, from 0.
        nbatch: the number of batches of this epoch so far.
        eval_metric: the metric, or None.
        locals: the local variables of the training loop.
    """

    epoch: int
    nbatch: int
    eval_metric: Any
    locals: Any


def save_checkpoint(
    prefix: str,
    epoch: int,
    symbol: Any,
    arg_params: Mapping[str, NDArray],
    aux_params: Mapping[str, NDArray],
    remove_amp_cast: bool = True,
) -> None:
    """Write ``prefix-symbol.json`` and ``prefix-0001.params`` (the number is the epoch's).

    Args:
        prefix: what the names of both files begin with.
        epoch: the number of the epoch.
        symbol: the symbol; without one (None), only arrays are written.
        arg_params: the arguments of the symbol, by name.
        aux_params: its states, by name.
        remove_amp_cast: whether casts that mixed precision has put into the symbol are left out.
    """
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
    arrays = {f"arg:{name}": array for name, array in arg_params.items()}
    arrays.update((f"aux:{name}", array) for name, array in aux_params.items())
    file = _params_file(prefix, epoch)
    save(file, arrays)
    _LOGGER.info('Saved checkpoint to "%s"', file)


def load_params(prefix: str, epoch: int) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """Read the arrays of a checkpoint.

    Returns:
        Arguments and states, by name.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it holds other arrays than a checkpoint's.
    """
    file = _params_file(prefix, epoch)
    arrays = load(file)
    if not arrays:
        _LOGGER.warning("Params file '%s' is empty", file)
        return {}, {}
    found: dict[str, dict[str, Any]] = {"arg": {}, "aux": {}}
    for key, array in arrays.items() if isinstance(arrays, dict) else [("", None)]:
        kind, _, name = key.partition(":")
        if kind not in found or not name:
            raise FileFormatError(
                f"File {file}",
                "is no checkpoint",
                expected="arrays named arg:... and aux:...",
                received=repr(key) if key else "arrays without names",
            )
        found[kind][name] = array
    return found["arg"], found["aux"]


def load_checkpoint(prefix: str, epoch: int) -> tuple[Any, dict[str, NDArray], dict[str, NDArray]]:
    """Read a checkpoint.

    Returns:
        The symbol, its arguments and its states, by name.

    Raises:
        MissingFileError: a file is not there.
        FileFormatError: one is damaged.
    """
    symbol = sym.load(f"{prefix}-symbol.json")
    return symbol, *load_params(prefix, epoch)


def _params_file(prefix: str, epoch: int) -> str:
    return f"{prefix}-{epoch:04d}.params"
