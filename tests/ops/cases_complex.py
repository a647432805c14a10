"""Cases of the operators that make complex numbers and take them apart, on real numbers.

On complex ones they are checked, like all others that take them, in ``test_complex``.
"""

import numpy as np

from ops.cases import Arr, Case

AWAY_FROM_ZERO = Arr(values=[[0.7, -1.2, 2.0], [-0.4, 1.1, -0.9]])


def is_complex_of(parts):
    assert parts.dtype.kind == "c"
    assert parts.shape == (2, 3)


CASES = [
    Case("_np_astype", [Arr()], {"dtype": "float64"}, expect=lambda a: a * 1.0, dtypes=("float32",)),
    Case("_np_astype", [AWAY_FROM_ZERO], {"dtype": "int32"}, expect=np.trunc, wrt=(), note="to integers"),
    Case("_np_complex", [Arr((2, 3)), Arr((3,))], check=is_complex_of, wrt=(), dtypes=("float32",)),
    Case("_np_real", [Arr()], expect=lambda a: a.real * 1.0),
    Case("_np_imag", [Arr()], expect=lambda a: a.imag * 1.0),
    Case("_np_conj", [Arr()], expect=lambda a: a.real - 1j * a.imag if a.dtype.kind == "c" else a * 1.0),
    Case("_np_modulus", [AWAY_FROM_ZERO], expect=lambda a: np.hypot(a.real, a.imag)),
    Case("_np_direction", [AWAY_FROM_ZERO], expect=lambda a: a / np.hypot(a.real, a.imag)),
    Case("_np_angle", [AWAY_FROM_ZERO], expect=np.angle),
]
