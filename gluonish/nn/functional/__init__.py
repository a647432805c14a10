"""Layers as functions, under torch's names: ``import gluonish.nn.functional as F``."""

from gluonish.nn.functional.activation import *  # noqa: F403
from gluonish.nn.functional.attention import multi_head_attention_forward, scaled_dot_product_attention
from gluonish.nn.functional.classification import *  # noqa: F403
from gluonish.nn.functional.conv import *  # noqa: F403
from gluonish.nn.functional.distance import cosine_similarity, normalize, pairwise_distance
from gluonish.nn.functional.dropout import *  # noqa: F403
from gluonish.nn.functional.linear import bilinear, embedding, linear, one_hot
from gluonish.nn.functional.loss import *  # noqa: F403
from gluonish.nn.functional.normalization import *  # noqa: F403
from gluonish.nn.functional.padding import pad
from gluonish.nn.functional.pooling import *  # noqa: F403
from gluonish.nn.functional.resizing import interpolate, pixel_shuffle, pixel_unshuffle, upsample
