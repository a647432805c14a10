"""``import mxnet`` gives gluonish."""

from __future__ import annotations

import importlib
import pickle
import sys
import types

import numpy as np
import pytest

import gluonish
from gluonish import compat
from gluonish.errors import MissingImportError, MissingModuleError, MissingNameError, MXNetError

MODULES = {
    "mxnet": "gluonish",
    "mxnet.ndarray": "gluonish.nd",
    "mxnet.ndarray.ndarray": "gluonish.nd.ndarray",
    "mxnet.ndarray.linalg": "gluonish.nd.linalg",
    "mxnet.symbol": "gluonish.sym",
    "mxnet.symbol.symbol": "gluonish.symbol.symbol",
    "mxnet.autograd": "gluonish.autograd",
    "mxnet.base": "gluonish.base",
    "mxnet.gluon": "gluonish.gluon",
    "mxnet.gluon.nn": "gluonish.gluon.nn",
    "mxnet.gluon.nn.basic_layers": "gluonish.gluon.nn.basic_layers",
    "mxnet.gluon.data.vision.transforms": "gluonish.gluon.data.vision.transforms",
    "mxnet.test_utils": "gluonish.test_utils",
    "mxnet.optimizer.optimizer": "gluonish.optimizer.optimizer",
}


@pytest.fixture
def installed():
    compat.install_as_mxnet()
    yield
    compat.uninstall_as_mxnet()


@pytest.mark.parametrize(("theirs", "ours"), MODULES.items())
def test_a_module_of_mxnet_is_the_very_module_of_gluonish(installed, theirs, ours):
    module = importlib.import_module(theirs)
    assert module is importlib.import_module(ours)
    assert module.__name__ == ours
    assert module.__spec__ is None or module.__spec__.name == ours


def test_every_form_of_import_finds_the_same_things(installed):
    scope = {}
    exec(
        "import mxnet\n"
        "import mxnet as mx\n"
        "import mxnet.ndarray as nd1\n"
        "from mxnet import nd as nd2, gluon, sym, symbol\n"
        "from mxnet.gluon import nn\n"
        "from mxnet.gluon.nn import Dense\n"
        "from mxnet.base import MXNetError\n"
        "import mxnet.gluon.data.vision\n",
        scope,
    )
    assert scope["mxnet"] is scope["mx"] is gluonish
    assert scope["nd1"] is scope["nd2"] is gluonish.nd
    assert scope["nn"] is gluonish.gluon.nn
    assert scope["Dense"] is gluonish.gluon.nn.Dense
    assert scope["MXNetError"] is MXNetError
    assert scope["sym"] is scope["symbol"] is gluonish.sym


def test_a_star_import_brings_what_the_module_lists(installed):
    scope = {}
    exec("from mxnet.base import *", scope)
    assert scope["MXNetError"] is MXNetError
    assert "_as_list" not in scope


def test_a_pickle_that_names_classes_of_mxnet_is_read(installed):
    by_name = b"cmxnet.context\nContext\n(S'cpu'\nI1\ntR."
    assert pickle.loads(by_name) is gluonish.cpu(1)


def test_the_version_is_that_of_the_interface(installed):
    mxnet = importlib.import_module("mxnet")
    assert mxnet.__version__ == mxnet.libinfo.__version__ == "1.9.1"


def test_gluonish_says_its_own_version_again_when_it_is_no_longer_mxnet():
    before = gluonish.__version__
    compat.install_as_mxnet()
    compat.uninstall_as_mxnet()
    assert gluonish.__version__ == before != "1.9.1"


def test_installing_twice_is_installing_once(installed):
    before = list(sys.meta_path)
    compat.install_as_mxnet()
    assert sys.meta_path == before
    assert compat.is_installed()


def test_after_uninstalling_there_is_no_mxnet_left():
    compat.install_as_mxnet()
    importlib.import_module("mxnet.gluon.nn")
    compat.uninstall_as_mxnet()
    compat.uninstall_as_mxnet()
    assert not compat.is_installed()
    assert not [name for name in sys.modules if name.split(".")[0] == "mxnet"]
    with pytest.raises(AttributeError, match=r"module 'gluonish.gluon.nn' has no attribute 'Dance'"):
        _ = gluonish.gluon.nn.Dance


def test_lazy_modules_are_still_found_after_uninstalling():
    compat.install_as_mxnet()
    compat.uninstall_as_mxnet()
    vars(gluonish).pop("callback")
    assert gluonish.callback is sys.modules["gluonish.callback"]


def test_mxnet_that_is_imported_already_is_not_replaced(monkeypatch):
    real = types.ModuleType("mxnet")
    real.__file__ = "/somewhere/mxnet/__init__.py"
    monkeypatch.setitem(sys.modules, "mxnet", real)
    with pytest.raises(MXNetError, match=r"imported already, from /somewhere/mxnet/__init__.py") as caught:
        compat.install_as_mxnet()
    assert "before anything imports mxnet" in str(caught.value)
    assert sys.modules["mxnet"] is real
    assert not compat.is_installed()


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        ("mxnet.gluon.block", "HybridBlock", gluonish.gluon.HybridBlock),
        ("mxnet.gluon.parameter", "ParameterDict", gluonish.gluon.ParameterDict),
        ("mxnet.gluon.nn.basic_layers", "HybridSequential", gluonish.gluon.nn.HybridSequential),
        ("mxnet.ndarray.ndarray", "concat", gluonish.nd.concat),
    ],
)
def test_what_mxnet_kept_in_one_file_is_found_in_the_package(installed, module, name, value):
    scope = {}
    exec(f"from {module} import {name}", scope)
    assert scope[name] is value


