"""Residual networks: their parameters and graphs are those of MXNet's model zoo."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from gluon.nn.golden import ramp

import gluonish as mx
from gluonish.errors import ArgumentError, MissingFileError, UnknownNameError
from gluonish.gluon.model_zoo import vision

GOLDEN = {
    ("resnet18_v1", False): (102, "13cc8376bd89", "775b0ef7b938"),
    ("resnet18_v1", True): (98, "c2608910b76f", "2ba3d532ef28"),
    ("resnet34_v1", False): (182, "5ce480598234", "4202e3f1a521"),
    ("resnet34_v1", True): (178, "307a3950f065", "179dd3f1e6e5"),
    ("resnet50_v1", False): (299, "78435bcec092", "58cbaa5c8c6c"),
    ("resnet50_v1", True): (295, "03460f1ba2cf", "a57682ad01ab"),
    ("resnet101_v1", False): (588, "3fd7a8aee8c2", "bf6a1fa51a57"),
    ("resnet101_v1", True): (584, "3975882b5782", "39b135ea5d16"),
    ("resnet152_v1", False): (877, "329a293e4c2a", "4a6098dd4b80"),
    ("resnet152_v1", True): (873, "a7074057e237", "3f6a8cfc4bf3"),
    ("resnet18_v2", False): (98, "fd09ee9d4975", "c2f6b23e2633"),
    ("resnet18_v2", True): (94, "01d1a67aeaa5", "6c2cd6800cc6"),
    ("resnet34_v2", False): (178, "b2bb3c5d966e", "d638ad63148c"),
    ("resnet34_v2", True): (174, "621dbe37346d", "773413fcc2fa"),
    ("resnet50_v2", False): (259, "51530cf6aa63", "2ade729a3138"),
    ("resnet50_v2", True): (255, "cd54489fe9ea", "937a5147458e"),
    ("resnet101_v2", False): (514, "6f8abc368b97", "e59b36760a5f"),
    ("resnet101_v2", True): (510, "7bc8ee18ec3e", "c752979f11b1"),
    ("resnet152_v2", False): (769, "a71167910146", "4dee641f15c1"),
    ("resnet152_v2", True): (765, "2123a18609b9", "be489da819ad"),
}
"""Of each network, for large images and for small ones (then of 10 classes), by Apache MXNet 1.9.1: how many
parameters there are, the digest of their names and shapes, and the digest of the nodes of the graph."""


def digest(lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


@pytest.mark.parametrize(("name", "thumbnail"), GOLDEN)
def test_parameters_and_graph_are_those_of_mxnet(name, thumbnail):
    count, parameters, nodes = GOLDEN[name, thumbnail]
    more = {"thumbnail": True, "classes": 10} if thumbnail else {}
    net = vision.get_model(name, prefix="net_", **more)
    net.infer_shape(mx.nd.ones((1, 3, 64, 64)))
    found = [f"{name} {parameter.shape}" for name, parameter in net.collect_params().items()]
    assert (len(found), digest(found)) == (count, parameters), found[:20]
    graph = [
        f"{node.op.name if node.op else 'null'} {node.name} {' '.join(each.name for each, _ in node.inputs)}"
        for node in net(mx.sym.var("data")).nodes()
    ]
    assert digest(graph) == nodes, graph[:20]


SCORES = {
    "resnet18_v1": [775.72302, 462.7424, 2548.10254, -1968.08752, 35.0417],
    "resnet18_v2": [803.02893, -3132.16064, -1461.71289, 651.89874, 2374.64331],
}
"""What Apache MXNet 1.9.1 printed for weights and an image made of ramps."""


@pytest.mark.parametrize("name", SCORES)
def test_the_scores_are_those_of_mxnet(name):
    net = vision.get_model(name, classes=5, thumbnail=True)
    net.initialize()
    net(mx.nd.ones((1, 3, 32, 32)))
    for parameter in net.collect_params(".*weight").values():
        scale = 0.3 / np.sqrt(np.prod(parameter.shape[1:]))
        parameter.set_data(ramp(*parameter.shape, scale=scale))
    scores = net(ramp(1, 3, 32, 32, scale=0.2)).asnumpy().ravel()
    np.testing.assert_allclose(scores, SCORES[name], atol=0.5)  # of thousands, in single precision


BLOCKS = [vision.BasicBlockV1, vision.BasicBlockV2, vision.BottleneckV1, vision.BottleneckV2]


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(("stride", "downsample", "channels"), [(1, False, 8), (2, True, 4), (1, True, 4)])
def test_a_block_changes_size_and_channels_where_it_is_to(block, stride, downsample, channels):
    layer = block(8, stride, downsample, in_channels=channels)
    layer.initialize()
    assert layer(mx.nd.ones((2, channels, 6, 6))).shape == (2, 8, 6 // stride, 6 // stride)
    assert (layer.downsample is None) == (not downsample)


@pytest.mark.parametrize("name", ["resnet18_v1", "resnet50_v2"])
def test_images_of_other_sizes_are_classified_too(name):
    net = vision.get_model(name, classes=7)
    net.initialize()
    assert net(mx.nd.ones((1, 3, 40, 33))).shape == (1, 7)


def test_all_parameters_but_statistics_get_gradients():
    net = vision.resnet18_v2(classes=3, thumbnail=True)
    net.initialize(mx.init.Xavier())
    x = mx.nd.random.normal(shape=(2, 3, 8, 8))
    with mx.autograd.record():
        loss = mx.nd.log_softmax(net(x))[:, 0].sum()
    loss.backward()
    for name, parameter in net.collect_params().items():
        if parameter.grad_req == "null":
            continue
        assert parameter.grad().asnumpy().any(), name


def test_names_are_found_in_any_case_and_others_suggest_one():
    assert isinstance(vision.get_model("ResNet18_V1"), vision.ResNetV1)
    message = r"Model 'resnet18v1' is not in the model zoo.\s+Expected one of resnet18_v1.*\s+Did you mean"
    with pytest.raises(UnknownNameError, match=message):
        vision.get_model("resnet18v1")
    with pytest.raises(ValueError, match="'alexnet'"):
        vision.get_model("alexnet")


@pytest.mark.parametrize(
    ("version", "layers", "message"),
    [
        (3, 18, r"in this version.\s+Expected 1 or 2, received 3"),
        (1, 20, r"number of layers.\s+Expected 18 or 34"),
    ],
)
def test_networks_that_do_not_exist_are_refused(version, layers, message):
    with pytest.raises(ArgumentError, match=message):
        vision.get_resnet(version, layers)


def test_every_stage_needs_its_channels():
    with pytest.raises(
        ArgumentError, match=r"ResNetV1 needs the channels of its stem.*\s+Expected 3 numbers"
    ):
        vision.ResNetV1(vision.BasicBlockV1, [2, 2], [64, 64])


# -- trained parameters ---------------------------------------------------------------------------------


def small(**kwargs):
    return vision.resnet18_v1(classes=2, thumbnail=True, **kwargs)


@pytest.fixture
def trained():
    net = small()
    net.initialize(mx.init.Normal(0.1))
    net(mx.nd.ones((1, 3, 8, 8)))
    return net


@pytest.mark.parametrize("file", ["resnet18_v1.params", "resnet18_v1-a0666292.params"])
def test_trained_parameters_are_loaded_from_their_folder(trained, tmp_path, file, two):
    trained.save_parameters(tmp_path / file)
    net = small(pretrained=True, root=tmp_path, ctx=two)
    assert net.collect_params().list_ctx() == two
    x = mx.nd.ones((1, 3, 8, 8))
    np.testing.assert_array_equal(net(x).asnumpy(), trained(x).asnumpy())


def test_the_folder_is_that_of_mxnet(trained, tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    trained.save_parameters(tmp_path / "models" / "resnet18_v1.params")
    monkeypatch.setenv("MXNET_HOME", str(tmp_path))
    assert small(pretrained=True).output.weight.list_ctx() == [mx.cpu(0)]


def test_without_a_file_the_error_says_where_one_may_be_put(tmp_path):
    message = (
        rf"The trained parameters of 'resnet18_v1' are not in {tmp_path}."
        r"\s+Expected a file resnet18_v1.params[\s\S]*pass its folder as root="
    )
    with pytest.raises(MissingFileError, match=message):
        small(pretrained=True, root=tmp_path)
