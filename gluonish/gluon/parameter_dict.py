"""ParameterDict: parameters by name, handled as one."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from gluonish import initializer
from gluonish.context import Context
from gluonish.dtype import as_dtype
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    ParameterMismatchError,
    UnknownNameError,
)
from gluonish.gluon.agreement import check_same_value, lacks
from gluonish.gluon.named_parameters import NamedParameters
from gluonish.gluon.parameter import Constant, Parameter
from gluonish.gluon.parameter_files import load_arrays, named_arrays, source_of
from gluonish.parameter import lifecycle
from gluonish.parameter.lifecycle import InitRequest, as_contexts
from gluonish.parameter.matching import Rename
from gluonish.parameter.plan import Plan
from gluonish.parameter.report import LoadReport
from gluonish.serialization import save as save_file
from gluonish.shape import from_mxnet

__all__ = ["ParameterDict"]


class ParameterDict(NamedParameters):
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
        if isinstance(prefix, Mapping):
            raise ArgumentTypeError(
                "gluon.ParameterDict()",
                "begins with a prefix, and creates its parameters",
                expected="a str",
                received=type(prefix).__name__,
                fix="The module that holds given parameters is nn.ParameterDict.",
            )
        super().__init__(prefix)
        self._shared = shared
        self._layout: Plan | None = None

    @property
    def shared(self) -> ParameterDict | None:
        """The dictionary in which ``get`` looks before it makes a new parameter."""
        return self._shared

    def add(self, name: str, parameter: Parameter, path: str | None = None) -> None:
        """Put a parameter under a name; see ``NamedParameters.add``."""
        super().add(name, parameter, path)
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

        Parameters of modules, which have values from the start, keep them unless ``force_reinit``; they are
        moved to ``ctx`` where it is given.

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
        requests = [
            InitRequest(p.core, self._paths[name], None, default)
            for name, p in self._params.items()
            if not p.born_ready or (force_reinit and p.core.differentiable)
        ]
        lifecycle.initialize(requests, as_contexts(ctx), force_reinit=force_reinit)
        if ctx is not None:
            born_ready = [p.core for p in self._params.values() if p.born_ready]
            lifecycle.reset_ctx(
                [core for core in born_ready if core.contexts() != as_contexts(ctx)], as_contexts(ctx)
            )

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


def _resolved(init: Any) -> Any:
    if init is None:
        return initializer.Uniform()
    return initializer.create(init) if isinstance(init, (str, dict)) else init
