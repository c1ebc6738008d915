"""The look-up road as a picture for the README: three groups of bars, drawn by hand, readable in light and in dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, LABEL, BAR, ROW, HEAD, GAP = 760, 190, 430, 24, 34, 14
OURS_COLOUR, OTHERS_COLOUR = "#2f81f7", "#8b949e"
STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #57606a }
  .head { font-weight: 600; fill: #24292f }
  @media (prefers-color-scheme: dark) { text { fill: #9198a1 } .head { fill: #f0f6fc } }
"""


@dataclass(frozen=True, slots=True)
class Bars:
    """One group: a title that says which way is better, and a number with its name for each."""

    title: str
    unit: str
    values: Sequence[tuple[str, float]]


def draw(groups: Sequence[Bars], *, first_is_ours: bool = True) -> str:
    """An SVG; within each group the longest bar is the largest number."""
    parts: list[str] = []
    y = 4
    for group in groups:
        parts.append(f'<text class="head" x="0" y="{y + 18}">{escape(group.title)}</text>')
        y += HEAD
        largest = max((value for _, value in group.values if not math.isnan(value)), default=0) or 1
        for n, (name, value) in enumerate(group.values):
            colour = OURS_COLOUR if first_is_ours and n == 0 else OTHERS_COLOUR
            parts += _row(name, value, group.unit, y, largest, colour)
            y += ROW
        y += GAP
    body = "\n".join(parts)
    size = f'width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<style>{STYLE}</style>\n{body}\n</svg>\n'


def _row(name: str, value: float, unit: str, y: int, largest: float, colour: str) -> list[str]:
    label = f'<text x="{LABEL - 8}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
    if math.isnan(value):
        return [label, f'<text x="{LABEL}" y="{y + 15}">no answer</text>']
    length = max(value / largest * BAR, 1)
    shown = f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
    return [
        label,
        f'<rect x="{LABEL}" y="{y + 3}" width="{length:.0f}" height="{ROW - 8}" rx="2" fill="{colour}"/>',
        f'<text x="{LABEL + length + 8:.0f}" y="{y + 15}">{shown} {escape(unit)}</text>',
    ]


def write(groups: Sequence[Bars], to: Path) -> None:
    """Draw into a file."""
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(draw(groups))
