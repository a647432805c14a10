"""Executors of one symbol on several contexts, each with a part of every batch."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gluonish import nd
from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.executor import Executor
from gluonish.io import DataDesc
from gluonish.kvstore.base import added
from gluonish.module.steps import described
from gluonish.symbol import Symbol

__all__ = ["DataParallelExecutorGroup", "split_slices"]


def split_slices(batch_size: int, work_load_list: Sequence[float]) -> list[slice]:
    """Cut a batch into consecutive parts, whose sizes are in proportion to work loads.

    Raises:
        ArgumentError: a part would be empty.

    Example:
        >>> split_slices(8, [1, 3])
        [slice(0, 2, None), slice(2, 8, None)]
    """
    total = sum(work_load_list)
    sizes = [round(batch_size * load / total) for load in work_load_list]
    sizes[-1] += batch_size - sum(sizes)
    slices, start = [], 0
    for size in sizes:
        slices.append(slice(start, start + size))
        start += size
    if min(sizes) < 1:
        raise ArgumentError(
            "A batch",
            "cannot be cut into so many parts: some would be empty",
            expected=f"at least {len(sizes)} examples",
            received=batch_size,
        )
    return slices


class DataParallelExecutorGroup:
    """An executor for each context. A batch is cut between them along its batch axis.

    Args:
        symbol: the symbol.
        contexts: where it runs.
        workload: how much of a batch each context gets, in proportion.
        data_shapes: descriptions of the inputs, for the whole batch.
        label_shapes: descriptions of the labels, or None.
        param_names: the arguments that are parameters.
        for_training: whether ``backward`` may be called.
        inputs_need_grad: whether the gradients of inputs are computed.
        shared_group: a group whose parameters are used, not new ones.
        logger: where to report to.
        fixed_param_names: parameters without gradients.
        grad_req: how gradients are kept: a request for all, or one per name, or in the order of arguments.
        state_names: inputs that are set by ``set_states``, and keep their values.
        group2ctxs: contexts of groups of nodes.

    Attributes:
        execs: the executors.
        slices: the part of a batch that each gets.
        batch_size: the number of examples in a batch.
    """

    def __init__(
        self,
        symbol: Symbol,
        contexts: Sequence[Context],
        workload: Sequence[float],
        data_shapes: Sequence[DataDesc],
        label_shapes: Sequence[DataDesc] | None,
        param_names: Sequence[str],
        for_training: bool,
        inputs_need_grad: bool,
        shared_group: DataParallelExecutorGroup | None = None,
        logger: Any = logging,
        fixed_param_names: Sequence[str] | None = None,
        grad_req: Any = "write",
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
    ) -> None:
        self.symbol = symbol
        self.contexts = list(contexts)
        self.workload = list(workload)
        self.param_names = list(param_names)
        self.for_training = for_training
        self.inputs_need_grad = inputs_need_grad
        self.logger = logger
        self.fixed_param_names = list(fixed_param_names or ())
        self.state_names = list(state_names or ())
        self.group2ctxs = _per_context(group2ctxs, len(self.contexts))
        self.arg_names = symbol.list_arguments()
        self.aux_names = symbol.list_auxiliary_states()
        self.output_names = symbol.list_outputs()
        self.num_outputs = len(self.output_names)
        self.output_layouts = [
            DataDesc.get_batch_axis(symbol[i].attr("__layout__")) for i in range(self.num_outputs)
        ]
        data_shapes = described(data_shapes)
        label_shapes = None if label_shapes is None else described(label_shapes)
        self.data_names = [each.name for each in data_shapes]
        self.grad_req = self._requests(grad_req)
        self.execs: list[Executor] = []
        self._shared_group = shared_group
        self.shared_data_arrays: list[dict[str, NDArray]] = (
            [{} for _ in self.contexts] if shared_group is None else shared_group.shared_data_arrays
        )
        self.bind_exec(data_shapes, label_shapes)

    def _requests(self, grad_req: Any) -> dict[str, str]:
        """Return how the gradient of each argument is kept."""
        if isinstance(grad_req, str):
            requests = dict.fromkeys(self.arg_names, grad_req)
        elif isinstance(grad_req, Mapping):
            requests = {name: grad_req.get(name, "null") for name in self.arg_names}
        elif isinstance(grad_req, (list, tuple)) and len(grad_req) == len(self.arg_names):
            requests = dict(zip(self.arg_names, grad_req, strict=True))
        else:
            raise ArgumentError(
                "grad_req",
                "cannot be read",
                expected=f"a string, a dictionary, or a list of {len(self.arg_names)}",
                received=repr(grad_req),
            )
        default = isinstance(grad_req, str)
        for name in self.arg_names:
            if not self.for_training or name in self.fixed_param_names:
                requests[name] = "null"
            elif name in self.data_names:
                if not self.inputs_need_grad:
                    requests[name] = "null"
            elif name not in self.param_names and default:
                requests[name] = "null"
        return requests

    # -- binding ------------------------------------------------------------------------------------------

    def bind_exec(
        self,
        data_shapes: Sequence[DataDesc],
        label_shapes: Sequence[DataDesc] | None,
        reshape: bool = False,
    ) -> None:
        """Make the executors for shapes.

        Args:
            data_shapes: descriptions of the inputs, for the whole batch.
            label_shapes: descriptions of the labels, or None.
            reshape: keep the parameters of the executors that there are.
        """
        self._decide_slices([*data_shapes, *(label_shapes or ())])
        shapes = [self._sliced(each, [*data_shapes, *(label_shapes or ())]) for each in self.slices]
        if reshape:
            for part in shapes:
                self._check_parameters(part)
            self.execs = [
                each.reshape(partial_shaping=True, allow_up_sizing=True, **self._known(part))
                for each, part in zip(self.execs, shapes, strict=True)
            ]
        else:
            self.execs = [self._bind(i, part) for i, part in enumerate(shapes)]
        self.data_shapes = list(data_shapes)
        self.label_shapes = None if label_shapes is None else list(label_shapes)
        self.data_names = [each.name for each in data_shapes]
        self.label_names = [each.name for each in label_shapes or ()]
        self.data_layouts = [DataDesc.get_batch_axis(each.layout) for each in data_shapes]
        self.label_layouts = [DataDesc.get_batch_axis(each.layout) for each in label_shapes or ()]
        self._collect_arrays()

    def _decide_slices(self, described: Sequence[DataDesc]) -> None:
        self.batch_size = -1
        for each in described:
            axis = DataDesc.get_batch_axis(each.layout)
            if axis == -1:
                continue
            size = each.shape[axis]
            if self.batch_size not in (-1, size):
                raise ShapeMismatchError(
                    f"Input {each.name!r}",
                    f"has another batch size than the inputs before, with its layout {each.layout!r}",
                    expected=self.batch_size,
                    received=f"{size}, of {tuple(each.shape)}",
                )
            self.batch_size = size
        self.slices = split_slices(self.batch_size, self.workload)

    @staticmethod
    def _sliced(part: slice, described: Sequence[DataDesc]) -> list[DataDesc]:
        """Return the descriptions of a part of the batch."""
        found = []
        for each in described:
            shape, axis = list(each.shape), DataDesc.get_batch_axis(each.layout)
            if axis >= 0:
                shape[axis] = part.stop - part.start
            found.append(DataDesc(each.name, tuple(shape), each.dtype, each.layout))
        return found

    def _known(self, described: Sequence[DataDesc]) -> dict[str, tuple[int, ...]]:
        """Return the shapes of inputs that the symbol has: labels may be told to one without."""
        return {each.name: each.shape for each in described if each.name in self.arg_names}

    def _bind(self, i: int, described: Sequence[DataDesc]) -> Executor:
        lender = None if self._shared_group is None else self._shared_group.execs[i]
        shapes: dict[str, Any] = dict(self._known(described))
        return self.symbol.simple_bind(
            ctx=self.contexts[i],
            grad_req=self.grad_req,
            type_dict={each.name: each.dtype for each in described},
            group2ctx=self.group2ctxs[i],
            shared_arg_names=self.param_names,
            shared_exec=lender,
            shared_buffer=self.shared_data_arrays[i],
            **shapes,
        )

    def _check_parameters(self, described: Sequence[DataDesc]) -> None:
        """Raise an error if shapes of inputs ask for parameters of other shapes.

        Raises:
            ShapeMismatchError: naming the first such parameter.
        """
        shapes, _, _ = self.symbol.infer_shape_partial(**self._known(described))
        before = self.execs[0].arg_dict
        for name, shape in zip(self.arg_names, shapes, strict=True):
            if name in self.param_names and shape and tuple(shape) != before[name].shape:
                raise ShapeMismatchError(
                    f"Parameter {name!r}",
                    "does not fit the new shapes of the inputs: "
                    + ", ".join(f"{each.name} {tuple(each.shape)}" for each in described),
                    expected=before[name].shape,
                    received=tuple(shape),
                )

    def _collect_arrays(self) -> None:
        """Find the arrays of parameters, gradients and states, by name and then by context."""
        self.param_names = [name for name in self.arg_names if name in self.param_names]
        self.param_arrays = [[each.arg_dict[name] for each in self.execs] for name in self.param_names]
        self.grad_arrays = [[each.grad_dict[name] for each in self.execs] for name in self.param_names]
        self.state_arrays = [[each.arg_dict[name] for each in self.execs] for name in self.state_names]
        self.aux_arrays = [[each.aux_dict[name] for each in self.execs] for name in self.aux_names]
        self.input_grad_arrays = [
            [each.grad_dict[name] for each in self.execs]
            for name in self.data_names
            if name in self.arg_names
        ]

    def reshape(self, data_shapes: Sequence[DataDesc], label_shapes: Sequence[DataDesc] | None) -> None:
        """Make executors for other shapes with the same parameters; nothing if the shapes are the same."""
        if data_shapes != self.data_shapes or label_shapes != self.label_shapes:
            self.bind_exec(data_shapes, label_shapes, reshape=True)

    # -- parameters and states ----------------------------------------------------------------------------

    def set_params(
        self, arg_params: Mapping[str, Any], aux_params: Mapping[str, Any], allow_extra: bool = False
    ) -> None:
        """Copy values into the parameters and states on all contexts."""
        for each in self.execs:
            each.copy_params_from(arg_params, aux_params, allow_extra_params=allow_extra)

    def get_params(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray]) -> None:
        """Write parameters and states, as the mean over the contexts, into arrays by name."""
        for names, arrays, target in (
            (self.param_names, self.param_arrays, arg_params),
            (self.aux_names, self.aux_arrays, aux_params),
        ):
            for name, replicas in zip(names, arrays, strict=True):
                mean = (
                    replicas[0]
                    if len(replicas) == 1
                    else added(replicas, target[name].context) / len(replicas)
                )
                target[name].write(mean)

    def get_states(self, merge_multi_context: bool = True) -> list[list[NDArray]]:
        """Return the states of all contexts.

        Raises:
            ArgumentError: they are to be put together.
        """
        if merge_multi_context:
            raise ArgumentError(
                "get_states()", "does not put states together", expected="merge_multi_context=False"
            )
        return self.state_arrays

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states of all contexts: to arrays, or all of them to a number.

        Args:
            states: per state an array, or a list of arrays, one for each context.
            value: a number.

        Raises:
            ArgumentError: both are given, or neither.
        """
        if (states is None) == (value is None):
            raise ArgumentError("set_states()", "takes states or a value", expected="one of them")
        if states is None:
            for arrays in self.state_arrays:
                for each in arrays:
                    each.write(value)
            return
        for given, arrays in zip(states, self.state_arrays, strict=True):
            for i, each in enumerate(arrays):
                if isinstance(given, (list, tuple)):
                    each.write(given[i])
                else:
                    each.write(_part(given, self.slices[i], 0, len(self.execs)))

    # -- running ------------------------------------------------------------------------------------------

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Give every executor its part of a batch, and run it.

        Args:
            data_batch: the batch.
            is_train: whether in training mode; None for what the group was made for.
        """
        is_train = self.for_training if is_train is None else is_train
        self._load(data_batch.data, self.data_names, self.data_layouts)
        if self.label_names and data_batch.label:
            self._load(data_batch.label, self.label_names, self.label_layouts)
        for each in self.execs:
            each.forward(is_train=is_train)

    def _load(self, arrays: Iterable[Any], names: Sequence[str], axes: Sequence[int]) -> None:
        for array, name, axis in zip(arrays, names, axes, strict=False):
            if name not in self.arg_names:
                continue
            for part, each in zip(self.slices, self.execs, strict=True):
                target, value = each.arg_dict[name], _part(array, part, axis, len(self.execs))
                if value.shape != target.shape:
                    raise ShapeMismatchError(
                        f"Input {name!r}", "is shaped otherwise", expected=target.shape, received=value.shape
                    )
                target.write(value)

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients.

        Args:
            out_grads: gradients of the outputs, for the whole batch; None if all of them are losses.

        Raises:
            ArgumentError: the group was not made for training.
        """
        if not self.for_training:
            raise ArgumentError(
                "backward()", "needs executors for training", fix="Call bind() with for_training=True."
            )
        given = [out_grads] if isinstance(out_grads, NDArray) else list(out_grads or ())
        for part, each in zip(self.slices, self.execs, strict=True):
            each.backward(
                [
                    _part(grad, part, axis, len(self.execs)).as_in_context(output.context)
                    for grad, axis, output in zip(given, self.output_layouts, each.outputs, strict=False)
                ]
                or None
            )

    def get_outputs(
        self, merge_multi_context: bool = True, begin: int = 0, end: int | None = None
    ) -> list[Any]:
        """Return outputs: whole ones, or a list per output with the parts of the contexts."""
        stop = self.num_outputs if end is None else end
        parts = [[each.outputs[i] for each in self.execs] for i in range(begin, stop)]
        return _merged(parts, self.output_layouts[begin:stop]) if merge_multi_context else parts

    def get_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Return names and shapes of the outputs, for the whole batch."""
        found = []
        for name, output, axis in zip(
            self.output_names, self.execs[0].outputs, self.output_layouts, strict=True
        ):
            shape = list(output.shape)
            if axis >= 0 and shape:
                shape[axis] = self.batch_size
            found.append((name, tuple(shape)))
        return found

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the inputs: whole ones, or a list per input with those of the contexts.

        Raises:
            ArgumentError: the group was not made for them.
        """
        if not self.inputs_need_grad:
            raise ArgumentError(
                "get_input_grads()", "has none", fix="Call bind() with inputs_need_grad=True."
            )
        arrays = self.input_grad_arrays
        return _merged(arrays, self.data_layouts) if merge_multi_context else arrays

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric compare outputs with labels.

        Args:
            eval_metric: the metric.
            labels: labels of the whole batch; with ``pre_sliced`` a list per context.
            pre_sliced: see above.
        """
        for i, (part, each) in enumerate(zip(self.slices, self.execs, strict=True)):
            if pre_sliced:
                own = labels[i]
            else:
                own = [
                    _part(label, part, axis, len(self.execs))
                    for label, axis in zip(labels, self.label_layouts, strict=False)
                ]
            eval_metric.update_dict(
                dict(zip(self.label_names, own, strict=False)),
                dict(zip(self.output_names, each.outputs, strict=True)),
            )

    def install_monitor(self, mon: Any) -> None:
        """Let a monitor look at all executors."""
        for each in self.execs:
            mon.install(each)


def _part(array: Any, part: slice, axis: int, count: int) -> Any:
    """Return a part of a batch along an axis; the whole if there is but one, or it has no batch axis."""
    if count == 1 or axis < 0:
        return array if isinstance(array, NDArray) else np.asarray(array)
    return array[part] if axis == 0 else array[(slice(None),) * axis + (part,)]


def _merged(parts: Sequence[Sequence[Any]], axes: Sequence[int]) -> list[Any]:
    """Return arrays put together from their parts, on the context of the first."""
    found = []
    for arrays, axis in zip(parts, axes, strict=True):
        if len(arrays) == 1 or axis < 0:
            found.append(arrays[0])
        else:
            there = [each.as_in_context(arrays[0].context) for each in arrays]
            found.append(nd.concat(*there, dim=axis))
    return found


def _per_context(group2ctxs: Any, count: int) -> list[dict[str, Context] | None]:
    """Return for each context the contexts of groups of nodes.

    Args:
        group2ctxs: None; a dictionary for each context; or one dictionary, whose values are contexts, or
            lists of a context for each.
        count: the number of contexts.

    Raises:
        ArgumentError: not as many as there are contexts.
    """
    if group2ctxs is None:
        return [None] * count
    if isinstance(group2ctxs, Mapping):
        spread: list[dict[str, Context]] = [{} for _ in range(count)]
        for name, given in group2ctxs.items():
            several = list(given) if isinstance(given, (list, tuple)) else [given]
            several = several * count if len(several) == 1 else several
            if len(several) != count:
                raise _wrong_groups(count, len(several))
            for each, ctx in zip(spread, several, strict=True):
                each[name] = ctx
        return list(spread)
    if len(group2ctxs) != count:
        raise _wrong_groups(count, len(group2ctxs))
    return list(group2ctxs)


def _wrong_groups(expected: int, received: int) -> ArgumentError:
    return ArgumentError("group2ctxs", "is not given for every context", expected=expected, received=received)
