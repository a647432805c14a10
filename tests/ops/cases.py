"""One or more cases per operator: inputs, parameters, and what NumPy says the result is.

The cases are the table that every contract over operators runs on: values, dtypes, shape inference, first
and second gradients, CPU against GPU, the benchmark. ``expect`` is written in float64 NumPy, independently
of the kernel, and gets the inputs as arrays. An operator without a case fails a test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np


@attrs.frozen
class Arr:
    """How an input is drawn.

    Attributes:
        shape: its shape.
        low: bounds of the uniform distribution. Gradients are checked at such points, so choose a range
            in which the function is smooth.
        high: likewise.
        dtype: of the input in the float64 run; integer inputs keep theirs in all runs.
        values: fixed values instead of drawn ones.
        fixed: whether it keeps its dtype in all runs; integer inputs always do.
    """

    shape: tuple[int, ...] = (2, 3)
    low: float = -1.5
    high: float = 1.5
    dtype: str = "float64"
    values: Any = None
    fixed: bool = False

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        if self.values is not None:
            return np.asarray(self.values, self.dtype)
        if np.dtype(self.dtype).kind == "f":
            return rng.uniform(self.low, self.high, self.shape).astype(self.dtype)
        return rng.integers(int(self.low), int(self.high), self.shape).astype(self.dtype)

    @property
    def is_float(self) -> bool:
        return np.dtype(self.dtype).kind == "f"


@attrs.frozen
class Case:
    """One call of an operator.

    Attributes:
        op: the operator's canonical name.
        inputs: how its inputs are drawn.
        params: its parameters.
        expect: the result in NumPy: an array, or a tuple of the visible outputs. None where the result is
            random (then ``check`` is given).
        left: for operators that write inputs: what these hold afterwards, as a tuple in their order.
        check: for random operators: receives the outputs and raises if they are wrong.
        wrt: which inputs to differentiate by; all float inputs if None; () where there is no gradient.
        order: up to which order gradients are checked.
        dtypes: float dtypes to run in besides float64.
        training: whether it runs in training mode.
        data_dependent: whether the shape of the result depends on the content of the inputs.
        note: what the case is about, where that is not plain.
    """

    op: str
    inputs: Sequence[Arr] = (Arr(),)
    params: dict[str, Any] = attrs.field(factory=dict)
    expect: Callable[..., Any] | None = None
    left: Callable[..., tuple[Any, ...]] | None = None
    check: Callable[..., None] | None = None
    wrt: tuple[int, ...] | None = None
    order: int = 2
    dtypes: tuple[str, ...] = ("float32", "float16")
    training: bool = True
    data_dependent: bool = False
    note: str = ""

    def __str__(self) -> str:
        shapes = ",".join("x".join(map(str, arr.shape)) for arr in self.inputs)
        params = ",".join(f"{k}={v}" for k, v in self.params.items())
        return f"{self.op}({shapes};{params}){self.note and ':' + self.note}"
