"""Check gluonish on a GPU, and write one report: ``python tools/gpu_check.py --out DIR``.

It installs nothing and runs with whatever this Python can import. The parts are: versions and devices; the
tests marked ``gpu``; speed, with the processor's rows beside the GPU's; the examples on ``gpu(0)``; and what
stays in CuPy's memory pool after training. Each part is a process of its own, so that one that fails does not
lose the rest. Everything is in ``DIR/report.md``, raw output beside it. The exit status is 0 if every part
passed; without CuPy or a GPU the report says why, and the status is 1.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import traceback
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("numpy", "scipy", "ml_dtypes", "cupy", "pytest", "hypothesis", "gluonish")
REACHED = "test accuracy "
LEAST_ACCURACY = 0.97
SHOWN = 25
"""Failed tests that the report names; all of them are in the raw output."""


@dataclasses.dataclass
class Outcome:
    """What came of one part.

    Attributes:
        passed: whether all is well.
        summary: one line.
        details: Markdown for its section.
    """

    passed: bool
    summary: str
    details: str = ""


@dataclasses.dataclass
class Check:
    """One run of this program.

    Attributes:
        out: where the report goes.
        tests: what pytest is given; all tests if nothing.
        cases: what the benchmark is given, likewise.
        seconds: how long each case is repeated.
        epochs: how long the examples train.
        timeout: seconds that one process may take.
        missing: why there is no GPU to check; None if there is one.
    """

    out: Path
    tests: list[str]
    cases: list[str]
    seconds: float
    epochs: int
    timeout: float
    missing: str | None = "the part that looks for one did not run"

    def run(self, command: list[str], log: str) -> tuple[int, str]:
        """Run Python with some arguments in the project's folder, keep its output, and return both."""
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        try:
            done = subprocess.run(  # noqa: S603  it is our own interpreter
                [sys.executable, *command],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=self.timeout,
                check=False,
            )
            status, text = done.returncode, done.stdout
        except subprocess.TimeoutExpired as error:
            seen = error.stdout.decode(errors="replace") if isinstance(error.stdout, bytes) else ""
            status, text = -1, f"{seen}\nstopped after {self.timeout:g} seconds\n"
        (self.out / log).write_text(text, encoding="utf-8")
        return status, text

    def child(self, name: str) -> tuple[int, str]:
        """Run one of this program's own functions in a process of its own."""
        return self.run([__file__, "--out", str(self.out), "--child", name], f"{name}.txt")


def fenced(text: str, lines: int = 40) -> str:
    """Return the end of a text as a Markdown block."""
    return "```\n" + "\n".join(text.rstrip().splitlines()[-lines:]) + "\n```\n"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]) + "\n"


# -- versions -----------------------------------------------------------------------------------------------


def print_versions() -> None:
    """Print as JSON what is installed, which devices there are, and why none can be used."""
    about = {"python": sys.version.split()[0], "platform": sys.platform}
    about.update({name: version_of(name) for name in PACKAGES})
    try:
        from gluonish.engine.backend import gpu_unavailable_reason  # noqa: PLC0415  it may be missing

        missing = gpu_unavailable_reason()
        if missing is None:
            about.update(device_facts())
    except Exception as error:  # noqa: BLE001  likewise
        missing = f"{type(error).__name__}: {error}"
    print(json.dumps({"about": about, "missing": missing}))


def version_of(name: str) -> str:
    """Return the version of a package, or why it has none."""
    try:
        return str(importlib.import_module(name).__version__)
    except Exception as error:  # noqa: BLE001  a broken package is a finding
        return f"cannot be imported: {error}"


def device_facts() -> dict[str, str]:
    """Return what CUDA says about itself and its devices."""
    import cupy  # noqa: PLC0415  only there with a GPU

    runtime = cupy.cuda.runtime
    facts = {"CUDA runtime": str(runtime.runtimeGetVersion()), "CUDA driver": str(runtime.driverGetVersion())}
    for number in range(runtime.getDeviceCount()):
        with cupy.cuda.Device(number) as device:
            name = runtime.getDeviceProperties(number)["name"].decode()
            free, total = device.mem_info
            facts[f"gpu({number})"] = (
                f"{name}, compute capability {device.compute_capability}, "
                f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB free"
            )
    return facts


def versions(check: Check) -> Outcome:
    """What is installed, and the devices."""
    status, text = check.child("versions")
    if status:
        check.missing = f"looking for one ended with status {status}"
        return Outcome(passed=False, summary=check.missing, details=fenced(text))
    found = json.loads(text.splitlines()[-1])
    check.missing = found["missing"]
    details = table(
        ["what", "version"], [[key, value.replace("\n", " ")] for key, value in found["about"].items()]
    )
    if shutil.which("nvidia-smi"):
        shown = subprocess.run(["nvidia-smi"], capture_output=True, text=True, check=False)  # noqa: S607
        details += "\n" + fenced(shown.stdout + shown.stderr)
    if check.missing is not None:
        return Outcome(passed=False, summary=f"no GPU: {first_line(check.missing)}", details=details)
    return Outcome(passed=True, summary=found["about"].get("gpu(0)", "a GPU"), details=details)


