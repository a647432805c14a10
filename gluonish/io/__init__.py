"""``mx.io``: iterators over batches, for ``Module`` and whoever wants named data with a known shape.

``io`` has what all of them share; the other modules have the iterators over arrays, over files, and those
that change another iterator.
"""

from __future__ import annotations

from gluonish.io import io, utils
from gluonish.io.files import CSVIter, LibSVMIter, MNISTIter, MXDataIter
from gluonish.io.io import DataBatch, DataDesc, DataIter
from gluonish.io.ndarray_iter import NDArrayIter
from gluonish.io.wrappers import PrefetchingIter, ResizeIter

__all__ = [
    "CSVIter",
    "DataBatch",
    "DataDesc",
    "DataIter",
    "LibSVMIter",
    "MNISTIter",
    "MXDataIter",
    "NDArrayIter",
    "PrefetchingIter",
    "ResizeIter",
    "io",
    "utils",
]
