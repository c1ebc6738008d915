"""The front door: each of Slack's payloads becomes a value, is acknowledged, and goes to the story that answers it.

Bolt keeps what it is good at (signatures, authorisation, Socket Mode). The front is the last of its middlewares, behind
all that protect: as listeners, whose arguments Bolt looks up by name for each request, the same took 0.1 ms more, and
by default Bolt polls for their `ack()` for another 10 (slack.md section 1).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec import Struct, field
from slack_bolt.async_app import AsyncAck, AsyncBoltContext
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request import payload_utils
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.blocks.problems import Problem
from bot.errands import Errands
from bot.errors import Misunderstood, NotAllowed
from bot.listeners import payloads
from bot.listeners.guard import explain, told
from bot.listeners.inbox import Inbox, Pressed
from bot.listeners.payloads import Body, Click, Command, Event, Incoming, Shortcut, Submission, Typing
from bot.metrics import Metrics
from bot.models import Profile, Viewer
from bot.slack.talk import Talk, View
from bot.teams.team import Team, Teams

ANSWERED_WITHIN = 0.7
"""Seconds that a decision or a form's card may take before it is acknowledged all the same (Slack allows 3)."""

READ_WITHIN = 2.0
"""Seconds after which a submitted form that is not read yet stays open with a sentence: Slack would drop it at 3."""

TOO_SLOW = "That took too long. Nothing is lost: please press the button once more."

OPEN_ONCE_MORE = "Open the form once more, please."

SUGGESTED_WITHIN = 2.5
"""Seconds after which an external select gets an empty answer instead of a late one."""


OUTSIDER = (
    "This CRM belongs to another company's workspace. Only members of that workspace can look into it or decide here."
)
GUEST = "Guests of this workspace cannot use its CRM. Ask a full member to look it up or to decide."


class Here(Struct, frozen=True):
    """Where a story plays: the team it belongs to, and the talk with the person who began it."""

    team: Team
    talk: Talk

    async def profile(self) -> Profile:
        """Who began it, as Slack knows that person."""
        return await self.team.profile(self.talk.user)

    async def viewer(self) -> Viewer:
        """Who reads the answer."""
        return (await self.profile()).viewer


def home_of(incoming: Incoming, here: Here) -> frozenset[str]:
    """The workspace and the organisation in which the bot is installed, by its token and not by what a payload says.

    With Slack Connect a payload may name the other company's. An organisation's install serves all its workspaces.
    """
    identity = here.team.identity
    home = {identity.team_id or "", identity.enterprise_id or ""}
    if identity.enterprise_id and incoming.enterprise == identity.enterprise_id:
        home.add(incoming.team)
    return frozenset(home - {""})


class Taken(Struct, frozen=True):
    """The answer to a submitted form: mistakes at their fields, or the work that follows once it is closed."""

    errors: Mapping[str, str] = field(default_factory=dict)
    work: Callable[[], Awaitable[None]] | None = None
    view: View | None = None


class Routes(Struct, frozen=True):
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


Take = Callable[[Body, AsyncBoltContext], Awaitable[BoltResponse]]
"""Begin what a payload asks for, and say how Slack is to be answered."""


