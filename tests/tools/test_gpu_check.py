"""tools/gpu_check.py: it writes its report whatever fails, and says why there is no GPU."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tools.loading import ROOT, tool

import gluonish as mx

gpu_check = tool("gpu_check")
Outcome = gpu_check.Outcome

JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest">
<testcase classname="tests.a" name="test_good"/>
<testcase classname="tests.a" name="test_bad">
<failure message="AssertionError: 1 != 2&#10;more">text</failure>
</testcase>
<testcase classname="tests.b" name="test_broken"><error message="failed on setup">text</error></testcase>
<testcase classname="tests.b" name="test_left_out"><skipped message="needs two GPUs."/></testcase>
<testcase classname="tests.b" name="test_left_out_too"><skipped message="needs two GPUs."/></testcase>
</testsuite></testsuites>
"""


@pytest.fixture
def check(tmp_path):
    return gpu_check.Check(
        out=tmp_path, tests=[], cases=[], seconds=0.01, epochs=1, timeout=60.0, missing=None
    )


def run_main(monkeypatch, tmp_path, parts, *arguments):
    """Run the program with other parts, and return its status and its report."""
    monkeypatch.setattr(gpu_check, "PARTS", parts)
    monkeypatch.setattr(sys, "argv", ["gpu_check.py", "--out", str(tmp_path / "out"), *arguments])
    status = gpu_check.main()
    return status, (tmp_path / "out" / "report.md").read_text()


# -- the whole program --------------------------------------------------------------------------------------


