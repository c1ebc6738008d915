"""Finding records by words, by address and by likeness, best match first."""

import re
from collections.abc import Awaitable, Collection, Iterable, Mapping
from difflib import SequenceMatcher

from msgspec.structs import replace

from bot.crm import conditions, filters, shapes, values
from bot.crm.columns import column, plural
from bot.crm.filters import Filter
from bot.crm.listing import relearning
from bot.crm.ranking import best_first
from bot.crm.reading import MOST_A_PAGE, Reading, Records, together
from bot.errors import UnknownField
from bot.models import LINKABLE, Emails, Kind, Links, Record, Value
from bot.models import Found as FoundRecords
from bot.queries import Query

IN_THE_TRASH = " (in the trash)"
MOST_ASKED = 15
"""Addresses or words of one text that are asked for at once, so that the request stays short."""
_ALIKE = 0.86
_LEGAL = re.compile(
    r"\b(inc|incorporated|ltd|limited|llc|llp|gmbh|ag|sa|sas|srl|bv|nv|plc|corp|co|company|ab|oy|as)\b\.?"
)


async def find(reading: Reading, words: str, *, limit: int) -> FoundRecords:
    """Companies, people and deals that hold every word, best first; three requests, and one more for names."""
    found = await together(matching(reading, kind, words) for kind in LINKABLE)
    shown = [one for each in found for one in best_first(each.records, words)[:limit]]
    named = await reading.named(shown, (Kind.COMPANY,))
    return FoundRecords(
        words=words,
        records={kind: tuple([one for one in named if one.kind is kind]) for kind in LINKABLE},
        totals={kind: _total(each) for kind, each in zip(LINKABLE, found, strict=True)},
        remark=_remark(found),
    )


async def matching(reading: Reading, kind: Kind, words: str, **how: object) -> Records:
    """One request for the records of the kind that hold every word. No words match nothing."""

    def read() -> Awaitable[Records]:
        return reading.records(kind, conditions.words(kind, words, reading.knowledge), **how)

    return await relearning(reading.knowledge, Query(kind=kind), read)


def _total(found: Records) -> int:
    return len(found.records) if found.total is None else found.total


def _remark(found: Iterable[Records]) -> str:
    cut = [each for each in found if not each.complete]
    return f"Only the first {MOST_A_PAGE} of a kind were looked at; add a word to narrow it down." if cut else ""


async def by_email(reading: Reading, emails: Iterable[str]) -> tuple[Record, ...]:
    """The people with one of these primary addresses, at most 30 of them asked for; one request."""
    wanted = list(dict.fromkeys(each.strip().casefold() for each in emails if each.strip()))[:30]
    if not wanted:
        return ()
    asked = filters.any_of(*(filters.equals("emails.primaryEmail", each) for each in wanted))
    return (await reading.records(Kind.PERSON, asked)).records


async def mentioned(reading: Reading, text: str, emails: Iterable[str], domains: Iterable[str]) -> tuple[Record, ...]:
    """The people and companies that a text speaks of, by email, domain or whole name; at most two requests.

    Who is meant by an address comes first, then the longer names.
    """
    addresses = [each.casefold() for each in emails][:MOST_ASKED]
    hosts = [host for each in domains if (host := values.host(each))][:MOST_ASKED]
    words = _names_in(text)
    people = [filters.equals("emails.primaryEmail", each) for each in addresses]
    people += [filters.contains("name.lastName", each) for each in words]
    path = reading.knowledge.path(Kind.COMPANY, column(Kind.COMPANY, "domain"))
    companies = [filters.contains(path, each) for each in hosts] if path else []
    companies += [filters.contains("name", each) for each in words]
    asked = [(kind, one) for kind, one in ((Kind.PERSON, people), (Kind.COMPANY, companies)) if one]
    found = await together(reading.records(kind, filters.any_of(*one), limit=MOST_A_PAGE) for kind, one in asked)
    said = f" {_spoken(text)} "
    meant = [each for part in found for each in part.records if _is_meant(each, said, addresses, hosts)]
    by_address = {each.id for each in meant if has_address(each, addresses, hosts)}
    return tuple(sorted(meant, key=lambda one: (one.id not in by_address, -len(one.name), one.name)))


