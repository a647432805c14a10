"""Operators: what one declaration says. ``gluonish.engine.table`` has all of them.

An operator is declared once, next to its kernel::

    @operator("softmax")
    def softmax(xp: XP, data: Array, *, axis: int = -1) -> Array:
        '''Normalise exponentials along an axis. ...'''

    @softmax.gradient("data")
    def softmax_gradient(F, g, output, axis):
        return output * (g - F.sum(g * output, axis=axis, keepdims=True))

The kernel's signature is the declaration: positional arguments are the inputs (``=None`` makes one
optional, ``*data`` takes any number), keyword-only arguments the typed parameters. Some keyword-only names,
the ``KERNEL_EXTRAS`` in ``signature``, are filled in by the engine instead. A gradient rule that names one of
them gets what it was when the operator ran.

Rules (shape, dtype, gradient) ask for what they need by naming it: an input, an output, a parameter, or one
of the ``GRADIENT_EXTRAS`` in ``signature``. A gradient rule saves for the backward pass exactly the arrays it
names.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.fields import REQUIRED, Field, fields_of
from gluonish.engine.gradient_plan import GradientPlan, make_plan
from gluonish.engine.signature import GRADIENT_EXTRAS, KERNEL_EXTRAS, Rule, Signature
from gluonish.engine.stored_kernel import StoredKernel
from gluonish.engine.table import (
    declare_all,
    declare_later,
    enter,
    find_operator,
    is_operator,
    lookup_operator,
    operator_maker,
    operator_with,
    operators,
    promised_operators,
)
from gluonish.errors import ArgumentError, ShapeMismatchError, SignatureError
from gluonish.shape import PartialShape

__all__ = [
    "ABSENT",
    "AS_WRITTEN",
    "HOLOMORPHIC",
    "NOT_DIFFERENTIABLE",
    "XP",
    "ZERO_GRADIENT",
    "Array",
    "Operator",
    "declare_all",
    "declare_later",
    "find_operator",
    "is_attribute",
    "is_operator",
    "lookup_operator",
    "operator",
    "operator_maker",
    "operator_with",
    "operators",
    "promised_operators",
]

Array: TypeAlias = Any
"""A raw NumPy or CuPy array, as kernels see it."""

XP: TypeAlias = Any
"""The module of such arrays."""


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()
"""Stands in shape and dtype inference for an optional input that a call does not have, before one it has."""

ZERO_GRADIENT = "zero"
"""Declares that the gradient is zero wherever it exists: rounding, comparisons, ``BlockGrad``."""

NOT_DIFFERENTIABLE = "none"
"""Declares that no gradient exists. A backward pass that needs one is an error."""

HOLOMORPHIC = "holomorphic"
"""Declares that the operator takes complex numbers and has a complex derivative there.

