"""``mx.npx``: what ``mx.np`` needs for neural networks and NumPy does not have.

Most functions are classic operators under names in NumPy's style: ``npx.fully_connected`` is
``nd.FullyConnected``. With arrays of ``mx.np`` they return such arrays.

``operators`` those functions, by ``tables``
``functions`` the ones written by hand
``random``    draws that NumPy does not have
``files``     files of arrays
"""

# ruff: noqa: F403  the functions made from the operator table

from __future__ import annotations

from gluonish.context import Context, cpu, cpu_pinned, current_context, gpu
from gluonish.engine.backend import num_gpus
from gluonish.nd.creation import waitall
from gluonish.numpy_extension import random
from gluonish.numpy_extension.files import load, save
from gluonish.numpy_extension.functions import nonzero, reshape
from gluonish.numpy_extension.operators import *
from gluonish.util import is_np_array, is_np_shape, reset_np, set_np
