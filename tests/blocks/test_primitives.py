"""The builders that own escaping and Slack's limits."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks import ids, values
from bot.blocks.primitives import chunks, escape, is_web, leaf, mention, message, paragraph, read_aloud, web
from bot.errors import Misunderstood
from bot.language.dates import find_date
from bot.models import Choice, Emails, FullName, Kind, Link, Links, Money, Phone, Phones, Ref, Refs, Value, When

from blocks_samples import NOW, an_id  # isort: skip


@given(st.text(max_size=500), st.integers(1, 60))
def test_chunks_lose_nothing(text: str, size: int) -> None:
    """Put together again, the pieces are the text."""
    assert "".join(chunks(text, size)) == text
    assert all(len(chunk) <= size for chunk in chunks(text, size))


@given(st.text())
def test_escaped_text_holds_no_markup(text: str) -> None:
    """No angle bracket is left, so there is no mention, link or channel-wide call."""
    assert "<" not in escape(text)
    assert ">" not in escape(text)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://acme.twenty.com/object/company/1", True),
        ("http://127.0.0.1:3000/x", True),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("https://a b.com", False),
        ("https://x.com/" + "a" * 3000, False),
        ("https://[oops", False),
        ("", False),
    ],
)
def test_only_web_addresses_become_links(url: str, good: bool) -> None:
    """Anything but http and https with a host stays text."""
    assert is_web(url) is good
    assert web(url, "Acme")["type"] == ("link" if good else "text")


def test_only_user_ids_become_mentions() -> None:
    """A mention is made of an id and of nothing else."""
    assert mention("U0ANA0001")["type"] == "user"
    assert mention("!channel")["type"] == "text"


def test_a_message_is_never_without_words() -> None:
    """Blocks that say nothing are a programming error."""
    with pytest.raises(ValueError, match="not a message"):
        message([])


def test_reading_aloud_escapes_what_the_crm_says() -> None:
    """The text beside the blocks carries the same words, disarmed."""
    blocks = [paragraph([leaf("<!channel> & co")], [mention("U0ANA0001"), leaf(" said so")])]

    assert read_aloud(blocks) == "&lt;!channel&gt; &amp; co\n<@U0ANA0001> said so"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "none"),
        (True, "Yes"),
        (False, "No"),
        (1200, "1,200"),
        (3.0, "3"),
        (2.5, "2.5"),
        ("Paris", "Paris"),
        (Money(12_500_000_000, "EUR"), "EUR 12,500"),
        (Money(12_500_500_000, "USD"), "USD 12,500.50"),
        (Money(-1_234_567, "USD"), "USD -1.234567"),
        (Money(0, ""), "0"),
        (Choice("IN_PROGRESS"), "In progress"),
        (FullName("Ada", "Lovelace"), "Ada Lovelace"),
        (FullName(), "none"),
        (Emails("a@x.org", ("b@x.org",)), "a@x.org, b@x.org"),
        (Phones(Phone("5550100", "US", "+1")), "+1 5550100"),
        (Phones(Phone("+445550100")), "+445550100"),
        (Links(Link("https://acme.com/")), "acme.com"),
        (Links(), "none"),
        (Ref(Kind.COMPANY, "1", "Acme"), "Acme"),
        (Ref(Kind.COMPANY, "1"), "company 1"),
        (Refs((Ref(Kind.COMPANY, "1", "Acme"), Ref(Kind.PERSON, "2", "Ada"))), "Acme, Ada"),
        (When(NOW), "Wed 1 Apr 2026, 11:30"),
        (When(NOW.replace(hour=12, minute=0), all_day=True), "Wed 1 Apr 2026"),
        (When(NOW.replace(hour=22, minute=0), all_day=True), "Thu 2 Apr 2026"),
    ],
)
def test_values_as_people_write_them(value: Value, words: str) -> None:
    """Money, dates, names and choices read as people write them, in the reader's timezone."""
    assert values.in_words(value, "Europe/Berlin") == words


@pytest.mark.parametrize("timezone", ["Pacific/Auckland", "America/Los_Angeles", "Nowhere/Land", ""])
def test_a_whole_day_is_the_same_day_everywhere(timezone: str) -> None:
    """A date kept at noon UTC does not shift, whoever reads it and however odd the timezone's name is."""
    assert values.in_words(When(NOW.replace(hour=12, minute=0), all_day=True), timezone) == "Wed 1 Apr 2026"


@pytest.mark.parametrize("timezone", ["Pacific/Auckland", "Pacific/Kiritimati", "Europe/Berlin", "Pacific/Niue", "UTC"])
def test_a_day_is_the_one_its_writer_meant(timezone: str) -> None:
    """The writer's midnight is that day on the writer's clock, also in UTC+12, where it is noon UTC the day before."""
    found = find_date("1 july 2026", now=NOW, timezone=timezone)

    assert found is not None
    assert values.in_words(found[0], timezone) == "Wed 1 Jul 2026"
    kept = msgspec.json.decode(msgspec.json.encode(found[0]), type=When)
    assert values.in_words(kept, timezone) == "Wed 1 Jul 2026"


def test_a_moment_is_its_readers_day_at_any_hour() -> None:
    """What happened at noon UTC to the second was already the next day in Auckland."""
    assert values.day_in_words(datetime(2026, 7, 1, 12, tzinfo=UTC), "Pacific/Auckland") == "Thu 2 Jul 2026"


def test_references_survive_the_way_through_slack() -> None:
    """A button's value comes back as the record it names, in each of its forms."""
    ref = Ref(Kind.DEAL, an_id(3))

    assert ids.dereference(ids.reference(ref)) == ref
    assert ids.read_more(ids.more_value(ids.MORE_DELETE, ref)) == (ids.MORE_DELETE, ref)
    assert ids.read_use_existing(ids.use_existing_value("abc", ref)) == ("abc", ref)


@given(st.text())
def test_a_forged_reference_is_misunderstood(value: str) -> None:
    """Whatever a client sends is either a kind and an id, or explained."""
    try:
        ref = ids.dereference(value)
    except Misunderstood:
        return
    assert ids.reference(ref) == value
