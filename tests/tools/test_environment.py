"""tools/environment.py: what is missing, and that nothing is installed where nothing is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tools.loading import ROOT, tool

environment = tool("environment")

SETUP = """
[options]
install_requires =
    numpy>=2.0
    ml_dtypes>=0.5

[options.extras_require]
one = matplotlib>=3.8
two =
    pytest >= 8
    ruff==0.8; python_version > "3.10"
    hypothesis[numpy]~=6.100
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with these requirements, and a way to say what of them is installed."""
    (tmp_path / "setup.cfg").write_text(SETUP)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.delenv(environment.RESTARTED, raising=False)

    def installed(*names, pip=True):
        monkeypatch.setattr(environment, "_installed", lambda name: name in names or (pip and name == "pip"))
        monkeypatch.setattr(environment, "_project_installed", lambda: "gluonish" in names)

    return installed


@pytest.fixture
def calls(monkeypatch):
    """What would have been run instead of installing."""
    made = []
    monkeypatch.setattr(environment.subprocess, "call", lambda command, **_: made.append(command) or 0)
    return made


@pytest.fixture
def started(monkeypatch):
    """The Pythons with which the program would have started again."""
    pythons = []
    monkeypatch.setattr(environment, "_restart", pythons.append)
    return pythons


def test_requirements_are_read_without_their_versions_extras_and_markers(project):
    project()
    assert environment._missing("two") == ["gluonish", "numpy", "ml_dtypes", "pytest", "ruff", "hypothesis"]


def test_a_requirement_on_the_line_of_its_extra_is_read(project):
    project("gluonish", "numpy")
    assert environment._missing("one") == ["ml_dtypes", "matplotlib"]


def test_nothing_is_missing_where_all_is_installed(project, calls):
    project("gluonish", "numpy", "ml_dtypes", "matplotlib")
    environment._install(sys.executable, "one")
    assert calls == []


def test_what_is_missing_is_installed_with_the_project(project, calls, tmp_path):
    project("gluonish", "numpy", "ml_dtypes")
    environment._install(sys.executable, "one")
    (command,) = calls
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert command[-2:] == ["--editable", f"{tmp_path}[one]"]


def test_an_installation_that_fails_ends_the_program(project, monkeypatch):
    project()
    monkeypatch.setattr(environment.subprocess, "call", lambda *_, **__: 7)
    with pytest.raises(SystemExit, match="installing failed with status 7"):
        environment._install(sys.executable, "one")


def test_inside_an_environment_it_installs_there_and_starts_again(project, calls, started, monkeypatch):
    project()
    monkeypatch.setattr(sys, "base_prefix", "/elsewhere")
    environment.ensure("one")
    assert [command[0] for command in calls] == [sys.executable]
    assert started == [Path(sys.executable)]


def test_where_all_is_installed_it_goes_on(project, calls, started, monkeypatch):
    project("gluonish", "numpy", "ml_dtypes", "matplotlib")
    monkeypatch.setattr(sys, "base_prefix", "/elsewhere")
    environment.ensure("one")
    assert (calls, started) == ([], [])


def test_once_all_is_installed_nothing_is_left_in_the_environment_of_what_it_runs(
    project, started, monkeypatch
):
    project("gluonish", "numpy", "ml_dtypes", "matplotlib")
    monkeypatch.setattr(sys, "base_prefix", "/elsewhere")
    monkeypatch.setenv(environment.RESTARTED, "1")
    environment.ensure("one")
    assert environment.RESTARTED not in os.environ


def test_an_environment_without_pip_is_an_error(project, calls):
    project(pip=False)
    with pytest.raises(SystemExit, match=r"has no pip to install gluonish, numpy.*: delete it, or add pip"):
        environment._install(sys.executable, "one")
    assert calls == []


@pytest.mark.parametrize(("conda", "inside"), [(sys.prefix, True), ("elsewhere", False), (None, False)])
def test_a_conda_environment_counts_only_for_its_own_python(monkeypatch, tmp_path, conda, inside):
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    if conda is not None:
        monkeypatch.setenv("CONDA_PREFIX", str(tmp_path / conda))
        (tmp_path / conda).mkdir(exist_ok=True)
    assert environment._inside_environment() is inside


def test_it_starts_again_only_once(project, calls, started, monkeypatch):
    project("numpy", "ml_dtypes", "matplotlib")
    monkeypatch.setattr(sys, "base_prefix", "/elsewhere")
    monkeypatch.setenv(environment.RESTARTED, "1")
    with pytest.raises(
        SystemExit, match=r"installed, but .* still does not find gluonish: is PYTHONPATH set"
    ):
        environment.ensure("one")
    assert (calls, started) == ([], [])


def test_a_gluonish_of_another_folder_is_not_the_project(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "_installed", lambda _: True)
    assert environment._project_installed()
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    assert not environment._project_installed()


def test_outside_of_one_it_makes_one_and_starts_again_in_it(project, calls, started, monkeypatch, tmp_path):
    made = []
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(environment.venv, "create", lambda path, **_: made.append(path))
    environment.ensure("one")
    assert made == [tmp_path / ".venv"]
    assert [path.is_relative_to(tmp_path / ".venv") for path in started] == [True]
    assert calls == []


def test_a_python_that_is_too_old_is_told_so(monkeypatch):
    monkeypatch.setattr(environment, "OLDEST", (99, 0))
    with pytest.raises(SystemExit, match=r"gluonish needs Python 99\.0 or newer; this is \d"):
        environment.ensure("test")


def test_what_is_installed_is_found_by_its_distribution():
    assert environment._installed("numpy")
    assert not environment._installed("there-is-no-such-distribution")


@pytest.mark.parametrize("extra", ["viz", "test"])
def test_the_extras_that_the_tools_ask_for_are_in_setup_cfg(extra):
    assert environment.ROOT == ROOT
    assert isinstance(environment._missing(extra), list)
