"""Connecting a team to its CRM: by an admin, confirmed, swapped as a whole, and ended without a trace at Maton."""

import asyncio
import logging
import re
from datetime import UTC, datetime, timedelta

import pytest

from bot.blocks.connecting import Identified, counted
from bot.crm.connections import Maton
from bot.crm.crms import CRMs
from bot.crm.maton import http_client
from bot.models import TeamId, UserId
from bot.sandbox.slack import buttons_of, text_of
from bot.sandbox.slack.sample import ACME, ANA, BEN, CLEO, GLOBEX, GUS, SALES
from bot.sandbox.twenty import FakeCRM, samples
from bot.teams.connecting import Connecting
from tests.house import MATON_KEY
from tests.teams.street import ADMINS, PLACES, Street, link_in


@pytest.fixture
async def acme(town: Street) -> Street:
    """Acme has installed the bot and is not connected."""
    await town.install(ACME)
    return town


async def test_an_admin_connects(acme: Street) -> None:
    """A private link, noticed without help, recognised and bound after Confirm; then everybody can look things up."""
    offer = await acme.ask("/crm connect", user=CLEO)
    assert offer.only_for == CLEO
    assert link_in(offer).startswith(acme.maton.pending()[0].shown("")["url"] and "http://127.0.0.1")
    connection = acme.finish_at_maton(ACME)
    question = await acme.told(CLEO, "is this your CRM?")
    assert re.search(r"\d members, among them \w+ \w+ and \w+ \w+, and \d+ companies: is this", text_of(question))
    assert await acme.bot.store.connections.connection(TeamId(ACME)) is None

    await acme.slack.click(question, "Confirm", user=CLEO)
    told = text_of(await acme.told(CLEO, "Connected to"))
    assert "/crm settings takes the CRM's web address" in told

    bound = await acme.bot.store.connections.connection(TeamId(ACME))
    assert bound is not None
    assert bound.connection_id == connection
    assert await acme.bot.store.pending_connections.pending(TeamId(ACME)) is None
    assert "Contoso" in text_of(await acme.ask("/crm contoso", user=ANA))


async def test_the_link_stands_nowhere_but_in_its_button(acme: Street, sqlite_url: str) -> None:
    """It is a secret: not in any message's text, not in a channel, not in the store."""
    await acme.ask("/crm connect", user=CLEO)
    secret = acme.maton.pending()[0].token

    said = [call for call in acme.slack.calls if secret in str(call.args)]
    assert [call.method for call in said] == ["response_url"]
    assert secret not in said[0].args["text"]
    await acme.quiet()
    with open(sqlite_url.removeprefix("sqlite:///"), "rb") as file:  # noqa: ASYNC230 - a small file of the test's own
        assert secret.encode() not in file.read()


@pytest.mark.parametrize(
    ("members", "companies", "names", "said"),
    [
        (12, 340, ("Ada", "Grace", "Tim"), "12 members, among them Ada and Grace, and 340 companies"),
        (2, 1, ("Ada", "Grace"), "2 members, Ada and Grace, and 1 company"),
        (1, 0, ("Ada",), "1 member, Ada, and 0 companies"),
        (3, None, ("Ada", " "), "3 members, among them Ada"),
        (3, 4, (), "3 members and 4 companies"),
    ],
)
def test_names_stand_with_the_members(members: int, companies: int | None, names: tuple[str, ...], said: str) -> None:
    """Nobody can take a member's name for a company's."""
    assert counted(Identified(members=members, companies=companies, names=names)) == said


@pytest.mark.parametrize("user", [ANA, BEN])
@pytest.mark.parametrize("command", ["connect", "disconnect", "settings"])
async def test_somebody_else_is_told_who_may(acme: Street, user: str, command: str) -> None:
    """Only admins connect, disconnect and settle; others are told so, and nothing is made at Maton."""
    answer = await acme.ask(f"/crm {command}", user=user)

    assert "Only an admin or owner" in text_of(answer)
    assert acme.maton.pending() == []


async def test_a_team_without_a_crm_is_told_how_to_get_one(acme: Street) -> None:
    """Nothing leaves for any CRM before the team has its own connection."""
    answer = await acme.ask("/crm anthropic")

    assert "/crm connect" in text_of(answer)
    assert acme.crm_requests() == []


async def test_asking_twice_uses_the_same_connection(acme: Street) -> None:
    """A team's own pending connection is used again instead of leaving another behind."""
    first = link_in(await acme.ask("/crm connect", user=CLEO))
    second = link_in(await acme.ask("/crm connect", user=CLEO))

    assert first == second
    assert len(acme.maton.requests("POST", "/connections$")) == 1


async def test_check_now(acme: Street) -> None:
    """The button tells that nobody has finished yet, and asks at once when somebody has."""
    offer = await acme.ask("/crm connect", user=CLEO)
    await acme.slack.click(offer, "Check now", user=CLEO)
    await acme.told(CLEO, "Not connected yet")
    acme.finish_at_maton(ACME)
    await acme.slack.click(offer, "Check now", user=CLEO)
    await acme.told(CLEO, "is this your CRM?")


