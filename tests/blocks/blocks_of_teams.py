"""Samples of what is said around a team's connection, settings and Home."""

from bot.blocks import awaiting, connecting, home, team_settings
from bot.blocks.primitives import Message, View
from bot.changes import Verb
from bot.models import Kind, UserId
from bot.team_settings import Approval, Effect, Rule, TeamSettings

from blocks_samples import NOW, TZ, Samples, Words, a_proposal, changes  # isort: skip

COMMAND = "/crm"


def standing(words: Words, *, fault: str = "", is_bound: bool = True) -> connecting.Standing:
    """A connection of Acme's."""
    return connecting.Standing(
        crm_name=words("Twenty (acme.example)"),
        bound_by="U0BEN0001",
        bound_at=NOW,
        last_success=NOW,
        broken_since=NOW if fault else None,
        fault=fault,
        is_admin=True,
        is_bound=is_bound,
    )


def messages_of_teams(words: Words) -> dict[str, Message]:
    """Every message around the connection."""
    name = words("Twenty (acme.example)")
    found = connecting.Identified(members=12, companies=340, names=(words("Ada"), words("Grace")), crm_name=name)
    return {
        "connect offer": connecting.offer("https://connect.maton.ai/?session_token=s", "v", crm_name=name),
        "connect waiting": connecting.waiting("v"),
        "connect question": connecting.question(found, "v", command=COMMAND),
        "connected": connecting.connected(name, voided=1, command=COMMAND),
        "connected since": connecting.connected_since(standing(words), command=COMMAND, timezone=TZ),
        "status": connecting.status(standing(words), command=COMMAND, timezone=TZ),
        "status broken": connecting.status(standing(words, fault="team"), command=COMMAND, timezone=TZ),
        "status not connected": connecting.status(standing(words, is_bound=False), command=COMMAND, timezone=TZ),
        "disconnect question": connecting.disconnect_question(name, "v"),
        "disconnected": connecting.disconnected(command=COMMAND),
        "connection broke": connecting.broke(standing(words, fault="binding"), command=COMMAND, timezone=TZ),
        "connection recovered": connecting.recovered(name),
        "awaiting": awaiting.awaiting([*map(a_proposal, changes(words).values())] * 3, timezone=TZ),
        "welcome": connecting.welcome(command=COMMAND),
    }


def views_of_teams(samples: Samples, words: Words) -> dict[str, View]:
    """The settings form and the Home tab."""
    rule = Rule(approval=Approval.NAMED, users=(UserId("U0BEN0001"),), kinds=frozenset({Kind.DEAL}), min_amount=10**10)
    settings = TeamSettings(rules=(rule, Rule(effect=Effect.DENY, verbs=frozenset({Verb.DELETE}))), currency="EUR")
    what = home.Home(
        standing=standing(words),
        pending=tuple(map(a_proposal, changes(words).values())),
        awaiting=tuple(map(a_proposal, changes(words).values())),
        tasks=(samples.task,) * 7,
        tasks_total=7,
        timezone=TZ,
    )
    return {
        "settings": team_settings.settings_form(settings),
        "settings untouched": team_settings.settings_form(TeamSettings()),
        "home": home.home(what, NOW, command=COMMAND),
        "home unconnected": home.home(home.Home(standing=standing(words, is_bound=False)), NOW, command=COMMAND),
        "home without rights": home.home(
            home.Home(standing=standing(words), may_use=False, remark="Guests cannot use it."), NOW, command=COMMAND
        ),
    }
