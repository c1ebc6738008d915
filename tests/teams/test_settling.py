"""Settings decide who may write and who decides; Home shows what is mine; health is told once per break."""

from datetime import timedelta

import pytest

from bot.blocks.team_settings import read_settings, settings_form, web_address
from bot.blocks.values import in_words
from bot.changes import Verb
from bot.models import Kind, TeamId, UserId, When
from bot.sandbox.slack import buttons_of, text_of
from bot.sandbox.slack.blocks import check_view
from bot.sandbox.slack.forms import values_of
from bot.sandbox.slack.sample import ACME, ANA, BEN, CLEO, GIL, OLGA
from bot.sandbox.slack.state import View
from bot.store.settings import REREAD_WITHIN
from bot.team_settings import Approval, CardPlacing, Effect, Rule, TeamSettings
from bot.teams.team import REMEMBERED_FOR
from tests.house import bind, house
from tests.teams.street import Street

FULL = TeamSettings(
    writers=(UserId(ANA),),
    require_members=True,
    rules=(
        Rule(
            approval=Approval.NAMED,
            users=(UserId(CLEO),),
            verbs=frozenset({Verb.DELETE}),
            kinds=frozenset({Kind.DEAL}),
            min_amount=10_000_000_000,
        ),
        Rule(effect=Effect.DENY, verbs=frozenset({Verb.CREATE})),
    ),
    crm_web_address="https://acme.twenty.com",
    card_place=CardPlacing.DM,
    currency="EUR",
)


@pytest.fixture
async def acme(town: Street) -> Street:
    """Acme, installed and connected."""
    await town.install(ACME)
    await town.connect(ACME)
    return town


@pytest.mark.parametrize("settings", [TeamSettings(), FULL], ids=["defaults", "everything"])
def test_the_form_keeps_what_is_settled(settings: TeamSettings) -> None:
    """Submitting the form untouched gives back exactly the settings that it was opened with."""
    form = settings_form(settings)
    view = View("V1", CLEO, ACME, form, "", "V1")

    assert check_view(form) == []
    settled = read_settings({"state": {"values": values_of(view)}})
    assert settled.errors == {}
    assert settled.settings == settings


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://acme.twenty.com/", "https://acme.twenty.com"),
        ("ACME.twenty.com", "https://acme.twenty.com"),
        ("https://crm.acme.example:8443", "https://crm.acme.example:8443"),
        ("http://acme.twenty.com", None),
        ("https://acme.twenty.com/objects", None),
        ("https://user@acme.twenty.com", None),
        ("https://acme.twenty.com?x=1", None),
        ("javascript:alert(1)", None),
        ("https://localhost", None),
        ("https://acme .com", None),
    ],
)
def test_which_web_addresses_are_taken(typed: str, address: str | None) -> None:
    """Only https and a host: links to records are made of it."""
    if address is None:
        with pytest.raises(ValueError, match="https://"):
            web_address(typed)
    else:
        assert web_address(typed) == address


async def test_an_admin_settles_that_another_person_decides(acme: Street) -> None:
    """From then on the proposer cannot confirm, somebody else can, and the card says so."""
    form = await acme.ask_form("/crm settings", user=CLEO)
    answer = await acme.slack.submit(form, {"Who decides": "Another person", "CRM web address": "acme.twenty.com"})
    assert answer.ok
    assert acme.slack.modal(CLEO) is None
    await acme.told(CLEO, "settings are saved")
    card = await acme.save_note(user=ANA)
    assert "Somebody other than the proposer" in text_of(card)

    await acme.slack.click(card, "Confirm", user=ANA)
    await acme.told(ANA, "somebody other than the proposer")
    assert acme.crm_requests("POST") == []
    await acme.slack.click(card, "Confirm", user=BEN)
    await acme.shows(card, "Confirmed by")
    await acme.quiet()
    assert acme.crm_requests("POST") != []


