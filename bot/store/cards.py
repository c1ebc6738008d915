"""Where each proposal is shown, and which of these places do not tell the truth yet.

A card is due when its proposal has taken a turn that it does not show; any process may rewrite it, one at a time.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec
from sqlalchemy import Connection, bindparam, delete, exists, insert, or_, select, update

from bot.models import TeamId
from bot.proposal import Card, CardPlace, Proposal, Shown, new_id
from bot.store.database import Database, Single
from bot.store.rows import CARD, PROPOSAL, proposal
from bot.store.sealing import Sealing, Unreadable, in_clear
from bot.store.spelling import Rows
from bot.store.tables import cards, proposals

LONGEST_WITHOUT_KEY = timedelta(hours=1)
"""Between two looks at a card that no key here opens: doubled each time up to this, and its key may come back."""

INSERT = insert(cards)

DUE_SINCE_POSTED = (
    update(proposals)
    .where(proposals.c.id == bindparam("b_id"), proposals.c.turn > bindparam("b_shown"))
    .values(
        card_due_at=bindparam("b_now"),
        # A turn of its own: a process that is just settling this proposal cannot see the new card yet, but it sees
        # the turn that its own cards do not show.
        turn=proposals.c.turn + 1,
    )
)

OF_PROPOSAL = select(*CARD).where(
    cards.c.proposal_id == bindparam("b_id"),
    cards.c.team_id == bindparam("b_team"),
)

WITH_CARDS = (
    select(*PROPOSAL, *CARD)
    .select_from(proposals.outerjoin(cards, cards.c.proposal_id == proposals.c.id))
    .where(proposals.c.id == bindparam("b_id"), proposals.c.team_id == bindparam("b_team"))
)

SHOWN = (
    update(cards)
    .where(cards.c.id == bindparam("b_card"), cards.c.shown <= bindparam("b_turn"))
    .values(shown=bindparam("b_turn"), lease_until=None, tries=0)
    .returning(cards.c.proposal_id)
)

POSTPONE = update(cards).where(cards.c.id == bindparam("b_card")).values(lease_until=bindparam("b_until"))

DROP = delete(cards).where(cards.c.id == bindparam("b_card"))

_untrue = exists().where(cards.c.proposal_id == proposals.c.id, cards.c.shown < proposals.c.turn)

SETTLE_ONE = (
    update(proposals)
    .where(
        proposals.c.id == bindparam("b_id"),
        # PostgreSQL does not look at the cards again when it had to wait for the proposal, but at this it does: without
        # it a turn that is taken at the same moment would be settled though no card shows it.
        proposals.c.turn == bindparam("b_turn"),
        proposals.c.card_due_at.is_not(None),
        ~_untrue,
    )
    .values(card_due_at=None)
)

_shown = SHOWN.cte("shown")
_others_untrue = exists().where(
    cards.c.proposal_id == proposals.c.id, cards.c.shown < proposals.c.turn, cards.c.id != bindparam("b_card")
)
_settled = (
    update(proposals)
    .where(
        proposals.c.id.in_(select(_shown.c.proposal_id)),
        proposals.c.turn == bindparam("b_turn"),
        proposals.c.card_due_at.is_not(None),
        ~_others_untrue,
    )
    .values(card_due_at=None)
    .cte("settled")
)
SHOWN_AND_SETTLED = select(_shown.c.proposal_id).add_cte(_settled)
"""`SHOWN` and `SETTLE_ONE` in one way to PostgreSQL and back. Of two cards shown at once neither may see the other, as
with two transactions; then nothing is left to rewrite, and `SETTLE_DUE` notes it."""

SETTLE_DUE = (
    update(proposals).where(proposals.c.card_due_at <= bindparam("b_long_due"), ~_untrue).values(card_due_at=None)
)

DROP_OVER = delete(cards).where(
    cards.c.proposal_id.in_(select(proposals.c.id).where(proposals.c.card_due_at <= bindparam("b_now"))),
    cards.c.valid_until <= bindparam("b_now"),
)

_free = or_(cards.c.lease_until.is_(None), cards.c.lease_until <= bindparam("b_now"))

_stale = (
    select(cards.c.id)
    .select_from(proposals.join(cards, cards.c.proposal_id == proposals.c.id))
    .where(proposals.c.card_due_at <= bindparam("b_now"), cards.c.shown < proposals.c.turn, _free)
    .order_by(proposals.c.card_due_at)
    .limit(bindparam("b_limit"))
    .with_for_update(skip_locked=True, of=cards)
    .cte("stale")
)

TAKE_STALE = (
    update(cards)
    .where(cards.c.id.in_(select(_stale.c.id)), _free)
    .values(lease_until=bindparam("b_until"), tries=cards.c.tries + 1)
    .returning(*CARD)
)

GET_SOME = select(*PROPOSAL).where(proposals.c.id.in_(bindparam("b_ids", expanding=True)))


class Cards:
    """All places where proposals are shown. A response_url is stored sealed."""

    def __init__(self, database: Database, sealing: Sealing) -> None:
        self._database = database
        self._sealing = sealing

    async def cards(self, team: TeamId, proposal_id: str) -> tuple[Card, ...]:
        """Everywhere a proposal is shown."""
        values = {"b_id": proposal_id, "b_team": team}
        rows = await self._database.read(Single(OF_PROPOSAL, values))
        return self._cards(rows)

    def shown(self, found: Rows) -> Shown | None:
        """The proposal and the cards of what was selected as in `WITH_CARDS`; None of nothing."""
        rows = found.all()
        if not rows:
            return None
        its_cards = [row[len(PROPOSAL) :] for row in rows]
        return proposal(rows[0]), self._cards(row for row in its_cards if row[0] is not None)

    async def add_card(self, proposal: Proposal, place: CardPlace, now: datetime) -> Card:
        """Remember that `place` shows the proposal as it is given; what it became meanwhile is due there at once."""
        card = Card(id=new_id(), proposal_id=proposal.id, team_id=proposal.team_id, place=place, shown=proposal.turn)
        row = {
            "id": card.id,
            "proposal_id": card.proposal_id,
            "team_id": card.team_id,
            "place": self._written(place),
            # A message of the bot's can be rewritten without the response_url of a click on it.
            "valid_until": place.valid_until if place.is_ephemeral else None,
            "shown": card.shown,
        }

        def work(connection: Connection) -> None:
            connection.execute(INSERT, row)
            connection.execute(DUE_SINCE_POSTED, {"b_id": proposal.id, "b_shown": proposal.turn, "b_now": now})

        await self._database.write(work)
        return card

    async def card_shown(self, card_id: str, turn: int) -> bool:
        """Remember that the card shows this turn of its proposal; False when a later one was shown meanwhile."""
        values = {"b_card": card_id, "b_turn": turn}

        def one_by_one(connection: Connection) -> Rows:
            shown = cast(Rows, connection.execute(SHOWN, values))
            for (proposal_id,) in shown:
                connection.execute(SETTLE_ONE, {"b_id": proposal_id, "b_turn": turn})
            return shown

        shown = await self._database.write(Single(SHOWN_AND_SETTLED, values, otherwise=one_by_one))
        return bool(shown.all())

    async def postpone_card(self, card_id: str, until: datetime) -> None:
        """Leave a card that could not be rewritten alone until then."""
        values = {"b_card": card_id, "b_until": until}
        await self._database.write(Single(POSTPONE, values))

    async def drop_card(self, card_id: str) -> None:
        """Forget a card that cannot be rewritten any more: its message is gone, or its response_url is used up."""
        await self._database.write(Single(DROP, {"b_card": card_id}))

    async def stale_cards(
        self, now: datetime, lease: timedelta, *, limit: int = 20
    ) -> tuple[tuple[Card, Proposal], ...]:
        """Cards that are due, each with its proposal as it is now, and each to one caller until its lease ends."""
        # Due for a minute and nothing to rewrite: no card at all. Sooner, one may just be on its way.
        values = {"b_now": now, "b_long_due": now - timedelta(minutes=1), "b_until": now + lease, "b_limit": limit}

        def work(connection: Connection) -> tuple[tuple[Card, Proposal], ...]:
            connection.execute(DROP_OVER, values)
            connection.execute(SETTLE_DUE, values)
            rows = connection.execute(TAKE_STALE, values).all()
            taken = self._cards(rows)
            if len(taken) < len(rows):
                self._leave_sealed(connection, rows, now, lease)
            if not taken:
                return ()
            ids = {"b_ids": sorted({card.proposal_id for card in taken})}
            now_are = {row[0]: proposal(row) for row in connection.execute(GET_SOME, ids)}
            return tuple((card, now_are[card.proposal_id]) for card in taken)

        return await self._database.write(work)

    def _leave_sealed(self, connection: Connection, rows: Iterable[Any], now: datetime, lease: timedelta) -> None:
        """Leave what no key here opens for ever longer."""
        for row in rows:
            if self._card(row) is None:
                pause = min(lease * 2 ** min(row[5], 12), LONGEST_WITHOUT_KEY)
                connection.execute(POSTPONE, {"b_card": row[0], "b_until": now + pause})

    def _written(self, place: CardPlace) -> str:
        """A response_url is a key to its message; a channel and a time are none, and each click reads them twice."""
        text = msgspec.json.encode(place).decode()
        return self._sealing.seal(text) if place.response_url else in_clear(text)

    def _cards(self, rows: Iterable[Any]) -> tuple[Card, ...]:
        """Without those that no key here opens: while keys are being changed, they are for processes that have it."""
        return tuple(card for row in rows if (card := self._card(row)))

    def _card(self, row: tuple[str, str, str, str, int, int]) -> Card | None:
        try:
            place = msgspec.json.decode(self._sealing.open(row[3]), type=CardPlace)
        except Unreadable:
            return None
        return Card(id=row[0], proposal_id=row[1], team_id=TeamId(row[2]), place=place, shown=row[4], tries=row[5])
