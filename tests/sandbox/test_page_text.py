"""How the sandbox's page reads Slack's texts."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sandbox.page import moments
from bot.sandbox.page.emoji import emoji
from bot.sandbox.page.markdown import markdown
from bot.sandbox.page.mrkdwn import mrkdwn
from bot.sandbox.page.painting import ENVIRONMENT, Kit
from bot.sandbox.page.seat import seated
from bot.sandbox.page.words import Words
from bot.sandbox.slack import FakeSlack, Message

SALES = "C0SALES01"
SAFE = 'target="_blank" rel="noopener noreferrer nofollow"'


@pytest.fixture
def slack() -> FakeSlack:
    return FakeSlack()


@pytest.fixture
def words(slack: FakeSlack) -> Words:
    return Words(slack, seated(slack, {}))


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("plain", "plain"),
        ("a &lt;b&gt; &amp; c", "a &lt;b&gt; &amp; c"),
        ("*bold* _italic_ ~strike~ `code`", "<b>bold</b> <i>italic</i> <s>strike</s> <code>code</code>"),
        ("*_both_*", "<b><i>both</i></b>"),
        ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
        ("* not bold*", "* not bold*"),
        ("`*raw* &lt;x&gt;`", "<code>*raw* &lt;x&gt;</code>"),
        ("```a\n*b*```", "<pre>a\n*b*</pre>"),
        ("&gt; one\n&gt; two\nthree", "<blockquote>one\ntwo</blockquote>three"),
        ("<https://a.example/?x=1&amp;y=2|here>", f'<a href="https://a.example/?x=1&amp;y=2" {SAFE}>here</a>'),
        ("see https://a.example.", f'see <a href="https://a.example" {SAFE}>https://a.example</a>.'),
        ("<javascript:alert(1)|here>", "here"),
        ("<@U0ANA0001>", '<span class="mention me">@Ana Silva</span>'),
        ("<@U0NOBODY1>", '<span class="mention">@U0NOBODY1</span>'),
        ("<!channel>", '<span class="mention loud">@channel</span>'),
        ("&lt;!channel&gt;", "&lt;!channel&gt;"),
        ("<!date^0^{date_num}|never>", "1970-01-01"),
        ("<!date^0^{nonsense}|never>", "never"),
        (":tada: :no_such:", '<span role="img" aria-label="tada">🎉</span> :no_such:'),
        ('<script>alert("x")</script>', "script"),
    ],
)
def test_mrkdwn_reads_as_in_slack(words: Words, text: str, markup: str) -> None:
    """Slack's markup is read as Slack reads it, and everything else stays text."""
    shown = str(mrkdwn(text, words))
    assert shown == markup or ("script" in text and "<script" not in shown)


def test_verbatim_leaves_addresses_alone(words: Words) -> None:
    """With `verbatim`, a bare address is no link."""
    assert "<a" not in mrkdwn("see https://a.example", words, verbatim=True)


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("# Title", '<p class="heading">Title</p>'),
        ("**bold** *it* _it_ ~~no~~ `c`", "<p><b>bold</b> <i>it</i> <i>it</i> <s>no</s> <code>c</code></p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("> said", "<blockquote>said</blockquote>"),
        ("```py\n<b>\n```", "<pre>&lt;b&gt;</pre>"),
        ("---", "<hr>"),
        ("[here](https://a.example)", f'<p><a href="https://a.example" {SAFE}>here</a></p>'),
        ("[here](javascript:alert)", "<p>here</p>"),
        ("<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"),
    ],
)
def test_markdown_blocks(words: Words, text: str, markup: str) -> None:
    """The `markdown` block shows ordinary Markdown, escaped."""
    assert str(markdown(text, words)) == markup


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("{date_num}", "2026-03-05"),
        ("{date_short_pretty} at {time}", "yesterday at 2:07 PM"),
        ("{date_long}", "Thursday, March 5, 2026"),
        ("{ago}", "22 hours ago"),
        ("{unknown}", None),
    ],
)
def test_moments_in_slacks_format(wanted: str, shown: str | None) -> None:
    """A date is shown in Slack's format language, relative to the reader's present."""
    then = datetime(2026, 3, 5, 14, 7, tzinfo=UTC)
    now = datetime(2026, 3, 6, 12, 30, tzinfo=UTC)
    assert moments.shown(then.timestamp(), wanted, UTC, now) == shown


def test_emoji_by_name_and_by_code() -> None:
    """An emoji comes from its code or its name; an unknown one stays what was written."""
    assert emoji("pray", "1f64f") == "🙏"
    assert emoji("wave") == "👋"
    assert emoji("no_such") == ":no_such:"
    assert emoji("broken", "zz") == ":broken:"


def painted(slack: FakeSlack, blocks: list[dict[str, Any]]) -> str:
    """Blocks of a message as the page shows them."""
    seat = seated(slack, {})
    message = Message(SALES, "1.1", "U0BOTACME", "text", tuple(blocks))
    kit = Kit(slack, Words(slack, seat), seat)
    return str(ENVIRONMENT.get_template("blocks.html").module.blocks(message, blocks, kit))


def test_an_unknown_block_is_loud(slack: FakeSlack) -> None:
    """A block that nobody taught the page is shown as a box with its JSON, escaped, and never dropped."""
    shown = painted(slack, [{"type": "hologram", "block_id": "b", "text": "<i>"}])
    assert "Nobody taught this page the block “hologram”" in shown
    assert "&lt;i&gt;" in shown


@pytest.mark.parametrize(
    "block",
    [
        {"type": "header", "text": {"type": "plain_text", "text": "HOSTILE"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "HOSTILE"}},
        {"type": "section", "fields": [{"type": "plain_text", "text": "HOSTILE"}]},
        {"type": "context", "elements": [{"type": "plain_text", "text": "HOSTILE"}]},
        {"type": "markdown", "text": "HOSTILE"},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "HOSTILE"}]]},
        {"type": "image", "image_url": "https://x.example/i.png", "alt_text": "HOSTILE"},
        {"type": "card", "title": {"type": "plain_text", "text": "HOSTILE"}},
        {"type": "alert", "text": {"type": "plain_text", "text": "HOSTILE"}},
        {
            "type": "actions",
            "elements": [{"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "HOSTILE"}}],
        },
        {
            "type": "rich_text",
            "elements": [
                {"type": f"rich_text_{kind}", "elements": [{"type": "text", "text": "HOSTILE"}]}
                for kind in ("section", "quote", "preformatted")
            ],
        },
    ],
    ids=lambda block: block["type"],
)
def test_no_text_becomes_markup(slack: FakeSlack, block: dict[str, Any]) -> None:
    """Whatever stands in any block, it is escaped."""
    hostile = json.loads(json.dumps(block).replace("HOSTILE", "</b><script>alert(1)</script>"))
    shown = painted(slack, [{"block_id": "b", **hostile}])
    assert "<script" not in shown
    assert "script" in shown


def test_a_permalink_stays_on_the_page(words: Words, slack: FakeSlack) -> None:
    """A link to a message of this Slack leads to the message on the page."""
    message = slack.messages(SALES)[0]
    link = f"https://acme.slack.com/archives/{SALES}/p{message.ts.replace('.', '')}"
    assert 'href="/?' in words.link(link, "there")
