"""What a look-up asks the CRM and what it answers, as the rivals in Python say it: the same rows as the bot's."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

PATHS = {
    "companies": ("name", "domainName.primaryLinkUrl"),
    "people": ("name.firstName", "name.lastName", "emails.primaryEmail"),
    "opportunities": ("name",),
}
HEADS = {"companies": "Companies", "people": "People", "opportunities": "Deals"}
KINDS = {"companies": "company", "people": "person", "opportunities": "deal"}


def asked(plural: str, words: Iterable[str]) -> dict[str, str]:
    """The parameters of the search in which each word is somewhere."""
    each = (",".join(f'{path}[ilike]:"%{word}%"' for path in PATHS[plural]) for word in words)
    return {"filter": f"and({','.join(f'or({paths})' for paths in each)})", "limit": "200"}


def answer(words: Sequence[str], found: Sequence[Sequence[dict[str, Any]]]) -> dict[str, Any]:
    """The message: a head, each type's records with a button each, and all of it as text to be read aloud."""
    told = [f"Found for “{' '.join(words)}”"]
    blocks = [{"type": "header", "text": plain(told[0])}]
    companies = {each["id"]: each["name"] for each in found[0]}
    for plural, records in zip(HEADS, found, strict=True):
        told.append(f"{HEADS[plural]} ({len(records)})")
        blocks.append({"type": "section", "text": plain(told[-1])})
        for record in records:
            name = named(record)
            told.append(f"{name}\n{' · '.join(filter(None, facts(plural, record, companies)))}")
            pressed = button(f"{KINDS[plural]}:{record['id']}", name)
            blocks.append({"type": "section", "text": plain(told[-1]), "accessory": pressed})
    return {"text": "\n".join(told), "blocks": blocks}


def named(record: dict[str, Any]) -> str:
    name = record["name"]
    return name if isinstance(name, str) else f"{name['firstName']} {name['lastName']}"


def facts(plural: str, record: dict[str, Any], companies: dict[str, str]) -> Iterator[str | None]:
    """What tells it from others of its name."""
    if plural == "companies":
        yield record["domainName"]["primaryLinkUrl"].removeprefix("https://")
        yield record["address"]["addressCity"]
        return
    company = companies.get(record["companyId"])
    if plural == "people":
        phones = record["phones"]
        yield from (record["jobTitle"], company, record["emails"]["primaryEmail"])
        yield f"{phones['primaryPhoneCallingCode']} {phones['primaryPhoneNumber']}"
        return
    amount = record["amount"]
    yield record["stage"].capitalize()
    yield f"{amount['currencyCode']} {amount['amountMicros'] / 1e6:,.0f}"
    yield f"Close date {date.fromisoformat(record['closeDate'][:10]):%a %-d %b %Y}"
    yield company


def button(value: str, name: str) -> dict[str, Any]:
    said = {"text": plain("Show"), "accessibility_label": f"Show {name}"}
    return {"type": "button", **said, "action_id": "record_show", "value": value}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
