"""One page of a list, right although the server finds too much or forgets empty values (twenty.md section 3).

What it names by words is looked up first, and where the CRM lacks a field or an option that was spoken of, that is
learned and asked once more. How a list then falls into pages is `bot.crm.paging`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from bot.answers import Page
from bot.crm import columns
from bot.crm.columns import TIES
from bot.crm.conditions import Found, Named, build, excluded, no_such_choice, texts_to_find, too_many, words
from bot.crm.dialect import SELECTS, Knowledge
from bot.crm.paging import Paging
from bot.crm.ranking import holds_words
from bot.crm.reading import MOST_A_PAGE, Reading, together
from bot.crm.stretches import cut
from bot.crm.ties import Ties
from bot.errors import InvalidChoice, Refused, UnknownField
from bot.models import Kind, Record, Refs
from bot.queries import Position, Query

SUMMED = (Kind.DEAL,)
"""The kinds whose lists are read as far as one request goes, since their totals are wanted."""
NAMED = (Kind.COMPANY, Kind.MEMBER)
"""The refs of a list that get their names: two requests at most, and none for members seen in the last minute.

Notes and tasks refer to no company by themselves; what they hang on is one request.
"""

Answer = TypeVar("Answer")


async def page(reading: Reading, ties: Ties, query: Query, position: Position, *, size: int) -> Page:
    """One page at the position. Refused, in words that name what is valid, where the CRM lacks a field or option."""
    found = await _looked_up(reading, query)

    assumed: set[str] = set()

    async def read() -> Page:
        nonlocal assumed
        assumed = _assumed_absent(reading.knowledge, query)
        wanted = build(query, reading.knowledge, found)
        pages = Paging(reading, query, wanted)
        if wanted is not None and not wanted.exact:
            return await pages.walked(position, size, whole=query.kind in SUMMED)
        if query.kind in SUMMED:
            return await cut(lambda at: pages.page(at, MOST_A_PAGE), position, size=size)
        return await pages.page(position, size)

    answer = await _unless_too_many(query, found, relearning(reading.knowledge, query, read))
    if assumed - _assumed_absent(reading.knowledge, query):
        # An option assumed to be absent is in use after all; now it is known, and excluded by the server too.
        answer = await read()
    named, records = await together((reading.named(answer.records, NAMED), _records_of(ties, query.kind, answer)))
    return replace(
        answer,
        records=tuple([_with_records(each, records) for each in named]) if records else named,
        whole=await reading.named(answer.whole, (Kind.MEMBER,)) if answer.whole else answer.whole,
    )


async def _records_of(ties: Ties, kind: Kind, page: Page) -> Mapping[str, Refs]:
    """What the page's notes or tasks hang on."""
    return await ties.records_of(kind, [each.id for each in page.records]) if kind in TIES and page.records else {}


def _with_records(record: Record, records: Mapping[str, Refs]) -> Record:
    return replace(record, values={**record.values, "records": records[record.id]}) if record.id in records else record


async def _unless_too_many(query: Query, found: Found, asked: Awaitable[Page]) -> Page:
    """The answer; a server that joins nothing cannot tell apart what too many records are called."""
    try:
        return await asked
    except Refused as error:
        crowded = [key for key, named in found.items() if not named.complete]
        if crowded and "relation" in str(error):
            raise too_many(query.kind, *crowded[0]) from error
        raise


async def relearning(knowledge: Knowledge, query: Query, read: Callable[[], Awaitable[Answer]]) -> Answer:
    """Read; and again, better informed, when the CRM says that it lacks a field or an option we spoke of."""
    for _ in range(5):
        try:
            return await read()
        except UnknownField as error:
            if not _teaches(knowledge, query, error):
                raise
        except InvalidChoice as error:
            key = next(iter(SELECTS.get(query.kind, ())), "")
            if not error.value or error.valid or error.value in knowledge.forbidden(query.kind, key):
                raise
            knowledge.forbids(query.kind, key, error.value)
            if error.value in query.where:
                raise no_such_choice(query.kind, key, error.value, knowledge, raw=True) from None
    return await read()


def _teaches(knowledge: Knowledge, query: Query, error: UnknownField) -> bool:
    """Whether we knew the field by a name that the CRM lacks: the next try has another name, or refuses by itself."""
    name = error.field.partition(".")[0]
    for each in columns.COLUMNS[query.kind]:
        if name in each.names and knowledge.name(query.kind, each.key) == name:
            knowledge.lacks(columns.plural(query.kind), name)
            return name not in query.where + query.order
    return False


async def _looked_up(reading: Reading, query: Query) -> Found:
    """The ids behind the relations that the query names by words: the literal text in the related record's name."""
    asked = list(texts_to_find(query))
    ids = await together(_ids(reading, kind, text) for _, kind, text in asked)
    return {(key, text): each for (key, _, text), each in zip(asked, ids, strict=True)}


async def _ids(reading: Reading, kind: Kind, text: str) -> Named:
    if kind is Kind.MEMBER:
        return Named(tuple(each.id for each in await reading.members() if holds_words(each, text)))
    found = await reading.records(kind, words(kind, text, reading.knowledge), limit=100)
    whole = [each.id for each in found.records if text.casefold() in each.name.casefold()]
    return Named(tuple(whole or (each.id for each in found.records)), complete=found.complete)


def _assumed_absent(knowledge: Knowledge, query: Query) -> set[str]:
    """The excluded options that the server is not asked about, since this CRM seems not to have them."""
    keys = SELECTS.get(query.kind, ())
    return {each for each in excluded(query) for key in keys if knowledge.rejects(query.kind, key, each)}
