"""``mx.test_utils``: helpers that MXNet programs and their tests import.

``compare``      asserting that arrays are almost equal
``generate``     random arrays, shapes and matrices
``environment``  contexts, environment variables, exceptions, attempts
``symbols``      what symbols compute, and their gradients
``consistency``  the same computation in several ways
``sparse``       random sparse arrays
``statistics``   random generators
``data``         data in files
``evaluation``   a symbol with arrays

``from mxnet.test_utils import *`` brings a few modules too, as it always did: ``mx``, ``np``, ``rnd`` ...
For tests of your own operators and blocks see also ``gluonish.testing``.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import json
import logging
import numbers
import os
import platform
import struct
import sys
import time
import traceback
import zipfile
from collections import OrderedDict
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.random as rnd
import numpy.testing as npt

from gluonish.context import Context, current_context
from gluonish.nd import array
from gluonish.runtime import Features
from gluonish.symbol import Symbol
from gluonish.test_utils.compare import (
    almost_equal,
    almost_equal_ignore_nan,
    assert_allclose,
    assert_almost_equal,
    assert_almost_equal_ignore_nan,
    assert_almost_equal_with_err,
    checkShapes,
    compare_ndarray_tuple,
    default_atols,
    default_numeric_eps,
    default_rtols,
    effective_dtype,
    find_max_violation,
    get_atol,
    get_etol,
    get_rtol,
    get_tolerance,
    get_tols,
    locationError,
    same,
    same_array,
)
from gluonish.test_utils.compare import find_max_violation as _find_max_violation
from gluonish.test_utils.consistency import (
    check_consistency,
    check_gluon_hybridize_consistency,
    compare_optimizer,
)
from gluonish.test_utils.data import DummyIter, download, get_mnist
from gluonish.test_utils.environment import (
    EnvManager,
    assert_exception,
    default_context,
    default_dtype,
    discard_stderr,
    environment,
    has_tvm_ops,
    is_aarch64_run,
    is_cd_run,
    is_op_runnable,
    list_gpus,
    retry,
    set_default_context,
    set_env_var,
)
from gluonish.test_utils.generate import (
    assign_each,
    assign_each2,
    collapse_sum_like,
    create_2d_tensor,
    create_vector,
    get_identity_mat,
    get_identity_mat_batch,
    new_matrix_with_real_eigvals_2d,
    new_matrix_with_real_eigvals_nd,
    new_orthonormal_matrix_2d,
    new_sym_matrix_with_real_eigvals_2d,
    new_sym_matrix_with_real_eigvals_nd,
    np_reduce,
    rand_coord_2d,
    rand_shape_2d,
    rand_shape_3d,
    rand_shape_nd,
    random_arrays,
    random_sample,
    random_uniform_arrays,
)
from gluonish.test_utils.sparse import (
    create_sparse_array,
    create_sparse_array_zd,
    rand_ndarray,
    rand_sparse_ndarray,
    shuffle_csr_column_indices,
)
from gluonish.test_utils.statistics import (
    chi_square_check,
    gen_buckets_probs_with_ppf,
    mean_check,
    var_check,
    verify_generator,
)
from gluonish.test_utils.symbols import (
    _parse_aux_states,
    _parse_location,
    check_numeric_gradient,
    check_speed,
    check_symbolic_backward,
    check_symbolic_forward,
    numeric_grad,
    same_symbol_structure,
    simple_forward,
)
from gluonish.util import get_cuda_compute_capability, getenv, setenv, use_np

mx: Any = sys.modules["gluonish"]
"""What ``mx`` is to a program that imports everything from here."""

__all__ = [name for name in globals() if not name.startswith("_") and name not in ("annotations", "Any")]
