"""``mx.nd``: functions on arrays.

Most of them are generated from the operator table: an operator ``softmax`` becomes ``nd.softmax``, an
operator ``_linalg_gemm2`` becomes ``nd.linalg.gemm2``. The stub beside this file is written from the same
table by ``tools/stubs.py``.

Written by hand:

``creation``  making arrays; ``sharing``: over memory of others
``functions`` arithmetic of arrays and numbers, and conveniences
``contrib``   ``mx.nd.contrib``; its loops are in ``control_flow``, its updates in ``updates``
``random``    ``mx.nd.random``, from ``sampling``
``sparse``    ``mx.nd.sparse``, from ``sparse_arrays``
``ndarray``   all of this and the class of arrays, where MXNet has them; ``utils``: files
``families``  how arrays find those of ``mx.np``
"""

from __future__ import annotations

from functools import cache as _cache

from gluonish import ops as _ops
from gluonish.engine.invoke import make_function as _make_function
from gluonish.engine.later import import_later as _import_later
from gluonish.engine.namespace import populate as _populate
from gluonish.engine.ndarray import NDArray
from gluonish.nd import contrib, families, ndarray, random, sparse, utils
from gluonish.nd.creation import (
    arange,
    array,
    concatenate,
    empty,
    eye,
    full,
    linspace,
    ones,
    waitall,
    zeros,
)
from gluonish.nd.functions import (
    add,
    divide,
    equal,
    greater,
    greater_equal,
    histogram,
    hypot,
    lesser,
    lesser_equal,
    logical_and,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    modulo,
    moveaxis,
    multiply,
    not_equal,
    onehot_encode,
    power,
    split_v2,
    subtract,
    true_divide,
)
from gluonish.nd.sharing import from_dlpack, from_numpy, to_dlpack_for_read, to_dlpack_for_write
from gluonish.operator.functions import Custom
from gluonish.serialization import load, load_frombuffer, save

_LATER = {
    "np": "gluonish.numpy",
    "npx": "gluonish.numpy_extension",
    "numpy": "gluonish.numpy",
    "numpy_extension": "gluonish.numpy_extension",
}

__getattr__ = _import_later(globals(), _LATER)

_function_of = _cache(_make_function)  # aliases are one function
_populate(globals(), lambda op, _: _function_of(op))
