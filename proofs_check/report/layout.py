"""A layered layout: columns from left to right, each node right of all that it rests on, few crossings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proofs_check.report.graph import Graph

SWEEPS = 24


@dataclass(frozen=True)
class Position:
    """Where a node is: its column, and its height in rows, which need not be whole."""

    column: int
    row: float


def layout(graph: Graph) -> dict[str, Position]:
    """A place for every node: hypotheses, lemmas by their depth, statements by theirs, claims last."""
    columns = _columns(graph)
    order = _ordered(graph, columns)
    tallest = max(map(len, order), default=0)
    placed = {
        id: Position(
            number, row + (tallest - len(ids)) / 2 if not _spread(number, order) else _even(row, ids, tallest)
        )
        for number, ids in enumerate(order)
        for row, id in enumerate(ids)
    }
    beside = {  # a claim stands beside its statement
        node.id: Position(placed[node.id].column, placed[node.parents[0]].row)
        for node in graph.nodes
        if node.kind == "claim" and node.parents
    }
    return {**placed, **beside}


def _spread(number: int, order: Sequence[Sequence[str]]) -> bool:
    """Columns with far fewer nodes than the tallest are spread over its height."""
    return 2 * len(order[number]) < max(map(len, order))


def _even(row: int, ids: Sequence[str], tallest: int) -> float:
    return (row + 0.5) * tallest / len(ids) - 0.5


def _columns(graph: Graph) -> dict[str, int]:
    depth: dict[str, int] = {}
    for kind in ("hypothesis", "lemma", "statement", "claim"):
        nodes = [node for node in graph.nodes if node.kind == kind]
        first = max(depth.values(), default=-1) + 1
        for node in nodes:
            above = (depth[parent] + 1 for parent in node.parents)
            depth[node.id] = max(first, *above) if node.parents else first
    return depth


def _ordered(graph: Graph, columns: Mapping[str, int]) -> list[list[str]]:
    """The columns, sorted again and again by the mean height of the neighbours on either side."""
    order: list[list[str]] = [[] for _ in range(max(columns.values(), default=-1) + 1)]
    for node in graph.nodes:
        order[columns[node.id]].append(node.id)
    neighbours: dict[str, list[str]] = {node.id: list(node.parents) for node in graph.nodes}
    for node in graph.nodes:
        for parent in node.parents:
            neighbours[parent].append(node.id)
    best, fewest = [list(ids) for ids in order], _length(graph, order)
    for sweep in range(SWEEPS):
        heights = _heights(order)
        for number in range(len(order)) if sweep % 2 else reversed(range(len(order))):
            order[number].sort(key=lambda id: _mean([heights[one] for one in neighbours[id]], heights[id]))
            heights |= _heights(order, number)
        if (length := _length(graph, order)) < fewest:
            best, fewest = [list(ids) for ids in order], length
    return best


def _heights(order: Sequence[Sequence[str]], only: int | None = None) -> dict[str, float]:
    """The height of each node, from 0 to 1."""
    return {
        id: (row + 0.5) / len(ids)
        for number, ids in enumerate(order)
        if only in (None, number)
        for row, id in enumerate(ids)
    }


def _length(graph: Graph, order: Sequence[Sequence[str]]) -> float:
    """How far the edges go up and down, all together."""
    heights = _heights(order)
    return sum(abs(heights[node.id] - heights[parent]) for node in graph.nodes for parent in node.parents)


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default
