"""Who and what a Slack message points at: mentions, emails, links and domains, from any part of its JSON."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.language.prefill import DOMAIN, EMAIL
from bot.language.richtext import Node
from bot.language.targets import links_in
from bot.models import Kind

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_LABELLED = re.compile(r"<(?:#|!subteam\^)([A-Z0-9]+)\|([^<>]+)>")
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>|]+", re.IGNORECASE)
_NO_DOMAINS = re.compile(
    r"csv|docx?|gif|html?|jpe?g|js|json|md|mp4|pdf|png|pptx?|py|sh|svg|ts|txt|xlsx?|xml|zip", re.IGNORECASE
)
_LONGEST = 254
"""Characters of an email address, which is the longer of the two (RFC 5321)."""
_FURTHER = re.compile(r"://[^/?#]+[/?#].")
_NOT_SAID = ("image_url", "thumb_url")


def mentioned_in(message: Node) -> tuple[str, ...]:
    """The ids of all users who are mentioned, attachments included, in order."""
    found: list[str] = []
    for key, text in _strings([message.get("blocks"), message.get("text"), message.get("attachments")]):
        found += [text] if key == "user_id" else _MENTION.findall(text)
    return tuple(dict.fromkeys(found))


def labels_in(message: Node) -> dict[str, str]:
    """Names of channels and groups that only Slack's `text` carries; rich text has their ids alone."""
    found = _LABELLED.findall(str(message.get("text") or ""))
    return {identity: label.removeprefix("@") for identity, label in found}


def links_of(message: Node) -> tuple[str, ...]:
    """Every web address in the message itself, each once."""
    return tuple(each for each in _addresses(message) if not each.lower().startswith("mailto:"))


def emails_in(message: Node, text: str) -> tuple[str, ...]:
    """Every email address in lower case, from the words and from behind labels."""
    hidden = [each[len("mailto:") :] for each in _addresses(message) if each.lower().startswith("mailto:")]
    return tuple(dict.fromkeys(each.lower() for each in EMAIL.findall("\n".join([*hidden, text]))))


def domains_in(links: Iterable[str], text: str) -> tuple[str, ...]:
    """The hosts of links and of addresses written out, without `www.`, the hosts of Twenty links and names of files."""
    addresses = [each if "://" in each else f"https://{each}" for each in (*links, *_written(text))]
    twenty = {_host(each) for each in addresses if links_in(each)}
    return tuple(dict.fromkeys(host for each in addresses if (host := _host(each)) and host not in twenty))


def kind_of(address: str) -> Kind | None:
    """Whose an address is: a person's email or a company's domain. None for any other text, and for a file's name."""
    if len(address) > _LONGEST:
        return None
    if EMAIL.fullmatch(address):
        return Kind.PERSON
    return Kind.COMPANY if DOMAIN.fullmatch(address) and domains_in((), address) else None


def front_doors(domains: Iterable[str], links: Iterable[str]) -> tuple[str, ...]:
    """The domains that may be a company's own: none whose links lead further than there, as to a document."""
    further = domains_in((each for each in links if _FURTHER.search(each)), "")
    return tuple(each for each in domains if each not in further)


def _written(text: str) -> list[str]:
    return DOMAIN.findall(EMAIL.sub(" ", text))


def _host(address: str) -> str:
    try:
        host = (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    return "" if "." not in host or _NO_DOMAINS.fullmatch(host.rpartition(".")[2]) else host


def _addresses(message: Node) -> tuple[str, ...]:
    """Every address, entities decoded; previews of links do not count."""
    found: list[str] = []
    for key, text in _strings([message.get("blocks"), message.get("text")]):
        if key not in _NOT_SAID:
            found += [each.replace("&amp;", "&").rstrip(".,;:!?)\"'*_~`") for each in _ADDRESS.findall(text)]
    return tuple(dict.fromkeys(found))


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    """Every text in the JSON with its key, in order."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from [(key, each)] if isinstance(each, str) else _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from [("", each)] if isinstance(each, str) else _strings(each)
