"""Sentences as numbers, and batches of sentences of similar length."""

from __future__ import annotations

import bisect
import logging
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gluonish import nd
from gluonish.dtype import as_dtype
from gluonish.errors import ArgumentError, UnknownNameError
from gluonish.io import DataBatch, DataDesc, DataIter

__all__ = ["BucketSentenceIter", "encode_sentences"]

_LOGGER = logging.getLogger(__name__)


def encode_sentences(
    sentences: Sequence[Sequence[Any]],
    vocab: Mapping[Any, int] | None = None,
    invalid_label: int = -1,
    invalid_key: Any = "\n",
    start_label: int = 0,
    unknown_token: Any = None,
) -> tuple[list[list[int]], dict[Any, int]]:
    r"""Return sentences with numbers for words, and the vocabulary.

    Args:
        sentences: lists of words.
        vocab: numbers of words; None to number them as they come.
        invalid_label: the number of ``invalid_key``, which no word gets.
        invalid_key: what stands for no word.
        start_label: the first number.
        unknown_token: the word in whose place unknown words are counted; None if there is none.

    Raises:
        UnknownNameError: a word is not in the vocabulary, and there is no ``unknown_token``.

    Example:
        >>> encode_sentences([["a", "b"], ["b", "c"]])
        ([[0, 1], [1, 2]], {'\n': -1, 'a': 0, 'b': 1, 'c': 2})
    """
    grows = vocab is None or bool(unknown_token)
    known: dict[Any, int] = {invalid_key: invalid_label} if vocab is None else dict(vocab)
    following = start_label
    encoded = []
    for sentence in sentences:
        numbers = []
        for word in sentence:
            key = word
            if key not in known:
                if not grows:
                    raise UnknownNameError(
                        f"Word {word!r}", "is not in the vocabulary", fix="Pass unknown_token."
                    )
                if following == invalid_label:
                    following += 1
                key = unknown_token or word
                known[key] = following
                following += 1
            numbers.append(known[key])
        encoded.append(numbers)
    return encoded, known


class BucketSentenceIter(DataIter):
    """Batches of sentences; those of a batch are filled up to the length of their bucket.

    The label of a word is the word behind it. Sentences are shuffled, and so are batches.

    Args:
        sentences: lists of numbers.
        batch_size: how many sentences a batch has.
        buckets: the lengths to fill up to; None for the lengths that fill a batch.
        invalid_label: what fills up.
        data_name: the name of the input.
        label_name: the name of the label.
        dtype: the dtype of both.
        layout: ``"NT"`` for sentences in rows, ``"TN"`` for sentences in columns.

    Raises:
        ArgumentError: no layout of these; or no sentence fits a bucket.
    """

    def __init__(
        self,
        sentences: Sequence[Sequence[int]],
        batch_size: int,
        buckets: Sequence[int] | None = None,
        invalid_label: int = -1,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: Any = "float32",
        layout: str = "NT",
    ) -> None:
        super().__init__()
        if not buckets:
            counts = np.bincount([len(each) for each in sentences])
            buckets = [length for length, count in enumerate(counts) if count >= batch_size]
        if not buckets:
            raise ArgumentError(
                "BucketSentenceIter", "has no buckets", fix="Pass buckets, or a smaller batch_size."
            )
        if layout not in ("NT", "TN"):
            raise ArgumentError(
                "BucketSentenceIter", "has no such layout", expected="'NT' or 'TN'", received=layout
            )
        self.buckets = sorted(buckets)
        self.batch_size = batch_size
        self.invalid_label = invalid_label
        self.data_name = data_name
        self.label_name = label_name
        self.dtype = dtype
        self.layout = layout
        self.major_axis = layout.find("N")
        self.default_bucket_key = max(self.buckets)
        self.data = self._filled(sentences)
        self.provide_data = [self._described(data_name, self.default_bucket_key)]
        self.provide_label = [self._described(label_name, self.default_bucket_key)]
        self.idx = [
            (i, start)
            for i, rows in enumerate(self.data)
            for start in range(0, len(rows) - batch_size + 1, batch_size)
        ]
        self.curr_idx = 0
        self.reset()

    def _filled(self, sentences: Sequence[Sequence[int]]) -> list[np.ndarray[Any, Any]]:
        """Return the sentences of each bucket as rows."""
        kind = as_dtype(self.dtype)
        rows: list[list[Any]] = [[] for _ in self.buckets]
        left_out = 0
        for sentence in sentences:
            bucket = bisect.bisect_left(self.buckets, len(sentence))
            if bucket == len(self.buckets):
                left_out += 1
                continue
            row = np.full(self.buckets[bucket], self.invalid_label, kind)
            row[: len(sentence)] = sentence
            rows[bucket].append(row)
        if left_out:
            _LOGGER.warning("left out %d sentences longer than the largest bucket", left_out)
        return [
            np.array(each, kind).reshape(-1, length) for each, length in zip(rows, self.buckets, strict=True)
        ]

    def _described(self, name: str, length: int) -> DataDesc:
        shape = (self.batch_size, length) if self.major_axis == 0 else (length, self.batch_size)
        return DataDesc(name, shape, as_dtype(self.dtype).type, self.layout)

    def reset(self) -> None:
        """Begin again in another order, drawn from ``random`` and from NumPy's generator."""
        self.curr_idx = 0
        random.shuffle(self.idx)
        for rows in self.data:
            np.random.shuffle(rows)  # noqa: NPY002  programs seed NumPy's own generator

    def next(self) -> DataBatch:
        """Return the next batch.

        Raises:
            StopIteration: there is none.
        """
        if self.curr_idx == len(self.idx):
            raise StopIteration
        bucket, start = self.idx[self.curr_idx]
        self.curr_idx += 1
        data = self.data[bucket][start : start + self.batch_size]
        label = np.full_like(data, self.invalid_label)
        label[:, :-1] = data[:, 1:]
        if self.major_axis == 1:
            data, label = data.T, label.T
        length = self.buckets[bucket]
        return DataBatch(
            [nd.array(data, dtype=self.dtype)],
            [nd.array(label, dtype=self.dtype)],
            pad=0,
            bucket_key=length,
            provide_data=[self._described(self.data_name, length)],
            provide_label=[self._described(self.label_name, length)],
        )
