"""The results of experiments as files: one JSON each, with a seal by which damage is seen.

    {"format": 1, "experiment": "fig2 as text", "settings": {name: text}, "runs": ["LABEL/SEED"],
     "metrics": [name], "points": [updates], "curve": [points of [runs of [metrics: number or null]]],
     "seconds": number, "machine": {name: ...}, "costs": {label: {name: number}}, "pictures": {name: ...},
     "sha256": hexadecimal}

``null`` stands for what has no value, as of a run that has diverged. The seal is the SHA-256 of all the rest,
as JSON with sorted names. "costs" and "pictures" may be missing, and other names may be there: they are
sealed too.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from feedback_proofs_io import given
from feedback_proofs_io.given import Unreadable
from feedback_proofs_io.text import printable

__all__ = ["FORMAT", "Result", "parsed", "read", "sealed"]

FORMAT = 1
SEAL = "sha256"
LONGEST = 200
"""Characters of a name."""


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with its seal."""
    rest = {name: value for name, value in content.items() if name != SEAL}
    return {**rest, SEAL: _seal(rest)}


def _seal(rest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(rest, sort_keys=True, allow_nan=False).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Result:
    """What an experiment found. ``curve`` is by point, run and metric; NaN is what has no value.

    ``costs`` has for a label, where known, "samples" to the end of a run, "forward passes" for each of them,
    and "seconds" of 1,000 updates of one run. ``pictures`` are the experiment's own, and not looked into.
    """

    path: Path
    experiment: str
    settings: Mapping[str, str]
    runs: tuple[str, ...]
    metrics: tuple[str, ...]
    points: tuple[int, ...]
    curve: tuple[tuple[tuple[float, ...], ...], ...]
    seconds: float
    machine: Mapping[str, object]
    costs: Mapping[str, Mapping[str, float]]
    pictures: Mapping[str, object]
    sha256: str

    @property
    def id(self) -> str:
        """The experiment's name alone, such as "fig2"."""
        return self.experiment.split()[0]

    @property
    def mode(self) -> str:
        """What stands behind the name, without "as": "text", "code", or nothing."""
        return " ".join(word for word in self.experiment.split()[1:] if word != "as")

    @property
    def data(self) -> str:
        """The name of the images; "" where it does not say."""
        return self.settings.get("data train", "").split(" ")[0]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The methods, in the order of their runs."""
        return tuple(self._places)

    @cached_property
    def _places(self) -> Mapping[str, Mapping[str, int]]:
        """Where the runs of a method are, by seed."""
        found: dict[str, dict[str, int]] = {}
        for k, run in enumerate(self.runs):
            label, _, seed = run.rpartition("/")
            found.setdefault(label, {})[seed] = k
        return found

    def values(self, label: str, metric: str, point: int = -1) -> Mapping[str, float]:
        """What a metric of a method is at a point, by seed; nothing for an unknown label or metric."""
        if metric not in self.metrics:
            return {}
        column, row = self.metrics.index(metric), self.curve[point]
        return {seed: row[k][column] for seed, k in self._places.get(label, {}).items()}


def read(path: Path) -> Result:
    """A result from its file; raises `Unreadable`, in one line, for whatever is none."""
    return parsed(given.document(path), path)


def parsed(content: object, path: Path) -> Result:
    """The result that a JSON document is; ``path`` is for messages. Raises `Unreadable`."""
    try:
        return _result(content, path)
    except _Wrong as wrong:
        raise Unreadable(f"{path} is no result of an experiment: {wrong}") from None


class _Wrong(ValueError):
    """What is wrong with a document."""


def _result(content: object, path: Path) -> Result:
    if not isinstance(content, dict):
        raise _Wrong(f"it is {_shown(content)}, expected an object")
    if _number(content, "format") != FORMAT:
        raise _Wrong(f"its format is {_shown(content['format'])}, expected {FORMAT}")
    if _text(content, SEAL) != _seal({name: value for name, value in content.items() if name != SEAL}):
        raise _Wrong("it is damaged or was changed: its sha256 does not agree with it")
    runs, metrics = _names(content, "runs"), _names(content, "metrics")
    for run in runs:
        if not all(run.rpartition("/")):
            raise _Wrong(f"the run {_shown(run)} is not LABEL/SEED")
    if not _text(content, "experiment").strip():
        raise _Wrong("its 'experiment' is empty")
    return Result(
        path,
        _text(content, "experiment"),
        {_name(name): _text(_of(content, "settings", dict), name) for name in _of(content, "settings", dict)},
        runs,
        metrics,
        _points(content),
        _curve(content, len(runs), len(metrics)),
        _number(content, "seconds"),
        {_name(name): value for name, value in _of(content, "machine", dict).items()},
        _costs(content),
        _of(content, "pictures", dict) if "pictures" in content else {},
        content[SEAL],
    )


def _of(content: Mapping[str, Any], name: str, kind: type) -> Any:
    if name not in content:
        raise _Wrong(f"it has no {name!r}")
    if not isinstance(content[name], kind):
        expected = "an object" if kind is dict else "a list" if kind is list else "a text"
        raise _Wrong(f"its {name!r} is {_shown(content[name])}, expected {expected}")
    return content[name]


def _text(content: Mapping[str, Any], name: str) -> str:
    return cast(str, _of(content, name, str))


def _number(content: Mapping[str, Any], name: str) -> float:
    if name not in content:
        raise _Wrong(f"it has no {name!r}")
    if not _is_number(content[name]) or content[name] < 0:
        raise _Wrong(f"its {name!r} is {_shown(content[name])}, expected a number from 0")
    return float(content[name])


def _name(name: object) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST or printable(name) != name:
        raise _Wrong(f"{_shown(name)} is no name, which has 1 to {LONGEST} characters that can be seen")
    return name


def _names(content: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = tuple(map(_name, _of(content, key, list)))
    if not names or len(set(names)) < len(names):
        raise _Wrong(f"its {key!r} are {'empty' if not names else 'not all different'}")
    return names


def _points(content: Mapping[str, Any]) -> tuple[int, ...]:
    points = _of(content, "points", list)
    if not points or not all(type(one) is int and 0 <= one < 2**53 for one in points):
        raise _Wrong("its 'points' are no numbers of updates")
    if any(after <= before for before, after in itertools.pairwise(points)):
        raise _Wrong("its 'points' do not increase")
    return tuple(points)


def _curve(content: Mapping[str, Any], runs: int, metrics: int) -> tuple[tuple[tuple[float, ...], ...], ...]:
    curve = _of(content, "curve", list)
    expected = f"{len(content['points'])} points of {runs} runs of {metrics} metrics"
    if len(curve) != len(content["points"]):
        raise _Wrong(f"its 'curve' has {len(curve)} points, expected {expected}")
    return tuple(
        tuple(tuple(map(_value, _sized(run, metrics, expected))) for run in _sized(point, runs, expected))
        for point in curve
    )


def _sized(found: object, length: int, expected: str) -> Sequence[object]:
    if not isinstance(found, list) or len(found) != length:
        raise _Wrong(f"its 'curve' has not the shape of {expected}")
    return found


def _value(value: object) -> float:
    if value is None:
        return math.nan
    if not _is_number(value):
        raise _Wrong(f"its 'curve' has {_shown(value)}, expected a number or null")
    return float(cast(float, value))


def _costs(content: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
    if "costs" not in content:
        return {}
    costs = _of(content, "costs", dict)
    return {
        _name(label): {
            _name(name): _number(_of(costs, label, dict), name) for name in _of(costs, label, dict)
        }
        for label in costs
    }


def _is_number(value: object) -> bool:
    """A number that a float holds: an integer of Python may be larger."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**1000


def _shown(value: object) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return printable(json.dumps(value), longest=60)
