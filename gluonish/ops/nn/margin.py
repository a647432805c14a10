"""The output layer of a support vector machine, one machine per class against the rest."""

from __future__ import annotations

from typing import Any

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.nn.common import require_float

__all__: list[str] = []


@operator("SVMOutput", loss=True)
def svm_output(
    xp: XP,
    data: Array,
    label: Array,
    *,
    margin: float = 1.0,
    regularization_coefficient: float = 1.0,
    use_linear: bool = False,
) -> Array:
    """Return the data; the gradient is that of the hinge loss of each class against the others.

    With t = 1 for the class that the label names and -1 for the others, the loss of a score x is
    max(0, margin - t x), squared unless ``use_linear``, times the coefficient. The gradient that comes from
    the output is ignored.
    """
    return data.copy()


@svm_output.shape
def svm_output_shape(s: ShapeFacts) -> None:
    s.same("data", "output")
    data = s["data"]
    if data is not None:
        if len(data) != 2:  # noqa: PLR2004  samples and classes
            s.fail("takes a score per sample and class", expected="data of 2 axes")
        s["label"] = data[:1]


@svm_output.dtype
def svm_output_dtype(d: DTypeFacts) -> None:
    d.same("data", "output")
    require_float(d, d["data"])
    if d["label"] is None:
        d["label"] = d["data"]


@svm_output.gradient("data")
def svm_output_gradient(
    F: Any,
    g: Any,
    data: Any,
    label: Any,
    dtypes: Any,
    margin: float,
    regularization_coefficient: float,
    use_linear: bool,
) -> Any:
    sign = F.one_hot(label, depth=data.shape[1], dtype=dtypes[0]) * 2 - 1
    slack = F.relu(margin - sign * data)
    slope = F.sign(slack) if use_linear else slack * 2
    return sign * slope * -regularization_coefficient
