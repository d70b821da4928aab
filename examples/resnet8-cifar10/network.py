"""ResNet-8 (MLPerf Tiny's image classification) whose weights and feature maps can be quantised to four bits."""

from typing import Iterator, Optional

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from discrete import nearest_codes


class Matrix(nn.Module):
    """Weights of a convolution or a fully connected layer: masked, and discrete if `discrete` is set."""

    def __init__(self, name: str, outputs: int, inputs: int, kernel: int, stride: int = 1):
        super().__init__()
        self.name, self.kernel, self.stride, self.discrete = name, kernel, stride, False
        self.weight = nn.Parameter(torch.empty(outputs, inputs, kernel, kernel))
        nn.init.kaiming_normal_(self.weight, mode="fan_out", nonlinearity="relu")
        self.register_buffer("mask", torch.ones_like(self.weight))
        # The value of code 1 in each row; it changes slowly, so it is kept between steps.
        self.register_buffer("scale", torch.zeros(outputs, 1, 1, 1))

    def effective(self) -> Tensor:
        kept = self.weight * self.mask
        if not self.discrete:
            return kept
        codes, scale = nearest_codes(kept.detach(), self.scale, rounds=1 if self.training else 0)
        if self.training:
            self.scale.copy_(scale)
        # The gradient passes through the rounding.
        return kept + (codes * scale - kept).detach()

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.effective(), stride=self.stride, padding=self.kernel // 2)


class Grid(nn.Module):
    """A feature map of 16 codes with a learnt step (LSQ, arXiv 1902.08153); absent until `start`."""

    def __init__(self, signed: bool):
        super().__init__()
        self.low, self.high = (-8, 7) if signed else (0, 15)
        self.active = False
        self.step = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        if not self.active:
            return x
        x = x.float()
        if self.step == 0:
            self.step.data.copy_(2 * x.detach().abs().mean() / self.high**0.5)
        share = (x.numel() / len(x) * self.high) ** -0.5
        step = (self.step * share + (self.step - self.step * share).detach()).abs()
        codes = (x / step).clamp(self.low, self.high)
        return (codes + (codes.round() - codes).detach()) * step


class Layer(nn.Module):
    """A convolution and its batch norm."""

    def __init__(self, name: str, outputs: int, inputs: int, kernel: int, stride: int = 1):
        super().__init__()
        self.matrix = Matrix(name, outputs, inputs, kernel, stride)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.matrix(x))


class Block(nn.Module):
    def __init__(self, name: str, outputs: int, inputs: int, stride: int):
        super().__init__()
        self.first = Layer(f"{name}.conv1", outputs, inputs, 3, stride)
        self.inner = Grid(signed=False)
        self.second = Layer(f"{name}.conv2", outputs, outputs, 3)
        changes = stride > 1 or inputs != outputs
        self.shortcut: Optional[Layer] = Layer(f"{name}.shortcut", outputs, inputs, 1, stride) if changes else None
        self.crossing: Optional[Grid] = Grid(signed=True) if changes else None
        self.outer = Grid(signed=False)

    def forward(self, x: Tensor) -> Tensor:
        branch = self.second(self.inner(F.relu(self.first(x))))
        shortcut = x if self.shortcut is None else self.crossing(self.shortcut(x))
        return self.outer(F.relu(branch + shortcut))


class ResNet8(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = Layer("stem", 16, 3, 3)
        self.stem_grid = Grid(signed=False)
        self.blocks = nn.ModuleList([Block("block1", 16, 16, 1), Block("block2", 32, 16, 2), Block("block3", 64, 32, 2)])
        self.head = Matrix("head", 10, 64, 1)
        self.head_bias = nn.Parameter(torch.zeros(10))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem_grid(F.relu(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean((2, 3), keepdim=True)).flatten(1) + self.head_bias

    def matrices(self) -> Iterator[Matrix]:
        return (module for module in self.modules() if isinstance(module, Matrix))

    def grids(self) -> Iterator[Grid]:
        return (module for module in self.modules() if isinstance(module, Grid))