def test_a_package_does_not_borrow_from_the_one_around_it(installed):
    for name in ("mxnet.gluon.nn.Trainer", "mxnet.base.gluon"):
        with pytest.raises(AttributeError, match=rf"gluonish has no {name}"):
            eval(name, {"mxnet": importlib.import_module("mxnet")})


# -- what is not there ------------------------------------------------------------------------------------

WHERE_TO_LOOK = "See docs/from-mxnet.md for what is not there; 'python -m gluonish check SCRIPT' lists all"


def test_a_module_that_is_not_there_is_an_import_error_that_says_where_to_look(installed):
    with pytest.raises(ModuleNotFoundError, match=r"gluonish has no module 'mxnet.torch_bridge'") as caught:
        importlib.import_module("mxnet.torch_bridge")
    assert isinstance(caught.value, (MissingModuleError, MXNetError))
    assert caught.value.name == "mxnet.torch_bridge"
    assert WHERE_TO_LOOK in str(caught.value)


def test_a_module_below_one_that_is_not_there_names_the_first_that_is_missing(installed):
    with pytest.raises(ImportError, match=r"no module 'mxnet.torch_bridge'"):
        importlib.import_module("mxnet.torch_bridge.deep")


@pytest.mark.parametrize("module", ["mxnet", "mxnet.gluon.nn", "mxnet.base", "mxnet.ndarray.ndarray"])
def test_a_name_that_cannot_be_imported_is_an_import_error_that_says_where_to_look(installed, module):
    with pytest.raises(ImportError, match=rf"gluonish has no {module}\.Nothing") as caught:
        exec(f"from {module} import Nothing")
    assert isinstance(caught.value, (MissingImportError, MXNetError))
    assert WHERE_TO_LOOK in str(caught.value)


def test_an_attribute_that_is_not_there_says_where_to_look_and_what_is_like_it(installed):
    mx = importlib.import_module("mxnet")
    with pytest.raises(AttributeError, match=r"gluonish has no mxnet\.gluon\.nn\.Denze") as caught:
        _ = mx.gluon.nn.Denze
    assert isinstance(caught.value, (MissingNameError, MXNetError))
    assert WHERE_TO_LOOK in str(caught.value)
    assert "There is 'Dense'" in str(caught.value)


def test_asking_whether_a_name_is_there_works_as_ever(installed):
    mx = importlib.import_module("mxnet")
    assert not hasattr(mx, "nothing")
    assert hasattr(mx, "monitor")
    assert not hasattr(mx.gluon, "__wrapped__")


def test_a_package_that_a_module_needs_and_does_not_find_is_named_itself(installed, monkeypatch):
    monkeypatch.setitem(sys.modules, "gluonish.visualization", None)
    with pytest.raises(ModuleNotFoundError, match=r"gluonish has no module 'mxnet.visualization'"):
        importlib.import_module("mxnet.visualization")

    def fail(name):
        raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")

    monkeypatch.setattr(importlib, "import_module", fail)
    with pytest.raises(ModuleNotFoundError, match="No module named 'matplotlib'"):
        exec("import mxnet.gluon.contrib_with_plots")


# -- answers that are MXNet's -----------------------------------------------------------------------------


def variable(values, ctx=None):
    x = gluonish.nd.array(values, ctx=ctx)
    x.attach_grad()
    return x


def test_gradients_come_in_lists_as_in_mxnet(installed):
    x = variable([2.0])
    with gluonish.autograd.record():
        y = x * x
    found = gluonish.autograd.grad(y, x)
    assert isinstance(found, list)
    assert found[0].asscalar() == 4


def test_arrays_of_several_cpu_contexts_may_meet_and_the_first_one_says_where(installed, two):
    a, b = variable([2.0], two[0]), variable([3.0], two[1])
    with gluonish.autograd.record():
        product = b * a
    product.backward()
    assert product.context == two[1]
    assert (a.grad.asscalar(), a.grad.context) == (3, two[0])
    assert (b.grad.asscalar(), b.grad.context) == (2, two[1])


def test_an_array_that_was_written_before_the_backward_pass_is_a_warning(installed):
    x = variable([1.0, 2.0])
    with gluonish.autograd.record():
        y = x * x
    x[:] = 5
    with pytest.warns(RuntimeWarning, match="was written after it was recorded"):
        y.backward()
    assert x.grad.asnumpy().tolist() == [10, 10]  # what MXNet 1.9.1 gives


def test_what_a_function_saved_and_was_written_is_a_warning_too(installed):
    class Square(gluonish.autograd.Function):
        def forward(self, x):
            self.save_for_backward(x)
            return x * x

        def backward(self, g):
            return 2 * self.saved_tensors[0] * g

    x = variable([1.0])
    with gluonish.autograd.record():
        y = Square()(x)
    x[:] = 3
    with pytest.warns(RuntimeWarning, match="saved by Square, was written before the backward pass"):
        y.backward()
    assert x.grad.asscalar() == 6


def test_without_mxnet_in_force_the_answers_are_gluonish_own(two):
    x = variable([2.0])
    with gluonish.autograd.record():
        y = x * x
    assert not isinstance(gluonish.autograd.grad(y, x), list)
    with pytest.raises(MXNetError, match="arrays on different contexts"):
        gluonish.nd.ones(1, ctx=two[0]) + gluonish.nd.ones(1, ctx=two[1])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_norm_that_is_not_finite_is_a_warning_and_leaves_the_arrays_alone(installed, value):
    arrays = [gluonish.nd.array([3.0, 4.0]), gluonish.nd.array([value])]
    with pytest.warns(UserWarning, match="a norm that is no finite number") as caught:
        norm = gluonish.gluon.utils.clip_global_norm(arrays, 1.0)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    np.testing.assert_equal(norm, np.float32(value))
    np.testing.assert_array_equal(arrays[0].asnumpy(), [3, 4])
