"""Metrics: the numbers of MXNet 1.9.1, independent formulas, and the two records."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import gluonish as mx
from gluonish import metric
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    IndexOutOfRangeError,
    ShapeMismatchError,
    UnknownNameError,
)
from gluonish.metric import base

# Two batches of a classifier for two classes: the probabilities of class 1, and the classes.
POSITIVE = (
    [0.60611957, 0.67532718, 0.50352794, 0.63377106, 0.91667163, 0.95265645],
    [0.02644301, 0.26830766, 0.38335186, 0.32953104, 0.82176101],
)
PROBS = [[[1 - p, p] for p in batch] for batch in POSITIVE]
CLASSES = ([0, 0, 1, 0, 0, 0], [0, 1, 1, 0, 1])
# Two batches of a regression: labels and predictions.
TARGETS = ([-0.70405942, 1.01922047, -0.53463018, -1.32688892], [0.66805243, 0.28587779, -0.37067527])
OUTPUTS = ([1.05045116, 0.26131251, -0.69459724, -2.02469206], [0.84595317, -0.47455326, -1.39576554])
SCORES = [
    [0.46894026, 0.26923558, 0.29179278, 0.45768639],
    [0.86053389, 0.58625293, 0.28348786, 0.27797750],
    [0.45462209, 0.20541035, 0.20137872, 0.51403505],
    [0.08722937, 0.48358554, 0.36217621, 0.70768660],
    [0.74674624, 0.69109291, 0.68918043, 0.37360013],
]

# What MXNet 1.9.1 prints: after the first batch, after reset_local() and the second, and globally.
GOLDEN = {
    "acc": (lambda: metric.Accuracy(), 0.16666667, 0.6, 0.36363636),
    "f1": (lambda: metric.F1(), 0.28571429, 0.5, 0.39285714),
    "f1 micro": (lambda: metric.F1(average="micro"), 0.28571429, 0.5, 0.36363636),
    "mcc": (lambda: metric.MCC(), 0.0, 0.40824829, 0.20412415),
    "mcc micro": (lambda: metric.MCC(average="micro"), 0.0, 0.40824829, -0.21428571),
    "pcc": (lambda: metric.PCC(), math.nan, 0.40824829, -0.21428571),
    "perplexity": (lambda: metric.Perplexity(None), 4.69778671, 1.78507619, 3.02605409),
    "perplexity without 0": (lambda: metric.Perplexity(0), 1.98598716, 2.27863416, 2.20165904),
    "ce": (lambda: metric.CrossEntropy(), 1.54709164, 0.57946110, 1.10725958),
    "nll": (lambda: metric.NegativeLogLikelihood(), 1.54709164, 0.57946110, 1.10725958),
    "top 2": (lambda: metric.TopKAccuracy(2), 1.0, 1.0, 1.0),
}


def nd(values, ctx=None):
    return mx.nd.array(values, ctx=ctx)


def value(m):
    return m.get()[1]


def after(m, labels, preds):
    m.update(labels, preds)
    return value(m)


@pytest.mark.parametrize(("make", "first", "second", "together"), GOLDEN.values(), ids=GOLDEN)
def test_classification_metrics_are_those_of_mxnet(make, first, second, together):
    m = make()
    assert after(m, [nd(CLASSES[0])], [nd(PROBS[0])]) == pytest.approx(first, rel=1e-6, nan_ok=True)
    m.reset_local()
    assert after(m, [nd(CLASSES[1])], [nd(PROBS[1])]) == pytest.approx(second, rel=1e-6)
    assert m.get_global()[1] == pytest.approx(together, rel=1e-6)


GOLDEN_ERRORS = {
    "mae": (metric.MAE, 0.84254718, 0.65447402, 0.74851060),
    "mse": (metric.MSE, 1.04131269, 0.55357134, 0.79744202),
    "rmse": (metric.RMSE, 1.02044725, 0.74402374, 0.88223550),
    "pearsonr": (metric.PearsonCorrelation, 0.51520307, 0.96796095, 0.74158201),
    "loss": (metric.Loss, -0.35188141, -0.34145522, -0.34741305),
    "a sum and a count": (lambda: metric.np(product_and_count), 0.64616233, 0.31561754, 0.50450028),
}


def product_and_count(label, pred):
    return float((label * pred).sum()), len(label)


@pytest.mark.parametrize(("make", "first", "second", "together"), GOLDEN_ERRORS.values(), ids=GOLDEN_ERRORS)
def test_metrics_of_numbers_are_those_of_mxnet(make, first, second, together):
    m = make()
    assert after(m, [nd(TARGETS[0])], [nd(OUTPUTS[0])]) == pytest.approx(first, rel=1e-6)
    m.reset_local()
    assert after(m, [nd(TARGETS[1])], [nd(OUTPUTS[1])]) == pytest.approx(second, rel=1e-6)
    assert m.get_global()[1] == pytest.approx(together, rel=1e-6)


ALL = {
    **{name: row[0] for name, row in GOLDEN.items()},
    "mae": metric.MAE,
    "mse": metric.MSE,
    "rmse": metric.RMSE,
    "pearsonr": metric.PearsonCorrelation,
    "pearsonr micro": lambda: metric.PearsonCorrelation(average="micro"),
    "loss": metric.Loss,
    "torch": metric.Torch,
    "caffe": metric.Caffe,
    "composite": lambda: metric.CompositeEvalMetric(["acc", "ce"]),
    "custom": lambda: metric.np(len_and_sum),
}
REGRESSIONS = {"mae", "mse", "rmse", "pearsonr", "pearsonr micro"}
every_metric = pytest.mark.parametrize("name", ALL)


def len_and_sum(label, pred):
    return float(pred.sum()), len(label)


def batch(name, number):
    if name in REGRESSIONS:
        return np.array(CLASSES[number], "float32"), np.array(PROBS[number], "float32")[:, 1]
    return np.array(CLASSES[number], "float32"), np.array(PROBS[number], "float32")


@every_metric
def test_the_value_is_nan_before_the_first_update(name):
    _, values = ALL[name]().get()
    assert np.isnan(values).all()


@every_metric
def test_resetting_the_local_record_leaves_the_global_one(name):
    m, whole = ALL[name](), ALL[name]()
    for number in (0, 1):
        label, pred = batch(name, number)
        m.reset_local()
        m.update([label], [pred])
        whole.update([label], [pred])
    last = ALL[name]()
    last.update([label], [pred])
    assert m.get() == last.get()
    assert m.get_global() == whole.get_global() == whole.get()


@every_metric
def test_reset_empties_both_records(name):
    m = ALL[name]()
    m.update(*batch(name, 1))
    m.reset()
    assert np.isnan(m.get()[1]).all()
    assert np.isnan(m.get_global()[1]).all()


@every_metric
def test_arrays_on_several_contexts_count_together(name):
    one, several = ALL[name](), ALL[name]()
    label, pred = batch(name, 1)
    one.update([label[:3], label[3:]], [pred[:3], pred[3:]])
    several.update(
        [nd(label[:3], mx.cpu(0)), nd(label[3:], mx.cpu(1))],
        [nd(pred[:3], mx.cpu(0)), nd(pred[3:], mx.cpu(1))],
    )
    assert several.get() == one.get()


@every_metric
def test_a_single_array_counts_like_a_list_of_one(name):
    single, listed = ALL[name](), ALL[name]()
    label, pred = batch(name, 1)
    single.update(nd(label), nd(pred))
    listed.update([nd(label)], [nd(pred)])
    assert single.get() == listed.get()


@every_metric
def test_metrics_pickle_and_deep_copy_with_their_records(name):
    m = ALL[name]()
    m.update(*batch(name, 1))
    copies = [copy.deepcopy(m)] if name == "custom" else [copy.deepcopy(m), pickle.loads(pickle.dumps(m))]
    for other in copies:
        assert (other.get(), other.get_global()) == (m.get(), m.get_global())


# -- independent formulas -------------------------------------------------------------------------------

few_classes = arrays(np.int64, st.integers(2, 30), elements=st.integers(0, 3))
numbers = arrays(np.float64, 12, elements=st.floats(-5, 5))


@given(few_classes, st.randoms(use_true_random=False))
def test_accuracy_is_the_part_that_agrees(label, random):
    pred = np.array([random.randrange(4) for _ in label])
    assert after(metric.Accuracy(), [label], [np.eye(4)[pred]]) == pytest.approx((label == pred).mean())


@given(arrays(np.float64, (7, 5), elements=st.floats(0, 1)), arrays(np.int64, 7, elements=st.integers(0, 4)))
def test_top_k_asks_how_many_classes_score_higher(scores, label):
    better = [
        sum((s > row[k]) or (s == row[k] and j < k) for j, s in enumerate(row))
        for row, k in zip(scores, label, strict=True)
    ]
    assert after(metric.TopKAccuracy(3), [label], [scores]) == pytest.approx(np.mean(np.array(better) < 3))


binary = arrays(np.int64, 25, elements=st.integers(0, 1))


@given(binary, binary)
def test_f1_is_the_harmonic_mean_of_precision_and_recall(label, pred):
    hits = int((label * pred).sum())
    expected = 2 / (pred.sum() / hits + label.sum() / hits) if hits else 0
    assert after(metric.F1(), [label], [np.eye(2)[pred]]) == pytest.approx(expected)


@given(binary, binary)
def test_mcc_is_the_correlation_of_zeros_and_ones(label, pred):
    constant = label.std() == 0 or pred.std() == 0
    expected = 0 if constant else np.corrcoef(label, pred)[0, 1]
    assert after(metric.MCC(), [label], [np.eye(2)[pred]]) == pytest.approx(expected)


@given(few_classes, st.randoms(use_true_random=False))
def test_pcc_is_the_correlation_of_one_hot_vectors(label, random):
    pred = np.array([random.randrange(4) for _ in label])
    true, predicted = np.eye(4)[label], np.eye(4)[pred]
    true, predicted = true - true.mean(0), predicted - predicted.mean(0)
    spread = (true**2).sum() * (predicted**2).sum()
    expected = (true * predicted).sum() / math.sqrt(spread) if spread > 1e-9 else math.nan
    assert after(metric.PCC(), [label], [pred]) == pytest.approx(expected, nan_ok=True, abs=1e-9)


@given(few_classes, st.integers(1, 29))
def test_pcc_is_the_same_however_the_samples_are_cut_into_batches(label, cut):
    pred = label[::-1]
    m = metric.PCC()
    for part in (slice(0, cut), slice(cut, None)):
        m.update([label[part]], [pred[part]])
    assert value(m) == pytest.approx(after(metric.PCC(), [label], [pred]), nan_ok=True)


@given(numbers, numbers)
def test_errors_are_the_means_of_differences(label, pred):
    assert after(metric.MAE(), [label], [pred]) == pytest.approx(np.abs(label - pred).mean())
    assert after(metric.MSE(), [label], [pred]) == pytest.approx(((label - pred) ** 2).mean())
    assert after(metric.RMSE(), [label], [pred]) == pytest.approx(math.sqrt(((label - pred) ** 2).mean()))


@given(st.integers(1, 11), st.integers(0, 2**32 - 1), st.floats(-1e6, 1e6))
def test_micro_pearson_is_the_correlation_of_all_numbers(cut, seed, offset):
    rng = np.random.default_rng(seed)
    label, pred = rng.normal(size=(2, 12)) + offset
    m = metric.PearsonCorrelation(average="micro")
    for part in (slice(0, cut), slice(cut, None)):
        m.update([label[part]], [pred[part]])
    assert value(m) == pytest.approx(np.corrcoef(label, pred)[0, 1], abs=1e-6)


def test_macro_pearson_is_the_mean_of_the_coefficients_of_arrays():
    rng = np.random.default_rng(0)
    labels, preds = rng.normal(size=(3, 8)), rng.normal(size=(3, 8))
    expected = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(labels, preds, strict=True)])
    assert after(metric.PearsonCorrelation(), list(labels), list(preds)) == pytest.approx(expected)


def test_pearson_of_a_constant_is_nan():
    assert math.isnan(after(metric.PearsonCorrelation(), [np.ones(3)], [np.arange(3.0)]))


# -- single metrics ---------------------------------------------------------------------------------------


def test_accuracy_takes_predictions_shaped_like_the_labels_as_classes():
    assert after(metric.Accuracy(), nd([[1, 0], [0, 1]]), nd([[1, 0], [1, 1]])) == 0.75


def test_accuracy_truncates_labels_and_predictions_to_classes():
    assert after(metric.Accuracy(), nd([0.7, 1.2]), nd([0.2, 1.9])) == 1.0


def test_accuracy_takes_a_column_of_labels():
    assert after(metric.Accuracy(), nd([[1], [0]]), nd([[0.2, 0.8], [0.1, 0.9]])) == 0.5


def test_accuracy_finds_classes_along_its_axis():
    scores = np.array([[0.2, 0.8, 0.1], [0.1, 0.9, 0.3]])
    assert after(metric.Accuracy(axis=0), nd([0, 1, 0]), nd(scores)) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("top_k", "expected"), [(2, 0.8), (3, 0.8), (4, 1.0)])
def test_top_k_accuracies_are_those_of_mxnet(top_k, expected):
    assert after(metric.TopKAccuracy(top_k), nd([0, 1, 2, 3, 0]), nd(SCORES)) == pytest.approx(expected)


def test_all_classes_are_among_more_than_there_are():
    """MXNet fails where top_k exceeds the number of classes."""
    assert after(metric.TopKAccuracy(9), nd([0, 1]), nd(SCORES[:2])) == 1.0


def test_top_k_takes_one_axis_of_predictions_as_classes():
    assert after(metric.TopKAccuracy(2), nd([0, 1, 2]), nd([0, 1, 1])) == pytest.approx(2 / 3)


def test_macro_f1_counts_all_arrays_of_an_update_together():
    m = metric.F1()
    m.update([nd(c) for c in CLASSES], [nd(p) for p in PROBS])
    assert value(m) == pytest.approx(0.36363636)
    assert m.num_inst == 1


def test_f1_without_positives_is_zero():
    assert after(metric.F1(), nd([0, 0]), nd([[0.9, 0.1], [0.8, 0.2]])) == 0.0


def test_pcc_counts_classes_that_appear_later():
    m = metric.PCC()
    m.update([nd([0, 1])], [np.eye(2)])
    m.update([nd([3, 1])], [np.eye(4)[2:]])
    assert value(m) == pytest.approx(0.3651483716701107)


def test_errors_make_a_column_of_one_axis():
    assert after(metric.MSE(), nd([1, 2, 3]), nd([[1], [1], [1]])) == pytest.approx(5 / 3)


def test_errors_count_each_array_once_whatever_its_size():
    assert after(metric.MAE(), [nd([1, 2]), nd([3])], [nd([1, 2]), nd([5])]) == 1.0


def test_cross_entropy_of_a_probability_of_zero_is_finite():
    assert after(metric.CrossEntropy(), nd([0]), nd([[0, 1]])) == pytest.approx(27.63102149963379)


def test_perplexity_of_a_probability_of_zero_is_ten_billion():
    assert after(metric.Perplexity(None), nd([0]), nd([[0, 1]])) == pytest.approx(1e10)


def test_perplexity_ignores_a_label_that_is_no_class():
    m = metric.Perplexity(-1)
    probs = nd([[0.25, 0.75], [0.25, 0.75], [0.5, 0.5]])
    assert after(m, nd([-1, 0, 1]), probs) == pytest.approx(2.828427132826954)
    assert m.num_inst == 2


def test_perplexity_of_nothing_but_ignored_labels_is_nan():
    assert math.isnan(after(metric.Perplexity(1), nd([1]), nd([[0.25, 0.75]])))


def test_perplexity_takes_classes_along_its_axis():
    probs = np.array([[[0.25, 0.75], [0.5, 0.5]], [[0.1, 0.9], [0.2, 0.8]]])
    label = np.array([[0, 1], [1, 1]])
    last = after(metric.Perplexity(None), label, probs)
    assert last == pytest.approx((0.25 * 0.5 * 0.9 * 0.8) ** -0.25)
    assert after(metric.Perplexity(None, axis=1), label, probs.transpose(0, 2, 1)) == pytest.approx(last)


def test_loss_is_the_mean_of_all_numbers_of_all_outputs():
    m = metric.Loss()
    assert after(m, None, [nd([1, 2, 3]), nd([[4, 5]])]) == 3.0
    assert m.num_inst == 5


# -- of others, and of functions --------------------------------------------------------------------------


def test_composite_reports_all_names_and_values():
    m = metric.create(["acc", "ce"])
    m.update(nd([1, 0]), nd([[0.3, 0.7], [0.4, 0.6]]))
    assert m.get_name_value() == [("accuracy", 0.5), ("cross-entropy", pytest.approx(0.63648283))]
    assert m.get_global_name_value() == m.get_name_value()


def test_composite_flattens_the_names_of_composites():
    m = metric.CompositeEvalMetric([metric.create(["acc", "mse"]), "mae"])
    assert m.get()[0] == ["accuracy", "mse", "mae"]


def test_composite_gets_a_metric_by_its_position():
    m = metric.CompositeEvalMetric(["acc"])
    m.add("mse")
    assert isinstance(m.get_metric(1), metric.MSE)


def test_composite_raises_for_a_position_it_does_not_have():
    """MXNet returns the error instead."""
    with pytest.raises(IndexOutOfRangeError, match=r"Metric 3 does not exist.\n  Expected an index below 1"):
        metric.CompositeEvalMetric(["acc"]).get_metric(3)


def test_composite_takes_named_outputs_and_labels():
    child = metric.Accuracy(output_names=["o"], label_names=["l"])
    m = metric.CompositeEvalMetric([child], output_names=["o"], label_names=["l"])
    m.update_dict({"l": nd([1]), "x": nd([9])}, {"o": nd([1]), "y": nd([9])})
    assert m.get() == (["accuracy"], [1.0])


def test_named_outputs_and_labels_are_chosen_by_name():
    m = metric.Accuracy(output_names=["o1"], label_names=["l1"])
    m.update_dict({"l1": nd([1]), "l2": nd([0])}, {"o1": nd([1]), "o2": nd([5])})
    assert m.get() == ("accuracy", 1.0)


def test_a_missing_name_is_reported():
    m = metric.Accuracy(label_names=["l1"])
    with pytest.raises(UnknownNameError, match=r"label 'l1' was not given.*\n.*one of 'x'"):
        m.update_dict({"x": nd([1])}, {"o": nd([1])})


def test_a_function_may_return_a_sum_and_a_number_of_instances():
    m = metric.CustomMetric(lambda label, pred: (float(pred.sum()), len(label)), name="mean")
    assert after(m, [nd([0, 0])], [nd([3, 5])]) == 4.0
    assert m.num_inst == 2


def test_a_function_gets_numpy_arrays():
    seen = []
    metric.np(lambda label, pred: seen.append((type(label), type(pred))) or 0.0).update(nd([1]), nd([1]))
    assert seen == [(np.ndarray, np.ndarray)]


@pytest.mark.parametrize(
    ("m", "name"),
    [
        (metric.np(len_and_sum), "len_and_sum"),
        (metric.np(lambda label, pred: 0), "custom(<lambda>)"),
        (metric.np(len_and_sum, name="x"), "x"),
        (metric.create(len_and_sum), "len_and_sum"),
    ],
)
def test_a_metric_of_a_function_is_named_after_it(m, name):
    assert m.name == name


def test_extra_outputs_are_ignored_where_that_is_allowed():
    m = metric.np(len_and_sum, allow_extra_outputs=True)
    assert after(m, [nd([1])], [nd([4]), nd([7])]) == 4.0


def test_extra_outputs_are_an_error_where_it_is_not():
    with pytest.raises(ShapeMismatchError, match="Labels and predictions differ in their number"):
        metric.np(len_and_sum).update([nd([1])], [nd([4]), nd([7])])


def test_a_metric_of_a_function_has_no_configuration():
    with pytest.raises(NotImplementedError, match="'len_and_sum' is made from a function"):
        metric.np(len_and_sum).get_config()


# -- metrics of users ---------------------------------------------------------------------------------------


class Updates(metric.EvalMetric):
    """A metric as old programs define them: it knows one record only."""

    def __init__(self, name="updates"):
        super().__init__(name, foo=3)

    def update(self, labels, preds):
        self.sum_metric += 1
        self.num_inst += 2


def test_a_metric_without_global_statistics_reports_its_local_ones():
    m = Updates()
    m.update(None, None)
    assert m.get_global() == ("updates", 0.5)


def test_the_configuration_holds_what_the_base_class_was_given():
    expected = {"foo": 3, "metric": "Updates", "name": "updates", "output_names": None, "label_names": None}
    assert Updates().get_config() == expected


@pytest.fixture
def registry(monkeypatch):
    """The registry, restored after the test."""
    copied = dict(base.METRICS.classes)
    monkeypatch.setattr(base.METRICS, "classes", copied)
    return copied


def test_registered_classes_are_created_by_their_names(registry):
    metric.register(metric.alias("upd", "ups")(Updates))
    assert [type(metric.create(name)) for name in ("updates", "UPD", "ups")] == [Updates] * 3


def test_registering_the_same_class_again_is_silent(registry):
    """As when a cell of a notebook is run again."""
    metric.register(Updates)
    metric.register(Updates)
    assert registry["updates"] is Updates


def test_registering_another_class_under_a_name_warns(registry):
    with pytest.warns(UserWarning, match="metric 'acc' was .*Accuracy.* and becomes .*Updates"):
        metric.alias("acc")(Updates)


def test_only_metrics_can_be_registered():
    with pytest.raises(ArgumentTypeError, match="The registry of metric takes classes of its kind"):
        metric.register(int)


def test_the_base_class_asks_for_update_to_be_defined():
    with pytest.raises(NotImplementedError, match=r"EvalMetric does not say how to measure"):
        metric.EvalMetric("x").update(0, 0)


def test_a_metric_prints_its_values():
    assert str(after_one_update()) == "EvalMetric: {'accuracy': 0.5}"


def after_one_update():
    m = metric.Accuracy()
    m.update(nd([0, 1]), nd([[0.2, 0.8], [0.1, 0.9]]))
    return m


# -- create -------------------------------------------------------------------------------------------------

NAMES = {
    "acc accuracy ACC": metric.Accuracy,
    "f1": metric.F1,
    "mcc": metric.MCC,
    "pcc": metric.PCC,
    "mae": metric.MAE,
    "mse": metric.MSE,
    "rmse": metric.RMSE,
    "ce crossentropy cross-entropy": metric.CrossEntropy,
    "nll_loss negativeloglikelihood nll-loss": metric.NegativeLogLikelihood,
    "pearsonr pearsoncorrelation": metric.PearsonCorrelation,
    "loss": metric.Loss,
    "torch": metric.Torch,
    "caffe": metric.Caffe,
    "composite compositeevalmetric": metric.CompositeEvalMetric,
}


@pytest.mark.parametrize(("names", "kind"), NAMES.items())
def test_metrics_are_created_by_name(names, kind):
    assert [type(metric.create(name)) for name in names.split()] == [kind] * len(names.split())


@pytest.mark.parametrize("name", ["top_k_acc", "top_k_accuracy", "topkaccuracy"])
def test_arguments_are_handed_to_the_class(name):
    m = metric.create(name, top_k=3)
    assert m.get_config() == {
        "top_k": 3,
        "metric": "TopKAccuracy",
        "name": "top_k_accuracy_3",
        "output_names": None,
        "label_names": None,
    }


def test_a_metric_is_returned_as_it_is():
    m = metric.Accuracy()
    assert metric.create(m) is m


def test_a_class_is_instantiated():
    assert isinstance(metric.create(metric.MAE), metric.MAE)


def test_an_unknown_name_comes_with_a_suggestion():
    with pytest.raises(UnknownNameError, match=r"Metric 'accurracy' is not registered(.|\n)*mean 'accuracy'"):
        metric.create("accurracy")


def test_an_unknown_name_without_a_close_one_comes_with_a_way_out():
    with pytest.raises(AssertionError, match="Register a class of your own"):
        metric.create("qqqqq")


@pytest.mark.parametrize("nothing", [None, 3])
def test_what_describes_no_metric_is_an_error(nothing):
    with pytest.raises(ArgumentTypeError, match="The metric is none"):
        metric.create(nothing)


# -- errors -------------------------------------------------------------------------------------------------

LABEL, PRED = np.array([1, 0]), np.array([[0.3, 0.7], [0.4, 0.6]])


@pytest.mark.parametrize(
    ("make", "label", "pred", "error", "message"),
    [
        (metric.Accuracy, LABEL, PRED[:1], ShapeMismatchError, r"differ in their number.*\n.*2 predictions"),
        (metric.Accuracy, LABEL, np.ones(3), ShapeMismatchError, "have no axis of classes"),
        (lambda: metric.TopKAccuracy(2), LABEL, PRED[:1], ShapeMismatchError, "differ in their number"),
        (lambda: metric.TopKAccuracy(2), LABEL, PRED[None], ShapeMismatchError, "cannot take these predict"),
        (
            metric.F1,
            np.array([0, 2]),
            PRED,
            ArgumentError,
            r"classes 0 and 1, but the labels.*\n.*received 2",
        ),
        (
            metric.MCC,
            LABEL,
            np.array([0.9, 0.1]),
            ArgumentError,
            r"but the predictions hold.*\n.*received 0.9",
        ),
        (metric.PCC, np.array([-1, 0]), PRED, ArgumentError, "is for class numbers"),
        (metric.MSE, LABEL, np.ones(3), ShapeMismatchError, r"'mse' cannot compare.*\n.*\(2, 1\).*\(3, 1\)"),
        (metric.MAE, np.ones((2, 3)), np.ones((2, 2)), ShapeMismatchError, "'mae' cannot compare"),
        (metric.CrossEntropy, LABEL, PRED[:1], ShapeMismatchError, "a row of probabilities for each of 2"),
        (metric.CrossEntropy, LABEL + 1, PRED, IndexOutOfRangeError, r"is no class.*\n.*0 to 1, received 2"),
        (metric.CrossEntropy, LABEL - 1, PRED, IndexOutOfRangeError, r"received -1"),
        (metric.PearsonCorrelation, LABEL, np.ones((2, 1)), ShapeMismatchError, "differ in their shapes"),
    ],
)
def test_batches_that_cannot_be_measured_are_errors(make, label, pred, error, message):
    with pytest.raises(error, match=message):
        make().update([label], [pred])


@pytest.mark.parametrize("top_k", [1, 0])
def test_top_k_of_one_points_to_accuracy(top_k):
    with pytest.raises(ArgumentError, match=r"top_k is too small(.|\n)*Use Accuracy"):
        metric.TopKAccuracy(top_k)


def test_top_k_must_be_an_integer():
    with pytest.raises(ArgumentTypeError, match="top_k is no integer"):
        metric.TopKAccuracy("3")


@pytest.mark.parametrize("kind", [metric.F1, metric.MCC, metric.PearsonCorrelation])
def test_an_unknown_average_is_an_error(kind):
    with pytest.raises(ArgumentError, match=r"knows no such average.*\n.*'macro' or 'micro'"):
        kind(average="weighted")


def test_lists_of_different_lengths_are_an_error():
    with pytest.raises(ValueError, match="differ in their number"):
        metric.Accuracy().update([nd([1])], [nd([1]), nd([2])])


def test_check_label_shapes_wraps_single_arrays():
    label, pred = nd([1]), nd([2, 3])
    assert metric.check_label_shapes([label], [pred], wrap=True) == ([label], [pred])
    with pytest.raises(ShapeMismatchError, match=r"Expected \(1,\) predictions, received \(2,\)"):
        metric.check_label_shapes(label, pred, shape=True)
