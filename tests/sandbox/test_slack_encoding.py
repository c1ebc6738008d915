"""What a person types, as Slack hands it to an app, and the sample conversation as it is read."""

import pytest

from bot.sandbox.slack import FakeSlack, text_of
from bot.sandbox.slack.encoding import encoded, leaves
from bot.sandbox.slack.sample import ACME, ANA, BEN, CALL_NOTES, GREETING, RANDOM, SALES


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("acme", "acme"),
        ("deals amount:>10k & more", "deals amount:&gt;10k &amp; more"),
        ("who @ben", f"who <@{BEN}|ben>"),
        (f"who <@{BEN}>", f"who <@{BEN}|ben>"),
        ("who @gus", "who @gus"),
        ("who @nobody <@U999>", "who @nobody &lt;@U999&gt;"),
        ("in #random", f"in <#{RANDOM}|random>"),
        ("in #globex-sales", "in #globex-sales"),
        ("ada@x.example", "<mailto:ada@x.example|ada@x.example>"),
        ("see acme.com today", "see <http://acme.com|acme.com> today"),
        ("https://a.example/?x=1&y=2", "<https://a.example/?x=1&amp;y=2>"),
        ("emails.primaryEmail[eq]:x", "emails.primaryEmail[eq]:x"),
        ("<!channel>", "&lt;!channel&gt;"),
    ],
)
def test_typed_text_is_encoded_as_should_escape_asks(typed: str, sent: str) -> None:
    """Mentions of the own team's people and places, links and addresses are marked up; the rest is escaped."""
    state = FakeSlack().state
    assert encoded(state, leaves(state, typed, ACME), names=True) == sent


def test_sample_conversation_reads_as_people_see_it() -> None:
    """Mentions, links, lists and code of the sample messages are shown decoded."""
    slack = FakeSlack()
    shown = {message.ts: text_of(message) for message in slack.messages(SALES)}
    assert shown[GREETING].startswith(f"Morning @{ANA}! Airbnb wrote again: brian@airbnb.com asks about R&D seats <100")
    assert shown[CALL_NOTES].splitlines()[0] == "Call with Mia at Contoso"
    assert "Legal wants the DPA first" in shown[CALL_NOTES]
    assert slack.thread(SALES, CALL_NOTES)[0].user == ANA
