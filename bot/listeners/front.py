"""The front door: each of Slack's payloads becomes a value, is acknowledged, and goes to the story that answers it.

Bolt keeps what it is good at (signatures, authorisation, Socket Mode). Its listeners are one per kind of payload, since
each listener ahead of the match costs 8 us, and with `process_before_response` they must only acknowledge and hand over
(10.6 ms to acknowledge by its default polling, 0.26 ms so: slack.md section 1).
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.blocks.problems import Problem
from bot.errands import Errands
from bot.errors import Misunderstood, NotAllowed
from bot.listeners import payloads
from bot.listeners.guard import explain, told
from bot.listeners.inbox import Inbox
from bot.listeners.payloads import Body, Click, Command, Event, Incoming, Shortcut, Submission, Typing
from bot.metrics import Metrics
from bot.models import Profile, Viewer
from bot.slack.talk import Talk, View
from bot.teams.team import Team, Teams

ANSWERED_WITHIN = 0.7
"""Seconds that a decision may take before its click is acknowledged all the same (Slack allows 3)."""

SUBMITTED_WITHIN = 2.5
"""Seconds after which a submitted form stays open with a sentence, since Slack would drop it at 3."""

TOO_SLOW = "That took too long. Nothing is lost: please press the button once more."

SUGGESTED_WITHIN = 2.5
"""Seconds after which an external select gets an empty answer instead of a late one."""


OUTSIDER = (
    "This CRM belongs to another company's workspace. Only members of that workspace can look into it or decide here."
)
GUEST = "Guests of this workspace cannot use its CRM. Ask a full member to look it up or to decide."


@dataclass(frozen=True, slots=True)
class Here:
    """Where a story plays: the team it belongs to, and the talk with the person who began it."""

    team: Team
    talk: Talk

    async def profile(self) -> Profile:
        """Who began it, as Slack knows that person."""
        return await self.team.profile(self.talk.user)

    async def viewer(self) -> Viewer:
        """Who reads the answer."""
        return (await self.profile()).viewer


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to a submitted form: mistakes at their fields, or the work that follows once it is closed."""

    errors: Mapping[str, str] = field(default_factory=dict)
    work: Callable[[], Awaitable[None]] | None = None
    view: View | None = None


@dataclass(frozen=True, slots=True)
class Routes:
    """Everything Slack can send us, and who answers it. `patient` clicks are decided before they are acknowledged."""

    command: Callable[[Command, Here], Awaitable[None]]
    shortcuts: Mapping[str, Callable[[Shortcut, Here], Awaitable[None]]]
    clicks: Mapping[str, Callable[[Click, Here], Awaitable[None]]]
    submissions: Mapping[str, Callable[[Submission, Here], Awaitable[Taken]]]
    typing: Mapping[str, Callable[[Typing, Here], Awaitable[dict[str, Any]]]]
    events: Mapping[str, Callable[[Event, Here], Awaitable[None]]]
    patient: frozenset[str] = frozenset()
    open_to_all: frozenset[str] = frozenset()
    removals: Mapping[str, Callable[[Event], Awaitable[None]]] = field(default_factory=dict)


