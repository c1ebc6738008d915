"""A conversation with one person: what we say lands where that person is looking, and is never lost.

Privately means: by the response_url, else as an ephemeral message, else in a direct message (slack.md section 3).
"""

import logging
from collections.abc import Mapping
from typing import Any, Protocol

import aiohttp
import msgspec
import yarl
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.models import UserId
from bot.slack.clients import PATIENCE
from bot.wire import Wire, lines

log = logging.getLogger(__name__)

JSON = lines([(b"Content-Type", b"application/json; charset=utf-8")])

Blocks = list[dict[str, Any]]
View = dict[str, Any]

UNREACHABLE = (SlackApiError, aiohttp.ClientError, TimeoutError)


class Says(Protocol):
    """Anything with a text, for screen readers and notifications, and blocks."""

    @property
    def text(self) -> str: ...

    @property
    def blocks(self) -> Blocks: ...


async def by_response_url(
    wire: Wire, url: str, message: Says, *, replace: bool = False, in_channel: bool = False
) -> bool:
    """Answer by a response_url; False when Slack no longer takes it (five uses, thirty minutes)."""
    body = {
        "text": message.text,
        "blocks": message.blocks,
        "replace_original": replace,
        "response_type": "in_channel" if in_channel else "ephemeral",
        "unfurl_links": False,
        "unfurl_media": False,
    }
    try:
        # Encoded by msgspec: 10 us for ten rows, 140 us by the json module.
        answer = await wire.exchange(
            "POST", yarl.URL(url), lines=JSON, body=msgspec.json.encode(body), patience=PATIENCE
        )
        if answer.status < 300:
            return True
        log.info("a response_url was refused with %s", answer.status)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        log.info("a response_url could not be reached: %s", type(error).__name__)
    return False


class Talk:
    """One person, one place; made for each thing that person does."""

    def __init__(
        self,
        slack: AsyncWebClient,
        wire: Wire,
        *,
        user: UserId,
        channel: str = "",
        thread_ts: str = "",
        response_url: str = "",
        trigger_id: str = "",
        over_modal: bool = False,
    ) -> None:
        self.slack = slack
        self.user = user
        self.channel = channel
        self.thread_ts = thread_ts
        self.response_url = response_url
        self._wire = wire
        self._trigger_id = trigger_id
        self._over_modal = over_modal
        self._view: Mapping[str, Any] = {}

    async def privately(self, message: Says, *, replace: bool = False) -> None:
        """Say it to this person alone; with `replace`, in the place of the message that was clicked."""
        if not await self.only_privately(message, replace=replace):
            await self.directly(message)

    async def only_privately(self, message: Says, *, replace: bool = False) -> bool:
        """As `privately`, but False, and nothing said, when only a direct message could reach this person."""
        if await self.by_response(message, replace=replace):
            return True
        return bool(self.channel) and await self._ephemeral(message)

    async def publicly(self, message: Says) -> None:
        """Say it to everybody in the channel, also where the bot is not a member."""
        if await self.by_response(message, in_channel=True):
            return
        await self.slack.chat_postMessage(channel=self.channel, thread_ts=self.thread_ts or None, **said(message))

    async def by_response(self, message: Says, *, replace: bool = False, in_channel: bool = False) -> bool:
        """Say it by the response_url, also where the bot is no member; False when there is none, or none any more."""
        url = self.response_url
        return bool(url) and await by_response_url(self._wire, url, message, replace=replace, in_channel=in_channel)

    async def directly(self, message: Says) -> None:
        """Say it in a direct message."""
        await self.slack.chat_postMessage(channel=self.user, **said(message))

    async def open(self, view: View) -> None:
        """Open a modal, over the one in which something was pressed if there is one.

        Must happen within three seconds of what the person did, once (slack.md section 3).
        """
        opened = self.slack.views_push if self._over_modal else self.slack.views_open
        answer = await opened(trigger_id=self._trigger_id, view=view)
        self._view = answer.get("view") or {}

    def move_to(self, channel: str, *, thread_ts: str = "", response_url: str = "") -> None:
        """Go on where a form was opened: its submission knows neither channel nor response_url (slack.md section 3)."""
        self.channel, self.thread_ts, self.response_url = channel, thread_ts, response_url

    def take_view(self, view: Mapping[str, Any]) -> None:
        """Go on in a view that is already open."""
        self._view = view

    @property
    def has_view(self) -> bool:
        """Whether a modal of this conversation is open."""
        return bool(self._view)

    async def update(self, view: View) -> bool:
        """Change the modal that this conversation opened; False when the person has moved on or closed it."""
        try:
            answer = await self.slack.views_update(view_id=self._view["id"], hash=self._view.get("hash"), view=view)
        except SlackApiError as error:
            if error.response["error"] in ("not_found", "hash_conflict", "view_not_found"):
                return False
            raise
        self._view = answer.get("view") or self._view
        return True

    async def _ephemeral(self, message: Says) -> bool:
        try:
            await self.slack.chat_postEphemeral(
                channel=self.channel, user=self.user, thread_ts=self.thread_ts or None, **_body(message)
            )
        except UNREACHABLE as error:
            log.info("an ephemeral message was refused: %s", reason(error))
            return False
        return True


def said(message: Says) -> dict[str, Any]:
    """A message as arguments of chat.postMessage: whole, and nothing in it unfurled."""
    return _body(message) | {"unfurl_links": False, "unfurl_media": False}


def _body(message: Says) -> dict[str, Any]:
    return {"text": message.text, "blocks": message.blocks}


def reason(error: BaseException) -> str:
    """Slack's own word for what went wrong, or the error's name; never a token or a text."""
    if not isinstance(error, SlackApiError):
        return type(error).__name__
    said = error.response.get("error") if hasattr(error.response, "get") else None
    return str(said or "an answer that is not Slack's")
