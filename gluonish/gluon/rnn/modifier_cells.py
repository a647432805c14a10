"""Cells that change what another cell takes or gives, and dropout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gluonish import nd, sym
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.gluon.nn.arguments import check_number
from gluonish.gluon.parameter_dict import ParameterDict
from gluonish.gluon.rnn.recurrent_cell import HybridRecurrentCell, RecurrentCell
from gluonish.gluon.rnn.steps import Steps

__all__ = ["DropoutCell", "ModifierCell", "RememberingCell", "ResidualCell", "ZoneoutCell"]


class DropoutCell(HybridRecurrentCell):
    """Drops a part of its input while training; it has no states. See ``nn.Dropout``.

    Unrolled over one array, it drops from that as a whole.

    Args:
        rate: the probability of an element to be set to 0.
        axes: axes along which all elements share one fate.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: ``rate`` is no probability.
    """

    def __init__(self, rate: float, axes: Any = (), prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        check_number("DropoutCell", "rate", rate, 0, 1)
        self._rate = rate
        self._axes = axes

    def _alias(self) -> str:
        return "dropout"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(rate={self._rate}, axes={self._axes})"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:  # noqa: ARG002
        """Describe the states: none."""
        return []

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> tuple[Any, Any]:
        """Drop."""
        if self._rate > 0:
            inputs = F.Dropout(inputs, p=self._rate, axes=self._axes, name=self._step_name("fwd"))
        return inputs, states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Drop from all steps; see ``RecurrentCell.unroll``."""
        steps = Steps.of(f"{type(self).__name__} {self.name!r}", inputs, length, layout)
        form = steps.given(merge_outputs)
        if isinstance(form, list):
            return super().unroll(length, form, begin_state, layout, merge_outputs, valid_length)
        self.reset()
        output, states = self.hybrid_forward(steps.F, form, begin_state or [])
        return output, states


class ModifierCell(HybridRecurrentCell):
    """Base of cells that change what another cell takes or gives.

    The other cell's parameters are the modifier's. It must not be called by itself any more.

    Args:
        base_cell: the cell to modify.

    Raises:
        ArgumentError: the cell is modified already; modify its modifier instead.
        ArgumentTypeError: it is no cell.
    """

    def __init__(self, base_cell: Any) -> None:
        if not isinstance(base_cell, RecurrentCell):
            raise ArgumentTypeError(
                type(self).__name__,
                "modifies recurrent cells",
                expected="a RecurrentCell",
                received=type(base_cell).__name__,
            )
        if base_cell._modified:
            raise ArgumentError(
                f"{type(base_cell).__name__} {base_cell.name!r}",
                "is modified already; a cell cannot be modified twice",
                fix="Modify the modifier cell.",
            )
        super().__init__(prefix=base_cell.prefix + self._alias(), params=None)
        base_cell._modified = True
        self.base_cell = base_cell

    @property
    def params(self) -> ParameterDict:
        """The parameters of the cell that is modified."""
        if "base_cell" not in self.__dict__:  # while it is being constructed
            return super().params
        parameters: ParameterDict = self.base_cell.params
        return parameters

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_cell!r})"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Describe the states of the cell that is modified."""
        infos: list[dict[str, Any]] = self.base_cell.state_info(batch_size)
        return infos

    def begin_state(  # type: ignore[override]  # as in MXNet
        self, func: Callable[..., Any] | int | None = None, batch_size: Any = 0, **kwargs: Any
    ) -> list[Any]:
        """Return the first states of the cell that is modified.

        As the first of two positional arguments, MXNet takes the function here and the size of the batch in
        all other cells. Both orders are understood, so that a modifier can stand where a plain cell stood.

        Args:
            func: makes a state; ``nd.zeros`` if None, or ``sym.zeros`` where the batch size is left open.
            batch_size: the number of sequences; 0 leaves it open.
            kwargs: further arguments of ``func``.

        Example:
            >>> import gluonish as mx
            >>> cell = mx.gluon.rnn.ResidualCell(mx.gluon.rnn.GRUCell(2))
            >>> cell.begin_state(mx.nd.ones, batch_size=3)[0].shape, cell.begin_state(3)[0].shape
            ((3, 2), (3, 2))
        """
        if not (func is None or callable(func)):
            func, batch_size = batch_size or None, func
        if func is None:
            func = nd.zeros if batch_size else sym.zeros
        with self._base_unmodified():
            states: list[Any] = self.base_cell.begin_state(batch_size=batch_size, func=func, **kwargs)
            return states

    @contextmanager
    def _base_unmodified(self) -> Iterator[None]:
        """Inside, the cell that is modified may be called as if it were not."""
        self.base_cell._modified = False
        try:
            yield
        finally:
            self.base_cell._modified = True


