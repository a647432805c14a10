"""Making sure that the tools run in an environment with the project installed.

A tool calls ``ensure(extra)`` first. Inside a virtual environment (or conda's) it installs the project there
if it is missing; otherwise it makes ``.venv`` beside the project and starts the tool again in it. After
installing, the tool starts again too: only a Python that starts later finds an editable installation.
Nothing is ever installed into the system's Python.
"""

from __future__ import annotations

import configparser
import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

__all__ = ["ROOT", "ensure"]

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
OLDEST = (3, 10)
RESTARTED = "GLUONISH_TOOL_RESTARTED"
"""Set in the environment of a tool that was started again after installing."""


def ensure(extra: str) -> None:
    """Go on only in an environment that has the project with one of its extras.

    Args:
        extra: the name of a section of optional dependencies in setup.cfg.
    """
    if sys.version_info < OLDEST:
        sys.exit(f"gluonish needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}")
    if _inside_environment():
        if _install(Path(sys.executable), extra):
            os.environ[RESTARTED] = "1"
            _restart(Path(sys.executable))
        os.environ.pop(RESTARTED, None)
        return
    python = _environment_python()
    if not python.exists():
        print(f"making the virtual environment {ENVIRONMENT}", flush=True)
        venv.create(ENVIRONMENT, with_pip=True)
    _restart(python)


def _inside_environment() -> bool:
    conda = os.environ.get("CONDA_PREFIX")
    return sys.prefix != sys.base_prefix or (
        conda is not None and Path(conda).resolve() == Path(sys.prefix).resolve()
    )


def _environment_python() -> Path:
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _restart(python: Path) -> None:
    """Run this very command again with another Python, and end with its exit status."""
    command = [str(python), *sys.argv]
    if os.name == "posix":
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606  it is our own interpreter
    try:
        sys.exit(subprocess.call(command))  # noqa: S603
    except KeyboardInterrupt:
        sys.exit(130)


def _install(python: Path, extra: str) -> bool:
    """Install what is missing, and tell whether anything was."""
    missing = _missing(extra)
    if not missing:
        return False
    if RESTARTED in os.environ:
        sys.exit(f"installed, but {python} still does not find {', '.join(missing)}: is PYTHONPATH set?")
    if not _installed("pip"):
        sys.exit(f"{sys.prefix} has no pip to install {', '.join(missing)} with: delete it, or add pip to it")
    print(f"installing gluonish[{extra}]", flush=True)
    status = subprocess.call(  # noqa: S603
        [
            str(python),
            *("-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--editable", f"{ROOT}[{extra}]"),
        ]
    )
    if status:
        sys.exit(f"installing failed with status {status}; see the lines above")
    return True


def _missing(extra: str) -> list[str]:
    """Return the distributions that the project and its extra need and that are not installed."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    needed = _names(config["options"]["install_requires"]) + _names(config["options.extras_require"][extra])
    project = [] if _project_installed() else ["gluonish"]
    return project + [name for name in needed if not _installed(name)]


def _names(requirements: str) -> list[str]:
    lines = [line.strip() for line in requirements.splitlines() if line.strip()]
    return [re.split(r"[<>=!~\[; ]", line)[0] for line in lines]


def _project_installed() -> bool:
    """Tell whether ``import gluonish`` finds this folder's, not one installed from elsewhere."""
    spec = importlib.util.find_spec("gluonish")
    return (
        _installed("gluonish") and spec is not None and spec.origin == str(ROOT / "gluonish" / "__init__.py")
    )


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
