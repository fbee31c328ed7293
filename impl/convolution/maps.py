"""Linear maps of given structure, a = W h + b, on samples: h is (T, ...), a is (T, ...).

A map is fixed by a matrix of the numbers that it has, its *weights*: all entries of a dense one, the shared
kernels of a convolution. With Phi(e) the matrix for which W^T e = Phi(e) theta, theta being those numbers,

    transposed    W^T e = Phi(e) theta
    outer         sum over samples of Phi(e)^T h, which for a dense map is sum_t e_t h_t^T
    spread        |Phi(e)|_F^2 of each sample, which for a dense map is |e|^2 n

What a rule does with dense feedback it does with these for feedback of any structure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["ConvolutionMap", "DenseMap", "LinearMap", "Shape", "channels_last"]

Shape = tuple[int, ...]


def channels_last(h: Tensor) -> Tensor:
    """Images (T, channels, rows, columns) laid out pixel by pixel, which pooling and convolutions are fast
    with; what are no images as they are.

    With one channel both layouts are one, and torch takes the slow path unless the strides say so.
    """
    if h.dim() != 4 or (h.stride(1) == 1 and h.is_contiguous(memory_format=torch.channels_last)):
        return h
    return torch.empty(h.shape, dtype=h.dtype, device=h.device, memory_format=torch.channels_last).copy_(h)


class LinearMap(Protocol):
    """A linear map from samples of the shape ``given`` to samples of the shape ``made``."""

    @property
    def given(self) -> Shape:
        """The shape of a sample of h."""

    @property
    def made(self) -> Shape:
        """The shape of a sample of a."""

    @property
    def rows(self) -> int:
        """Of the weights, (rows, columns), or (rows, columns + 1) with the biases as last column."""

    @property
    def columns(self) -> int:
        """See ``rows``."""

    def applied(self, weights: Tensor, h: Tensor) -> Tensor:
        """W h + b, for weights with their biases."""

    def linear(self, weights: Tensor, h: Tensor) -> Tensor:
        """W h, for weights without biases."""

    def transposed(self, weights: Tensor, e: Tensor) -> Tensor:
        """W^T e, for weights without biases."""

    def outer(self, e: Tensor, h: Tensor) -> Tensor:
        """What e . (W h), summed over samples, is differentiated by W: (rows, columns)."""

    def spread(self, e: Tensor) -> Tensor:
        """The mean of |outer(e, xi)|^2 of a single sample, (T,), over noise xi of mean 0 and variance 1."""


@dataclass(frozen=True)
class DenseMap:
    """Every number of a sample with every unit; what has axes is flattened."""

    given: Shape
    units: int

    @property
    def made(self) -> Shape:
        """One number for each unit."""
        return (self.units,)

    @property
    def rows(self) -> int:
        """The units."""
        return self.units

    @property
    def columns(self) -> int:
        """The numbers of a sample."""
        return math.prod(self.given)

    def applied(self, weights: Tensor, h: Tensor) -> Tensor:
        """W h + b."""
        return torch.addmm(weights[:, -1], h.flatten(1), weights[:, :-1].T)

    def linear(self, weights: Tensor, h: Tensor) -> Tensor:
        """W h."""
        return h.flatten(1) @ weights.T

    def transposed(self, weights: Tensor, e: Tensor) -> Tensor:
        """W^T e, in the shape of a sample."""
        return (e @ weights).reshape(-1, *self.given)

    def outer(self, e: Tensor, h: Tensor) -> Tensor:
        """sum_t e_t h_t^T."""
        return e.T @ h.flatten(1)

    def spread(self, e: Tensor) -> Tensor:
        """|e|^2 n."""
        return e.square().sum(1) * self.columns


@dataclass(frozen=True)
class ConvolutionMap:
    """A cross-correlation with shared kernels, stride 1, zeros around: "SAME", so that the image keeps its
    size. Samples are (channels, rows, columns); a row of the weights is one kernel, (channels, size, size)
    flattened. ``size`` is odd.
    """

    given: Shape
    channels: int
    size: int

    @property
    def made(self) -> Shape:
        """An image of the same size with other channels."""
        return (self.channels, *self.given[1:])

    @property
    def rows(self) -> int:
        """The kernels."""
        return self.channels

    @property
    def columns(self) -> int:
        """The numbers of a kernel."""
        return self.given[0] * self.size**2

    def _kernels(self, weights: Tensor) -> Tensor:
        return channels_last(weights.reshape(-1, self.given[0], self.size, self.size))

    def applied(self, weights: Tensor, h: Tensor) -> Tensor:
        """The images with their biases."""
        return F.conv2d(h, self._kernels(weights[:, :-1]), weights[:, -1], padding=self.size // 2)

    def linear(self, weights: Tensor, h: Tensor) -> Tensor:
        """The images without."""
        return F.conv2d(h, self._kernels(weights), padding=self.size // 2)

    def transposed(self, weights: Tensor, e: Tensor) -> Tensor:
        """The convolution with the kernels, from all output channels to all input channels."""
        return F.conv_transpose2d(e, self._kernels(weights), padding=self.size // 2)

    def outer(self, e: Tensor, h: Tensor) -> Tensor:
        """At each offset the correlation of e and h, summed over positions and samples."""
        like = channels_last(e.new_empty(self.channels, self.given[0], self.size, self.size))
        edge, wanted = [self.size // 2] * 2, [False, True, False]
        _, slope, _ = torch.ops.aten.convolution_backward(
            e, h, like, None, [1, 1], edge, [1, 1], False, [0, 0], 1, wanted
        )
        kernels: Tensor = slope
        return kernels.flatten(1)

    def spread(self, e: Tensor) -> Tensor:
        """The squares of e, each as often as a kernel that is laid there has places inside the image."""
        inside = torch.ones(self.given[1:], dtype=e.dtype, device=e.device)[None, None]
        ones = torch.ones(1, 1, self.size, self.size, dtype=e.dtype, device=e.device)
        places = F.conv2d(inside, ones, padding=self.size // 2)
        squares: Tensor = (e.square().sum(1, keepdim=True) * places).sum((1, 2, 3))
        return squares * self.given[0]
