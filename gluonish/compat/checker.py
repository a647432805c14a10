"""Finding the names of MXNet that a script uses and gluonish lacks, without running it.

The script is read as a syntax tree. Imports say which of its names stand for modules of MXNet; every chain
of attributes that begins with such a name, ``mx.gluon.nn.Dense``, is then followed through gluonish's modules
and classes. In ``hybrid_forward(self, F, ...)`` the name ``F`` stands for ``mxnet.ndarray``.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

import attrs

from gluonish.compat.names import GUIDE, from_package, to_gluonish
from gluonish.errors import FileFormatError, MissingFileError

__all__ = ["Use", "check_paths", "find_uses"]

ROOT = "mxnet"


@attrs.frozen(order=True)
class Use:
    """A name of MXNet in a script.

    Attributes:
        line: where it is.
        name: in full: ``"mxnet.gluon.nn.Dense"``.
        known: how much of it gluonish has; all of it if nothing is missing.
    """

    line: int
    name: str
    known: str

    @property
    def is_missing(self) -> bool:
        """Whether gluonish lacks it."""
        return self.known != self.name


def check_paths(paths: Sequence[str], output: TextIO) -> int:
    """Write which names of MXNet gluonish lacks, by script and line.

    Args:
        paths: scripts, and folders of them.
        output: where to write to.

    Returns:
        The exit status: 1 if there are any, else 0.

    Raises:
        MissingFileError: a path that is not there.
        FileFormatError: a script that is no Python text.
    """
    missing = 0
    total: set[str] = set()
    files = list(_scripts(paths))
    for file in files:
        uses = find_uses(_source(file), str(file))
        total.update(use.name for use in uses)
        for use in uses:
            if use.is_missing:
                missing += 1
                output.write(f"{file}:{use.line}: {use.name}{_remark(use)}\n")
    scripts = "1 script" if len(files) == 1 else f"{len(files)} scripts"
    verdict = f"gluonish lacks {missing} of their uses; see {GUIDE}" if missing else "gluonish has them all"
    output.write(f"{scripts}, {len(total)} names of MXNet: {verdict}\n")
    return 1 if missing else 0


def _remark(use: Use) -> str:
    return "" if use.known == use.name.rpartition(".")[0] else f" (there is {use.known})"


def _scripts(paths: Iterable[str]) -> Iterator[Path]:
    for each in paths:
        path = Path(each)
        if path.is_dir():
            yield from sorted(path.rglob("*.py"))
        elif path.is_file():
            yield path
        else:
            raise MissingFileError("Script", "is not there", received=each)


def _source(file: Path) -> str:
    try:
        with tokenize.open(file) as opened:
            return opened.read()
    except (SyntaxError, UnicodeDecodeError) as error:
        raise FileFormatError(f"Script {file}", f"is no Python text: {error}") from None


def find_uses(source: str, filename: str = "<script>") -> list[Use]:
    r"""Return the names of MXNet that a script uses, in the order of lines, each once per line.

    Args:
        source: the text of the script.
        filename: what it is called in errors.

    Raises:
        FileFormatError: it is no Python text.

    Example:
        >>> script = "import mxnet as mx\nnet = mx.gluon.nn.Dense(2)\nmx.gluon.nn.Dance(2)"
        >>> [use.name for use in find_uses(script) if use.is_missing]
        ['mxnet.gluon.nn.Dance']
    """
    try:
        tree = ast.parse(source, filename)
    except (SyntaxError, ValueError) as error:
        raise FileFormatError(f"Script {filename}", f"is no Python text: {error}") from None
    reader = _Reader()
    reader.visit(tree)
    return sorted({Use(line, name, _known_part(name)) for line, name in reader.found})


# -- reading a script -----------------------------------------------------------------------------------


class _Reader(ast.NodeVisitor):
    """Collects chains of attributes that begin with a name that an import, or ``F``, has bound.

    Attributes:
        found: pairs of line and name.
    """

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self._scopes: list[dict[str, str | None]] = [{}]

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if _is_mxnet(alias.name):
                self.found.append((node.lineno, alias.name))
                self._bind(alias.asname or ROOT, alias.name if alias.asname else ROOT)
            else:
                self._bind(alias.asname or alias.name.partition(".")[0], None)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        of_mxnet = node.level == 0 and node.module is not None and _is_mxnet(node.module)
        for alias in node.names:
            name = f"{node.module}.{alias.name}" if of_mxnet else None
            if of_mxnet and alias.name == "*":
                self.found.append((node.lineno, str(node.module)))
                self._bind_all(str(node.module))
                continue
            if name is not None:
                self.found.append((node.lineno, name))
            self._bind(alias.asname or alias.name, name)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain = self._chain(node)
        if chain is None:
            self.generic_visit(node)
        elif isinstance(node.ctx, ast.Load):
            self.found.append((node.lineno, chain))

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)
            if isinstance(target, ast.Name):
                self._bind(target.id, self._chain(node.value))

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id, None)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_function(node)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        every = node.args
        arguments = [*every.posonlyargs, *every.args, *every.kwonlyargs]
        arguments += [each for each in (every.vararg, every.kwarg) if each is not None]
        scope: dict[str, str | None] = dict.fromkeys((each.arg for each in arguments), None)
        if getattr(node, "name", None) == "hybrid_forward" and len(every.args) > 1:
            scope[every.args[1].arg] = f"{ROOT}.ndarray"
        body = node.body if isinstance(node.body, list) else [node.body]
        inside = {id(each) for each in body}
        for child in ast.iter_child_nodes(node):
            if id(child) not in inside:
                self.visit(child)  # decorators, defaults and annotations belong to the scope around it
        self._scopes.append(scope)
        for child in body:
            self.visit(child)
        self._scopes.pop()

    def _bind(self, name: str, meaning: str | None) -> None:
        self._scopes[-1][name] = meaning

    def _bind_all(self, module: str) -> None:
        """Bind what a ``from module import *`` brings, as far as gluonish has it."""
        found = _module(module)
        names = getattr(found, "__all__", None) or [n for n in vars(found or object) if not n.startswith("_")]
        for name in names:
            self._bind(name, f"{module}.{name}")

    def _chain(self, node: ast.AST) -> str | None:
        """Return the name of MXNet that an expression is, or None."""
        if isinstance(node, ast.Attribute):
            start = self._chain(node.value)
            return None if start is None else f"{start}.{node.attr}"
        if isinstance(node, ast.Name):
            for scope in reversed(self._scopes):
                if node.id in scope:
                    return scope[node.id]
        return None


def _is_mxnet(module: str) -> bool:
    return module == ROOT or module.startswith(f"{ROOT}.")


# -- looking names up -----------------------------------------------------------------------------------


def _module(name: str) -> ModuleType | None:
    """Return the module that gluonish has for one of MXNet, or None."""
    try:
        return importlib.import_module(to_gluonish(name))
    except ModuleNotFoundError:
        return None


def _known_part(name: str) -> str:
    """Return how much of a name gluonish has. What is inside of instances cannot be told, and counts."""
    first, *rest = name.split(".")
    found: Any = _module(first)
    known = first
    for part in rest:
        below = f"{known}.{part}"
        value = _attribute(found, part)
        if value is _NOTHING and inspect.ismodule(found):
            value = _module(below) or _from_package(known, part)
        if value is _NOTHING:
            return known
        if not inspect.ismodule(value) and not inspect.isclass(value):
            return name
        found, known = value, below
    return name


_NOTHING: Any = object()


def _from_package(module: str, name: str) -> Any:
    try:
        return from_package(module, name)
    except AttributeError:
        return _NOTHING


def _attribute(holder: Any, name: str) -> Any:
    """Return an attribute; for one that only instances of a class have, None stands."""
    if inspect.isclass(holder) and any(
        name in vars(each).get("__annotations__", ()) for each in holder.__mro__
    ):
        return None
    return getattr(holder, name, _NOTHING)