def _names_in(text: str) -> list[str]:
    """Words that a name may be made of, the longer first: those that do not stand in small letters only."""
    words = dict.fromkeys(each for each in re.findall(r"[^\W\d_][\w'-]{2,}", text) if not each.islower())
    return sorted(words, key=len, reverse=True)[:MOST_ASKED]


def _spoken(text: str) -> str:
    """The words alone, in small letters."""
    return " ".join(re.sub(r"[^\w]+", " ", text.casefold()).split())


def _is_meant(record: Record, said: str, addresses: list[str], hosts: list[str]) -> bool:
    name = _spoken(record.name)
    return (len(name) > 2 and f" {name} " in said) or has_address(record, addresses, hosts)


def has_address(record: Record, addresses: Collection[str] = (), hosts: Collection[str] = ()) -> bool:
    """Whether one of the addresses is the person's own, or one of the hosts the company's; all in small letters."""
    email = record.values.get("email")
    is_theirs = isinstance(email, Emails) and email.primary.casefold() in addresses
    return is_theirs or (record.kind is Kind.COMPANY and _host_of(record.values.get("domain")) in hosts)


async def lookalikes(reading: Reading, kind: Kind, given: Mapping[str, Value]) -> tuple[Record, ...]:
    """Records with the same unique value, the trash included and named so, or with nearly the same name; one request.

    A trashed record matters only where its email or domain blocks a new one (twenty.md section 5).
    """
    wanted = shapes.settled(kind, given)
    unique, near = _unique(kind, wanted, reading), _near(kind, wanted, reading)
    if not (unique or near):
        return ()
    asked = filters.any_of(*unique, *near)
    try:
        found = await reading.rows(plural(kind), filters.all_of(filters.trashed_or_not(), asked), limit=60)
    except UnknownField:
        found = await reading.rows(plural(kind), asked, limit=60)
    name = shapes.name_of(kind, wanted)
    alike: list[Record] = []
    for raw in found.raws:
        record, same = reading.record(kind, raw), any(each.matches(raw) for each in unique)
        if raw.get("deletedAt") and same:
            alike.append(replace(record, name=record.name + IN_THE_TRASH))
        elif not raw.get("deletedAt") and (same or are_alike(record.name, name)):
            alike.append(record)
    return tuple(alike)


def are_alike(one: str, other: str) -> bool:
    """Whether two names may mean the same: equal but for case, marks and legal form, or a letter or two apart."""
    first, second = _bare(one), _bare(other)
    if not first or not second:
        return one.casefold().strip() == other.casefold().strip()
    return first == second or SequenceMatcher(None, first, second).ratio() >= _ALIKE


def _bare(name: str) -> str:
    return " ".join(re.sub(r"[^\w]+", " ", _LEGAL.sub(" ", name.casefold())).split())


def _unique(kind: Kind, wanted: Mapping[str, Value], reading: Reading) -> list[Filter]:
    email, domain = wanted.get("email"), wanted.get("domain")
    if kind is Kind.PERSON and isinstance(email, Emails) and email.primary:
        return [filters.equals("emails.primaryEmail", email.primary)]
    if kind is Kind.COMPANY and isinstance(domain, Links) and (host := values.host(domain.primary.url)):
        path = reading.knowledge.path(kind, column(kind, "domain"))
        return [filters.contains(path, host)] if path else []
    return []


def _near(kind: Kind, wanted: Mapping[str, Value], reading: Reading) -> list[Filter]:
    """The records that hold the name's longest word: what is near is decided among them."""
    name = str(wanted.get("name") or wanted.get("title") or "")
    parts = sorted(_bare(name).split() or name.split(), key=len)
    key = "title" if kind in shapes.TITLED else "name"
    paths = conditions.text_paths(kind, key, reading.knowledge)
    return [filters.contains(path, parts[-1]) for path in paths] if parts else []


def _host_of(value: Value) -> str:
    return values.host(value.primary.url) if isinstance(value, Links) else ""
