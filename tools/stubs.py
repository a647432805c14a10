"""Write the type stubs of what is generated from the operator table.

    python tools/stubs.py           # write them
    python tools/stubs.py --check   # name the stale ones and exit with 1

There is one stub for the methods of arrays and symbols, ``gluonish/engine/methods.pyi``, and one for each
module that ``populate`` fills: ``gluonish/nd/__init__.pyi``, ``gluonish/nd/linalg.pyi`` and so on. A stub
hides the module beside it from type checkers. So those modules hold imports only, and what is imported there
is imported in the stub too.
"""

from __future__ import annotations

import ast
import json
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
from generated import ROOT, main

import gluonish.nd  # noqa: F401  declares the operators
from gluonish.context import Context
from gluonish.engine.fields import REQUIRED, Field
from gluonish.engine.namespace import SPARSE_TOO, SUB_NAMESPACES, classic_operators, public_name
from gluonish.engine.operator import Operator, declare_all, find_operator, operators
from gluonish.numpy.tables import BINARY, UNARY
from gluonish.numpy_extension.tables import OPERATORS
from gluonish.ops.arithmetic import COMPARISONS, PYTHON_OPERATORS

HEADER = """\
# Written from the operator table by tools/stubs.py; do not edit.
# ruff: noqa: A001, A002, A004, E501, F401, I001, N802, PYI021, RUF100  MXNet's names; texts for editors
"""

LINE_LENGTH = 110


# -- types ------------------------------------------------------------------------------------------------


def literal(value: Any) -> str:
    """Write a value as source text."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def annotation(declared: Any) -> str:
    """Return what a caller may pass for a parameter, given the type its kernel declares.

    Callers may write less than the kernel gets: one number for a tuple, a name for a dtype.
    """
    origin, args = typing.get_origin(declared), typing.get_args(declared)
    if origin is Literal:
        return f"Literal[{', '.join(map(literal, args))}]"
    if origin is tuple:
        entry = annotation(args[0])
        return _none_last([*entry.split(" | "), f"Sequence[{entry}]"])
    if origin in (typing.Union, types.UnionType):
        # A Scalar, int | float, is what type checkers call float.
        parts = [annotation(arg) for arg in args if not (arg is int and float in args)]
        return _none_last(parts)
    if declared is Context:
        return "Context | str"
    if declared == np.dtype[Any]:
        return "DTypeLike"
    return {Any: "Any", type(None): "None"}.get(declared) or declared.__name__


def _none_last(parts: list[str]) -> str:
    """Join the members of a union, each once."""
    return " | ".join(sorted(dict.fromkeys(parts), key="None".__eq__))


def default(field: Field) -> str:
    """Return how a stub writes a default; ``...`` where it is no literal."""
    value = field.default
    if isinstance(value, np.dtype):
        return literal(value.name)
    if value is None or isinstance(value, (bool, int, str, tuple)) or np.isfinite(value):
        return literal(value)
    return "..."


# -- signatures -------------------------------------------------------------------------------------------


@attrs.frozen
class Argument:
    """One argument of a function in a stub.

    Attributes:
        text: the whole argument.
        optional: whether it has a default.
    """

    text: str
    optional: bool = True


@attrs.frozen
class Flavour:
    """A package of functions made from the table.

    Attributes:
        package: its name.
        array: the type of its arrays.
        source: where that type is defined.
        needs_inputs: whether inputs have to be given; symbols make variables of those that are not.
        extras: arguments that all its functions take by keyword.
    """

    package: str
    array: str
    source: str
    needs_inputs: bool
    extras: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where the package lies."""
        return ROOT / self.package.replace(".", "/")


FLAVOURS = (
    Flavour(
        "gluonish.nd",
        "NDArray",
        "gluonish.engine.ndarray",
        needs_inputs=True,
        extras=("out: NDArray | Sequence[NDArray] | None = None", "name: str | None = None"),
    ),
    Flavour(
        "gluonish.sym",
        "Symbol",
        "gluonish.symbol.symbol",
        needs_inputs=False,
        extras=("name: str | None = None", "attr: dict[str, str] | None = None"),
    ),
)


