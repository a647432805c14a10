"""``mx.io``: iterators over batches, for ``Module`` and whoever wants named data with a known shape.

``io``           batches, descriptions of arrays, and the protocol
``ndarray_iter`` over arrays in memory
``files``        over files
``wrappers``     over other iterators
``utils``        arrays with names or without
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
