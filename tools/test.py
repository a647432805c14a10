"""Run every check of the project, stopping at the first kind that fails.

``python tools/test.py [pytest arguments]`` makes the environment if needed, then runs ruff, mypy, the
import-direction check, the check of generated files, and pytest with every docstring and every snippet of the
documentation. Arguments go to pytest: ``-m "not slow"``, ``-k trainer``, a path.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from environment import ROOT, ensure


def commands(pytest_arguments: list[str]) -> dict[str, list[str]]:
    """Return the checks by name, in the order in which they run."""
    python = [sys.executable]
    workers = [] if any(a.startswith(("-n", "-p")) for a in pytest_arguments) else ["-n", "auto"]
    return {
        "format": [*python, "-m", "ruff", "format", "--check", "."],
        "lint": [*python, "-m", "ruff", "check", "."],
        "types": [*python, "-m", "mypy"],
        "imports": [*python, "tools/layers.py"],
        "stubs": [*python, "tools/stubs.py", "--check"],
        "reference": [*python, "tools/reference.py", "--check"],
        "tests": [*python, "-m", "pytest", *workers, *pytest_arguments],
    }


def main() -> int:
    """Run the checks and return the exit status of the first that fails."""
    ensure("test")
    # One thread per worker: the workers share the cores already.
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **os.environ}
    for name, command in commands(sys.argv[1:]).items():
        print(f"== {name}", flush=True)
        start = time.monotonic()
        status = subprocess.call(command, cwd=ROOT, env=environment)  # noqa: S603
        print(f"== {name}: {'passed' if status == 0 else 'FAILED'} in {time.monotonic() - start:.0f} s")
        if status:
            return status
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
