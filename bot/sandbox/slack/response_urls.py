"""response_urls: five uses in thirty minutes, also where the bot is no member (slack.md section 3)."""

from dataclasses import replace
from typing import Any

from bot.sandbox.slack.state import RESPONSE_URL_SECONDS, RESPONSE_URL_USES, Refusal, ResponseUrl, State
from bot.sandbox.slack.webapi import TRUE, message_content
from bot.sandbox.slack.world import Json, Message


class Gone(Refusal):
    """The url does not work any more; the answer is a 404."""


def use(state: State, path: str, body: Json) -> None:
    """Do what a post to a response_url asks for."""
    url = _usable(state, path)
    original = state.find(url.channel, url.message_ts) if url.message_ts else None
    if body.get("delete_original") in TRUE:
        if original:
            state.remove(original)
    elif body.get("replace_original") in TRUE and url.message_ts:
        _replace(state, original, body)
    else:
        say(state, url, body)
    url.uses += 1


def _usable(state: State, path: str) -> ResponseUrl:
    url = state.response_urls.get(path)
    if url is None or state.clock() - url.issued > RESPONSE_URL_SECONDS:
        raise Gone("expired_url")
    if url.uses >= RESPONSE_URL_USES:
        raise Gone("used_url")
    return url


def _replace(state: State, original: Message | None, body: Json) -> None:
    """Rewrite the clicked message; one that has vanished stays away."""
    content = message_content(body)
    if original:
        state.put(replace(original, **content, edited=not original.is_ephemeral))


def say(state: State, url: ResponseUrl, body: Json) -> Message:
    """A new message: for the person alone, unless it says in_channel."""
    content: dict[str, Any] = message_content(body)
    public = body.get("response_type") == "in_channel"
    bot = state.installation_for(url.team)
    if bot is None:
        raise Gone("expired_url")
    message = Message(
        url.channel,
        state.new_ts(),
        bot.bot_user,
        **content,
        only_for=None if public else url.user,
        thread_ts=body.get("thread_ts") or None,
        bot_id=bot.bot_id,
        team=url.team,
    )
    return state.put(message)
