"""Samples as figures: medians over rounds with their spread, and ratios between contenders."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.bench.load import Sample


def percentile(times: Sequence[float], share: float) -> float:
    """The time that `share` of all stayed below, in milliseconds."""
    if not times:
        return float("nan")
    return sorted(times)[min(int(len(times) * share), len(times) - 1)] * 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """One number over several rounds."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds) if self.rounds else float("nan")

    @property
    def spread(self) -> float:
        """Half the distance between the best and the worst round, as a share of the median."""
        return (max(self.rounds) - min(self.rounds)) / 2 / self.median if self.rounds and self.median else 0.0

    def __str__(self) -> str:
        digits = 0 if self.median >= 100 else 1 if self.median >= 10 else 2
        return f"{self.median:,.{digits}f} ±{self.spread:.0%}"


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

        def figure(of: object) -> Figure:
            return Figure(tuple(of(each) for each in samples))  # type: ignore[operator]

        return cls(
            per_second=figure(lambda each: each.per_second),
            cpu_ms=figure(lambda each: each.cpu_each * 1000),
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
