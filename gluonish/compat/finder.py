"""``import mxnet`` gives gluonish.

A finder in front of Python's own answers for ``mxnet`` and its modules, with gluonish's very modules: they
have two names in ``sys.modules``. So classes are the same by either name, and what one program has pickled
another one reads.
"""

from __future__ import annotations

import dis
import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType
from typing import Any

from gluonish import libinfo
from gluonish._version import __version__
from gluonish.compat.names import advice, from_package, is_public, to_gluonish, to_mxnet
from gluonish.engine.legacy import LEGACY
from gluonish.errors import MissingImportError, MissingModuleError, MissingNameError, MXNetError

__all__ = ["install_as_mxnet", "is_installed", "uninstall_as_mxnet"]

_FACE: Any = sys.modules["gluonish"]


def install_as_mxnet() -> None:
    """Make ``import mxnet``, and the import of any module below it, give gluonish's modules.

    From then on ``mx.__version__`` is that of the MXNet release whose interface this is, and a few answers
    are MXNet's where gluonish would be stricter: ``autograd.grad`` returns lists, arrays of several cpu
    contexts may meet in an operator, and a gradient from memory that was written since is a warning.
    Installing twice changes nothing.

    Raises:
        MXNetError: the real MXNet is imported already.

    Example:
        >>> import gluonish
        >>> install_as_mxnet()
        >>> from mxnet.gluon import nn
        >>> nn is gluonish.gluon.nn
        True
        >>> uninstall_as_mxnet()
    """
    if is_installed():
        return
    present = sys.modules.get("mxnet")
    if present is not None:
        raise MXNetError(
            "install_as_mxnet()",
            "cannot take the place of MXNet: it is imported already, "
            f"from {getattr(present, '__file__', 'somewhere')}",
            fix="Call it before anything imports mxnet, or run the program with 'python -m gluonish run'.",
        )
    for name in _FACE.LAZY:
        getattr(_FACE, name)
    sys.meta_path.insert(0, _FINDER)
    for name, module in list(sys.modules.items()):
        if is_public(name):
            _guard(module, to_mxnet(name))
    _FACE.__version__ = libinfo.__version__
    LEGACY.active = True


def uninstall_as_mxnet() -> None:
    """Undo ``install_as_mxnet()``. Modules that imported gluonish as MXNet keep what they have."""
    if not is_installed():
        return
    sys.meta_path.remove(_FINDER)
    for name in [name for name in sys.modules if _is_ours(name)]:
        del sys.modules[name]
    for module in list(sys.modules.values()):
        if isinstance(getattr(module, "__dict__", {}).get("__getattr__"), _Guard):
            _unguard(module)
    _FACE.__version__ = __version__
    LEGACY.active = False


def is_installed() -> bool:
    """Tell whether ``import mxnet`` gives gluonish."""
    return _FINDER in sys.meta_path


def _is_ours(name: str) -> bool:
    return name == "mxnet" or name.startswith("mxnet.")


# -- modules --------------------------------------------------------------------------------------------


class _Finder(MetaPathFinder):
    """Finds MXNet's modules in gluonish."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load a module of MXNet; None for any other.

        Raises:
            MissingModuleError: gluonish has no such module.
        """
        del path, target
        if not _is_ours(fullname):
            return None
        return ModuleSpec(fullname, _Loader(_find(fullname)))


_FINDER = _Finder()


def _find(fullname: str) -> ModuleType:
    place = to_gluonish(fullname)
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        # One that is missing inside of it is another matter.
        if error.name is None or not f"{place}.".startswith(f"{error.name}."):
            raise
        parent, _, name = fullname.rpartition(".")
        refusal = MissingModuleError(
            "gluonish",
            f"has no module {fullname!r}",
            fix=advice(name, sys.modules.get(to_gluonish(parent))),
        )
        refusal.name = fullname
        raise refusal from None


class _Loader(Loader):
    """Hands out a module that is loaded already."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module."""
        del spec
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Run nothing; take back what the import system has noted in the module about its other name."""
        name = module.__spec__.name if module.__spec__ else module.__name__
        module.__spec__ = self._spec
        _guard(module, name)


# -- names in modules -----------------------------------------------------------------------------------


class _Guard:
    """A module's ``__getattr__``: words the error about a name that it does not have.

    Args:
        module: the module.
        name: what MXNet calls it.
        own: its own ``__getattr__``, if it has one.
    """

    def __init__(self, module: ModuleType, name: str, own: Callable[[str], Any] | None) -> None:
        self._module = module
        self._name = name
        self.own = own

    def __call__(self, name: str) -> Any:
        """Return what the module's own function finds.

        Raises:
            MissingNameError: nothing.
            MissingImportError: nothing, and a ``from`` import asked for it. Python would replace the text.
        """
        if self.own is not None:
            try:
                return self.own(name)
            except AttributeError:
                pass
        if name.startswith("__"):
            raise AttributeError(f"module {self._module.__name__!r} has no attribute {name!r}")
        try:
            return from_package(self._name, name)
        except AttributeError:
            pass
        kind = MissingImportError if _is_import(sys._getframe(1)) else MissingNameError  # noqa: SLF001
        raise kind("gluonish", f"has no {self._name}.{name}", fix=advice(name, self._module))


def _is_import(frame: FrameType) -> bool:
    """Tell whether a frame is in the middle of a ``from`` import."""
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM"


def _guard(module: ModuleType, name: str) -> None:
    names = vars(module)
    own = names.get("__getattr__")
    if not isinstance(own, _Guard):
        names["__getattr__"] = _Guard(module, name, own)


def _unguard(module: ModuleType) -> None:
    own = vars(module).pop("__getattr__").own
    if own is not None:
        vars(module)["__getattr__"] = own
