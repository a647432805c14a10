"""Train a character-level language model from LSTM cells, with clipped gradients, as Gluon programs do.

It runs unchanged under Apache MXNet 1.9.1 (``python language_model.py``) and under gluonish
(``python -m gluonish run language_model.py``).
"""

import argparse
import math
import os
import time

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn

TEXT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "LICENSE")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", default=TEXT, help="the file to learn")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--bptt", type=int, default=25, help="characters per step")
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--clip", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


class LanguageModel(gluon.Block):
    """Embedding, two LSTM cells with dropout between them, and an output layer."""

    def __init__(self, vocabulary, hidden, **kwargs):
        super(LanguageModel, self).__init__(**kwargs)
        with self.name_scope():
            self.embedding = nn.Embedding(vocabulary, hidden, weight_initializer=mx.init.Uniform(0.1))
            self.cells = rnn.SequentialRNNCell()
            with self.cells.name_scope():
                self.cells.add(rnn.LSTMCell(hidden))
                self.cells.add(rnn.DropoutCell(0.1))
                self.cells.add(rnn.LSTMCell(hidden))
            self.output = nn.Dense(vocabulary, flatten=False)

    def forward(self, inputs, states):
        embedded = self.embedding(inputs)
        outputs, states = self.cells.unroll(
            inputs.shape[1], embedded, begin_state=states, layout="NTC", merge_outputs=True
        )
        return self.output(outputs), states

    def begin_state(self, batch_size, ctx):
        return self.cells.begin_state(batch_size=batch_size, func=mx.nd.zeros, ctx=ctx)


def read(path, batch_size):
    """Return the text as rows of character numbers that continue from batch to batch."""
    with open(path) as file:
        text = file.read()
    characters = sorted(set(text))
    numbers = np.array([characters.index(each) for each in text], dtype="float32")
    length = len(numbers) // batch_size
    return nd.array(numbers[: batch_size * length].reshape(batch_size, length)), len(characters)


def main():
    args = parse()
    mx.random.seed(args.seed)
    np.random.seed(args.seed)
    ctx = mx.cpu()
    data, vocabulary = read(args.text, args.batch_size)

    model = LanguageModel(vocabulary, args.hidden, prefix="lm_")
    model.initialize(mx.init.Xavier(), ctx=ctx)
    trainer = gluon.Trainer(model.collect_params(), "adam", {"learning_rate": 0.005})
    criterion = gluon.loss.SoftmaxCrossEntropyLoss()
    params = [p for p in model.collect_params().values() if p.grad_req != "null"]

    for epoch in range(args.epochs):
        start, total, count = time.time(), 0.0, 0
        states = model.begin_state(args.batch_size, ctx)
        for at in range(0, data.shape[1] - 1 - args.bptt, args.bptt):
            inputs = data[:, at : at + args.bptt]
            targets = data[:, at + 1 : at + 1 + args.bptt]
            states = [state.detach() for state in states]
            with autograd.record():
                predictions, states = model(inputs, states)
                loss = criterion(predictions, targets)
            loss.backward()
            gluon.utils.clip_global_norm([p.grad(ctx) for p in params], args.clip * args.batch_size)
            trainer.step(args.batch_size)
            total += loss.sum().asscalar()
            count += args.batch_size
        mean = total / count
        if (epoch + 1) % 5 == 0:
            print(
                "epoch %d: loss %.4f, perplexity %.2f, %.1f s"
                % (epoch + 1, mean, math.exp(mean), time.time() - start)
            )
    print("final loss %.4f" % mean)


if __name__ == "__main__":
    main()
