"""What is counted is what was asked, a table has no number where there is none, and the load finds its way."""

import asyncio
import re

import pytest

from tests.bench import contenders, lookup_report, lookup_road, picture, wire
from tests.bench import slack_standin as slack
from tests.bench.contenders import Contender, free_port
from tests.bench.figures import Figure, Figures
from tests.bench.load import FOUND, Sample, finds, finds_of, in_flight, spanned, steadily
from tests.bench.results import BUSY, JAVASCRIPT, LIMIT, LIMIT_OF_MANY, OURS, STEADILY, Load, Results


@pytest.fixture
async def app():
    """A Slack stand-in, and the port of an app that answers every command at once."""
    standin = slack.SlackStandIn(free_port())

    def answered(method: bytes, target: bytes, body: bytes) -> bytes:
        number = body.split(b"answer%2F")[1].split(b"&")[0]
        standin.answer(b"POST", b"/answer/" + number, FOUND + b" from " + body.split(b"team_id=")[1][:8])
        return wire.response(b"")

    port = free_port()
    server = await wire.serve(answered, port)
    yield standin, port
    server.close()
    await asyncio.sleep(0)  # lets the last connections see that they are closed


async def test_a_steady_load_counts_all_it_asked(app):
    """Everything that was asked is answered, and no more a second is counted than was asked."""
    standin, port = app

    sample = await steadily(standin, port, finds(standin, port, 3), rate=500, seconds=0.1)

    assert (sample.answered, sample.errors) == (50, [])
    assert sample.per_second <= sample.asked + 1e-6


async def test_a_closed_load_asks_no_more_than_it_may(app):
    """`at_most` is for all that are in flight together."""
    standin, port = app

    sample = await in_flight(standin, port, finds_of(standin, port, range(10)), many=4, seconds=30, at_most=10)

    assert sample.answered == 10


@pytest.mark.parametrize(
    ("came", "seconds"),
    [([], 0.0), ([5.0], 0.0), ([1.0, 1.5, 2.0], 1.5), ([9.0, 8.0], 2.0)],
    ids=["none", "one", "three at half a second", "in any order"],
)
def test_answers_stand_for_their_gaps(came, seconds):
    """Three answers half a second apart are two a second."""
    assert seconds == spanned(came)


@pytest.mark.parametrize(
    ("load", "teams"),
    [(BUSY, 200), (STEADILY, 200), (Load(50, 1), 40), (Load(50, 16), 200)],
    ids=str,
)
def test_a_warm_team_is_asked_again_in_time(load, teams):
    """A slow load takes fewer teams in turn, so that none is forgotten between two of its commands."""
    assert teams == lookup_road.warm_teams(load)


def test_who_had_only_errors_has_no_figures():
    """A dash stands where nothing was answered, in the table and in the picture."""
    results = Results()
    results.samples[OURS, BUSY] = [Sample(seconds=1, answered=600, answers=[0.1], acknowledgements=[0.1])]
    results.samples[LIMIT, BUSY] = [Sample(seconds=1, errors=["TimeoutError", "ConnectionError"])]
    results.said[LIMIT] = "Traceback (most recent call last):"

    text = lookup_report.report(results, [OURS, LIMIT], [BUSY])

    assert "| 64 at 0 ms | by hand, the limit | - | - | - | - | - | - | 2 |" in text
    assert "by hand, the limit: 2 errors, the first TimeoutError; it wrote Traceback (most" in text
    assert not re.search(r"\bnan\b", text + picture.draw(lookup_report.bars(results, [OURS, LIMIT])))


def test_the_few_that_got_an_answer_do_not_speak_for_all():
    """Where most went unanswered the picture says so, and draws no bar for the rest."""
    results = Results()
    lucky = Sample(seconds=1, answered=3, acknowledgements=[0.001] * 3, errors=["TimeoutError"] * 500)
    results.samples[LIMIT, STEADILY] = [lucky]

    assert "most goes unanswered" in picture.draw(lookup_report.bars(results, [LIMIT])[1:2])


def test_who_was_not_asked_is_in_no_picture():
    """Those that are only asked cold have no bar among the warm, and are not said to leave anybody unanswered."""
    results, cold = Results(), Load(0, 64, cold=True)
    results.samples[OURS, BUSY] = [Sample(seconds=1, answered=600)]
    results.samples[LIMIT_OF_MANY, cold] = [Sample(seconds=1, answered=600)]

    assert LIMIT_OF_MANY not in picture.draw(lookup_report.bars(results, [OURS, LIMIT_OF_MANY]))


def test_cold_is_compared_with_what_serves_any_team_alike():
    """Rivals that know no teams: their figure at the same load stands beside a cold one."""
    results, cold = Results(), Load(0, 64, cold=True)
    results.samples[OURS, cold] = [Sample(seconds=1, answered=300)]
    results.samples[JAVASCRIPT, BUSY] = [Sample(seconds=1, answered=400)]

    assert results.against(JAVASCRIPT, cold, lambda each: each.per_second).median == 0.75


def test_the_load_says_when_it_fell_behind():
    """A generator that is itself too slow is named, since its figures are no contender's."""
    results = Results()
    results.samples[OURS, STEADILY] = [Sample(seconds=1, answered=150, asked=150.0, generator=0.97)]

    text = lookup_report.report(results, [OURS], [STEADILY])

    assert "asked 150 times a second where 200 were wanted" in text
    assert "97% of a core" in text


@pytest.mark.parametrize(
    ("rounds", "shown"),
    [((), "-"), ((float("nan"),), "-"), ((1.0, float("nan")), "1.00"), ((10.0, 20.0), "15.0 ±33%")],
)
def test_a_figure_leaves_out_what_is_no_number(rounds, shown):
    """Rounds without an answer count for nothing; one round has no spread."""
    assert shown == str(Figure.of(rounds))


def test_percentiles_of_nothing_are_nothing():
    """A sample without answers has figures that say so."""
    assert str(Figures.of([Sample(seconds=1)]).answer_p99) == "-"


@pytest.mark.parametrize(
    ("there", "sentence"),
    [
        ({}, "There is no Node here"),
        ({"node": "/bin/true"}, "There is no npm here"),
        ({"node", "npm"}, "could not install"),
    ],
    ids=["no Node", "no npm", "npm fails"],
)
def test_a_rival_that_cannot_be_is_left_out_with_a_sentence(there, sentence, monkeypatch, tmp_path):
    """Without Node, npm or the package the run goes on, and says once who is missing."""
    monkeypatch.setattr(contenders.shutil, "which", lambda name: "/bin/false" if name in there else None)
    monkeypatch.setattr(contenders, "CACHE", tmp_path)
    monkeypatch.setattr(contenders, "BOLT_JS", tmp_path / "none")
    told: list[str] = []

    entered = lookup_road.entrants(tmp_path / "ours", only="JavaScript", tell=told.append)

    assert entered == []
    assert len(told) == 1
    assert sentence in told[0]


async def test_tracebacks_of_a_child_go_to_a_file(tmp_path, capfd):
    """What a contender writes on stderr stays off the terminal; its first line can be named."""
    code = "import sys; sys.exit('\\nTraceback: no pool\\nmore')"
    process = Contender("broken", (contenders.sys.executable, "-c", code)).start({}, tmp_path)
    process.popen.wait()

    assert process.said == "Traceback: no pool"
    assert capfd.readouterr().err == ""
