"""tools/layers.py finds imports that go up, and cycles."""

from __future__ import annotations

import pytest
from tools.loading import tool

layers = tool("layers")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that writes modules of a made-up package, and looks at them."""
    monkeypatch.setattr(layers, "PACKAGE", "tiny")
    monkeypatch.setattr(layers, "LAYER_OF", {"errors": 0, "engine": 1, "gluon": 2})

    def write(**modules):
        for name, text in {"": "", **modules}.items():
            parts = ["tiny", *name.split("__")] if name else ["tiny"]
            folder = tmp_path.joinpath(*parts)
            is_package = not name or any(other.startswith(f"{name}__") for other in modules)
            path = folder / "__init__.py" if is_package else folder.with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return layers.read(tmp_path)

    return write


def test_imports_that_go_down_or_stay_in_a_layer_are_fine(package):
    imports = package(
        errors="",
        engine="",
        engine__a="from tiny import errors",
        engine__b="import tiny.engine.a",
        gluon="import tiny.engine.b",
    )
    assert layers.upward(imports) == []
    assert layers.cycles(imports) == []


def test_an_import_that_goes_up_is_named_with_its_line(package):
    imports = package(errors="import os\n\nfrom tiny.gluon import Parameter\n", gluon="")
    assert layers.upward(imports) == ["tiny.errors:3 imports tiny.gluon, which is above it"]


def test_an_import_inside_a_function_goes_up_all_the_same(package):
    imports = package(engine="def f():\n    from tiny import gluon\n    return gluon\n", gluon="")
    assert layers.upward(imports) == ["tiny.engine:2 imports tiny.gluon, which is above it"]


def test_the_face_of_the_package_is_above_all(package):
    imports = package(errors="import tiny")
    assert layers.upward(imports) == ["tiny.errors:1 imports tiny, which is above it"]


def test_imports_for_type_checkers_do_not_count(package):
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from tiny.gluon import Parameter\n"
    assert layers.upward(package(errors=text, gluon="")) == []


def test_a_cycle_of_modules_is_shown_once_around(package):
    imports = package(
        engine="",
        engine__a="from tiny.engine import b",
        engine__b="from tiny.engine.c import x",
        engine__c="import tiny.engine.a",
    )
    assert layers.cycles(imports) == [
        "cycle: tiny.engine.a -> tiny.engine.b -> tiny.engine.c -> tiny.engine.a"
    ]


def test_an_import_inside_a_function_makes_no_cycle(package):
    imports = package(
        engine="",
        engine__a="from tiny.engine import b",
        engine__b="def f():\n    from tiny.engine import a\n",
    )
    assert layers.cycles(imports) == []


def test_a_module_without_a_layer_is_an_error_that_says_where_to_add_it(package):
    imports = package(errors="", elsewhere="import tiny.errors")
    with pytest.raises(
        SystemExit, match=r"tiny.elsewhere belongs to no layer: add gluonish.elsewhere to LAYERS"
    ):
        layers.upward(imports)


def test_the_library_itself_goes_one_way(capsys):
    assert layers.main() == 0
    assert "all imports go one way" in capsys.readouterr().out


def test_the_program_prints_what_is_wrong(package, tmp_path, monkeypatch, capsys):
    package(errors="import tiny.gluon", gluon="import tiny.errors")
    monkeypatch.setattr(layers, "ROOT", tmp_path)
    assert layers.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "tiny.errors:1 imports tiny.gluon, which is above it",
        "cycle: tiny.errors -> tiny.gluon -> tiny.errors",
    ]
