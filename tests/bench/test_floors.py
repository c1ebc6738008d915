"""The floors hold over every load or not at all, are never shown better than they are, and need a measurement."""

import math

import pytest

from tests.bench.click_road import SETTINGS, Clicked, Setting
from tests.bench.floors import At, Floor, at_least, at_most, of_burst, of_clicks, of_growth, of_lookups, report
from tests.bench.growth import Growth
from tests.bench.load import Sample
from tests.bench.results import (
    ALONE,
    BUSY,
    JAVASCRIPT,
    JAVASCRIPT_OF_MANY,
    LIMIT,
    LIMIT_OF_MANY,
    OURS,
    STEADILY,
    Load,
    Results,
)
from tests.bench.thrift import Burst

COLD = Load(0, 64, cold=True)
CROWD = Load(0, 256)
LOADS = (ALONE, BUSY, CROWD, COLD, STEADILY)


def sample(*, answers: int, ack: float = 0.001, answer: float = 0.010, memory: float = 100.0) -> Sample:
    """One second in which so many were answered."""
    times = {"acknowledgements": [ack] * answers, "answers": [answer] * answers}
    return Sample(seconds=1.0, answered=answers, memory=memory, **times)


def measured(**ours: Sample) -> Results:
    """A run in which all floors hold; `ours` takes the place of our sample at a load of that name."""
    results = Results()
    mine = {
        ALONE: sample(answers=300),
        BUSY: sample(answers=600, memory=70),
        CROWD: sample(answers=600),
        COLD: sample(answers=550),
        STEADILY: sample(answers=200, ack=0.002, answer=0.054),
    }
    named = {"alone": ALONE, "busy": BUSY, "crowd": CROWD, "cold": COLD, "steadily": STEADILY}
    mine |= {named[name]: each for name, each in ours.items()}
    for load, each in mine.items():
        results.samples[OURS, load] = [each]
    for load in (ALONE, BUSY, CROWD, STEADILY):
        theirs = sample(answers=250 if load == ALONE else 500, ack=0.024, answer=0.060, memory=200)
        results.samples[JAVASCRIPT, load] = [theirs]
        results.samples[LIMIT, load] = [sample(answers=400 if load == ALONE else 1_000)]
    results.samples[JAVASCRIPT_OF_MANY, COLD] = [sample(answers=500, ack=0.024, answer=0.060)]
    results.samples[LIMIT_OF_MANY, COLD] = [sample(answers=900)]
    results.started[OURS] = [0.8]
    return results


def broken(results: Results) -> list[str]:
    return [each.what for each in of_lookups(results, LOADS) if each.holds is False]


def test_all_floors_hold_where_the_figures_are_good():
    """A run that reaches every floor has none that does not hold, and none that was not measured."""
    assert [each for each in of_lookups(measured(), LOADS) if not each.holds] == [None] * 0


@pytest.mark.parametrize(
    ("at", "worse", "floor"),
    [
        ("busy", sample(answers=490, memory=70), "answers/s against Bolt for JavaScript, at least 1"),
        ("crowd", sample(answers=499), "answers/s against by hand, the limit, at least 0.5"),
        ("cold", sample(answers=480), "answers/s against Bolt for JavaScript, many workspaces, at least 1"),
        ("cold", sample(answers=449), "answers/s against by hand, many workspaces, at least 0.5"),
        (
            "cold",
            sample(answers=550, answer=0.061),
            "answer p50 against Bolt for JavaScript, many workspaces, at most 1",
        ),
        ("alone", sample(answers=300, answer=0.061), "answer p50 against Bolt for JavaScript, at most 1"),
        ("busy", sample(answers=600, memory=82), "memory after 64 in flight"),
        ("steadily", sample(answers=200, ack=0.006, answer=0.054), "acknowledgement p99, of Bolt for JavaScript's"),
        ("steadily", sample(answers=200, answer=0.056), "answer p50 less the CRM's latency"),
        ("alone", sample(answers=300, ack=0.0021), "a command alone: acknowledgement p50"),
        ("alone", sample(answers=300, ack=0.0021), "a command alone: acknowledgement p99"),
    ],
)
def test_each_floor_can_break(at, worse, floor):
    """What falls below its floor at one load is named."""
    assert any(floor in each for each in broken(measured(**{at: worse})))


def test_one_error_at_256_breaks_its_floor():
    """A single command without an answer at 256 in flight is enough."""
    failed = sample(answers=600)
    failed.errors.append("TimeoutError")

    assert broken(measured(crowd=failed)) == ["no error at 256 in flight"]


