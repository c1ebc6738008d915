"""The look-up road's figures as tables, sentences and bars."""

import math
from collections.abc import Iterable, Iterator, Sequence

from tests.bench.figures import Figure, shown, table
from tests.bench.floors import ack_p99, rate
from tests.bench.load import Sample
from tests.bench.picture import Bars
from tests.bench.results import (
    BUSY,
    JAVASCRIPT,
    JAVASCRIPT_OF_MANY,
    LIMIT,
    LIMIT_OF_MANY,
    OURS,
    STEADILY,
    STEADY,
    Load,
    Of,
    Results,
)

HEADS = ("load", "", "answers/s", "CPU ms each", "ack p50", "ack p99", "answer p50", "answer p99", "errors")
RATIOS = {
    "of JavaScript's": JAVASCRIPT,
    "of JavaScript's of many": JAVASCRIPT_OF_MANY,
    "of the limit's": LIMIT,
    "of the limit's of many": LIMIT_OF_MANY,
}


def report(results: Results, names: Sequence[str], loads: Iterable[Load]) -> str:
    """The loads, what a process costs, and what went wrong or makes the figures doubtful."""
    ordered = sorted(set(loads), key=lambda load: load.place)
    rows = [_row(results, name, load) for load in ordered for name in names if results.samples.get((name, load))]
    parts = [table((*HEADS, *RATIOS), rows), _costs(results, names), *_troubles(results, names), *_doubts(results)]
    return "\n\n".join(parts)


def _row(results: Results, name: str, load: Load) -> tuple[object, ...]:
    seen = results.figures(name, load)
    times = (seen.ack_p50, seen.ack_p99, seen.answer_p50, seen.answer_p99)
    return (load, name, seen.per_second, seen.cpu_ms, *times, seen.errors, *_ratios(results, name, load))


def _ratios(results: Results, name: str, load: Load) -> tuple[object, ...]:
    return tuple(results.against(rival, load, rate) if name == OURS else "" for rival in RATIOS.values())


def _costs(results: Results, names: Sequence[str]) -> str:
    cold = Load(BUSY.latency_ms, BUSY.many, cold=True)
    rows = []
    for name in names:
        costs = Figure.of(results.started.get(name, [])), Figure.of(results.idle.get(name, []))
        rows.append((name, *costs, *(results.memory(name, load) for load in (BUSY, cold, STEADILY))))
    heads = ("", "first answer, s", "idle, MB", "after 64 in flight, MB", "and many cold teams, MB", "in the end, MB")
    return table(heads, rows)


def _troubles(results: Results, names: Sequence[str]) -> Iterator[str]:
    """Whoever had errors: how many, the first of them, and the first line it wrote."""
    for name in names:
        errors = [error for who, load in results.samples if who == name for error in _errors(results, name, load)]
        if errors:
            wrote = results.said.get(name, "")
            yield f"{name}: {len(errors)} errors, the first {errors[0]}; it wrote {wrote or 'nothing'}"


def _errors(results: Results, name: str, load: Load) -> list[str]:
    return [error for sample in results.samples[name, load] for error in sample.errors]


def _doubts(results: Results) -> Iterator[str]:
    """Where the load itself, and not the one who bears it, may be what is measured."""
    asked = [sample.asked for (_, load), seen in results.samples.items() if load == STEADILY for sample in seen]
    if asked and min(asked) < 0.97 * STEADY:
        yield f"The load fell behind: it asked {shown(min(asked))} times a second where {STEADY} were wanted."
    most = max((each.generator for seen in results.samples.values() for each in seen), default=0.0)
    if most > 0.85:
        yield f"The load took {most:.0%} of a core at its busiest, so the fastest contender may be faster than shown."


def bars(results: Results, names: Sequence[str]) -> list[Bars]:
    """What the README shows of it."""

    def of(load: Load, value: Of) -> list[tuple[str, float]]:
        return [(name, results.of(name, load, value).median) for name in names if results.samples.get((name, load))]

    def acknowledged(sample: Sample) -> float:
        return ack_p99(sample) if sample.answered > len(sample.errors) else math.nan  # few answers are no figure

    return [
        Bars("Look-ups a second, 64 in flight (more is better)", "/s", of(BUSY, rate)),
        Bars(
            "99 % are acknowledged within, at 200 a second and a CRM of 50 ms (less is better)",
            "ms",
            of(STEADILY, acknowledged),
        ),
        Bars("Memory after 64 in flight (less is better)", "MB", of(BUSY, lambda sample: sample.memory)),
    ]
