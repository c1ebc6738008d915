"""*Look up in CRM*: whom and what a message is about."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.blocks import ids, records
from bot.blocks.primitives import Blocks, View, modal, section
from bot.blocks.values import named
from bot.crm.search import MOST_ASKED, has_address
from bot.crm.twenty import Twenty
from bot.errors import BotError
from bot.language.addresses import front_doors, kind_of
from bot.language.message import Plain, read_message
from bot.listeners.front import Here
from bot.listeners.lookup import full_card
from bot.listeners.payloads import Shortcut, written_place
from bot.listeners.source import names_in
from bot.models import Kind, Record, RecordCard, Ref

LOOKED_UP = 4
"""Cards in one answer; a card may cost six requests to the CRM."""

OFFERED = 3
"""Unknown addresses that one answer offers to make a record of."""

NOTHING_ELSE = "Nobody and nothing else in this message is known to the CRM."


class Mentioned:
    """The message shortcut that only reads."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now

    async def look_up(self, shortcut: Shortcut, here: Here) -> None:
        """Whom and what the message is about, as cards in a modal: author, emails, domains and Twenty links."""
        await here.talk.open(_answer([section("Looking…")], shortcut))
        plain = read_message(shortcut.message, await names_in(shortcut, here))
        crm = await here.team.crm()
        author = await _author_email(shortcut, here)
        emails = [*([author] if author else []), *plain.emails]
        meant = await crm.mentioned(plain.text, emails=emails, domains=plain.domains)
        refs = _each_once(plain, meant)
        looked = await asyncio.gather(*(_card_or_why_not(ref, here) for ref in refs[:LOOKED_UP]))
        cards = [each for each in looked if isinstance(each, RecordCard)]
        unknown = _unknown(emails, plain, meant)
        members = await _members_among(unknown, crm)
        remarks = [*_as_a_member(members.get(author)), *(each for each in looked if isinstance(each, str))]
        if remarks and not refs:
            remarks.append(NOTHING_ELSE)
        blocks = records.several(
            cards,
            await here.viewer(),
            self._now(),
            remarks=remarks,
            more=len(refs) - len(looked),
            unknown=[each for each in unknown if each[1] not in members][:OFFERED],
        )
        await here.talk.update(_answer(blocks, shortcut))


async def _author_email(shortcut: Shortcut, here: Here) -> str:
    """The address of whoever wrote the message, as far as Slack tells it."""
    known = await here.team.profiles([str(shortcut.message.get("user") or "")])
    return next((profile.email.casefold() for profile in known.values()), "")


def _unknown(emails: Sequence[str], plain: Plain, meant: Sequence[Record]) -> list[tuple[Kind, str]]:
    """The addresses that were asked for and no record has, each with the kind of record it can be the first of."""
    domains = front_doors(plain.domains[:MOST_ASKED], plain.links)
    strangers = [each for each in emails[:MOST_ASKED] if not any(has_address(record, (each,)) for record in meant)]
    others = [each for each in domains if not any(has_address(record, hosts=(each,)) for record in meant)]
    return [(kind, each) for each in dict.fromkeys((*strangers, *others)) if (kind := kind_of(each))]


async def _members_among(addresses: Sequence[tuple[Kind, str]], crm: Twenty) -> dict[str, Record]:
    """Those whose address is a member's; nobody when the CRM does not tell."""
    people = [each for kind, each in addresses if kind is Kind.PERSON]
    try:
        return {each: member for each in people if (member := await crm.member_by_email(each))}
    except BotError:
        return {}


def _as_a_member(author: Record | None) -> list[str]:
    """A sentence about an author who works with the CRM and is none of its people."""
    if author is None:
        return []
    return [f"Written by {author.name}, a member of this CRM; no person in it has that email address."]


def _each_once(plain: Plain, meant: Sequence[Record]) -> list[Ref]:
    """The records that the message speaks of: its links first, then its people, then names."""
    linked = [Ref(each.kind, each.id) for each in plain.twenty_links if each.kind]
    return list({ref.id: ref for ref in (*linked, *(each.ref for each in meant))}.values())


async def _card_or_why_not(ref: Ref, here: Here) -> RecordCard | str:
    """The record's card; a sentence in its place when the CRM does not give it, so that the others are shown."""
    try:
        return await full_card(ref, here)
    except BotError as error:
        return f"Not shown: {named(ref)}. {error}"


def _answer(blocks: Blocks, shortcut: Shortcut) -> View:
    """The modal of *Look up in CRM*; what is pressed in it is answered where the message stands."""
    return modal("Look up in CRM", blocks, ids.LOOK_UP_VIEW, metadata=written_place(shortcut))