class Front(AsyncMiddleware):
    """Takes payloads from Bolt, acknowledges them, and starts their stories as errands."""

    def __init__(self, routes: Routes, teams: Teams, errands: Errands, metrics: Metrics, inbox: Inbox) -> None:
        self._routes = routes
        self._inbox = inbox
        self._teams = teams
        self._errands = errands
        self._metrics = metrics

        self._takers: tuple[tuple[Callable[[Any], bool], Take], ...] = (
            (payload_utils.is_slash_command, self._on_command),
            (payload_utils.is_block_actions, self._on_click),
            (payload_utils.is_block_suggestion, self._on_typing),
            (payload_utils.is_view_submission, self._on_submission),
            (payload_utils.is_shortcut, self._on_shortcut),
            (payload_utils.is_event, self._on_event),
        )

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[Any]]
    ) -> BoltResponse | None:
        """Acknowledge every kind of payload that is known here; what is none of them Bolt refuses."""
        for fits, take in self._takers:
            if fits(req.body):
                return await take(req.body, req.context)
        await next()
        return None

    async def _on_command(self, body: Body, context: AsyncBoltContext) -> BoltResponse:
        self._begin("command", payloads.command(body, context), self._routes.command)
        return _received()

    async def _on_click(self, body: Body, context: AsyncBoltContext) -> BoltResponse:
        click = payloads.click(body, context)
        task = self._answer(click)
        if click.action_id in self._routes.patient:
            await self._answered_or_remembered(click, task)
        return _received()

    def _answer(self, click: Click) -> asyncio.Task[None]:
        return self._begin(click.action_id, click, self._routes.clicks.get(click.action_id, _unknown_button))

    async def _answered_or_remembered(self, pressed: Pressed, task: asyncio.Task[Any]) -> None:
        """Answered first: a process that dies, or cannot tell, before it acknowledges leaves it to Slack to say so."""
        done, _ = await asyncio.wait({task}, timeout=ANSWERED_WITHIN)
        if done:
            await task
        else:
            await self._inbox.remember(pressed, task)

    async def answer_what_was_left(self) -> None:
        """Answer the clicks and forms that processes acknowledged before they died."""
        await self._inbox.answer_what_was_left(self._take_up)

    def _take_up(self, left: Pressed) -> asyncio.Task[None]:
        if isinstance(left, Click):
            return self._answer(left)
        return self._begin(left.callback_id, left, self._read_again)

    async def _read_again(self, submission: Submission, here: Here) -> None:
        """The work of a form whose modal is closed already."""
        taken = await self._routes.submissions[submission.callback_id](submission, here)
        if taken.errors:
            raise Misunderstood(" ".join(taken.errors.values()), hint=OPEN_ONCE_MORE)
        if taken.work:
            await taken.work()

    async def _on_shortcut(self, body: Body, context: AsyncBoltContext) -> BoltResponse:
        shortcut = payloads.shortcut(body, context)
        self._begin(shortcut.callback_id, shortcut, self._routes.shortcuts.get(shortcut.callback_id, _unknown_shortcut))
        return _received()

    async def _on_submission(self, body: Body, context: AsyncBoltContext) -> BoltResponse:
        submission = payloads.submission(body, context)
        try:
            async with asyncio.timeout(READ_WITHIN):
                here = await self._here(submission)
                await self._admit(submission, here)
                taken = await self._routes.submissions[submission.callback_id](submission, here)
        except Exception as error:  # the form stays open: nothing that was typed is lost
            error = Misunderstood(TOO_SLOW) if isinstance(error, TimeoutError) else error
            problem = explain(submission.callback_id, submission, error)
            return await _answer(response_action="errors", errors=_at_first_field(submission.view, problem))
        if taken.errors:
            return await _answer(response_action="errors", errors=dict(taken.errors))
        if taken.work:
            working = self._errands.start(told(submission.callback_id, submission, here.talk, taken.work()))
            await self._answered_or_remembered(submission, working)
        return await _answer(response_action="update", view=taken.view) if taken.view else _received()

    async def _on_typing(self, body: Body, context: AsyncBoltContext) -> BoltResponse:
        typing = payloads.typing(body, context)
        try:
            async with asyncio.timeout(SUGGESTED_WITHIN):
                here = await self._here(typing)
                await self._admit(typing, here)
                answer = await self._routes.typing[typing.action_id](typing, here)
        except Exception as error:
            explain(typing.action_id, typing, error)
            answer = {"options": []}
        return await _answer(**answer)

    async def _on_event(self, body: Body, context: AsyncBoltContext) -> BoltResponse:
        event = payloads.event(body, context)
        if removal := self._routes.removals.get(event.type):
            # Before the acknowledgement, so that Slack tells again when it could not be done.
            await removal(event)
        if story := self._routes.events.get(event.type):
            self._begin(event.type, event, story)
        return _received()

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
        home = home_of(incoming, here)
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
            self._teams.wire,
            user=incoming.user,
            channel=incoming.channel,
            thread_ts=incoming.thread_ts,
            response_url=incoming.response_url,
            trigger_id=incoming.trigger_id,
            over_modal=isinstance(incoming, Click) and incoming.is_in_modal,
        )
        return Here(team, talk)


def _received() -> BoltResponse:
    return BoltResponse(status=200, body="")


async def _answer(**answer: Any) -> BoltResponse:
    """The acknowledgement that says something, in the words of Bolt's `ack`."""
    ack = AsyncAck()  # type: ignore[no-untyped-call]
    return await ack(**answer)


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
