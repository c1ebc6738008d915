"""A look-up's time is told by parts, each sample for the innermost frame that belongs to one."""

from pathlib import Path

import pytest

from tests.bench import profile

ROOT = Path(__file__).parents[2]
LOOP = "BaseEventLoop._run_once (/usr/lib/python3.11/asyncio/base_events.py)"
THREAD = "_worker (/usr/lib/python3.11/concurrent/futures/thread.py)"
PLAYED = "Front._play (/srv/bot/listeners/front.py)"
FOUND = "Lookup.find (/srv/bot/listeners/lookup.py)"
LOADS = "loads (/usr/lib/python3.11/json/__init__.py)"
POSTED = "ClientSession._request (/srv/lib/aiohttp/client.py)"


@pytest.mark.parametrize(
    ("frames", "part"),
    [
        ((LOOP,), profile.REST),
        ((LOOP, "ClientSession.close (/srv/lib/aiohttp/client.py)"), profile.REST),
        ((LOOP, PLAYED, FOUND), "Slack's edge and Bolt"),
        ((LOOP, "RequestHandler.start (/srv/lib/aiohttp/web_protocol.py)"), "Slack's edge and Bolt"),
        ((LOOP, PLAYED, "by_response_url (/srv/bot/slack/talk.py)", POSTED), "the answer"),
        ((LOOP, PLAYED, FOUND, "Gateway._once (/srv/bot/crm/maton.py)", POSTED, LOADS), "CRM requests"),
        ((LOOP, "ResponseHandler.data_received (/srv/lib/aiohttp/client_proto.py)"), "CRM requests"),
        ((LOOP, PLAYED, FOUND, "match (/srv/bot/crm/search.py)", LOADS), "shaping and ranking"),
        ((LOOP, PLAYED, FOUND, "section (/srv/bot/blocks/primitives.py)"), "rendering"),
        ((LOOP, "async_process (/srv/lib/slack_bolt/x.py)", "of (/srv/bot/slack/oauth.py)"), "authorisation and store"),
        (
            ("Thread.run (/usr/lib/threading.py)", "execute (/srv/lib/sqlalchemy/engine/base.py)"),
            "authorisation and store",
        ),
    ],
)
def test_a_stack_belongs_to_its_innermost_known_frame(frames, part):
    """What a library does counts for the part that called it; what nobody called, for the event loop."""
    assert part == profile.part(frames)


def test_samples_become_shares_and_milliseconds():
    """The parts of a look-up add up to it."""
    counted = profile.grouped([f"{LOOP} 1", f"{LOOP};{PLAYED} 2", f"{LOOP};section (/srv/bot/blocks/a b.py) 1"])
    text = profile.report(counted, 4.0)

    assert "| Slack's edge and Bolt | 50% | 2.00 |" in text
    assert "| rendering | 25% | 1.00 |" in text
    assert f"| {profile.REST} | 25% | 1.00 |" in text
    assert "| the answer | 0% | 0.00 |" in text


def test_a_thread_that_waits_for_work_costs_nothing():
    """A pool's idle thread is no part of a look-up, however often it is seen."""
    assert profile.grouped([f"{LOOP} 1", f"Thread.run (/usr/lib/threading.py);{THREAD} 99"]) == {profile.REST: 1}


def test_nothing_sampled_is_a_table_all_the_same():
    """A run without a single sample has no shares, and does not fail."""
    assert "| rendering | 0% | 0.00 |" in profile.report(profile.grouped([]), 2.0)


def test_every_named_place_is_there():
    """A part that names one of the bot's files or rooms names one that exists."""
    places = [place for each in profile.PARTS.values() for place in each if place.startswith("/bot/")]

    assert [place for place in places if not (ROOT / place.lstrip("/")).exists()] == []
