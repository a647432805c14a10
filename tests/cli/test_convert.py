"""``python -m gluonish convert``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import gluonish as mx
from gluonish.cli import main
from gluonish.cli.converting import convert, parse_rename
from gluonish.errors import ArgumentError, DTypeError, DuplicateNameError, FileFormatError
from gluonish.gluon import Trainer, nn

DATA = Path(__file__).parent.parent / "data/mxnet"
SUFFIXES = ["params", "safetensors", "npz"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(path):
    return {name: (array.asnumpy().tobytes(), array.shape) for name, array in mx.nd.load(path).items()}


@pytest.mark.parametrize("first", SUFFIXES)
@pytest.mark.parametrize("second", SUFFIXES)
def test_every_format_is_converted_to_every_other_and_back(first, second, folder):
    mx.nd.save(f"a.{first}", {"w": mx.nd.array([[1, 2], [3, 4]]), "n": mx.nd.array([5], dtype="int8")})
    assert main(["convert", f"a.{first}", f"b.{second}"]) == 0
    assert main(["convert", f"b.{second}", f"c.{first}"]) == 0
    assert contents(f"a.{first}") == contents(f"b.{second}") == contents(f"c.{first}")
    assert Path(f"a.{first}").read_bytes() == Path(f"c.{first}").read_bytes()


def test_a_file_of_mxnet_comes_back_byte_by_byte(folder):
    assert main(["convert", str(DATA / "convnet-0000.params"), "a.safetensors"]) == 0
    assert main(["convert", "a.safetensors", "b.params"]) == 0
    assert (DATA / "convnet-0000.params").read_bytes() == Path("b.params").read_bytes()


def test_the_report_has_the_hash_of_the_values_of_every_array(folder, capsys):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    mx.nd.save("a.params", {"arg:w": mx.nd.array(values)})
    assert main(["convert", "a.params", "b.npz", "--strip-prefix", "arg:", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["arrays"]
    assert row == {
        "source": "arg:w",
        "name": "w",
        "shape": [2, 3],
        "dtype": "float32",
        "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
    }


def test_the_table_shows_new_names_and_that_all_were_read_back(folder, capsys):
    mx.nd.save("a.params", {"old": mx.nd.ones((1,))})
    assert main(["convert", "a.params", "b.npz", "--rename", "old=new"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [
        "old",
        "new",
        "(1,)",
        "float32",
        hashlib.sha256(np.float32(1).tobytes()).hexdigest()[:16],
    ] in lines
    assert lines[-1] == ["1", "arrays", "written,", "read", "back", "and", "found", "equal"]


# -- names --------------------------------------------------------------------------------------------------


def test_rules_are_applied_in_the_order_they_are_given(folder):
    mx.nd.save("a.params", {"arg:net_dense0_weight": mx.nd.ones((1,)), "aux:net_bn0_mean": mx.nd.ones((2,))})
    rules = ["--strip-prefix", "arg:", "--strip-prefix", "aux:", "--strip-prefix", "net_"]
    rules += ["--rename", r"^(\w+?)(\d+)_=\1.\2.", "--add-prefix", "body."]
    assert main(["convert", "a.params", "b.safetensors", *rules]) == 0
    assert list(mx.nd.load("b.safetensors")) == ["body.dense.0.weight", "body.bn.0.mean"]


def test_two_arrays_of_one_new_name_are_an_error_and_nothing_is_written(folder, capsys):
    mx.nd.save("a.params", {"x1": mx.nd.ones((1,)), "x2": mx.nd.ones((1,))})
    assert main(["convert", "a.params", "b.npz", "--rename", r"\d="]) == 2
    assert "Name 'x' would be that of two arrays" in capsys.readouterr().err
    assert not Path("b.npz").exists()


def test_names_of_one_array_may_become_one(folder):
    array = mx.nd.ones((1,))
    mx.nd.save("a.safetensors", {"x1": array, "x2": array})
    convert("a.safetensors", "b.params", [parse_rename(r"\d=")])
    assert list(mx.nd.load("b.params")) == ["x"]


def test_aliases_are_kept_where_the_format_has_them_and_written_out_where_not(folder):
    array = mx.nd.ones((1,))
    mx.nd.save("a.safetensors", {"x": array, "y": array})
    convert("a.safetensors", "b.safetensors")
    convert("a.safetensors", "c.params")
    found = mx.nd.load("b.safetensors")
    assert found["x"] is found["y"]
    assert list(mx.nd.load("c.params")) == ["x", "y"]


def test_an_empty_name_is_an_error(folder):
    mx.nd.save("a.params", {"x": mx.nd.ones((1,))})
    with pytest.raises(ArgumentError, match="Array 'x' would have no name"):
        convert("a.params", "b.params", [parse_rename("x=")])


@pytest.mark.parametrize("text", ["", "=x", "abc", "(=x", r"a=\1", r"a=\g<b>"])
def test_a_rule_that_cannot_be_read_is_an_error(text):
    with pytest.raises(ArgumentError, match=r"A rule of --rename cannot be (read|used)"):
        parse_rename(text)("a")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_list_stays_a_list_and_has_no_names_to_change(suffix, folder):
    mx.nd.save("a.params", [mx.nd.ones((1,)), mx.nd.zeros((2,))])
    convert("a.params", f"b.{suffix}")
    assert [array.shape for array in mx.nd.load(f"b.{suffix}")] == [(1,), (2,)]
    with pytest.raises(ArgumentError, match="holds arrays without names"):
        convert("a.params", f"c.{suffix}", [parse_rename("a=b")])


# -- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("present", ["b.safetensors", "b.safetensors.index.json"])
def test_a_file_that_exists_is_left_alone_without_force(present, folder, capsys):
    mx.nd.save("a.params", {"w": mx.nd.ones((1,))})
    Path(present).write_text("precious")
    assert main(["convert", "a.params", "b.safetensors"]) == 2
    assert f"{present} exists already.\n  Choose another name, or add --force" in capsys.readouterr().err
    assert Path(present).read_text() == "precious"
    assert main(["convert", "a.params", "b.safetensors", "--force"]) == 0
    assert list(mx.nd.load("b.safetensors")) == ["w"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_can_take_its_own_place(suffix, folder):
    mx.nd.save(f"a.{suffix}", {"w": mx.nd.ones((3,))})
    convert(f"a.{suffix}", f"a.{suffix}", [parse_rename("w=v")], force=True)
    np.testing.assert_array_equal(mx.nd.load(f"a.{suffix}")["v"].asnumpy(), np.ones(3))


def test_the_kind_of_the_source_is_told_by_its_content(folder):
    mx.nd.save("a.npz", {"w": mx.nd.ones((1,))})
    Path("a.npz").rename("a.params")
    convert("a.params", "b.safetensors")
    assert list(mx.nd.load("b.safetensors")) == ["w"]


def test_a_target_of_an_unknown_suffix_needs_its_format(folder):
    mx.nd.save("a.params", {"w": mx.nd.ones((1,))})
    with pytest.raises(
        ArgumentError, match=r"b\.bin has a name that does not say its format.*\n(.*\n)*.*--to"
    ):
        convert("a.params", "b.bin")
    assert main(["convert", "a.params", "b.bin", "--to", "safetensors"]) == 0
    assert list(mx.nd.load("b.bin", format="safetensors")) == ["w"]


def test_a_model_is_split_and_put_together_again(folder):
    mx.nd.save("a.params", {f"w{i}": mx.nd.full((4,), i) for i in range(4)})
    assert main(["convert", "a.params", "b.safetensors", "--max-shard-size", "32B"]) == 0
    assert len(list(folder.glob("b-*.safetensors"))) == 2
    convert("b.safetensors", "c.params")
    assert contents("c.params") == contents("a.params")


# -- dtypes -------------------------------------------------------------------------------------------------


def test_bfloat16_goes_everywhere_but_into_npz_unless_it_is_cast(folder):
    mx.nd.save("a.params", {"w": mx.nd.array([1.5], dtype="bfloat16"), "n": mx.nd.array([1], dtype="int32")})
    convert("a.params", "b.safetensors")
    assert contents("a.params") == contents("b.safetensors")
    with pytest.raises(DTypeError, match=r"Array 'w' cannot be written to an \.npz file"):
        convert("a.params", "c.npz")
    assert not Path("c.npz").exists()
    assert main(["convert", "a.params", "c.npz", "--cast", "float32"]) == 0
    found = mx.nd.load("c.npz")
    assert [np.dtype(found[name].dtype).name for name in "wn"] == ["float32", "int32"]
    assert found["w"].asscalar() == 1.5


def test_an_unknown_dtype_is_an_error(folder, capsys):
    mx.nd.save("a.params", {"w": mx.nd.ones((1,))})
    assert main(["convert", "a.params", "b.params", "--cast", "float33"]) == 2
    assert "float33" in capsys.readouterr().err


# -- what cannot be converted -------------------------------------------------------------------------------


def test_states_of_a_trainer_have_no_other_format(folder):
    net = nn.Dense(2, in_units=3)
    net.initialize()
    Trainer(net.collect_params(), "adam").save_states("t.safetensors")
    with pytest.raises(FileFormatError, match="holds the state of a trainer"):
        convert("t.safetensors", "t.npz")


def test_a_file_of_something_else_is_an_error(folder):
    with pytest.raises(FileFormatError, match=r"no arrays to convert.\n.*received a file of kind 'symbol'"):
        convert(str(DATA / "convnet-symbol.json"), "b.npz")


def test_sparse_arrays_are_refused_with_a_reason_where_the_format_has_none(folder, capsys):
    assert main(["convert", str(DATA / "sparse.params"), "b.npz"]) == 2
    assert "sparse" in capsys.readouterr().err
    assert not Path("b.npz").exists()


def test_two_arrays_for_one_name_is_its_own_error(folder):
    mx.nd.save("a.params", {"x1": mx.nd.ones((1,)), "x2": mx.nd.ones((1,))})
    with pytest.raises(DuplicateNameError, match=r"received 'x1' and 'x2'|Received 'x1' and 'x2'"):
        convert("a.params", "b.npz", [parse_rename(r"\d=")])
