"""Which records hold the words, and which of them is most likely meant: the same wherever people type a name."""

from collections.abc import Iterable

from bot.crm import phones, values
from bot.models import Emails, Links, Phones, Record


def holds_words(record: Record, words: str) -> bool:
    """Whether every word stands literally in one of the record's searched fields; without words it does.

    A person's phone number is held however it is written.
    """
    texts = [text.casefold() for text in searched(record)]
    phone = record.values.get("phone")
    return all(any(word in text for text in texts) for word in words.casefold().split()) or (
        isinstance(phone, Phones) and phones.is_among(phone, words)
    )


def searched(record: Record) -> list[str]:
    """The record's texts that a search looks at, the name first."""
    email, domain = record.values.get("email"), record.values.get("domain")
    if isinstance(email, Emails):
        return [record.name, email.primary]
    if isinstance(email, str):
        return [record.name, email]
    if isinstance(domain, Links):
        return [record.name, values.bare_host(domain.primary.url), domain.primary.url]
    return [record.name]


def best_first(records: Iterable[Record], words: str) -> list[Record]:
    """The order of an answer: exact, then prefix, then start of a word, then part; shorter names first among equals."""
    wanted = " ".join(words.casefold().split())
    return sorted(records, key=lambda one: _rank(one, wanted))


def _rank(record: Record, wanted: str) -> tuple[int, int, str, str]:
    texts = [text.casefold() for text in searched(record)]
    best = min([_nearness(text, wanted) for text in texts])
    return best, len(record.name), texts[0], record.id


def _nearness(text: str, wanted: str) -> int:
    if text == wanted:
        return 0
    if text.startswith(wanted):
        return 1
    return 4 if wanted not in text else 2 if _starts_a_word(wanted, text) else 3


def _starts_a_word(wanted: str, text: str) -> bool:
    """Whether it stands in the text somewhere behind what is neither letter, digit nor underscore."""
    at = text.find(wanted)
    while at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_"):
        at = text.find(wanted, at + 1)
    return at >= 0
