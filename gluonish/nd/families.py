"""How arrays find the class of ``mx.np``'s arrays, which is loaded when one is first made."""

from __future__ import annotations

from gluonish.engine.ndarray import FAMILIES, NDArray

__all__: list[str] = []


def _numpy() -> type[NDArray]:
    from gluonish.numpy.multiarray import ndarray  # noqa: PLC0415  loaded late, to keep the import of gluonish fast

    return ndarray


FAMILIES.numpy = _numpy