def test_a_slow_start_breaks_its_floor():
    """The median start of the rounds must be within a second."""
    results = measured()
    results.started[OURS] = [0.9, 1.1, 1.2]

    assert broken(results) == ["first answer after start, at most 1 s"]


def test_without_javascript_nothing_is_said_to_hold_against_it():
    """Floors against a contender that did not run are not measured: neither kept nor broken."""
    results = measured()
    for key in [key for key in results.samples if key[0] in (JAVASCRIPT, JAVASCRIPT_OF_MANY)]:
        del results.samples[key]

    against = [each for each in of_lookups(results, LOADS) if "JavaScript" in each.what]
    assert {None} == {each.holds for each in against}
    assert {"-"} == {each.measured for each in against}
    assert "not measured" in report(against)


def test_ratios_are_taken_within_a_round():
    """A machine that is slow for a whole round does not change a ratio."""
    results = measured()
    results.samples[OURS, BUSY] = [sample(answers=600), sample(answers=60), sample(answers=660)]
    results.samples[JAVASCRIPT, BUSY] = [sample(answers=500), sample(answers=50), sample(answers=600)]

    assert results.against(JAVASCRIPT, BUSY, lambda each: each.per_second).median == 1.2


@pytest.mark.parametrize(
    ("numbers", "verdict"),
    [
        ((1.30, 1.31), "yes, and the aim"),
        ((1.29, 2.00), "yes"),
        ((1.0,), "yes"),
        ((0.999, 5.0), "**no**"),
        ((math.nan, 1.1), "yes"),
        ((math.nan,), "not measured"),
        ((), "not measured"),
    ],
)
def test_verdicts(numbers, verdict):
    """A floor holds where every number reaches it; the aim only where all reach that."""
    assert verdict == at_least("floor", [At("x", each) for each in numbers], 1, 1.3).verdict


@pytest.mark.parametrize(
    ("floor", "shown"),
    [
        (at_least("", [At("", 0.999)], 1), "0.99"),
        (at_least("", [At("", 0.57)], 1), "0.57"),
        (at_most("", [At("", 0.401)], 0.4), "0.41"),
        (at_most("", [At("", 0.4)], 0.4), "0.40"),
    ],
)
def test_no_number_is_shown_better_than_it_is(floor, shown):
    """The digits that are shown never say yes where the floor says no."""
    assert shown == floor.measured


def test_a_ceiling_is_for_every_load():
    """One load above it is enough, and the table shows which."""
    floor = at_most("floor", [At("1", 0.9), At("64", 1.01)], 1)

    assert Floor("floor", "1: 0.90 · 64: 1.01", False) == floor


@pytest.mark.parametrize(
    ("seen", "holds"),
    [
        ({"finds": [60.0, 119.0], "writes": [4.0]}, [True, True, True]),
        ({"finds": [121.0], "writes": [4.0]}, [False, True, True]),
        ({"finds": [60.0], "writes": [31.0]}, [True, False, True]),
        ({"finds": [60.0], "writes": [4.0], "refused": ["RateLimited"]}, [True, True, False]),
        ({}, [None, None, True]),
    ],
)
def test_a_burst_is_fair(seen, holds):
    """Nobody waits more than twice the fair share, no Confirm is starved, and nobody is refused."""
    assert holds == [each.holds for each in of_burst(Burst(teams=200, per_second=10, **seen))]


@pytest.mark.parametrize(
    ("portions", "holds"),
    [
        ([(2.0, 2.3), (4.0, 4.8), (2.0, 3.0)], True),
        ([(2.0, 2.5), (4.0, 4.8), (2.0, 3.0)], False),
        ([(3.0, 2.0)], True),
    ],
)
def test_growth_is_flat_by_the_median_portion(portions, holds):
    """Large beside small within each portion, so that one bad moment of the machine decides nothing."""
    seen = Growth("CRM records", (100, 100_000), tuple(portions))
    assert [each.holds for each in of_growth([seen])] == [holds]


def test_the_click_road_is_held_against_the_same_by_hand():
    """Round by round, on each database: a busy round is busy for both."""
    rounds = {False: (sample(answers=70), sample(answers=130)), True: (sample(answers=100), sample(answers=200))}
    seen = {each: list(rounds[each.by_hand]) for each in SETTINGS}
    slow = Setting("PostgreSQL", 3, by_hand=False)
    seen[slow] = [sample(answers=59), sample(answers=118)]

    assert {each.what.split(":")[0]: each.holds for each in of_clicks(Clicked(seen, {}))} == {
        "Confirm, SQLite, one process": True,
        "Confirm, PostgreSQL, one process": True,
        "Confirm, PostgreSQL, 3 processes": False,
    }
