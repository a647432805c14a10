"""Running an operator on arrays: check, find the kernel, compute, record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.context import Context, as_context
from gluonish.dtype import dtype_name
from gluonish.engine import rng
from gluonish.engine.backend import backend_of
from gluonish.engine.dispatch import find_kernel
from gluonish.engine.legacy import may_meet
from gluonish.engine.mode import MODE
from gluonish.engine.namespace import OperatorNamespace
from gluonish.engine.ndarray import NDArray, array_label
from gluonish.engine.operator import ABSENT, Operator
from gluonish.engine.sparse import array_of
from gluonish.engine.stored import DEFAULT
from gluonish.engine.tape import ComplexNode, OperatorNode, StoredNode
from gluonish.engine.targets import check_room, check_target, has_memory, targets_of, write_out
from gluonish.engine.team import Member, current_member
from gluonish.engine.watch import WATCHED, Watcher
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    ContextError,
    DTypeError,
    GluonishError,
    OperatorError,
    ShapeMismatchError,
    SignatureError,
)
from gluonish.shape import format_shape

if TYPE_CHECKING:
    from gluonish.engine.backend import Backend

__all__ = [
    "RECORDED",
    "actual_arrays",
    "bind_arguments",
    "call_operator",
    "check_arrays",
    "invoke",
    "make_function",
    "settle_hook",
    "split_arguments",
    "watch",
]

_KERNEL_FAILURES = (ValueError, TypeError, IndexError, ArithmeticError, np.exceptions.AxisError)


def invoke(  # noqa: C901, PLR0912, PLR0915  the hot path: every call of a helper would cost each operator
    op: Operator,
    inputs: Sequence[NDArray | None],
    params: dict[str, Any],
    out: Any = None,
) -> Any:
    """Run an operator on arrays and record it where that is on.

    Args:
        op: the operator.
        inputs: its arrays in order; None for an optional one that is absent.
        params: its complete parameters, as ``op.fill`` returns them.
        out: an array, or a list of them, to write the result into.

    Returns:
        The output, or a list of the visible ones.

    Raises:
        ContextError, ShapeMismatchError, DTypeError: the arrays do not go together.
        OperatorError: the kernel fails on them.
    """
    raws: list[Any] = []
    ctx = None
    tracked = tracked_itself = is_complex = False
    family = NDArray
    for x in inputs:
        if x is None:
            raws.append(None)
            continue
        if x.family is not NDArray:
            if x.stands_in:
                return invoke(op, actual_arrays(inputs), params, out)
            if issubclass(x.family, family):
                family = x.family
            if x.tracks_itself:  # a Tensor; others hold no complex numbers
                if x._node is not None:
                    tracked_itself = True
                if x._raw is not None and x._raw.dtype.kind == "c":
                    is_complex = True
        raw = x._raw
        if raw is None:
            return _invoke_without_memory(op, inputs, params, out)
        raws.append(raw)
        if ctx is None:
            ctx = x._ctx
        elif x._ctx is not ctx and not may_meet(x._ctx, ctx):
            raise _mixed_contexts(op, inputs)
        if x._node is not None:
            tracked = True
    if is_complex and op.on_complex is None:
        raise _no_complex(op, raws)
    if op.stores and op.stores_with(params):
        return _invoke_stored(op, inputs, params, out)
    if ctx is None:
        ctx = as_context(params.get("ctx"))
    if op.checks_itself:
        if len(raws) > 1 and not _same_dtypes(raws):
            raise _mixed_dtypes(op, raws)
    else:
        _check(op, inputs, raws, params)

    backend = backend_of(ctx)
    kernel = op.kernel if op.kernels is None else find_kernel(op, backend.kind, tuple(raws), params)
    if op.extras:
        if op.joint is not None and (found := _run_together(op, inputs, params, ctx, out)) is not None:
            return found
        params = _with_extras(op, params, ctx)
        results = _run(op, kernel, backend, ctx, raws, params)
    elif out is not None and op.in_place and kernel is op.kernel and not is_complex and has_memory(out):
        return _invoke_into(op, backend, ctx, inputs, raws, params, out)
    else:
        results = _run(op, kernel, backend, ctx, raws, params)

    outputs: tuple[NDArray, ...]
    if op.single:
        if isinstance(results, np.generic):  # NumPy's functions return scalars for arrays of shape ()
            results = np.asarray(results)
        # A view shares the memory of its input, and so its count of writes.
        storage = inputs[0]._storage if op.view and _overlap(results, raws[0]) else None  # type: ignore[union-attr]
        result = family.make(results, ctx, storage)
        if op.predicate:
            result._is_mask = True
        outputs = (result,)
    else:
        outputs = tuple(
            [family.make(np.asarray(r) if isinstance(r, np.generic) else r, ctx) for r in results]
        )
    if op.writes:
        _count_writes(op, inputs, params)
    if (
        tracked
        and (MODE.recording or (tracked_itself and not MODE.paused))
        and not (
            tracked_itself and op.predicate  # to users of torch a mask has no history
        )
    ):
        (ComplexNode if is_complex else OperatorNode)(op, inputs, params, outputs, ctx)
    if out is not None:
        return write_out(op, outputs, params, out)
    if op.single:
        return result
    visible = op.visible(params)
    return outputs[0] if visible == 1 else list(outputs[:visible])


def actual_arrays(inputs: Sequence[NDArray | None]) -> list[NDArray | None]:
    """Return inputs with those that only stand for others replaced by what they stand for there."""
    ctx = next((x._ctx for x in inputs if x is not None and not x.stands_in), None)
    return [None if x is None else x.actual(ctx) for x in inputs]


def _invoke_without_memory(
    op: Operator, inputs: Sequence[NDArray | None], params: dict[str, Any], out: Any
) -> Any:
    """Run an operator on arrays of which some have no memory: they are sparse, or wait for it."""
    if any(x is not None and x.stored is None for x in inputs):
        return invoke(op, settle_hook.settle(op, inputs, params), params, out)
    return _invoke_stored(op, inputs, params, out)


def _invoke_stored(op: Operator, inputs: Sequence[NDArray | None], params: dict[str, Any], out: Any) -> Any:
    """Run an operator on sparse arrays, or one that makes them: by a kernel for their storage types.

    Where the operator has none, the sparse arrays are converted and it runs on dense ones. This is the one
    place where that happens. What the operator writes goes back into the sparse arrays.
    """
    ctx, values = check_arrays(op, inputs, params)
    kernel = op.stored_kernel(values, params)
    if kernel is None and not op.stores_with(params):
        dense = [None if x is None else x.tostype(DEFAULT) for x in inputs]
        result = invoke(op, dense, params, out)
        for position in op.written(params, MODE.training):
            if dense[position] is not inputs[position]:
                inputs[position].write(dense[position])  # type: ignore[union-attr]
        return result
    if kernel is not None and kernel.updates:
        return _update_stored(op, kernel.function, inputs, params, out)
    function = op.kernel if kernel is None else kernel.function
    found = _run(op, function, backend_of(ctx), ctx, values, params)
    outputs = tuple([array_of(each, ctx) for each in ((found,) if op.single else found)])
    if MODE.recording and any(x is not None and x._node is not None for x in inputs):
        StoredNode(op, inputs, params, outputs, ctx)
    if out is not None:
        return write_out(op, outputs, params, out)
    visible = op.visible(params)
    return outputs[0] if visible == 1 else list(outputs[:visible])


def _update_stored(
    op: Operator,
    kernel: Callable[..., Any],
    inputs: Sequence[NDArray | None],
    params: dict[str, Any],
    out: Any,
) -> Any:
    """Run a kernel that writes inputs: it returns its result and, for each of them, None or a sparse value.

    None says that a dense input was changed in place. So is ``out`` where that is the first input.
    """
    ctx, values = check_arrays(op, inputs, params)
    if out is not None:
        check_target(op, out, ctx)
    in_place = out is not None and out.stored is values[0]
    given = {**params, "out": values[0]} if in_place else params
    result, *states = _run(op, kernel, backend_of(ctx), ctx, values, given)
    for position, state in zip(op.written(params, MODE.training), states, strict=True):
        storage = inputs[position]._storage  # type: ignore[union-attr]
        if state is not None:
            storage.value = state  # type: ignore[union-attr]  # the kernel knows that it is sparse
        storage.touch()
    if in_place and result is values[0]:
        out._storage.touch()
        return out
    output = array_of(result, ctx)
    return output if out is None else write_out(op, [output], params, out)


def check_arrays(
    op: Operator, inputs: Sequence[NDArray | None], params: dict[str, Any]
) -> tuple[Context, list[Any]]:
    """Check the inputs of a call, by its rules in any case; return where it would run, and the raw arrays.

    Raises:
        ContextError, ShapeMismatchError, DTypeError: the arrays do not go together.
    """
    arrays = [x for x in inputs if x is not None]
    if any(not may_meet(x._ctx, arrays[0]._ctx) for x in arrays):
        raise _mixed_contexts(op, inputs)
    raws = [None if x is None else x.stored for x in inputs]
    present = _without_trailing(raws)
    op.infer_dtypes([ABSENT if raw is None else raw.dtype for raw in present], params)
    op.infer([ABSENT if raw is None else raw.shape for raw in present], params)
    return arrays[0]._ctx if arrays else as_context(params.get("ctx")), raws


def _check(op: Operator, inputs: Sequence[NDArray | None], raws: list[Any], params: dict[str, Any]) -> None:
    """Refuse arrays that do not go together."""
    if raws and raws[-1] is None:
        raws = _without_trailing(raws)
    shapes = tuple([ABSENT if raw is None else raw.shape for raw in raws])
    dtypes = tuple([ABSENT if raw is None else raw.dtype for raw in raws])
    try:
        op.check(shapes, dtypes, params)
    except ShapeMismatchError as error:
        array = None if error.position is None else inputs[error.position]
        if array is None or array._storage.label is None:
            raise
        raise error.about(f"{error.subject}, {array._storage.label},") from None


def _same_dtypes(raws: list[Any]) -> bool:
    first = raws[0].dtype
    return all(raw.dtype is first or raw.dtype == first for raw in raws)


def _without_trailing(raws: list[Any]) -> list[Any]:
    """Drop the optional inputs at the end that are absent."""
    present = max((i + 1 for i, raw in enumerate(raws) if raw is not None), default=0)
    return raws[:present]


def _with_extras(op: Operator, params: dict[str, Any], ctx: Context) -> dict[str, Any]:
    return {**params, **{name: _EXTRAS[name](ctx) for name in op.extras}}


def _run_together(
    op: Operator, inputs: Sequence[NDArray | None], params: dict[str, Any], ctx: Context, out: Any
) -> Any:
    """Run an operator as the member of a team does while training; return None where it is not so."""
    member = current_member()
    if member is None or not MODE.training or op.joint is None:
        return None
    found = op.joint(RECORDED, _exchange(member, ctx), *inputs, **params)
    if found is None or out is None:
        return found
    return write_out(op, found if isinstance(found, list) else [found], params, out)


def _exchange(member: Member, ctx: Context) -> Callable[[Any], list[Any]]:
    """Return a function that gives a value to all members of a team and returns theirs, moved to ``ctx``."""

    def exchange(value: Any) -> list[Any]:
        if isinstance(value, NDArray):
            value.wait_to_read()
        everybody = member.exchange(value)
        return [each.as_in_context(ctx) if isinstance(each, NDArray) else each for each in everybody]

    return exchange


_EXTRAS: dict[str, Callable[[Context], Any]] = {
    "rng": rng.stream,
    "training": lambda _: MODE.training,
    "context": lambda ctx: ctx,
    "notes": lambda _: {},
}
"""How the engine fills in what a kernel asks for besides arrays and parameters."""


def _run_kernel(
    op: Operator,
    kernel: Callable[..., Any],
    backend: Backend,
    ctx: Context,
    raws: list[Any],
    params: dict[str, Any],
) -> Any:
    try:
        # Infinities and NaNs are results here, as on every accelerator, not warnings.
        with np.errstate(all="ignore"):
            if backend.enters_device:
                with backend.scope(ctx):
                    return kernel(backend.xp, *raws, **params)
            return kernel(backend.xp, *raws, **params)
    except GluonishError:
        raise
    except _KERNEL_FAILURES as error:
        raise _explain_failure(op, raws, params, error) from error


_run = _run_kernel


def watch(watcher: Watcher | None) -> None:
    """Let a watcher be told of every operator and every gradient in all threads; None ends that."""
    global _run  # noqa: PLW0603  another function in its place: without a watcher, watching costs nothing
    WATCHED.watcher = watcher
    if watcher is None:
        _run = _run_kernel
        return

    def run(
        op: Operator,
        kernel: Callable[..., Any],
        backend: Backend,
        ctx: Context,
        raws: list[Any],
        params: dict[str, Any],
    ) -> Any:
        with watcher.span(op.name, ctx):
            results = _run_kernel(op, kernel, backend, ctx, raws, params)
            backend.synchronize(ctx)
        return results

    _run = run


def _invoke_into(
    op: Operator,
    backend: Backend,
    ctx: Context,
    inputs: Sequence[NDArray | None],
    raws: list[Any],
    params: dict[str, Any],
    out: Any,
) -> Any:
    """Compute straight into the caller's arrays, without temporaries where that can be."""
    targets = targets_of(op, params, out)
    for target in targets:
        check_target(op, target, ctx)
    dtypes = check_room(op, raws, params, targets)
    recorded = any(x is not None and x.is_tracked for x in inputs)
    with backend.scope(ctx):
        buffers = [
            target._raw.astype(dtype) if recorded or target._raw.dtype != dtype else target._raw
            for target, dtype in zip(targets, dtypes, strict=True)
        ]
    _run(op, op.kernel, backend, ctx, raws, {**params, "out": buffers[0] if op.single else tuple(buffers)})
    if op.writes:
        _count_writes(op, inputs, params)
    if all(buffer is target._raw for buffer, target in zip(buffers, targets, strict=True)):
        for target in targets:
            target._storage.touch()
        return out
    results = tuple(NDArray(buffer, ctx) for buffer in buffers)
    if recorded:
        OperatorNode(op, inputs, params, results, ctx)
    return write_out(op, results, params, out)


