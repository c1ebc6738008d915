"""Whom and what people mean: `me` and `@ana` become CRM members, words and links become records."""

import re
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from bot.blocks.forms import FormContext
from bot.blocks.lists import ECHO
from bot.crm.ranking import holds_words, searched
from bot.crm.twenty import Twenty
from bot.errors import BotError, Misunderstood, NotAllowed, NotFound
from bot.language.clipping import clip
from bot.language.intents import Target
from bot.listeners.front import Here
from bot.models import Kind, Profile, Record, Ref, Someone, Value
from bot.proposal import Proposal, Source
from bot.proposals.deciding import UNKNOWN_CARD
from bot.proposals.proposing import Origin
from bot.queries import Condition, Op, Query
from bot.store import Store
from bot.teams.membership import member_of

NOT_TOLD = "Slack does not tell me who that is, so I cannot look for that person in the CRM."
CHOICES = 10
"""Matches shown when several records are meant; beyond that better words are asked for."""


async def resolved(query: Query, crm: Twenty, here: Here) -> Query:
    """The query with every `me`, `@user` and named member looked up."""
    conditions = [replace(each, values=await _members(each.values, crm, here)) for each in query.conditions]
    return replace(query, conditions=tuple(conditions))


async def mine(query: Query, crm: Twenty, here: Here) -> Query:
    """The query narrowed to the asker's own tasks, when the asker is a member; as it was otherwise."""
    member = await crm.member_by_email((await here.profile()).email)
    if member is None:
        return query
    own = Condition("assignee", Op.IN, (member.ref,))
    return replace(query, conditions=(*query.conditions, own))


async def profile_of(who: Someone, here: Here) -> Profile:
    """The Slack user who is meant; `Misunderstood` when Slack does not tell who that is."""
    if not who.user_id:
        return await here.profile()
    try:
        return await here.team.profile(who.user_id)
    except NotAllowed as error:
        raise Misunderstood(NOT_TOLD) from error


async def someone(who: Someone, crm: Twenty, here: Here) -> Ref:
    """The member who is meant; `Misunderstood` when nobody or several are."""
    if who.words:
        return _one_of(who.words, await crm.members())
    profile = await profile_of(who, here)
    member = await crm.member_by_email(profile.email)
    if member is None:
        name = "You are" if who.me else f"{profile.name or 'This person'} is"
        raise Misunderstood(
            f"{name} not a member of this CRM: no member has that Slack email address.",
            hint="Who is one:",
            line="members",
        )
    return member.ref


async def first_assignee(kind: Kind, here: Here) -> dict[str, Value]:
    """Whoever makes a task is suggested for it, as a value of its form; nothing when the CRM does not know them."""
    try:
        member = await member_of(here.team, await here.profile()) if kind is Kind.TASK else None
    except BotError:
        return {}
    return {"assignee": member.ref} if member else {}


async def _members(values: Iterable[Value], crm: Twenty, here: Here) -> tuple[Value, ...]:
    return tuple([await someone(each, crm, here) if isinstance(each, Someone) else each for each in values])


def _one_of(words: str, members: tuple[Record, ...]) -> Ref:
    wanted = set(words.casefold().split())
    found = [each for each in members if holds_words(each, words)]
    whole = [each for each in found if wanted <= _words_in(each)]  # `ana` is Ana, not Dana
    exact = [each for each in found if each.name.casefold() == words.casefold()]
    best = exact or whole or found
    if len(best) == 1:
        return best[0].ref
    names = ", ".join(each.name for each in (best or members)[:CHOICES])
    problem = f"Several members match “{words}”" if found else f"No member matches “{words}”"
    raise Misunderstood(f"{problem}: {names}.", hint="Members by name, me, or @somebody.")


def _words_in(member: Record) -> set[str]:
    return {word for text in searched(member) for word in text.casefold().split()}


async def matches(
    target: Target, crm: Twenty, kinds: Iterable[Kind], *, otherwise: Iterable[Kind] = ()
) -> tuple[Record, ...]:
    """The records a target can mean, best first: the one with its id, else all whose words match.

    The kinds `otherwise` are only looked through when the others have nothing. `NotFound` when there is none; exactly
    one when one matches the words as they are and no other does.
    """
    if target.id:
        return (await _by_id(target, crm),)
    found = await crm.suggest(target.words, (target.kind,) if target.kind else kinds, limit=CHOICES)
    if not found and not target.kind and otherwise:
        found = await crm.suggest(target.words, otherwise, limit=CHOICES)
    if not found:
        nothing = f"No {target.kind}" if target.kind else "Nothing in the CRM"
        raise NotFound(f"{nothing} matches “{clip(target.words, ECHO)}”. Fewer letters find more.")
    return the_only_one(target.words, found) or found


def the_only_one(words: str, found: Sequence[Record]) -> tuple[Record, ...]:
    """The one that is called just so, when no other is; case and the number of spaces do not matter."""
    exact = [each for each in found if each.name.casefold() == " ".join(words.casefold().split())]
    return tuple(exact) if len(exact) == 1 else ()


async def called_so(target: Target, crm: Twenty, kinds: Sequence[Kind]) -> tuple[Record, ...]:
    """The records of these kinds that words in the midst of others can mean: they have each as a whole word.

    `me` is not Acme, mere signs are nobody's name, and no record is none.
    """
    wanted = _whole_words(target.words)
    if not (wanted or target.id):
        return ()
    try:
        found = await matches(target, crm, kinds)
    except NotFound:
        return ()
    return tuple(each for each in found if each.kind in kinds and wanted <= _whole_words(each.name))


def _whole_words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


async def _by_id(target: Target, crm: Twenty) -> Record:
    record = await crm.read(target.kind, target.id) if target.kind else await crm.locate(target.id)
    if record is None:
        raise NotFound("The CRM has no record with this id.")
    return record


async def proposal_on_card(id: str, here: Here, store: Store) -> Proposal:
    """The proposal whose id a button carries; `NotFound` says why there may be none."""
    proposal = await store.proposals.proposal(here.team.id, id)
    if proposal is None:
        raise NotFound(UNKNOWN_CARD)
    return proposal


async def origin_of(here: Here, context: FormContext | None = None) -> Origin:
    """Who proposes, and where the card belongs: the message's thread, or where the form was opened."""
    source = Source()
    channel, thread_ts = (context or here.talk).channel, (context or here.talk).thread_ts
    if context and context.source_ts:
        source = Source(channel=context.source_channel, ts=context.source_ts, permalink=context.permalink)
        thread_ts = context.thread_ts or context.source_ts
    return Origin(
        team=here.team,
        talk=here.talk,
        by=await here.profile(),
        channel=channel,
        thread_ts=thread_ts,
        source=source,
    )
