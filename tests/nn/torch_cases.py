"""Layers and functions whose numbers were recorded from PyTorch (``tools/torch_layer_goldens.py``).

All values that go in are drawn from NumPy's frozen ``RandomState``, so the record holds results only. It is
imported by the program that makes the record, which knows nothing of gluonish, and by the tests.
"""

from __future__ import annotations

import zlib
from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """A layer or a function, its arguments, and what it is called with."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    inputs: tuple[Any, ...]
    train: bool = True


def case(name: str, *args: Any, at: Any, train: bool = True, **kwargs: Any) -> Case:
    """Describe a case; ``at`` are the inputs: shapes, ("kind", shape), or values."""
    return Case(name, args, kwargs, at if isinstance(at, list) else [at], train)


def rng_of(label: str) -> np.random.RandomState:
    """Return the generator that belongs to a name."""
    return np.random.RandomState(zlib.crc32(label.encode()))


def drawn(spec: Any, rng: np.random.RandomState) -> Any:
    """Return an input as an array of float64 (classes: int64), or a plain value."""
    if not isinstance(spec, tuple):
        return spec
    kind, shape, *more = spec if spec and isinstance(spec[0], str) else ("normal", spec)
    draws = {
        "normal": lambda: rng.standard_normal(shape),
        "unit": lambda: rng.uniform(0.05, 0.95, shape),
        "positive": lambda: rng.uniform(0.5, 2.0, shape),
        "sign": lambda: rng.randint(0, 2, shape) * 2.0 - 1,
        "count": lambda: rng.randint(0, 5, shape).astype(float),
        "classes": lambda: rng.randint(0, more[0], shape),
        "labels": lambda: rng.randint(more[0], more[1], shape),
        "distribution": lambda: _softmax(rng.standard_normal(shape)),
        "log_distribution": lambda: np.log(_softmax(rng.standard_normal(shape))),
        "mask": lambda: rng.uniform(size=shape) < 0.3,
        "tensor": lambda: np.asarray(shape, np.float64),
        "integers": lambda: np.asarray(shape, np.int64),
    }
    return draws[kind]()


def wants_grad(position: int, spec: Any) -> bool:
    """Tell whether an input gets a gradient: the first, and others that are no targets."""
    kind = spec[0] if isinstance(spec[0], str) else "normal"
    return kind in ("normal", "positive") or (position == 0 and kind in ("unit", "log_distribution"))


def _softmax(x: Any) -> Any:
    powers = np.exp(x)
    return powers / powers.sum(-1, keepdims=True)


def weights_for(shapes: dict[str, tuple[int, ...]], rng: np.random.RandomState) -> dict[str, Any]:
    """Return values for a state, by name: positive where they are variances."""
    return {
        name: rng.uniform(0.5, 1.5, shape)
        if name.endswith("running_var")
        else rng.standard_normal(shape) * 0.5
        for name, shape in sorted(shapes.items())
        if not name.endswith("num_batches_tracked")
    }


def heads_for(shapes: list[tuple[int, ...]], rng: np.random.RandomState) -> list[Any]:
    """Return what the outputs are multiplied with before they are summed."""
    return [rng.standard_normal(shape) for shape in shapes]


LAYERS: dict[str, Case] = {
    "linear": case("Linear", 3, 4, at=(2, 3)),
    "linear-deep": case("Linear", 3, 2, bias=False, at=(2, 2, 3)),
    "linear-vector": case("Linear", 3, 2, at=(3,)),
    "bilinear": case("Bilinear", 2, 3, 4, at=[(5, 2), (5, 3)]),
    "identity": case("Identity", at=(2, 2)),
    "flatten": case("Flatten", at=(2, 3, 2)),
    "unflatten": case("Unflatten", 1, (2, 3), at=(2, 6)),
    "conv1d": case("Conv1d", 2, 4, 3, stride=2, padding=1, at=(2, 2, 7)),
    "conv1d-circular": case("Conv1d", 2, 3, 3, padding=2, padding_mode="circular", at=(1, 2, 5)),
    "conv2d": case("Conv2d", 2, 4, (3, 2), padding=(1, 0), dilation=(1, 2), groups=2, at=(2, 2, 5, 6)),
    "conv2d-same": case("Conv2d", 2, 3, (2, 3), padding="same", at=(1, 2, 4, 4)),
    "conv2d-valid": case("Conv2d", 2, 3, 3, padding="valid", bias=False, at=(2, 4, 4)),
    "conv2d-reflect": case("Conv2d", 1, 2, 3, padding=(2, 1), padding_mode="reflect", at=(1, 1, 4, 4)),
    "conv2d-replicate": case("Conv2d", 1, 2, 2, padding="same", padding_mode="replicate", at=(1, 1, 3, 3)),
    "conv3d": case("Conv3d", 1, 2, 2, stride=(1, 2, 1), at=(1, 1, 3, 4, 3)),
    "transpose1d": case("ConvTranspose1d", 2, 3, 3, stride=2, output_padding=1, at=(2, 2, 4)),
    "transpose2d": case("ConvTranspose2d", 4, 4, 3, stride=2, padding=1, groups=2, at=(1, 4, 3, 3)),
    "transpose2d-dilated": case(
        "ConvTranspose2d", 2, 2, 2, stride=1, padding=1, dilation=3, output_padding=2, at=(1, 2, 3, 3)
    ),
    "transpose3d": case("ConvTranspose3d", 1, 2, 2, bias=False, at=(1, 1, 2, 2, 2)),
    "batchnorm1d": case("BatchNorm1d", 3, at=(5, 3)),
    "batchnorm1d-length": case("BatchNorm1d", 3, momentum=None, at=(2, 3, 4)),
    "batchnorm2d": case("BatchNorm2d", 3, momentum=0.3, eps=1e-3, at=(2, 3, 2, 2)),
    "batchnorm2d-eval": case("BatchNorm2d", 3, at=(2, 3, 2, 2), train=False),
    "batchnorm2d-plain": case(
        "BatchNorm2d", 3, affine=False, track_running_stats=False, at=(2, 3, 2, 2), train=False
    ),
    "batchnorm2d-nobias": case("BatchNorm2d", 2, bias=False, at=(2, 2, 1, 2)),
    "batchnorm3d": case("BatchNorm3d", 2, affine=False, at=(2, 2, 2, 1, 2)),
    "layernorm": case("LayerNorm", (2, 3), at=(4, 2, 3)),
    "layernorm-plain": case("LayerNorm", 3, elementwise_affine=False, at=(4, 3)),
    "layernorm-nobias": case("LayerNorm", 3, bias=False, at=(4, 3)),
    "groupnorm": case("GroupNorm", 2, 4, at=(2, 4, 3)),
    "groupnorm-nobias": case("GroupNorm", 1, 2, bias=False, at=(2, 2, 3)),
    "instancenorm1d": case("InstanceNorm1d", 2, at=(2, 4)),
    "instancenorm2d": case("InstanceNorm2d", 2, affine=True, track_running_stats=True, at=(2, 2, 2, 3)),
    "instancenorm2d-eval": case("InstanceNorm2d", 2, track_running_stats=True, at=(2, 2, 2, 3), train=False),
    "instancenorm3d": case("InstanceNorm3d", 2, at=(1, 2, 2, 2, 2)),
    "rmsnorm": case("RMSNorm", 4, at=(3, 4)),
    "rmsnorm-eps": case("RMSNorm", (2, 2), eps=0.1, at=(3, 2, 2)),
    "lrn": case("LocalResponseNorm", 4, alpha=0.5, at=(2, 5, 3)),
    "cosinesimilarity": case("CosineSimilarity", dim=0, at=[(3, 2), (3, 2)]),
    "pairwisedistance": case("PairwiseDistance", p=1.0, at=[(3, 2), (3, 2)]),
    "embedding": case("Embedding", 5, 3, padding_idx=1, at=("classes", (2, 4), 5)),
    "embedding-frequency": case("Embedding", 4, 2, scale_grad_by_freq=True, at=("classes", (6,), 4)),
    "embedding-norm": case("Embedding", 4, 2, max_norm=0.3, at=("classes", (3,), 4)),
    "dropout-eval": case("Dropout", 0.9, at=(2, 3), train=False),
    "rrelu-eval": case("RReLU", at=(2, 3), train=False),
    "prelu": case("PReLU", at=(2, 3)),
    "prelu-channels": case("PReLU", 3, at=(2, 3, 2)),
    "embeddingbag": case("EmbeddingBag", 5, 3, at=[("classes", (2, 4), 5)]),
    "embeddingbag-max": case(
        "EmbeddingBag", 5, 3, mode="max", at=[("classes", (6,), 5), ("integers", [0, 0, 4])]
    ),
    "embeddingbag-padded": case(
        "EmbeddingBag", 5, 3, padding_idx=1, at=[("classes", (7,), 5), ("integers", [0, 3])]
    ),
    "unfold": case("Unfold", (2, 3), dilation=(1, 2), padding=(1, 2), stride=(2, 1), at=(1, 2, 4, 5)),
    "fold": case("Fold", (4, 5), (2, 3), padding=(0, 1), stride=(2, 1), at=(2, 12, 10)),
    "maxunpool1d": case("MaxUnpool1d", 2, at=[(1, 2, 2), ("integers", [[[1, 2], [0, 3]]])]),
    "maxunpool2d": case("MaxUnpool2d", 2, stride=3, at=[(1, 1, 1, 2), ("integers", [[[[6, 4]]]])]),
    "multimargin": case("MultiMarginLoss", at=[(4, 3), ("classes", (4,), 3)]),
    "multimargin-squared": case(
        "MultiMarginLoss", p=2, margin=0.5, reduction="none", at=[(3,), ("integers", [1])]
    ),
    "multilabelmargin": case(
        "MultiLabelMarginLoss", at=[(2, 4), ("integers", [[2, 0, -1, 1], [-1, 0, 1, 2]])]
    ),
    "maxpool1d": case("MaxPool1d", 2, at=(1, 2, 5)),
    "maxpool2d": case("MaxPool2d", 3, stride=2, padding=1, at=(1, 2, 5, 5)),
    "maxpool2d-dilated": case("MaxPool2d", 2, stride=1, dilation=2, padding=1, at=(1, 1, 4, 5)),
    "maxpool2d-ceil": case("MaxPool2d", 2, stride=3, padding=1, ceil_mode=True, at=(1, 1, 5, 6)),
    "maxpool3d": case("MaxPool3d", 2, at=(1, 1, 4, 2, 3)),
    "avgpool1d": case("AvgPool1d", 3, stride=2, padding=1, at=(1, 2, 6)),
    "avgpool2d-ceil": case("AvgPool2d", 2, stride=3, padding=1, ceil_mode=True, at=(1, 1, 5, 6)),
    "avgpool2d-exclude": case("AvgPool2d", 3, padding=1, count_include_pad=False, at=(1, 1, 4, 4)),
    "avgpool2d-divisor": case("AvgPool2d", 2, divisor_override=3, at=(1, 2, 4, 4)),
    "avgpool3d": case("AvgPool3d", 2, at=(1, 1, 2, 2, 4)),
    "lppool1d": case("LPPool1d", 2, 2, at=("positive", (1, 2, 5))),
    "lppool2d": case("LPPool2d", 3, 2, stride=1, at=("positive", (1, 1, 3, 3))),
    "adaptiveavg1d": case("AdaptiveAvgPool1d", 3, at=(1, 2, 7)),
    "adaptiveavg2d": case("AdaptiveAvgPool2d", (None, 2), at=(2, 3, 5)),
    "adaptiveavg3d": case("AdaptiveAvgPool3d", (2, 1, 3), at=(1, 1, 3, 2, 4)),
    "adaptivemax1d": case("AdaptiveMaxPool1d", 3, at=(1, 2, 7)),
    "adaptivemax2d": case("AdaptiveMaxPool2d", (2, 3), at=(1, 2, 5, 4)),
    "adaptivemax3d": case("AdaptiveMaxPool3d", 2, at=(1, 1, 3, 2, 4)),
    "zeropad2d": case("ZeroPad2d", (1, 2, 0, -1), at=(1, 1, 3, 3)),
    "constantpad1d": case("ConstantPad1d", 2, 3.5, at=(1, 1, 3)),
    "reflectionpad1d": case("ReflectionPad1d", (2, 1), at=(1, 2, 4)),
    "reflectionpad2d": case("ReflectionPad2d", 1, at=(1, 1, 3, 3)),
    "replicationpad3d": case("ReplicationPad3d", 1, at=(1, 1, 2, 1, 2)),
    "circularpad2d": case("CircularPad2d", (1, 1, 2, 0), at=(1, 1, 3, 3)),
    "upsample-nearest": case("Upsample", scale_factor=2, at=(1, 1, 2, 3)),
    "upsample-bilinear": case("Upsample", size=(5, 4), mode="bilinear", at=(1, 1, 3, 3)),
    "upsample-aligned": case("UpsamplingBilinear2d", scale_factor=2, at=(1, 1, 3, 2)),
    "pixelshuffle": case("PixelShuffle", 2, at=(1, 8, 2, 1)),
    "pixelunshuffle": case("PixelUnshuffle", 2, at=(1, 2, 4, 2)),
    "rnn": case("RNN", 2, 3, at=(4, 2, 2)),
    "rnn-relu": case("RNN", 2, 3, num_layers=2, nonlinearity="relu", bias=False, at=(3, 2, 2)),
    "lstm": case("LSTM", 2, 3, at=(4, 2, 2)),
    "lstm-both": case("LSTM", 2, 2, num_layers=2, bidirectional=True, batch_first=True, at=(2, 3, 2)),
    "lstm-projected": case("LSTM", 2, 3, proj_size=2, bidirectional=True, at=(3, 1, 2)),
    "gru": case("GRU", 2, 3, num_layers=2, bidirectional=True, at=(3, 2, 2)),
    "gru-states": case("GRU", 2, 3, at=[(3, 2, 2), (1, 2, 3)]),
    "gru-one": case("GRU", 2, 3, at=(4, 2)),
    "rnncell": case("RNNCell", 2, 3, at=[(2, 2), (2, 3)]),
    "rnncell-relu": case("RNNCell", 2, 3, nonlinearity="relu", at=(2,)),
    "lstmcell": case("LSTMCell", 2, 3, at=(2, 2)),
    "grucell": case("GRUCell", 2, 3, bias=False, at=[(2, 2), (2, 3)]),
    "attention": case("MultiheadAttention", 4, 2, at=[(3, 2, 4), (5, 2, 4), (5, 2, 4)]),
    "attention-sizes": case(
        "MultiheadAttention",
        4,
        2,
        kdim=3,
        vdim=2,
        batch_first=True,
        bias=False,
        at=[(2, 3, 4), (2, 5, 3), (2, 5, 2)],
    ),
    "attention-added": case(
        "MultiheadAttention",
        4,
        2,
        add_bias_kv=True,
        add_zero_attn=True,
        at=[(3, 2, 4), (2, 2, 4), (2, 2, 4), ("mask", (2, 2))],
    ),
    "attention-one": case("MultiheadAttention", 4, 1, at=[(3, 4), (3, 4), (3, 4)]),
    "encoder": case("TransformerEncoderLayer", 4, 2, dim_feedforward=6, dropout=0.0, at=(3, 2, 4)),
    "encoder-first": case(
        "TransformerEncoderLayer",
        4,
        2,
        dim_feedforward=3,
        dropout=0.0,
        activation="gelu",
        norm_first=True,
        batch_first=True,
        bias=False,
        at=(2, 3, 4),
    ),
    "decoder": case(
        "TransformerDecoderLayer", 4, 2, dim_feedforward=3, dropout=0.0, at=[(3, 2, 4), (2, 2, 4)]
    ),
    "transformer": case("Transformer", 4, 2, 1, 1, 3, 0.0, at=[(3, 1, 4), (2, 1, 4)]),
}

ACTIVATIONS = (
    *("ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Hardsigmoid", "Hardswish", "Sigmoid", "Tanh", "LogSigmoid"),
    *("Softsign", "Tanhshrink", "GELU", "ELU", "CELU", "LeakyReLU", "Softplus", "Hardshrink", "Softshrink"),
    *("Hardtanh", "GLU"),
)
LAYERS |= {name.lower(): case(name, at=(3, 4)) for name in ACTIVATIONS}
LAYERS |= {
    "gelu-tanh": case("GELU", approximate="tanh", at=(3, 4)),
    "elu-alpha": case("ELU", 0.3, at=(3, 4)),
    "celu-alpha": case("CELU", 0.3, at=(3, 4)),
    "leakyrelu-slope": case("LeakyReLU", 0.4, at=(3, 4)),
    "softplus-beta": case("Softplus", 2.0, 1.0, at=(3, 4)),
    "threshold": case("Threshold", 0.1, 2.0, at=(3, 4)),
    "hardtanh-limits": case("Hardtanh", -0.5, 0.3, at=(3, 4)),
    "softmax": case("Softmax", dim=1, at=(2, 3)),
    "softmin": case("Softmin", dim=0, at=(2, 3)),
    "logsoftmax": case("LogSoftmax", dim=-1, at=(2, 3)),
    "softmax2d": case("Softmax2d", at=(1, 3, 1, 2)),
}

_SCORES = ((4, 3), ("classes", (4,), 3))
_DEEP = ((2, 3, 2), ("classes", (2, 2), 3))

LOSSES: dict[str, Case] = {
    "mse": case("mse_loss", at=[(3, 2), (3, 2)]),
    "mse-sum": case("mse_loss", reduction="sum", at=[(3, 2), (3, 2)]),
    "l1": case("l1_loss", reduction="none", at=[(3, 2), (3, 2)]),
    "smooth-l1": case("smooth_l1_loss", beta=0.5, at=[(3, 4), (3, 4)]),
    "huber": case("huber_loss", delta=0.7, at=[(3, 4), (3, 4)]),
    "cross-entropy": case("cross_entropy", at=[*_SCORES]),
    "cross-entropy-deep": case("cross_entropy", reduction="none", at=[*_DEEP]),
    "cross-entropy-ignore": case("cross_entropy", ignore_index=1, at=[*_SCORES]),
    "cross-entropy-smooth": case("cross_entropy", label_smoothing=0.2, ignore_index=2, at=[*_SCORES]),
    "cross-entropy-weight": case(
        "cross_entropy", weight=("tensor", (0.5, 2.0, 1.0)), label_smoothing=0.1, at=[*_DEEP]
    ),
    "cross-entropy-probabilities": case(
        "cross_entropy",
        weight=("tensor", (0.5, 2.0, 1.0)),
        label_smoothing=0.1,
        at=[(4, 3), ("distribution", (4, 3))],
    ),
    "cross-entropy-one": case("cross_entropy", at=[(3,), ("classes", (), 3)]),
    "nll": case("nll_loss", weight=("tensor", (0.5, 2.0, 1.0)), at=[*_SCORES]),
    "nll-sum": case("nll_loss", reduction="sum", ignore_index=0, at=[*_DEEP]),
    "bce": case("binary_cross_entropy", at=[("unit", (3, 2)), ("unit", (3, 2))]),
    "bce-weight": case(
        "binary_cross_entropy", weight=("tensor", (0.5, 2.0)), at=[("unit", (3, 2)), ("unit", (3, 2))]
    ),
    "bce-logits": case("binary_cross_entropy_with_logits", at=[(3, 2), ("unit", (3, 2))]),
    "bce-logits-positive": case(
        "binary_cross_entropy_with_logits",
        pos_weight=("tensor", (0.5, 2.0)),
        weight=("tensor", (1.5, 0.1)),
        reduction="sum",
        at=[(3, 2), ("unit", (3, 2))],
    ),
    "kl": case("kl_div", reduction="batchmean", at=[("log_distribution", (3, 4)), ("distribution", (3, 4))]),
    "kl-log": case(
        "kl_div",
        reduction="sum",
        log_target=True,
        at=[("log_distribution", (3, 4)), ("log_distribution", (3, 4))],
    ),
    "hinge": case("hinge_embedding_loss", margin=0.8, at=[(5,), ("sign", (5,))]),
    "ranking": case("margin_ranking_loss", margin=0.3, at=[(5,), (5,), ("sign", (5,))]),
    "soft-margin": case("soft_margin_loss", at=[(5,), ("sign", (5,))]),
    "cosine": case("cosine_embedding_loss", margin=0.1, at=[(4, 3), (4, 3), ("sign", (4,))]),
    "triplet": case("triplet_margin_loss", at=[(4, 3), (4, 3), (4, 3)]),
    "triplet-swap": case("triplet_margin_loss", swap=True, p=1, margin=2.0, at=[(4, 3), (4, 3), (4, 3)]),
    "gaussian": case("gaussian_nll_loss", full=True, at=[(3, 2), (3, 2), ("positive", (3, 2))]),
    "gaussian-one": case("gaussian_nll_loss", at=[(3, 2), (3, 2), ("positive", (3, 1))]),
    "poisson": case("poisson_nll_loss", full=True, at=[(3, 4), ("count", (3, 4))]),
    "poisson-rate": case("poisson_nll_loss", log_input=False, at=[("positive", (3, 4)), ("count", (3, 4))]),
    "multilabel": case("multilabel_soft_margin_loss", at=[(3, 4), ("unit", (3, 4))]),
    "ctc": case(
        "ctc_loss",
        at=[
            ("log_distribution", (6, 2, 4)),
            ("labels", (2, 2), 1, 4),
            ("integers", (6, 5)),
            ("integers", (2, 1)),
        ],
    ),
    "ctc-blank": case(
        "ctc_loss",
        blank=1,
        reduction="none",
        at=[
            ("log_distribution", (6, 2, 4)),
            ("labels", (3,), 2, 4),
            ("integers", (6, 6)),
            ("integers", (2, 1)),
        ],
    ),
    "ctc-infinite": case(
        "ctc_loss",
        blank=3,
        reduction="sum",
        zero_infinity=True,
        at=[
            ("log_distribution", (2, 2, 4)),
            ("integers", ((0, 0), (1, 2))),
            ("integers", (2, 2)),
            ("integers", (2, 2)),
        ],
    ),
}

FUNCTIONS: dict[str, Case] = {
    **LOSSES,
    "normalize": case("normalize", at=(3, 4)),
    "normalize-one": case("normalize", p=1.0, dim=0, at=(3, 4)),
    "cosine-similarity": case("cosine_similarity", at=[(3, 4), (3, 4)]),
    "pairwise-distance": case("pairwise_distance", keepdim=True, at=[(3, 4), (3, 4)]),
    "pairwise-cubes": case("pairwise_distance", p=3.0, at=[(3, 4), (3, 4)]),
    "sdpa": case("scaled_dot_product_attention", at=[(2, 3, 4), (2, 5, 4), (2, 5, 2)]),
    "sdpa-causal": case("scaled_dot_product_attention", is_causal=True, at=[(2, 3, 4), (2, 3, 4), (2, 3, 2)]),
    "sdpa-scale": case("scaled_dot_product_attention", scale=0.3, at=[(1, 2, 4), (1, 2, 4), (1, 2, 4)]),
    "sdpa-groups": case(
        "scaled_dot_product_attention", enable_gqa=True, at=[(1, 4, 2, 3), (1, 2, 2, 3), (1, 2, 2, 3)]
    ),
    "pad": case("pad", (1, 0, 2, 1), value=0.5, at=(2, 3)),
    "pad-circular": case("pad", (2, 1), mode="circular", at=(1, 2, 4)),
    "nearest": case("interpolate", scale_factor=1.7, at=(1, 1, 5)),
    "nearest-exact": case("interpolate", size=7, mode="nearest-exact", at=(1, 1, 5)),
    "linear": case("interpolate", size=8, mode="linear", at=(1, 2, 5)),
    "linear-scale": case("interpolate", scale_factor=1.6, mode="linear", at=(1, 2, 5)),
    "linear-recomputed": case(
        "interpolate", scale_factor=1.7, mode="linear", recompute_scale_factor=True, at=(1, 2, 5)
    ),
    "bicubic": case("interpolate", size=(6, 3), mode="bicubic", at=(1, 1, 4, 5)),
    "bicubic-aligned": case("interpolate", size=(7, 3), mode="bicubic", align_corners=True, at=(1, 1, 4, 5)),
    "trilinear": case(
        "interpolate", scale_factor=2, mode="trilinear", align_corners=True, at=(1, 1, 2, 2, 3)
    ),
    "area": case("interpolate", size=(2, 3), mode="area", at=(1, 1, 4, 5)),
    "glu-first": case("glu", dim=0, at=(4, 3)),
    "local-response": case("local_response_norm", 3, at=(1, 4, 2, 2)),
}
