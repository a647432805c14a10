"""The base of optimizers for modules: parameter groups, steps and states."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from gluonish import autograd
from gluonish.errors import ArgumentError, ArgumentTypeError, DuplicateNameError, ParameterMismatchError
from gluonish.gluon.parameter_dict import ParameterDict
from gluonish.optim.memory import GroupMemory
from gluonish.optim.rules import Rule
from gluonish.parameter.face import ParameterFace
from gluonish.tensors import enable_grad

__all__ = ["Optimizer"]


class Optimizer:
    """Updates parameters by their gradients.

    Parameters are those of modules or of Gluon's blocks, on one device or several: gradients of all replicas
    are added. Parameters without a gradient are left out. ``lr_mult`` and ``wd_mult`` of parameters are
    factors on the rates of their group. The state follows parameters that are cast or moved, and parameters
    that wait for their shapes join in when they have one.

    Args:
        params: parameters; or dictionaries, each a group, with ``params`` and settings of its own; or what
            ``collect_params()`` or ``named_parameters()`` returned.
        defaults: the settings of groups that do not have their own.

    Attributes:
        param_groups: the groups, dictionaries with ``params`` and settings, which may be changed.
        defaults: as given.

    Raises:
        ArgumentError: there are no parameters.
        ArgumentTypeError: something is no parameter.
        DuplicateNameError: a parameter is in two groups, or twice in one.
    """

    rule: ClassVar[type[Rule]]
    """The formula."""

    def __init__(self, params: Any, defaults: Mapping[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.param_groups: list[dict[str, Any]] = []
        self._memories: list[GroupMemory] = []
        groups = _as_groups(params)
        if not groups:
            raise ArgumentError(
                f"optim.{type(self).__name__}", "got no parameters", expected="at least one parameter"
            )
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add parameters with settings of their own.

        Args:
            param_group: ``params``, one or several, and settings that differ from the defaults.

        Raises:
            ArgumentTypeError, DuplicateNameError: as of the constructor.
        """
        if not isinstance(param_group, Mapping):
            raise ArgumentTypeError("A parameter group", "is no dictionary", received=type(param_group))
        group = {**self.defaults, **param_group, "params": _as_parameters(param_group["params"])}
        self._check_settings(group)
        cores = [parameter.core for parameter in group["params"]]
        taken = {core for memory in self._memories for core in memory.cores}
        twice = [core for i, core in enumerate(cores) if core in taken or core in cores[:i]]
        if twice:
            raise DuplicateNameError(
                twice[0].label, "is given to the optimizer twice", expected="every parameter once"
            )
        self.param_groups.append(group)
        self._memories.append(GroupMemory(self.rule(group), cores))

    def _check_settings(self, group: Mapping[str, Any]) -> None:
        """Refuse settings that make no sense."""
        for name in ("lr", "weight_decay", "eps", "momentum", "alpha", "lr_decay"):
            if name in group and not float(group[name]) >= 0:
                raise ArgumentError(
                    f"optim.{type(self).__name__}",
                    f"cannot work with this {name}",
                    expected="a number of at least 0",
                    received=group[name],
                )
        if any(not 0 <= beta < 1 for beta in group.get("betas", ())):
            raise ArgumentError(
                f"optim.{type(self).__name__}",
                "cannot work with these betas",
                expected="numbers of at least 0 and below 1",
                received=group["betas"],
            )

    def _each(self) -> list[tuple[GroupMemory, Any]]:
        """Return all parameters in order, each with the memory of its group."""
        return [
            (memory, parameter)
            for memory, group in zip(self._memories, self.param_groups, strict=True)
            for parameter in group["params"]
        ]

    # -- steps ------------------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters.

        Args:
            closure: computes the loss and its gradients anew, and returns the loss.

        Returns:
            What the closure returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with autograd.pause():
            for memory in self._memories:
                memory.step()
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients.

        Args:
            set_to_none: False fills them with 0 instead; parameters are then updated with that.
        """
        for memory in self._memories:
            memory.zero_grad(leave_zeros=not set_to_none)

    # -- states -----------------------------------------------------------------------------------------

    @property
    def state(self) -> dict[Any, dict[str, Any]]:
        """What is kept, by parameter: the number of steps and tensors over the live memory."""
        return {p: entry for memory, p in self._each() if (entry := memory.kept(p.core))}

    def state_dict(self) -> dict[str, Any]:
        """Return copies of what is kept, by the numbers of parameters, and the settings of groups.

        Example:
            >>> from gluonish import nn, optim
            >>> optim.SGD([nn.Parameter([1.0])], lr=0.5).state_dict()["param_groups"][0]["params"]
            [0]
        """
        kept, groups, number = {}, [], 0
        for memory, group in zip(self._memories, self.param_groups, strict=True):
            numbers = []
            for parameter in group["params"]:
                entry = memory.kept(parameter.core)
                if entry:
                    kept[number] = {name: _copied(value) for name, value in entry.items()}
                numbers.append(number)
                number += 1
            groups.append({**copy.copy(group), "params": numbers})
        return {"state": kept, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what ``state_dict`` returned, here or in PyTorch for the same optimizer.

        Raises:
            ParameterMismatchError: it belongs to other groups, or to parameters of other shapes. Nothing is
                changed then.
            DeferredInitializationError: a parameter waits for its shape.
        """
        groups = state_dict["param_groups"]
        sizes = [len(group["params"]) for group in groups]
        own = [len(group["params"]) for group in self.param_groups]
        if sizes != own:
            raise ParameterMismatchError(
                f"The state for optim.{type(self).__name__}",
                "belongs to other parameter groups",
                expected=f"groups of {own} parameters",
                received=f"groups of {sizes}",
            )
        numbers = [number for group in groups for number in group["params"]]
        entries = [
            (memory, parameter.core, state_dict["state"][number])
            for (memory, parameter), number in zip(self._each(), numbers, strict=True)
            if number in state_dict["state"]
        ]
        for memory, core, entry in entries:
            core.ready()
            problem = memory.shape_problem(core, entry)
            if problem:
                raise ParameterMismatchError(core.label, f"cannot take over its state: {problem}")
        for group, saved in zip(self.param_groups, groups, strict=True):
            group.update({name: value for name, value in saved.items() if name != "params"})
        for memory, core, entry in entries:
            memory.restore(core, entry)

    def __repr__(self) -> str:
        lines = []
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([f"{type(self).__name__} (", *lines, ")"])


def _copied(value: Any) -> Any:
    return value if isinstance(value, int) else value.detach().copy()


def _as_groups(params: Any) -> list[Mapping[str, Any]]:
    """Return the groups that an optimizer is given."""
    if isinstance(params, (ParameterFace, ParameterDict)) or not isinstance(params, Iterable):
        return [{"params": params}]
    listed = list(params.values()) if isinstance(params, Mapping) else list(params)
    if listed and all(isinstance(each, Mapping) and "params" in each for each in listed):
        return listed
    return [{"params": listed}] if listed else []


def _as_parameters(params: Any) -> list[ParameterFace]:
    """Return parameters as a list: given as one, several, by name, or in pairs with names."""
    if isinstance(params, ParameterFace):
        params = [params]
    elif isinstance(params, (ParameterDict, Mapping)):
        params = params.values()
    elif not isinstance(params, Iterable):
        params = [params]
    found = [each[1] if isinstance(each, tuple) and len(each) == 2 else each for each in params]  # noqa: PLR2004
    for each in found:
        if not isinstance(each, ParameterFace):
            raise ArgumentTypeError(
                "An optimizer",
                "updates parameters",
                expected="an nn.Parameter or a gluon.Parameter",
                received=type(each).__name__,
            )
    return found
