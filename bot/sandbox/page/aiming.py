"""Finding what a person means: the form they have open, the message they click on, the text they wait for."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.page.pointing import On
from bot.sandbox.slack import FakeSlack, FormError, Message, View, buttons_of, menu_of, text_of
from bot.sandbox.slack.world import Json


def aim(slack: FakeSlack, ask: dict[str, Any]) -> On:
    """What a click is meant for: the named form or message, else the newest thing in sight with this label."""
    if ask.get("view"):
        return form_of(slack, ask)
    if ask.get("ts"):
        message = slack.message(ask["channel"], ask["ts"])
        if message is None:
            raise FormError("This message is gone.")
        return message
    for on in in_sight(slack, ask["user"], ask.get("channel")):
        if ask["label"] in (*buttons_of(on), *menu_of(on)):
            return on
    raise FormError(f"{ask['user']} sees no {ask['label']!r}.")


def form_of(slack: FakeSlack, ask: dict[str, Any]) -> View:
    """The modal that somebody has open, or their Home when it is named."""
    home, modal = slack.home(ask["user"]), slack.modal(ask["user"])
    if home and home.id == ask.get("view"):
        return home
    if modal is None or ask.get("view") not in (None, "", modal.id):
        raise FormError("This form is not open any more.")
    return modal


def in_sight(slack: FakeSlack, user: str, channel: str | None = None) -> Iterator[On]:
    """Everything that a person can see, the open form first, then the newest first."""
    for view in (slack.modal(user), slack.home(user)):
        if view:
            yield view
    yield from sorted(_messages(slack, user, channel), key=lambda message: float(message.ts), reverse=True)


def _messages(slack: FakeSlack, user: str, channel: str | None) -> list[Message]:
    rooms = slack.state.channels.values()
    open_rooms = [room.id for room in rooms if user in room.members and channel in (None, room.id)]
    return [*(m for room in open_rooms for m in slack.messages(room)), *slack.ephemerals(user, channel)]


def can_read(slack: FakeSlack, user: str, text: str, channel: str | None = None) -> bool:
    """Whether this text can be read by this person somewhere."""
    return any(text in text_of(on) for on in in_sight(slack, user, channel))


def shown_option(option: Json) -> Json:
    """An option as the page needs it."""
    about = option.get("description") or {}
    return {"value": option["value"], "text": option["text"]["text"], "about": about.get("text", "")}
