"""A life on the street: people propose and click, others edit, answers are lost, bots die; then all is checked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from bot.models import TeamId
from bot.proposal import Proposal, State
from bot.sandbox.slack import Answer, FormError, Message, buttons_of
from bot.sandbox.slack.sample import ACME, ANA, BEN, CALL_NOTES, SALES
from bot.store import Store
from tests.faults.ledger import PLURALS, Ledger, pressed_value, tells
from tests.faults.street import Street

SOON = 1.5
"""Seconds that a person waits for a form or a card while everything goes wrong, before doing something else."""

QUIET_WITHIN = 12.0


@dataclass(frozen=True, slots=True)
class Press:
    """One click: by whom, on which message as it was, and what Slack got for an answer."""

    user: str
    on: Message
    label: str
    answer: Answer


@dataclass(slots=True)
class Life:
    """What people do on a street, with the ledger beside it."""

    road: Street
    ledger: Ledger
    cards: dict[tuple[str, str], str] = field(default_factory=dict)  # where a card is -> its proposal
    presses: list[Press] = field(default_factory=list)
    count: int = 0

    # What people do

    async def save_note(self) -> None:
        """A note from a message; its card is in the thread."""
        self.count += 1
        await self.road.slack.message_shortcut("save_as_note", ANA, SALES, CALL_NOTES)
        await self._submit({"Title": f"Note {self.count}"})

    async def create_company(self) -> None:
        """A company by command; its card is private."""
        self.count += 1
        await self.road.slack.command(ANA, SALES, "/crm new company")
        await self._submit({"Name": f"Company {self.count}"})

    async def rename(self, dice: Random) -> None:
        """A new name for a company."""
        self.count += 1
        await self.road.slack.command(ANA, SALES, f"/crm edit company {self._any('companies', dice)}")
        await self._submit({"Name": f"Renamed {self.count}"})

    async def delete(self, dice: Random) -> None:
        """A company to the trash."""
        await self.road.slack.command(ANA, SALES, f"/crm delete company {self._any('companies', dice)}")
        await self._soon()

    async def done(self, dice: Random) -> None:
        """A task as done."""
        await self.road.slack.command(ANA, SALES, f"/crm done {self._any('tasks', dice)}")
        await self._soon()

    async def undo(self, dice: Random) -> None:
        """Undo on a card that is done."""
        await self._press_one("Undo", [ANA], dice)
        await self._soon()

    async def press(self, label: str, people: Sequence[str], dice: Random) -> None:
        """Several people press a button of one card in the same moment."""
        await self._press_one(label, people, dice)

    async def press_in_trouble(self, people: Sequence[str], dice: Random, *, dies_after: float) -> None:
        """Several people confirm, and a process dies while it is about it."""
        pressing = asyncio.create_task(self._press_one("Confirm", people, dice))
        await asyncio.sleep(dies_after)
        if self.road.processes:
            await self.road.kill(dice.choice(self.road.processes))
        await pressing
        await self.road.start()

    async def _press_one(self, label: str, people: Sequence[str], dice: Random) -> None:
        self.look()
        there = [
            each for where in self.cards if (each := self.road.slack.message(*where)) and label in buttons_of(each)
        ]
        if there:
            card = dice.choice(there[-3:])
            people = people if card.only_for is None else [card.only_for for _ in people]
            await asyncio.gather(*(self._press(card, label, user) for user in people))

    async def _press(self, card: Message, label: str, user: str) -> None:
        answer = await self.road.slack.click(card, label, user=user)
        self.presses.append(Press(user, card, label, answer))

    async def edit_behind(self, dice: Random) -> None:
        """Somebody renames a company in the CRM itself."""
        self.count += 1
        with self.ledger.behind_the_back() as crm:
            crm.edit("companies", self._any("companies", dice), {"name": f"Elsewhere {self.count}"})

    async def delete_behind(self, dice: Random) -> None:
        """Somebody deletes a company in the CRM itself."""
        with self.ledger.behind_the_back() as crm:
            crm.remove("companies", self._any("companies", dice), soft=True)

    def _any(self, plural: str, dice: Random) -> str:
        """One of the first few, so that proposals meet on the same records."""
        return str(dice.choice(self.road.crm.all(plural)[:3])["id"])

    async def _submit(self, answers: dict[str, str]) -> None:
        try:
            view = await self.road.slack.wait_for(lambda: self.road._ready(ANA), SOON)
            await self.road.slack.submit(view, answers)
        except (TimeoutError, FormError):
            if view := self.road.slack.modal(ANA):  # it never got ready; the person closes it
                await self.road.slack.close(view, everything=True)
            return
        await self._soon()

    async def _soon(self) -> None:
        """Wait a little for what this leads to."""
        before = len(self.cards)

        def more() -> bool:
            self.look()
            return len(self.cards) > before

        try:
            await self.road.slack.wait_for(more, SOON / 3)
        except TimeoutError:
            return

    def look(self) -> None:
        """Notice every card that waits."""
        state = self.road.slack.state
        for where, message in [*state.posted.items(), *state.ephemeral.items()]:
            if value := pressed_value(message):
                self.cards[where] = value.partition(".")[0]

    # The end

    async def quarrels(self) -> list[str]:
        """Let everything come to rest, then say what is not as it should be."""
        self.road.maton.clear_faults()
        self.road.slack.faults.clear()
        if not self.road.processes:
            await self.road.start()
        await self.road.maton.settled()
        restless = await self._at_rest()
        proposals = await every_proposal(self.road.bot.store)
        return [
            *restless,
            *self.ledger.quarrels(proposals.values()),
            *await self._untrue(proposals),
            *self._unanswered(),
            *self.road.maton.surprises,
            *self.road.slack.surprises,
        ]

    async def _at_rest(self) -> list[str]:
        try:
            async with asyncio.timeout(QUIET_WITHIN):
                while unrest := await unrest_in(self.road.bot.store):  # noqa: ASYNC110 -- nothing announces rest
                    await asyncio.sleep(0.05)
        except TimeoutError:
            return [f"still not at rest: {unrest}"]
        return []

    async def _untrue(self, proposals: dict[str, Proposal]) -> list[str]:
        found = []
        for where, proposal_id in self.cards.items():
            proposal, card = proposals[proposal_id], self.road.slack.message(*where)
            if card is None or tells(card, proposal) or self._told_elsewhere(card, proposal):
                continue
            if await self._is_unknown(card, proposal):
                continue
            found.append(
                f"a card lies: {proposal.change.name} is {proposal.state}, {buttons_of(card)} {card.text[:60]}"
            )
        return found

    async def _is_unknown(self, card: Message, proposal: Proposal) -> bool:
        """Slack took the card and its answer was lost, so the bot cannot know of it before somebody clicks it."""
        known = await self.road.bot.store.cards.cards(proposal.team_id, proposal.id)
        is_known = any((each.place.channel, each.place.ts) == (card.channel, card.ts) for each in known)
        pressed = any(
            press.answer.ok and (press.on.channel, press.on.ts) == (card.channel, card.ts) for press in self.presses
        )
        return not is_known and not pressed

    def _told_elsewhere(self, card: Message, proposal: Proposal) -> bool:
        """A private card that was out of reach: its person was told the end by direct message."""
        return card.is_ephemeral and any(tells(each, proposal) for each in self.road.slack.dm(str(card.only_for)))

    def _unanswered(self) -> list[str]:
        return [
            f"unanswered: {press.label} by {press.user} on {press.on.text[:60]}"
            for press in self.presses
            if not self.is_answered(press)
        ]

    def is_answered(self, press: Press) -> bool:
        """By Slack's own error, by the card, or by a sentence to the one who pressed."""
        now = self.road.slack.message(press.on.channel, press.on.ts)
        said = [*self.road.slack.ephemerals(press.user), *self.road.slack.dm(press.user)]
        return (
            not press.answer.ok
            or now is None
            or now.blocks != press.on.blocks
            or any(float(each.ts) > float(press.on.ts) for each in said)
        )


async def every_proposal(store: Store) -> dict[str, Proposal]:
    """All proposals of the team, by id."""
    ids = await store._database.read(
        lambda connection: [row[0] for row in connection.exec_driver_sql("SELECT id FROM proposals")]
    )
    found = [await store.proposals.proposal(TeamId(ACME), each) for each in ids]
    return {each.id: each for each in found if each}


UNREST = """
SELECT state, count(*) FROM proposals WHERE state IN ('executing', 'unknown') GROUP BY state
UNION ALL SELECT CASE WHEN card_due_at IS NULL THEN 'forgotten card of ' ELSE 'card of ' END || state, count(*)
    FROM proposals JOIN cards ON cards.proposal_id = proposals.id
    WHERE cards.shown < proposals.turn GROUP BY card_due_at IS NULL, state
UNION ALL SELECT 'click', count(*) FROM clicks HAVING count(*) > 0
"""


async def unrest_in(store: Store) -> list[tuple[str, int]]:
    """What still has to come to its end."""
    return await store._database.read(
        lambda connection: [(row[0], row[1]) for row in connection.exec_driver_sql(UNREST)]
    )


__all__ = ["BEN", "PLURALS", "Life", "Press", "State", "every_proposal", "unrest_in"]
