"""Finding the names of MXNet that a script uses and gluonish lacks."""

from __future__ import annotations

import io
import textwrap

import pytest

from compat.scripts import gluonish_command
from gluonish.compat.checker import check_paths, find_uses
from gluonish.errors import FileFormatError, MissingFileError


def uses(source):
    return [(use.line, use.name) for use in find_uses(textwrap.dedent(source))]


def missing(source):
    return [(use.line, use.name) for use in find_uses(textwrap.dedent(source)) if use.is_missing]


def test_chains_are_followed_from_every_form_of_import():
    found = uses(
        """\
        import mxnet
        import mxnet as mx
        import mxnet.ndarray as array
        from mxnet import nd, autograd as ag
        from mxnet.gluon.nn import Dense as D
        mxnet.cpu()
        mx.gluon.nn.Dense(2)
        array.ones(1)
        nd.zeros(1)
        ag.record()
        """
    )
    assert found == [
        (1, "mxnet"),
        (2, "mxnet"),
        (3, "mxnet.ndarray"),
        (4, "mxnet.autograd"),
        (4, "mxnet.nd"),
        (5, "mxnet.gluon.nn.Dense"),
        (6, "mxnet.cpu"),
        (7, "mxnet.gluon.nn.Dense"),
        (8, "mxnet.ndarray.ones"),
        (9, "mxnet.nd.zeros"),
        (10, "mxnet.autograd.record"),
    ]


def test_what_is_lacking_is_told_with_its_line():
    assert missing(
        """\
        import mxnet as mx
        import mxnet.mystery
        from mxnet.gluon import Block, Blob
        mx.nd.no_such_operator(mx.nd.ones(1))
        mx.cheese.Camembert()
        """
    ) == [
        (2, "mxnet.mystery"),
        (3, "mxnet.gluon.Blob"),
        (4, "mxnet.nd.no_such_operator"),
        (5, "mxnet.cheese.Camembert"),
    ]


def test_how_much_of_a_name_is_there_is_known():
    use = next(use for use in find_uses("import mxnet as mx\nmx.gluon.cheese.Brie") if use.is_missing)
    assert use.known == "mxnet.gluon"


def test_f_of_hybrid_forward_is_a_module_of_operators():
    assert missing(
        """\
        from mxnet import gluon
        class Net(gluon.HybridBlock):
            def hybrid_forward(self, F, x):
                return F.relu(x) + F.no_such_operator(x) + F.contrib.nothing(x)
        """
    ) == [(4, "mxnet.ndarray.contrib.nothing"), (4, "mxnet.ndarray.no_such_operator")]


def test_names_given_to_modules_by_assignment_are_followed():
    assert missing("import mxnet as mx\nlayers = mx.gluon.nn\nlayers.Dense(1)\nlayers.Dance(1)") == [
        (4, "mxnet.gluon.nn.Dance")
    ]


@pytest.mark.parametrize(
    "source",
    [
        "from mxnet import nd\ndef f(nd):\n    return nd.no_such_operator",
        "from mxnet import nd\nfor nd in []:\n    nd.no_such_operator",
        "from mxnet import nd\nimport numpy as nd\nnd.no_such_operator",
        "from mxnet import nd\nf = lambda nd: nd.no_such_operator",
        "import nd\nnd.no_such_operator",
        "from .mxnet import nothing",
        "import mxnetish\nmxnetish.nothing",
        "import mxnet as mx\nmx.nd.ones(1).whatever.this_is",
        "import mxnet as mx\nmx.gluon.Parameter('w').nothing",
    ],
)
def test_names_that_mean_something_else_are_left_alone(source):
    assert missing(source) == []


def test_what_mxnet_kept_in_one_file_is_found_in_the_package():
    assert missing("from mxnet.gluon.block import HybridBlock, Nothing") == [(1, "mxnet.gluon.block.Nothing")]


def test_an_assignment_is_read_before_it_binds():
    assert uses("from mxnet import nd\nnd = nd.ones") == [(1, "mxnet.nd"), (2, "mxnet.nd.ones")]


def test_defaults_and_decorators_belong_to_the_scope_around():
    assert missing(
        """\
        import mxnet as mx
        @mx.no_decorator
        def f(mx=mx.no_default):
            return mx.inside
        """
    ) == [(2, "mxnet.no_decorator"), (3, "mxnet.no_default")]


def test_what_a_star_import_brings_is_known():
    assert uses("from mxnet.gluon import *\nnn.Dense(1)\nTrainer")[1] == (2, "mxnet.gluon.nn.Dense")


def test_a_method_that_a_class_lacks_is_told():
    assert missing("import mxnet as mx\nmx.nd.NDArray.no_method\nmx.Context.default_ctx") == [
        (2, "mxnet.nd.NDArray.no_method")
    ]


# -- scripts and folders ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.py").write_text("import mxnet as mx\nmx.nd.ones(1)\n")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "bad.py").write_text("from mxnet import nd\n\nnd.no_such_operator(1)\n")
    return tmp_path


def checked(*paths):
    output = io.StringIO()
    return check_paths([str(each) for each in paths], output), output.getvalue()


def test_a_script_that_uses_what_is_there_has_status_0(folder):
    assert checked(folder / "good.py") == (0, "1 script, 2 names of MXNet: gluonish has them all\n")


def test_a_folder_is_searched_for_scripts(folder):
    status, text = checked(folder)
    bad = folder / "below" / "bad.py"
    assert status == 1
    assert text == (
        f"{bad}:3: mxnet.nd.no_such_operator\n"
        "2 scripts, 4 names of MXNet: gluonish lacks 1 of their uses; see docs/from-mxnet.md\n"
    )


def test_a_script_that_is_not_there_is_named():
    with pytest.raises(MissingFileError, match=r"Script is not there.\n  Received nowhere.py"):
        checked("nowhere.py")


@pytest.mark.parametrize("content", [b"x = = 1", b"\xff\xfe\x00", b"x = 1\0"])
def test_a_script_that_is_no_python_is_an_error(tmp_path, content):
    script = tmp_path / "broken.py"
    script.write_bytes(content)
    with pytest.raises(FileFormatError, match="is no Python text"):
        checked(script)


def test_the_command_line_writes_the_list_and_has_the_status(folder):
    result = gluonish_command("check", "below/bad.py", cwd=folder)
    assert result.returncode == 1
    assert result.stdout.startswith("below/bad.py:3: mxnet.nd.no_such_operator\n")
    assert gluonish_command("check", "good.py", cwd=folder).returncode == 0


def test_an_error_of_the_command_line_has_status_2(folder):
    result = gluonish_command("check", "nowhere.py", cwd=folder)
    assert result.returncode == 2
    assert result.stderr == "Script is not there.\n  Received nowhere.py.\n"
