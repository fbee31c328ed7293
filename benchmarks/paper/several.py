"""An experiment made of experiments: networks of several sizes, or what one axis of runs cannot hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from benchmarks.paper.costs import Costs, costs
from benchmarks.paper.experiment import Experiment, Pictured, State
from impl import checks

__all__ = ["Several"]


@dataclass(frozen=True, eq=False)
class Several:
    """``parts`` by name, one after the other on the axis of the runs; they share points and seeds.

    What a part does not measure is NaN for its runs. Raises ``InvalidInput`` for other points, or for a run
    that two parts have.
    """

    name: str
    parts: Mapping[str, Experiment]

    def __post_init__(self) -> None:
        for name, part in self.parts.items():
            shown = checks.shown(tuple(part.points))
            checks.require(
                tuple(part.points) == tuple(self.points), f"the points of {name}", shown, "those of all"
            )
        checks.require(
            len(set(self.runs)) == len(self.runs), "the runs", checks.shown(self.runs), "each once"
        )

    @cached_property
    def runs(self) -> tuple[str, ...]:
        """Those of all parts."""
        return tuple(run for part in self.parts.values() for run in part.runs)

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """What any part measures."""
        return tuple(dict.fromkeys(name for part in self.parts.values() for name in part.metrics))

    @property
    def points(self) -> Sequence[int]:
        """Those of every part."""
        return next(iter(self.parts.values())).points

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """Those of all parts; where parts differ, with the part's name in front."""
        found: dict[str, dict[str, str]] = {}
        for part, experiment in self.parts.items():
            for name, text in experiment.settings.items():
                found.setdefault(name, {})[part] = text
        told = {}
        for name, texts in found.items():
            if len(set(texts.values())) == 1:
                told[name] = next(iter(texts.values()))
            else:
                told.update({f"{part}: {name}": text for part, text in texts.items()})
        return told

    def only(self, labels: Sequence[str], seeds: Sequence[int]) -> Several:
        """The same with these of its runs alone, in the order that they have here."""
        parts = {}
        for name, part in self.parts.items():
            own = dict.fromkeys(run.rpartition("/")[0] for run in part.runs)
            chosen = [label for label in own if label in labels]
            if chosen:
                parts[name] = part.only(chosen, seeds)
        return replace(self, parts=parts)

    def start(self) -> State:
        """The states of all parts."""
        return self._joined({name: part.start() for name, part in self.parts.items()})

    def advance(self, state: State, first: int, last: int) -> State:
        """Every part goes on by itself."""
        return self._joined(
            {name: part.advance(self._own(state, name), first, last) for name, part in self.parts.items()}
        )

    def measure(self, state: State, update: int) -> Tensor:
        """What every part measures, (runs, metrics)."""
        rows = []
        for name, part in self.parts.items():
            own = part.measure(self._own(state, name), update)
            wide = own.new_full((len(own), len(self.metrics)), torch.nan)
            wide[:, [self.metrics.index(metric) for metric in part.metrics]] = own
            rows.append(wide)
        return torch.cat(rows)

    def costs(self) -> Costs:
        """What the methods of every part cost."""
        return {label: cost for part in self.parts.values() for label, cost in costs(part).items()}

    def pictures(self, state: State) -> Mapping[str, Any]:
        """What the parts have to show, by their names."""
        return {
            name: part.pictures(self._own(state, name))
            for name, part in self.parts.items()
            if isinstance(part, Pictured)
        }

    def _joined(self, states: Mapping[str, State]) -> State:
        return {f"{part}: {name}": one for part, state in states.items() for name, one in state.items()}

    def _own(self, state: State, part: str) -> State:
        start = f"{part}: "
        return {name.removeprefix(start): one for name, one in state.items() if name.startswith(start)}
