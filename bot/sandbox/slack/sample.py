"""The sample world: two workspaces, a guest, an outsider, and a sales conversation as real Slack encodes it."""

from typing import Any

from bot.sandbox.slack.world import Channel, Installation, Json, Message, Team, User, World

ACME, GLOBEX, OTHER = "T0ACME001", "T0GLOBEX1", "T0OTHER01"
ANA, BEN, CLEO, GIL = "U0ANA0001", "U0BEN0001", "U0CLEO001", "U0GIL0001"
GUS, HANA, OLGA = "U0GUS0001", "U0HANA001", "U0OLGA001"
ACME_BOT, GLOBEX_BOT = "U0BOTACME", "U0BOTGLOB"
SALES, PRIVATE, RANDOM, SHARED = "C0SALES01", "C0PRIVATE", "C0RANDOM1", "C0SHARED1"
GLOBEX_SALES = "C0GSALES1"
ACME_TOKEN, GLOBEX_TOKEN = "xoxb-sandbox-acme", "xoxb-sandbox-globex"
GREETING, CALL_NOTES, QUOTE, SNIPPET = (
    "1772530200.000100",
    "1772530500.000200",
    "1772532000.000300",
    "1772533800.000400",
)


def sample_world() -> World:
    """Acme and Globex with the app installed, and Olga from a third team in one shared channel."""
    return World(
        teams=(
            Team(ACME, "Acme", "acme"),
            Team(GLOBEX, "Globex", "globex"),
            Team(OTHER, "Initech", "initech"),
        ),
        users=_users(),
        channels=_channels(),
        installations=(
            Installation(ACME, ACME_TOKEN, ACME_BOT, "B0ACME001", installed_by=CLEO),
            Installation(GLOBEX, GLOBEX_TOKEN, GLOBEX_BOT, "B0GLOBEX1", installed_by=GUS),
        ),
        messages=_conversation(),
    )


def _users() -> tuple[User, ...]:
    return (
        User(ANA, ACME, "ana", "Ana Silva", "ana@acme.example"),
        User(BEN, ACME, "ben", "Ben Okafor", "ben@acme.example", tz="America/New_York", tz_offset=-18000),
        User(CLEO, ACME, "cleo", "Cleo Marsh", "cleo@acme.example", is_admin=True, is_owner=True),
        User(GIL, ACME, "gil", "Gil Guest", "gil@elsewhere.example", is_restricted=True),
        User(ACME_BOT, ACME, "crm", "CRM", is_bot=True),
        User(GUS, GLOBEX, "gus", "Gus Grau", "gus@globex.example", is_admin=True),
        User(HANA, GLOBEX, "hana", "Hana Ito", "hana@globex.example", tz="Asia/Tokyo", tz_offset=32400),
        User(GLOBEX_BOT, GLOBEX, "crm", "CRM", is_bot=True),
        User(OLGA, OTHER, "olga", "Olga Petrova", "olga@initech.example"),
    )


def _channels() -> tuple[Channel, ...]:
    team = frozenset({ANA, BEN, CLEO})
    return (
        Channel(SALES, "sales", (ACME,), team | {GIL, ACME_BOT}),
        Channel(PRIVATE, "deals-private", (ACME,), team, kind="group"),
        Channel(RANDOM, "random", (ACME,), team),
        Channel(SHARED, "shared-olga", (ACME, OTHER), team | {OLGA, ACME_BOT}),
        Channel(GLOBEX_SALES, "globex-sales", (GLOBEX,), frozenset({GUS, HANA, GLOBEX_BOT})),
        Channel("D0ANA0001", "", (ACME,), frozenset({ANA, ACME_BOT}), kind="im"),
        Channel("D0GUS0001", "", (GLOBEX,), frozenset({GUS, GLOBEX_BOT}), kind="im"),
    )


def _text(text: str, **style: bool) -> Json:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def _link(url: str, text: str | None = None) -> Json:
    return {"type": "link", "url": url, **({"text": text} if text else {})}


def _user(user: str) -> Json:
    return {"type": "user", "user_id": user}


def _line(*leaves: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(leaves)}