@pytest.mark.parametrize("button", ["Check now", "Cancel"])
async def test_an_old_button_says_that_all_is_done_and_is_gone(acme: Street, button: str) -> None:
    """An early Check now was answered with buttons of its own; pressed later, by whom it was connected stands there."""
    offer = await acme.ask("/crm connect", user=CLEO)
    await acme.slack.click(offer, "Check now", user=CLEO)
    early = await acme.told(CLEO, "Not connected yet")
    acme.finish_at_maton(ACME)
    await acme.slack.click(await acme.told(CLEO, "is this your CRM?"), "Confirm", user=CLEO)
    await acme.told(CLEO, "Connected to")

    await acme.slack.click(early, button, user=CLEO)

    shown = await acme.shows(early, "Connected to")
    assert f"by @{CLEO}" in text_of(shown)
    assert buttons_of(shown) == []
    assert await acme.bot.store.connections.connection(TeamId(ACME)) is not None


async def test_cancel_deletes_the_connection(acme: Street) -> None:
    """Cancel leaves nothing behind at Maton, and its card is dead afterwards."""
    offer = await acme.ask("/crm connect", user=CLEO)
    await acme.slack.click(offer, "Cancel", user=CLEO)
    await acme.told(CLEO, "Cancelled")
    await acme.quiet()

    assert acme.maton.connections.listed() == []
    await acme.slack.click(offer, "Check now", user=CLEO)
    assert buttons_of(await acme.shows(offer, "no longer in the making")) == []


async def test_a_connection_that_fails_is_deleted(acme: Street) -> None:
    """FAILED at Maton is told, and the connection is deleted there."""
    offer = await acme.ask("/crm connect", user=CLEO)
    acme.maton.set_status(acme.maton.pending()[0].id, "FAILED")
    await acme.slack.click(offer, "Check now", user=CLEO)

    await acme.told(CLEO, "the link is void")
    await acme.quiet()
    assert acme.maton.connections.listed() == []


async def test_a_connection_that_never_completes(acme: Street) -> None:
    """After its time it is deleted, and the team can begin anew."""
    async with http_client(api_key=MATON_KEY, base_url=acme.bot.settings.maton_api_url) as http:
        connecting = Connecting(
            store=acme.bot.store,
            maton=Maton(http, connect_host=acme.bot.settings.maton_connect_host),
            crms=CRMs(http),
            teams=acme.bot.teams,
            now=lambda: datetime.now(UTC),
            poll_every=0.01,
            patience=timedelta(milliseconds=100),
        )
        await connecting.begin(TeamId(ACME), UserId(CLEO))

        assert await connecting.finished(TeamId(ACME)) is None

    assert acme.maton.connections.listed() == []
    assert await acme.bot.store.pending_connections.pending(TeamId(ACME)) is None


async def test_a_reconnect_swaps_and_voids(acme: Street) -> None:
    """Another CRM takes the place of the first in one step: open proposals are void, the old connection is deleted."""
    await acme.connect(ACME)
    old = (await acme.bot.store.connections.all())[0].connection_id
    card = await acme.save_note(user=ANA)
    acme.crms[ACME] = FakeCRM(records=samples.globex())

    await acme.ask("/crm connect", user=CLEO)
    new = acme.finish_at_maton(ACME)
    question = await acme.told(CLEO, "is this your CRM?")
    await acme.slack.click(question, "Confirm", user=CLEO)
    await acme.told(CLEO, "1 undecided proposal")
    await acme.quiet()

    assert [each.id for each in acme.maton.connections.listed()] == [new]
    assert old != new
    await acme.shows(card, "another CRM")


async def test_the_same_question_binds_once(acme: Street) -> None:
    """A second Confirm finds nothing in the making any more, and says by whom it was connected."""
    await acme.ask("/crm connect", user=CLEO)
    acme.finish_at_maton(ACME)
    question = await acme.told(CLEO, "is this your CRM?")
    await acme.slack.click(question, "Confirm", user=CLEO)
    await acme.told(CLEO, "Connected to")
    await acme.slack.click(question, "Confirm", user=CLEO)

    await acme.shows(question, f"by @{CLEO}")


async def test_a_double_click_is_not_told_to_begin_again(acme: Street) -> None:
    """Both ask Maton whether it is finished, and one of them binds: the other says that it is done."""
    await acme.ask("/crm connect", user=CLEO)
    acme.finish_at_maton(ACME)
    question = await acme.told(CLEO, "is this your CRM?")
    slow = acme.maton.fault("delay", method="GET", path="/connections/", seconds=30, times=2)
    for _ in range(2):
        await acme.slack.click(question, "Confirm", user=CLEO)
    async with asyncio.timeout(5):
        while slow.hits < 2:  # noqa: ASYNC110 -- nothing announces what is waited for here
            await asyncio.sleep(0.01)
    slow.release()
    await acme.quiet()

    assert "Connected to" in text_of(acme.slack.message(question.channel, question.ts))
    assert not [each for each in acme.slack.ephemerals(CLEO) if "no longer in the making" in text_of(each)]


