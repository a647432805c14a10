"""Show what gluonish is for, on real data: ``python tools/demo.py [--contexts 2] [--epochs 15] [--out DIR]``.

Trains the network of ``docs/examples/train_digits.py``, in which no input size is written down. On the way
the biases get another learning rate by a pattern on their names, and the network moves from several contexts
to one and on to three, while training goes on with its momentum. Writes ``training.png``.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from environment import ROOT, ensure

THREE = 3


def parse() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--contexts", type=int, default=2, help="logical devices to begin with (2)")
    parser.add_argument(
        "--epochs",
        type=int,
        default=15,
        help="passes over the training images (15); all moves are shown from 3 on",
    )
    parser.add_argument("--out", type=Path, default=Path.cwd(), help="where training.png goes (here)")
    arguments = parser.parse_args()
    if arguments.contexts < 1 or arguments.epochs < 1:
        parser.error("--contexts and --epochs must be 1 or more")
    return arguments


class Show:
    """Prints what happens: with a bar on a terminal, in plain lines otherwise."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415  not installed before ensure()

        self.console = Console(highlight=False)

    def title(self, text: str) -> None:
        """Print a heading."""
        self.console.print(f"\n{text}", style="bold", markup=False, soft_wrap=True)

    def text(self, text: str) -> None:
        """Print lines as they are."""
        self.console.print(text, markup=False, soft_wrap=True)

    def track(self, losses: Iterator[float], total: int, label: str) -> list[float]:
        """Use up an epoch's losses, showing how far it is, and return them."""
        if not self.console.is_terminal:
            return list(losses)
        from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415  see above

        columns = (TextColumn(label), BarColumn(), TextColumn("loss {task.fields[loss]:.4f}"))
        found = []
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(label, total=total, loss=float("nan"))
            for loss in losses:
                found.append(loss)
                progress.update(task, advance=1, loss=loss)
        return found


