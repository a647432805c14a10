"""Write ``docs/operators.md``, the reference page of all operators, from the operator table.

python tools/reference.py           # write it
python tools/reference.py --check   # tell whether it is stale; exit with 1 if so
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from generated import ROOT, main

import gluonish.nd  # noqa: F401  declares the operators
from gluonish.engine.fields import REQUIRED, Field
from gluonish.engine.namespace import NUMPY_PREFIX, public_name
from gluonish.engine.operator import ZERO_GRADIENT, Operator, declare_all, operators
from gluonish.numpy.tables import BINARY, UNARY

INTRODUCTION = """\
# Operators

Written from the operator table by `tools/reference.py`; do not edit.

Every operator is a function of `mx.nd`, on arrays, and of `mx.sym`, on symbols, but for those whose names
begin with `_np`: functions of `mx.np` are made of them. The heading is the name that files use; the names to
call it by stand below it. Inputs are arrays; those in brackets may be left out, and an asterisk means any
number of them. Functions of `mx.nd` also take `out=`, an array to write the result into.
"""


def called(op: Operator) -> str:
    """Return the public names of an operator."""
    if op.name.startswith(NUMPY_PREFIX):
        functions = [name for name, op_name in UNARY.items() if op_name == op.name]
        functions += [
            name for name, pair in BINARY.items() if op.name in (pair.arrays, pair.scalar, pair.reverse)
        ]
        return ", ".join(f"`np.{name}`" for name in functions) or "by functions of `mx.np` and `mx.npx`"
    names = []
    for name in sorted({op.name, *op.aliases}):
        space, short = public_name(name)
        names.append(f"`nd.{f'{space}.' if space else ''}{short}`")
    if op.method is not None:
        names.append(f"method `{op.method}`")
    return ", ".join(names)


def inputs(op: Operator) -> str:
    """Return the inputs of an operator; states that it writes are marked."""
    if op.variadic is not None:
        return f"`*{op.variadic}`"
    names = []
    for position, name in enumerate(op.input_names):
        text = f"`{name}`" if position < op.required else f"[`{name}`]"
        written = position in op.aux or position in op.mutates
        names.append(f"{text} (written)" if written else text)
    return ", ".join(names) or "none"


def outputs(op: Operator) -> str:
    """Return the outputs of an operator that a caller sees."""
    try:
        return ", ".join(f"`{name}`" for name in op.outputs({})[: op.visible({})])
    except KeyError:
        return "depend on the parameters"


def gradient(op: Operator) -> str:
    """Return whether, and by which inputs, an operator can be differentiated."""
    if op.gradient_kind == ZERO_GRADIENT:
        return "zero"
    if not op.differentiable:
        return "none; a backward pass through it is an error"
    by = [f"`{name}`" for i, name in enumerate(op.input_names) if op.has_gradient(i) and i not in op.aux]
    return f"by {', '.join(by) or 'all inputs'}"


def default(field: Field) -> str:
    """Return how the default of a parameter reads."""
    if field.default is REQUIRED:
        return "required"
    value = field.default.name if isinstance(field.default, np.dtype) else field.default
    return f"`{value!r}`"


def entry(op: Operator) -> Iterator[str]:
    """Write the section of one operator."""
    yield f"### {op.name}\n"
    yield " ".join(op.doc.split("\n\n", maxsplit=1)[0].split()) + "\n"
    yield f"- Call: {called(op)}"
    yield f"- Inputs: {inputs(op)}"
    if not op.single:
        yield f"- Outputs: {outputs(op)}"
    yield f"- Gradient: {gradient(op)}"
    if op.ignored:
        yield f"- Accepted and ignored: {', '.join(f'`{name}`' for name in sorted(op.ignored))}"
    if op.fields:
        yield "\n| parameter | takes | default |\n|---|---|---|"
        for name, field in op.fields.items():
            yield f"| `{name}` | {field.expected} | {default(field)} |"
    yield ""


def page() -> str:
    """Write the whole page, by the modules in which operators are declared."""
    by_module: defaultdict[str, dict[str, Operator]] = defaultdict(dict)
    declare_all()
    for op in operators().values():
        by_module[op.kernel.__module__][op.name] = op
    lines = [INTRODUCTION]
    for module, declared in sorted(by_module.items()):
        title, *_ = (sys.modules[module].__doc__ or module).split("\n\n")
        lines.append(f"## {module.removeprefix('gluonish.ops.')}\n")
        lines.append(" ".join(title.split()) + "\n")
        for _, op in sorted(declared.items()):
            lines += entry(op)
    return "\n".join(lines).rstrip() + "\n"


def make() -> tuple[dict[Path, str], list[Path]]:
    """Return the text of the page."""
    return {ROOT / "docs/operators.md": page()}, []


if __name__ == "__main__":
    sys.exit(main("Write the reference page of all operators.", make))
