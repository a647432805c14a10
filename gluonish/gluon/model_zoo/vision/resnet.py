"""Residual networks.

Version 1: He et al., Deep residual learning for image recognition (2015). Version 2, where normalisation and
activation come before each convolution: He et al., Identity mappings in deep residual networks (2016).

Layers and their order are those of MXNet's model zoo, so that files of trained parameters fit.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from gluonish.context import Context, cpu
from gluonish.errors import ArgumentError
from gluonish.gluon import nn
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.model_zoo.model_store import get_model_file

__all__ = [
    "BasicBlockV1",
    "BasicBlockV2",
    "BottleneckV1",
    "BottleneckV2",
    "ResNetV1",
    "ResNetV2",
    "get_resnet",
    "resnet18_v1",
    "resnet18_v2",
    "resnet34_v1",
    "resnet34_v2",
    "resnet50_v1",
    "resnet50_v2",
    "resnet101_v1",
    "resnet101_v2",
    "resnet152_v1",
    "resnet152_v2",
]


def _conv3x3(channels: int, stride: int, in_channels: int) -> nn.Conv2D:
    return nn.Conv2D(
        channels, kernel_size=3, strides=stride, padding=1, use_bias=False, in_channels=in_channels
    )


def _conv1x1(channels: int, stride: int, in_channels: int = 0) -> nn.Conv2D:
    return nn.Conv2D(channels, kernel_size=1, strides=stride, use_bias=False, in_channels=in_channels)


# -- version 1 ------------------------------------------------------------------------------------------


class _BlockV1(HybridBlock):
    """Adds what its body computes to its input, then activates.

    Args:
        channels: the number of output channels.
        stride: the step of the first convolution.
        downsample: whether the input is brought to the size of the output by a convolution.
        in_channels: the number of input channels; found in the first forward pass if 0.
        prefix: as of Block.
        params: as of Block.
    """

    def __init__(
        self,
        channels: int,
        stride: int,
        downsample: bool = False,
        in_channels: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self.body = nn.HybridSequential(prefix="")
        self._fill_body(channels, stride, in_channels)
        self.downsample = None
        if downsample:
            self.downsample = nn.HybridSequential(prefix="")
            self.downsample.add(_conv1x1(channels, stride, in_channels), nn.BatchNorm())

    def _fill_body(self, channels: int, stride: int, in_channels: int) -> None:
        raise NotImplementedError

    def _both(self, x: Any) -> tuple[Any, Any]:
        """Return what the body computes, and what it is added to."""
        computed = self.body(x)
        return computed, x if self.downsample is None else self.downsample(x)


class BasicBlockV1(_BlockV1):
    """Two convolutions of 3 x 3, for networks of 18 and 34 layers.

    Args:
        channels: the number of output channels.
        stride: the step of the first convolution.
        downsample: whether the input is brought to the size of the output by a convolution.
        in_channels: the number of input channels; found in the first forward pass if 0.
        prefix: as of Block.
        params: as of Block.
    """

    def _fill_body(self, channels: int, stride: int, in_channels: int) -> None:
        self.body.add(
            _conv3x3(channels, stride, in_channels),
            nn.BatchNorm(),
            nn.Activation("relu"),
            _conv3x3(channels, 1, channels),
            nn.BatchNorm(),
        )

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Compute, add, activate."""
        computed, residual = self._both(x)
        return F.Activation(residual + computed, act_type="relu")