class Demo:
    """The run: a network, its trainer, and what was measured.

    Args:
        show: where to print.
        contexts: the number of logical devices to begin with.
        epochs: the number of passes over the training images.
    """

    def __init__(self, show: Show, contexts: int, epochs: int) -> None:
        import gluonish as mx  # noqa: PLC0415  not installed before ensure()

        sys.path.insert(0, str(ROOT / "docs" / "examples"))
        self.mx: Any = mx
        self.script: Any = importlib.import_module("train_digits")
        self.show = show
        self.epochs = epochs
        mx.random.seed(0)
        self.contexts = [mx.cpu(i) for i in range(contexts)]
        self.train, self.test = self.script.load(train=True), self.script.load(train=False)
        self.net = self.script.make_net()
        self.net.initialize(mx.init.Xavier(), ctx=self.contexts)
        self.trainer = self.script.make_trainer(self.net, epochs * len(self.train))
        self.history: list[dict[str, float]] = []
        self.marks: list[tuple[int, str]] = []

    def table(self) -> None:
        """Print the parameters as they are now."""
        from gluonish.gluon.tables import parameter_table  # noqa: PLC0415  not installed before ensure()

        self.show.text(str(parameter_table(self.net.collect_params().values())))

    def run(self) -> float:
        """Train, and return the accuracy on the test images."""
        self.show.title("Parameters before the first batch: no input size is known")
        self.table()
        first = max(1, self.epochs // 3)
        second = max(first, 2 * self.epochs // 3)
        for epoch in range(self.epochs):
            if epoch == first:
                self.change_rates()
                self.move([self.mx.cpu(0)])
            if epoch == second and second > first:
                self.move([self.mx.cpu(i) for i in range(THREE)])
            self.train_epoch(epoch)
        return self.history[-1]["accuracy"]

    def train_epoch(self, epoch: int) -> None:
        """Train for one pass and print how it went."""
        start = time.perf_counter()
        losses = self.script.train_epoch(self.net, self.trainer, self.train, self.contexts)
        if epoch == 0:
            losses = chain([next(losses)], losses)
            self.show.title("Parameters after the first batch: every axis was found")
            self.table()
            self.show.text("")
        found = self.show.track(losses, len(self.train), f"epoch {epoch + 1}/{self.epochs}")
        seconds = time.perf_counter() - start
        loss = sum(found) / len(found)
        accuracy = self.script.accuracy(self.net, self.test, self.contexts[0])
        self.history.append({"loss": loss, "accuracy": accuracy})
        self.show.text(
            f"epoch {epoch + 1:2}/{self.epochs}  loss {loss:.4f}  accuracy {accuracy:.4f}  "
            f"{seconds:.1f} s on {len(self.contexts)} context{'s' if len(self.contexts) > 1 else ''}"
        )

    def change_rates(self) -> None:
        """Give the biases twice the learning rate, by a pattern on their names."""
        self.show.title('net.collect_params(".*bias").setattr("lr_mult", 2)')
        self.net.collect_params(".*bias").setattr("lr_mult", 2)
        self.marks.append((len(self.history), "biases x2"))

    def move(self, contexts: list[Any]) -> None:
        """Move the network, with its momentum, to other contexts."""
        names = ", ".join(map(str, contexts))
        self.show.title(f"net.collect_params().reset_ctx([{names}])")
        self.net.collect_params().reset_ctx(contexts)
        self.contexts = contexts
        self.marks.append((len(self.history), f"{len(contexts)} context{'s' if len(contexts) > 1 else ''}"))

    def draw(self, path: Path) -> None:
        """Write the curves, and a few digits with what the network takes them for."""
        import matplotlib as mpl  # noqa: PLC0415  not installed before ensure()

        mpl.use("Agg")
        from matplotlib import pyplot as plt  # noqa: PLC0415  after the backend is chosen

        figure = plt.figure(figsize=(9, 6), layout="constrained")
        grid = figure.add_gridspec(3, 8)
        axes = figure.add_subplot(grid[:2, :])
        epochs = range(1, len(self.history) + 1)
        axes.plot(epochs, [each["loss"] for each in self.history], "C0o-", label="training loss")
        axes.set(xlabel="epoch", ylabel="loss", ylim=(0, None))
        other = axes.twinx()
        other.plot(epochs, [each["accuracy"] for each in self.history], "C1s-", label="test accuracy")
        other.set(ylabel="accuracy", ylim=(0, 1.02))
        heights = (0.12, 0.24, 0.36)
        for (at, what), height in zip(self.marks, heights, strict=False):
            axes.axvline(at + 0.5, color="grey", linewidth=0.8, linestyle=":")
            axes.text(at + 0.55, height, what, transform=axes.get_xaxis_transform(), color="grey")
        lines = [*axes.get_lines()[:1], *other.get_lines()]
        axes.legend(lines, [str(line.get_label()) for line in lines], loc="center right")
        images, labels = next(iter(self.test))
        guesses = self.net(images.as_in_context(self.contexts[0])).asnumpy().argmax(1)
        for i in range(8):
            cell = figure.add_subplot(grid[2, i])
            cell.imshow(images[i, 0].asnumpy(), cmap="gray_r")
            right = guesses[i] == int(labels[i].asscalar())
            cell.set_title(str(guesses[i]), color="black" if right else "red")
            cell.axis("off")
        figure.savefig(path, dpi=110)
        plt.close(figure)


def main() -> int:
    """Run the demo."""
    arguments = parse()
    ensure("viz")
    show = Show()
    demo = Demo(show, arguments.contexts, arguments.epochs)
    accuracy = demo.run()
    arguments.out.mkdir(parents=True, exist_ok=True)
    picture = arguments.out / "training.png"
    demo.draw(picture)
    show.text(f"\ncurves and digits: {picture}")
    show.text(f"test accuracy {accuracy:.4f}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        sys.exit(130)
