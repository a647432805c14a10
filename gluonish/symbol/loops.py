"""Building loops and branches: functions are called once, with symbols, and become graphs in an operator.

Symbols made outside of such a function become inputs of the operator, so nothing is computed more often than
it is written. Arguments called *nested* are a symbol, or lists of symbols and of such lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from gluonish import name as naming
from gluonish.attribute import AttrScope
from gluonish.engine.operator import find_operator
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.symbol.control_flow import Branch, Foreach, WhileLoop
from gluonish.symbol.graph_operator import GraphOperator, Part
from gluonish.symbol.node import Entry, Node, checked_attributes, sorted_nodes
from gluonish.symbol.symbol import Symbol

__all__ = ["cond", "foreach", "while_loop"]

Nested: TypeAlias = Any
"""A Symbol, or a list or tuple of nested symbols."""


# -- nested symbols ---------------------------------------------------------------------------------------


def _leaves(nested: Nested, owner: str) -> list[Symbol]:
    if isinstance(nested, Symbol):
        return list(nested)
    if not isinstance(nested, (list, tuple)):
        raise ArgumentTypeError(
            owner, "must be nested symbols", expected="a Symbol or a list of them", received=repr(nested)
        )
    return [leaf for each in nested for leaf in _leaves(each, owner)]


def _form(nested: Nested) -> Any:
    """Return the structure of nested symbols."""
    if isinstance(nested, Symbol):
        return 0 if len(nested.outputs) == 1 else [0] * len(nested.outputs)
    return [_form(each) for each in nested]


def _nested(leaves: Iterator[Any], form: Any) -> Nested:
    """Return leaves in a structure."""
    return next(leaves) if form == 0 else [_nested(leaves, each) for each in form]


def _pair(result: Any, name: str) -> tuple[Nested, Nested]:
    if not isinstance(result, (list, tuple)) or len(result) != 2:  # noqa: PLR2004
        raise ArgumentTypeError(
            f"The function {name!r}",
            "must return two things",
            expected="(outputs, states)",
            received=f"{type(result).__name__}",
        )
    return result[0], result[1]


# -- from outside to inside ---------------------------------------------------------------------------------


class _Boundary:
    """What goes into the graphs of one operator.

    Args:
        handed: symbols whose values the operator hands to its graphs itself: rows, or variables of a loop.

    Attributes:
        inputs: the inputs of the operator: these symbols, and what graphs use besides.
        variables: the symbols that functions get in their places.
    """

    def __init__(self, handed: Sequence[Symbol]) -> None:
        self.inputs: list[Entry] = [symbol.outputs[0] for symbol in handed]
        self._places = [Node(None, f"{node.name}-{index}") for node, index in self.inputs]
        self.variables = [Symbol([(node, 0)]) for node in self._places]
        self._first = Node(None, "").serial  # what is made from now on is inside

    def part(self, symbols: Sequence[Symbol]) -> Part:
        """Return the graph of symbols that a function returned."""
        outputs: list[Entry] = []
        for symbol in symbols:
            entry = symbol.outputs[0]
            # An output is that of an operator inside, of its own, as in MXNet's files.
            outputs.append(entry if self._inside(entry[0]) and entry not in outputs else _copy_of(entry))
        source_of = {id(node): i for i, node in enumerate(self._places)}
        inside: dict[int, Node] = {id(node): node for node in self._places}
        outside: dict[Entry, Node] = {}

        def moved(entry: Entry) -> Entry:
            if id(entry[0]) in inside:
                return inside[id(entry[0])], entry[1]
            if entry not in outside:
                node = outside[entry] = Node(None, entry[0].output_name(entry[1]))
                source_of[id(node)] = self._source_of(entry)
            return outside[entry], 0

        for node in sorted(sorted_nodes(outputs), key=lambda each: each.serial):
            if self._inside(node):
                inputs = [moved(entry) for entry in node.inputs]
                twin = Node(node.op, node.name, inputs, node.params, node.given, node.attrs, node.lenient)
                inside[id(node)] = twin
        return Part([moved(entry) for entry in outputs], source_of)

    def _inside(self, node: Node) -> bool:
        return node.op is not None and node.serial > self._first

    def _source_of(self, entry: Entry) -> int:
        """Return which input of the operator an output outside is, made one if it is none yet."""
        handed = len(self._places)
        if entry not in self.inputs[handed:]:
            self.inputs.append(entry)
        return self.inputs.index(entry, handed)

    def require_used(self, part: Part, what: str) -> None:
        """Refuse a graph that does not use all that it is handed: files cannot tell of it.

        Raises:
            ArgumentError: it does not.
        """
        unused = [self.inputs[i][0].name for i in range(len(self._places)) if i not in part.sources]
        if unused:
            raise ArgumentError(
                what,
                f"does not use what it is handed: {unused[0]!r}",
                fix="Leave it out, or use it where it does not count, x + 0 * unused.",
            )


def _copy_of(entry: Entry) -> Entry:
    op = find_operator("_copy")
    return Node(op, naming.current().get(None, "identity"), [entry], op.fill({})), 0


def _symbol(op: GraphOperator, inputs: Sequence[Entry]) -> list[Symbol]:
    """Return the outputs of a new node of the operator."""
    attrs = checked_attributes(AttrScope.current.get(None), f"Operator {op.name!r}")
    node = Node(op, naming.current().get(None, op.name), inputs, {}, op.given(), attrs)
    return [Symbol([(node, i)]) for i in range(op.n_outputs)]


# -- the functions ------------------------------------------------------------------------------------------


def foreach(
    body: Callable[[Nested, Nested], tuple[Nested, Nested]],
    data: Nested,
    init_states: Nested,
    name: str = "foreach",
) -> tuple[Nested, Nested]:
    """Return the symbols of a loop over the rows of arrays, handing states from each step to the next.

    Args:
        body: ``outputs, new_states = body(row, states)``. It is called once.
        data: nested symbols of arrays of one length.
        init_states: the states, nested, for the first step.
        name: accepted as MXNet does; the node is called ``_foreach0``.

    Returns:
        The outputs of all steps, stacked along a new first axis, and the last states.

    Raises:
        ArgumentTypeError: ``data`` are no nested symbols, or ``body`` does not return a pair.
        ArgumentError: the new states are nested otherwise, or a row or state is not used.

    Example:
        >>> import gluonish as mx
        >>> x, s = mx.sym.var("x"), mx.sym.var("s")
        >>> sums, total = mx.sym.contrib.foreach(lambda row, s: (s + row, s + row), x, s)
        >>> sums.infer_shape(x=(3, 2))
        ([(3, 2), (2,)], [(3, 2)], [])
    """
    del name
    rows, states = _leaves(data, "The data of foreach()"), _leaves(init_states, "The states of foreach()")
    boundary = _Boundary([*rows, *states])
    given = iter(boundary.variables)
    outputs, new_states = _pair(body(_nested(given, _form(data)), _nested(given, _form(init_states))), "body")
    steps, last = _leaves(outputs, "The outputs of 'body'"), _leaves(new_states, "The states from 'body'")
    _require_form(_form(new_states), _form(init_states), "The states from 'body'")
    part = boundary.part([*steps, *last])
    boundary.require_used(part, "The function 'body'")
    rest = len(boundary.inputs) - len(rows) - len(states)
    results = iter(_symbol(Foreach(part, len(rows), len(states), rest), boundary.inputs))
    return _nested(results, _form(outputs)), _nested(results, _form(init_states))


def _require_form(received: Any, expected: Any, what: str) -> None:
    if received != expected:
        raise ArgumentError(
            what,
            "are nested otherwise than those it was given",
            expected=f"{expected}, where 0 is a symbol",
            received=str(received),
        )


def while_loop(
    cond: Callable[..., Symbol],
    func: Callable[..., tuple[Nested, Nested]],
    loop_vars: Nested,
    max_iterations: int | None = None,
    name: str = "while_loop",
) -> tuple[Nested, Nested]:
    """Return the symbols of a loop that goes on as long as a condition holds.

    Args:
        cond: ``cond(*loop_vars)``: the symbol of one number; 0 ends the loop. It is called once.
        func: ``outputs, new_loop_vars = func(*loop_vars)``. It is called once.
        loop_vars: the variables of the first step: one symbol, or a list of nested symbols.
        max_iterations: how many steps there are at most.
        name: accepted as MXNet does; the node is called ``_while_loop0``.

    Returns:
        The outputs of all steps, stacked along a new first axis of ``max_iterations`` rows, and the last
        variables. Rows of steps that did not take place are zeros.

    Raises:
        ArgumentTypeError: what is no nested symbols where such are wanted.
        ArgumentError: no ``max_iterations``, no ``loop_vars``, variables that ``func`` returns nested
            otherwise or does not use.

    Example:
        >>> import gluonish as mx
        >>> i = mx.sym.var("i")
        >>> squares, last = mx.sym.contrib.while_loop(
        ...     lambda i: i < 3, lambda i: (i * i, i + 1), i, max_iterations=4)
        >>> squares.infer_shape(i=(1,))
        ([(1,)], [(4, 1)], [])
    """
    del name
    if max_iterations is None:
        raise ArgumentError("while_loop()", "needs max_iterations")
    first = _leaves(loop_vars, "The loop_vars of while_loop()")
    if not first:
        raise ArgumentError("while_loop()", "needs at least one loop variable")
    boundary = _Boundary(first)
    form = _form(loop_vars)
    variables = _nested(iter(boundary.variables), form)
    arguments = [variables] if form == 0 else variables
    condition = boundary.part(_one(cond(*arguments), "The condition of while_loop()"))
    outputs, new_vars = _pair(func(*arguments), "func")
    outputs = [] if outputs is None else outputs
    steps, last = _leaves(outputs, "The outputs of 'func'"), _leaves(new_vars, "The variables from 'func'")
    if len(last) != len(first):
        _require_form(_form(new_vars), form, "The variables from 'func'")
    step = boundary.part([*steps, *last])
    boundary.require_used(step, "The function 'func'")
    op = WhileLoop(condition, step, range(len(first)), int(max_iterations), len(boundary.inputs))
    results = iter(_symbol(op, boundary.inputs))
    return _nested(results, _form(outputs)), _nested(results, form)


def _one(symbol: Any, owner: str) -> list[Symbol]:
    """Return the one symbol of a condition."""
    leaves = _leaves(symbol, owner)
    if len(leaves) != 1:
        raise ArgumentError(owner, "is not one symbol", received=f"{len(leaves)} of them")
    return leaves


def cond(
    pred: Symbol, then_func: Callable[[], Nested], else_func: Callable[[], Nested], name: str = "cond"
) -> Nested:
    """Return the symbols of one of two functions, chosen by a number when they are computed.

    Args:
        pred: the symbol of the number; 0 is false.
        then_func: makes the result where it is true.
        else_func: makes the result where it is false.
        name: accepted as MXNet does; the node is called ``_cond0``.

    Returns:
        Symbols nested like what ``then_func`` returns.

    Raises:
        ArgumentTypeError: ``pred``, or what a function returns, are no symbols.
        ArgumentError: the functions return different numbers of symbols.

    Example:
        >>> import gluonish as mx
        >>> x = mx.sym.var("x")
        >>> with mx.name.NameManager():
        ...     y = mx.sym.contrib.cond(x > 0, lambda: x * 2, lambda: x - 1)
        >>> y.list_arguments(), y.list_outputs()
        (['x'], ['_cond0_output'])
    """
    del name
    boundary = _Boundary([])
    condition = boundary.part(_one(pred, "The condition of cond()"))
    then = then_func()
    leaves = _leaves(then, "The result of 'then_func'")
    others = _leaves(else_func(), "The result of 'else_func'")
    if len(leaves) != len(others):
        raise ArgumentError(
            "The functions of cond()",
            "return different numbers of symbols",
            received=f"{len(leaves)} and {len(others)}",
        )
    op = Branch(condition, boundary.part(leaves), boundary.part(others), len(boundary.inputs))
    return _nested(iter(_symbol(op, boundary.inputs)), _form(then))
