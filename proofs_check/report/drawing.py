"""The graph as inline SVG: every node a link, every edge lit with the nodes that it joins."""

from __future__ import annotations

from collections.abc import Mapping

from proofs_check.report.graph import Graph, Node
from proofs_check.report.html import Markup, join, tag
from proofs_check.report.layout import Position, layout
from proofs_check.report.status import LEVELS

ROW, HEIGHT, GAP, MARGIN, HEAD = 30, 22, 92, 8, 26
WIDTHS = {"hypothesis": 104, "lemma": 132, "statement": 138, "claim": 84}
HEADS = {
    "hypothesis": "supposed",
    "lemma": "shared lemmas",
    "statement": "statements",
    "claim": "your code",
}
OUTCOME_MARKS = {"pass": "✓ pass", "fail": "✗ fail", "error": "! error", "not applicable": "– not asked"}
_HATCH = tag(
    "defs",
    tag(
        "pattern",
        tag("rect", width=8, height=8, class_="hatch-ground"),
        tag("rect", width=3, height=8, class_="hatch-stripe"),
        id="hatch",
        width=8,
        height=8,
        patternunits="userSpaceOnUse",
        patterntransform="rotate(45)",
    ),
)
"""The stripes of what is proved in part: seen without colours, too."""


def draw(graph: Graph, own_code: bool) -> Markup:
    """The picture with its rules for lighting up; ``own_code`` is False for the reference."""
    places = layout(graph)
    lefts, width = _lefts(graph, places)
    height = HEAD + ROW * (max((place.row for place in places.values()), default=0.0) + 1) + MARGIN
    boxes = {node.id: _box(node, places, lefts) for node in graph.nodes}
    edges = [
        _edge(parent, node.id, boxes)
        for node in sorted(graph.nodes, key=lambda node: node.kind == "claim")
        for parent in node.parents
    ]
    heads = [
        tag("text", _head(kind, own_code), x=left, y=14, class_="head")
        for kind, left in _heads(graph, places, lefts).items()
    ]
    drawing = tag(
        "svg",
        _HATCH,
        tag("g", heads),
        tag("g", edges, class_="edges"),
        tag("g", (_node(graph, node, boxes[node.id]) for node in graph.nodes)),
        viewbox=f"0 0 {width:.0f} {height:.0f}",
        role="group",
        aria_label="What rests on what: hypotheses, shared lemmas, statements, and the outcome for the code",
        class_="graph",
    )
    return join(tag("style", Markup(_lighting(graph))), drawing)


def _head(kind: str, own_code: bool) -> str:
    return "the reference" if kind == "claim" and not own_code else HEADS[kind]


def _lefts(graph: Graph, places: Mapping[str, Position]) -> tuple[dict[int, float], float]:
    """The left edge of every column, and the width of the whole."""
    widest: dict[int, int] = {}
    kinds: dict[int, str] = {}
    for node in graph.nodes:
        column = places[node.id].column
        widest[column] = max(widest.get(column, 0), WIDTHS[node.kind])
        kinds[column] = node.kind
    lefts, x = {}, float(MARGIN)
    for column in sorted(widest):
        if kinds[column] == "claim" and column:
            x -= GAP * 0.7
        lefts[column] = x
        x += widest[column] + GAP
    return lefts, x - GAP + MARGIN


def _heads(graph: Graph, places: Mapping[str, Position], lefts: Mapping[int, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for node in graph.nodes:
        left = lefts[places[node.id].column]
        found[node.kind] = min(found.get(node.kind, left), left)
    return found


def _box(
    node: Node, places: Mapping[str, Position], lefts: Mapping[int, float]
) -> tuple[float, float, float]:
    """Left, top and width."""
    place = places[node.id]
    return lefts[place.column], HEAD + ROW * place.row, WIDTHS[node.kind]


def _edge(source: str, target: str, boxes: Mapping[str, tuple[float, float, float]]) -> Markup:
    (x0, y0, w0), (x1, y1, _) = boxes[source], boxes[target]
    start, end = x0 + w0, x1
    y0, y1 = y0 + HEIGHT / 2, y1 + HEIGHT / 2
    bend = max(30.0, (end - start) * 0.5)
    path = f"M{start:.0f},{y0:.1f}C{start + bend:.0f},{y0:.1f} {end - bend:.0f},{y1:.1f} {end:.0f},{y1:.1f}"
    return tag("path", d=path, class_=f"edge from-{source} to-{target}")


def _node(graph: Graph, node: Node, box: tuple[float, float, float]) -> Markup:
    left, top, width = box
    level = graph.level(node.id)
    classes = ["node", node.kind]
    if node.kind == "claim":
        classes.append("outcome-" + node.status.replace(" ", "-"))
    if node.status and node.kind == "statement":
        classes.append("status-" + node.status.replace(" ", "-"))
    if level is not None:
        classes.append(f"level-{level}")
    label = OUTCOME_MARKS.get(node.status, node.status) if node.kind == "claim" else node.label
    target = f"claim-{node.label}" if node.kind == "claim" else node.id
    return tag(
        "a",
        tag("title", described(graph, node)),
        tag("rect", x=left, y=top, width=width, height=HEIGHT, rx=5),
        tag("text", label, x=left + width / 2, y=top + HEIGHT / 2 + 4, text_anchor="middle"),
        href=f"#{target}",
        class_=" ".join(classes),
        id=f"node-{node.id}",
    )


def described(graph: Graph, node: Node) -> str:
    """A node in words."""
    if node.kind == "hypothesis":
        return f"hypothesis {node.label}: {node.title}"
    if node.kind == "claim":
        return f"{node.label}, this implementation: {node.status}"
    level = graph.level(node.id)
    says = f"{node.kind} {node.label}: {node.title}"
    if node.status:
        says += f" ({node.status})"
    if level is not None and node.kind == "statement":
        says += f"; {LEVELS[level]}"
    return says


def _lighting(graph: Graph) -> str:
    """Light all that a node rests on, and all edges on the way, while it is pointed at or has the focus."""
    rules = []
    for node in graph.nodes:
        reached = {node.id, *graph.ancestors[node.id]}
        edges = [f".from-{parent}.to-{one}" for one in sorted(reached) for parent in graph.by_id[one].parents]
        below = [f".from-{node.id}.to-{one.id}" for one in graph.nodes if node.id in one.parents]
        when = f".graph:has(#node-{node.id}:is(:hover,:focus-visible))"
        if edges or below:
            rules.append(f"{when} :is({','.join([*edges, *below])}){{stroke:var(--accent);opacity:1}}")
    return "\n".join(rules)
