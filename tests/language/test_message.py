"""Slack messages as notes and tasks keep them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.intents import Target
from bot.language.markup import literal
from bot.language.message import read_message, thread_markdown, user_ids_in
from bot.models import Kind

NAMES = {"U123": "Ana Lovelace", "U999": "Ben"}
ID = "5f0c1b7e-0000-4000-8000-00000000000a"


def rich(*elements: Mapping[str, Any]) -> dict[str, Any]:
    return {"user": "U999", "text": "", "blocks": [{"type": "rich_text", "elements": list(elements)}]}


def section(*leaves: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(leaves)}


def text(words: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def listed(*items: str, style: str = "bullet", **more: int) -> dict[str, Any]:
    return {"type": "rich_text_list", "style": style, "elements": [section(text(each)) for each in items], **more}


@pytest.mark.parametrize(
    ("elements", "markdown"),
    [
        ((section(text("Call "), text("Ada ", bold=True), text("now", italic=True, strike=True)),),
         "Call **Ada** ~~_now_~~"),
        ((section(text("run "), text("a*b", code=True)),), "run `a*b`"),
        ((section({"type": "user", "user_id": "U123"}, text(" knows")),), "@Ana Lovelace knows"),
        ((section({"type": "user", "user_id": "U777"}),), "@U777"),
        ((section({"type": "broadcast", "range": "here"}),), "@here"),
        ((section({"type": "link", "url": "https://acme.com/a(b)", "text": "the [offer]"}),),
         "[the \\[offer\\]](https://acme.com/a%28b%29)"),
        ((section({"type": "link", "url": "https://acme.com"}),), "https://acme.com"),
        ((section({"type": "link", "url": "javascript:alert(1)", "text": "x"}),), "x"),
        ((section({"type": "link", "url": "mailto:ada@x.org", "text": "ada@x.org"}),), "ada@x.org"),
        ((section({"type": "emoji", "name": "tada", "unicode": "1f389"}, {"type": "emoji", "name": "party-ana"}),),
         "\U0001f389:party-ana:"),
        ((section({"type": "date", "timestamp": 1774512000, "format": "{date}", "fallback": "26 March"}),), "26 March"),
        ((section(text("To do:")), listed("one", "two"), listed("deep", indent=1), section(text("End"))),
         "To do:\n\n- one\n- two\n    - deep\n\nEnd"),
        ((listed("three", "four", style="ordered", offset=2),), "3. three\n4. four"),
        (({"type": "rich_text_quote", "elements": [text("she said\nyes")]},), "> she said\n> yes"),
        (({"type": "rich_text_preformatted", "elements": [text("a = `1`\nb")]},), "```\na = `1`\nb\n```"),
        (({"type": "rich_text_preformatted", "elements": [text("```")]},), "````\n```\n````"),
        ((section(text("2*3*4 and _x_ and under_score and 5 * 3 <b>")),),
         "2\\*3\\*4 and \\_x\\_ and under_score and 5 * 3 \\<b>"),
        ((section(text("# no heading\n> no quote\n[a](http://b)")),), "\\# no heading\n\\> no quote\n\\[a](http://b)"),
        ((section({"type": "hologram", "text": "new"}),), "new"),
    ],
)  # fmt: skip
def test_rich_text_becomes_markdown(elements: tuple[Mapping[str, Any], ...], markdown: str) -> None:
    """What was formatted stays formatted, and what was only typed never becomes a mark."""
    assert read_message(rich(*elements), NAMES).markdown == markdown


@pytest.mark.parametrize(
    ("slack", "markdown"),
    [
        ("*bold* _it_ ~gone~ `a*b*`", "**bold** _it_ ~~gone~~ `a*b*`"),
        ("A &amp; B &lt;b&gt;", "A & B \\<b>"),
        ("&amp;lt;", "&lt;"),
        ("<@U123> and <@U777|carl> in <#C1|sales> <!here> <!subteam^S1|@team>",
         "@Ana Lovelace and @carl in #sales @here @team"),
        ("see <https://acme.com/a_b_c|the *offer*>", "see [the *offer*](https://acme.com/a_b_c)".replace("*", "\\*")),
        ("*<https://acme.com|x>*", "**[x](https://acme.com)**"),
        ("<mailto:ada@x.org|ada@x.org>", "ada@x.org"),
        ("due <!date^1774512000^{date}|26 March>", "due 26 March"),
        ("&gt; quoted\n\u2022 item", "> quoted\n- item"),
        ("```x < y\n&lt;tag&gt;```", "\n```\nx < y\n<tag>\n```\n".strip()),
        ("2*3*4", "2\\*3\\*4"),
    ],
)  # fmt: skip
def test_slacks_own_format_becomes_markdown(slack: str, markdown: str) -> None:
    """Without rich text the encoded text is decoded once, resolved and kept as Markdown."""
    assert read_message({"text": slack}, NAMES).markdown == markdown


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ({"text": "\n\n*Ada* called\nshe wants an offer"}, "Ada called"),
        ({"text": "> \n" + "word " * 40}, "word " * 15 + "word\u2026"),
        ({"text": "x" * 300}, "x" * 79 + "\u2026"),
        ({"text": ":)"}, ":)"),
        ({"text": "", "user": "U123"}, "Message from Ana Lovelace"),
        ({}, "Message from Someone"),
        ({"text": "", "files": [{"name": "offer.pdf", "permalink": "https://x.slack.com/f"}]}, "File: offer.pdf"),
        (rich(listed("first", "second")), "first"),
    ],
)
def test_the_title_is_the_first_line_in_plain_words(message: dict[str, Any], title: str) -> None:
    """A title has no marks, at most 80 characters, and is never empty."""
    assert read_message(message, NAMES).title == title


@pytest.mark.parametrize(
    ("message", "markdown"),
    [
        ({"text": "fallback", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Won!"}},
                                         {"type": "section", "text": {"type": "mrkdwn", "text": "*Acme*"}},
                                         {"type": "divider"}]}, "**Won!**\n\n**Acme**"),
        ({"text": "only text", "blocks": [{"type": "divider"}]}, "only text"),
        ({"text": "", "attachments": [{"title": "Acme", "title_link": "https://acme.com", "text": "*hi*",
                                       "fields": [{"title": "Size", "value": "10"}]}]},
         "> [Acme](https://acme.com)\n> **hi**\n> Size: 10"),
        ({"text": "", "attachments": [{"fallback": "a card"}]}, "> a card"),
        ({"text": "look <https://acme.com>", "attachments": [{"from_url": "https://acme.com", "text": "preview"}]},
         "look https://acme.com"),
        ({"text": "fyi", "attachments": [{"from_url": "https://s", "is_share": True,
                                          "author_name": "Ben", "text": "said"}]},
         "fyi\n\n> Ben\n> said"),
        ({"text": "here", "files": [{"title": "Offer", "permalink": "https://x.slack.com/f"}]},
         "here\n\nFile: [Offer](https://x.slack.com/f)"),
    ],
)  # fmt: skip
def test_messages_without_rich_text_are_read_all_the_same(message: dict[str, Any], markdown: str) -> None:
    """Apps' blocks, attachments, forwarded messages and files are text as well; previews of links are not."""
    assert read_message(message, NAMES).markdown == markdown