@pytest.mark.parametrize("deleted", [True, False], ids=["deleted at once", "deleted later"])
async def test_a_cancel_while_a_confirm_still_asks_the_crm(acme: Street, deleted: bool) -> None:
    """What is cancelled meanwhile is not bound, since it is deleted at Maton; whoever confirmed is told."""
    offer = await acme.ask("/crm connect", user=CLEO)
    connection = acme.finish_at_maton(ACME)
    question = await acme.told(CLEO, "is this your CRM?")
    slow = acme.maton.fault("delay", method="GET", path="/rest/companies", seconds=30)
    if not deleted:
        acme.maton.fault("status", method="DELETE", path="/connections/", status=503, times=None)
    await acme.slack.click(question, "Confirm", user=CLEO)
    async with asyncio.timeout(5):
        while not slow.hits:  # noqa: ASYNC110 -- nothing announces what is waited for here
            await asyncio.sleep(0.01)

    await acme.slack.click(offer, "Cancel", user=CLEO)
    await acme.told(CLEO, "Cancelled")
    slow.release()

    await acme.told(CLEO, "no longer in the making")
    assert await acme.bot.store.connections.connection(TeamId(ACME)) is None
    assert [each.id for each in acme.maton.connections.listed()] == ([] if deleted else [connection])


async def test_a_restart_forgets_nobody_at_maton(acme: Street) -> None:
    """A connection finished while nobody waited is asked about by the sweep, in a direct message."""
    await acme.ask("/crm connect", user=CLEO)
    await acme.quiet()
    await acme.bot.tenancy.connect.stop()
    acme.finish_at_maton(ACME)

    await acme.bot.tenancy.housekeeping.once()

    assert any("is this your CRM?" in text_of(each) for each in acme.slack.dm(CLEO))


async def test_maton_away_during_a_sweep_is_one_line(town: Street, caplog: pytest.LogCaptureFixture) -> None:
    """The log names it without a traceback, and what is in the making for others is looked at all the same."""
    for team in (ACME, GLOBEX):
        await town.install(team)
        await town.ask("/crm connect", user=ADMINS[team], channel=PLACES[team])
    await town.quiet()
    await town.bot.tenancy.connect.stop()
    first, second = town.maton.pending()
    town.maton.complete(second.id, town.crms[GLOBEX])
    town.maton.fault("status", method="GET", path=f"/connections/{first.id}", status=503, times=None)
    caplog.clear()

    await town.bot.tenancy.housekeeping.once()

    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING] == [
        "a look at a connection failed: Unavailable"
    ]
    assert [each for each in caplog.records if each.exc_info] == []
    assert any("is this your CRM?" in text_of(each) for each in town.slack.dm(GUS))


async def test_disconnect(acme: Street) -> None:
    """After a Confirm the mapping is gone, and so is the connection at Maton."""
    await acme.connect(ACME)
    question = await acme.ask("/crm disconnect", user=CLEO)
    assert acme.maton.connections.listed() != []
    await acme.slack.click(question, "Confirm", user=CLEO)
    await acme.told(CLEO, "Disconnected")
    await acme.quiet()

    assert acme.maton.connections.listed() == []
    assert "not connected" in text_of(await acme.ask("/crm status"))


async def test_a_cancel_after_the_end_promises_no_connection(acme: Street) -> None:
    """Of two questions one was confirmed: Cancel on the other says that it is over, not that it stays."""
    await acme.connect(ACME)
    first, second = [await acme.ask("/crm disconnect", user=CLEO) for _ in range(2)]
    await acme.slack.click(first, "Confirm", user=CLEO)
    await acme.told(CLEO, "Disconnected")

    await acme.slack.click(second, "Cancel", user=CLEO)

    assert buttons_of(await acme.shows(second, "replaced or ended meanwhile")) == []


async def test_two_teams_never_share_a_connection(town: Street) -> None:
    """Each team looks into its own CRM, and every request carries that team's own connection."""
    for team in (ACME, GLOBEX):
        await town.install(team)
        await town.connect(team)
    held = {each.team_id: each.connection_id for each in await town.bot.store.connections.all()}
    town.maton.forget_log()

    await town.ask("/crm companies", user=CLEO, channel=SALES)
    assert {each.connection_id for each in town.crm_requests()} == {held[TeamId(ACME)]}
    town.maton.forget_log()
    await town.ask("/crm companies", user=GUS, channel="C0GSALES1")
    assert {each.connection_id for each in town.crm_requests()} == {held[TeamId(GLOBEX)]}
