"""Reading from one CRM: equal questions asked at the same time share one request, and every answer teaches."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from bot.crm import columns, filters, shapes
from bot.crm.dialect import Knowledge
from bot.crm.filters import Filter
from bot.crm.maton import Gateway
from bot.crm.pace import Urgency
from bot.errors import BotError, Misunderstood, NotFound, NotRouted, Unavailable, UnknownField
from bot.models import Kind, Record, Ref, can_be_id
from bot.remembered import Remembered

MOST_A_PAGE = 200
LONG = 2_000
LONGEST = 7_000
"""Bytes of an encoded filter; many servers take no request line above 8,190."""
TOO_LONG = "That is more than the CRM can be asked in one go."
IDS_A_REQUEST = 60
"""The documented dialect gives at most 60 records, however many ids are asked for (twenty.md section 0)."""

Raw = Mapping[str, Any]


class Rows(Struct, frozen=True, kw_only=True):
    """Part of a list: what is meant of what came, how many came, and how to go on."""

    raws: tuple[Raw, ...]
    came: int
    total: int | None
    more: bool
    end: str


class Records(Struct, frozen=True, kw_only=True):
    """Rows as records; `complete` when there are no others that match."""

    records: tuple[Record, ...]
    total: int | None
    complete: bool


class Reading:
    """The reads of one connection, with what is remembered of them for seconds."""

    def __init__(self, gateway: Gateway, knowledge: Knowledge) -> None:
        self._gateway = gateway
        self.knowledge = knowledge
        self._flights: dict[tuple[Any, ...], asyncio.Future[Any]] = {}
        self._names: Remembered[str, str] = Remembered(most=5000, seconds=60)
        self._members: Remembered[str, tuple[Record, ...]] = Remembered(most=1, seconds=60)

    def changed(self) -> None:
        """Something was, or may have been, written: a later read joins no flight that took off before."""
        self._flights.clear()

    async def rows(
        self,
        plural: str,
        wanted: Filter | None = None,
        *,
        limit: int = MOST_A_PAGE,
        order: str = "",
        after: str = "",
        depth: int = 0,
        urgency: Urgency = Urgency.LOOKUP,
    ) -> Rows:
        """One request. What the server cannot be asked is sorted out here, among the rows that came."""
        asked = wanted.asked if wanted else ""
        if len(asked) > LONG and len(quote(asked)) > LONGEST:
            raise Misunderstood(TOO_LONG, hint="Fewer words, values or qualifiers fit.")
        params = {"limit": str(limit)}
        if asked:
            params["filter"] = asked
        if order:
            params["order_by"] = order
        if after:
            params["starting_after"] = after
        if depth:
            params["depth"] = str(depth)
        try:
            answer = await self._shared(plural, None, params, urgency)
        except NotFound as error:
            raise NotRouted("This CRM does not offer that.") from error
        return self._rows(plural, answer, wanted)

    async def records(self, kind: Kind, wanted: Filter | None = None, **how: Any) -> Records:
        """One request's records, learned from; takes what `rows` takes."""
        rows = await self.rows(columns.plural(kind), wanted, **how)
        exact = wanted is None or wanted.exact
        total = rows.total if exact else None if rows.more else len(rows.raws)
        # `rows` has learned from all of them already.
        records = tuple([shapes.record(kind, raw) for raw in rows.raws])
        self._names.put_all((each.id, each.name) for each in records)
        return Records(records=records, total=total, complete=not rows.more)

    async def one(self, kind: Kind, record_id: str, *, urgency: Urgency = Urgency.LOOKUP) -> Record:
        """The record; NotFound when it is absent or in the trash."""
        answer = await self._shared(columns.plural(kind), record_id, {}, urgency)
        raw = enclosed(answer, columns.singular(kind))
        if raw is None or raw.get("deletedAt"):
            raise NotFound(f"The CRM has no such {kind} (any more).")
        return self.record(kind, raw)

    async def many(self, kind: Kind, ids: Iterable[str]) -> dict[str, Record]:
        """Those of the ids that exist, in as few requests as the CRM allows."""
        wanted = list(dict.fromkeys(each.lower() for each in ids if can_be_id(each)))
        parts = [wanted[at : at + IDS_A_REQUEST] for at in range(0, len(wanted), IDS_A_REQUEST)]
        asked = [self.records(kind, filters.one_of("id", part), limit=IDS_A_REQUEST) for part in parts]
        return {each.id: each for found in await together(asked) for each in found.records}

    async def members(self) -> tuple[Record, ...]:
        """Every member, page by page in id order, remembered for a minute."""
        known = self._members.get("")
        if known is not None:
            return known
        found: list[Record] = []
        rows = await self.rows(columns.plural(Kind.MEMBER))
        for _ in range(50):
            found += [self.record(Kind.MEMBER, raw) for raw in rows.raws]
            if not rows.more:
                break
            rows = await self.rows(columns.plural(Kind.MEMBER), after=rows.end)
        self._members.put("", tuple(found))
        return tuple(found)

    async def names(self, refs: Iterable[Ref]) -> dict[str, str]:
        """The names of the records, one request per kind at most for those not seen in the last minute."""
        wanted = {each.id: each.kind for each in refs if each.id}
        known = self._names.get_all(wanted)
        if len(known) == len(wanted):
            return known
        missing = {kind: [each for each in wanted if each not in known and wanted[each] is kind] for kind in Kind}
        await together(self._read_names(kind, ids) for kind, ids in missing.items() if ids)
        return known | self._names.get_all(wanted)

    async def named(self, records: Iterable[Record], kinds: Iterable[Kind] = tuple(Kind)) -> tuple[Record, ...]:
        """The records with their refs named; a name that cannot be read just now stays empty."""
        whole, kinds = tuple(records), tuple(kinds)
        refs = [ref for each in whole for ref in shapes.refs_in(each) if ref.kind in kinds]
        try:
            names = await self.names(refs) if refs else {}
        except BotError:
            return whole
        return tuple([with_names(each, names) for each in whole])

    def record(self, kind: Kind, raw: Raw) -> Record:
        """The record, and what it teaches about this CRM."""
        self.knowledge.saw_all(columns.plural(kind), (raw,))
        read = shapes.record(kind, raw)
        self._names.put(read.id, read.name)
        return read

    async def _read_names(self, kind: Kind, ids: list[str]) -> None:
        if kind is Kind.MEMBER:
            for each in await self.members():
                self._names.put(each.id, each.name)
        else:
            await self.many(kind, ids)

    def _rows(self, plural: str, answer: Any, wanted: Filter | None) -> Rows:
        listed = _listed(answer, plural)
        info = answer.get("pageInfo") or {}
        total = answer.get("totalCount")
        self.knowledge.saw_all(plural, listed)
        return Rows(
            raws=tuple([raw for raw in listed if wanted is None or wanted.matches(raw)]),
            came=len(listed),
            total=int(total) if isinstance(total, int | float) else None,
            more=bool(info.get("hasNextPage")) and bool(info.get("endCursor")),
            end=str(info.get("endCursor") or ""),
        )

    async def _shared(self, plural: str, record_id: str | None, params: Mapping[str, str], urgency: Urgency) -> Any:
        """One flight for equal questions. Who asks first flies it; who is cancelled leaves it to the next who waits.

        Only equally urgent ones are equal: a write is not to wait in the line of somebody's look-up.
        """
        key = (urgency, plural, record_id, *params.items())
        while flight := self._flights.get(key):
            await asyncio.wait((flight,))
            if not flight.cancelled():
                return flight.result()
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        try:
            answer = await self._gateway.get(plural, record_id, params=params, urgency=urgency)
            flight.set_result(answer)
            return answer
        except BotError as error:
            flight.set_exception(error)
            flight.exception()  # looked at: nobody else may have asked
            raise
        except BaseException:
            flight.cancel()
            raise
        finally:
            if self._flights.get(key) is flight:  # else something was written meanwhile
                del self._flights[key]


