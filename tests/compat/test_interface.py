"""The interface of MXNet 1.9.1, name by name: what arguments are taken, in which order, with which defaults.

``goldens/interface.json`` is what MXNet says of itself (see ``tools/make_golden_interface.py``).
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
from pathlib import Path

import pytest

from gluonish import compat

GOLDEN = json.loads((Path(__file__).parent / "goldens" / "interface.json").read_text())

LACKING = {
    "images and records": {
        "mxnet.io": {
            "ImageDetRecordIter",
            "ImageRecordInt8Iter",
            "ImageRecordIter",
            "ImageRecordIter_v1",
            "ImageRecordUInt8Iter",
            "ImageRecordUInt8Iter_v1",
        },
    },
    "several machines": {"mxnet.kvstore": {"KVStoreServer"}},
    "networks other than ResNets": {
        "mxnet.gluon.model_zoo.vision": {
            "AlexNet",
            "DenseNet",
            "Inception3",
            "MobileNet",
            "MobileNetV2",
            "SqueezeNet",
            "VGG",
            "alexnet",
            *(f"densenet{depth}" for depth in (121, 161, 169, 201)),
            "get_mobilenet",
            "get_mobilenet_v2",
            "get_vgg",
            "inception_v3",
            *(f"mobilenet{width}" for width in ("0_25", "0_5", "0_75", "1_0")),
            *(f"mobilenet_v2_{width}" for width in ("0_25", "0_5", "0_75", "1_0")),
            "squeezenet1_0",
            "squeezenet1_1",
            *(f"vgg{depth}{bn}" for depth in (11, 13, 16, 19) for bn in ("", "_bn")),
        },
    },
    "downloads": {
        "mxnet.test_utils": {
            "download_model",
            "get_bz2_data",
            "get_cifar10",
            "get_im2rec_path",
            "get_mnist_iterator",
            "get_mnist_pkl",
            "get_mnist_ubyte",
            "get_zip_data",
        },
    },
    "details of how MXNet does it": {
        "mxnet.metric": {
            f"PearsonCorrelation.{each}" for each in ("reset_micro", "update_cov", "update_variance")
        },
        "mxnet.util": {"np_ufunc_legal_option", "wrap_np_binary_func", "wrap_np_unary_func"},
    },
}
"""What is not there, and why. ``docs/from-mxnet.md`` says so too."""

ARGUMENTS_THAT_DIFFER = {
    # MXNet's takes another first argument here than in all other cells.
    ("mxnet.gluon.rnn", "ModifierCell.begin_state"),
    # It is not used.
    ("mxnet.metric", "Loss.update"),
    # MXNet's are made from handles, by functions that are here too.
    ("mxnet.io", "MXDataIter"),
    ("mxnet.kvstore", "KVStore"),
}


def lacking(module):
    """The names that a module lacks; of a class, all its methods."""
    return {name for reason in LACKING.values() for name in reason.get(module, ())}


def is_lacking(module, name):
    return name in lacking(module) or name.partition(".")[0] in lacking(module)


def find(module, name):
    found = module
    for part in name.split("."):
        found = getattr(found, part)
    return found


def is_there(module, name):
    try:
        find(module, name)
    except AttributeError:
        return False
    return True


@pytest.fixture
def installed():
    compat.install_as_mxnet()
    yield
    compat.uninstall_as_mxnet()


@pytest.mark.parametrize("module", GOLDEN)
def test_a_module_lacks_what_is_listed_and_nothing_else(installed, module):
    here = importlib.import_module(module)
    missing = {name for name in GOLDEN[module] if not is_there(here, name)}
    assert {name for name in missing if not is_lacking(module, name)} == set()
    assert {name for name in lacking(module) if name not in missing} == set()


def parameters(value):
    """The arguments that a function or class takes by position, and whether it takes any others."""
    function = value.__init__ if inspect.isclass(value) and inspect.isfunction(value.__init__) else value
    if function in (object, type):
        return [], True
    signature = inspect.signature(function)
    taken = [each for each in signature.parameters.values() if each.name not in ("self", "cls")]
    by_position = [each for each in taken if each.kind is each.POSITIONAL_OR_KEYWORD]
    return by_position, any(each.kind in (each.VAR_KEYWORD, each.VAR_POSITIONAL) for each in taken)


def same_default(theirs, ours):
    """Whether a default means the same: None stands for what depends on something, 1 for (1, 1)."""
    if theirs == "..." or ours is None or ours is inspect.Parameter.empty:
        return ours is not inspect.Parameter.empty
    value = ast.literal_eval(theirs)
    if isinstance(value, tuple) and not isinstance(ours, tuple) and len(set(value)) == 1:
        value = value[0]
    return value == ours or str(value) == str(ours)


@pytest.mark.parametrize("module", GOLDEN)
def test_arguments_are_taken_in_mxnets_order_with_its_defaults(installed, module):
    here = importlib.import_module(module)
    wrong = []
    for name, arguments in GOLDEN[module].items():
        if is_lacking(module, name) or (module, name) in ARGUMENTS_THAT_DIFFER:
            continue
        ours, takes_more = parameters(find(here, name))
        theirs = [each.partition("=") for each in arguments if not each.startswith("*")]
        for i, (argument, has_default, default) in enumerate(theirs):
            if i >= len(ours):
                if not takes_more:
                    wrong.append(f"{name} takes no {argument}")
            elif ours[i].name != argument:
                wrong.append(f"{name} takes {ours[i].name} where {argument} belongs")
            elif has_default and not same_default(default, ours[i].default):
                wrong.append(f"{name} has {ours[i].default!r} for {argument}={default}")
    assert wrong == []


def test_the_comparison_sees_what_differs():
    def function(a, c=2, b=1):
        pass

    ours, takes_more = parameters(function)
    assert [each.name for each in ours] == ["a", "c", "b"]
    assert not takes_more
    assert same_default("(1, 1)", 1)
    assert same_default("'float32'", "float32")
    assert same_default("3", None)
    assert not same_default("3", 4)
    assert not same_default("3", inspect.Parameter.empty)
