"""Checkpoint: all that a training run needs to go on, saved as a whole and found again."""

from __future__ import annotations

import json
import operator
import os
import random
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from gluonish.context import Context
from gluonish.engine import rng
from gluonish.errors import ArgumentError, ArgumentTypeError, FileFormatError, MissingFileError
from gluonish.gluon.block import Block
from gluonish.gluon.parameter_dict import ParameterDict
from gluonish.gluon.trainer import Trainer
from gluonish.parameter.report import LoadReport
from gluonish.serialization.atomic import atomic_write
from gluonish.serialization.manifest import Manifest, read_json, remove_set
from gluonish.symbol import Symbol, load

__all__ = ["Checkpoint", "Saved"]

PARAMETERS, TRAINER = "parameters.safetensors", "trainer.safetensors"
SYMBOL, INFO, RANDOM = "symbol.json", "info.json", "random.json"

_FOLDER = re.compile(r"(\d{8,})(?:\.(\d+))?", re.ASCII)
"""Names of the folders: the number of the set, and, if it was saved more than once, which time."""


@attrs.frozen
class Saved:
    """A complete set of files.

    Attributes:
        number: its number.
        folder: where it is.
        info: what the program saved with it.
        parameters: what was found for whom among the parameters; None if they were not loaded.
        trainer: likewise in the trainer's state.
    """

    number: int
    folder: Path
    info: Any = None
    parameters: LoadReport | None = None
    trainer: LoadReport | None = None

    def symbol(self) -> Symbol:
        """Return the symbol that was saved.

        Raises:
            MissingFileError: none was.
        """
        return load(str(self.folder / SYMBOL))


