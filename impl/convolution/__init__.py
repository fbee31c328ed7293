"""Convolutional networks that learn by the rules of ``impl.learning``: layers of given structure.

``ConvolutionalRuns`` puts methods times seeds on one axis; its ``start`` is a ``State`` of ``impl.learning``,
and ``step`` takes every run one minibatch further. Weights, feedback and their updates are the numbers that a
map has: shared kernels where it is a convolution. Loss differences are propagated through every kind of
layer, pooling and dropout too, and never subtracted unless a ``Perturbation`` is ``naive``.
"""

from impl.convolution.architecture import Convolution, ConvolutionalArchitecture, Dense
from impl.convolution.committed import Committed
from impl.convolution.feedback import MapObservation
from impl.convolution.maps import ConvolutionMap, DenseMap
from impl.convolution.passes import CleanMaps, carry, forward, losses, propagate, subtract
from impl.convolution.pooling import pooled, pooled_difference, unpooled
from impl.convolution.runs import ConvolutionalRuns, observe, signals, step

__all__ = [
    "CleanMaps",
    "Committed",
    "Convolution",
    "ConvolutionMap",
    "ConvolutionalArchitecture",
    "ConvolutionalRuns",
    "Dense",
    "DenseMap",
    "MapObservation",
    "carry",
    "forward",
    "losses",
    "observe",
    "pooled",
    "pooled_difference",
    "propagate",
    "signals",
    "step",
    "subtract",
    "unpooled",
]
