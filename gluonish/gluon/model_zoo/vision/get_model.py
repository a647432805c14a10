"""Networks by their names."""

from __future__ import annotations

import difflib
from typing import Any

from gluonish.errors import UnknownNameError
from gluonish.gluon.model_zoo.vision import resnet

__all__ = ["get_model"]

MODELS = {
    f"resnet{layers}_v{version}": getattr(resnet, f"resnet{layers}_v{version}")
    for version in (1, 2)
    for layers in resnet.resnet_spec
}


def get_model(name: str, **kwargs: Any) -> Any:
    """Return the network of a name.

    Args:
        name: such as ``"resnet50_v2"``, in any case.
        kwargs: ``classes``, the number of classes (1000); ``thumbnail``, for small images; ``pretrained``,
            ``ctx`` and ``root``, as of ``get_resnet``; ``prefix``, ``params``.

    Raises:
        UnknownNameError: there is no such network.

    Example:
        >>> import gluonish as mx
        >>> net = mx.gluon.model_zoo.vision.get_model("resnet18_v1", classes=10, thumbnail=True)
        >>> net.initialize()
        >>> net(mx.nd.ones((2, 3, 32, 32))).shape
        (2, 10)
    """
    make = MODELS.get(name.lower())
    if make is None:
        close = difflib.get_close_matches(name.lower(), MODELS, 3)
        raise UnknownNameError(
            f"Model {name!r}",
            "is not in the model zoo",
            expected="one of " + ", ".join(MODELS),
            fix=f"Did you mean {' or '.join(map(repr, close))}?" if close else None,
        )
    return make(**kwargs)
