"""Cases of dropout."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

ONES = Arr((60, 50), values=np.ones((60, 50)))


def _share(p, axis=None):
    """Check that about a share p of independent elements are 0, and the others scaled."""

    def check(output):
        values = np.asarray(output, "float64")
        if axis is not None:
            assert (values == values.take([0], axis)).all()
            values = values.take(0, axis)
        kept = values[values != 0]
        np.testing.assert_allclose(kept, 1 / (1 - p), rtol=1e-2)
        # Five standard deviations of a binomial distribution.
        assert abs(kept.size / values.size - (1 - p)) < 5 * np.sqrt(p * (1 - p) / values.size)

    return check


CASES = [
    Case("Dropout", [ONES], check=_share(0.5), wrt=(), note="half"),
    Case("Dropout", [ONES], {"p": 0.2}, check=_share(0.2), wrt=()),
    Case("Dropout", [ONES], {"p": 0.4, "axes": (0,)}, check=_share(0.4, 0), wrt=()),
    Case("Dropout", [ONES], {"p": 0.4, "axes": (-1,)}, check=_share(0.4, 1), wrt=()),
    Case("Dropout", [ONES], {"mode": "always"}, check=_share(0.5), wrt=(), training=False),
    Case("Dropout", [Arr()], {"p": 0.7}, expect=lambda x: x, training=False, note="prediction"),
    Case("Dropout", [Arr()], {"p": 0.0}, expect=lambda x: x),
    Case("Dropout", [Arr()], {"p": 1.0}, expect=np.zeros_like),
]