def test_addresses_and_people_are_found() -> None:
    """Emails, domains, links, Twenty links and mentions come from the text and from behind labels, each once."""
    found = read_message(
        rich(
            section(
                text("Ada Lovelace (ADA@x.org) of acme.io sent offer.pdf, see "),
                {"type": "link", "url": "https://www.acme.com/a?b=1", "text": "this"},
                {"type": "link", "url": "mailto:ben@y.org", "text": "Ben"},
                {"type": "link", "url": f"https://crm.twenty.com/object/company/{ID}"},
                {"type": "user", "user_id": "U123"},
            )
        ),
        NAMES,
    )
    assert found.emails == ("ben@y.org", "ada@x.org")
    assert found.domains == ("acme.com", "acme.io")
    assert found.twenty_links == (Target(id=ID, kind=Kind.COMPANY),)
    assert "Ada Lovelace" in found.text


def test_names_needed_are_known_beforehand() -> None:
    """The author and all who are mentioned, wherever, are listed so that their names can be asked for."""
    message = rich(section({"type": "user", "user_id": "U123"})) | {"attachments": [{"text": "<@U5|x>"}]}
    assert user_ids_in(message) == ("U999", "U123", "U5")


def test_channels_get_the_name_that_only_the_text_has() -> None:
    """Rich text has a channel's id only; its name comes from Slack's text."""
    message = rich(section({"type": "channel", "channel_id": "C1"})) | {"text": "<#C1|sales>"}
    assert read_message(message, {}).markdown == "#sales"


def test_a_thread_keeps_authors_and_times() -> None:
    """Each message stands under who said it and when, in the reader's timezone; joins are left out."""
    thread = [
        {"user": "U123", "ts": "1774512000.000100", "text": "Shall we?"},
        {"user": "U9", "ts": "1774512001.000100", "text": "joined", "subtype": "channel_join"},
        {"bot_profile": {"name": "Deals"}, "ts": "1774515600.000100", "text": "*Won*"},
        {"user": "U999", "ts": "broken", "text": "ok"},
    ]
    assert thread_markdown(thread, NAMES, "Europe/Berlin") == (
        "**Ana Lovelace**, 26 Mar 2026, 09:00\n\nShall we?\n\n"
        "**Deals**, 26 Mar 2026, 10:00\n\n**Won**\n\n"
        "**Ben**, at an unknown time\n\nok"
    )


@given(st.text(alphabet=st.characters(exclude_characters="\\<>*_`~[]#&\u2022", exclude_categories=["C"]), max_size=80))
def test_words_without_marks_stay_as_they_are(words: str) -> None:
    """Nothing is escaped that Markdown would not have read as a mark."""
    assert literal(words) == words


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["rich_text", "text", "<@U1>"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "elements", "style", "url", "blocks", "attachments", "fields", "rows", "user_id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["text", "blocks", "attachments", "files", "user", "ts", "bot_profile"]), _JSON))
def test_any_message_can_be_read(message: dict[str, Any]) -> None:
    """However odd a payload is, there is a title and nothing fails."""
    json.dumps(message)
    assert 1 <= len(read_message(message, NAMES).title) <= 2000
    user_ids_in(message)
    thread_markdown([message], NAMES, "Europe/Berlin")
