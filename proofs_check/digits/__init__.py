"""Real input: networks trained by backpropagation on handwritten digits, and their feedback recovered
exactly.

The images are the 1,797 that scikit-learn ships. Three networks 64-50-20-10 without biases come with the
package (`train` makes them again): sigmoid, tanh, and a linear one. A fold-over Hadamard design of 144 atoms
over the 70 hidden units turns the limit T → ∞ of the fit into a finite sum over all (image, atom) pairs, so
that the limit itself is computed, not sampled: by `recovery` here, and by any subject for itself.
"""

from __future__ import annotations

from proofs_check.digits.data import accuracy, images, trained

__all__ = ["accuracy", "images", "trained"]
