"""Check that imports go one way, and that no two modules import each other.

``python tools/layers.py`` prints every import that goes up and every cycle, and exits with 1 if any.
``LAYERS`` is the architecture of the package: a module may import what stands in its own line or above it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "gluonish"
ROOT = Path(__file__).resolve().parent.parent

LAYERS = (
    ("_names", "_version", "libinfo", "errors", "base", "error", "log", "registry"),
    ("attribute", "context", "dtype", "name", "runtime", "shape", "util"),
    ("engine",),
    ("ops",),
    ("kernels", "serialization", "profiler"),
    (
        "nd",
        "sym",
        "symbol",
        "executor",
        "autograd",
        "random",
        "operator",
        "numpy",
        "numpy_extension",
        "contrib",
    ),
    (
        "initializer",
        "optimizer",
        "lr_scheduler",
        "metric",
        "kvstore",
        "io",
        "recordio",
        "model",
        "module",
        "executor_manager",
        "rnn",
        "callback",
        "visualization",
    ),
    ("parameter",),
    ("gluon",),
    ("monitor", "nn", "optim", "tensors"),
    ("compat", "testing", "test_utils"),
    ("cli",),
    ("__main__",),
)
"""From the bottom to the top. ``gluonish/__init__.py`` is above all: it re-exports."""

LAYER_OF = {name: number for number, names in enumerate(LAYERS) for name in names}

Import = tuple[str, int, bool]
"""The imported module, the line, and whether it happens when the importing module is loaded."""


def module_name(path: Path, root: Path) -> str:
    """Return the dotted name of a file's module."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(tree: ast.Module, modules: set[str]) -> Iterator[Import]:
    """Yield the imports of this package in a module, except those for type checkers only."""

    def visit(node: ast.AST, *, at_load: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield alias.name, child.lineno, at_load
            elif isinstance(child, ast.ImportFrom) and child.module:
                for alias in child.names:
                    full = f"{child.module}.{alias.name}"
                    yield (full if full in modules else child.module), child.lineno, at_load
            inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from visit(child, at_load=at_load and not inside)

    for name, line, at_load in visit(tree, at_load=True):
        if name == PACKAGE or name.startswith(PACKAGE + "."):
            yield name, line, at_load


def read(root: Path) -> dict[str, list[Import]]:
    """Return the imports of every module of the package."""
    files = {module_name(path, root): path for path in sorted((root / PACKAGE).rglob("*.py"))}
    names = set(files)
    return {
        name: list(imports_of(ast.parse(path.read_text(encoding="utf-8")), names))
        for name, path in files.items()
    }


def layer_of(module: str) -> int | None:
    """Return the layer of a module; None for the package's face.

    Raises:
        SystemExit: the module has no layer.
    """
    parts = module.split(".")
    if len(parts) == 1:
        return None
    if parts[1] not in LAYER_OF:
        sys.exit(f"{module} belongs to no layer: add gluonish.{parts[1]} to LAYERS in tools/layers.py")
    return LAYER_OF[parts[1]]


def upward(imports: dict[str, list[Import]]) -> list[str]:
    """Return a line for every import of a higher layer, also inside functions."""
    found = []
    for module, targets in imports.items():
        own = layer_of(module)
        if own is None:
            continue
        for target, line, _ in targets:
            other = layer_of(target)
            if other is None or other > own:
                found.append(f"{module}:{line} imports {target}, which is above it")
    return found


def cycles(imports: dict[str, list[Import]]) -> list[str]:
    """Return a line for every cycle of modules that import each other when they are loaded."""
    graph = {
        module: {t for t, _, at_load in targets if at_load and t != module}
        for module, targets in imports.items()
    }
    found: list[str] = []
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> None:
        if module in path:
            found.append("cycle: " + " -> ".join([*path[path.index(module) :], module]))
            return
        if module in done:
            return
        for target in sorted(graph.get(module, ())):
            # A package's __init__ gathers its modules; they may import each other's siblings.
            if not target.startswith(module + ".") and not module.startswith(target + "."):
                walk(target, [*path, module])
        done.add(module)

    for module in graph:
        if layer_of(module) is not None:
            walk(module, [])
    return found


def main() -> int:
    """Print what is wrong."""
    imports = read(ROOT)
    problems = upward(imports) + cycles(imports)
    print("\n".join(problems) or f"{len(imports)} modules: all imports go one way")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
