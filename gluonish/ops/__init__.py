"""The operators, one module per family. Importing this package declares them all.

In a family's module stand, side by side, an operator's kernel (whose signature declares its inputs and
parameters), its shape and dtype rules, and its gradient. Kernels are written against ``xp``, the module of
their arrays; they know nothing of devices.

Folders: ``nn`` (networks), ``vision`` (images), ``updates`` (steps of optimizers), ``numpy`` (its semantics),
``sparse`` (kernels for sparse arrays). ``common`` is what families share.

The modules that ``LATER`` names are imported when one of their operators is first looked up.

A kernel returns memory of its own, never its input or a view of it, unless it is declared ``view=True``.
"""

import functools
import importlib

from gluonish.engine.methods import install_methods
from gluonish.engine.operator import declare_later
from gluonish.ops import (
    arithmetic,
    arranging,
    broadcasting,
    creation,
    decompositions,
    elementwise,
    histogram,
    indexing,
    joining,
    keys,
    linalg,
    nn,
    ordering,
    positions,
    products,
    random,
    random_choices,
    reduction,
    scatter,
    sequence,
    shaping,
    slicing,
    sparse,
    triangles,
    updates,
)

__all__ = [
    "arithmetic",
    "arranging",
    "broadcasting",
    "creation",
    "decompositions",
    "elementwise",
    "histogram",
    "indexing",
    "joining",
    "keys",
    "linalg",
    "nn",
    "ordering",
    "positions",
    "products",
    "random",
    "random_choices",
    "reduction",
    "scatter",
    "sequence",
    "shaping",
    "slicing",
    "sparse",
    "triangles",
    "updates",
]

LATER: dict[str, tuple[str, ...]] = {
    "gluonish.ops.attention": (
        "_contrib_interleaved_matmul_selfatt_qk",
        "_contrib_interleaved_matmul_selfatt_valatt",
        "_contrib_interleaved_matmul_encdec_qk",
        "_contrib_interleaved_matmul_encdec_valatt",
    ),
    "gluonish.ops.contributed": (
        "_contrib_allclose",
        "_contrib_gradientmultiplier",
        "_contrib_index_array",
        "_contrib_quadratic",
        "_contrib_round_ste",
        "_contrib_sign_ste",
    ),
    "gluonish.ops.densities": (
        "_random_pdf_uniform",
        "random_pdf_uniform",
        "_random_pdf_normal",
        "random_pdf_normal",
        "_random_pdf_gamma",
        "random_pdf_gamma",
        "_random_pdf_exponential",
        "random_pdf_exponential",
        "_random_pdf_poisson",
        "random_pdf_poisson",
        "_random_pdf_negative_binomial",
        "random_pdf_negative_binomial",
        "_random_pdf_generalized_negative_binomial",
        "random_pdf_generalized_negative_binomial",
        "_random_pdf_dirichlet",
        "random_pdf_dirichlet",
    ),
    "gluonish.ops.nn.margin": ("SVMOutput",),
    "gluonish.ops.nn.unfolding": ("col2im", "im2col"),
    "gluonish.ops.numpy": ("_np*",),
    "gluonish.ops.nn.older": ("Pooling_v1",),
    "gluonish.ops.nn.sparsity": ("IdentityAttachKLSparseReg",),
    "gluonish.ops.precision": ("amp_cast", "amp_multicast"),
    "gluonish.ops.spectra": ("_contrib_count_sketch", "_contrib_fft", "_contrib_ifft"),
    "gluonish.ops.vision.anchors": (
        "_contrib_MultiBoxDetection",
        "_contrib_MultiBoxPrior",
        "_contrib_MultiBoxTarget",
    ),
    "gluonish.ops.vision.boxes": (
        "_contrib_bipartite_matching",
        "_contrib_box_decode",
        "_contrib_box_encode",
        "_contrib_box_iou",
        "_contrib_box_nms",
        "_contrib_box_non_maximum_suppression",
        "_rows_back",
        "_rows_from",
    ),
    "gluonish.ops.vision.colors": (
        "_image_adjust_lighting",
        "_image_random_brightness",
        "_image_random_color_jitter",
        "_image_random_contrast",
        "_image_random_hue",
        "_image_random_lighting",
        "_image_random_saturation",
    ),
    "gluonish.ops.vision.deformable": (
        "_contrib_DeformableConvolution",
        "_contrib_ModulatedDeformableConvolution",
        "_deformable_grid",
        "_deformable_slopes",
    ),
    "gluonish.ops.vision.image": (
        "_image_crop",
        "_image_flip_left_right",
        "_image_flip_top_bottom",
        "_image_normalize",
        "_image_random_flip_left_right",
        "_image_random_flip_top_bottom",
        "_image_resize",
        "_image_to_tensor",
    ),
    "gluonish.ops.vision.matching": ("Correlation",),
    "gluonish.ops.vision.parts": ("_contrib_PSROIPooling", "_psroi_back"),
    "gluonish.ops.vision.proposals": ("_contrib_MultiProposal", "_contrib_Proposal"),
    "gluonish.ops.vision.regions": ("Crop", "ROIPooling", "_contrib_ROIAlign", "_roi_align_back"),
    "gluonish.ops.vision.resizing": ("_contrib_BilinearResize2D", "_resize_back"),
    "gluonish.ops.vision.sampling": (
        "BilinearSampler",
        "GridGenerator",
        "SpatialTransformer",
        "_affine_grid",
        "_affine_grid_back",
        "_bilinear_sample",
        "_bilinear_spread",
    ),
}
"""Modules that are imported when one of the operators they declare is first looked up; these are their names.

Importing gluonish has to be fast, and few programs use them.
"""

for _module, _names in LATER.items():
    declare_later(_names, functools.partial(importlib.import_module, _module))
arithmetic.install_python_operators()
sparse.install_python_operators()
keys.install_indexing()
install_methods()
