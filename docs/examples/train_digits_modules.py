"""Train a small convolutional network on handwritten digits, in the style of torch, on several devices."""

import gluonish as torch
from gluonish import gluon, nn, optim

F = nn.functional


class Net(nn.Module):
    """Nobody writes down an input size: lazy layers find their own in the first batch."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.LazyConv2d(16, 3, padding=1)
        self.conv2 = nn.LazyConv2d(32, 3, padding=1)
        self.norm = nn.LazyBatchNorm2d()
        self.hidden = nn.LazyLinear(64)
        self.output = nn.LazyLinear(10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.norm(self.conv2(x))), 2)
        return self.output(F.relu(self.hidden(x.flatten(1))))


def load(train, batch_size=96):
    digits = gluon.data.vision.Digits(train=train)
    digits = digits.transform_first(lambda image: image.transpose((2, 0, 1)).astype("float32") / 16)
    return gluon.data.DataLoader(digits, batch_size, shuffle=train)


def train_epoch(net, optimizer, batches, devices):
    net.train()
    for images, labels in batches:
        parts = gluon.utils.split_and_load(images, devices, even_split=False)
        targets = gluon.utils.split_and_load(labels, devices, even_split=False)
        optimizer.zero_grad()
        losses = [
            F.cross_entropy(net(torch.tensor(x)), torch.tensor(y).long(), reduction="sum") / len(images)
            for x, y in zip(parts, targets, strict=True)
        ]
        for loss in losses:
            loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        yield sum(loss.item() for loss in losses)


def accuracy(net, batches):
    net.eval()
    right = total = 0
    with torch.no_grad():
        for images, labels in batches:
            found = net(torch.tensor(images)).argmax(1)
            right += (found == torch.tensor(labels).long()).sum().item()
            total += len(labels)
    return right / total


def main(epochs=8, devices=None):
    torch.manual_seed(0)
    devices = devices or [torch.cpu(0), torch.cpu(1)]
    net, train, test = Net().to(devices), load(train=True), load(train=False)
    optimizer = optim.AdamW(net.parameters(), lr=3e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    for epoch in range(epochs):
        losses = list(train_epoch(net, optimizer, train, devices))
        schedule.step()
        print(f"epoch {epoch}: loss {sum(losses) / len(losses):.4f}, test accuracy {accuracy(net, test):.4f}")
    return accuracy(net, test)


if __name__ == "__main__":
    main()
