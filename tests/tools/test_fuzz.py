"""The program that feeds damaged files to all readers."""

from __future__ import annotations

import random

import attrs
import pytest
from tools.loading import tool

fuzz = tool("fuzz")


@pytest.fixture(scope="module")
def readers():
    return {reader.name: reader for reader in fuzz.readers()}


def test_every_reader_reads_the_files_that_are_to_be_damaged(readers):
    for reader in readers.values():
        assert reader.corpus
        for content in reader.corpus if reader.name != "trainer" else ():
            reader.read(content)


def test_no_reader_fails_on_damaged_files(capsys):
    assert fuzz.main(["--runs", "40"]) == 0
    assert "0 findings" in capsys.readouterr().out


def test_a_seed_damages_in_the_same_way_again(readers):
    corpus = readers["params"].corpus
    first, second = (fuzz.damaged(corpus[0], corpus, random.Random(7), texts=False) for _ in range(2))
    assert first == second != corpus[0]


def test_damages_of_one_file_leave_nothing_behind_for_the_next(readers):
    before = repr(fuzz.VALUES)
    corpus = readers["index"].corpus
    for seed in range(300):
        fuzz.damaged(corpus[0], corpus, random.Random(seed), texts=True)
    assert repr(fuzz.VALUES) == before


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (lambda content: content[10**9], "IndexError: index out of range"),
        (lambda content: bytearray(30_000_000 + len(content)), "took 30"),
    ],
    ids=["another error", "memory"],
)
def test_a_finding_is_printed_once_and_kept(behaviour, message, readers, monkeypatch, capsys, tmp_path):
    faulty = attrs.evolve(readers["params"], read=behaviour)
    monkeypatch.setattr(fuzz, "readers", lambda: [faulty])
    assert fuzz.main(["--runs", "3", "--keep", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert printed.count("params, --seed 0 --runs 1") == 1
    assert message in printed
    assert (tmp_path / "params-0").exists()


def test_one_reader_can_be_chosen(capsys):
    assert fuzz.main(["--runs", "5", "--reader", "recordio"]) == 0
    assert capsys.readouterr().out == "5 files, 0 findings of 0 kinds\n"
