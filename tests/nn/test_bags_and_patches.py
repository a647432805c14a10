"""Bags of embeddings, patches, unpooling and Gumbel's draws: what holds, and what they refuse."""

import numpy as np
import pytest

import gluonish as torch
from gluonish import nn
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.nn import functional as F


def test_factors_weigh_the_rows_of_a_sum():
    table = nn.Parameter([[1.0, 2.0], [3.0, 4.0]])
    factors = torch.tensor([[2.0, 0.5]], requires_grad=True)
    found = F.embedding_bag(torch.tensor([[0, 1]]), table, mode="sum", per_sample_weights=factors)
    assert found.tolist() == [[3.5, 6.0]]
    found.sum().backward()
    assert factors.grad.tolist() == [[3.0, 7.0]]
    assert table.grad.tolist() == [[2.0, 2.0], [0.5, 0.5]]


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_an_empty_bag_is_zero(mode):
    found = F.embedding_bag(torch.tensor([1]), torch.ones(2, 3), torch.tensor([0, 0, 1]), mode=mode)
    assert found.tolist() == [[0.0] * 3, [1.0] * 3, [0.0] * 3]
    none = F.embedding_bag(torch.tensor([], dtype="int64"), torch.ones(2, 3), torch.tensor([0]), mode=mode)
    assert none.tolist() == [[0.0] * 3]


def test_the_last_offset_can_be_the_end():
    layer = nn.EmbeddingBag.from_pretrained(torch.eye(3), mode="sum", include_last_offset=True)
    assert layer(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 3])).tolist() == [[1, 0, 0], [0, 2, 0]]
    assert not layer.weight.requires_grad


@pytest.mark.parametrize(
    ("arguments", "options", "problem"),
    [
        (([[0]],), {"offsets": [0]}, "takes offsets with flat indices"),
        (([0],), {}, "takes offsets with flat indices"),
        (([0, 1],), {"offsets": [1]}, "not in order"),
        (([[0]],), {"per_sample_weights": [[1.0]]}, "factors in sums only"),
        (([[0]],), {"mode": "min"}, "no mode like this"),
    ],
)
def test_bags_that_cannot_be_are_refused(arguments, options, problem):
    tensors = {name: torch.tensor(v) if isinstance(v, list) else v for name, v in options.items()}
    with pytest.raises(ArgumentError, match=problem):
        F.embedding_bag(*map(torch.tensor, arguments), torch.ones(2, 3), **tensors)


def test_folding_is_the_transpose_of_unfolding():
    rng = np.random.default_rng(0)
    x, geometry = torch.tensor(rng.standard_normal((2, 3, 5, 6))), {"padding": 1, "stride": (2, 1)}
    columns = F.unfold(x, (2, 3), **geometry)
    y = torch.tensor(rng.standard_normal(columns.shape))
    folded = F.fold(y, (5, 6), (2, 3), **geometry)
    np.testing.assert_allclose((columns * y).sum().item(), (x * folded).sum().item(), rtol=1e-12)


def test_columns_that_do_not_fill_the_images_are_refused():
    with pytest.raises(ShapeMismatchError, match="do not fill the images"):
        nn.Fold(3, 2)(torch.ones(1, 4, 5))


def test_unpooling_puts_maxima_back():
    x = torch.tensor(np.random.default_rng(1).standard_normal((2, 3, 5, 4)))
    values, places = F.max_pool2d(x, 2, return_indices=True)
    back = F.max_unpool2d(values, places, 2, output_size=x.shape)
    assert back.shape == x.shape
    kept = back != 0
    assert kept.sum().item() == values.size
    assert back[kept].tolist() == x[kept].tolist()


def test_hard_draws_are_one_category_with_the_gradient_of_soft_ones():
    torch.manual_seed(3)
    logits = torch.zeros(4, 5, requires_grad=True)
    hard = F.gumbel_softmax(logits, tau=0.5, hard=True)
    np.testing.assert_allclose(np.sort(hard.detach().numpy(), -1), [[0, 0, 0, 0, 1]] * 4, atol=1e-6)
    hard[:, 0].sum().backward()
    np.testing.assert_allclose(logits.grad.sum(-1), np.zeros(4), atol=1e-6)
    assert np.abs(logits.grad).max() > 0


def test_gumbels_draws_follow_the_probabilities():
    torch.manual_seed(0)
    p = np.array([0.5, 0.3, 0.2], "float32")
    draws = F.gumbel_softmax(torch.tensor(np.log(np.tile(p, (4000, 1)))), hard=True)
    np.testing.assert_allclose(draws.numpy().mean(0), p, atol=0.04)


def test_a_module_may_bring_old_states_up_to_date():
    class Renamed(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter([0.0])

        def _load_from_state_dict(self, state_dict, prefix, *more):
            if prefix + "gamma" in state_dict:
                state_dict[prefix + "weight"] = state_dict.pop(prefix + "gamma")
            super()._load_from_state_dict(state_dict, prefix, *more)

    given = {"0.gamma": [2.0]}
    net = nn.Sequential(Renamed())
    net.load_state_dict(given)
    assert net[0].weight.tolist() == [2.0]
    assert list(given) == ["0.gamma"]
