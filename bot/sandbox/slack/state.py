"""Everything a fake Slack remembers, and who is woken when it changes."""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bot.sandbox.slack.world import Channel, Installation, Json, Message, Team, User, World

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 30 * 60.0
RESPONSE_URL_USES = 5


class Refusal(Exception):
    """Slack's answer `{"ok": false, "error": ...}`; `more` are further keys of it."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


@dataclass(slots=True)
class Trigger:
    user: str
    team: str
    issued: float
    used: bool = False
    view: str | None = None


@dataclass(slots=True)
class ResponseUrl:
    """Where a response_url leads; `message_ts` is the clicked message, if it came from one."""

    user: str
    channel: str
    team: str
    issued: float
    message_ts: str | None = None
    uses: int = 0


@dataclass(slots=True)
class View:
    """A modal or a Home as the server keeps it; what was typed and what is marked wrong stand beside it.

    `entered` is by block and action id, `errors` by block id.
    """

    id: str
    user: str
    team: str
    content: Json
    hash: str
    root: str
    previous: str | None = None
    entered: dict[tuple[str, str], Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return str(self.content.get("title", {}).get("text", ""))

    @property
    def blocks(self) -> list[Json]:
        return list(self.content.get("blocks", []))


class Changes:
    """Wakes whoever waits, each time anything changes."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[], None]] = []
        self._waiting: list[asyncio.Future[None]] = []

    def tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
        for callback in self.callbacks:
            callback()

    async def next(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future


class State:
    """One Slack, in memory. `clock` is the present in seconds and may be replaced by a test's."""

    def __init__(self, world: World, *, clock: Callable[[], float] = time.time) -> None:
        self.world = world
        self.clock = clock
        self.changes = Changes()
        self.teams: dict[str, Team] = {team.id: team for team in world.teams}
        self.users: dict[str, User] = {user.id: user for user in world.users}
        self.channels: dict[str, Channel] = {channel.id: channel for channel in world.channels}
        self.installations: dict[str, Installation] = {each.token: each for each in world.installations}
        self.revoked: set[str] = set()
        self.codes: dict[str, Installation] = {}
        self.token_life: int | None = None  # seconds until a token expires; None for an app without rotation
        self.refresh_tokens: dict[str, str] = {}
        self.posted: dict[tuple[str, str], Message] = {(m.channel, m.ts): m for m in world.messages}
        self.ephemeral: dict[tuple[str, str], Message] = {}
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[tuple[str, str], View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self._count = itertools.count(1)
        self._last_ts = 0.0

    # Names

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._count):08d}"

    def new_ts(self) -> str:
        """A timestamp later than every other."""
        self._last_ts = max(self.clock(), self._last_ts + 0.000001)
        return f"{self._last_ts:.6f}"

    def new_trigger(self, user: str, team: str, *, view: str | None = None) -> str:
        name = f"{next(self._count)}.{int(self.clock())}.sandbox"
        self.triggers[name] = Trigger(user, team, self.clock(), view=view)
        return name

    def new_response_url(self, user: str, channel: str, team: str, *, message_ts: str | None = None) -> str:
        """The path of a new response_url."""
        path = f"/hooks/{team}/{next(self._count)}/sandbox"
        self.response_urls[path] = ResponseUrl(user, channel, team, self.clock(), message_ts)
        return path

    # People and places

    def installation_for(self, team: str) -> Installation | None:
        """The installation that serves this team: its own, or its organisation's."""
        enterprise = self.teams[team].enterprise_id
        for each in self.installations.values():
            if each.token in self.revoked:
                continue
            if each.team == team or (each.is_enterprise_install and each.enterprise_id == enterprise):
                return each
        return None

    def team_where(self, user: str, channel: str | None) -> str:
        """The installed team that a person acts in: their own, or in a shared channel the channel's host."""
        own = self.users[user].team
        if channel is None or (own in self.channels[channel].teams and self.installation_for(own)):
            return own
        return next((t for t in self.channels[channel].teams if self.installation_for(t)), own)

    def last_installation(self, team: str) -> Installation | None:
        """The team's newest installation, even one that was revoked."""
        return next((each for each in reversed(self.installations.values()) if each.team == team), None)

    def install(self, bot: Installation) -> None:
        """Put the app into a team, in the place of what was there."""
        others = {token: each for token, each in self.installations.items() if each.bot_user != bot.bot_user}
        self.installations = {**others, bot.token: bot}
        self.revoked.discard(bot.token)
        home = bot.team or self.world.teams[0].id
        self.users.setdefault(bot.bot_user, User(bot.bot_user, home, "crm", "CRM", is_bot=True))
        self.changes.tell()

    def dm_with(self, user: str, bot: Installation) -> Channel:
        """The direct message between the app and a person, opened when there is none."""
        pair = frozenset({user, bot.bot_user})
        for channel in self.channels.values():
            if channel.kind == "im" and channel.members == pair:
                return channel
        channel = Channel(self.new_id("D0"), "", (self.users[user].team,), pair, kind="im")
        self.channels[channel.id] = channel
        return channel

    def shares_a_channel(self, user: User, team: str) -> bool:
        return any(user.id in c.members and team in c.teams for c in self.channels.values())

    def set_member(self, channel: str, user: str, *, present: bool) -> None:
        place = self.channels[channel]
        members = place.members | {user} if present else place.members - {user}
        self.channels[channel] = replace(place, members=members)
        self.changes.tell()

    # Messages

    def put(self, message: Message) -> Message:
        shelf = self.ephemeral if message.is_ephemeral else self.posted
        shelf[message.channel, message.ts] = message
        self.changes.tell()
        return message

    def find(self, channel: str, ts: str) -> Message | None:
        return self.posted.get((channel, ts)) or self.ephemeral.get((channel, ts))

    def remove(self, message: Message) -> None:
        self.posted.pop((message.channel, message.ts), None)
        self.ephemeral.pop((message.channel, message.ts), None)
        self.changes.tell()

    def replies(self, channel: str, ts: str) -> list[Message]:
        """A thread, parent first."""
        found = [m for m in self.posted.values() if m.channel == channel and ts in (m.ts, m.thread_ts)]
        return sorted(found, key=lambda m: float(m.ts))
