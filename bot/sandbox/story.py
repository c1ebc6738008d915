"""The conversation that the sandbox opens with: about companies and people whom its CRMs really hold, and of today."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.sandbox.slack import Channel, Installation, Message, Team, User, World
from bot.sandbox.slack import sample as slack
from bot.sandbox.slack.world import Json

HOOLI, IDA, JON, HOOLI_BOT, HOOLI_GENERAL = "T0HOOLI01", "U0IDA0001", "U0JON0001", "U0BOTHOOL", "C0HOOLI01"

Leaves = list[Json]


def sandbox_world(*, now: datetime | None = None) -> World:
    """Acme and Globex with a CRM each, Hooli still without one, and this morning's talk."""
    world = slack.sample_world()
    return replace(
        world,
        teams=(*world.teams, Team(HOOLI, "Hooli", "hooli")),
        users=(
            *world.users,
            User(IDA, HOOLI, "ida", "Ida Lind", "ida@hooli.example", is_admin=True, is_owner=True),
            User(JON, HOOLI, "jon", "Jon Bauer", "jon@hooli.example"),
            User(HOOLI_BOT, HOOLI, "crm", "CRM", is_bot=True),
        ),
        channels=(
            *world.channels,
            Channel(HOOLI_GENERAL, "general", (HOOLI,), frozenset({IDA, JON, HOOLI_BOT})),
        ),
        installations=(
            *world.installations,
            Installation(HOOLI, "xoxb-sandbox-hooli", HOOLI_BOT, "B0HOOLI01", installed_by=IDA),
        ),
        messages=tuple(_this_morning(now or datetime.now(UTC))),
    )


def text(words: str, **style: bool) -> Json:
    """A piece of rich text."""
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def link(url: str, label: str = "") -> Json:
    return {"type": "link", "url": url, **({"text": label} if label else {})}


def user(who: str) -> Json:
    return {"type": "user", "user_id": who}


def line(*leaves: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(leaves)}


def _encoded(leaf: Json) -> str:
    match leaf["type"]:
        case "user":
            return f"<@{leaf['user_id']}>"
        case "link":
            return f"<{leaf['url']}{'|' + leaf['text'] if leaf.get('text') else ''}>"
        case "emoji":
            return f":{leaf['name']}:"
    escaped = str(leaf["text"]).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    signs = [sign for name, sign in (("bold", "*"), ("italic", "_"), ("code", "`")) if leaf.get("style", {}).get(name)]
    return "".join(signs) + escaped + "".join(reversed(signs))


def _plain(part: Json) -> str:
    if part["type"] == "rich_text_list":
        return "\n".join(f"• {_plain(each)}" for each in part["elements"])
    said = "".join(map(_encoded, part["elements"]))
    return {"rich_text_preformatted": f"```{said}```", "rich_text_quote": f"&gt; {said}"}.get(part["type"], said)


class _Teller:
    """Puts messages into the past, so many minutes before now."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def ts(self, minutes: int) -> str:
        return f"{(self._now - timedelta(minutes=minutes)).timestamp():.0f}.{minutes:06d}"

    def says(self, who: str, minutes: int, *parts: Json, channel: str = slack.SALES, **more: Any) -> Message:
        """A message as Slack's own composer makes it: rich text, and the same encoded as text."""
        ts = self.ts(minutes)
        blocks = ({"type": "rich_text", "block_id": f"said{minutes}", "elements": list(parts)},)
        said = "\n".join(map(_plain, parts))
        more.setdefault("team", slack.ACME)
        return Message(channel, ts, who, said, blocks, extra={"client_msg_id": f"sandbox-{ts}"}, **more)


def _this_morning(now: datetime) -> list[Message]:
    teller = _Teller(now)
    return [*_sales(teller), *_call(teller), *_renewal(teller), *_elsewhere(teller)]


def _sales(teller: _Teller) -> list[Message]:
    return [
        teller.says(
            slack.BEN,
            52,
            line(
                text("Morning "),
                user(slack.ANA),
                text("! Northwind wrote again: they want "),
                text("120 seats", bold=True),
                text(" instead of 80, and ask for our "),
                link("https://example.com/security", "security page"),
                text(" & an answer this week."),
            ),
        ),
        teller.says(
            slack.CLEO,
            31,
            line(text("Fabrikam's people sent this from their staging system:\n")),
            {
                "type": "rich_text_preformatted",
                "elements": [text('POST /orders  {"seats": 45, "start": "<next month>"}\n=> 402 payment required')],
            },
            line(
                text("I answered that "),
                text("402", code=True),
                text(" is a plan limit, "),
                text("no bug", italic=True),
            ),
            line(text("Who owns that account?")),
        ),
    ]


def _call(teller: _Teller) -> list[Message]:
    root = teller.ts(22)
    points = ("Budget is approved: €120k for two years", "Legal wants the DPA first", "Decision by Friday")
    return [
        teller.says(
            slack.ANA,
            22,
            line(text("Call with Contoso", bold=True)),
            {
                "type": "rich_text_list",
                "style": "bullet",
                "indent": 0,
                "elements": [line(text(point)) for point in points],
            },
            thread_ts=root,
        ),
        teller.says(
            slack.BEN,
            17,
            {"type": "rich_text_quote", "elements": [text("Decision by Friday")]},
            line(text("I will call them on Thursday at 3pm.")),
            thread_ts=root,
        ),
        teller.says(
            slack.CLEO,
            14,
            line(
                user(slack.BEN),
                text(" please keep "),
                link("mailto:legal@contoso.example", "legal@contoso.example"),
                text(" in the loop "),
                {"type": "emoji", "name": "pray", "unicode": "1f64f"},
            ),
            thread_ts=root,
        ),
    ]


def _renewal(teller: _Teller) -> list[Message]:
    return [
        teller.says(
            slack.ANA,
            6,
            line(
                text("Tailspin Toys would renew for three years if we keep the price. Send them an offer tomorrow 3pm?")
            ),
        ),
    ]


def _elsewhere(teller: _Teller) -> list[Message]:
    offer = "https://initech.example/offer?a=1&b=2"
    told: list[tuple[str, int, str, str, Leaves]] = [
        (slack.ANA, 45, slack.PRIVATE, slack.ACME, [text("Proseware renews in May. Between us for now.")]),
        (slack.CLEO, 90, slack.RANDOM, slack.ACME, [text("Cake in the kitchen!")]),
        (slack.OLGA, 40, slack.SHARED, slack.OTHER, [text("Hello Acme, our offer: "), link(offer)]),
        (slack.HANA, 35, slack.GLOBEX_SALES, slack.GLOBEX, [text("Globex Adatum wants a second demo next week.")]),
        (JON, 20, HOOLI_GENERAL, HOOLI, [text("Can somebody please connect our CRM?")]),
    ]
    return [teller.says(who, at, line(*said), channel=room, team=team) for who, at, room, team, said in told]
