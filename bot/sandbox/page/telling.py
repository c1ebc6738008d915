"""What a person sees, and how bot and CRM are, as plain JSON for scripts."""

from typing import Any

from bot.sandbox.page.guide import steps
from bot.sandbox.page.house import House
from bot.sandbox.page.proposals import proposals
from bot.sandbox.page.records import counts
from bot.sandbox.page.seat import Seat, app_dm, channels
from bot.sandbox.slack import FakeSlack, Message, View, buttons_of, labels_of, menu_of, text_of

Json = dict[str, Any]


def state(house: House, seat: Seat, channel: str | None) -> Json:
    """Everything a script can want to know about one person's place."""
    stage, slack = house.stage, house.stage.slack
    modal, home, crm = slack.modal(seat.user), slack.home(seat.user), stage.crm(seat.team)
    dm = app_dm(slack, seat.user)
    place = channel or seat.place
    rooms = {room.id: room.name for room in channels(slack, seat.team, seat.user)}
    return {
        "bot": {"health": stage.bot.health, "starts": stage.bot.starts, "problem": house.problem},
        "user": seat.user,
        "channels": {**rooms, **({dm: "CRM"} if dm else {})},
        "messages": [_message(m) for m in slack.messages(place)],
        "private": [_message(m) for m in slack.ephemerals(seat.user, place)],
        "modal": _view(modal) if modal else None,
        "home": _view(home) if home else None,
        "records": counts(crm) if crm else None,
        "proposals": [_proposal(each) for each in proposals(stage.database, seat.team)],
        "faults": sorted(
            name for name in ("slow", "hang", "busy", "lost", "expired") if house.faults.is_on(name, seat)
        ),
        "guide": [step.done for step in steps(stage, seat)],
        "surprises": [*slack.surprises, *stage.maton.surprises],
        "refused": _refused(slack),
    }


def _message(message: Message) -> Json:
    return {
        "channel": message.channel,
        "ts": message.ts,
        "thread": message.thread_ts,
        "user": message.user,
        "text": text_of(message),
        "buttons": buttons_of(message),
        "menu": menu_of(message),
    }


def _view(view: View) -> Json:
    return {
        "id": view.id,
        "title": view.title,
        "text": text_of(view),
        "labels": labels_of(view),
        "buttons": buttons_of(view),
        "errors": dict(view.errors),
    }


def _proposal(each: Any) -> Json:
    return {key: getattr(each, key) for key in ("id", "state", "verb", "kind", "name", "record_id", "sentence")}


def _refused(slack: FakeSlack) -> list[str]:
    """What the bot sent and Slack would not take."""
    return [f"{call.method}: {call.answer.get('error')}" for call in slack.calls if not call.answer.get("ok")]
