"""Time what users of the library do: ``python tools/bench/run.py [case ...] [--json FILE] [--gpu]``.

Every case is a plain Gluon program. Printed are the median of its repetitions, their spread, and the floor:
what the case would cost if it ran at the memory bandwidth or the GEMM rate measured in the same run. Times of
different runs are not comparable on a shared machine; ratios within one run are.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import gluonish as mx

sys.path.insert(0, str(Path(__file__).resolve().parent))

import cases

LEAST = 7
"""How often each case is repeated, however short the time for it."""


def measure(run: Callable[[], object], synchronize: Callable[[], object], duration: float) -> list[float]:
    """Return the seconds of each repetition, after three that are not counted."""
    for _ in range(3):
        run()
    synchronize()
    seconds: list[float] = []
    end = time.perf_counter() + duration
    while len(seconds) < LEAST or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        synchronize()
        seconds.append(time.perf_counter() - start)
    return seconds


class Floors:
    """What the machine can do at this moment, on one context."""

    def __init__(self, ctx: mx.Context, duration: float) -> None:
        def median(run: Callable[[], object]) -> float:
            return statistics.median(measure(run, mx.nd.waitall, duration))

        small = mx.nd.ones((16,), ctx=ctx)._raw  # noqa: SLF001  a call of the array library alone is the floor
        big = mx.nd.ones((1 << 24,), ctx=ctx)
        matrix = mx.nd.ones((1024, 1024), ctx=ctx)
        copied = mx.nd.zeros((1 << 24,), ctx=ctx)
        with ctx:
            self.call = median(lambda: [small * 2.0 for _ in range(100)]) / 100
            copying = median(lambda: big.copyto(copied))
            multiplying = median(lambda: mx.nd.dot(matrix, matrix))
        self.bytes_per_second = 2 * 4 * (1 << 24) / copying
        self.flops_per_second = 2 * 1024**3 / multiplying

    def __str__(self) -> str:
        return (
            f"one array operation on 16 floats {self.call * 1e6:.2f} us, "
            f"memory {self.bytes_per_second / 1e9:.1f} GB/s, "
            f"GEMM {self.flops_per_second / 1e9:.0f} GFLOP/s"
        )

    def seconds(self, case: cases.Case) -> float | None:
        """Return the least time that a case can take, or None where no floor is stated."""
        if not case.bytes and not case.flops:
            return None
        return max(case.bytes / self.bytes_per_second, case.flops / self.flops_per_second)


def run_case(name: str, ctx: mx.Context, floors: Floors, duration: float) -> dict[str, Any]:
    """Measure one case and print its row."""
    with ctx:
        case = cases.CASES[name](ctx)
        seconds = measure(case.run, mx.nd.waitall, duration)
    low, high = np.percentile(seconds, [10, 90])
    median = statistics.median(seconds) / case.per
    floor = floors.seconds(case)
    ratio = f"{median / (floor / case.per):7.1f}x" if floor else "       -"
    shown = f"{floor / case.per * 1e6:11.1f}" if floor else "          -"
    print(
        f"{name:34} {median * 1e6:11.1f} {low / case.per * 1e6:11.1f} {high / case.per * 1e6:11.1f} "
        f"{shown} {ratio}  {case.unit}",
        flush=True,
    )
    return {
        "case": name,
        "median_s": median,
        "p10_s": low / case.per,
        "p90_s": high / case.per,
        "floor_s": floor,
    }


def main() -> int:
    """Run the cases."""
    parser = argparse.ArgumentParser(description="Time gluonish.")
    parser.add_argument("case", nargs="*", help="names, or beginnings of names; all if none is given")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each case is repeated (1)")
    parser.add_argument("--gpu", action="store_true", help="run on gpu(0) instead of cpu(0)")
    arguments = parser.parse_args()
    names = [n for n in cases.CASES if not arguments.case or n.startswith(tuple(arguments.case))]
    if not names:
        parser.error(f"no such case; there are {', '.join(cases.CASES)}")
    ctx = mx.gpu(0) if arguments.gpu else mx.cpu(0)
    floors = Floors(ctx, arguments.seconds)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, NumPy {np.__version__}, {ctx}"
    )
    print(floors)
    print(f"{'case':34} {'median us':>11} {'p10':>11} {'p90':>11} {'floor':>11} {'ratio':>8}  of")
    rows = [run_case(name, ctx, floors, arguments.seconds) for name in names]
    if arguments.json:
        about = {"machine": platform.machine(), "python": platform.python_version(), "context": str(ctx)}
        arguments.json.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
