"""A program that is killed while it saves, again and again; test_killed.py runs it in a process of its own.

Usage: killed.py FOLDER KIND COUNT SEED. It saves a content, and then COUNT times forks a child that saves the
next content over it and is killed at a random point: before a random line of the save, or at a random moment.
After each the content is read, and must be the one before or the next. Prints how often it was which.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

import gluonish as mx
from gluonish.gluon import Checkpoint

SIZE = 20_000
PACKAGE = str(Path(mx.__file__).parent)


def arrays(content):
    return {f"w{i}": mx.nd.full((SIZE,), content) for i in range(4)}


def save_file(folder, content):
    mx.nd.save(folder / "x.safetensors", arrays(content))


def save_shards(folder, content):
    # One file, two or four: every kind of save comes after every other.
    mx.nd.save(
        folder / "x.safetensors", arrays(content), max_shard_size=(None, 2 * SIZE * 4, SIZE * 4)[content % 3]
    )


def save_params(folder, content):
    mx.nd.save(folder / "x.params", arrays(content))


def save_checkpoint(folder, content):
    net = mx.gluon.nn.Dense(1, in_units=SIZE)
    net.initialize(mx.init.Constant(content))
    Checkpoint(folder, keep_last=2).save(content, net, info={"content": content})


def read_file(folder):
    (name,) = {each.name for each in (folder / "x.safetensors", folder / "x.params") if each.exists()} or {
        "x.safetensors"
    }
    return contents_of(mx.nd.load(folder / name))


def contents_of(found):
    (content,) = {
        float(value) for array in found.values() for value in (array[0].asscalar(), array[-1].asscalar())
    }
    assert len(found) == 4
    return content


def read_checkpoint(folder):
    net = mx.gluon.nn.Dense(1, in_units=SIZE)
    saved = Checkpoint(folder).load(net)
    values = net.weight.data().asnumpy()
    assert values.min() == values.max() == saved.info["content"] == saved.number
    return saved.number


KINDS = {
    "file": (save_file, read_file),
    "shards": (save_shards, read_file),
    "params": (save_params, read_file),
    "checkpoint": (save_checkpoint, read_checkpoint),
}


def count_lines(save, folder, content):
    """Return how many lines of the package a save runs."""
    lines = 0

    def trace(frame, event, argument):
        nonlocal lines
        lines += event == "line"
        return trace if frame.f_code.co_filename.startswith(PACKAGE) else None

    sys.settrace(trace)
    save(folder, content)
    sys.settrace(None)
    return lines


def die_before_line(number):
    """Kill this process before the line of that number."""
    lines = 0

    def trace(frame, event, argument):
        nonlocal lines
        if event == "line":
            lines += 1
            if lines == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace if frame.f_code.co_filename.startswith(PACKAGE) else None

    sys.settrace(trace)


def run_and_die(save, folder, content, line, moment):
    """Save in a child process, which ends before a line if one is given, else at a moment."""
    try:
        if line is not None:
            die_before_line(line)
        else:
            # The kernel ends the process then, in the middle of whatever it does.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, moment)
        save(folder, content)
    except BaseException:  # noqa: BLE001  whatever it is, this process must not go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main(folder, kind, count, seed):
    save, read = KINDS[kind]
    choose = random.Random(seed)
    folder.mkdir(exist_ok=True)
    save(folder, 0)
    lines = count_lines(save, folder, 1)
    start = time.perf_counter()
    save(folder, 2)
    duration = time.perf_counter() - start
    current, outcomes = 2, {"old": 0, "new": 0}
    for attempt in range(count):
        # Half of the lines are among the last, where the new content takes the place of the old one.
        line = choose.randrange(1 if attempt % 4 == 1 else lines * 7 // 8, lines + 1)
        moment = choose.uniform(1e-6, 3 * duration)
        child = os.fork()
        if not child:
            run_and_die(save, folder, current + 1, line if attempt % 2 else None, moment)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the save failed of itself"
        found = read(folder)
        assert found in (current, current + 1), f"{found} after {current}"
        outcomes["new" if found > current else "old"] += 1
        current = int(found)
    return outcomes


if __name__ == "__main__":
    given = sys.argv
    print(json.dumps(main(Path(given[1]), given[2], int(given[3]), int(given[4]))))  # noqa: T201
