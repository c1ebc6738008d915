"""The people and places of a Slack: teams, users, channels, installations and messages, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

SCOPES = ("commands", "chat:write", "users:read", "users:read.email")
"""What the bot asks for at installation; everything else answers `missing_scope`."""


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    name: str
    domain: str
    enterprise_id: str | None = None
    enterprise_name: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    id: str
    team: str
    name: str
    real_name: str
    email: str = ""
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    deleted: bool = False
    tz: str = "Europe/Berlin"
    tz_offset: int = 3600
    locale: str = "en-US"


@dataclass(frozen=True, slots=True)
class Channel:
    """`teams` are the host and, with Slack Connect, the guests' teams; `kind` is channel, group, im or mpim."""

    id: str
    name: str
    teams: tuple[str, ...]
    members: frozenset[str] = frozenset()
    kind: str = "channel"

    @property
    def is_private(self) -> bool:
        return self.kind != "channel"

    @property
    def is_shared(self) -> bool:
        return len(self.teams) > 1

    @property
    def name_in_payloads(self) -> str:
        return {"im": "directmessage", "group": "privategroup", "mpim": "privategroup"}.get(self.kind, self.name)


@dataclass(frozen=True, slots=True)
class Installation:
    """The app in one team, or with `is_enterprise_install` in a whole organisation (then `team` is empty)."""

    team: str
    token: str
    bot_user: str
    bot_id: str
    scopes: tuple[str, ...] = SCOPES
    enterprise_id: str | None = None
    is_enterprise_install: bool = False
    installed_by: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands; `only_for` names the one person who sees an ephemeral one."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: Sequence[Json] = ()
    thread_ts: str | None = None
    only_for: str | None = None
    bot_id: str | None = None
    team: str = ""
    edited: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_ephemeral(self) -> bool:
        return self.only_for is not None

    def as_slack(self, app_id: str) -> Json:
        """The message as it stands in payloads and API answers."""
        shown: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts, "team": self.team}
        if self.bot_id:
            shown |= {"bot_id": self.bot_id, "app_id": app_id}
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
        if self.blocks:
            shown["blocks"] = list(self.blocks)
        if self.edited:
            shown["edited"] = {"user": self.user, "ts": self.ts}
        return {**shown, **self.extra}


@dataclass(frozen=True, slots=True)
class World:
    """Where a fake Slack starts from."""

    teams: tuple[Team, ...]
    users: tuple[User, ...]
    channels: tuple[Channel, ...]
    installations: tuple[Installation, ...] = ()
    messages: tuple[Message, ...] = ()
    app_id: str = "A0CRM0001"
    app_token: str = "xapp-sandbox"  # noqa: S105 (a made-up token of a made-up Slack)
    client_id: str = "111.222"
    client_secret: str = "sandbox-client-secret"  # noqa: S105 (likewise)
