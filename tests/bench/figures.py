"""Samples as figures: medians over rounds with their spread, and tables of them."""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.bench.load import Sample


def percentile(times: Sequence[float], share: float) -> float:
    """The time that `share` of all stayed below, in milliseconds."""
    if not times:
        return float("nan")
    return sorted(times)[min(int(len(times) * share), len(times) - 1)] * 1000


NOTHING = "-"
"""What a table shows where nothing could be measured."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number over several rounds."""

    rounds: tuple[float, ...]

    @classmethod
    def of(cls, rounds: Iterable[float]) -> "Figure":
        """The figure of those rounds that have a number."""
        return cls(tuple(each for each in rounds if not math.isnan(each)))

    @property
    def median(self) -> float:
        return statistics.median(self.rounds) if self.rounds else math.nan

    @property
    def spread(self) -> float:
        """Half the distance between the best and the worst round, as a share of the median."""
        return (max(self.rounds) - min(self.rounds)) / 2 / self.median if self.rounds and self.median else 0.0

    def __str__(self) -> str:
        if math.isnan(self.median):
            return NOTHING
        return f"{shown(self.median)} ±{self.spread:.0%}" if len(self.rounds) > 1 else shown(self.median)


def shown(number: float) -> str:
    """Three digits of a number, or so many as stand before the point."""
    if math.isnan(number):
        return NOTHING
    digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 2
    return f"{number:,.{digits}f}"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the rounds of one contender at one load say."""

    per_second: Figure
    cpu_ms: Figure
    ack_p50: Figure
    ack_p99: Figure
    answer_p50: Figure
    answer_p99: Figure
    errors: int

    @classmethod
    def of(cls, rounds: Iterable[Sample]) -> "Figures":
        """The figures of these samples."""
        samples = list(rounds)

        def figure(of: Callable[[Sample], float]) -> Figure:
            return Figure.of(of(each) for each in samples)

        return cls(
            per_second=figure(lambda each: each.per_second or math.nan),
            cpu_ms=figure(lambda each: each.cpu_each * 1000 or math.nan),
            ack_p50=figure(lambda each: percentile(each.acknowledgements, 0.5)),
            ack_p99=figure(lambda each: percentile(each.acknowledgements, 0.99)),
            answer_p50=figure(lambda each: percentile(each.answers, 0.5)),
            answer_p99=figure(lambda each: percentile(each.answers, 0.99)),
            errors=sum(len(each.errors) for each in samples),
        )


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])