async def test_a_card_that_waits_says_what_is_settled_since(acme: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """The policy of its making is not what will be asked when somebody presses Confirm."""
    monkeypatch.setattr("bot.store.settings.REREAD_WITHIN", timedelta(0))
    card = await acme.save_note(user=ANA)
    assert "The proposer decides" in text_of(card)

    form = await acme.ask_form("/crm settings", user=CLEO)
    await acme.slack.submit(form, {"Who decides": "Another person"})

    now = await acme.shows(card, "Somebody other than the proposer")
    assert buttons_of(now) == ["Confirm", "Cancel"]


def test_no_process_rewrites_a_card_by_the_settings_of_before() -> None:
    """Whoever read them just before they were saved has forgotten them when the cards are due."""
    assert REREAD_WITHIN.total_seconds() >= REMEMBERED_FOR + 1


async def test_mistakes_stand_at_their_fields(acme: Street) -> None:
    """A wrong address, amount or currency, and approvers that nobody named, keep the form open."""
    form = await acme.ask_form("/crm settings", user=CLEO)
    wrong = {
        "Who decides": "Named approvers",
        "From which amount": "plenty",
        "CRM web address": "http://acme.twenty.com/x",
        "Default currency": "Taler",
    }
    await acme.slack.submit(form, wrong)

    assert set(form.errors) == {"approvers", "amount", "address", "currency"}
    assert await acme.bot.store.settings.settings(TeamId(ACME)) == TeamSettings()


async def test_who_is_never_let_in_cannot_be_named(acme: Street) -> None:
    """A guest or another company's person among approvers or writers would lock everybody out: the form says who."""
    form = await acme.ask_form("/crm settings", user=CLEO)
    named = {"Who decides": "Named approvers", "Approvers": [CLEO, GIL], "Writers": [ANA, OLGA]}
    await acme.slack.submit(form, named)

    assert set(form.errors) == {"approvers", "writers"}
    assert form.errors["approvers"].startswith("Gil Guest: guests, apps and people of other companies")
    assert form.errors["writers"].startswith("Olga Petrova: ")
    assert await acme.bot.store.settings.settings(TeamId(ACME)) == TeamSettings()

    await acme.slack.submit(form, {"Approvers": [CLEO], "Writers": [ANA]})
    await acme.told(CLEO, "settings are saved")


async def test_home_shows_what_is_mine(acme: Street) -> None:
    """The connection, what waits for me and quick actions; to a guest, why there is nothing."""
    await acme.save_note(user=ANA)
    acme.maton.forget_log()
    await acme.slack.open_home(ANA)
    await acme.quiet()

    home = acme.slack.home(ANA)
    assert home is not None
    assert "Connected to" in text_of(home)
    assert "Create note: Call with Ada" in text_of(home)
    assert "Show my proposals" in buttons_of(home)
    assert len(acme.crm_requests()) <= 3
    await acme.slack.open_home(GIL)
    await acme.quiet()
    guest = acme.slack.home(GIL)
    assert guest is not None
    assert "Guests of this workspace" in text_of(guest)
    assert buttons_of(guest) == []
    assert "Type /crm" not in text_of(guest)


async def test_home_is_shown_though_the_crm_hangs(acme: Street) -> None:
    """It waits a second, then goes without the tasks."""
    fault = acme.maton.fault("hang", path="/twenty/", times=None)
    await acme.slack.open_home(ANA)
    await acme.slack.wait_for(lambda: acme.slack.home(ANA))
    fault.remove()
    fault.release()
    await acme.quiet()

    assert acme.slack.home(ANA) is not None


async def test_home_works_without_a_crm(town: Street) -> None:
    """Before anything is connected, Home says who can connect it."""
    await town.install(ACME)
    await town.slack.open_home(ANA)
    await town.quiet()

    home = town.slack.home(ANA)
    assert home is not None
    assert "/crm connect" in text_of(home)
    assert "to look something up" not in text_of(home)
    assert buttons_of(home) == ["Help"]


async def test_a_homes_buttons_are_commands(acme: Street) -> None:
    """Help arrives in a direct message, since a Home has no channel."""
    await acme.slack.open_home(ANA)
    home = await acme.slack.wait_for(lambda: acme.slack.home(ANA))
    await acme.slack.click(home, "Help", user=ANA)

    await acme.told(ANA, "Answers are private")


async def test_a_break_is_told_once(acme: Street) -> None:
    """The asker gets the hint, the admin one message per break, and one when it works again."""
    await acme.quiet()
    said = len(acme.slack.dm(CLEO))
    fault = acme.maton.fault("expired", path="/twenty/", times=None)
    for _ in range(3):
        answer = await acme.ask("/crm contoso", user=ANA)
        assert "connect" in text_of(answer)
    await acme.quiet()

    assert "has stopped working" in text_of(acme.slack.dm(CLEO)[-1])
    assert len(acme.slack.dm(CLEO)) == said + 1
    status = text_of(await acme.ask("/crm status", user=CLEO))
    assert "not working" in status
    assert "credential has expired" in status
    fault.remove()
    await acme.ask("/crm contoso", user=ANA)
    await acme.quiet()
    assert "works again" in text_of(acme.slack.dm(CLEO)[-1])
    assert len(acme.slack.dm(CLEO)) == said + 2


async def test_a_break_tells_the_last_success_by_the_readers_clock(acme: Street) -> None:
    """Also in the text that a notification shows: the admin lives in Berlin."""
    await acme.ask("/crm contoso", user=ANA)
    await acme.bot.executor.sweep()
    bound = await acme.bot.store.connections.connection(TeamId(ACME))
    assert bound is not None
    assert bound.last_success is not None
    acme.maton.fault("expired", path="/twenty/", times=None)

    await acme.ask("/crm contoso", user=ANA)

    told = await acme.told(CLEO, "has stopped working")
    assert f"Last success: {in_words(When(bound.last_success), 'Europe/Berlin')}." in told.text


@pytest.mark.parametrize("bound_by", ["operator", "U0LEFT001"])
async def test_a_break_of_what_nobody_here_has_bound(town: Street, bound_by: str) -> None:
    """Where an operator has bound the connection, or whoever did has left, the one who installed the bot hears."""
    await town.install(ACME)
    await bind(town.bot, ACME, town.maton.connect(town.crms[ACME]), by=bound_by)
    fault = town.maton.fault("expired", path="/twenty/", times=None)
    await town.ask("/crm contoso", user=ANA)
    await town.told(CLEO, "has stopped working")
    fault.remove()
    await town.ask("/crm contoso", user=ANA)
    await town.told(CLEO, "works again")

    assert town.slack.calls_of("users.list") == []


async def test_a_break_in_a_workspace_that_nobody_has_installed(sqlite_url: str) -> None:
    """With the token from the settings and an operator's binding all admins hear, once, and nobody else."""
    async with house(sqlite_url) as home:
        home.maton.fault("expired", path="/twenty/", times=None)
        for _ in range(3):
            await home.ask("/crm contoso", user=ANA)
        await home.quiet()

        told = [call.args["channel"] for call in home.slack.calls_of("chat.postMessage")]
        assert told == [CLEO]


async def test_a_connection_deleted_behind_the_bots_back(acme: Street) -> None:
    """Status says that Maton does not know it any more, and who can connect anew."""
    bound = await acme.bot.store.connections.connection(TeamId(ACME))
    assert bound is not None
    acme.maton.connections.delete(bound.connection_id)

    assert "does not know this connection" in text_of(await acme.ask("/crm status", user=ANA))