def _count_writes(op: Operator, inputs: Sequence[NDArray | None], params: dict[str, Any]) -> None:
    """Count the writes to the inputs that the kernel has written."""
    for position in op.written(params, MODE.training):
        inputs[position]._storage.touch()  # type: ignore[union-attr]


def _overlap(result: Any, source: Any) -> bool:
    base = result.base
    return base is not None and (base is source or base is source.base)


# -- errors -------------------------------------------------------------------------------------------


def _explain_failure(
    op: Operator, raws: list[Any], params: dict[str, Any], error: Exception
) -> GluonishError:
    """Word a kernel's failure: by the shape rule if that refuses the arrays, else by the kernel's error."""
    raws = _without_trailing(raws)
    try:
        op.infer([ABSENT if raw is None else raw.shape for raw in raws], params)
    except GluonishError as refusal:
        return refusal
    present = [raw for raw in raws if raw is not None]
    received = ", ".join(
        f"{name} {format_shape(raw.shape)} {dtype_name(raw.dtype)}"
        for name, raw in zip(_names(op, raws), present, strict=False)
    )
    return OperatorError(f"Operator {op.name!r}", f"failed: {error}", received=received or "no arrays")


def _names(op: Operator, inputs: Sequence[Any]) -> tuple[str, ...]:
    """Return the names of the inputs that are there."""
    return op.names_of_inputs([each is not None for each in inputs])


