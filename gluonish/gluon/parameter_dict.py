"""ParameterDict: parameters by name, handled as one."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from typing import Any

import numpy as np

from gluonish import initializer
from gluonish.context import Context
from gluonish.dtype import as_dtype
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import (
    ArgumentError,
    DuplicateNameError,
    ParameterMismatchError,
    ShapeMismatchError,
    UnknownNameError,
)
from gluonish.gluon.parameter import Constant, Parameter
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.explain import Explanation, explain
from gluonish.parameter.lifecycle import InitRequest, as_contexts
from gluonish.parameter.plan import Plan
from gluonish.serialization import load as load_file
from gluonish.serialization import save as save_file
from gluonish.shape import from_mxnet, merge_shapes

__all__ = ["ParameterDict", "named_arrays"]


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
        self._plan: Plan | None = None

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

    def _cores(self) -> list[ParameterCore]:
        return list({id(p): p.core for p in self._params.values()}.values())

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
                expected=repr(present),
                received=repr(parameter),
                fix="Give one of them another name, or its block another prefix.",
            )
        if present is None:
            self._params[name] = parameter
            self._paths[name] = path if path is not None else name.removeprefix(self._prefix)
            self._plan = None

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
            lacking = [each for each, wanted in kwargs.items() if _lacks(parameter, each, wanted)]
            for attribute in lacking:
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
            _check_same_value(parameter, value)
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
        self.plan().zero_gradients()

    def plan(self) -> Plan:
        """Return where all parameters lie in memory; made again only after something changed."""
        if self._plan is None or not self._plan.is_current():
            self._plan = Plan(self._cores())
        return self._plan

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Move all parameters to other contexts, or none of them.

        Raises:
            NotInitializedError: a parameter was never initialised.
        """
        lifecycle.reset_ctx(self._cores(), as_contexts(ctx))

    def cast(self, dtype: Any) -> None:
        """Change the element type of all parameters."""
        lifecycle.cast(self._cores(), as_dtype(dtype))

    def list_ctx(self) -> list[Context]:
        """Return all contexts that parameters are on, each once."""
        return list(dict.fromkeys(ctx for core in self._cores() for ctx in core.contexts()))

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
        return explain(self._cores())

    # -- files ----------------------------------------------------------------------------------------------

    def save(self, filename: Any, strip_prefix: str = "") -> None:
        """Save the values to a ``.params`` file; replicas that differ are averaged.

        Args:
            filename: a path.
            strip_prefix: left out of the names.

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
            arrays[name[len(strip_prefix) :]] = lifecycle.value_of(parameter.core)
        save_file(filename, arrays)

    def load(
        self,
        filename: Any,
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Load values from a ``.params`` file; see ``load_dict``."""
        self.load_dict(
            named_arrays(filename),
            ctx,
            allow_missing,
            ignore_extra,
            restore_prefix,
            f"file {filename}",
            cast_dtype,
            dtype_source,
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
    ) -> None:
        """Load values from a dictionary. Everything is checked before anything is changed.

        Args:
            param_dict: arrays by name; a leading ``arg:`` or ``aux:`` is dropped.
            ctx: where to put parameters that are not initialised yet; ``cpu(0)`` if None.
            allow_missing: accept parameters that are not in it.
            ignore_extra: accept names that no parameter has.
            restore_prefix: put in front of the names.
            filename: how messages call the source.
            cast_dtype: accept other dtypes.
            dtype_source: what counts then, ``"current"`` (the parameter's) or ``"saved"``.

        Raises:
            UnknownNameError: a name is missing, or too many.
            ShapeMismatchError: a shape contradicts the parameter's.
            ParameterMismatchError: a dtype differs and ``cast_dtype`` is False.
        """
        source = filename or "the dictionary"
        arrays = {
            restore_prefix + key.removeprefix("arg:").removeprefix("aux:"): value
            for key, value in param_dict.items()
        }
        for name in self._params:
            if not name.startswith(restore_prefix):
                raise ArgumentError(
                    f"Parameter {name!r}",
                    "cannot be restored with this prefix",
                    expected=f"a name that begins with restore_prefix {restore_prefix!r}",
                )
        missing = [name for name in self._params if name not in arrays]
        extra = [name for name in arrays if name not in self._params]
        _report_names(source, missing, extra, allow_missing=allow_missing, ignore_extra=ignore_extra)
        lifecycle.load(
            [(self._params[name].core, arrays[name]) for name in self._params if name in arrays],
            None if ctx is None else as_contexts(ctx),
            cast_dtype=cast_dtype,
            dtype_source=dtype_source,
        )

    # -- copies ---------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        # The plan is about memory, and a copy of a parameter has memory of its own.
        copied = {"_params": dict(self._params), "_paths": dict(self._paths), "_plan": None}
        return {**self.__dict__, **copied}