def inputs(op: Operator, array: str, *, needed: bool, skip: int = 0) -> list[Argument]:
    """Return the arguments for an operator's inputs, without the first ``skip`` ones."""
    found = []
    for position, name in enumerate(op.input_names[skip:], skip):
        if needed and position < op.required:
            found.append(Argument(f"{name}: {array}", optional=False))
        else:
            found.append(Argument(f"{name}: {array} | None = None"))
    return found


def parameters(op: Operator) -> list[Argument]:
    """Return the arguments for an operator's parameters."""
    found = []
    for name, field in op.fields.items():
        text = f"{name}: {annotation(field.annotation)}"
        given = field.default is REQUIRED
        found.append(Argument(text if given else f"{text} = {default(field)}", optional=not given))
    return found


def signature(op: Operator, array: str, extras: tuple[str, ...], *, needs_inputs: bool) -> list[str]:
    """Return the arguments of a function that is made from an operator."""
    if op.variadic is not None:
        by_keyword = [each.text for each in parameters(op)]
        return [f"*{op.variadic}: {array} | Sequence[{array}]", *by_keyword, *_ignored(op), *extras]
    arguments = [*inputs(op, array, needed=needs_inputs), *parameters(op)]
    return [*_in_order(arguments), *_ignored(op), *extras]


def method_signature(op: Operator) -> list[str]:
    """Return the arguments of a method that is made from an operator."""
    arguments = [*inputs(op, "Self", needed=True, skip=1), *parameters(op)]
    return ["self", *_in_order(arguments), *_ignored(op), "out: Self | None = None"]


def _in_order(arguments: list[Argument]) -> list[str]:
    """Return arguments by position, and by keyword from the first needed one after an optional one on."""
    texts = [each.text for each in arguments]
    for i in range(1, len(arguments)):
        if arguments[i - 1].optional and not arguments[i].optional:
            return [*texts[:i], "*", *texts[i:]]
    return [*texts, "*"]


def _ignored(op: Operator) -> list[str]:
    return [f"{name}: Any = ..." for name in sorted(op.ignored)]


def returns(op: Operator, array: str) -> str:
    """Return the type of an operator's result."""
    if op.single:
        return array
    try:
        return array if op.visible({}) == 1 else f"list[{array}]"
    except KeyError:  # it depends on the parameters
        return f"{array} | list[{array}]"


def function(name: str, arguments: list[str], result: str, doc: str, indent: str = "") -> str:
    """Write one function, on one line if it fits."""
    line = f"{indent}def {name}({', '.join(arguments)}) -> {result}:"
    if len(line) > LINE_LENGTH:
        body = "".join(f"{_wrapped(f'{indent}    {each},')}\n" for each in arguments)
        line = f"{indent}def {name}(\n{body}{indent}) -> {result}:"
    summary = " ".join(doc.split("\n\n", maxsplit=1)[0].split()).replace("\\", "\\\\")
    return f'{line}\n{indent}    """{summary}"""\n'


def _wrapped(line: str) -> str:
    """Write an argument whose choices do not fit on its line on three."""
    if len(line) <= LINE_LENGTH or "Literal[" not in line:
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    head, choices = line.split("Literal[", 1)
    choices, tail = choices.split("]", 1)
    return f"{head}Literal[\n{indent}    {choices}\n{indent}]{tail}"


# -- modules ----------------------------------------------------------------------------------------------


def imports_of(module: Path) -> list[tuple[str, list[str]]]:
    """Return what a module imports under public names: pairs of a module and names."""
    if not module.is_file():
        return []
    found = []
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module != "__future__":
            names = [a.asname or a.name for a in node.names if not (a.asname or a.name).startswith("_")]
            if names:
                found.append((node.module, names))
    return found


def renamings_of(module: Path) -> dict[str, str]:
    """Return the public names that a module gives to others, ``Variable = var``, with what they stand for."""
    if not module.is_file():
        return {}
    return {
        target.id: node.value.id
        for node in ast.parse(module.read_text()).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name)
        for target in node.targets
        if isinstance(target, ast.Name) and not target.id.startswith("_")
    }


