"""tools/bench: one cheap case runs and writes its figures."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tools.loading import ROOT


def run(*arguments):
    command = [sys.executable, "tools/bench/run.py", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_case_is_timed_against_a_floor_of_the_same_run(tmp_path):
    done = run(
        "trainer_sgd_1x64000_1ctx", "zero_grad_1x64000", "--seconds", 0.01, "--json", tmp_path / "out.json"
    )
    assert done.returncode == 0, done.stderr
    about = json.loads((tmp_path / "out.json").read_text())
    assert about["about"]["context"] == "cpu(0)"
    assert [row["case"] for row in about["rows"]] == ["trainer_sgd_1x64000_1ctx", "zero_grad_1x64000"]
    for row in about["rows"]:
        assert 0 < row["p10_s"] <= row["median_s"] <= row["p90_s"]
        assert row["floor_s"] > 0
        assert row["case"] in done.stdout
    assert "GEMM" in done.stdout


def test_an_unknown_case_is_an_error_that_lists_the_known_ones():
    done = run("tariner")
    assert done.returncode == 2
    assert "no such case; there are small_operator" in done.stderr


@pytest.mark.slow
def test_every_case_can_be_set_up():
    """Setting up is cheap; what it returns runs, and states what it is timed for."""
    program = (
        "import sys; sys.path.insert(0, 'tools/bench')\n"
        "import cases, gluonish as mx\n"
        "for name, setup in cases.CASES.items():\n"
        "    case = setup(mx.cpu(0))\n"
        "    assert case.per >= 1 and case.unit and case.bytes >= 0 and case.flops >= 0, name\n"
        "    name == 'import' or case.run()\n"
        "print(len(cases.CASES))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 20
