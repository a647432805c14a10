"""Cases of the casts of mixed precision."""

from __future__ import annotations

from ops.cases import Arr, Case

HALF = Arr((2, 3), dtype="float16", fixed=True)
SINGLE = Arr((3,), dtype="float32", fixed=True)
WHOLE = Arr((4,), 0, 9, dtype="int32")

# Finite differences need double precision, which these leave alone; tests/nd/test_answers.py has gradients.
CASES = [
    Case("amp_cast", [SINGLE], {"dtype": "float16"}, expect=lambda x: x.astype("float16"), wrt=()),
    Case("amp_cast", [Arr()], {"dtype": "float16"}, expect=lambda x: x, dtypes=(), note="wide"),
    Case("amp_cast", [WHOLE], {"dtype": "float16"}, expect=lambda x: x, wrt=()),
    Case(
        "amp_multicast",
        [HALF, SINGLE, WHOLE],
        {"num_outputs": 3},
        expect=lambda a, b, c: (a, b, c),
        wrt=(),
    ),
    Case(
        "amp_multicast",
        [HALF, SINGLE],
        {"num_outputs": 2, "cast_narrow": True},
        expect=lambda a, b: (a, b.astype("float16")),
        wrt=(),
    ),
    Case("amp_multicast", [Arr((2,)), Arr((3,))], {"num_outputs": 2}, expect=lambda a, b: (a, b), dtypes=()),
    Case("amp_multicast", [Arr((2,))], {"num_outputs": 1}, expect=lambda a: a, dtypes=()),
]
