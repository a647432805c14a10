"""``python -m gluonish inspect``."""

from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path

import pytest

import gluonish as mx
from gluonish.cli import main
from gluonish.gluon import Checkpoint, Trainer, nn

DATA = Path(__file__).parent.parent / "data/mxnet"


@pytest.fixture
def seen(capsys):
    """Return a function that inspects a file and returns what the JSON says."""

    def seen(path):
        assert main(["inspect", str(path), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return seen


def rows(found):
    return {row["name"]: (row["shape"], row["dtype"], row["bytes"]) for row in found["rows"]}


def test_a_table_shows_names_shapes_dtypes_sizes_and_a_sum(tmp_path, capsys):
    path = tmp_path / "x.safetensors"
    array = mx.nd.ones((2, 3))
    mx.nd.save(
        path, {"fc.weight": array, "tied.weight": array, "fc.bias": mx.nd.ones((600,), dtype="bfloat16")}
    )
    assert main(["inspect", str(path)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0][1:] == ["safetensors,", "version", "1"]
    assert ["name", "shape", "dtype", "bytes", "aliases"] in lines
    assert ["fc.weight", "(2,", "3)", "float32", "24", "tied.weight"] in lines
    assert ["fc.bias", "(600,)", "bfloat16", "1,200"] in lines
    size = f"{path.stat().st_size:,}"
    assert lines[-1] == f"2 entries, 1,224 bytes in them, {size} bytes on disk".split()


def test_aliases_are_listed_with_what_they_stand_for(tmp_path, seen):
    array = mx.nd.ones((2,))
    mx.nd.save(tmp_path / "x.safetensors", {"a": array, "b": array, "c": array})
    (row,) = seen(tmp_path / "x.safetensors")["rows"]
    assert (row["name"], row["aliases"]) == ("a", ["b", "c"])


@pytest.mark.parametrize("name", ["x.safetensors", "x.safetensors.index.json"])
def test_several_files_are_one_whole_whose_rows_say_which(name, tmp_path, seen):
    data = {"a": mx.nd.ones((2,)), "b": mx.nd.ones((3,))}
    mx.nd.save(tmp_path / "x.safetensors", data, max_shard_size=8)
    found = seen(tmp_path / name)
    assert found["format"] == "safetensors, 2 files with an index"
    assert [row["note"] for row in found["rows"]] == [f"x-0000{i}-of-00002.safetensors" for i in (1, 2)]
    assert found["bytes"] == sum(each.stat().st_size for each in tmp_path.iterdir())


def test_files_of_other_programs_show_their_metadata_and_dtypes_that_are_unknown_here(tmp_path, seen):
    path = tmp_path / "x.safetensors"
    entry = {"dtype": "F8_E5M2", "shape": [2], "data_offsets": [0, 2]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "z": entry}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(2))
    found = seen(path)
    assert (found["version"], found["details"]) == (None, {"metadata format": "pt"})
    assert rows(found) == {"z": ([2], "F8_E5M2", 2)}


def test_a_params_file_of_mxnet_is_told_by_its_content(seen, tmp_path):
    (tmp_path / "renamed.txt").write_bytes((DATA / "dtypes.params").read_bytes())
    found = seen(tmp_path / "renamed.txt")
    assert (found["format"], found["version"]) == ("MXNet .params", "2")
    assert rows(found)["float16"] == ([2, 3], "float16", 12)


def test_sparse_arrays_say_so_and_count_what_they_store(seen):
    found = {row["name"]: row for row in seen(DATA / "sparse.params")["rows"]}
    assert (found["row_sparse"]["note"], found["row_sparse"]["shape"]) == ("row_sparse", [5, 2])
    assert found["dense"]["note"] == ""


def test_a_list_has_positions_for_names(tmp_path, seen):
    for name in ("x.params", "x.npz", "x.safetensors"):
        mx.nd.save(tmp_path / name, [mx.nd.ones((1,)), mx.nd.ones((2,))])
        assert rows(seen(tmp_path / name)) == {"0": ([1], "float32", 4), "1": ([2], "float32", 8)}


def test_a_symbol_shows_its_inputs_outputs_operators_and_version(seen):
    found = seen(DATA / "convnet-symbol.json")
    notes = {row["name"]: row["note"] for row in found["rows"]}
    assert (found["format"], found["version"]) == ("MXNet symbol", "1.9.1")
    assert notes["data"] == "argument"
    assert notes["net_batchnorm0_running_mean"] == "state"
    assert notes["net_dense0_fwd_output"] == "output"
    assert found["details"]["operators"].startswith("1 Convolution, 1 Activation")
    assert rows(found)["net_conv0_bias"][:2] == ([3], "float32")


def test_pickled_states_of_mxnet_show_slots_and_optimizer_without_running_anything(seen):
    found = seen(DATA / "states/adam.states")
    assert rows(found)["0.0"] == ([2, 3], "float32", 24)
    assert (found["details"]["optimizer"], found["details"]["updates"]) == ("Adam", 2)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickled_states_of_every_protocol_are_told_by_their_content(protocol, seen, tmp_path):
    states = {0: None, 1: (None, None)}
    for content in (states, (states, None)):
        (tmp_path / "x").write_bytes(pickle.dumps(content, protocol))
        found = seen(tmp_path / "x")
        assert (found["format"], found["details"]) == ("pickled optimizer states", {"states": 2})


def test_an_interrupted_command_says_so_and_has_the_status_that_shells_expect(monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("gluonish.cli.inspecting.inspect_file", interrupted)
    assert main(["inspect", "x"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_states_of_a_trainer_are_shown_by_the_names_of_parameters(tmp_path, seen):
    net = nn.Dense(2, in_units=3, prefix="fc_")
    net.initialize()
    Trainer(net.collect_params(), "adam").save_states(tmp_path / "t.safetensors")
    found = seen(tmp_path / "t.safetensors")
    assert found["format"] == "trainer states in safetensors"
    assert sorted(rows(found)) == ["fc_bias.mean", "fc_bias.var", "fc_weight.mean", "fc_weight.var"]
    assert found["details"]["random streams"] == "saved"


def test_records_are_counted_with_their_lengths(seen):
    found = seen(DATA / "records.rec")
    assert found["format"] == "RecordIO"
    assert found["details"]["records"] == len(found["rows"])


def test_a_checkpoint_shows_its_files(tmp_path, seen):
    folder = Checkpoint(tmp_path).save(3, info={})
    found = seen(folder)
    assert (found["format"], found["details"]["number"]) == ("checkpoint", 3)
    assert sorted(rows(found)) == ["info.json", "random.json"]
    assert seen(folder / "manifest.json")["rows"] == found["rows"]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "received an empty file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "received a Git LFS pointer"),
        (b"<!DOCTYPE html>", "received a web page"),
        (b"{}", "received JSON"),
        (b"[1]", "of no kind that is known here"),
        (b"{", "cannot be read"),
        (b"\x12\x01\x00\x00\x00\x00\x00\x00" + b"\xff" * 16, "announces more arrays than it can hold"),
        (b"PK\x03\x04", "is no .npz file, or damaged"),
        (b"\x80\x04cos\nsystem\n.", "pickled states"),
    ],
)
def test_what_cannot_be_read_is_one_error_and_status_2(content, match, tmp_path, capsys):
    (tmp_path / "file").write_bytes(content)
    assert main(["inspect", str(tmp_path / "file")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert match in captured.err


def test_a_file_that_is_not_there_and_a_folder_are_errors(tmp_path, capsys):
    assert main(["inspect", str(tmp_path / "absent")]) == 2
    assert "absent does not exist" in capsys.readouterr().err
    assert main(["inspect", str(tmp_path)]) == 2
    assert "is no checkpoint" in capsys.readouterr().err


def test_names_cannot_steer_the_terminal(tmp_path, capsys):
    mx.nd.save(tmp_path / "x.params", {"a\x1b[2Jb": mx.nd.ones((1,)), "[red]c": mx.nd.ones((1,))})
    assert main(["inspect", str(tmp_path / "x.params")]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert r"'a\x1b[2Jb'" in out
    assert "[red]c" in out