def later_of(module: Path) -> dict[str, str]:
    """Return the modules that a module offers without importing them: full names by attribute."""
    if not module.is_file():
        return {}
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            (target,) = node.targets
            if isinstance(target, ast.Name) and target.id == "_LATER":
                return ast.literal_eval(node.value)
    return {}


def functions_by_space(folder: Path) -> dict[str | None, dict[str, Operator]]:
    """Return all operators by sub-namespace and by the name they have there.

    A sub-namespace with a file of its own is there even if no operator is in it.
    """
    spaces: dict[str | None, dict[str, Operator]] = {None: {}}
    spaces.update({space: {} for space in SUB_NAMESPACES if (folder / f"{space}.py").is_file()})
    for name, op in sorted(classic_operators().items()):
        space, short = public_name(name)
        spaces.setdefault(space, {}).setdefault(short, op)
        if name in SPARSE_TOO:
            spaces.setdefault("sparse", {})[name] = op
    return spaces


def module_stub(flavour: Flavour, source: Path, names: dict[str, Operator], spaces: list[str]) -> str:
    """Write the stub of one module.

    Args:
        flavour: the package it belongs to.
        source: the module itself, if it is a file.
        names: its generated functions.
        spaces: its sub-modules.
    """
    written = imports_of(source)
    renamed = renamings_of(source)
    taken = {name for _, imported in written for name in imported} | renamed.keys()
    lines = [HEADER]
    lines += [
        "from collections.abc import Sequence",
        "from typing import Any, Literal\n",
        "from numpy.typing import DTypeLike\n",
        "from gluonish.context import Context",
    ]
    if flavour.array not in taken:
        lines.append(f"from {flavour.source} import {flavour.array}")
    for module, imported in written:
        lines += [f"from {module} import {name} as {name}" for name in imported]
    lines += [f"from {flavour.package} import {space} as {space}" for space in spaces if space not in taken]
    for name, module in later_of(source).items():
        package, _, last = module.rpartition(".")
        lines.append(f"from {package} import {last} as {name}")
    lines.append("")
    lines += [f"{name} = {meaning}\n" for name, meaning in renamed.items()]
    lines += _functions(flavour, {name: op for name, op in names.items() if name not in taken})
    return "\n".join(lines)


def _functions(flavour: Flavour, names: dict[str, Operator]) -> Iterator[str]:
    """Write functions by name; further names of an operator are assigned."""
    first: dict[str, str] = {}
    for name, op in names.items():
        if op.name in first:
            yield f"{name} = {first[op.name]}\n"
            continue
        first[op.name] = name
        arguments = signature(op, flavour.array, flavour.extras, needs_inputs=flavour.needs_inputs)
        yield function(name, arguments, returns(op, flavour.array), op.doc)


def package_stubs(flavour: Flavour) -> dict[Path, str]:
    """Write the stubs of a package and of its sub-namespaces."""
    by_space = functions_by_space(flavour.folder)
    spaces = sorted(space for space in by_space if space)
    stubs = {}
    for space, names in by_space.items():
        path = flavour.folder / f"{space or '__init__'}.pyi"
        stubs[path] = module_stub(flavour, path.with_suffix(".py"), names, [] if space else [*spaces, "op"])
    stubs[flavour.folder / "op.pyi"] = f"{HEADER}from {flavour.package} import *  # noqa: F403\n"
    return stubs


# -- mx.np and mx.npx --------------------------------------------------------------------------------------

NUMPY_IMPORTS = """\
from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from gluonish.context import Context
from gluonish.numpy.multiarray import ndarray
"""


def elementwise_stub() -> str:
    """Write the stub of the functions of ``mx.np`` that are applied to every element."""
    tail = ["out: ndarray | None = None", "**kwargs: Any"]
    one = [
        function(name, ["x: ndarray | float", *tail], "ndarray", find_operator(op_name).doc)
        for name, op_name in UNARY.items()
    ]
    two = [
        function(
            name,
            ["x1: ndarray | float", "x2: ndarray | float", *tail],
            "ndarray",
            find_operator(pair.arrays).doc,
        )
        for name, pair in BINARY.items()
    ]
    return "\n".join([HEADER + NUMPY_IMPORTS, *one, *two])


