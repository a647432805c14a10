"""What all cells share: parameters, states, and unrolling over a sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gluonish import nd, sym
from gluonish.errors import ArgumentError
from gluonish.symbol import Symbol

__all__ = ["BaseRNNCell", "RNNParams", "activated", "as_sequence"]


class RNNParams:
    """Variables that cells share, by name.

    Args:
        prefix: what their names begin with.

    Example:
        >>> params = RNNParams("encoder_")
        >>> params.get("i2h_weight").name
        'encoder_i2h_weight'
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._params: dict[str, Symbol] = {}

    def get(self, name: str, **kwargs: Any) -> Symbol:
        """Return the variable of a name, which is made at the first call.

        Args:
            name: the name without the prefix.
            **kwargs: arguments of ``sym.var``, for the first call.
        """
        name = self._prefix + name
        if name not in self._params:
            self._params[name] = sym.var(name, **kwargs)
        return self._params[name]


class BaseRNNCell:
    """A cell: one step of a recurrent network, as symbols.

    A subclass states ``__call__`` and ``state_info``, and ``_gate_names`` if its weights are those of several
    gates.

    Args:
        prefix: what the names of its variables and outputs begin with.
        params: the variables, if they are shared with another cell.
    """

    def __init__(self, prefix: str = "", params: RNNParams | None = None) -> None:
        self._own_params = params is None
        self._prefix = prefix
        self._params = RNNParams(prefix) if params is None else params
        self._modified = False
        self.reset()

    def reset(self) -> None:
        """Count steps and states from the beginning: the next step begins another sequence."""
        self._init_counter = -1
        self._counter = -1

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """Make one step.

        Args:
            inputs: the input, of shape (batch, size).
            states: the states before it.

        Returns:
            The output, and the states after it.
        """
        raise NotImplementedError

    @property
    def params(self) -> RNNParams:
        """The variables."""
        self._own_params = False
        return self._params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Shape and layout of every state; 0 is the batch size, which is not known."""
        raise NotImplementedError

    @property
    def state_shape(self) -> list[tuple[int, ...]]:
        """The shape of every state."""
        return [each["shape"] for each in self.state_info]

    @property
    def _gate_names(self) -> Sequence[str]:
        """The ends of the names of gates, in the order in which weights hold them."""
        return ()

    def begin_state(self, func: Any = sym.zeros, **kwargs: Any) -> list[Any]:
        """Return states to begin with.

        Args:
            func: what makes them: ``sym.zeros``, ``sym.ones``, or ``sym.var`` for states that are fed.
            **kwargs: further arguments of ``func``.

        Raises:
            ArgumentError: the cell is inside of another one, which is to be asked.
        """
        if self._modified:
            raise ArgumentError(
                f"{type(self).__name__} {self._prefix!r}",
                "is inside of a modifier cell",
                fix="Call begin_state() of the modifier cell.",
            )
        states = []
        for info in self.state_info:
            self._init_counter += 1
            states.append(func(name=f"{self._prefix}begin_state_{self._init_counter}", **{**info, **kwargs}))
        return states

    # -- weights ------------------------------------------------------------------------------------------

    def unpack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters with the weights of every gate apart.

        Args:
            args: arrays by name, those of other cells among them.

        Example:
            >>> import gluonish as mx
            >>> cell = mx.rnn.GRUCell(1, prefix="g_")
            >>> names = ("g_i2h_weight", "g_h2h_weight", "g_i2h_bias", "g_h2h_bias")
            >>> arrays = {name: mx.nd.zeros((3, 1) if "weight" in name else 3) for name in names}
            >>> sorted(cell.unpack_weights(arrays))[:3]
            ['g_h2h_o_bias', 'g_h2h_o_weight', 'g_h2h_r_bias']
        """
        found = dict(args)
        if not self._gate_names:
            return found
        for kind in ("i2h", "h2h"):
            for end in ("weight", "bias"):
                parts = nd.split(
                    found.pop(f"{self._prefix}{kind}_{end}"), num_outputs=len(self._gate_names), axis=0
                )
                for gate, part in zip(
                    self._gate_names, parts if isinstance(parts, list) else [parts], strict=True
                ):
                    found[f"{self._prefix}{kind}{gate}_{end}"] = part.copy()
        return found

    def pack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters with the weights of all gates together: the reverse of ``unpack_weights``."""
        found = dict(args)
        if not self._gate_names:
            return found
        for kind in ("i2h", "h2h"):
            for end in ("weight", "bias"):
                parts = [found.pop(f"{self._prefix}{kind}{gate}_{end}") for gate in self._gate_names]
                found[f"{self._prefix}{kind}_{end}"] = nd.concat(*parts, dim=0)
        return found

    # -- sequences ----------------------------------------------------------------------------------------

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """Make a step for each element of a sequence.

        Args:
            length: the number of steps.
            inputs: a symbol of the whole sequence, or a list with one for each step.
            begin_state: the states before the first step; ``begin_state()`` if None.
            layout: the axes of a whole sequence: ``"NTC"`` or ``"TNC"``.
            merge_outputs: whether the outputs are put together to one symbol; None for what comes naturally.

        Returns:
            The outputs, and the states after the last step.

        Raises:
            ArgumentError: not as many inputs as steps.
        """
        self.reset()
        steps, _ = as_sequence(length, inputs, layout, merge=False)
        states = self.begin_state() if begin_state is None else begin_state
        outputs = []
        for each in steps:
            output, states = self(each, states)
            outputs.append(output)
        return as_sequence(length, outputs, layout, merge=merge_outputs)[0], states


def activated(inputs: Symbol, activation: Any, **kwargs: Any) -> Symbol:
    """Return an activation of a symbol, given by its name or as a function."""
    if isinstance(activation, str):
        kind: Any = activation
        return sym.Activation(inputs, act_type=kind, **kwargs)
    return activation(inputs, **kwargs)


def as_sequence(
    length: int, inputs: Any, layout: str, *, merge: bool | None, in_layout: str | None = None
) -> tuple[Any, int]:
    """Return a sequence as one symbol or as a list, and the number of its axis of time.

    Args:
        length: the number of steps.
        inputs: one symbol, or a list with one for each step.
        layout: the axes that are wanted.
        merge: True for one symbol, False for a list, None for what it is.
        in_layout: the axes that one symbol has; None if they are those wanted.

    Raises:
        ArgumentError: several symbols in one, or not as many as steps.
    """
    axis = layout.find("T")
    if isinstance(inputs, Symbol):
        if merge is False:
            if len(inputs.list_outputs()) != 1:
                raise ArgumentError(
                    "unroll()",
                    "does not take a group of symbols",
                    fix="Pass list(inputs), with one for each step.",
                )
            source = (in_layout or layout).find("T")
            return list(sym.split(inputs, axis=source, num_outputs=length, squeeze_axis=True)), axis
        source = axis if in_layout is None else in_layout.find("T")
        return (inputs if source == axis else sym.swapaxes(inputs, dim1=axis, dim2=source)), axis
    if len(inputs) != length:
        raise ArgumentError(
            "unroll()", "needs an input for every step", expected=length, received=len(inputs)
        )
    if not merge:
        return list(inputs), axis
    return sym.concat(*[sym.expand_dims(each, axis=axis) for each in inputs], dim=axis), axis
