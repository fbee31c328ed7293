"""An experiment in parts that know nothing of each other, and their results put together.

An experiment of S seeds and L methods is cut into n parts by seed where n is at most S: part k has the seeds
number k, k + n, k + 2n, ... of every method. Beyond that n is a multiple of S, up to S L, and parts have one
seed each: part k has the seed number k mod S, and every (n / S)-th method. A run learns the same whether it
has others beside it or not, up to the order in which a product of many runs adds its terms: where each run
is computed by itself, the merged curve is that of the whole experiment bit for bit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.paper.costs import Costs
from benchmarks.paper.experiment import Curve, Experiment
from benchmarks.paper.results import as_json
from feedback_proofs_io import given
from feedback_proofs_io.given import Unreadable
from feedback_proofs_io.results import Result, parsed, sealed
from feedback_proofs_io.shards import Shard, complete
from impl import checkpoint, checks

__all__ = ["axes", "cut", "file_name", "merged", "part_as_json"]

RECORD = {
    "part": int,
    "parts": int,
    "command": str,
    "name": str,
    "runs": list,
    "metrics": list,
    "settings": dict,
}
"""What a part's result says of the whole, and of which kind that is."""
KEPT = ("runs", "seconds", "machine", "sha256")
"""What the whole result has of each part's."""
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}"


def axes(experiment: Experiment) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The labels and the seeds of the runs; raises ``InvalidInput`` where a run of one and the other is
    missing.
    """
    pairs = [run.rpartition("/") for run in experiment.runs]
    labels = tuple(dict.fromkeys(label for label, _, _ in pairs))
    seeds = tuple(dict.fromkeys(seed for _, _, seed in pairs))
    every = [f"{label}/{seed}" for label in labels for seed in seeds]
    origin, found = f"the runs of {experiment.name}", checks.shown(list(experiment.runs))
    checks.require(every == list(experiment.runs), origin, found, "every method with every seed")
    return labels, tuple(map(int, seeds))


def cut(experiment: Experiment, shard: Shard) -> Experiment:
    """The part of an experiment that is this shard; raises ``InvalidInput`` where it is not cut like that."""
    labels, seeds = axes(experiment)
    if shard.parts <= len(seeds):
        return experiment.only(labels, list(shard.of(seeds)))
    groups, left = divmod(shard.parts, len(seeds))
    expected = f"up to {len(seeds)} parts, one a seed, or a multiple of that up to {len(labels) * len(seeds)}"
    checks.require(left == 0 and groups <= len(labels), "--shard", shard, expected)
    group, place = divmod(shard.part - 1, len(seeds))
    return experiment.only(list(Shard(group + 1, groups).of(labels)), [seeds[place]])


def file_name(name: str, shard: Shard) -> str:
    """What the files of a part are called, but for their ending."""
    return f"{name}.{shard.part}-of-{shard.parts}"


def part_as_json(
    experiment: Experiment, part: Experiment, curve: Curve, shard: Shard, command: str, name: str
) -> dict[str, Any]:
    """The result of a part, which says of what: the ``command``'s experiment, its file's name, all runs."""
    content = as_json(part, curve)
    content["shard"] = {
        "part": shard.part,
        "parts": shard.parts,
        "command": command,
        "name": name,
        "runs": list(experiment.runs),
        "metrics": list(experiment.metrics),
        "settings": dict(experiment.settings),
    }
    return sealed(content)


@dataclass(frozen=True)
class Part:
    """A part's result: its file, which part it is, all it says, and that as a result."""

    file: Path
    shard: Shard
    content: Mapping[str, Any]
    result: Result

    @classmethod
    def read(cls, file: Path) -> Part:
        """A part that ``part_as_json`` made; raises ``Unreadable`` for whatever is none."""
        content: Any = given.document(file)
        result = parsed(content, file)
        record = content.get("shard")
        if not isinstance(record, dict) or any(not isinstance(record.get(k), t) for k, t in RECORD.items()):
            raise Unreadable(f"{file} is no part of an experiment, such as --shard writes")
        if not re.fullmatch(NAME, record["name"]):
            raise Unreadable(f"{file} is no part of an experiment: it gives no file's name")
        try:
            return cls(file, Shard(record["part"], record["parts"]), content, result)
        except ValueError as error:
            raise Unreadable(f"{file} is no part of an experiment: {error}") from None

    @property
    def record(self) -> Mapping[str, Any]:
        """What it says of the whole."""
        found: Mapping[str, Any] = self.content["shard"]
        return found

    @property
    def rows(self) -> dict[str, list[dict[str, float | None]]]:
        """For each of its runs what was measured at every point, by metric."""
        curve = self.content["curve"]
        return {
            run: [dict(zip(self.result.metrics, point[k], strict=True)) for point in curve]
            for k, run in enumerate(self.result.runs)
        }

    @property
    def common(self) -> dict[str, str]:
        """What all parts of one experiment have in common."""
        axes = {name: self.record[name] for name in ("metrics", "runs")} | {"points": self.result.points}
        return {
            **{name: self.record[name] for name in ("command", "name")},
            "experiment": self.result.experiment,
            **{name: " ".join(map(str, words)) for name, words in axes.items()},
            **{f"setting {name}": str(value) for name, value in self.record["settings"].items()},
        }


