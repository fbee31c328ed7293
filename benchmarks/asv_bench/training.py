"""The history of the training step: an update of many runs, and what it is of its bare products.

Commits without ``impl.learning.advance`` are skipped.
"""

from __future__ import annotations

import torch

NAMES, PATHS = ("figure 2", "autoencoder"), ("native", "eager")
UPDATES = 16


class Update:
    """``UPDATES`` updates of all runs, on one thread."""

    params = (NAMES, PATHS)
    param_names = ("work", "path")
    version = "1"
    timeout = 300
    warmup_time = 0.2
    rounds = 1
    repeat = (5, 20, 2.0)

    def setup(self, name: str, path: str) -> None:
        """Make them, which compiles them."""
        try:
            from benchmarks.training_step import WORKS, steps
            from impl.learning import path_of
        except ImportError as error:
            raise NotImplementedError(f"no such step in this commit: {error}") from error
        torch.set_num_threads(1)
        runs = WORKS[name].runs
        if path == "native" and path_of(runs, runs.start(), 32) != "native":
            raise NotImplementedError("no C++ compiler here")
        self.run = steps(WORKS[name], UPDATES, path)

    def time_updates(self, name: str, path: str) -> None:
        """Seconds of ``UPDATES`` updates."""
        self.run()


class Ratio:
    """A step over its bare products, timed in turn, on the fastest path."""

    params = NAMES
    param_names = ("work",)
    version = "1"
    timeout = 300
    unit = "times the products"

    def track_of_products(self, name: str) -> float:
        """The least of three medians."""
        try:
            from benchmarks.training_step import WORKS, beside_products, ratio
        except ImportError as error:
            raise NotImplementedError(f"no such step in this commit: {error}") from error
        torch.set_num_threads(1)
        return min(ratio(beside_products(WORKS[name], UPDATES, 5)) for _ in range(3))