def first_line(text: str) -> str:
    """Return the first line of a message, without its full stop."""
    return text.split("\n", maxsplit=1)[0].rstrip(".")


# -- tests --------------------------------------------------------------------------------------------------


def tests(check: Check) -> Outcome:
    """The tests marked ``gpu``."""
    if importlib.util.find_spec("pytest") is None:
        return Outcome(passed=False, summary="not run: pytest is not installed")
    report = check.out / "tests.xml"
    options = ["-m", "gpu", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    status, text = check.run(["-m", "pytest", *options, *check.tests], "tests.txt")
    if not report.exists():
        return Outcome(passed=False, summary=f"pytest ended with status {status}", details=fenced(text))
    counts, failed, reasons = read_junit(report)
    summary = ", ".join(f"{count} {what}" for what, count in counts.items())
    passed = status == 0 and counts["passed"] > 0 and check.missing is None
    details = "".join(f"- skipped {count} times: {reason}\n" for reason, count in reasons.most_common(SHOWN))
    details += "".join(f"- **{name}**: {message}\n" for name, message in failed[:SHOWN])
    return Outcome(passed, summary, details)


def read_junit(path: Path) -> tuple[dict[str, int], list[tuple[str, str]], Counter[str]]:
    """Return counts, the failed tests with their messages, and the reasons for skipping."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    failed: list[tuple[str, str]] = []
    reasons: Counter[str] = Counter()
    for case in ET.parse(path).iter("testcase"):  # noqa: S314  pytest has just written it
        bad = next((case.find(kind) for kind in ("failure", "error") if case.find(kind) is not None), None)
        skipped = case.find("skipped")
        if bad is not None:
            counts["failed"] += 1
            name = f"{case.get('classname')}::{case.get('name')}"
            failed.append((name, first_line(bad.get("message", ""))))
        elif skipped is not None:
            counts["skipped"] += 1
            reasons[first_line(skipped.get("message", ""))] += 1
        else:
            counts["passed"] += 1
    return counts, failed, reasons


# -- speed --------------------------------------------------------------------------------------------------


def speed(check: Check) -> Outcome:
    """The benchmark on the GPU, with the processor's rows beside it."""
    medians: dict[str, dict[str, float]] = {}
    bad, details = [], ""
    for device in ("cpu", "gpu"):
        if device == "gpu" and check.missing is not None:
            bad.append(f"not run on a GPU: {first_line(check.missing)}")
            continue
        figures = check.out / f"speed_{device}.json"
        options = [
            "--json",
            str(figures),
            "--seconds",
            str(check.seconds),
            *(["--gpu"] if device == "gpu" else []),
        ]
        status, text = check.run(["tools/bench/run.py", *check.cases, *options], f"speed_{device}.txt")
        if status:
            bad.append(f"the run on the {device} ended with status {status}")
            details += fenced(text)
        else:
            rows = json.loads(figures.read_text(encoding="utf-8"))["rows"]
            medians[device] = {row["case"]: row["median_s"] for row in rows}
    details = speed_table(medians.get("cpu", {}), medians.get("gpu", {})) + "\n" + details
    return Outcome(not bad, "; ".join(bad) or f"{len(medians['gpu'])} cases", details)


def speed_table(cpu: dict[str, float], gpu: dict[str, float]) -> str:
    """Return the medians side by side, in microseconds."""
    rows = []
    for case in dict.fromkeys([*cpu, *gpu]):
        here, there = cpu.get(case), gpu.get(case)
        shown = ["-" if seconds is None else f"{seconds * 1e6:.1f}" for seconds in (here, there)]
        ratio = f"{here / there:.2f}" if here is not None and there else "-"
        rows.append([case, *shown, ratio])
    return table(["case", "cpu(0), us", "gpu(0), us", "times faster"], rows)


# -- examples -----------------------------------------------------------------------------------------------


def train_digits_on_gpu(epochs: int) -> None:
    """Run the example of the README on gpu(0)."""
    import gluonish as mx  # noqa: PLC0415  it may be missing

    example("train_digits").main(epochs=epochs, contexts=[mx.gpu()])


def example(name: str) -> Any:
    """Import one of the examples."""
    sys.path.insert(0, str(ROOT / "docs" / "examples"))
    return importlib.import_module(name)


def examples(check: Check) -> Outcome:
    """The examples of the documentation on gpu(0)."""
    if check.missing is not None:
        return Outcome(passed=False, summary=f"not run: {first_line(check.missing)}")
    commands = {
        "digits": [__file__, "--out", str(check.out), "--epochs", str(check.epochs), "--child", "digits"],
        "fashion": ["docs/examples/train_fashion.py", "--device", "gpu", "--epochs", "2"],
    }
    passed, found, details = True, [], ""
    for name, command in commands.items():
        status, text = check.run(command, f"example_{name}.txt")
        reached = [
            float(line.removeprefix(REACHED)) for line in text.splitlines() if line.startswith(REACHED)
        ]
        if "MissingFileError" in text:
            found.append(f"{name}: its data are not here")
            continue
        enough = bool(reached) and (name != "digits" or reached[-1] >= LEAST_ACCURACY)
        passed = passed and status == 0 and enough
        found.append(f"{name}: {f'accuracy {reached[-1]}' if reached else f'status {status}'}")
        details += f"{name}\n\n{fenced(text)}\n"
    return Outcome(passed, "; ".join(found), details)


# -- memory -------------------------------------------------------------------------------------------------


def print_memory() -> None:
    """Train on gpu(0) three times, and print what stays in CuPy's pool after each."""
    import gc  # noqa: PLC0415  this process alone needs it

    import cupy  # noqa: PLC0415  only there with a GPU

    import gluonish as mx  # noqa: PLC0415  it may be missing

    script, pool = example("train_digits"), cupy.get_default_memory_pool()
    used = []
    for _ in range(3):
        script.main(epochs=1, contexts=[mx.gpu(0)])
        gc.collect()
        used.append(pool.used_bytes())
        print(f"in use {used[-1]} bytes, held by the pool {pool.total_bytes()} bytes")
    print(json.dumps(used))


def memory(check: Check) -> Outcome:
    """What stays in CuPy's memory pool after training."""
    if check.missing is not None:
        return Outcome(passed=False, summary=f"not run: {first_line(check.missing)}")
    status, text = check.child("memory")
    if status:
        return Outcome(passed=False, summary=f"ended with status {status}", details=fenced(text))
    used = json.loads(text.splitlines()[-1])
    # What the first run leaves (constants, compiled kernels' workspaces) may stay; it must not grow.
    passed = used[-1] <= used[0]
    return Outcome(passed, f"in use after each of three runs: {used} bytes", fenced(text))


# -- the report ---------------------------------------------------------------------------------------------

PARTS: dict[str, Callable[[Check], Outcome]] = {
    "versions": versions,
    "tests": tests,
    "speed": speed,
    "examples": examples,
    "memory": memory,
}


def run_part(name: str, check: Check) -> Outcome:
    """Run one part; whatever it raises is its outcome."""
    start = time.monotonic()
    try:
        outcome = PARTS[name](check)
    except Exception as error:  # noqa: BLE001  the other parts are still to run
        outcome = Outcome(
            False, f"{type(error).__name__}: {first_line(str(error))}", fenced(traceback.format_exc())
        )
    print(
        f"{name}: {'passed' if outcome.passed else 'NOT PASSED'} in {time.monotonic() - start:.0f} s: "
        f"{outcome.summary}",
        flush=True,
    )
    return outcome


def write_report(path: Path, outcomes: dict[str, Outcome]) -> None:
    """Write what is known so far."""
    rows = [
        [name, "passed" if o.passed else "**not passed**", o.summary.replace("|", "/")]
        for name, o in outcomes.items()
    ]
    parts = [f"## {name}\n\n{o.summary}\n\n{o.details}" for name, o in outcomes.items()]
    text = "# gluonish on a GPU\n\n" + table(["part", "result", "what"], rows) + "\n" + "\n".join(parts)
    path.write_text(text, encoding="utf-8")


def parse() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description="Check gluonish on a GPU and write a report.")
    parser.add_argument("--out", type=Path, required=True, help="folder for report.md and the raw output")
    parser.add_argument("--tests", nargs="*", default=[], help="paths of tests; all if none is given")
    parser.add_argument("--cases", nargs="*", default=[], help="cases of the benchmark; all if none is given")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each case is repeated (1)")
    parser.add_argument("--epochs", type=int, default=15, help="passes over the images of the example (15)")
    parser.add_argument(
        "--timeout", type=float, default=1800.0, help="seconds that one process may take (1800)"
    )
    parser.add_argument("--child", choices=["versions", "digits", "memory"], help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Run all parts."""
    arguments = parse()
    children: dict[str, Callable[[], None]] = {
        "versions": print_versions,
        "memory": print_memory,
        "digits": lambda: train_digits_on_gpu(arguments.epochs),
    }
    if arguments.child:
        children[arguments.child]()
        return 0
    out: Path = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    check = Check(
        out, arguments.tests, arguments.cases, arguments.seconds, arguments.epochs, arguments.timeout
    )
    outcomes: dict[str, Outcome] = {}
    for name in PARTS:
        outcomes[name] = run_part(name, check)
        write_report(out / "report.md", outcomes)
    print(f"report: {out / 'report.md'}")
    return 0 if all(outcome.passed for outcome in outcomes.values()) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
