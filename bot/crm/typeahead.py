"""Suggestions while somebody types: asked once, refined here, asked again only where the first answer was cut off."""

import asyncio
from collections.abc import Iterable

from bot.crm import phones
from bot.crm.pace import Urgency
from bot.crm.ranking import best_first, holds_words
from bot.crm.reading import Reading, Records, together
from bot.crm.search import matching
from bot.errors import NotRouted
from bot.models import Kind, Record
from bot.remembered import Remembered

FRESH = 10.0
"""Seconds for which an answer serves what is typed after it."""
SETTLING = 0.25
"""Seconds to wait, before asking again, for the next key: whoever types on is answered with what is here."""


class TypeAhead:
    """One connection's suggestions. Six quick keystrokes cost at most two rounds of requests."""

    def __init__(self, reading: Reading, *, settling: float = SETTLING) -> None:
        self._reading = reading
        self._settling = settling
        self._answers: Remembered[tuple[Kind, str], Records] = Remembered(most=200, seconds=FRESH)
        self._asking: dict[tuple[Kind, str], asyncio.Task[Records]] = {}
        self._latest = ""

    async def suggest(self, text: str, kinds: Iterable[Kind], *, limit: int) -> tuple[Record, ...]:
        """Records that hold every word of the text, best first over all kinds; empty text suggests nothing."""
        wanted = " ".join(text.casefold().split())
        if not wanted:
            return ()
        self._latest = wanted
        found = await together(self._of(kind, wanted) for kind in dict.fromkeys(kinds))
        return tuple(best_first([each for part in found for each in part], wanted)[:limit])

    async def _of(self, kind: Kind, wanted: str) -> list[Record]:
        known = await self._known(kind, wanted)
        if known is not None and not known.complete and known is not self._answers.get((kind, wanted)):
            known = await self._unless_typed_on(kind, wanted, known)
        if known is None:
            known = await self._ask(kind, wanted)
        return [each for each in known.records if holds_words(each, wanted)]

    async def _known(self, kind: Kind, wanted: str) -> Records | None:
        """The answer to the longest beginning of the text that was, or just is being, asked.

        Nobody has the beginning of a phone number, so people are asked for by the whole of it.
        """
        shortest = len(wanted) if kind is Kind.PERSON and phones.sought(wanted) else 1
        for end in range(len(wanted), shortest - 1, -1):
            key = (kind, wanted[:end].rstrip())
            if key in self._asking:
                return await asyncio.shield(self._asking[key])
            if (known := self._answers.get(key)) is not None:
                return known
        return None

    async def _unless_typed_on(self, kind: Kind, wanted: str, known: Records) -> Records | None:
        """What is known, if a longer text follows within a moment; None when this one has to be asked."""
        await asyncio.sleep(self._settling)
        typed_on = self._latest != wanted and self._latest.startswith(wanted)
        return known if typed_on else None

    async def _ask(self, kind: Kind, wanted: str) -> Records:
        key = (kind, wanted)
        if key not in self._asking:
            self._asking[key] = asyncio.create_task(self._asked(kind, wanted))
            self._asking[key].add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(self._asking[key])

    async def _asked(self, kind: Kind, wanted: str) -> Records:
        if kind is Kind.MEMBER:
            return Records(records=await self._reading.members(), total=None, complete=True)
        try:
            answer = await matching(self._reading, kind, wanted, urgency=Urgency.TYPE_AHEAD)
        except NotRouted:
            answer = Records(records=(), total=0, complete=True)
        self._answers.put((kind, wanted), answer)
        return answer

    def _ended(self, key: tuple[Kind, str], done: "asyncio.Task[Records]") -> None:
        self._asking.pop(key, None)
        if not done.cancelled():
            done.exception()
