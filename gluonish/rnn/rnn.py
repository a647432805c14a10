"""Checkpoints with the weights of every gate apart, and unrolling under its old name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gluonish import sym
from gluonish.model import load_checkpoint, save_checkpoint
from gluonish.rnn.rnn_cell import BaseRNNCell

__all__ = ["do_rnn_checkpoint", "load_rnn_checkpoint", "rnn_unroll", "save_rnn_checkpoint"]


def rnn_unroll(
    cell: BaseRNNCell,
    length: int,
    inputs: Any = None,
    begin_state: Any = None,
    input_prefix: str = "",
    layout: str = "NTC",
) -> tuple[Any, list[Any]]:
    """Unroll a cell, by default over variables ``t0_data``, ``t1_data`` ...; see ``BaseRNNCell.unroll``."""
    if inputs is None:
        inputs = [sym.var(f"{input_prefix}t{i}_data") for i in range(length)]
    return cell.unroll(length, inputs, begin_state=begin_state, layout=layout)


def save_rnn_checkpoint(
    cells: Any,
    prefix: str,
    epoch: int,
    symbol: Any,
    arg_params: Mapping[str, Any],
    aux_params: Mapping[str, Any],
) -> None:
    """Write a checkpoint with the weights of every gate apart; see ``mx.model.save_checkpoint``.

    Args:
        cells: a cell, or several.
        prefix: what the names of the files begin with.
        epoch: the number of the epoch.
        symbol: the symbol.
        arg_params: the arguments, by name.
        aux_params: the states, by name.
    """
    for cell in _cells(cells):
        arg_params = cell.unpack_weights(arg_params)
    save_checkpoint(prefix, epoch, symbol, arg_params, aux_params)


def load_rnn_checkpoint(cells: Any, prefix: str, epoch: int) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Read what ``save_rnn_checkpoint`` has written; see ``mx.model.load_checkpoint``."""
    symbol, arguments, states = load_checkpoint(prefix, epoch)
    for cell in _cells(cells):
        arguments = cell.pack_weights(arguments)
    return symbol, arguments, states


def do_rnn_checkpoint(cells: Any, prefix: str, period: int = 1) -> Callable[..., None]:
    """Return a function that saves such a checkpoint every ``period`` epochs."""
    every = max(1, int(period))

    def callback(iter_no: int, sym: Any = None, arg: Any = None, aux: Any = None) -> None:
        if (iter_no + 1) % every == 0:
            save_rnn_checkpoint(cells, prefix, iter_no + 1, sym, arg, aux)

    return callback


def _cells(given: Any) -> list[BaseRNNCell]:
    return [given] if isinstance(given, BaseRNNCell) else list(given)
