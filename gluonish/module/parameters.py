"""The parameters of a module: first values, given values, and what the contexts hold."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from gluonish import nd
from gluonish.context import cpu
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.initializer import InitDesc
from gluonish.module.base_module import BaseModule
from gluonish.module.steps import UNIFORM

__all__ = ["ModuleWithParameters"]


class ModuleWithParameters(BaseModule):
    """A module whose parameters are in executors, with a copy in host memory."""

    _exec_group: Any
    _arg_params: dict[str, NDArray] | None
    _aux_params: dict[str, NDArray] | None
    _params_dirty: bool

    def init_params(
        self,
        initializer: Any = UNIFORM,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Give the parameters values; see ``BaseModule.init_params``. Extra values are passed over.

        Raises:
            ArgumentError: it is not bound; or a parameter has neither a value nor, by ``allow_missing``, an
                initializer. Nothing is changed then.
            ShapeMismatchError: a value is shaped otherwise. Nothing is changed then.
        """
        if self.params_initialized and not force_init:
            warnings.warn(
                "Parameters already initialized and force_init=False. init_params call ignored.", stacklevel=2
            )
            return
        self._require("init_params()")
        del allow_extra
        attributes, group = self._symbol.attr_dict(), self._exec_group
        found: list[dict[str, NDArray]] = []
        for names, arrays, values in (
            (group.param_names, group.param_arrays, arg_params),
            (group.aux_names, group.aux_arrays, aux_params),
        ):
            own = {}
            for name, replicas in zip(names, arrays, strict=True):
                value = (values or {}).get(name)
                array = nd.zeros(replicas[0].shape, ctx=cpu(), dtype=replicas[0].dtype)
                if value is not None:
                    _check_shape(name, array, value)
                    array.write(value)
                elif values is not None and allow_missing and initializer is None:
                    array.write(replicas[0])
                elif initializer is None or (values is not None and not allow_missing):
                    raise _missing(name)
                else:
                    initializer(InitDesc(name, attributes.get(name)), array)
                own[name] = array if replicas[0].stype == "default" else array.tostype(replicas[0].stype)
            found.append(own)
        self._arg_params, self._aux_params = found
        self.params_initialized = True
        self._params_dirty = False
        group.set_params(self._arg_params, self._aux_params)

    def set_params(
        self,
        arg_params: Mapping[str, NDArray] | None,
        aux_params: Mapping[str, NDArray] | None,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set parameters.

        Args:
            arg_params: values of arguments, by name.
            aux_params: values of states, by name.
            allow_missing: leave what is not given as it is.
            force_init: do it even if there are values already.
            allow_extra: accept values of names that do not exist.

        Raises:
            ArgumentError: a value is missing.
            UnknownNameError: a name does not exist.
            ShapeMismatchError: a value is shaped otherwise.
        """
        if not allow_missing:
            self.init_params(None, arg_params, aux_params, allow_missing, force_init, allow_extra)
            return
        if self.params_initialized and not force_init:
            warnings.warn(
                "Parameters already initialized and force_init=False. set_params call ignored.", stacklevel=2
            )
            return
        self._require("set_params()")
        self._exec_group.set_params(arg_params or {}, aux_params or {}, allow_extra=allow_extra)
        self._params_dirty = True
        self.params_initialized = True

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return arguments and states by name, in host memory: the mean over contexts.

        The arrays are the same at every call, and change at a call after an update.
        """
        self._require("get_params()", params=True)
        self._sync_params_from_devices()
        assert self._arg_params is not None
        assert self._aux_params is not None
        return self._arg_params, self._aux_params

    def _sync_params_from_devices(self) -> None:
        if not self._params_dirty:
            return
        group = self._exec_group
        self._arg_params, self._aux_params = dict(self._arg_params or {}), dict(self._aux_params or {})
        for names, arrays, kept in (
            (group.param_names, group.param_arrays, self._arg_params),
            (group.aux_names, group.aux_arrays, self._aux_params),
        ):
            for name, replicas in zip(names, arrays, strict=True):
                if name not in kept:
                    kept[name] = nd.zeros(replicas[0].shape, ctx=cpu(), dtype=replicas[0].dtype)
        group.get_params(self._arg_params, self._aux_params)
        self._params_dirty = False


def _check_shape(name: str, array: NDArray, value: NDArray) -> None:
    if value.shape != array.shape:
        raise ShapeMismatchError(
            f"Parameter {name!r}",
            "has another shape than its value",
            expected=array.shape,
            received=value.shape,
        )


def _missing(name: str) -> ArgumentError:
    return ArgumentError(
        f"Parameter {name!r}",
        "is not presented: it has no value among those given",
        fix="Give it one, or pass allow_missing=True and an initializer.",
    )
