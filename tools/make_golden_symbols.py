"""Write exported networks for tests/data/mxnet with Apache MXNet: ``python make_golden_symbols.py DIR``.

It runs in an environment of its own, with ``mxnet==1.9.1`` and ``numpy<1.24``, and needs nothing of gluonish.
The files are kept in the repository; this is how to make them again. ``exported.json`` has inputs and
outputs, as MXNet prints them. ``--check DIR`` runs networks that gluonish has exported, with an
``exported.json`` of the same form beside them, and prints how far MXNet's outputs are from those in it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import mxnet as mx  # type: ignore[import-not-found]
import numpy as np
from mxnet.gluon import HybridBlock, SymbolBlock, nn, rnn  # type: ignore[import-not-found]


class TwoInputs(HybridBlock):  # type: ignore[misc]
    """Words and weights of them in, two outputs out; operators of many forms."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.embed = nn.Embedding(7, 4)
            self.norm = nn.LayerNorm()
            self.gain = self.params.get("gain", shape=(1, 1, 4), init=mx.init.Constant(1.5))
            self.top = nn.Dense(3, flatten=False, activation="tanh")

    def hybrid_forward(self, F: Any, words: Any, weights: Any, gain: Any) -> Any:
        """Compute."""
        x = F.broadcast_mul(self.embed(words), gain)
        x = self.norm(x) * 0.5 + F.expand_dims(weights, axis=2).tile((1, 1, 4))
        first, second = F.split(x, num_outputs=2, axis=2)
        return self.top(F.concat(first, second, F.zeros((2, 3, 1)), dim=2)), (1 - first) / 2


STEPS = 3


class Loops(HybridBlock):  # type: ignore[misc]
    """A loop in a loop over the steps of a cell, a loop with a condition, and a branch."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.cell = rnn.RNNCell(2, input_size=2)
            self.gain = self.params.get("gain", shape=(1,), init=mx.init.Constant(1.5))

    def hybrid_forward(self, F: Any, data: Any, state: Any, gain: Any) -> Any:
        """Compute."""
        double = gain * 2

        def inner(row: Any, total: Any) -> Any:
            return F.broadcast_mul(row, double), total + row

        def step(row: Any, states: Any) -> Any:
            y, (s,) = self.cell(row, states[:1])
            scaled, total = F.contrib.foreach(inner, y, states[1])
            return [scaled, y], [s, total]

        (scaled, ys), (last, total) = F.contrib.foreach(step, data, [state, F.zeros((2,))])
        sums, (count, _) = F.contrib.while_loop(
            lambda i, _: i < STEPS,
            lambda i, s: (s + i, [i + 1, s * gain]),
            [F.zeros((1,)), F.sum(ys)],
            max_iterations=STEPS,  # as many steps as there are: MXNet leaves the rows of others as they are
        )
        chosen = F.contrib.cond(F.sum(total) > 0, lambda: last + 1, lambda: last - 1)
        return scaled, sums, count, chosen


def convnet() -> Any:
    """Return a network with states, and with layers that behave otherwise in training."""
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(
            nn.Conv2D(3, kernel_size=3, padding=1, activation="relu"),
            nn.BatchNorm(),
            nn.MaxPool2D(),
            nn.Dropout(0.5),
            nn.Dense(4),
        )
    return net


def ramp(*shape: int) -> Any:
    """Return numbers from -5 to 5 in a scrambled order that repeats after 11, divided by 10."""
    return mx.nd.array(((np.arange(np.prod(shape)) * 7) % 11 - 5).reshape(shape) / 10)


CASES: dict[str, Any] = {
    "convnet": (convnet, lambda: [ramp(2, 2, 4, 4)]),
    "two_inputs": (
        lambda: TwoInputs(prefix="two_"),
        lambda: [mx.nd.array([[0, 1, 2], [6, 5, 3]]), ramp(2, 3)],
    ),
    "loops": (lambda: Loops(prefix="loops_"), lambda: [ramp(3, 2, 2), ramp(2, 2)]),
}


def as_lists(arrays: Any) -> Any:
    """Return arrays as nested lists of numbers."""
    return [array.asnumpy().round(6).tolist() for array in arrays]


def write(folder: Path) -> None:
    """Write all networks to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {}
    for name, (make, inputs) in CASES.items():
        net, arrays = make(), inputs()
        net.initialize()
        net.hybridize()
        net(*arrays)
        for i, (key, parameter) in enumerate(net.collect_params().items(), start=1):
            spread = ramp(*parameter.shape) * (i % 3 + 1)
            parameter.set_data(spread * spread + 0.5 if key.endswith("var") else spread)
        outputs = net(*arrays)
        net.export(str(folder / name))
        known[name] = {
            "inputs": as_lists(arrays),
            "outputs": as_lists(outputs if isinstance(outputs, (list, tuple)) else [outputs]),
        }
    (folder / "exported.json").write_text(json.dumps(known) + "\n", encoding="utf-8")


def check(folder: Path) -> None:
    """Run networks that gluonish has exported, and print the largest errors."""
    known = json.loads((folder / "exported.json").read_text(encoding="utf-8"))
    for name, values in known.items():
        inputs = [mx.nd.array(each) for each in values["inputs"]]
        names = ["data"] if len(inputs) == 1 else [f"data{i}" for i in range(len(inputs))]
        files = [str(folder / f"{name}-{rest}") for rest in ("symbol.json", "0000.params")]
        outputs = SymbolBlock.imports(files[0], names, files[1])(*inputs)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        pairs = zip(outputs, values["outputs"], strict=True)
        print(name, max(float(np.abs(a.asnumpy() - np.array(b)).max()) for a, b in pairs))


def main() -> None:
    """Write the files, or check others."""
    parser = argparse.ArgumentParser(description="Make golden exported networks with Apache MXNet.")
    parser.add_argument("folder", type=Path, nargs="?", help="where the files go")
    parser.add_argument("--check", type=Path, help="a folder of networks that gluonish has exported")
    arguments = parser.parse_args()
    if arguments.check is not None:
        check(arguments.check)
    if arguments.folder is not None:
        write(arguments.folder)


if __name__ == "__main__":
    main()