class Checkpoint:
    """A folder with numbered sets of files, each with all that a training run needs to go on.

    A set counts when its manifest is there, which is written last: a process that is killed at any moment
    leaves the sets that were complete before, and latest() finds the newest of them.

    Args:
        folder: where the sets are; it is made when the first is saved.
        keep_last: how many complete sets to keep; saving one more removes the oldest. None for all.
        max_shard_size: the bytes of a file of arrays, as a number or a text such as ``"2GB"``; what is more
            goes to several files with an index.

    Raises:
        ArgumentError: ``keep_last`` is no number above 0.

    Example:
        >>> import gluonish as mx
        >>> import tempfile
        >>> net = mx.gluon.nn.Dense(1, in_units=2)
        >>> net.initialize()
        >>> trainer = mx.gluon.Trainer(net.collect_params(), "adam")
        >>> checkpoint = mx.gluon.Checkpoint(tempfile.mkdtemp(), keep_last=2)
        >>> for epoch in range(3):
        ...     folder = checkpoint.save(epoch, net, trainer, info={"epoch": epoch})
        >>> checkpoint.numbers()
        [1, 2]
        >>> checkpoint.load(net, trainer).info
        {'epoch': 2}
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        keep_last: int | None = None,
        max_shard_size: int | str | None = None,
    ) -> None:
        if keep_last is not None and (isinstance(keep_last, bool) or operator.index(keep_last) < 1):
            raise ArgumentError("keep_last", "is no number of sets", expected="1 or more", received=keep_last)
        self.folder = Path(folder)
        self.keep_last = keep_last
        self.max_shard_size = max_shard_size

    # -- saving -------------------------------------------------------------------------------------------

    def save(
        self,
        number: int,
        parameters: Block | ParameterDict | None = None,
        trainer: Trainer | None = None,
        symbol: Symbol | None = None,
        info: Any = None,
    ) -> Path:
        """Save a set, with the states of all random streams (``mx.random``, NumPy's and Python's own).

        A set of that number that exists already is replaced when the new one is complete.

        Args:
            number: of the set: of the epoch, or of the step.
            parameters: a block, saved by paths, or a dictionary, saved by names.
            trainer: what trains them.
            symbol: a symbol.
            info: whatever the program wants to find again, as JSON can hold it.

        Returns:
            The folder of the set.

        Raises:
            ArgumentError: the number is none, or JSON cannot hold ``info``.
            NotInitializedError, DeferredInitializationError: a parameter holds no value.
        """
        number = _checked_number(number)
        writers: dict[str, Callable[[Path], Any]] = {
            INFO: _json_writer(info),
            RANDOM: _json_writer(_random()),
        }
        if parameters is not None:
            writers[PARAMETERS] = self._parameter_writer(parameters)
        if trainer is not None:
            writers[TRAINER] = lambda path: trainer.save_states(path, max_shard_size=self.max_shard_size)
        if symbol is not None:
            writers[SYMBOL] = lambda path: symbol.save(str(path))
        folder = self._new_folder(number)
        try:
            for name, write in writers.items():
                write(folder / name)
            Manifest.write(folder, number, [each.name for each in folder.iterdir()])
        except BaseException:
            remove_set(folder)
            raise
        self._prune(number, folder)
        return folder

    def _parameter_writer(self, parameters: Block | ParameterDict) -> Callable[[Path], None]:
        if isinstance(parameters, Block):
            return lambda path: parameters.save_parameters(path, max_shard_size=self.max_shard_size)
        if isinstance(parameters, ParameterDict):
            return lambda path: parameters.save(path, max_shard_size=self.max_shard_size)
        raise ArgumentTypeError(
            "Checkpoint",
            "cannot save these parameters",
            expected="a Block or a ParameterDict",
            received=type(parameters).__name__,
        )

    def _new_folder(self, number: int) -> Path:
        """Make the folder of a set: of a later edition than any there is of this number."""
        edition = 1 + max((each for found, each, _ in self._folders() if found == number), default=0)
        folder = self.folder / (f"{number:08d}" if edition == 1 else f"{number:08d}.{edition}")
        folder.mkdir(parents=True)
        return folder

    def _prune(self, number: int, folder: Path) -> None:
        """Remove complete sets that the new one replaces, and those that are too many."""
        complete = self._complete()
        replaced = [each for each in complete if each.number == number and each.folder != folder]
        older = [each for each in complete if each.number != number]
        surplus = older[: -self.keep_last + 1 or None] if self.keep_last is not None else []
        for each in replaced + [each for each in surplus if each.number < number]:
            remove_set(each.folder)

    # -- finding ------------------------------------------------------------------------------------------

    def _folders(self) -> list[tuple[int, int, Path]]:
        found = []
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            match = _FOLDER.fullmatch(path.name)
            if match and path.is_dir():
                found.append((int(match[1]), int(match[2] or 1), path))
        return sorted(found)

    def _complete(self) -> list[Manifest]:
        """Return the manifests of all complete sets, in their order."""
        found = [_manifest_in(path) for _, _, path in self._folders()]
        return [each for each in found if each is not None]

    def numbers(self) -> list[int]:
        """Return the numbers of all complete sets, in order."""
        return list(dict.fromkeys(each.number for each in self._complete()))

    def latest(self) -> int | None:
        """Return the number of the newest complete set; None if there is none."""
        return max(self.numbers(), default=None)

    def sweep(self) -> list[Path]:
        """Remove what processes that were killed have left behind: folders that are no complete sets.

        No other process may be saving meanwhile.

        Returns:
            The folders that were removed.
        """
        complete = {each.folder for each in self._complete()}
        stale = [path for _, _, path in self._folders() if path not in complete]
        for path in stale:
            remove_set(path)
        return stale

    # -- loading ------------------------------------------------------------------------------------------

    def load(
        self,
        parameters: Block | ParameterDict | None = None,
        trainer: Trainer | None = None,
        number: int | None = None,
        ctx: Context | Sequence[Context] | None = None,
        *,
        strict: bool = True,
        random: bool = True,
        **options: Any,
    ) -> Saved:
        """Load a set, so that the run goes on as if it had never stopped.

        The hashes of all files are compared first.

        Args:
            parameters: the block or dictionary to load into.
            trainer: the trainer to load into; made after the parameters were given contexts.
            number: which set; the newest complete one if None.
            ctx: where to put parameters that are not initialised yet.
            strict: raise where the trainer's state does not fit.
            random: let all random streams go on where they were.
            options: as of ``load_parameters``: ``cast_dtype``, ``allow_missing`` ...

        Returns:
            The set.

        Raises:
            MissingFileError: there is no complete set, or it lacks a file that is asked for.
            FileFormatError: a file is damaged.
        """
        manifest = self._manifest(number)
        manifest.verify()
        folder = manifest.folder
        loaded = None
        if isinstance(parameters, Block):
            loaded = parameters.load_parameters(folder / PARAMETERS, ctx, **options)
        elif parameters is not None:
            loaded = parameters.load(folder / PARAMETERS, ctx, **options)
        states = None
        if trainer is not None:
            states = trainer.load_states(folder / TRAINER, strict=strict, random=False)
        if random:
            _restore_random(folder / RANDOM)
        return Saved(manifest.number, folder, read_json(folder / INFO), loaded, states)

    def _manifest(self, number: int | None) -> Manifest:
        wanted = self.latest() if number is None else _checked_number(number)
        complete = self._complete()
        found = [each for each in complete if each.number == wanted]
        if not found:
            listed = ", ".join(str(each.number) for each in complete)
            raise MissingFileError(
                f"Checkpoint {self.folder}",
                "has no complete set" + (f" of number {wanted}" if number is not None else ""),
                received=f"sets {listed}" if listed else "none",
            )
        return found[-1]


def _manifest_in(folder: Path) -> Manifest | None:
    """Return the manifest of a folder; None if it is no complete set."""
    try:
        return Manifest.read(folder)
    except (MissingFileError, FileFormatError):
        return None


def _checked_number(number: Any) -> int:
    try:
        found = operator.index(number)
    except TypeError:
        found = -1
    if found < 0:
        raise ArgumentError(
            "The number of a checkpoint",
            "is none",
            expected="an integer of at least 0",
            received=repr(number),
        )
    return found


def _json_writer(value: Any) -> Callable[[Path], None]:
    try:
        content = json.dumps(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ArgumentError("info", f"cannot be saved as JSON ({error})") from error

    def write(path: Path) -> None:
        with atomic_write(path) as file:
            file.write(content)

    return write


def _random() -> dict[str, Any]:
    """Return where all random streams are."""
    kind, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002  the stream that programs draw from
    version, words, gauss = random.getstate()
    return {
        "gluonish": rng.state(),
        "numpy": [kind, [int(key) for key in keys], *rest],
        "python": [version, list(words), gauss],
    }


def _restore_random(path: Path) -> None:
    state = read_json(path)
    try:
        _restore_streams(state)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise FileFormatError(f"File {path}", f"holds no state of random streams ({error})") from error


def _restore_streams(state: Mapping[str, Any]) -> None:
    kind, keys, *rest = state["numpy"]
    version, words, gauss = state["python"]
    # Those that check what they are given come first.
    random.setstate((version, tuple(words), gauss))
    np.random.set_state((kind, np.array(keys, np.uint32), *rest))  # noqa: NPY002  as above
    rng.restore(state["gluonish"])
