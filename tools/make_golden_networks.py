"""Write larger networks for tests/data/mxnet with Apache MXNet: ``python make_golden_networks.py DIR``.

It runs in an environment of its own, with ``mxnet==1.9.1`` and ``numpy<1.24``, and needs nothing of gluonish.
A ResNet-18 and an LSTM are exported; only their graphs are kept, ``resnet18-symbol.json`` and
``lstm-symbol.json``. Their arrays are drawn by ``tests/networks_by_formula.py``, which is given as the second
argument, and which the tests use too. ``networks.json`` has what MXNet computes: outputs in prediction and in
training, states after a step of training, and for each gradient its sum and that of its absolute values.

``--check DIR`` reads networks that gluonish has exported, with arrays, and prints how far MXNet's outputs are
from those in ``networks.json`` beside them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
from pathlib import Path
from typing import Any

import mxnet as mx  # type: ignore[import-not-found]
import numpy as np
from mxnet.gluon import SymbolBlock, nn, rnn  # type: ignore[import-not-found]


def lstm() -> Any:
    """Return a network that labels words by two bidirectional layers."""
    net = nn.HybridSequential(prefix="tagger_")
    with net.name_scope():
        net.add(
            nn.Embedding(11, 4),
            rnn.LSTM(5, num_layers=2, bidirectional=True, layout="NTC"),
            nn.Dense(3, flatten=False),
        )
    return net


def resnet18() -> Any:
    """Return a ResNet-18 for small images."""
    return mx.gluon.model_zoo.vision.resnet18_v1(classes=10, thumbnail=True, prefix="resnet_")


CASES = {"resnet18": resnet18, "lstm": lstm}


def graph_of(net: Any, data: Any) -> tuple[Any, str]:
    """Return the symbol of a network and its text, as it is exported."""
    net.initialize()
    net.hybridize()
    net(data)
    with tempfile.TemporaryDirectory() as folder:
        net.export(f"{folder}/net")
        text = Path(f"{folder}/net-symbol.json").read_text(encoding="utf-8")
    return mx.sym.load_json(text), text


def computed(symbol: Any, data: Any, arrays: dict[str, Any], heads: Any) -> dict[str, Any]:
    """Return what an executor computes."""
    wanted = {name: "write" for name in symbol.list_arguments() if name != "data"}
    exe = symbol.simple_bind(mx.cpu(), wanted, data=data.shape)
    exe.copy_params_from(
        {k: mx.nd.array(v) for k, v in arrays.items() if k in exe.arg_dict},
        {k: mx.nd.array(v) for k, v in arrays.items() if k in exe.aux_dict},
    )
    predicted = exe.forward(is_train=False, data=data)[0].asnumpy()
    trained = exe.forward(is_train=True)[0].asnumpy()
    exe.backward(mx.nd.array(heads(trained.shape)))
    gradients = {name: g.asnumpy().astype("float64") for name, g in exe.grad_dict.items() if g is not None}
    return {
        "predicted": predicted.tolist(),
        "trained": trained.tolist(),
        "gradients": {name: [g.sum(), np.abs(g).sum()] for name, g in gradients.items()},
        "states": {name: float(s.asnumpy().astype("float64").sum()) for name, s in exe.aux_dict.items()},
    }


def write(folder: Path, formula: Any) -> None:
    """Write all networks to a folder."""
    known = {}
    for name, make in CASES.items():
        data = mx.nd.array(formula.INPUTS[name]())
        symbol, text = graph_of(make(), data)
        shapes, _, states = symbol.infer_shape(data=data.shape)
        names = [*symbol.list_arguments(), *symbol.list_auxiliary_states()]
        arrays = formula.arrays(dict(zip(names, [*shapes, *states], strict=True)))
        known[name] = computed(symbol, data, arrays, formula.heads)
        (folder / f"{name}-symbol.json").write_text(text, encoding="utf-8")
    (folder / "networks.json").write_text(json.dumps(known) + "\n", encoding="utf-8")


def check(folder: Path, formula: Any) -> None:
    """Run networks that gluonish has exported, and print the largest errors."""
    known = json.loads((folder / "networks.json").read_text(encoding="utf-8"))
    for name, values in known.items():
        block = SymbolBlock.imports(
            str(folder / f"{name}-symbol.json"), ["data"], str(folder / f"{name}-0000.params")
        )
        found = block(mx.nd.array(formula.INPUTS[name]())).asnumpy()
        print(name, float(np.abs(found - np.array(values["predicted"])).max()))


def main() -> None:
    """Write the files, or check others."""
    parser = argparse.ArgumentParser(description="Make larger golden networks with Apache MXNet.")
    parser.add_argument("folder", type=Path, help="where the files go, or are")
    parser.add_argument("formula", type=Path, help="tests/networks_by_formula.py")
    parser.add_argument("--check", action="store_true", help="check networks that gluonish has exported")
    arguments = parser.parse_args()
    spec = importlib.util.spec_from_file_location("formula", arguments.formula)
    assert spec is not None
    assert spec.loader is not None
    formula = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(formula)
    (check if arguments.check else write)(arguments.folder, formula)


if __name__ == "__main__":
    main()
