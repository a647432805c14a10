"""A program's own operator as the engine sees it: with a kernel, rules and a gradient like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gluonish.context import Context
from gluonish.dtype import as_dtype
from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.gradient_plan import GradientPlan
from gluonish.engine.mode import ModeScope
from gluonish.engine.namespace import OperatorNamespace
from gluonish.engine.ndarray import NDArray
from gluonish.engine.operator import XP, Array, Operator, operator_maker
from gluonish.engine.signature import Signature
from gluonish.engine.template import Template
from gluonish.errors import ArgumentError, GluonishError, OperatorError, SignatureError
from gluonish.operator.custom import CustomOpProp, make_prop
from gluonish.shape import PartialShape, from_mxnet

__all__ = ["CustomOperator"]


class CustomOperator(Operator):
    """One use of a program's own operator: by a call, or by a node of a symbol.

    Args:
        op_type: what messages call it: the name it is registered under.
        prop: its properties.
    """

    def __init__(self, op_type: Any, prop: CustomOpProp) -> None:
        self.prop = prop
        self.op_type = op_type
        self._arguments = list(self.prop.list_arguments())
        self._states = list(self.prop.list_auxiliary_states())
        super().__init__(
            "Custom",
            self._forward,
            outputs=list(self.prop.list_outputs()),
            aux=self._states,
            loss=not self.prop.need_top_grad_,
        )

    def _signature(self, kernel: Callable[..., Any]) -> Signature:
        del kernel
        inputs = (*self._arguments, *self._states)
        return Signature(inputs, len(inputs), None, ("training", "context", "notes"), ())

    def fill(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return no parameters: those of a use are part of the operator that is made for it."""
        del given
        return {}

    def require_inputs(self, names: Iterable[str]) -> None:
        """Refuse inputs given by names that are not its own.

        Raises:
            SignatureError: there is one.
        """
        unknown = [name for name in names if name not in self.input_names]
        if unknown:
            raise SignatureError(
                self.label, f"has no input {unknown[0]!r}", expected="one of " + ", ".join(self.input_names)
            )

    def written(self, params: Mapping[str, Any], training: bool) -> tuple[int, ...]:
        """Return the positions of the states: whether they are written only the program knows."""
        del params, training
        return self.aux

    @property
    def doc(self) -> str:
        """What the class of its properties says."""
        return type(self.prop).__doc__ or ""

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"Custom operator {self.op_type!r}"

    # -- rules ----------------------------------------------------------------------------------------

    def infer(
        self,
        inputs: Sequence[PartialShape],
        params: Mapping[str, Any],
        outputs: Sequence[PartialShape] | None = None,
    ) -> tuple[list[PartialShape], list[PartialShape]]:
        """Complete shapes by what the properties say about those of the inputs."""
        facts = self._facts(ShapeFacts, inputs, params, outputs)
        spelled = [[0 if dim is None else dim for dim in shape or ()] for shape in facts.inputs]
        complete = all(shape is not None and None not in shape for shape in facts.inputs)
        found = self._asked(self.prop.infer_shape, spelled, complete=complete)
        for i, shape in enumerate(found):
            unknown = not complete and not tuple(shape)
            facts[i] = None if unknown else from_mxnet(tuple(shape), owner=self.label)
        return facts.inputs, facts.outputs

    def infer_dtypes(
        self,
        inputs: Sequence[Any],
        params: Mapping[str, Any],
        outputs: Sequence[Any] | None = None,
    ) -> tuple[list[Any], list[Any]]:
        """Complete dtypes by what the properties say about those of the inputs."""
        facts = self._facts(DTypeFacts, inputs, params, outputs)
        spelled = [None if dtype is None else as_dtype(dtype).type for dtype in facts.inputs]
        found = self._asked(self.prop.infer_type, spelled, complete=None not in spelled)
        for i, dtype in enumerate(found):
            facts[i] = None if dtype is None else as_dtype(dtype)
        return facts.inputs, facts.outputs

    def _asked(self, rule: Callable[..., Any], known: list[Any], *, complete: bool) -> list[Any]:
        """Return what a rule of the properties says: about the inputs, the states, the outputs."""
        count = len(self._arguments)
        try:
            of_inputs, of_outputs, *rest = rule(known[:count])
        except GluonishError:
            raise
        except Exception as error:
            if not complete:
                return []  # it cannot tell from what is known so far
            raise self._failed(rule, error) from error
        of_states = list(rest[0]) if rest else []
        answers = [*of_inputs, *of_states, *of_outputs]
        if len(answers) != len(self.input_names) + len(self.outputs({})):
            raise ArgumentError(
                self.label,
                f"got other numbers of answers from {_name(rule)} than it has inputs, outputs and states",
                expected=f"{count}, {len(self.outputs({}))} and {len(self._states)}",
                received=f"{len(of_inputs)}, {len(of_outputs)} and {len(of_states)}",
            )
        return answers

    def _failed(self, function: Callable[..., Any], error: Exception) -> OperatorError:
        return OperatorError(self.label, f"failed in {_name(function)}: {error!r}")

    # -- computing ------------------------------------------------------------------------------------

    def _forward(self, xp: XP, *raws: Array, training: bool, context: Context, notes: dict[str, Any]) -> Any:
        arrays = [NDArray(raw, context) for raw in raws]
        inputs, states = arrays[: len(self._arguments)], arrays[len(self._arguments) :]
        _, shapes = self.infer([raw.shape for raw in raws], {})
        _, dtypes = self.infer_dtypes([raw.dtype for raw in raws], {})
        outputs = [NDArray(xp.zeros(*each), context) for each in zip(shapes, dtypes, strict=True)]
        computes = self.prop.create_operator(
            context, [list(raw.shape) for raw in raws], [raw.dtype.type for raw in raws]
        )
        notes.update(computes=computes, states=states)
        with ModeScope(recording=False):
            self._call(
                computes.forward,
                is_train=training,
                req=["write"] * len(outputs),
                in_data=inputs,
                out_data=outputs,
                aux=states,
            )
        results = tuple(output._raw for output in outputs)
        return results[0] if self.single else results

    def _call(self, function: Callable[..., None], **arguments: Any) -> None:
        try:
            function(**arguments)
        except GluonishError:
            raise
        except Exception as error:
            raise self._failed(function, error) from error

    # -- gradients ------------------------------------------------------------------------------------

    @property
    def differentiable(self) -> bool:
        """Whether it has a gradient: it has what ``backward`` computes."""
        return True

    def has_gradient(self, position: int) -> bool:
        """Tell whether the input at this position is none of the states."""
        return position not in self.aux

    def _make_plan(self, needed: tuple[bool, ...]) -> GradientPlan:
        del needed
        inputs = [(True, i) for i in range(len(self._arguments))]
        saved = (*inputs, *((False, i) for i in range(len(self.outputs({})))))
        sources: list[tuple[str, Any]] = [("param", "context"), ("param", "notes"), ("extra", "needed")]
        sources += [("saved", i) for i in range(len(saved))]
        return GradientPlan(saved, ((self._backward, tuple(sources), None),), wants_types=False)

    def _backward(
        self,
        space: OperatorNamespace,
        g: Any,
        context: Context,
        notes: Mapping[str, Any],
        needed: Sequence[bool],
        *saved: Any,
    ) -> tuple[Any, ...]:
        """Return the gradients of all inputs; None for states, and where none is needed."""

        def wrapped(values: Sequence[Any]) -> list[NDArray]:
            return list(values) if space.recorded else [NDArray(raw, context) for raw in values]

        count = len(self._arguments)
        inputs = wrapped(saved[:count])
        gradients = [Template.of(x).zeros() for x in inputs]
        self._call(
            notes["computes"].backward,
            req=["write" if each else "null" for each in needed[:count]],
            out_grad=wrapped([g] if self.single else g),
            in_data=inputs,
            out_data=wrapped(saved[count:]),
            in_grad=gradients,
            aux=notes["states"],
        )
        results = [
            (x if space.recorded else x._raw) if each else None
            for x, each in zip(gradients, needed, strict=False)
        ]
        return (*results, *[None] * len(self._states))


@operator_maker("Custom")
def custom_operator(given: Mapping[str, Any]) -> CustomOperator:
    """Return the operator for one use of a program's own."""
    op_type = given.get("op_type")
    return CustomOperator(
        op_type, make_prop(op_type, {key: each for key, each in given.items() if key != "op_type"})
    )


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__name__}()"