Its gradient rule, which multiplies by the derivative f', serves unchanged. The gradient of a real quantity L
with respect to z = x + iy is here, as in PyTorch, dL/dx + i dL/dy, and goes through f as g conj(f'(z)): the
tape conjugates what goes into the rule, and what comes out of it.
"""

AS_WRITTEN = "as written"
"""Declares that the operator takes complex numbers and that its gradient rule is right for them as it is:
it moves elements, adds them, or says itself where to conjugate; or the gradient is zero.
"""

_NOTHING: dict[str, Any] = {}


class Operator:
    """One operator: its kernel, parameters, rules and gradients.

    Args:
        name: its name in MXNet's registry.
        kernel: the generic kernel; see the module's text for what its signature means.
        aliases: further names.
        outputs: names of the outputs, or a function of the parameters that returns them.
        labels: what graphs call the outputs, where MXNet has other names or another number: likewise.
        visible: how many of them a caller sees, if not all; or a function of the parameters.
        aux: inputs that are states: no gradient, and written by the kernel while training.
        mutates: further inputs that the kernel writes.
        written: where the kernel does not write all of these in every call, a function of the parameters
            and of ``training`` that returns the names of those it does write; for a variadic operator, whose
            inputs have no names, their positions.
        view: the kernel returns a view of its first input.
        predicate: the output tells for every element whether something holds, so as a key it is a mask.
        native: the kernel itself fails on every combination of shapes that the shape rule would refuse, so
            checking beforehand is skipped.
        in_place: the kernel takes ``out=``: memory for its result (a tuple where it has several), which may
            be that of an input, and holds what the caller's array held.
        stores: its kernel may return sparse values although all its inputs are dense. Or the name of a
            parameter that says so by naming a sparse storage; the kernel then takes arrays of any storage.
        method: the name under which arrays and symbols have it as a method.
        ignored: parameters of MXNet's operator that mean nothing here (cuDNN tuning and the like). They
            are accepted and dropped.
        gradient: ``ZERO_GRADIENT`` or ``NOT_DIFFERENTIABLE``, for operators without gradient rules.
        loss: the gradient is that of a loss of its own: the gradients of the outputs are ignored.
        uses: for optional inputs, a function of parameters that tells whether the input is used. An
            optional input without one is used when it is given.
        on_complex: ``HOLOMORPHIC`` or ``AS_WRITTEN``, for operators that take complex numbers; others refuse
            them.
        initial: for inputs that a symbol makes variables for, the initializers that these are given.
    """

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        *,
        aliases: Sequence[str] = (),
        outputs: Sequence[str] | Callable[..., Sequence[str]] = ("output",),
        labels: Sequence[str] | Callable[..., Sequence[str]] | None = None,
        visible: int | Callable[..., int] | None = None,
        aux: Sequence[str] = (),
        mutates: Sequence[str] = (),
        written: Callable[..., Sequence[str | int]] | None = None,
        view: bool = False,
        predicate: bool = False,
        native: bool = False,
        in_place: bool = False,
        stores: bool | str = False,
        method: str | None = None,
        ignored: Sequence[str] = (),
        gradient: str | None = None,
        loss: bool = False,
        uses: Mapping[str, Callable[..., bool]] | None = None,
        initial: Mapping[str, str] | None = None,
        on_complex: str | None = None,
    ) -> None:
        self.name = name
        self.kernel = kernel
        self.aliases = tuple(aliases)
        self.view = view
        self.predicate = predicate
        self.native = native
        self.checks_itself = native
        self.in_place = in_place
        self.stores = stores
        self.storages: list[StoredKernel] = []
        self._gradient_stypes: dict[str | None, Callable[..., str]] = {}
        self.method = method
        self.ignored = frozenset(ignored)
        self.gradient_kind = gradient
        self.loss = loss
        self.initial = dict(initial or {})
        self.on_complex = on_complex
        self._uses = {name: Rule.of(function, 0) for name, function in (uses or {}).items()}
        self.kernels: dict[str, tuple[Any, ...]] | None = None
        signature = self._signature(kernel)
        self.input_names = signature.input_names
        self.required = signature.required
        self.variadic = signature.variadic
        self.extras = signature.extras
        self.param_names = signature.param_names
        self._outputs = Rule.of(outputs, 0) if callable(outputs) else tuple(outputs)
        self._labels = Rule.of(labels, 0) if callable(labels) else labels
        self._visible = Rule.of(visible, 0) if callable(visible) else visible
        self.single = not callable(outputs) and len(outputs) == 1
        self.aux = tuple(self.input_names.index(each) for each in aux)
        self.mutates = tuple(self.input_names.index(each) for each in mutates)
        self.writes = bool(self.aux or self.mutates or written)
        self._written = None if written is None else Rule.of(written, 0)
        self._fields: dict[str, Field] | None = None
        self._shape_rule: Rule | None = None
        self._dtype_rule: Rule | None = None
        self._gradients: dict[int | None, Rule] = {}
        self.joint: Callable[..., Any] | None = None
        self._plans: dict[tuple[bool, ...], GradientPlan] = {}
        self._checked: set[Any] = set()

    def _signature(self, kernel: Callable[..., Any]) -> Signature:
        return Signature.of(kernel)

    def __repr__(self) -> str:
        return f"<operator {self.name}>"

    @property
    def doc(self) -> str:
        """What the operator does: the docstring of its kernel."""
        return inspect.getdoc(self.kernel) or ""

    # -- parameters ---------------------------------------------------------------------------------

    @property
    def fields(self) -> dict[str, Field]:
        """The typed parameters, in order. Read from the annotations when first needed."""
        if self._fields is None:
            self._fields = fields_of(self.kernel, skip=(*KERNEL_EXTRAS, "out"))
        return self._fields

    def fill(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the complete parameters: what is given, parsed, and defaults for the rest.

        Raises:
            ArgumentError: a parameter is missing, or has a value of the wrong type.
            SignatureError: there is no such parameter.
        """
        if not given and not self.param_names:
            return _NOTHING
        filled = {}
        for name, field in self.fields.items():
            value = given.get(name, REQUIRED) if given else REQUIRED
            if value is not REQUIRED:
                value = field.parse(value, self.name)
            elif field.default is REQUIRED:
                raise ArgumentError(
                    f"Operator {self.name!r}",
                    f"needs its parameter {name!r}",
                    expected=field.expected,
                )
            else:
                value = field.default
            filled[name] = value
        if len(given) > len(filled) or not given.keys() <= filled.keys():
            self._refuse_unknown(given)
        return filled

    def _refuse_unknown(self, given: Mapping[str, Any]) -> None:
        known = self.fields.keys() | self.ignored
        unknown = [name for name in given if name not in known and not is_attribute(name)]
        if unknown:
            raise SignatureError(
                f"Operator {self.name!r}",
                f"has no parameter {unknown[0]!r}",
                expected="one of " + (", ".join(self.fields) or "none"),
            )

    # -- inputs and outputs -------------------------------------------------------------------------

    def outputs(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names of all outputs for these parameters."""
        outputs = self._outputs
        return tuple(outputs.of_params(params)) if isinstance(outputs, Rule) else outputs

    @property
    def fixed_outputs(self) -> tuple[str, ...]:
        """The names of the outputs where they depend on no parameter; none where they do."""
        return () if isinstance(self._outputs, Rule) else self._outputs

    def labels(self, params: Mapping[str, Any]) -> Sequence[str]:
        """Return what graphs call the outputs, with these parameters."""
        labels = self._labels
        if labels is None:
            return self.outputs(params)
        return tuple(labels.of_params(params)) if isinstance(labels, Rule) else labels

    def visible(self, params: Mapping[str, Any]) -> int:
        """Return how many outputs, from the first, a caller sees."""
        visible = self._visible
        if visible is None:
            return len(self.outputs(params))
        return int(visible.of_params(params)) if isinstance(visible, Rule) else visible

    def written(self, params: Mapping[str, Any], training: bool) -> tuple[int, ...]:
        """Return the positions of the inputs that the kernel writes in a call with these parameters."""
        if self._written is None:
            return (*self.mutates, *self.aux) if training else self.mutates
        found = self._written.of_params({**params, "training": training})
        return tuple(each if isinstance(each, int) else self.input_names.index(each) for each in found)

    def names_of_inputs(self, present: Sequence[bool]) -> tuple[str, ...]:
        """Return the names of the inputs of one call; those of a variadic operator are numbered."""
        if self.variadic is not None:
            return tuple(f"arg{i}" for i in range(len(present)))
        return tuple(n for n, there in zip(self.input_names, present, strict=False) if there)

    def used_inputs(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the inputs that a call with these parameters needs."""
        needed = self.input_names[: self.required]
        optional = self.input_names[self.required :]
        return needed + tuple(n for n in optional if n in self._uses and self._uses[n].of_params(params))

    def _check_uses(self, present: Sequence[str], params: Mapping[str, Any]) -> None:
        """Refuse a call that lacks an optional input it uses, or has one it would ignore.

        Raises:
            ShapeMismatchError: it does.
        """
        for name, uses in self._uses.items():
            if bool(uses.of_params(params)) != (name in present):
                problem = "would ignore" if name in present else "needs"
                raise ShapeMismatchError(
                    f"Operator {self.name!r}",
                    f"{problem} its input {name!r}",
                    received=", ".join(f"{each}={params[each]!r}" for each in uses.wants),
                    fix="Leave it out, or change that." if name in present else "Pass it, or change that.",
                )

    # -- rules --------------------------------------------------------------------------------------

    def shape(self, rule: Callable[..., None]) -> Callable[..., None]:
        """Declare the shape rule; see ``gluonish.engine.facts``."""
        self._shape_rule = self._rule(rule, 1, self.param_names, ("params",))
        return rule

    def dtype(self, rule: Callable[..., None]) -> Callable[..., None]:
        """Declare the dtype rule. Without one, all inputs and outputs have one dtype."""
        self._dtype_rule = self._rule(rule, 1, self.param_names, ("params",))
        self.checks_itself = False
        return rule

    def gradient(self, *inputs: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a gradient rule.

        With names of inputs, the rule returns the gradient of each of them by itself and is run only for
        those that need one; without, it returns a tuple over all inputs (None where there is none).

        Raises:
            ArgumentError: there is no such input, or the rule asks for what does not exist.
        """
        for name in inputs:
            if name not in self.input_names:
                raise ArgumentError(
                    f"Operator {self.name!r}",
                    f"has no input {name!r} to declare a gradient of",
                    expected="one of " + ", ".join(self.input_names),
                )

        def declare(rule: Callable[..., Any]) -> Callable[..., Any]:
            arrays = (*self.input_names, *self.fixed_outputs, *filter(None, [self.variadic]))
            checked = self._rule(rule, 2, arrays, self.param_names, KERNEL_EXTRAS, GRADIENT_EXTRAS)
            positions: list[int | None] = [self.input_names.index(name) for name in inputs]
            for position in positions or [None]:
                self._gradients[position] = checked
            return rule

        return declare

    def stored(
        self,
        *storages: Any,
        when: Callable[[Sequence[Any], Mapping[str, Any]], bool] | None = None,
        updates: bool = False,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a kernel for a combination of storage types; see ``StoredKernel``.

        Combinations that no operator has a kernel for are computed from dense copies.
        """

        def declare(kernel: Callable[..., Any]) -> Callable[..., Any]:
            self.storages.append(StoredKernel(storages, kernel, when, updates))
            return kernel

        return declare

    def stored_kernel(self, arrays: Sequence[Any], params: Mapping[str, Any]) -> StoredKernel | None:
        """Return the kernel for arrays of these storage types; None if they must become dense first."""
        storages = tuple(getattr(each, "stype", "default") for each in arrays)
        for kernel in self.storages:
            if kernel.takes(storages, arrays, params):
                return kernel
        return None

    def gradient_stored(self, *inputs: str) -> Callable[[Callable[..., str]], Callable[..., str]]:
        """Declare the storage of the gradients of these inputs, or of all, for buffers made beforehand.

        The rule is called with the storage types of the inputs and the parameters.
        """

        def declare(rule: Callable[..., str]) -> Callable[..., str]:
            self._gradient_stypes.update(dict.fromkeys(inputs or (None,), rule))
            return rule

        return declare

    def gradient_stype(self, position: int, stypes: Sequence[str], params: Mapping[str, Any]) -> str:
        """Return the storage type that the gradient of an input gets, of inputs with these."""
        name = self.input_names[position] if position < len(self.input_names) else None
        rule = self._gradient_stypes.get(name, self._gradient_stypes.get(None))
        return "default" if rule is None else rule(stypes, params)

    def stores_with(self, params: Mapping[str, Any]) -> bool:
        """Tell whether the generic kernel may return sparse values."""
        if isinstance(self.stores, str):
            return params[self.stores] in ("row_sparse", "csr")
        return self.stores

    def together(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Declare how the operator runs in a team, while training (see ``gluonish.engine.team``).

        The rule is called as ``rule(F, exchange, *arrays, **params)`` with recorded operators and NDArrays.
        ``exchange(x)`` returns what every member gave, arrays moved to this member's context. The rule
        returns the visible outputs, or None to run as always.
        """
        self.joint = rule
        return rule

    def _rule(self, function: Callable[..., Any], skip: int, *known: Sequence[str]) -> Rule:
        """Return a rule that asks for nothing but known names."""
        rule = Rule.of(function, skip)
        names = [name for group in known for name in group]
        for name in rule.wants:
            if name not in names:
                raise ArgumentError(
                    f"Operator {self.name!r}",
                    f"cannot give its rule {function.__name__}() what it asks for: {name!r}",
                    expected="one of " + ", ".join(names),
                )
        return rule

    @property
    def has_dtype_rule(self) -> bool:
        """Whether inputs and outputs may be of different dtypes."""
        return self._dtype_rule is not None

    @property
    def differentiable(self) -> bool:
        """Whether gradient rules exist."""
        return bool(self._gradients)

    @property
    def wants_head_gradient(self) -> bool:
        """Whether the gradients of the inputs depend on those of the outputs."""
        return self.differentiable and not self.loss

    def has_gradient(self, position: int) -> bool:
        """Tell whether the input at this position can receive a gradient."""
        return (None in self._gradients and position not in self.aux) or position in self._gradients

    def infer(
        self,
        inputs: Sequence[PartialShape],
        params: Mapping[str, Any],
        outputs: Sequence[PartialShape] | None = None,
    ) -> tuple[list[PartialShape], list[PartialShape]]:
        """Complete partial shapes of inputs and outputs from each other, in both directions.

        Args:
            inputs: what is known of the inputs: None for nothing, ABSENT for an optional one that is not
                there (those behind the last one may be left off).
            params: the complete parameters.
            outputs: what is known of the outputs.

        Returns:
            What is known then of the inputs and of the outputs.

        Raises:
            ShapeMismatchError: they contradict each other.
        """
        facts = self._facts(ShapeFacts, inputs, params, outputs)
        self._check_uses(facts.names[: len(inputs)], params)
        if self._shape_rule is not None:
            facts.settle(self._shape_rule, params)
        return facts.inputs, facts.outputs

    def infer_dtypes(
        self,
        inputs: Sequence[Any],
        params: Mapping[str, Any],
        outputs: Sequence[Any] | None = None,
    ) -> tuple[list[Any], list[Any]]:
        """Complete the dtypes of inputs and outputs from each other.

        Raises:
            DTypeError: they contradict each other.
        """
        facts = self._facts(DTypeFacts, inputs, params, outputs)
        if self._dtype_rule is None:
            facts.same(*range(len(facts.values)))
        else:
            facts.settle(self._dtype_rule, params)
        return facts.inputs, facts.outputs

    def _facts(
        self,
        kind: type[Any],
        inputs: Sequence[Any],
        params: Mapping[str, Any],
        outputs: Sequence[Any] | None,
    ) -> Any:
        output_names = self.outputs(params)
        known = list(outputs) if outputs is not None else [None] * len(output_names)
        names = self.names_of_inputs([True] * len(inputs))
        if any(each is ABSENT for each in inputs):  # to NumPy, a dtype equals what can be made one
            names = tuple("" if each is ABSENT else name for name, each in zip(names, inputs, strict=True))
            inputs = [None if each is ABSENT else each for each in inputs]
        return kind(self.name, (*names, *output_names), [*inputs, *known], len(inputs))

    def check(self, shapes: tuple[Any, ...], dtypes: tuple[Any, ...], params: dict[str, Any]) -> None:
        """Run the rules on complete shapes and dtypes; combinations seen before pass at once.

        Raises:
            ShapeMismatchError, DTypeError: the rules refuse them.
        """
        key = (shapes, dtypes, tuple(params.values()))
        if key in self._checked:
            return
        self.infer_dtypes(dtypes, params)
        self.infer(shapes, params)
        if len(self._checked) >= _CHECKED_LIMIT:
            self._checked.clear()
        self._checked.add(key)

    # -- the plan for the tape ------------------------------------------------------------------------

    def plan(self, needed: tuple[bool, ...]) -> GradientPlan:
        """Return what to save and to call when the inputs marked in ``needed`` want gradients."""
        plan = self._plans.get(needed)
        if plan is None:
            plan = self._plans[needed] = self._make_plan(needed)
        return plan

    def _make_plan(self, needed: tuple[bool, ...]) -> GradientPlan:
        return make_plan(self, self._gradients, needed)


def is_attribute(name: str) -> bool:
    """Tell whether a keyword argument is an attribute, ``__layout__`` and the like, that only graphs keep.

    Example:
        >>> is_attribute("__layout__"), is_attribute("layout")
        (True, False)
    """
    return name.startswith("__") and name.endswith("__")


_CHECKED_LIMIT = 4096


def operator(name: str, **declaration: Any) -> Callable[[Callable[..., Any]], Operator]:
    """Declare the decorated kernel as operator ``name``; see ``Operator`` for what can be declared.

    Raises:
        DuplicateNameError: the name, or an alias, is taken.
    """

    def declare(kernel: Callable[..., Any]) -> Operator:
        declared = Operator(name, kernel, **declaration)
        enter(declared)
        return declared

    return declare
