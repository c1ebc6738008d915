"""A whole thread, where the workspace has let the bot read its history.

That takes the scope channels:history (groups:history for private channels), which is optional: without it the choice
*Whole thread* is not offered, and nothing else is missing (README, scopes).
"""

from typing import Any

from bot.errors import Refused
from bot.language.message import thread_markdown, user_ids_in
from bot.listeners.front import Here
from bot.slack.talk import UNREACHABLE

PAGE = 200
MOST = 1_000
"""Messages of one thread that are saved; a longer one says so at its end."""


async def is_readable(here: Here, channel: str, thread_ts: str) -> bool:
    """Whether Slack lets the bot read this thread."""
    try:
        await here.team.slack.conversations_replies(channel=channel, ts=thread_ts, limit=1)
    except UNREACHABLE:
        return False
    return True


async def written_down(here: Here, channel: str, thread_ts: str, *, without: str = "") -> str:
    """The thread as Markdown, each message with its author and time, `without` the one saved already."""
    messages, is_cut = await _messages(here, channel, thread_ts)
    known = await here.team.profiles(user for each in messages for user in user_ids_in(each))
    names = {user: profile.name for user, profile in known.items()}
    told = [each for each in messages if each.get("ts") != without]
    text = thread_markdown(told, names, (await here.viewer()).timezone)
    return f"{text}\n\nThe thread goes on; its first {MOST:,} messages are saved here." if is_cut else text


async def _messages(here: Here, channel: str, thread_ts: str) -> tuple[list[dict[str, Any]], bool]:
    messages: list[dict[str, Any]] = []
    cursor = ""
    while len(messages) < MOST:
        try:
            answer = await here.team.slack.conversations_replies(
                channel=channel, ts=thread_ts, limit=PAGE, cursor=cursor or None
            )
        except UNREACHABLE as error:
            raise Refused(
                "Slack did not let me read the whole thread. Save the message alone, or try again."
            ) from error
        messages += answer["messages"]
        cursor = (answer.get("response_metadata") or {}).get("next_cursor", "")
        if not cursor:
            return messages, False
    return messages[:MOST], True
