"""GPUs, as programs for torch ask for them."""

from __future__ import annotations

from gluonish.context import num_gpus

__all__ = ["device_count", "is_available"]


def device_count() -> int:
    """Return the number of GPUs that hold arrays here."""
    return num_gpus()


def is_available() -> bool:
    """Tell whether there is a GPU.

    Example:
        >>> import gluonish as torch
        >>> device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    """
    return num_gpus() > 0
