"""Factorise a matrix of ratings with sparse embeddings, as Gluon programs do.

It runs unchanged under Apache MXNet 1.9.1 (``python matrix_factorisation.py``) and under gluonish
(``python -m gluonish run matrix_factorisation.py``).

The ratings are made up: products of hidden factors, with noise. First factors are drawn by NumPy, so all runs
from one seed have one start.
"""

import argparse
import time

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--ratings", type=int, default=40000)
    parser.add_argument("--factors", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=500)
    parser.add_argument("--optimizer", default="adam", choices=["sgd", "adam", "adagrad"])
    parser.add_argument("--lr", type=float, default=0.02)
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


class Factors(gluon.Block):
    """Predicts a rating as the product of a user's and an item's factors, plus the item's offset.

    The users' factors are row-sparse themselves; those of the items are dense, with a row-sparse gradient.
    """

    def __init__(self, users, items, factors, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.users = gluon.contrib.nn.SparseEmbedding(users, factors)
            self.items = nn.Embedding(items, factors, sparse_grad=True)
            self.offsets = nn.Embedding(items, 1, sparse_grad=True)

    def forward(self, user, item):
        product = (self.users(user) * self.items(item)).sum(axis=1)
        return product + self.offsets(item).reshape((-1,))


def make_ratings(args, random):
    """Return users, items and ratings."""
    rank = 3
    of_users, of_items = (random.normal(0, 1, (n, rank)) for n in (args.users, args.items))
    users, items = random.randint(0, args.users, args.ratings), random.randint(0, args.items, args.ratings)
    ratings = (of_users[users] * of_items[items]).sum(axis=1) + random.normal(0, 0.1, args.ratings)
    return [each.astype("float32") for each in (users, items, ratings)]


def set_start(net, random):
    """Give the network first factors that do not depend on the library."""
    for parameter in (net.users.weight, net.items.weight):
        parameter.set_data(nd.array(random.normal(0, 0.3, parameter.shape)))


def train_epoch(net, trainer, batches, contexts):
    loss_of, total, count = gluon.loss.L2Loss(), 0.0, 0
    for users, items, ratings in batches:
        parts = [gluon.utils.split_and_load(each, contexts) for each in (users, items, ratings)]
        with autograd.record():
            losses = [loss_of(net(user, item), rating) for user, item, rating in zip(*parts)]
        autograd.backward(losses)
        trainer.step(len(ratings))
        total += sum(float(each.sum().asscalar()) for each in losses)
        count += len(ratings)
    return total / count


def main():
    args = parse()
    random = np.random.RandomState(args.seed)
    contexts = [mx.cpu(i) for i in range(args.devices)]
    data = gluon.data.ArrayDataset(*make_ratings(args, random))
    batches = gluon.data.DataLoader(data, args.batch_size, shuffle=False)
    net = Factors(args.users, args.items, args.factors)
    net.initialize(mx.init.Zero(), ctx=contexts)
    trainer = gluon.Trainer(net.collect_params(), args.optimizer, {"learning_rate": args.lr})
    set_start(net, random)
    for epoch in range(args.epochs):
        begin = time.time()
        loss = train_epoch(net, trainer, batches, contexts)
        print(f"epoch {epoch} loss {loss:.5f} ({time.time() - begin:.1f} s)")
    rows = net.items.weight.list_grad()[0]
    print(f"the last gradient has {rows.indices.shape[0]} of {args.items} rows")
    print(f"final loss {loss:.4f}")


if __name__ == "__main__":
    main()
