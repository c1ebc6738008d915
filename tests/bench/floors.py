"""The floors: what must hold of the measured figures. Pure; a number is shown rounded towards failing, never better."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.bench.click_road import Clicked
from tests.bench.figures import NOTHING, percentile, shown, table
from tests.bench.growth import Growth
from tests.bench.load import Sample
from tests.bench.results import (
    ALONE,
    JAVASCRIPT,
    JAVASCRIPT_OF_MANY,
    LIMIT,
    LIMIT_OF_MANY,
    OURS,
    STEADILY,
    Load,
    Results,
    ratio,
)
from tests.bench.thrift import Burst

ALONE_ACKNOWLEDGED, STARTED, SLOWER = 2.0, 1.0, 5.0  # ms, seconds, ms
STARVED = 0.5
"""A Confirm goes before all look-ups and typing: it waits for other Confirms only, however many others there are."""
MEMORY_SHARE, ACKNOWLEDGED_SHARE = 0.4, 0.2
FLAT, OF_BY_HAND = 1.2, 0.6


@dataclass(frozen=True, slots=True)
class Floor:
    """One floor: what it asks, what was measured, and whether it holds (None: it was not measured)."""

    what: str
    measured: str
    holds: bool | None
    aim: bool = False

    @property
    def verdict(self) -> str:
        """As a table shows it."""
        if self.holds is None:
            return "not measured"
        return "yes, and the aim" if self.aim and self.holds else "yes" if self.holds else "**no**"


@dataclass(frozen=True, slots=True)
class At:
    """A number at one load."""

    where: str
    number: float


def at_least(what: str, seen: Sequence[At], floor: float, aim: float = math.inf) -> Floor:
    """Every number reaches the floor; the aim where all reach that, too."""
    reached = [each.number for each in seen if not math.isnan(each.number)]
    lowest = min(reached, default=math.nan)
    return Floor(what, _listed(seen, math.floor), lowest >= floor if reached else None, lowest >= aim)


def at_most(what: str, seen: Sequence[At], ceiling: float) -> Floor:
    """No number is above the ceiling."""
    reached = [each.number for each in seen if not math.isnan(each.number)]
    return Floor(what, _listed(seen, math.ceil), max(reached) <= ceiling if reached else None)


def _listed(seen: Sequence[At], rounding: Callable[[float], int]) -> str:
    if all(math.isnan(each.number) for each in seen):
        return NOTHING
    return " · ".join(f"{each.where}: {_two(each, rounding)}" if each.where else _two(each, rounding) for each in seen)


def _two(at: At, rounding: Callable[[float], int]) -> str:
    """Two digits after the point; what a binary fraction is off by does not count."""
    return NOTHING if math.isnan(at.number) else f"{rounding(round(at.number * 100, 6)) / 100:,.2f}"


def of_lookups(results: Results, loads: Iterable[Load]) -> list[Floor]:
    """The floors of the look-up road, and of the start."""
    measured = sorted(set(loads), key=lambda load: load.place)
    rows: list[Floor] = []
    for cold, latency in sorted({(each.cold, each.latency_ms) for each in measured if each.many}):
        same = [each for each in measured if each.many and (each.cold, each.latency_ms) == (cold, latency)]
        rows += _against_rivals(results, f"{'cold' if cold else 'warm'}, CRM at {latency} ms", same)
    return [*rows, _errors(results, measured), _memory(results), *_steady(results), *_alone(results), _start(results)]


def _against_rivals(results: Results, where: str, loads: Sequence[Load]) -> list[Floor]:
    """Against those that do the same work: what is cold, against those that have teams to be cold for."""
    cold = any(each.cold for each in loads)
    javascript, limit = (JAVASCRIPT_OF_MANY, LIMIT_OF_MANY) if cold else (JAVASCRIPT, LIMIT)

    def ours_of(rival: str, value: Callable[[Sample], float]) -> list[At]:
        return [At(each.people, results.against(rival, each, value).median) for each in loads]

    return [
        at_least(f"{where}: answers/s against {javascript}, at least 1 (aim 1.3)", ours_of(javascript, rate), 1, 1.3),
        at_least(f"{where}: answers/s against {limit}, at least 0.5 (aim 0.6)", ours_of(limit, rate), 0.5, 0.6),
        at_most(f"{where}: answer p50 against {javascript}, at most 1", ours_of(javascript, answer_p50), 1),
    ]


def rate(sample: Sample) -> float:
    return sample.per_second


def answer_p50(sample: Sample) -> float:
    return percentile(sample.answers, 0.5)


def ack_p50(sample: Sample) -> float:
    return percentile(sample.acknowledgements, 0.5)


def ack_p99(sample: Sample) -> float:
    return percentile(sample.acknowledgements, 0.99)


def _errors(results: Results, loads: Iterable[Load]) -> Floor:
    seen = [each for load in loads if load.many == 256 for each in results.samples.get((OURS, load), [])]
    errors = sum(len(each.errors) for each in seen)
    measured = f"{errors} of {errors + sum(each.answered for each in seen):,}" if seen else NOTHING
    return Floor("no error at 256 in flight", measured, errors == 0 if seen else None)


def _memory(results: Results) -> Floor:
    mine, theirs = results.memory(OURS).median, results.memory(JAVASCRIPT).median
    what = f"memory after 64 in flight, of Bolt for JavaScript's at most {MEMORY_SHARE}"
    return _beside(at_most(what, [At("", ratio(mine, theirs))], MEMORY_SHARE), f"{shown(mine)} of {shown(theirs)} MB")


def _steady(results: Results) -> list[Floor]:
    mine, theirs = (results.of(name, STEADILY, ack_p99).median for name in (OURS, JAVASCRIPT))
    what = f"{STEADILY}: acknowledgement p99, of Bolt for JavaScript's at most {ACKNOWLEDGED_SHARE}"
    acknowledged = at_most(what, [At("", ratio(mine, theirs))], ACKNOWLEDGED_SHARE)
    later = results.of(OURS, STEADILY, answer_p50).median - STEADILY.latency_ms
    return [
        _beside(acknowledged, f"{shown(mine)} of {shown(theirs)} ms"),
        at_most(f"{STEADILY}: answer p50 less the CRM's latency, at most {SLOWER:.0f} ms", [At("", later)], SLOWER),
    ]


def _alone(results: Results) -> list[Floor]:
    def floor(name: str, value: Callable[[Sample], float]) -> Floor:
        what = f"a command alone: acknowledgement {name}, at most {ALONE_ACKNOWLEDGED:.0f} ms"
        mine, limit = (results.of(each, ALONE, value).median for each in (OURS, LIMIT))
        return _beside(at_most(what, [At("", mine)], ALONE_ACKNOWLEDGED), f"by hand {shown(limit)}")

    return [floor("p50", ack_p50), floor("p99", ack_p99)]


def _start(results: Results) -> Floor:
    started = results.started.get(OURS, [])
    seen = [At("", sorted(started)[len(started) // 2])] if started else []
    return at_most(f"first answer after start, at most {STARTED:.0f} s", seen, STARTED)


def _beside(floor: Floor, note: str) -> Floor:
    """The same, with what the number is made of."""
    return floor if floor.holds is None else Floor(floor.what, f"{floor.measured} ({note})", floor.holds, floor.aim)


def of_clicks(clicked: Clicked) -> list[Floor]:
    """The floor of the click road, on each database."""
    what = f"clicks/s, of by hand at least {OF_BY_HAND}"
    ratios = clicked.of_by_hand().items()
    return [at_least(f"Confirm, {mine.place}: {what}", [At("", each.median)], OF_BY_HAND) for mine, each in ratios]


def of_burst(burst: Burst) -> list[Floor]:
    """The floors of the scarce good, seen in a burst of many teams on one account."""
    look_up = [At("", max(burst.finds, default=math.nan) / burst.fair_share)]
    write = [At("", max(burst.writes, default=math.nan) / burst.fair_share)]
    return [
        at_most("burst: the longest look-up, in fair shares at most 2", look_up, 2),
        at_most(f"burst: the longest Confirm, in a look-up's fair shares at most {STARVED}", write, STARVED),
        Floor("burst: nobody is refused", str(len(burst.refused)), not burst.refused),
    ]


def of_growth(seen: Iterable[Growth]) -> list[Floor]:
    """The floors of growth: what one costs stays the same."""
    return [
        at_most(
            f"{each.what}, {each.sizes[0]:,} to {each.sizes[1]:,}: CPU each, at most {FLAT} times",
            [At("", each.ratio.median)],
            FLAT,
        )
        for each in seen
    ]


def report(floors: Sequence[Floor]) -> str:
    """A table of them all."""
    return table(("floor", "measured", "holds"), [(each.what, each.measured, each.verdict) for each in floors])
