"""Files that PyTorch wrote (tools/torch_files.py) are read, and nothing in them is run."""

import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

import gluonish as torch
from gluonish import nn, optim
from gluonish.errors import FileFormatError, MissingFileError
from gluonish.serialization.torch_files import read_torch

FOLDER = Path(__file__).parent.parent / "data" / "torch"


def written(path, content, **members):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", content)
        for name, data in members.items():
            archive.writestr(f"x/data/{name}", data)
    return path


class Named:
    """Pickles as a call of a function by its name, or as the function itself."""

    def __init__(self, module, name, *args):
        self.parts = module, name, args


class Pickler(pickle._Pickler):
    """Writes the pickles that an attacker would."""

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Named):
            module, name, args = obj.parts
            self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
            if args:
                super().save(args)
                self.write(pickle.REDUCE)
            return
        super().save(obj, save_persistent_id)

    def persistent_id(self, obj):
        return obj[1:] if isinstance(obj, tuple) and obj[:1] == ("persistent",) else None


def pickled(obj):
    target = io.BytesIO()
    Pickler(target, 2).dump(obj)
    return target.getvalue()


def test_a_state_dict_keeps_names_order_and_values():
    state = read_torch(FOLDER / "net.pt")
    assert type(state) is OrderedDict
    assert list(state)[:2] == ["0.weight", "0.bias"]
    np.testing.assert_array_equal(state["0.weight"], np.arange(6, dtype="float32").reshape(2, 3))
    assert state["1.num_batches_tracked"].dtype == np.int64


@pytest.mark.parametrize(
    ("name", "dtype", "values"),
    [
        ("transposed", "float32", np.arange(12).reshape(3, 4).T.tolist()),
        ("slice", "float32", [[4, 6], [8, 10]]),
        ("scalar", "int64", 7),
        ("empty", "float32", []),
        ("half", "float16", [1.5]),
        ("bfloat16", "bfloat16", [1.5, -2.0]),
        ("bool", "bool", [True, False]),
        ("uint8", "uint8", [255]),
        ("parameter", "float32", [1, 1]),
    ],
)
def test_every_kind_of_tensor_is_read(name, dtype, values):
    found = torch.load(FOLDER / "kinds.pt")[name]
    assert isinstance(found, torch.Tensor)
    assert found.dtype == np.dtype(torch.bfloat16 if dtype == "bfloat16" else dtype)
    assert found.tolist() == values


def test_structures_keep_what_is_no_tensor():
    number, real, text, pair, rest = torch.load(FOLDER / "kinds.pt")["nested"]
    assert (number, real, text) == (1, 2.5, "text")
    assert pair[0].tolist() == [1.0]
    assert rest == {"dtype": np.dtype("float32"), "device": "cpu"}


def test_a_module_takes_over_a_file_of_pytorch():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(2, 3))
            self.bias = nn.Parameter(torch.zeros(2))

    holder = nn.ModuleDict({"0": Net()})
    result = holder.load_state_dict(torch.load(FOLDER / "net.pt"), strict=False)
    assert holder["0"].weight.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert result.unexpected_keys[0] == "1.weight"


def test_an_optimizer_takes_over_its_state_in_a_file_of_pytorch():
    weight = nn.Parameter(torch.ones(2))
    sgd = optim.SGD([weight], lr=9.0)
    sgd.load_state_dict(torch.load(FOLDER / "sgd.pt"))
    assert sgd.param_groups[0]["lr"] == 0.5
    assert sgd.state[weight]["momentum_buffer"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    "attack",
    [
        Named("os", "system", "true"),
        Named("builtins", "eval", "1"),
        Named("torch", "load", "x"),
        {"hidden": [Named("collections", "Counter", "x")]},
    ],
    ids=["system", "eval", "torch", "nested"],
)
def test_a_name_that_tensors_do_not_need_is_refused(tmp_path, attack):
    path = written(tmp_path / "bad.pt", pickled(attack))
    with pytest.raises(
        FileFormatError, match=r"names \w+\.\w+, which is not needed for tensors and was not run"
    ):
        torch.load(path)


def test_what_a_file_may_name_cannot_be_changed_by_it(tmp_path):
    change = pickle.GLOBAL + b"torch._utils\n_rebuild_tensor_v2\n" + b"}U\x08functionK\x01sb."
    with pytest.raises(FileFormatError, match="cannot be read"):
        torch.load(written(tmp_path / "bad.pt", change))
    assert len(torch.load(FOLDER / "net.pt")) == 7


@pytest.mark.parametrize(
    ("size", "stride", "offset"),
    [((9,), (1,), 0), ((2,), (5,), 0), ((1,), (1,), 4), ((2,), (-1,), 1), ((1,), (), 0)],
)
def test_a_tensor_cannot_reach_beyond_its_storage(tmp_path, size, stride, offset):
    storage = ("persistent", "storage", Named("torch", "FloatStorage"), "0", "cpu", 4)
    tensor = Named("torch._utils", "_rebuild_tensor_v2", storage, offset, size, stride, False, None)
    path = written(tmp_path / "bad.pt", pickled(tensor), **{"0": b"\0" * 16})
    with pytest.raises(FileFormatError, match="cannot be read: a tensor"):
        torch.load(path)


def test_a_storage_must_hold_what_it_claims(tmp_path):
    storage = ("persistent", "storage", Named("torch", "FloatStorage"), "0", "cpu", 1 << 40)
    tensor = Named("torch._utils", "_rebuild_tensor_v2", storage, 0, (1,), (1,), False, None)
    with pytest.raises(FileFormatError, match="storage 0 holds 16 bytes"):
        torch.load(written(tmp_path / "bad.pt", pickled(tensor), **{"0": b"\0" * 16}))


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.99])
def test_a_damaged_file_is_refused(tmp_path, cut):
    content = (FOLDER / "net.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(content[: int(len(content) * cut)])
    with pytest.raises(FileFormatError):
        read_torch(tmp_path / "cut.pt")


def test_a_missing_file_is_named():
    with pytest.raises(MissingFileError, match=r"nowhere\.pt does not exist"):
        read_torch("nowhere.pt")


def test_what_save_wrote_is_loaded(tmp_path):
    state = OrderedDict(w=torch.ones(2, 3), n=torch.tensor([1, 2]))
    torch.save(state, tmp_path / "own.params")
    found = torch.load(tmp_path / "own.params")
    assert {name: each.tolist() for name, each in found.items()} == {"w": [[1.0] * 3] * 2, "n": [1, 2]}
    assert isinstance(found["w"], torch.Tensor)


def test_only_tensors_are_saved(tmp_path):
    with pytest.raises(TypeError, match="'x' of what is saved is no tensor"):
        torch.save({"x": "text"}, tmp_path / "own.params")
    with pytest.raises(TypeError, match="saves dictionaries of tensors"):
        torch.save([torch.ones(2)], tmp_path / "own.params")
