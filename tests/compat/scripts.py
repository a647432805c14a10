"""Running command lines in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def gluonish_command(*arguments, cwd):
    """Run ``python -m gluonish`` in a folder; return what it did."""
    return subprocess.run(
        [sys.executable, "-m", "gluonish", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