@pytest.mark.skipif(mx.num_gpus() > 0, reason="says what happens without a GPU")
@pytest.mark.slow
def test_without_a_gpu_every_part_says_why_and_the_report_is_there(tmp_path):
    command = [sys.executable, "tools/gpu_check.py", "--out", str(tmp_path)]
    small = ["--tests", "tests/test_random.py", "--cases", "zero_grad_1x64000", "--seconds", "0.01"]
    done = subprocess.run([*command, *small], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    report = (tmp_path / "report.md").read_text()
    reason = "Context gpu(0) cannot hold arrays here"
    assert f"| versions | **not passed** | no GPU: {reason}" in report
    assert f"| examples | **not passed** | not run: {reason}" in report
    assert f"| memory | **not passed** | not run: {reason}" in report
    assert "0 passed, 0 failed, 6 skipped" in report
    assert f"skipped 6 times: {reason}" in report
    assert "| zero_grad_1x64000 | " in report
    assert f"| python | {sys.version.split()[0]} |" in report
    assert (tmp_path / "tests.xml").exists()
    assert (tmp_path / "speed_cpu.json").exists()


def test_a_part_that_fails_does_not_lose_the_rest(monkeypatch, tmp_path):
    def breaks(check):
        raise ZeroDivisionError("in this part")

    parts = {
        "first": lambda check: Outcome(passed=True, summary="fine"),
        "second": breaks,
        "third": lambda check: Outcome(passed=True, summary="fine | too", details="all of it"),
    }
    status, report = run_main(monkeypatch, tmp_path, parts)
    assert status == 1
    assert "| first | passed | fine |" in report
    assert "| second | **not passed** | ZeroDivisionError: in this part |" in report
    assert "| third | passed | fine / too |" in report
    assert "Traceback" in report
    assert "all of it" in report


def test_the_status_is_0_only_if_every_part_passed(monkeypatch, tmp_path):
    good = {"a": lambda check: Outcome(True, ""), "b": lambda check: Outcome(True, "")}
    assert run_main(monkeypatch, tmp_path, good)[0] == 0
    assert run_main(monkeypatch, tmp_path, {**good, "c": lambda check: Outcome(False, "")})[0] == 1


def test_the_report_grows_with_every_part(monkeypatch, tmp_path):
    seen = []
    parts = {
        "first": lambda check: Outcome(True, "fine"),
        "second": lambda check: seen.append((check.out / "report.md").read_text()) or Outcome(True, ""),
    }
    run_main(monkeypatch, tmp_path, parts)
    assert "| first | passed | fine |" in seen[0]


def test_the_arguments_reach_the_parts(monkeypatch, tmp_path):
    seen = []
    parts = {"only": lambda check: seen.append(check) or Outcome(True, "")}
    arguments = ["--tests", "a", "b", "--cases", "c", "--seconds", "0.5", "--epochs", "2", "--timeout", "9"]
    run_main(monkeypatch, tmp_path, parts, *arguments)
    (check,) = seen
    assert (check.tests, check.cases) == (["a", "b"], ["c"])
    assert (check.seconds, check.epochs, check.timeout) == (0.5, 2, 9.0)
    assert check.missing is not None


# -- the parts ----------------------------------------------------------------------------------------------


def test_the_output_of_a_process_is_kept_with_its_status(check):
    status, text = check.run(
        ["-c", "print('out'); import sys; print('err', file=sys.stderr); sys.exit(3)"], "log"
    )
    assert status == 3
    assert sorted(text.split()) == ["err", "out"]
    assert (check.out / "log").read_text() == text


def test_a_process_that_takes_too_long_is_stopped(check):
    check.timeout = 1.0
    status, text = check.run(
        ["-c", "print('begun', flush=True); import threading; threading.Event().wait()"], "log"
    )
    assert status == -1
    assert "stopped after 1 seconds" in text
    assert "begun" in text


def test_the_projects_package_is_importable_without_being_installed(check):
    status, text = check.run(["-c", "import gluonish; print(gluonish.__file__)"], "log")
    assert status == 0
    assert text.strip().startswith(str(ROOT))


def test_failed_and_skipped_tests_are_counted_and_named(tmp_path):
    (tmp_path / "tests.xml").write_text(JUNIT)
    counts, failed, reasons = gpu_check.read_junit(tmp_path / "tests.xml")
    assert counts == {"passed": 1, "failed": 2, "skipped": 2}
    assert failed == [
        ("tests.a::test_bad", "AssertionError: 1 != 2"),
        ("tests.b::test_broken", "failed on setup"),
    ]
    assert reasons == {"needs two GPUs": 2}


def test_without_pytest_the_part_says_so(check, monkeypatch):
    monkeypatch.setattr(gpu_check.importlib.util, "find_spec", lambda name: None)
    outcome = gpu_check.tests(check)
    assert (outcome.passed, outcome.summary) == (False, "not run: pytest is not installed")


def test_tests_that_cannot_be_collected_are_not_passed(check, tmp_path):
    check.tests = [str(tmp_path / "there_is_no_such_file.py")]
    outcome = gpu_check.tests(check)
    assert not outcome.passed


def test_passing_tests_pass(check, tmp_path):
    (tmp_path / "test_it.py").write_text("import pytest\n@pytest.mark.gpu\ndef test_it():\n    pass\n")
    check.tests = [str(tmp_path / "test_it.py")]
    outcome = gpu_check.tests(check)
    assert (outcome.passed, outcome.summary) == (True, "1 passed, 0 failed, 0 skipped")


def test_medians_stand_side_by_side():
    text = gpu_check.speed_table({"a": 4e-6, "b": 1e-6}, {"a": 2e-6, "c": 3e-6})
    assert text.splitlines()[2:] == [
        "| a | 4.0 | 2.0 | 2.00 |",
        "| b | 1.0 | - | - |",
        "| c | - | 3.0 | - |",
    ]


def test_a_benchmark_that_fails_is_not_passed_and_shows_its_output(check):
    check.cases = ["tariner"]
    outcome = gpu_check.speed(check)
    assert not outcome.passed
    assert "the run on the cpu ended with status 2" in outcome.summary
    assert "no such case" in outcome.details


def answering(outputs):
    """Return a stand-in for running processes: the output and status by the end of the log's name."""

    def run(self, command, log):
        return next(answer for part, answer in outputs.items() if part in log)

    return run


@pytest.mark.parametrize(
    ("digits", "passed"),
    [
        ((0, "epoch 1: loss 1.0\ntest accuracy 0.9806\n"), True),
        ((0, "test accuracy 0.4000\n"), False),
        ((1, "Traceback\nCudaError\n"), False),
    ],
)
def test_the_example_has_to_reach_its_accuracy(check, monkeypatch, digits, passed):
    outputs = {"digits": digits, "fashion": (1, "MissingFileError: there are no such files")}
    monkeypatch.setattr(gpu_check.Check, "run", answering(outputs))
    outcome = gpu_check.examples(check)
    assert outcome.passed is passed
    assert "fashion: its data are not here" in outcome.summary


@pytest.mark.parametrize(("used", "passed"), [([512, 512, 512], True), ([512, 1024, 4096], False)])
def test_memory_must_not_grow(check, monkeypatch, used, passed):
    monkeypatch.setattr(gpu_check.Check, "run", answering({"memory": (0, f"in use\n{json.dumps(used)}\n")}))
    assert gpu_check.memory(check).passed is passed


def test_a_look_for_devices_that_dies_is_the_reason_for_the_rest(check, monkeypatch):
    monkeypatch.setattr(gpu_check.Check, "run", answering({"versions": (-11, "Fatal Python error")}))
    assert not gpu_check.versions(check).passed
    assert check.missing == "looking for one ended with status -11"
    assert gpu_check.memory(check).summary == "not run: looking for one ended with status -11"


def test_the_example_runs_where_it_is_told_to(monkeypatch, capsys):
    """What the part runs on gpu(0), on another processor context."""
    monkeypatch.setattr(mx, "gpu", lambda: mx.cpu(5))
    monkeypatch.setattr(sys, "path", list(sys.path))
    gpu_check.train_digits_on_gpu(epochs=1)
    assert "test accuracy 0." in capsys.readouterr().out
