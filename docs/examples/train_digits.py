"""Train a small convolutional network on handwritten digits, on several contexts."""

import gluonish as mx
from gluonish import autograd, gluon
from gluonish.gluon import nn


def make_net():
    """Nobody writes down an input size: every layer finds its own in the first batch."""
    net = nn.HybridSequential(prefix="digits_")
    with net.name_scope():
        net.add(
            nn.Conv2D(16, kernel_size=3, padding=1, activation="relu"),
            nn.Conv2D(32, kernel_size=3, padding=1, activation="relu"),
            nn.MaxPool2D(pool_size=2),
            nn.Dense(64, activation="relu"),
            nn.Dropout(0.2),
            nn.Dense(10),
        )
    return net


def load(train, batch_size=96):
    digits = gluon.data.vision.Digits(train=train)
    digits = digits.transform_first(lambda image: image.transpose((2, 0, 1)).astype("float32") / 16)
    return gluon.data.DataLoader(digits, batch_size, shuffle=train)


def train_epoch(net, trainer, batches, contexts):
    cross_entropy = gluon.loss.SoftmaxCrossEntropyLoss()
    for images, labels in batches:
        parts = gluon.utils.split_and_load(images, contexts, even_split=False)
        targets = gluon.utils.split_and_load(labels, contexts, even_split=False)
        with autograd.record():
            losses = [cross_entropy(net(x), y) for x, y in zip(parts, targets, strict=True)]
        autograd.backward(losses)
        trainer.step(len(images))
        yield sum(float(loss.sum().asscalar()) for loss in losses) / len(images)


def accuracy(net, batches, context):
    metric = mx.metric.Accuracy()
    for images, labels in batches:
        metric.update(labels, net(images.as_in_context(context)))
    return metric.get()[1]


def make_trainer(net, updates):
    rate = mx.lr_scheduler.CosineScheduler(max_update=updates, base_lr=0.15, final_lr=0.002)
    return gluon.Trainer(net.collect_params(), "sgd", {"momentum": 0.9, "lr_scheduler": rate})


def main(epochs=15, contexts=None):
    mx.random.seed(0)
    contexts = contexts or [mx.cpu(0), mx.cpu(1)]
    net, train, test = make_net(), load(train=True), load(train=False)
    net.initialize(mx.init.Xavier(), ctx=contexts)
    trainer = make_trainer(net, epochs * len(train))
    for epoch in range(epochs):
        losses = list(train_epoch(net, trainer, train, contexts))
        print(f"epoch {epoch + 1}: loss {sum(losses) / len(losses):.4f}")
    print(f"test accuracy {accuracy(net, test, contexts[0]):.4f}")


if __name__ == "__main__":
    main()
