"""Larger networks that Apache MXNet has exported: read, run and trained here with equal results.

Their arrays are drawn by a formula on both sides; see ``tools/make_golden_networks.py``.
"""

from __future__ import annotations

import numpy as np
import pytest
from golden import GOLDEN, known

import gluonish as mx
from gluonish import nd, sym
from gluonish.gluon import SymbolBlock
from tests import networks_by_formula as formula

KNOWN = known("networks.json")

every_network = pytest.mark.parametrize("name", KNOWN)


def read(name):
    """Return the symbol, the input, and the arrays by name."""
    symbol = sym.load(GOLDEN / f"{name}-symbol.json")
    data = formula.INPUTS[name]()
    shapes, _, states = symbol.infer_shape(data=data.shape)
    names = [*symbol.list_arguments(), *symbol.list_auxiliary_states()]
    return symbol, nd.array(data), formula.arrays(dict(zip(names, [*shapes, *states], strict=True)))


def close(found, wanted, tolerance=1e-4):
    wanted = np.array(wanted)
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * np.abs(wanted).max())


@every_network
def test_an_executor_computes_outputs_gradients_and_states_as_mxnet_does(name):
    symbol, data, arrays = read(name)
    wanted = {each: "write" for each in symbol.list_arguments() if each != "data"}
    exe = symbol.simple_bind(mx.cpu(), wanted, data=data.shape)
    exe.copy_params_from(
        {key: nd.array(each) for key, each in arrays.items() if key in exe.arg_dict},
        {key: nd.array(each) for key, each in arrays.items() if key in exe.aux_dict},
    )
    known = KNOWN[name]
    close(exe.forward(data=data)[0].asnumpy(), known["predicted"])
    close(exe.forward(is_train=True)[0].asnumpy(), known["trained"], 1e-3)
    exe.backward(nd.array(formula.heads(exe.outputs[0].shape)))
    for key, (total, size) in known["gradients"].items():
        gradient = exe.grad_dict[key].asnumpy().astype("float64")
        assert np.abs(gradient).sum() == pytest.approx(size, rel=1e-3, abs=1e-3)
        assert gradient.sum() == pytest.approx(total, abs=1e-3 * size + 1e-3)
    for key, total in known["states"].items():
        assert exe.aux_dict[key].asnumpy().sum() == pytest.approx(total, rel=1e-3, abs=1e-4)


def files(name, folder):
    """Write the parameters of a network; return the paths of graph and parameters."""
    symbol, _, arrays = read(name)
    states = symbol.list_auxiliary_states()
    keys = {key: f"aux:{key}" if key in states else f"arg:{key}" for key in arrays}
    path = folder / f"{name}-0000.params"
    nd.save(path, {keys[key]: nd.array(each) for key, each in arrays.items()})
    return GOLDEN / f"{name}-symbol.json", path


@every_network
def test_a_block_is_imported_and_exported_again(name, tmp_path):
    graph, parameters = files(name, tmp_path)
    block = SymbolBlock.imports(graph, "data", parameters)
    data = nd.array(formula.INPUTS[name]())
    close(block(data).asnumpy(), KNOWN[name]["predicted"])
    block.hybridize()
    block(data)
    block.export(tmp_path / "again")
    again = SymbolBlock.imports(tmp_path / "again-symbol.json", "data", tmp_path / "again-0000.params")
    assert again(data).asnumpy().tolist() == block(data).asnumpy().tolist()


def test_a_network_is_exported_to_the_text_that_mxnet_exports_it_to(tmp_path):
    net = mx.gluon.model_zoo.vision.resnet18_v1(classes=10, thumbnail=True, prefix="resnet_")
    net.initialize()
    net.hybridize()
    net(nd.array(formula.INPUTS["resnet18"]()))
    net.export(tmp_path / "net")
    assert (tmp_path / "net-symbol.json").read_text() == (GOLDEN / "resnet18-symbol.json").read_text()
