"""Fully connected layers, embeddings, and layers without parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gluonish import nd, sym
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.gluon.block import Block
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.nn.activations import Activation
from gluonish.gluon.nn.arguments import as_count, check_number

__all__ = ["Dense", "Dropout", "Embedding", "Flatten", "HybridLambda", "Lambda"]


class Dense(HybridBlock):
    """A fully connected layer, ``activation(x W^T + b)``.

    Input (N, ...), flattened to (N, in_units); output (N, units). With ``flatten=False``, input
    (..., in_units) and output (..., units).

    Args:
        units: the number of outputs.
        activation: the name of an activation (see ``Activation``), or None.
        use_bias: whether there is a bias.
        flatten: whether all axes but the first are taken together.
        dtype: element type of the parameters.
        weight_initializer: of the weight, (units, in_units); the global one if None.
        bias_initializer: of the bias, (units,).
        in_units: the number of inputs; found in the first forward pass if 0.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: ``units`` or ``in_units`` is no possible number.
    """

    settled_by = {"weight": "in_units"}  # noqa: RUF012

    def __init__(
        self,
        units: int,
        activation: str | None = None,
        use_bias: bool = True,
        flatten: bool = True,
        dtype: Any = "float32",
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_units: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        units = as_count("Dense", "units", units, 1)
        in_units = as_count("Dense", "in_units", in_units, 0)
        self._units = units
        self._flatten = flatten
        with self.name_scope():
            self.weight = self.params.get(
                "weight",
                shape=(units, in_units),
                init=weight_initializer,
                dtype=dtype,
                allow_deferred_init=True,
            )
            self.bias = (
                self.params.get(
                    "bias", shape=(units,), init=bias_initializer, dtype=dtype, allow_deferred_init=True
                )
                if use_bias
                else None
            )
            self.act = None if activation is None else Activation(activation, prefix=f"{activation}_")

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """Multiply, add, activate."""
        out = F.FullyConnected(
            x,
            weight,
            bias,
            no_bias=bias is None,
            num_hidden=self._units,
            flatten=self._flatten,
            name="fwd",
        )
        return out if self.act is None else self.act(out)

    def __repr__(self) -> str:
        units, in_units = self.weight.shape or (self._units, 0)
        act = "linear" if self.act is None else repr(self.act)
        return f"{type(self).__name__}({in_units or None} -> {units}, {act})"


class Dropout(HybridBlock):
    """Sets a random part of its input to 0 while training, and scales the rest so that the mean stays.

    Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting (2014).

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
        check_number("Dropout", "rate", rate, 0, 1)
        self._rate = rate
        self._axes = axes

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Drop."""
        if self._rate == 0:
            return F.identity(x)
        return F.Dropout(x, p=self._rate, axes=self._axes, name="fwd")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p = {self._rate}, axes={self._axes})"


class Embedding(HybridBlock):
    """Turns indices into rows of a table.

    Input of any shape with indices below ``input_dim``; output has one more axis, of ``output_dim``.

    Args:
        input_dim: the number of rows.
        output_dim: their length.
        dtype: element type of the table.
        weight_initializer: of the table, (input_dim, output_dim); the global one if None.
        sparse_grad: whether the gradient holds only the rows that were used.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        dtype: Any = "float32",
        weight_initializer: Any = None,
        sparse_grad: bool = False,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        input_dim = as_count("Embedding", "input_dim", input_dim, 1)
        output_dim = as_count("Embedding", "output_dim", output_dim, 1)
        self._kwargs = {
            "input_dim": input_dim,
            "output_dim": output_dim,
            "dtype": dtype,
            "sparse_grad": sparse_grad,
        }
        with self.name_scope():
            self.weight = self.params.get(
                "weight",
                shape=(input_dim, output_dim),
                init=weight_initializer,
                dtype=dtype,
                allow_deferred_init=True,
                grad_stype="row_sparse" if sparse_grad else "default",
            )

    def hybrid_forward(self, F: Any, x: Any, weight: Any) -> Any:
        """Look the rows up."""
        return F.Embedding(x, weight, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        return "{0}({input_dim} -> {output_dim}, {dtype})".format(type(self).__name__, **self._kwargs)


class Flatten(HybridBlock):
    """Takes all axes but the first together: (N, ...) to (N, product of the rest)."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Flatten."""
        return F.Flatten(x)

    def __repr__(self) -> str:
        return type(self).__name__


class Lambda(Block):
    """A block made of a function.

    Args:
        function: a function of arrays, or the name of one in ``mx.nd``.
        prefix: as of Block.

    Raises:
        ArgumentError: ``mx.nd`` has no function of that name.
        ArgumentTypeError: neither a function nor a name.
    """

    def __init__(self, function: str | Callable[..., Any], prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        _check_function("Lambda", function, nd)
        self._function = function

    def forward(self, *args: Any) -> Any:
        """Call the function."""
        return _function_in(nd, self._function)(*args)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_name_of(self._function)})"


class HybridLambda(HybridBlock):
    """A hybrid block made of a function.

    Args:
        function: a function ``f(F, x, ...)``, or the name of one in ``mx.nd`` and ``mx.sym``.
        prefix: as of Block.

    Raises:
        ArgumentError: there is no function of that name.
        ArgumentTypeError: neither a function nor a name.
    """

    def __init__(self, function: str | Callable[..., Any], prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        _check_function("HybridLambda", function, nd, sym)
        self._function = function

    def hybrid_forward(self, F: Any, x: Any, *args: Any) -> Any:
        """Call the function."""
        if isinstance(self._function, str):
            return _function_in(F, self._function)(x, *args)
        return self._function(F, x, *args)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_name_of(self._function)})"


def _check_function(layer: str, function: Any, *namespaces: Any) -> None:
    """Refuse what is neither a function nor the name of one in these namespaces."""
    if isinstance(function, str):
        for namespace in namespaces:
            if not callable(getattr(namespace, function, None)):
                where = namespace.__name__.replace("gluonish", "mx")
                raise ArgumentError(layer, f"finds no function {function!r} in {where}")
    elif not callable(function):
        raise ArgumentTypeError(
            layer,
            "cannot be made of this",
            expected="a function or its name",
            received=type(function).__name__,
        )


def _function_in(namespace: Any, function: str | Callable[..., Any]) -> Callable[..., Any]:
    """Return a function, found by its name when it is needed: a block that holds the name can be pickled."""
    return getattr(namespace, function) if isinstance(function, str) else function


def _name_of(function: str | Callable[..., Any]) -> str:
    return function if isinstance(function, str) else getattr(function, "__name__", repr(function))