def _mixed_contexts(op: Operator, inputs: Sequence[NDArray | None]) -> ContextError:
    """Word the error about arrays on different contexts."""
    arrays = [x for x in inputs if x is not None]
    first = arrays[0]
    position = next(i for i, x in enumerate(arrays) if not may_meet(x._ctx, first._ctx))
    other = arrays[position]
    names = _names(op, inputs)
    return ContextError(
        f"Operator {op.name!r}",
        f"got arrays on different contexts: {names[0]!r} ({_in_sentence(first)}) is on {first._ctx}, "
        f"{names[position]!r} ({_in_sentence(other)}) on {other._ctx}",
        fix=f"Move one of them: x.as_in_context(mx.{first._ctx}).",
    )


def _in_sentence(array: NDArray) -> str:
    label = array_label(array)
    return label[0].lower() + label[1:]


def _no_complex(op: Operator, raws: list[Any]) -> DTypeError:
    return DTypeError(
        f"Operator {op.name!r}",
        "does not take complex numbers",
        received=next(dtype_name(raw.dtype) for raw in raws if raw is not None and raw.dtype.kind == "c"),
        fix="Compute with x.real and x.imag, or with x.abs() and x.angle().",
    )


def _mixed_dtypes(op: Operator, raws: list[Any]) -> DTypeError:
    received = ", ".join(
        f"{name} {dtype_name(raw.dtype)}" for name, raw in zip(_names(op, raws), raws, strict=True)
    )
    return DTypeError(
        f"Operator {op.name!r}",
        "got arrays of different dtypes",
        expected="one dtype",
        received=received,
        fix="Convert one of them with astype(); gluonish, like MXNet, does not promote.",
    )