class RememberingCell(ModifierCell):
    """A modifier that remembers arrays of earlier steps until it is reset.

    A graph remembers nothing, so the modifier is never run as one by itself. Inside a block that is, its
    memory lasts as long as that block's call.

    Args:
        base_cell: the cell to modify.
    """

    def hybridize(self, active: bool = True, *args: Any, **kwargs: Any) -> None:
        """Hybridize the cell that is modified; arguments as of ``HybridBlock.hybridize``."""
        self.base_cell.hybridize(active, *args, **kwargs)


class ZoneoutCell(RememberingCell):
    """Keeps a random part of the states and outputs of the step before, while training.

    Krueger et al., Zoneout: regularizing RNNs by randomly preserving hidden activations (2016).

    Args:
        base_cell: the cell to modify.
        zoneout_outputs: the probability of an output to stay as it was.
        zoneout_states: the probability of a state to stay as it was.

    Raises:
        ArgumentError: a probability that is none; or a cell that cannot be stepped: modify those below it.
    """

    def __init__(self, base_cell: Any, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0) -> None:
        check_steppable("zoneout", "ZoneoutCell", base_cell)
        check_number("ZoneoutCell", "zoneout_outputs", zoneout_outputs, 0, 1)
        check_number("ZoneoutCell", "zoneout_states", zoneout_states, 0, 1)
        super().__init__(base_cell)
        self.zoneout_outputs = zoneout_outputs
        self.zoneout_states = zoneout_states

    def _alias(self) -> str:
        return "zoneout"

    def __repr__(self) -> str:
        probabilities = f"p_out={self.zoneout_outputs}, p_state={self.zoneout_states}"
        return f"{type(self).__name__}({probabilities}, {self.base_cell!r})"

    def reset(self) -> None:
        """Forget the last output too."""
        super().reset()
        self._prev_output = None

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        """Compute one step, and keep part of what was before."""
        output, following = self.base_cell(inputs, states)

        def mixed(p: float, new: Any, old: Any) -> Any:
            """Take the old values where dropout strikes."""
            if not p:
                return new
            changed = F.Dropout(F.ones_like(new), p=p)
            return F.where(changed, new, F.zeros_like(new) if old is None else old)

        output = mixed(self.zoneout_outputs, output, self._prev_output)
        following = [mixed(self.zoneout_states, *pair) for pair in zip(following, states, strict=True)]
        self._prev_output = output
        return output, following


class ResidualCell(ModifierCell):
    """Adds the input to the output, which must be alike.

    Wu et al., Google's neural machine translation system (2016).

    Args:
        base_cell: the cell to modify.
    """

    def _alias(self) -> str:
        return "residualcell"

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        """Compute one step, and add the input."""
        output, states = self.base_cell(inputs, states)
        return F.elemwise_add(output, inputs, name=self._step_name("fwd")), states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Unroll the cell that is modified, and add the input; see ``RecurrentCell.unroll``."""
        self.reset()
        steps = Steps.of(f"{type(self).__name__} {self.name!r}", inputs, length, layout)
        with self._base_unmodified():
            outputs, states = self.base_cell.unroll(
                length,
                inputs,
                begin_state=begin_state,
                layout=layout,
                merge_outputs=merge_outputs,
                valid_length=valid_length,
            )
        added = steps if valid_length is None else steps.masked(valid_length)
        F = steps.F
        if isinstance(outputs, list):
            pairs = zip(outputs, added.as_list(), strict=True)
            return [F.elemwise_add(output, step) for output, step in pairs], states
        return F.elemwise_add(outputs, added.as_array()), states


def check_steppable(what: str, kind: str, base_cell: Any) -> None:
    """Refuse to modify the steps of a cell that has none by itself.

    Raises:
        ArgumentError: it is bidirectional.
    """
    if isinstance(base_cell, RecurrentCell) and not base_cell.can_step:
        raise ArgumentError(
            f"{type(base_cell).__name__} {base_cell.name!r}",
            f"has no {what}: it cannot be stepped",
            fix=f"Put a {kind} around the cells below it.",
        )
