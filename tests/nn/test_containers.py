"""Containers of modules and of parameters: order, keys, and the traps of other libraries."""

import pytest

import gluonish as mx
from gluonish import nn
from gluonish.errors import ArgumentTypeError, IndexOutOfRangeError, UnknownNameError
from gluonish.tensors import ones


class Times(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = nn.Parameter([float(factor)])

    def forward(self, x):
        return x * self.factor


def factors(modules):
    return [module.factor.item() for module in modules]


@pytest.fixture
def three():
    return [Times(1), Times(2), Times(3)]


# -- modules ------------------------------------------------------------------------------------------------


def test_sequential_runs_in_order_and_names_by_number(three):
    net = nn.Sequential(*three)
    assert net(ones(1)).tolist() == [6.0]
    assert [name for name, _ in net.named_parameters()] == ["0.factor", "1.factor", "2.factor"]
    assert factors(net[1:]) == [2.0, 3.0]
    assert net[-1] is three[2]


def test_sequential_takes_names():
    net = nn.Sequential({"a": Times(2), "b": Times(3)})
    assert list(net.state_dict()) == ["a.factor", "b.factor"]
    assert net(ones(1)).tolist() == [6.0]


@pytest.mark.parametrize(
    "kind", [lambda m: nn.Sequential(*m), nn.ModuleList], ids=["Sequential", "ModuleList"]
)
def test_lists_of_modules_stay_numbered(kind, three):
    held = kind(three)
    held[0] = Times(9)
    assert factors(held) == [9.0, 2.0, 3.0]
    held.insert(1, Times(4))
    held.append(Times(5)).extend([Times(6)])
    assert factors(held) == [9.0, 4.0, 2.0, 3.0, 5.0, 6.0]
    del held[0]
    assert held.pop().factor.item() == 6.0
    assert [name for name, _ in held.named_children()] == ["0", "1", "2", "3"]
    del held[1:]
    assert factors(held) == [4.0]
    assert three[0] not in held


def test_module_lists_are_joined(three):
    held = nn.ModuleList(three[:1])
    held += three[1:2]
    assert factors(held + three[2:]) == [1.0, 2.0, 3.0]
    assert factors(held[0:1]) == [1.0]


def test_a_place_beyond_the_end_is_an_index_error(three):
    with pytest.raises(IndexOutOfRangeError, match="has no module 3"):
        nn.ModuleList(three)[3]


def test_only_modules_are_held():
    for put in (nn.ModuleList().append, nn.Sequential().append, lambda m: nn.ModuleDict({"a": m})):
        with pytest.raises(ArgumentTypeError, match="holds modules"):
            put(3)


def test_module_dicts_take_any_key_without_dots(three):
    held = nn.ModuleDict({"keys": three[0]})
    held.update([("forward", three[1])])
    held["pop"] = three[2]
    assert list(held.keys()) == list(held) == ["keys", "forward", "pop"]
    assert list(held.state_dict()) == ["keys.factor", "forward.factor", "pop.factor"]
    assert held.pop("keys") is three[0]
    del held["pop"]
    assert len(held) == 1
    held.clear()
    assert list(held.parameters()) == []


@pytest.mark.parametrize("kind", [nn.ModuleDict, nn.ParameterDict])
@pytest.mark.parametrize(("key", "error"), [(3, TypeError), ("", KeyError), ("a.b", KeyError)])
def test_a_key_is_a_string_without_dots(kind, key, error):
    value = Times(1) if kind is nn.ModuleDict else nn.Parameter([1.0])
    with pytest.raises(error, match="The key"):
        kind()[key] = value


@pytest.mark.parametrize("kind", [nn.ModuleDict, nn.ParameterDict])
def test_a_missing_key_is_a_key_error(kind):
    for use in (lambda d: d["x"], lambda d: d.pop("x")):
        with pytest.raises(UnknownNameError, match="'x'"):
            use(kind())


@pytest.mark.parametrize("content", [3, [1], [("a", 1, 2)]])
def test_what_holds_no_pairs_fills_no_dictionary(content):
    with pytest.raises(TypeError):
        nn.ParameterDict(content)


# -- parameters ---------------------------------------------------------------------------------------------


def test_parameter_dicts_hold_any_key_and_keep_their_methods():
    pd = nn.ParameterDict()
    for key in ("keys", "update", "forward", "training"):
        pd[key] = nn.Parameter([1.0])
    assert list(pd.keys()) == ["keys", "update", "forward", "training"]
    assert pd.training is True
    pd.update({"more": nn.Parameter([2.0])})
    assert [name for name, _ in pd.named_parameters()] == [*list(pd)]


def test_overwriting_keeps_the_place():
    pd = nn.ParameterDict({"a": nn.Parameter([1.0]), "b": nn.Parameter([2.0])})
    pd["a"] = nn.Parameter([3.0])
    assert [p.item() for p in pd.values()] == [3.0, 2.0]


def test_parameter_dicts_are_mappings():
    a, b = nn.Parameter([1.0]), nn.Parameter([2.0])
    pd = nn.ParameterDict({"a": a}) | {"b": b}
    assert dict(pd.items()) == {"a": a, "b": b}
    assert list(reversed(pd)) == ["b", "a"]
    assert pd.get("x", 3) == 3
    assert pd.get("a") is a
    assert pd.setdefault("a", b) is a
    assert pd.copy().popitem() == ("b", b)
    assert pd.pop("x", None) is None
    assert pd.pop("a") is a
    assert "a" not in pd
    pd.clear()
    assert len(pd) == 0


@pytest.mark.parametrize("value", [3, ones(1), nn.Buffer([1.0])])
def test_only_parameters_are_held(value):
    for put in (lambda: nn.ParameterDict({"a": value}), lambda: nn.ParameterList([value])):
        with pytest.raises(ArgumentTypeError, match=r"(?s)holds parameters.*nn\.Parameter"):
            put()


def test_parameter_dicts_are_not_called():
    with pytest.raises(NotImplementedError, match="forward"):
        nn.ParameterDict()(1)


def test_parameter_lists_keep_their_order_on_assignment():
    pl = nn.ParameterList([nn.Parameter([float(i)]) for i in range(3)])
    pl[0] = nn.Parameter([9.0])
    assert [p.item() for p in pl] == [9.0, 1.0, 2.0]
    pl.insert(1, nn.Parameter([8.0]))
    pl += [nn.Parameter([7.0])]
    del pl[0]
    assert [p.item() for p in pl] == [8.0, 1.0, 2.0, 7.0]
    assert [name for name, _ in pl.named_parameters()] == ["0", "1", "2", "3"]
    assert pl.pop().item() == 7.0
    assert [p.item() for p in pl[1:]] == [1.0, 2.0]
    assert pl[-1] in pl


def test_a_parameter_list_is_indexed_by_numbers():
    with pytest.raises(TypeError, match="indexed by numbers"):
        nn.ParameterList()["x"]
    with pytest.raises(IndexError, match="has no parameter 0"):
        nn.ParameterList()[0]


def test_containers_of_parameters_hold_gluons_too():
    w = mx.gluon.Parameter("w", shape=(1,))
    assert list(nn.ParameterDict({"a": w}).parameters()) == [w]


def test_texts_of_containers_of_parameters():
    assert repr(nn.ParameterDict({"a": nn.Parameter([[1.0, 2.0]])})) == (
        "ParameterDict(\n  (a): Parameter of 1x2 float32\n)"
    )
