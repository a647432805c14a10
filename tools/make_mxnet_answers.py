"""Ask Apache MXNet the questions under tests/data/mxnet/answers: ``python make_mxnet_answers.py FILE ...``.

Each file is a JSON dictionary from questions to answers. A new question is added with the answer ``null``;
this fills in all answers. It runs in an environment of its own, with ``mxnet==1.9.1`` and ``numpy<1.24``, and
needs nothing of gluonish but ``tests/answering.py``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import mxnet as mx  # type: ignore[import-not-found]

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from answering import answer  # type: ignore[import-not-found]


def ask(question: str) -> Any:
    """Return MXNet's answer; of an error only its own class."""
    theirs = answer(question, mx)
    return {"raises": theirs["raises"][:1]} if isinstance(theirs, dict) and "raises" in theirs else theirs


def fill(path: Path) -> None:
    """Ask the questions of one file and write the answers into it, one on a line."""
    questions = json.loads(path.read_text(encoding="utf-8"))
    if path.name.startswith("np"):
        mx.npx.set_np()
    lines = [f"{json.dumps(question)}: {json.dumps(ask(question))}" for question in questions]
    mx.npx.reset_np()
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        fill(Path(name))