def merged(files: Sequence[Path]) -> dict[str, Any]:
    """The result of the whole experiment from those of all its parts, in any order.

    It has what that of a run in one piece has, with the runs in the same order; its seconds are the sum, a
    field of its machine in which the parts' machines differ is a list, and "shards" says what each part was.
    Raises ``InvalidInput`` for parts that differ, ``Incomplete`` where not all are there once, and
    ``Unreadable`` for a file that is no part.
    """
    found = [Part.read(file) for file in files]
    complete((part.shard, part.file) for part in found)
    for part in found[1:]:
        checkpoint.same(str(part.file), part.common, found[0].common)
    parts = sorted(found, key=lambda part: part.shard)
    record = parts[0].record
    once = sorted(run for part in parts for run in part.result.runs) == sorted(record["runs"])
    checks.require(once, "what the parts hold", "not every run once", f"the {len(record['runs'])} runs")
    rows = {run: row for part in parts for run, row in part.rows.items()}
    points = range(len(parts[0].result.points))
    content = {name: value for name, value in parts[0].content.items() if name != "shard"}
    content |= {
        "settings": record["settings"],
        "runs": record["runs"],
        "metrics": record["metrics"],
        "curve": [
            [[rows[run][point].get(metric) for metric in record["metrics"]] for run in record["runs"]]
            for point in points
        ],
        "seconds": round(sum(part.result.seconds for part in parts), 3),
        "machine": _together([part.result.machine for part in parts]),
        "costs": _cheapest([part.result.costs for part in parts]),
        "shards": [
            {
                "shard": str(part.shard),
                **{name: part.content[name] for name in KEPT},
                "path": part.result.settings.get("path", ""),
            }
            for part in parts
        ],
    }
    first = record["runs"][0].rpartition("/")[2]
    shown = [part.content.get("pictures", {}) for part in parts if _has_seed(part, first)]
    if any(shown):
        content["pictures"] = _united(shown)
    return sealed(content)


def _has_seed(part: Part, seed: str) -> bool:
    return any(run.rpartition("/")[2] == seed for run in part.result.runs)


def _united(shown: Sequence[Any]) -> Any:
    """Mappings put together, also those within them; of what stands in two, the first."""
    if not all(isinstance(one, dict) for one in shown):
        return shown[0]
    names = dict.fromkeys(name for one in shown for name in one)
    return {name: _united([one[name] for one in shown if name in one]) for name in names}


def _together(machines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One description of some machines: where they differ, the list of what there is."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(name for one in machines for name in one):
        values = list(dict.fromkeys(one.get(name) for one in machines))
        found[name] = values[0] if len(values) == 1 else values
    return found


def _cheapest(costs: Sequence[Costs]) -> dict[str, dict[str, float]]:
    """What each method costs: of some measurements the shortest, as of one."""
    found: dict[str, dict[str, float]] = {}
    for label, figures in (pair for one in costs for pair in one.items()):
        known = found.setdefault(label, dict(figures))
        known |= {name: min(known.get(name, value), value) for name, value in figures.items()}
    return found