# -- arrays whose shape is still unknown ----------------------------------------------------------------


class _SettleHook:
    """Where the parameter core plugs in how placeholder arrays get their memory.

    A placeholder (an array without memory) stands for a parameter that waits for its shape, during the one
    run of its owner that settles it. The first operator that meets it completes its shape.
    """

    def __init__(self) -> None:
        self.settle: Callable[..., Sequence[NDArray | None]] = self._nothing_plugged_in

    @staticmethod
    def _nothing_plugged_in(op: Operator, *_: Any) -> Sequence[NDArray | None]:
        raise AssertionError(f"a placeholder reached {op} without anything to settle it")


settle_hook = _SettleHook()


# -- functions ------------------------------------------------------------------------------------------


class _RecordedNamespace(OperatorNamespace):
    """Operators on NDArrays, recorded where recording is on."""

    recorded = True

    def bind(self, op: Operator) -> Callable[..., Any]:
        def call(*arrays: NDArray | None, **params: Any) -> Any:
            return invoke(op, arrays, op.fill(params))

        return call

    def zeros(self, shape: tuple[int, ...], dtype: Any, ctx: Context) -> NDArray:
        backend = backend_of(ctx)
        with backend.scope(ctx):
            return NDArray(backend.xp.zeros(shape, dtype), ctx)