def extension_stub() -> str:
    """Write the stub of the functions of ``mx.npx`` that are operators."""
    extras = ("out: Any = None", "name: str | None = None")
    texts = []
    for name, op_name in OPERATORS.items():
        op = find_operator(op_name)
        arguments = signature(op, "ndarray", extras, needs_inputs=True)
        texts.append(function(name, arguments, returns(op, "ndarray"), op.doc))
    return "\n".join([HEADER + NUMPY_IMPORTS, *texts])


# -- methods ----------------------------------------------------------------------------------------------

METHODS_HEADER = '''\
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import DTypeLike
from typing_extensions import Self

from gluonish.context import Context
from gluonish.engine.operator import Operator

_Number: TypeAlias = float | np.generic

def install_methods() -> None:
    """Add the methods that operators declare. Called once they are all declared."""

class OperatorMethods:
    """Base of arrays and symbols, filled from the operator table."""

    __slots__ = ()

    def apply_operator(self, op: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any: ...
    def reshape(
        self, *sizes: int | Sequence[int], shape: int | Sequence[int] = ..., reverse: bool = False
    ) -> Self:
        """Return the array in another shape, over the same memory."""

    def transpose(self, *order: int | Sequence[int] | None, axes: Sequence[int] | None = ...) -> Self:
        """Return the array with its axes in another order; reversed if none is given."""

    @property
    def T(self) -> Self:
        """The array with its axes reversed."""

    def _cast(self, dtype: Any) -> Self: ...
    def split_v2(
        self, indices_or_sections: int | Sequence[int], axis: int = 0, squeeze_axis: bool = False
    ) -> Any:
        """Cut the array along an axis."""

    def __getitem__(self, key: Any) -> Self: ...
    def __setitem__(self, key: Any, value: Any) -> None: ...
    def __neg__(self) -> Self: ...
    def __abs__(self) -> Self: ...
'''


def python_operators() -> Iterator[str]:
    """Write the methods behind Python's operators."""
    for name, each in PYTHON_OPERATORS.items():
        if name in COMPARISONS:
            # ``object`` gives these two another type, and arrays compare by element.
            note = "  # type: ignore[override]" if name in ("eq", "ne") else ""
            yield f"    def __{name}__(self, other: Self | _Number) -> Self: ...{note}"
            continue
        prefixes = ("", "r", "i") if each.in_place else ("", "r")
        for prefix in prefixes:
            yield f"    def __{prefix}{name}__(self, other: Self | _Number) -> Self: ..."


def methods_stub() -> str:
    """Write the stub of the methods of arrays and symbols."""
    methods = {op.method: op for op in operators().values() if op.method is not None}
    written = {"reshape", "transpose", "T"}
    texts = [
        function(name, method_signature(op), returns(op, "Self"), op.doc, "    ")
        for name, op in sorted(methods.items())
        if name not in written
    ]
    return "\n".join([HEADER, METHODS_HEADER + "\n".join(python_operators()), *texts])


def make() -> tuple[dict[Path, str], list[Path]]:
    """Return the text of each stub, and stubs of modules that are no more."""
    declare_all()
    stubs = {ROOT / "gluonish/engine/methods.pyi": methods_stub()}
    stubs[ROOT / "gluonish/numpy/elementwise.pyi"] = elementwise_stub()
    stubs[ROOT / "gluonish/numpy_extension/operators.pyi"] = extension_stub()
    superfluous = []
    for flavour in FLAVOURS:
        if (flavour.folder / "__init__.py").is_file():
            stubs.update(package_stubs(flavour))
            superfluous += [path for path in flavour.folder.glob("*.pyi") if path not in stubs]
    return stubs, superfluous


if __name__ == "__main__":
    sys.exit(main("Write the type stubs of what is generated from the operator table.", make))