def _said(user: str, ts: str, text: str, *parts: Json, channel: str = SALES, **more: Any) -> Message:
    """A person's message: `text` entity-encoded, and the rich_text block that the composer sends along."""
    blocks: tuple[Json, ...] = ({"type": "rich_text", "block_id": f"b{ts[-4:]}", "elements": list(parts)},)
    extra = {"client_msg_id": f"sandbox-{ts}"}
    team = more.pop("team", ACME)
    return Message(channel, ts, user, text, blocks if parts else (), team=team, extra=extra, **more)


def _conversation() -> tuple[Message, ...]:
    return (_greeting(), _call_notes(), *_thread(), _snippet(), *_elsewhere())


def _greeting() -> Message:
    return _said(
        BEN,
        GREETING,
        f"Morning <@{ANA}>! Airbnb wrote again: <mailto:brian@airbnb.com|brian@airbnb.com> asks about R&amp;D seats"
        f" &lt;100, see <https://airbnb.com/careers|their page>. Post it in <#{RANDOM}|random>?",
        _line(
            _text("Morning "),
            _user(ANA),
            _text("! Airbnb wrote again: "),
            _link("mailto:brian@airbnb.com", "brian@airbnb.com"),
            _text(" asks about R&D seats <100, see "),
            _link("https://airbnb.com/careers", "their page"),
            _text(". Post it in "),
            {"type": "channel", "channel_id": RANDOM},
            _text("?"),
        ),
    )


def _call_notes() -> Message:
    points = ("Budget is approved, *€120k*", "Legal wants the DPA first", "Decision by Friday")
    return _said(
        ANA,
        CALL_NOTES,
        "*Call with Mia at Contoso*\n" + "\n".join(f"• {point}" for point in points),
        _line(_text("Call with Mia at Contoso", bold=True), _text("\n")),
        {
            "type": "rich_text_list",
            "style": "bullet",
            "indent": 0,
            "elements": [
                _line(_text("Budget is approved, "), _text("€120k", bold=True)),
                *(_line(_text(point)) for point in points[1:]),
            ],
        },
        thread_ts=CALL_NOTES,
    )


def _thread() -> tuple[Message, ...]:
    return (
        _said(
            BEN,
            QUOTE,
            "&gt; Decision by Friday\nI will call him on Thursday at 3pm.",
            {"type": "rich_text_quote", "elements": [_text("Decision by Friday")]},
            _line(_text("I will call him on Thursday at 3pm.")),
            thread_ts=CALL_NOTES,
        ),
        _said(
            CLEO,
            "1772532300.000310",
            f"<@{BEN}> please keep <mailto:mia@contoso.example|mia@contoso.example> in the loop :pray:",
            _line(
                _user(BEN),
                _text(" please keep "),
                _link("mailto:mia@contoso.example", "mia@contoso.example"),
                _text(" in the loop "),
                {"type": "emoji", "name": "pray", "unicode": "1f64f"},
            ),
            thread_ts=CALL_NOTES,
        ),
    )


def _snippet() -> Message:
    code = 'curl https://api.stripe.com/v1/charges -d "amount=2000&currency=eur"'
    return _said(
        CLEO,
        SNIPPET,
        "Stripe's people sent this:\n```" + code.replace("&", "&amp;") + "```\nwe reply with `200 OK`, *not* later.",
        _line(_text("Stripe's people sent this:\n")),
        {"type": "rich_text_preformatted", "elements": [_text(code)], "border": 0},
        _line(
            _text("we reply with "), _text("200 OK", code=True), _text(", "), _text("not", bold=True), _text(" later.")
        ),
    )


def _elsewhere() -> tuple[Message, ...]:
    return (
        _said(
            ANA,
            "1772534000.000500",
            "Figma renews in May, between us.",
            _line(_text("Figma renews in May, between us.")),
            channel=PRIVATE,
        ),
        _said(
            CLEO,
            "1772534100.000600",
            "Cake in the kitchen!",
            _line(_text("Cake in the kitchen!")),
            channel=RANDOM,
        ),
        _said(
            OLGA,
            "1772534200.000700",
            "Hello Acme, our offer: <https://initech.example/offer?a=1&amp;b=2>",
            _line(_text("Hello Acme, our offer: "), _link("https://initech.example/offer?a=1&b=2")),
            channel=SHARED,
            team=OTHER,
        ),
        _said(
            HANA,
            "1772534300.000800",
            "Notion wants a second demo next week.",
            _line(_text("Notion wants a second demo next week.")),
            channel=GLOBEX_SALES,
            team=GLOBEX,
        ),
    )