async def together(asked: Iterable[Awaitable[Any]]) -> list[Any]:
    """All answers in order; the first error, after all have ended.

    The caller's own task sees to the first of them: for three that is half of what `asyncio.gather` costs.
    """
    questions = tuple(asked)
    beside = [asyncio.ensure_future(each) for each in questions[1:]]
    answers, errors = [], []
    try:
        for each in (*questions[:1], *beside):
            try:
                answers.append(await each)
            except Exception as error:
                errors.append(error)
    except asyncio.CancelledError:
        await _called_off(beside)
        raise
    if errors:
        raise errors[0]
    return answers


async def _called_off(tasks: Iterable[asyncio.Future[Any]]) -> None:
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def enclosed(answer: Any, name: str) -> Raw | None:
    """The one record in an envelope, by its name or as the only thing there (twenty.md section 1.2)."""
    data = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(data, Mapping):
        return None
    found = data.get(name, next(iter(data.values()), None))
    if isinstance(found, list):
        found = next(iter(found), None)
    return found if isinstance(found, Mapping) else None


def with_names(record: Record, names: Mapping[str, str]) -> Record:
    """The record with its refs named, where the name is known."""
    found = {
        key: Ref(each.kind, each.id, names[each.id])
        for key in columns.RELATIONS[record.kind]
        if isinstance(each := record.values.get(key), Ref) and each.id in names
    }
    return replace(record, values={**record.values, **found}) if found else record


def _listed(answer: Any, plural: str) -> list[Raw]:
    data = answer.get("data") if isinstance(answer, dict) else None  # JSON has no other mapping
    listed = data.get(plural) if isinstance(data, dict) else data
    if not isinstance(listed, list):
        raise Unavailable("The CRM's answer could not be read. Please try again.")
    return [each for each in listed if isinstance(each, dict)]


def lacking(kind: Kind, label: str, name: str) -> UnknownField:
    """The refusal for a field that this CRM is known not to have."""
    return UnknownField(f"This CRM has no field \u201c{label}\u201d for {kind.plural}.", field=name)