class Front:
    """Takes payloads from Bolt, acknowledges them, and starts their stories as errands."""

    def __init__(self, routes: Routes, teams: Teams, errands: Errands, metrics: Metrics, inbox: Inbox) -> None:
        self._routes = routes
        self._inbox = inbox
        self._teams = teams
        self._errands = errands
        self._metrics = metrics

    def register(self, app: AsyncApp) -> None:
        """One listener per kind of payload, the most frequent first."""
        anything = re.compile("")
        app.command(anything)(self._on_command)
        app.action(anything)(self._on_click)
        app.options(anything)(self._on_typing)
        app.view(anything)(self._on_submission)
        app.shortcut(anything)(self._on_shortcut)
        app.event(anything)(self._on_event)

    async def _on_command(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        command = payloads.command(body, context)
        self._begin("command", command, self._routes.command)
        await ack()

    async def _on_click(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        click = payloads.click(body, context)
        task = self._answer(click)
        if click.action_id in self._routes.patient:
            await self._answered_or_remembered(click, task)
        await ack()

    def _answer(self, click: Click) -> asyncio.Task[None]:
        return self._begin(click.action_id, click, self._routes.clicks.get(click.action_id, _unknown_button))

    async def _answered_or_remembered(self, click: Click, task: asyncio.Task[None]) -> None:
        """Answered first: a process that dies, or cannot tell, before it acknowledges leaves it to Slack to say so."""
        done, _ = await asyncio.wait({task}, timeout=ANSWERED_WITHIN)
        if done:
            await task
        else:
            await self._inbox.remember(click, task)

    async def answer_what_was_left(self) -> None:
        """Answer the clicks that processes acknowledged before they died."""
        await self._inbox.answer_what_was_left(self._answer)

    async def _on_shortcut(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        shortcut = payloads.shortcut(body, context)
        self._begin(shortcut.callback_id, shortcut, self._routes.shortcuts.get(shortcut.callback_id, _unknown_shortcut))
        await ack()

    async def _on_submission(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        submission = payloads.submission(body, context)
        try:
            async with asyncio.timeout(SUBMITTED_WITHIN):
                here = await self._here(submission)
                await self._admit(submission, here)
                taken = await self._routes.submissions[submission.callback_id](submission, here)
        except Exception as error:  # the form stays open: nothing that was typed is lost
            error = Misunderstood(TOO_SLOW) if isinstance(error, TimeoutError) else error
            problem = explain(submission.callback_id, submission, error)
            await ack(response_action="errors", errors=_at_first_field(submission.view, problem))
            return
        if taken.errors:
            await ack(response_action="errors", errors=dict(taken.errors))
            return
        if taken.work:
            self._errands.start(told(submission.callback_id, submission, here.talk, taken.work()))
        await (ack(response_action="update", view=taken.view) if taken.view else ack())

    async def _on_typing(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        typing = payloads.typing(body, context)
        try:
            async with asyncio.timeout(SUGGESTED_WITHIN):
                here = await self._here(typing)
                await self._admit(typing, here)
                answer = await self._routes.typing[typing.action_id](typing, here)
        except Exception as error:
            explain(typing.action_id, typing, error)
            answer = {"options": []}
        await ack(**answer)

    async def _on_event(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        event = payloads.event(body, context)
        if removal := self._routes.removals.get(event.type):
            # Before the acknowledgement, so that Slack tells again when it could not be done.
            await removal(event)
        if story := self._routes.events.get(event.type):
            self._begin(event.type, event, story)
        await ack()

    def _begin(self, name: str, incoming: Any, story: Callable[[Any, Here], Awaitable[None]]) -> asyncio.Task[None]:
        return self._errands.start(self._play(name, incoming, story))

    async def _play(self, name: str, incoming: Any, story: Callable[[Any, Here], Awaitable[None]]) -> None:
        here = await self._here(incoming)

        async def work() -> None:
            if name not in self._routes.open_to_all:
                await self._admit(incoming, here)
            await story(incoming, here)

        began = time.perf_counter()
        outcome = await told(name, incoming, here.talk, work())
        self._metrics.story(name, outcome, time.perf_counter() - began)

    async def _admit(self, incoming: Incoming, here: Here) -> None:
        """Outsiders and guests never see or decide anything of the CRM; they are told so (slack.md section 2)."""
        # The organisation of our install: with Slack Connect a payload may name the other company's.
        home = {here.team.id, here.team.identity.enterprise_id}
        if incoming.team not in home or (incoming.user_team and incoming.user_team not in home):
            raise NotAllowed(OUTSIDER)
        profile = await here.profile()
        if profile.team not in home:
            raise NotAllowed(OUTSIDER)
        if profile.is_guest or profile.is_deleted:
            raise NotAllowed(GUEST)

    async def _here(self, incoming: Incoming) -> Here:
        team = await self._teams.team(incoming.team, incoming.enterprise)
        talk = Talk(
            team.slack,
            self._teams.session,
            user=incoming.user,
            channel=incoming.channel,
            thread_ts=incoming.thread_ts,
            response_url=incoming.response_url,
            trigger_id=incoming.trigger_id,
            over_modal=isinstance(incoming, Click) and incoming.is_in_modal,
        )
        return Here(team, talk)


async def _unknown_button(click: Click, here: Here) -> None:
    raise Misunderstood("This button belongs to an older version of the bot.", hint="Run the command again.")


async def _unknown_shortcut(shortcut: Shortcut, here: Here) -> None:
    raise Misunderstood(
        "This shortcut is not known to the bot.", hint="Ask whoever runs the bot to update its manifest."
    )


def _at_first_field(view: Body, problem: Problem) -> dict[str, str]:
    """A problem that belongs to no field stands at the first input, so that the form stays open with all its text."""
    inputs = [block["block_id"] for block in view.get("blocks", []) if block.get("type") == "input"]
    sentence = f"{problem.sentence} Reference {problem.reference}." if problem.reference else problem.sentence
    return {inputs[0]: sentence} if inputs else {}