def named_arrays(filename: Any) -> dict[str, Any]:
    """Return the arrays of a ``.params`` file by their names. A file without arrays has no names either.

    Raises:
        ArgumentError: the arrays have no names.
    """
    arrays = load_file(filename) or {}
    if not isinstance(arrays, dict):
        raise ArgumentError(
            f"File {filename}", "holds arrays without names", expected="arrays saved with names"
        )
    return arrays


def _report_names(
    source: str, missing: list[str], extra: list[str], *, allow_missing: bool, ignore_extra: bool
) -> None:
    if missing and not allow_missing:
        close = difflib.get_close_matches(missing[0], extra, 1)
        raise UnknownNameError(
            f"Parameter {missing[0]!r}",
            f"is missing in {source}" + (f", and {len(missing) - 1} more" if missing[1:] else ""),
            fix="Set allow_missing=True to leave such parameters as they are."
            + (f" It has {close[0]!r}." if close else ""),
        )
    if extra and not ignore_extra:
        raise UnknownNameError(
            f"Array {extra[0]!r}",
            f"in {source} belongs to no parameter" + (f", nor do {len(extra) - 1} more" if extra[1:] else ""),
            fix="Set ignore_extra=True to pass over such arrays.",
        )


def _resolved(init: Any) -> Any:
    if init is None:
        return initializer.Uniform()
    return initializer.create(init) if isinstance(init, (str, dict)) else init


def _lacks(parameter: Parameter, attribute: str, wanted: Any) -> bool:
    """Tell whether an existing parameter does not know yet what is asked for.

    Raises:
        ParameterMismatchError: it has something else.
    """
    if wanted is None or attribute in ("allow_deferred_init", "differentiable", "stype", "grad_stype"):
        return False
    has = getattr(parameter, attribute, None)
    if attribute == "shape":
        try:
            return merge_shapes(parameter.core.shape, from_mxnet(wanted), owner="") != parameter.core.shape
        except ShapeMismatchError as error:
            raise _mismatch(parameter, attribute, wanted, has) from error
    if attribute == "dtype":
        agrees = as_dtype(wanted) == parameter.core.dtype
    else:
        agrees = has is None or has == wanted
    if not agrees:
        raise _mismatch(parameter, attribute, wanted, has)
    return has is None


def _mismatch(parameter: Parameter, attribute: str, wanted: Any, has: Any) -> ParameterMismatchError:
    return ParameterMismatchError(
        f"Parameter {parameter.name!r}",
        f"exists already, with another {attribute}",
        expected=f"{attribute}={wanted}",
        received=f"{attribute}={has}",
    )


def _check_same_value(constant: Constant, value: Any) -> None:
    other = value if isinstance(value, NDArray) else from_data(value, constant.value.context, "float32")
    if not np.array_equal(constant.value.asnumpy(), other.asnumpy(), equal_nan=True):
        raise ParameterMismatchError(
            f"Constant {constant.name!r}",
            "exists already, with another value",
            expected=np.array2string(other.asnumpy(), threshold=8),
            received=np.array2string(constant.value.asnumpy(), threshold=8),
        )
