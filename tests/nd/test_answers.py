"""What Apache MXNet 1.9.1 answered to many small questions, gluonish answers too.

The answers were printed by MXNet; ``tools/make_mxnet_answers.py`` is how. Where gluonish deliberately answers
something else there is no question, but a test of its own elsewhere.
"""

from __future__ import annotations

import json

import pytest
from answering import agree, answer
from golden import GOLDEN

import gluonish as mx

FOLDER = GOLDEN / "answers"


def questions(pattern):
    return [
        pytest.param(question, theirs, id=f"{path.stem}: {question}")
        for path in sorted(FOLDER.glob(pattern))
        for question, theirs in json.loads(path.read_text(encoding="utf-8")).items()
    ]


@pytest.mark.parametrize(("question", "theirs"), questions("nd*.json"))
def test_the_answer_is_mxnets(question, theirs):
    ours = answer(question, mx)
    assert agree(ours, theirs), f"gluonish: {ours}\nMXNet: {theirs}"


@pytest.mark.parametrize(("question", "theirs"), questions("np*.json"))
def test_the_answer_under_numpys_semantics_is_mxnets(question, theirs):
    with mx.util.np_shape(), mx.util.np_array():
        ours = answer(question, mx)
    assert agree(ours, theirs), f"gluonish: {ours}\nMXNet: {theirs}"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"raises": ["KeyError"]}, {"raises": ["ValueError", "Exception"]}),
        ({"nd": ["float32", [1], [1.0]]}, {"raises": ["ValueError"]}),
        ({"nd": ["float32", [1], [1.0]]}, {"nd": ["float32", [1], [1.001]]}),
        ({"nd": ["float32", [1], [1.0]]}, {"nd": ["float64", [1], [1.0]]}),
        ([1, 2], [1]),
        (1, True + 1),
    ],
)
def test_answers_that_differ_do_not_agree(ours, theirs):
    assert not agree(ours, theirs)