class BottleneckV1(_BlockV1):
    """Convolutions of 1 x 1, 3 x 3 and 1 x 1 with a quarter of the channels in between, for deeper networks.

    Args:
        channels: the number of output channels.
        stride: the step of the first convolution.
        downsample: whether the input is brought to the size of the output by a convolution.
        in_channels: the number of input channels; found in the first forward pass if 0.
        prefix: as of Block.
        params: as of Block.
    """

    def _fill_body(self, channels: int, stride: int, in_channels: int) -> None:  # noqa: ARG002
        self.body.add(
            nn.Conv2D(channels // 4, kernel_size=1, strides=stride),
            nn.BatchNorm(),
            nn.Activation("relu"),
            _conv3x3(channels // 4, 1, channels // 4),
            nn.BatchNorm(),
            nn.Activation("relu"),
            nn.Conv2D(channels, kernel_size=1, strides=1),
            nn.BatchNorm(),
        )

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Compute, add, activate."""
        computed, residual = self._both(x)
        return F.Activation(computed + residual, act_type="relu")


# -- version 2 ------------------------------------------------------------------------------------------


class BasicBlockV2(HybridBlock):
    """Two convolutions of 3 x 3, each after a normalisation and an activation.

    Args:
        channels: the number of output channels.
        stride: the step of the first convolution.
        downsample: whether the input is brought to the size of the output by a convolution.
        in_channels: the number of input channels; found in the first forward pass if 0.
        prefix: as of Block.
        params: as of Block.
    """

    def __init__(
        self,
        channels: int,
        stride: int,
        downsample: bool = False,
        in_channels: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self.bn1 = nn.BatchNorm()
        self.conv1 = _conv3x3(channels, stride, in_channels)
        self.bn2 = nn.BatchNorm()
        self.conv2 = _conv3x3(channels, 1, channels)
        self.downsample = _conv1x1(channels, stride, in_channels) if downsample else None

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Normalise, activate and convolve twice, and add."""
        residual = x
        x = F.Activation(self.bn1(x), act_type="relu")
        if self.downsample is not None:
            residual = self.downsample(x)
        x = self.conv1(x)
        x = F.Activation(self.bn2(x), act_type="relu")
        return self.conv2(x) + residual


class BottleneckV2(HybridBlock):
    """Convolutions of 1 x 1, 3 x 3 and 1 x 1, each after a normalisation and an activation.

    Args:
        channels: the number of output channels.
        stride: the step of the convolution in the middle.
        downsample: whether the input is brought to the size of the output by a convolution.
        in_channels: the number of input channels; found in the first forward pass if 0.
        prefix: as of Block.
        params: as of Block.
    """

    def __init__(
        self,
        channels: int,
        stride: int,
        downsample: bool = False,
        in_channels: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        inner = channels // 4
        self.bn1 = nn.BatchNorm()
        self.conv1 = _conv1x1(inner, 1)
        self.bn2 = nn.BatchNorm()
        self.conv2 = _conv3x3(inner, stride, inner)
        self.bn3 = nn.BatchNorm()
        self.conv3 = _conv1x1(channels, 1)
        self.downsample = _conv1x1(channels, stride, in_channels) if downsample else None

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Normalise, activate and convolve three times, and add."""
        residual = x
        x = F.Activation(self.bn1(x), act_type="relu")
        if self.downsample is not None:
            residual = self.downsample(x)
        x = self.conv1(x)
        x = F.Activation(self.bn2(x), act_type="relu")
        x = self.conv2(x)
        x = F.Activation(self.bn3(x), act_type="relu")
        return self.conv3(x) + residual


# -- networks -------------------------------------------------------------------------------------------


class _ResNet(HybridBlock):
    """What both versions share: features, from a stem and stages of blocks, and a dense layer on top.

    Args:
        block: the class of the blocks.
        layers: how many blocks each stage has.
        channels: of the stem, then of each stage.
        classes: the number of classes.
        thumbnail: whether images are small: the stem keeps their size.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: ``channels`` is not one longer than ``layers``.
    """

    def __init__(
        self,
        block: type[HybridBlock],
        layers: Sequence[int],
        channels: Sequence[int],
        classes: int = 1000,
        thumbnail: bool = False,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        if len(channels) != len(layers) + 1:
            raise ArgumentError(
                type(self).__name__,
                "needs the channels of its stem and of each stage",
                expected=f"{len(layers) + 1} numbers",
                received=str(list(channels)),
            )
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self._add_stem(channels[0], thumbnail)
            for i, count in enumerate(layers):
                stage = _stage(block, count, channels[i + 1], 1 if i == 0 else 2, i + 1, channels[i])
                self.features.add(stage)
            self._add_top()
            self.output = nn.Dense(classes, in_units=channels[-1])

    def _add_stem(self, channels: int, thumbnail: bool) -> None:
        """Add what images meet first."""
        if thumbnail:
            self.features.add(_conv3x3(channels, 1, 0))
        else:
            self.features.add(
                nn.Conv2D(channels, 7, 2, 3, use_bias=False),
                nn.BatchNorm(),
                nn.Activation("relu"),
                nn.MaxPool2D(3, 2, 1),
            )

    def _add_top(self) -> None:
        """Add what follows the last stage."""
        self.features.add(nn.GlobalAvgPool2D())

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002  the layers find their own
        """Return the scores of the classes, (batch, classes)."""
        return self.output(self.features(x))


def _stage(
    block: Any, count: int, channels: int, stride: int, number: int, in_channels: int
) -> nn.HybridSequential:
    """Return a stage of blocks; the first changes the size and the number of channels."""
    stage = nn.HybridSequential(prefix=f"stage{number}_")
    with stage.name_scope():
        stage.add(block(channels, stride, channels != in_channels, in_channels=in_channels, prefix=""))
        for _ in range(count - 1):
            stage.add(block(channels, 1, False, in_channels=channels, prefix=""))
    return stage


class ResNetV1(_ResNet):
    """A residual network of version 1: He et al. (2015). Input (batch, 3, height, width).

    Args:
        block: the class of the blocks, ``BasicBlockV1`` or ``BottleneckV1``.
        layers: how many blocks each stage has.
        channels: of the stem, then of each stage.
        classes: the number of classes.
        thumbnail: whether images are small, such as 32 x 32: the stem keeps their size.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: ``channels`` is not one longer than ``layers``.
    """


class ResNetV2(_ResNet):
    """A residual network of version 2: He et al. (2016). Input (batch, 3, height, width).

    Args:
        block: the class of the blocks, ``BasicBlockV2`` or ``BottleneckV2``.
        layers: how many blocks each stage has.
        channels: of the stem, then of each stage.
        classes: the number of classes.
        thumbnail: whether images are small, such as 32 x 32: the stem keeps their size.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: ``channels`` is not one longer than ``layers``.
    """

    def _add_stem(self, channels: int, thumbnail: bool) -> None:
        self.features.add(nn.BatchNorm(scale=False, center=False))
        super()._add_stem(channels, thumbnail)

    def _add_top(self) -> None:
        self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.GlobalAvgPool2D(), nn.Flatten())


resnet_spec: dict[int, tuple[str, list[int], list[int]]] = {
    18: ("basic_block", [2, 2, 2, 2], [64, 64, 128, 256, 512]),
    34: ("basic_block", [3, 4, 6, 3], [64, 64, 128, 256, 512]),
    50: ("bottle_neck", [3, 4, 6, 3], [64, 256, 512, 1024, 2048]),
    101: ("bottle_neck", [3, 4, 23, 3], [64, 256, 512, 1024, 2048]),
    152: ("bottle_neck", [3, 8, 36, 3], [64, 256, 512, 1024, 2048]),
}
"""For each number of layers: the kind of blocks, how many a stage has, and the channels."""

resnet_net_versions = [ResNetV1, ResNetV2]

resnet_block_versions: list[dict[str, type[HybridBlock]]] = [
    {"basic_block": BasicBlockV1, "bottle_neck": BottleneckV1},
    {"basic_block": BasicBlockV2, "bottle_neck": BottleneckV2},
]


def get_resnet(
    version: int,
    num_layers: int,
    pretrained: bool = False,
    ctx: Context | Sequence[Context] | None = None,
    root: str | os.PathLike[str] | None = None,
    **kwargs: Any,
) -> Any:
    """Return a residual network.

    Args:
        version: 1 or 2.
        num_layers: 18, 34, 50, 101 or 152.
        pretrained: whether to load trained parameters from a file in ``root``; see
            ``model_store.get_model_file``.
        ctx: where to put them; ``cpu(0)`` if None.
        root: the folder of the file; ``$MXNET_HOME/models`` or ``~/.mxnet/models`` if None.
        kwargs: ``classes``, ``thumbnail``, ``prefix``, ``params``, as of ``ResNetV1``.

    Raises:
        ArgumentError: there is no such version, or number of layers.
        MissingFileError: ``pretrained``, and there is no file.
    """
    if num_layers not in resnet_spec:
        raise ArgumentError(
            "A residual network",
            "does not come with this number of layers",
            expected=" or ".join(map(str, resnet_spec)),
            received=num_layers,
        )
    if version not in (1, 2):
        raise ArgumentError(
            "A residual network", "does not come in this version", expected="1 or 2", received=version
        )
    kind, layers, channels = resnet_spec[num_layers]
    block = resnet_block_versions[version - 1][kind]
    net = resnet_net_versions[version - 1](block, layers, channels, **kwargs)
    if pretrained:
        net.load_parameters(get_model_file(f"resnet{num_layers}_v{version}", root), ctx=ctx or cpu())
    return net


def resnet18_v1(**kwargs: Any) -> Any:
    """Return a network of 18 layers, version 1; arguments as of ``get_resnet``."""
    return get_resnet(1, 18, **kwargs)


def resnet34_v1(**kwargs: Any) -> Any:
    """Return a network of 34 layers, version 1; arguments as of ``get_resnet``."""
    return get_resnet(1, 34, **kwargs)


def resnet50_v1(**kwargs: Any) -> Any:
    """Return a network of 50 layers, version 1; arguments as of ``get_resnet``."""
    return get_resnet(1, 50, **kwargs)


def resnet101_v1(**kwargs: Any) -> Any:
    """Return a network of 101 layers, version 1; arguments as of ``get_resnet``."""
    return get_resnet(1, 101, **kwargs)


def resnet152_v1(**kwargs: Any) -> Any:
    """Return a network of 152 layers, version 1; arguments as of ``get_resnet``."""
    return get_resnet(1, 152, **kwargs)


def resnet18_v2(**kwargs: Any) -> Any:
    """Return a network of 18 layers, version 2; arguments as of ``get_resnet``."""
    return get_resnet(2, 18, **kwargs)


def resnet34_v2(**kwargs: Any) -> Any:
    """Return a network of 34 layers, version 2; arguments as of ``get_resnet``."""
    return get_resnet(2, 34, **kwargs)


def resnet50_v2(**kwargs: Any) -> Any:
    """Return a network of 50 layers, version 2; arguments as of ``get_resnet``."""
    return get_resnet(2, 50, **kwargs)


def resnet101_v2(**kwargs: Any) -> Any:
    """Return a network of 101 layers, version 2; arguments as of ``get_resnet``."""
    return get_resnet(2, 101, **kwargs)


def resnet152_v2(**kwargs: Any) -> Any:
    """Return a network of 152 layers, version 2; arguments as of ``get_resnet``."""
    return get_resnet(2, 152, **kwargs)