RECORDED = _RecordedNamespace()


def call_operator(op: Operator, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any = None) -> Any:
    """Run an operator with inputs and parameters given by position or by name, as MXNet's functions do.

    Raises:
        ArgumentError: an argument is missing.
        ArgumentTypeError: an input is no array.
        SignatureError: an argument is unknown, given twice, or one too many.
    """
    inputs, params = bind_arguments(op, args, kwargs)
    return invoke(op, inputs, op.fill(params), out)


def make_function(op: Operator) -> Callable[..., Any]:
    """Return the function that ``mx.nd`` has for an operator.

    Besides the operator's own arguments it takes ``out=``, and ``name=`` for the sake of programs that run
    with ``mx.sym`` too.
    """

    def function(*args: Any, out: Any = None, name: str | None = None, **kwargs: Any) -> Any:  # noqa: ARG001
        return call_operator(op, args, kwargs, out)

    function.__name__ = function.__qualname__ = op.name
    function.__doc__ = op.doc
    function.operator = op  # type: ignore[attr-defined]  # kernels.explain() finds it there
    return function


def bind_arguments(
    op: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Split the arguments of a call on arrays into inputs and parameters.

    Raises:
        ArgumentError: an input is missing.
        ArgumentTypeError: an input is no array.
        SignatureError: an argument is given twice, or there are too many.
    """
    inputs, params = split_arguments(op, args, kwargs)
    if len(inputs) < op.required:
        _check_inputs(op, [*inputs, *[None] * (op.required - len(inputs))])
    for x in inputs:
        if not isinstance(x, NDArray):
            inputs = _stood_in(inputs)
            _check_inputs(op, inputs)
            break
    return inputs, params


def _stood_in(inputs: Sequence[Any]) -> list[Any]:
    """Replace what stands for an array without being one, such as a parameter, beside the other arrays."""
    ctx = next((x._ctx for x in inputs if isinstance(x, NDArray) and not x.stands_in), None)
    return [x.stand_in(ctx) if not isinstance(x, NDArray) and hasattr(x, "stand_in") else x for x in inputs]


def _check_inputs(op: Operator, inputs: Sequence[Any]) -> None:
    """Refuse what is no array, unless it is an optional input that is absent."""
    for position, x in enumerate(inputs):
        if x is None and op.variadic is None:
            if position < op.required:
                raise ArgumentError(f"Operator {op.name!r}", f"needs its input {op.input_names[position]!r}")
        elif not isinstance(x, NDArray):
            name = op.input_names[position] if op.variadic is None else f"arg{position}"
            raise ArgumentTypeError(
                f"Operator {op.name!r}",
                f"takes arrays, not this for its argument {name!r}",
                expected="an NDArray",
                received=f"{type(x).__name__} {x!r:.60}",
                fix="Convert it with nd.array().",
            )


def split_arguments(
    op: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Split arguments into inputs and parameters; inputs not given are None, or left off at the end.

    Raises:
        SignatureError: an argument is given twice, or there are too many.
    """
    if op.variadic is not None:
        return _split_variadic(op, op.variadic, args, kwargs)
    n_inputs = len(op.input_names)
    inputs = list(args[:n_inputs])
    if len(args) > n_inputs:
        if len(args) > n_inputs + len(op.fields):
            raise SignatureError(
                f"Operator {op.name!r}",
                "got too many arguments",
                expected=f"at most {n_inputs + len(op.fields)}",
                received=len(args),
            )
        for name, value in zip(op.fields, args[n_inputs:], strict=False):
            if name in kwargs:
                raise _given_twice(op, name)
            kwargs[name] = value
    if kwargs:
        for position, name in enumerate(op.input_names):
            if name in kwargs:
                if position < len(inputs):
                    raise _given_twice(op, name)
                inputs.extend([None] * (position - len(inputs)))
                inputs.append(kwargs.pop(name))
    while inputs and inputs[-1] is None:
        inputs.pop()
    return inputs, kwargs


def _split_variadic(
    op: Operator, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """MXNet's variadic operators take arrays one by one or as one list."""
    if len(args) == 1 and isinstance(args[0], (list, tuple)):
        args = tuple(args[0])
    if name in kwargs:
        if args:
            raise _given_twice(op, name)
        args = tuple(kwargs.pop(name))
    if not args:
        raise ArgumentError(f"Operator {op.name!r}", "needs at least one array")
    kwargs.pop("num_args", None)
    return list(args), kwargs


def _given_twice(op: Operator, name: str) -> SignatureError:
    return SignatureError(f"Operator {op.name!r}", f"got its argument {name!r} twice")
