"""Train LeNet on Fashion-MNIST: ``python docs/examples/train_fashion.py [--epochs 5] [--device gpu]``."""

import argparse
import time

import gluonish as mx
from gluonish import autograd, gluon
from gluonish.gluon import nn


def make_net():
    """Return LeNet: LeCun et al., Gradient-based learning applied to document recognition (1998)."""
    net = nn.HybridSequential(prefix="lenet_")
    with net.name_scope():
        net.add(
            nn.Conv2D(20, kernel_size=5, activation="relu"),
            nn.MaxPool2D(pool_size=2, strides=2),
            nn.Conv2D(50, kernel_size=5, activation="relu"),
            nn.MaxPool2D(pool_size=2, strides=2),
            nn.Dense(500, activation="relu"),
            nn.Dense(10),
        )
    return net


def load(root, train, batch_size):
    images = (
        gluon.data.vision.FashionMNIST(root, train=train)
        if root
        else gluon.data.vision.FashionMNIST(train=train)
    )
    images = images.transform_first(gluon.data.vision.transforms.ToTensor())
    return gluon.data.DataLoader(images, batch_size, shuffle=train, num_workers=1, thread_pool=True)


def train_epoch(net, trainer, batches, contexts):
    cross_entropy = gluon.loss.SoftmaxCrossEntropyLoss()
    average = mx.metric.Loss()
    for images, labels in batches:
        parts = gluon.utils.split_and_load(images, contexts, even_split=False)
        targets = gluon.utils.split_and_load(labels, contexts, even_split=False)
        with autograd.record():
            losses = [cross_entropy(net(x), y) for x, y in zip(parts, targets, strict=True)]
        autograd.backward(losses)
        trainer.step(len(images))
        average.update(None, losses)
    return average.get()[1]


def accuracy(net, batches, context):
    metric = mx.metric.Accuracy()
    for images, labels in batches:
        metric.update(labels, net(images.as_in_context(context)))
    return metric.get()[1]


def main():
    parser = argparse.ArgumentParser(description="Train LeNet on Fashion-MNIST.")
    parser.add_argument("--root", help="folder with the idx files; found by default where Debian puts them")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--contexts", type=int, default=1)
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu")
    arguments = parser.parse_args()
    mx.random.seed(0)
    contexts = [mx.Context(arguments.device, i) for i in range(arguments.contexts)]
    train, test = load(arguments.root, True, 128), load(arguments.root, False, 500)
    net = make_net()
    net.initialize(mx.init.Xavier(), ctx=contexts)
    schedule = mx.lr_scheduler.CosineScheduler(arguments.epochs * len(train), base_lr=0.1, final_lr=0.001)
    settings = {"momentum": 0.9, "wd": 1e-4, "lr_scheduler": schedule}
    trainer = gluon.Trainer(net.collect_params(), "sgd", settings)
    for epoch in range(arguments.epochs):
        start = time.perf_counter()
        loss = train_epoch(net, trainer, train, contexts)
        print(f"epoch {epoch + 1}: loss {loss:.4f}, {time.perf_counter() - start:.1f} s", flush=True)
    print(f"test accuracy {accuracy(net, test, contexts[0]):.4f}")


if __name__ == "__main__":
    main()
