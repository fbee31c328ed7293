"""The history of what is learned: angles and test errors of methods at a fixed small cost.

Nothing is timed. Commits without ``impl.learning.advance`` are skipped.
"""

from __future__ import annotations

import torch

NAMES = ("backpropagation", "feedback alignment", "node perturbation 0.01", "surprise", "surprise two-sided")


class Quality:
    """1,000 updates on the digits, three seeds; see ``benchmarks.quality``."""

    params = NAMES
    param_names = ("method",)
    version = "1"
    timeout = 300

    def setup(self, name: str) -> None:
        """Learn."""
        try:
            from benchmarks.quality import named, quality
            from feedback_proofs_io.datasets import Unreadable
        except ImportError as error:
            raise NotImplementedError(f"nothing learns like that in this commit: {error}") from error
        torch.set_num_threads(1)
        try:
            self.found = quality(named([name]))[name]
        except Unreadable as error:
            raise NotImplementedError(str(error)) from error

    def track_lower_angle(self, name: str) -> float:
        """Between the true and the carried gradient of the first hidden layer, in degrees."""
        return self.found["angle 1"]

    def track_upper_angle(self, name: str) -> float:
        """The same of the second."""
        return self.found["angle 2"]

    def track_test_error(self, name: str) -> float:
        """The part of the test images that is mistaken for another class."""
        return self.found["test error"]
