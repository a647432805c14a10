"""Train a convolutional network on Fashion-MNIST, on several devices, as Gluon programs do.

It runs unchanged under Apache MXNet 1.9.1 (``python image_training.py``) and under gluonish
(``python -m gluonish run image_training.py``).
"""

import argparse
import gzip
import os
import struct
import time

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="folder of the idx files")
    parser.add_argument("--images", type=int, default=6000, help="training images to use")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--devices", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def build_net():
    net = nn.HybridSequential(prefix="fashion_")
    with net.name_scope():
        net.add(
            nn.Conv2D(channels=16, kernel_size=5, activation="relu"),
            nn.MaxPool2D(pool_size=2, strides=2),
            nn.Conv2D(channels=32, kernel_size=3),
            nn.BatchNorm(),
            nn.Activation("relu"),
            nn.MaxPool2D(pool_size=2, strides=2),
            nn.Flatten(),
            nn.Dense(64, activation="relu"),
            nn.Dropout(0.25),
            nn.Dense(10),
        )
    return net


def read_idx(path):
    """Return the array in a gzipped idx file."""
    with gzip.open(path) as file:
        axes = struct.unpack(">HBB", file.read(4))[2]
        shape = struct.unpack(">" + "I" * axes, file.read(4 * axes))
        return np.frombuffer(file.read(), dtype=np.uint8).reshape(shape)


def load(folder, kind, count):
    images = read_idx(os.path.join(folder, kind + "-images-idx3-ubyte.gz"))[:count]
    labels = read_idx(os.path.join(folder, kind + "-labels-idx1-ubyte.gz"))[:count]
    images = nd.array(images, dtype="float32").expand_dims(1) / 255
    return gluon.data.ArrayDataset(images, nd.array(labels, dtype="float32"))


def loaders(args):
    train = load(args.data, "train", args.images)
    test = load(args.data, "t10k", 1000)
    return (
        gluon.data.DataLoader(train, batch_size=args.batch_size, shuffle=True, last_batch="discard"),
        gluon.data.DataLoader(test, batch_size=args.batch_size),
    )


def evaluate(net, data, ctx):
    metric = mx.metric.Accuracy()
    for images, labels in data:
        xs = gluon.utils.split_and_load(images, ctx_list=ctx, batch_axis=0)
        ys = gluon.utils.split_and_load(labels, ctx_list=ctx, batch_axis=0)
        metric.update(ys, [net(x) for x in xs])
    return metric.get()


def main():
    args = parse()
    mx.random.seed(args.seed)
    ctx = [mx.cpu(i) for i in range(args.devices)]
    train_data, test_data = loaders(args)

    net = build_net()
    net.initialize(mx.init.Xavier(magnitude=2.24), ctx=ctx)
    net.collect_params(".*bias|.*beta").setattr("lr_mult", 2.0)
    net.collect_params(".*bias|.*beta|.*gamma").setattr("wd_mult", 0.0)

    steps = len(train_data) * args.epochs
    schedule = mx.lr_scheduler.MultiFactorScheduler(
        step=[steps // 2, steps * 3 // 4], factor=0.3, base_lr=0.05, warmup_steps=10, warmup_begin_lr=0.005
    )
    trainer = gluon.Trainer(
        net.collect_params(), "sgd", {"momentum": 0.9, "wd": 1e-4, "lr_scheduler": schedule}
    )
    criterion = gluon.loss.SoftmaxCrossEntropyLoss()

    for epoch in range(args.epochs):
        start, total, count = time.time(), 0.0, 0
        for images, labels in train_data:
            xs = gluon.utils.split_and_load(images, ctx_list=ctx, batch_axis=0)
            ys = gluon.utils.split_and_load(labels, ctx_list=ctx, batch_axis=0)
            with autograd.record():
                losses = [criterion(net(x), y) for x, y in zip(xs, ys)]
            for loss in losses:
                loss.backward()
            trainer.step(args.batch_size)
            total += sum(loss.sum().asscalar() for loss in losses)
            count += args.batch_size
        name, accuracy = evaluate(net, test_data, ctx)
        print(
            "epoch %d: loss %.4f, test %s %.3f, lr %.4f, %.1f s"
            % (epoch + 1, total / count, name, accuracy, trainer.learning_rate, time.time() - start)
        )
    print("final loss %.4f" % (total / count))


if __name__ == "__main__":
    main()
