"""Tables of vectors."""

from __future__ import annotations

from typing import Any

from gluonish.autograd import pause
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.nn import functional as F
from gluonish.nn import init
from gluonish.nn.layers.common import Layer, new_parameter
from gluonish.nn.parameter import Parameter
from gluonish.tensors import Tensor

__all__ = ["Embedding", "EmbeddingBag"]


class Embedding(Layer):
    """Returns the rows of a table at indices.

    Args:
        num_embeddings: the number of rows.
        embedding_dim: their size.
        padding_idx: an index whose row is 0 at first and gets no gradient.
        max_norm: rows that are used and have a larger norm are scaled down to it, in place.
        norm_type: the order of that norm.
        scale_grad_by_freq: divide the gradient of each row by how often it is used in a batch.
        sparse: accepted; gradients are dense.
        _weight: a tensor for the table.
        _freeze: whether the table is not trained.
        device: as of Linear.
        dtype: as of Linear.

    Attributes:
        weight: (num_embeddings, embedding_dim), drawn from the standard normal distribution.

    Raises:
        ArgumentError: there is no row for the padding.
        ShapeMismatchError: the tensor given has another shape.

    Example:
        >>> from gluonish import Tensor, nn
        >>> nn.Embedding(10, 3)(Tensor([[1, 2, 4], [4, 3, 9]])).shape
        (2, 3, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ArgumentError(
                    "Embedding",
                    "has no row for its padding",
                    expected=f"an index below {num_embeddings}",
                    received=padding_idx,
                )
            padding_idx %= num_embeddings
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        shape = (num_embeddings, embedding_dim)
        if _weight is None:
            self.weight = new_parameter(shape, device, dtype)
            self.reset_parameters()
        else:
            self.weight = Parameter(_weight, device=device, dtype=dtype)
            if self.weight.shape != shape:
                raise ShapeMismatchError(
                    "Embedding", "got a table of another shape", expected=shape, received=self.weight.shape
                )
        if _freeze:
            self.weight.requires_grad_(False)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """Return a layer with a given table.

        Args:
            embeddings: the table, (num_embeddings, embedding_dim); it is copied.
            freeze: whether it is not trained.
            padding_idx: as of the constructor.
            max_norm: as of the constructor.
            norm_type: as of the constructor.
            scale_grad_by_freq: as of the constructor.
            sparse: as of the constructor.
        """
        table = embeddings if isinstance(embeddings, Tensor) else Tensor(embeddings)
        options = (padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
        rows, size = table.shape
        return cls(rows, size, *options, _weight=table, _freeze=freeze)

    def reset_parameters(self) -> None:
        """Draw the table anew; the row of the padding is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with pause():
                values = self.weight.list_data()[0].asnumpy()
                values[self.padding_idx] = 0
                self.weight.set_data(values)

    def forward(self, input: Any) -> Tensor:
        """Look up."""
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        """Return the arguments, as far as they are not the defaults."""
        parts = [f"{self.num_embeddings}, {self.embedding_dim}"]
        defaults = {
            "padding_idx": None,
            "max_norm": None,
            "norm_type": 2.0,
            "scale_grad_by_freq": False,
            "sparse": False,
        }
        parts += [
            f"{name}={getattr(self, name)}"
            for name, default in defaults.items()
            if getattr(self, name) != default
        ]
        return ", ".join(parts)


class EmbeddingBag(Embedding):
    """Returns the sum, the mean or the largest elements of the rows of each bag of indices.

    Args:
        num_embeddings: as of Embedding, like what is not told here.
        embedding_dim: the size of the rows.
        max_norm: the largest norm of a row.
        norm_type: the order of that norm.
        scale_grad_by_freq: divide the gradient of each row by how often it is used in a batch.
        mode: "sum", "mean" or "max".
        sparse: accepted; gradients are dense.
        _weight: a tensor for the table.
        include_last_offset: whether the last offset is the end of the last bag.
        padding_idx: an index that is left out of bags, whose row is 0 at first.
        device: as of Linear.
        dtype: as of Linear.

    Example:
        >>> import gluonish as torch
        >>> from gluonish import nn
        >>> bags = nn.EmbeddingBag(10, 3, mode="sum")
        >>> bags(torch.tensor([1, 2, 4, 5]), torch.tensor([0, 3])).shape
        (2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Any = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        options = (padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, _weight)
        super().__init__(num_embeddings, embedding_dim, *options, device=device, dtype=dtype)
        self.mode = mode
        self.include_last_offset = include_last_offset

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, *args: Any, **options: Any
    ) -> EmbeddingBag:
        """Return a layer with a given table, which is copied; other arguments as of the constructor."""
        table = embeddings if isinstance(embeddings, Tensor) else Tensor(embeddings)
        names = ("max_norm", "norm_type", "scale_grad_by_freq", "mode", "sparse", "include_last_offset")
        options.update(zip((*names, "padding_idx"), args, strict=False))
        rows, size = table.shape
        layer = cls(rows, size, _weight=table, **options)
        layer.weight.requires_grad_(not freeze)
        return layer

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Tensor:
        """Look up, and put the rows of each bag together."""
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        """Return the arguments, as far as they are not the defaults, and the mode."""
        rest = [] if self.padding_idx is None else [f"padding_idx={self.padding_idx}"]
        shown = [part for part in super().extra_repr().split(", ") if part not in rest]
        return ", ".join([*shown, f"mode={self.mode!r}", *rest])
