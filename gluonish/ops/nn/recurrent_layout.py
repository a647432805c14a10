"""What the parameter vector of a recurrent network holds, and in which order.

All weights come first, then all biases; each by layer, by direction, and then the input's before the hidden
ones. Within a matrix the rows of the gates lie behind each other: input, forget, new and output gate of an
LSTM; reset, update and new gate of a GRU.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any, Literal, NamedTuple, TypeAlias

import attrs

from gluonish.shape import Shape, shape_size

__all__ = ["GATES", "Mode", "Network", "Weights"]

Mode = Literal["rnn_relu", "rnn_tanh", "lstm", "gru"]

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}
"""How many rows of the weights belong to one hidden unit."""

Place: TypeAlias = tuple[int, int]
"""A layer and a direction in it."""


class Weights(NamedTuple):
    """The parameters of one direction of one layer, or their gradients.

    Attributes:
        i2h_weight: (gates * hidden, inputs).
        h2h_weight: (gates * hidden, width), where the width is that of what is handed on.
        h2r_weight: (width, hidden), where that is a projection of the hidden units; else None.
        i2h_bias: (gates * hidden,).
        h2h_bias: (gates * hidden,).
    """

    i2h_weight: Any
    h2h_weight: Any
    h2r_weight: Any
    i2h_bias: Any
    h2h_bias: Any


WEIGHTS = ("i2h_weight", "h2h_weight", "h2r_weight")
BIASES = ("i2h_bias", "h2h_bias")


@attrs.frozen
class Network:
    """The structure of a recurrent network.

    Attributes:
        mode: the kind of its cells.
        hidden: the number of hidden units of one direction.
        layers: the number of layers.
        directions: 1, or 2 if it reads the sequence from its end too.
        projection: what an LSTM projects its hidden units to; None if it hands on these themselves.
    """

    mode: str
    hidden: int
    layers: int
    directions: int
    projection: int | None

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Network:
        """Read the structure from the parameters of the operator."""
        return cls(
            params["mode"],
            params["state_size"],
            params["num_layers"],
            2 if params["bidirectional"] else 1,
            params["projection_size"],
        )

    @property
    def is_lstm(self) -> bool:
        """Whether there are cell states besides the hidden ones."""
        return self.mode == "lstm"

    @property
    def rows(self) -> int:
        """The rows of the weights: those of all gates."""
        return GATES[self.mode] * self.hidden

    @property
    def width(self) -> int:
        """The size of what one direction hands on to the next step and layer."""
        return self.hidden if self.projection is None else self.projection

    @property
    def places(self) -> list[Place]:
        """All layers and directions, in their order."""
        return list(product(range(self.layers), range(self.directions)))

    def state_of(self, place: Place) -> int:
        """Return which of the states belongs to a layer and direction."""
        layer, direction = place
        return layer * self.directions + direction

    def kept(self, steps: Any, batch: Any) -> dict[str, tuple[Any, ...]]:
        """Return the shapes of what the forward pass keeps for the gradient; (0,) for what it does not."""
        every = (self.layers, self.directions, steps, batch)
        columns = {"rnn_relu": 0, "rnn_tanh": 0, "lstm": 4, "gru": 4}[self.mode] * self.hidden
        return {
            "hiddens": (*every, self.width),
            "gates": (*every, columns) if columns else (0,),
            "cells": (*every, self.hidden) if self.is_lstm else (0,),
            "masks": (self.layers - 1, steps, batch, self.directions * self.width),
        }

    # -- the vector ---------------------------------------------------------------------------------------

    def shapes(self, layer: int, inputs: int) -> dict[str, Shape]:
        """Return the shapes of the parameters of one direction of a layer, for inputs of this size."""
        columns = inputs if layer == 0 else self.directions * self.width
        shapes: dict[str, Shape] = {"i2h_weight": (self.rows, columns), "h2h_weight": (self.rows, self.width)}
        if self.projection is not None:
            shapes["h2r_weight"] = (self.projection, self.hidden)
        return {**shapes, "i2h_bias": (self.rows,), "h2h_bias": (self.rows,)}

    def pieces(self, inputs: int) -> list[tuple[Place, str, Shape]]:
        """Return all pieces of the vector in order: whose, which and of what shape."""
        return [
            (place, name, shapes[name])
            for names in (WEIGHTS, BIASES)
            for place in self.places
            for shapes in [self.shapes(place[0], inputs)]
            for name in names
            if name in shapes
        ]

    def count(self, inputs: int) -> int:
        """Return the length of the vector for inputs of this size."""
        return sum(shape_size(shape) for _, _, shape in self.pieces(inputs))

    def inputs_for(self, count: int) -> int | None:
        """Return the size of the inputs for which the vector has this length; None if there is none."""
        size, rest = divmod(count - self.count(0), self.directions * self.rows)
        return size if size > 0 and not rest else None

    def cut(self, vector: Any, inputs: int) -> dict[Place, Weights]:
        """Return the parameters of each layer and direction."""
        found: dict[Place, dict[str, Any]] = {place: {"h2r_weight": None} for place in self.places}
        begin = 0
        for place, name, shape in self.pieces(inputs):
            end = begin + shape_size(shape)
            found[place][name] = vector[begin:end].reshape(shape)
            begin = end
        return {place: Weights(**named) for place, named in found.items()}

    def join(self, F: Any, pieces: Mapping[Place, Weights], inputs: int) -> Any:
        """Return the vector made of the parameters of each layer and direction: the inverse of ``cut``."""
        flat = [
            F._reshape_to(getattr(pieces[place], name), shape=(shape_size(shape),))
            for place, name, shape in self.pieces(inputs)
        ]
        return F.Concat(*flat, dim=0)
