"""The look-up road as a picture for the README: three groups of bars, drawn by hand, readable in light and in dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, LABEL, BAR, ROW, HEAD, GAP, EDGE = 760, 200, 400, 24, 34, 12, 20
OURS_COLOUR, OTHERS_COLOUR = "#2f81f7", "#8b949e"
# The card has a ground of its own: a page may be dark where the reader's system is light, and the other way round.
STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #57606a }
  .head { font-weight: 600; fill: #24292f }
  .note { font-size: 12px }
  .card { fill: #ffffff; stroke: #d0d7de }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 } .head { fill: #f0f6fc } .card { fill: #0d1117; stroke: #30363d }
  }
"""


@dataclass(frozen=True, slots=True)
class Bars:
    """One group: a title that says which way is better, and a number with its name for each."""

    title: str
    unit: str
    values: Sequence[tuple[str, float]]


def draw(groups: Sequence[Bars], *, note: str = "") -> str:
    """An SVG; within each group the longest bar is the largest number, and the first is ours."""
    parts: list[str] = []
    y = EDGE
    for group in groups:
        parts.append(f'<text class="head" x="{EDGE}" y="{y + 14}">{escape(group.title)}</text>')
        parts += _rows(group, y + HEAD - 8)
        y += HEAD + ROW * len(group.values) + GAP
    parts.append(f'<text class="note" x="{EDGE}" y="{y + 10}">{escape(note)}</text>')
    return _card(parts, y + EDGE + 8)


def _card(parts: Sequence[str], height: int) -> str:
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    ground = f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>'
    body = "\n".join([f"<style>{STYLE}</style>", ground, *parts])
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n{body}\n</svg>\n'


def _rows(group: Bars, top: int) -> list[str]:
    largest = max((value for _, value in group.values if not math.isnan(value)), default=0) or 1
    parts: list[str] = []
    for n, (name, value) in enumerate(group.values):
        parts += _row(name, value, group.unit, top + n * ROW, largest, OTHERS_COLOUR if n else OURS_COLOUR)
    return parts


def _row(name: str, value: float, unit: str, y: int, largest: float, colour: str) -> list[str]:
    label = f'<text x="{LABEL - 8}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
    if math.isnan(value):
        return [label, f'<text x="{LABEL}" y="{y + 15}">most goes unanswered</text>']
    length = max(value / largest * BAR, 1)
    shown = f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
    return [
        label,
        f'<rect x="{LABEL}" y="{y + 3}" width="{length:.0f}" height="{ROW - 8}" rx="2" fill="{colour}"/>',
        f'<text x="{LABEL + length + 8:.0f}" y="{y + 15}">{shown} {escape(unit)}</text>',
    ]


def write(groups: Sequence[Bars], to: Path, *, note: str = "") -> None:
    """Draw into a file; `note` says below it where the figures come from."""
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(draw(groups, note=note))
