"""ParameterDict: parameters by name, handled as one."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from typing import Any

from gluonish import initializer
from gluonish.context import Context
from gluonish.dtype import as_dtype
from gluonish.errors import (
    ArgumentError,
    DuplicateNameError,
    ParameterMismatchError,
    UnknownNameError,
)
from gluonish.gluon import tuning
from gluonish.gluon.agreement import check_same_value, lacks
from gluonish.gluon.memory import MemoryPlan, plan_memory
from gluonish.gluon.parameter import Constant, Parameter
from gluonish.gluon.parameter_files import load_arrays, named_arrays, source_of
from gluonish.gluon.selection import Selector, matcher
from gluonish.optimizer import Optimizer
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.explain import Explanation, explain
from gluonish.parameter.lifecycle import InitRequest, as_contexts
from gluonish.parameter.matching import Rename
from gluonish.parameter.plan import Plan
from gluonish.parameter.report import LoadReport
from gluonish.serialization import save as save_file
from gluonish.shape import format_shape, from_mxnet

__all__ = ["ParameterDict"]


class ParameterDict:
    """Parameters by their full names, in the order they were added.

    Args:
        prefix: stands in front of the names given to ``get``.
        shared: another dictionary, in which ``get`` looks before it makes a new parameter.

    Example:
        >>> import gluonish as mx
        >>> params = mx.gluon.ParameterDict("net_")
        >>> weight = params.get("weight", shape=(2, 2))
        >>> params.initialize(mx.init.One())
        >>> params
        net_ (
          Parameter net_weight (shape=(2, 2), dtype=<class 'numpy.float32'>)
        )
    """

    def __init__(self, prefix: str = "", shared: ParameterDict | None = None) -> None:
        self._prefix = prefix
        self._shared = shared
        self._params: dict[str, Parameter] = {}
        # Where each parameter is below the block that collected it; names count where nothing is known.
        self._paths: dict[str, str] = {}
        self._layout: Plan | None = None

    # -- a dictionary -----------------------------------------------------------------------------------

    @property
    def prefix(self) -> str:
        """What stands in front of the names given to ``get``."""
        return self._prefix

    @property
    def shared(self) -> ParameterDict | None:
        """The dictionary in which ``get`` looks before it makes a new parameter."""
        return self._shared

    def __repr__(self) -> str:
        lines = "\n".join(f"  {line}" for p in self.values() for line in repr(p).split("\n"))
        name = f"{self._prefix} " if self._prefix else ""
        return f"{name}(\n{lines}\n)"

    def __getitem__(self, key: str) -> Parameter:
        try:
            return self._params[key]
        except KeyError:
            close = difflib.get_close_matches(str(key), self._params, 3)
            raise UnknownNameError(
                f"Parameter {key!r}",
                "is not in this dictionary",
                fix=f"Did you mean {' or '.join(map(repr, close))}?" if close else None,
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def __bool__(self) -> bool:
        return True  # as in MXNet, where a dictionary had no length

    def __contains__(self, key: object) -> bool:
        return key in self._params

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._params.keys()

    def values(self) -> ValuesView[Parameter]:
        """Return the parameters."""
        return self._params.values()

    def items(self) -> ItemsView[str, Parameter]:
        """Return pairs of name and parameter."""
        return self._params.items()

    def cores(self) -> list[ParameterCore]:
        """Return what is behind the parameters, each once."""
        return list({id(p): p.core for p in self._params.values()}.values())

    def paths(self) -> dict[str, str]:
        """Return by name where each parameter is below the block that this dictionary describes.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Sequential(prefix="net_")
            >>> with net.name_scope():
            ...     net.add(mx.gluon.nn.Dense(2, use_bias=False))
            >>> net.collect_params().paths()
            {'net_dense0_weight': '0.weight'}
        """
        return dict(self._paths)

    def add(self, name: str, parameter: Parameter, path: str | None = None) -> None:
        """Put a parameter under a name.

        Args:
            name: its full name.
            parameter: the parameter.
            path: where it is below the block that this dictionary describes.

        Raises:
            DuplicateNameError: another parameter has that name.
        """
        present = self._params.get(name)
        if present is not None and present is not parameter:
            raise DuplicateNameError(
                f"Parameter {name!r}",
                "is there already, as another parameter of the same name",
                expected=_described(present, self._paths[name]),
                received=_described(parameter, path),
                fix="Give one of them another name, or its block another prefix.",
            )
        if present is None:
            self._params[name] = parameter
            self._paths[name] = path if path is not None else name.removeprefix(self._prefix)
            self._layout = None

    # -- making parameters --------------------------------------------------------------------------------

    def get(self, name: str, **kwargs: Any) -> Parameter:
        """Return the parameter called prefix + ``name``, making it if there is none.

        What is given for a parameter that exists must agree with what it has; what it lacks is filled in.

        Args:
            name: the name, without the prefix.
            kwargs: as of ``Parameter``.

        Raises:
            ParameterMismatchError: the existing parameter differs. It is left as it was.
        """
        full = self._prefix + name
        parameter = self._find(full)
        if parameter is None:
            parameter = Parameter(full, **kwargs)
        else:
            lacking = [each for each, wanted in kwargs.items() if lacks(parameter, each, wanted)]
            for attribute in lacking:
                if attribute == "shape":
                    parameter.core.merge_shape(from_mxnet(kwargs[attribute]))
                else:
                    setattr(parameter, attribute, kwargs[attribute])
        self.add(full, parameter)
        return parameter

    def get_constant(self, name: str, value: Any = None) -> Constant:
        """Return the constant called prefix + ``name``, making it from ``value`` if there is none.

        Raises:
            UnknownNameError: there is none, and no value.
            ParameterMismatchError: there is a parameter of that name that is no constant or differs.
        """
        full = self._prefix + name
        parameter = self._find(full)
        if parameter is None:
            if value is None:
                raise UnknownNameError(f"Constant {full!r}", "does not exist", fix="Give a value to make it.")
            parameter = Constant(full, value)
        elif not isinstance(parameter, Constant):
            raise ParameterMismatchError(
                f"Parameter {full!r}", "is no Constant", expected="a Constant", received=repr(parameter)
            )
        elif value is not None:
            check_same_value(parameter, value)
        self.add(full, parameter)
        return parameter

    def _find(self, full: str) -> Parameter | None:
        """Return the parameter of a full name, from here or from the shared dictionary."""
        if full not in self._params and self._shared is not None and full in self._shared:
            return self._shared[full]
        return self._params.get(full)

    def update(self, other: ParameterDict | Mapping[str, Parameter]) -> None:
        """Take over the parameters of another dictionary.

        Raises:
            DuplicateNameError: a name means another parameter here. Nothing is taken over then.
        """
        for name, parameter in other.items():
            present = self._params.get(name)
            if present is not None and present is not parameter:
                self.add(name, parameter)  # raises
        for name, parameter in other.items():
            self.add(name, parameter)

    # -- all at once --------------------------------------------------------------------------------------

    def initialize(
        self,
        init: Any = None,
        ctx: Context | Sequence[Context] | None = None,
        verbose: bool = False,
        force_reinit: bool = False,
    ) -> None:
        """Initialise all parameters, each by its own initializer or else by ``init``.

        Args:
            init: the initializer for parameters without one; ``Uniform(0.07)`` if None.
            ctx: one context or several; the current one if None.
            verbose: print a line for each parameter.
            force_reinit: also those that are initialised already.

        Raises:
            ArgumentError: a shape is unknown and the parameter does not allow deferral. Nothing is
                initialised then.
        """
        default = _resolved(init)
        if verbose and isinstance(default, initializer.Initializer):
            default.set_verbosity(verbose)
        requests = [InitRequest(p.core, self._paths[name], None, default) for name, p in self._params.items()]
        lifecycle.initialize(requests, as_contexts(ctx), force_reinit=force_reinit)

    def zero_grad(self) -> None:
        """Set all gradients to 0, in one pass over their memory."""
        self.layout().zero_gradients()

    def layout(self) -> Plan:
        """Return where all parameters lie in memory; made again only after something changed."""
        if self._layout is None or not self._layout.is_current():
            self._layout = Plan(self.cores())
        return self._layout

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Move all parameters to other contexts, or none of them.

        Raises:
            NotInitializedError: a parameter was never initialised.
        """
        lifecycle.reset_ctx(self.cores(), as_contexts(ctx))

    def cast(self, dtype: Any) -> None:
        """Change the element type of all parameters."""
        lifecycle.cast(self.cores(), as_dtype(dtype))

    def list_ctx(self) -> list[Context]:
        """Return all contexts that parameters are on, each once."""
        return list(dict.fromkeys(ctx for core in self.cores() for ctx in core.contexts()))

    def setattr(self, name: str, value: Any) -> None:
        """Set an attribute of all parameters.

        Args:
            name: ``"grad_req"``, ``"lr_mult"``, ``"wd_mult"`` ... A name close to one of these, but not one,
                is a warning: it would be set and have no effect.
            value: its value.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Dense(2)
            >>> net.collect_params(".*bias").setattr("lr_mult", 2)
            >>> net.bias.lr_mult
            2
        """
        if name == "grad_req":
            trained = [p.core for p in self.values() if not isinstance(p, Constant)]
            lifecycle.set_grad_req(trained, value)
            return
        known = [each for each in dir(Parameter) if not each.startswith("_")]
        close = difflib.get_close_matches(name, known, 1)
        if name not in known and close:
            warnings.warn(
                f"parameters have no attribute {name!r}; it is set, but means nothing. "
                f"Did you mean {close[0]!r}?",
                stacklevel=2,
            )
        for parameter in self.values():
            setattr(parameter, name, value)

    # -- some of them -------------------------------------------------------------------------------------

    def matching(self, select: Selector) -> ParameterDict:
        """Return the parameters that a selector takes, in a dictionary that may be empty.

        Args:
            select: a regular expression (a string, or compiled), a ``Glob``, a function of a Parameter, or a
                list of these.
        """
        return self._subset(matcher(select))

    def select(self, select: Selector) -> ParameterDict:
        """Return the parameters that a selector takes, of which there must be some.

        Args:
            select: as of ``matching``. Each member of a list must match.

        Raises:
            UnknownNameError: it matches no parameter.
        """
        for each in select if isinstance(select, (list, tuple)) else [select]:
            if not len(self.matching(each)):
                raise self._no_match(each)
        return self.matching(select)

    def _no_match(self, select: Selector) -> UnknownNameError:
        close = difflib.get_close_matches(str(getattr(select, "pattern", select)), self._params, 3, 0.4)
        return UnknownNameError(
            f"The selector {select!r}",
            f"matches none of {len(self)} parameters",
            fix=f"Names that are close: {', '.join(close)}." if close else None,
        )

    def trainable(self) -> ParameterDict:
        """Return the parameters that have gradients."""
        return self._subset(lambda parameter: parameter.grad_req != "null")

    def frozen(self) -> ParameterDict:
        """Return the parameters that could have gradients, and have none."""
        return self._subset(lambda p: p.grad_req == "null" and p.core.differentiable)

    def auxiliary(self) -> ParameterDict:
        """Return what can have no gradients: constants and running statistics."""
        return self._subset(lambda parameter: not parameter.core.differentiable)

    def pending(self) -> ParameterDict:
        """Return the parameters that wait for their shapes; ``explain`` says why they do."""
        return self._subset(lambda parameter: parameter.core.is_deferred)

    def _subset(self, predicate: Callable[[Parameter], bool]) -> ParameterDict:
        found = ParameterDict(self._prefix)
        for name, parameter in self._params.items():
            if predicate(parameter):
                found.add(name, parameter, self._paths[name])
        return found

    # -- tuning -------------------------------------------------------------------------------------------

    def tune(
        self,
        rules: Mapping[Selector, Mapping[str, Any]] | Sequence[tuple[Selector, Mapping[str, Any]]],
        dry_run: bool = False,
    ) -> list[tuple[Selector, list[str]]]:
        """Set multipliers and ``grad_req`` by selectors; where several take a parameter, the last one wins.

        Everything is checked before anything is changed.

        Args:
            rules: by selector, or as pairs, the attributes to set: ``lr_mult`` and ``wd_mult``, each a number
                or a function of the number of updates (such as a scheduler), and ``grad_req``.
            dry_run: only say what matches.

        Returns:
            The names that each selector takes.

        Raises:
            UnknownNameError: a selector matches nothing.
            ArgumentError: another attribute, or a value that it cannot have.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Dense(2, in_units=3, prefix="fc_")
            >>> params = net.collect_params()
            >>> params.tune({".*": {"lr_mult": 0.1}, ".*bias": {"lr_mult": 2, "wd_mult": 0}})
            [('.*', ['fc_weight', 'fc_bias']), ('.*bias', ['fc_bias'])]
            >>> net.weight.lr_mult, net.bias.lr_mult
            (0.1, 2)
        """
        return tuning.tune(self, rules, dry_run=dry_run)

    def layerwise_decay(
        self, decay: float, order: Sequence[Selector] | None = None, attribute: str = "lr_mult"
    ) -> list[list[str]]:
        """Give the last layer the multiplier 1, the one before it ``decay``, then ``decay**2``, and so on.

        Discriminative fine-tuning of Howard and Ruder (2018), https://arxiv.org/abs/1801.06146, section 3.1.

        Args:
            decay: the factor from each layer to the one before it.
            order: selectors of what counts as a layer, from the input to the output; where several take a
                parameter, the last one wins, and a parameter that none takes is left alone. If None, blocks
                that own parameters are layers, in the order of this dictionary.
            attribute: ``"lr_mult"`` or ``"wd_mult"``.

        Returns:
            The names of each layer's parameters, from the input to the output.

        Raises:
            UnknownNameError: a selector matches nothing.
            ArgumentError: ``decay`` is no positive number, or another attribute.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Sequential(prefix="")
            >>> net.add(mx.gluon.nn.Dense(2, prefix="a_"), mx.gluon.nn.Dense(2, prefix="b_"))
            >>> net.collect_params().layerwise_decay(0.5)
            [['a_weight', 'a_bias'], ['b_weight', 'b_bias']]
            >>> net[0].weight.lr_mult, net[1].weight.lr_mult
            (0.5, 1.0)
        """
        return tuning.layerwise_decay(self, self._paths, decay, order, attribute)

    def freeze(self, select: Selector | None = None) -> ParameterDict:
        """Stop training parameters: no gradient, no decay, no momentum. What trainers keep for them stays.

        Running statistics are not trained and go on following the batches; see ``BatchNorm``'s
        ``use_global_stats``.

        Args:
            select: which; all if None.

        Returns:
            The parameters it took.

        Raises:
            UnknownNameError: the selector matches nothing.

        Example:
            >>> import gluonish as mx
            >>> params = mx.gluon.nn.Dense(2, in_units=3, prefix="fc_").collect_params()
            >>> list(params.freeze(".*weight"))
            ['fc_weight']
            >>> list(params.trainable()), list(params.frozen())
            (['fc_bias'], ['fc_weight'])
        """
        chosen = self if select is None else self.select(select)
        lifecycle.freeze(chosen.cores())
        return chosen

    def thaw(self, select: Selector | None = None) -> ParameterDict:
        """Go on training frozen parameters, with the ``grad_req`` and the momentum that they had.

        Args:
            select: which; all if None. Running statistics and constants stay as they are.

        Returns:
            The parameters it took.

        Raises:
            UnknownNameError: the selector matches nothing.
        """
        chosen = self if select is None else self.select(select)
        lifecycle.thaw(chosen.cores())
        return chosen

    # -- overviews ----------------------------------------------------------------------------------------

    def plan(
        self,
        contexts: Context | Sequence[Context] | None = None,
        optimizer: str | Optimizer | None = None,
        optimizer_params: Mapping[str, Any] | None = None,
        update_on_kvstore: bool | None = None,
    ) -> MemoryPlan:
        """Return how much memory training would take on each context, from shapes alone.

        Args:
            contexts: where the parameters are to be; the current context if None.
            optimizer: what is to train them, by name or as an object; None for no training state.
            optimizer_params: arguments of the optimizer, if it is given by name.
            update_on_kvstore: as of ``Trainer``: with several contexts the optimizer's state is on the first
                one, unless this is False.

        Raises:
            UnknownNameError: no optimizer of that name exists.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Dense(100, in_units=50)
            >>> print(net.collect_params().plan([mx.cpu(0), mx.cpu(1)], "adam"))
            context  parameters      data  gradients  optimizer state  float32 copies     total
            -------  ----------  --------  ---------  ---------------  --------------  --------
            cpu(0)            2  19.9 KiB   19.9 KiB         39.8 KiB             0 B  79.7 KiB
            cpu(1)            2  19.9 KiB   19.9 KiB              0 B             0 B  39.8 KiB
        """
        return plan_memory(
            self.cores(), as_contexts(contexts), optimizer, optimizer_params, update_on_kvstore
        )

    def explain(self) -> Explanation:
        """Return every pending parameter with its cause and what would settle it.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Dense(2, prefix="fc_")
            >>> net.initialize()
            >>> print(net.collect_params().explain())
            1 parameter pending:
              fc_weight (2, ?), of Dense 'fc', which was never called: run one batch through the layer, ...
        """
        return explain(self.cores())

    # -- files ----------------------------------------------------------------------------------------------

    def save(
        self,
        filename: Any,
        strip_prefix: str = "",
        *,
        format: str | None = None,  # noqa: A002  as of nd.save
        max_shard_size: int | str | None = None,
    ) -> None:
        """Save the values to a file; replicas that differ are averaged.

        Args:
            filename: a path.
            strip_prefix: left out of the names.
            format: ``"params"``, ``"safetensors"`` or ``"npz"``; by default, what the path ends in, and
                ``"params"`` for any other end.
            max_shard_size: of safetensors, the bytes of a file, as a number or a text such as ``"2GB"``;
                what is more goes to several files with an index.

        Raises:
            ArgumentError: a name does not begin with ``strip_prefix``.
        """
        arrays = {}
        for name, parameter in self.items():
            if not name.startswith(strip_prefix):
                raise ArgumentError(
                    f"Parameter {name!r}",
                    "cannot be saved under a shorter name",
                    expected=f"a name that begins with {strip_prefix!r}",
                    fix="Save the parameters of this block only, or with strip_prefix=''.",
                )
            arrays[name[len(strip_prefix) :]] = lifecycle.stored_value(parameter.core)
        save_file(filename, arrays, format, max_shard_size)

    def load(
        self,
        filename: Any,
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        cast_dtype: bool = False,
        dtype_source: str = "current",
        *,
        format: str | None = None,  # noqa: A002  as of nd.load
        rename: Rename = None,
    ) -> LoadReport:
        """Load values from a file: a path, bytes or a stream. See ``load_dict``, and ``save`` for formats."""
        return self.load_dict(
            named_arrays(filename, format),
            ctx,
            allow_missing,
            ignore_extra,
            restore_prefix,
            source_of(filename),
            cast_dtype,
            dtype_source,
            rename=rename,
        )

    def load_dict(
        self,
        param_dict: Mapping[str, Any],
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        filename: str | None = None,
        cast_dtype: bool = False,
        dtype_source: str = "current",
        *,
        rename: Rename = None,
    ) -> LoadReport:
        """Load values from a dictionary. Everything is checked before anything is changed.

        Args:
            param_dict: arrays by name, as ``save`` writes them, with or without ``arg:`` or ``aux:`` in
                front; or by path, as ``Block.save_parameters`` does, if the parameters are a block's.
            ctx: where to put parameters that are not initialised yet; ``cpu(0)`` if None.
            allow_missing: accept parameters that are not in it.
            ignore_extra: accept names that no parameter has.
            restore_prefix: put in front of the names.
            filename: how messages call the source.
            cast_dtype: accept other dtypes.
            dtype_source: what counts then, ``"current"`` (the parameter's) or ``"saved"``.
            rename: rules for names that mean nothing here; as of ``Block.load_parameters``.

        Returns:
            What went where. It is printed, too, if something is off.

        Raises:
            UnknownNameError: a name is missing, or too many.
            DuplicateNameError: two arrays would go to one parameter.
            ShapeMismatchError: a shape contradicts the parameter's.
            ParameterMismatchError: a dtype differs and ``cast_dtype`` is False.
        """
        for name in self._params:
            if not name.startswith(restore_prefix):
                raise ArgumentError(
                    f"Parameter {name!r}",
                    "cannot be restored with this prefix",
                    expected=f"a name that begins with restore_prefix {restore_prefix!r}",
                )
        report = load_arrays(
            param_dict,
            {name: parameter.core for name, parameter in self._params.items()},
            {
                "name": {name.removeprefix(restore_prefix): name for name in self._params},
                "path": {path: name for name, path in self._paths.items()},
            },
            filename or "the dictionary",
            ctx=ctx,
            allow_missing=allow_missing,
            ignore_extra=ignore_extra,
            cast_dtype=cast_dtype,
            dtype_source=dtype_source,
            rename=rename,
        )
        for parameter in self._params.values():
            parameter._note_new_value()  # noqa: SLF001  of one family
        return report

    # -- copies ---------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        # The layout is one of memory, and a copy of a parameter has memory of its own.
        copied = {"_params": dict(self._params), "_paths": dict(self._paths), "_layout": None}
        return {**self.__dict__, **copied}


def _described(parameter: Parameter, path: str | None) -> str:
    """Return what tells a parameter from another one of its name."""
    owner = parameter.core.owner
    layer = f" of {owner.name}" if owner is not None and owner.name is not None else ""
    place = f" at {path!r}" if path else ""
    return f"the one{layer}{place} with shape {format_shape(parameter.core.shape)}"


def _resolved(init: Any) -> Any:
    if init is None:
        return initializer.Uniform()
    return initializer.create(init) if isinstance(init, (str, dict)) else init
