"""Tokens at rest: encrypted, readable with any configured key, and gone after an uninstall."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from databases import KEY
from msgspec.structs import replace

from bot.keys import new_key
from bot.models import Kind, Ref
from bot.proposal import Card, CardPlace, Proposal
from bot.queries import Position, Query
from bot.store import BadKey, Sealing, Store, Unreadable
from bot.store.installations import Installation, NoKey
from bot.team_settings import TeamSettings

Make = Callable[..., Proposal]
LEASE = timedelta(seconds=15)
SECRETS = ("xoxb-very-secret", "xoxe-refresh-secret", "hooks.example/secret")


def installed(now: datetime, **given: object) -> Installation:
    values = {
        "team_id": "T1",
        "enterprise_id": "E1",
        "bot_token": "xoxb-very-secret",
        "refresh_token": "xoxe-refresh-secret",
        "token_expires_at": now + timedelta(hours=12),
        "scopes": ("commands", "chat:write"),
        "team_name": "Acme",
        "installer": "U1",
        "installed_at": now,
    }
    return Installation(**(values | given))


async def fill(store: Store, proposal: Proposal, now: datetime) -> None:
    """Something of team T1 in every table."""
    await store.installations.save(installed(now))
    await store.connections.bind("T1", "c1", by="U1", crm_name="CRM", now=now)
    await store.pending_connections.remember("T1", "c2", by="U1", now=now)
    await store.proposals.propose(proposal)
    await store.cards.add_card(proposal, CardPlace(response_url="https://hooks.example/secret"), now)
    await store.settings.save("T1", TeamSettings(currency="EUR"), by="U1", now=now)
    await store.listings.keep("T1", "U1", Query(kind=Kind.DEAL), Position(), now)
    await store.recent_records.use("T1", "C1", [Ref(Kind.DEAL, "r1", "Deal")], now)
    await store.seen_events.take("T1", "m", now)
    await store.drafts.keep("T1", "U1", {}, now)
    click = '{"response_url": "https://hooks.example/secret"}'
    await store.inbox.remember_click("T1", click, owner="o", now=now, lease=LEASE)


async def test_an_installation_comes_back_whole(store: Store, now: datetime):
    """A workspace's own install serves it; else its enterprise's org-wide one; a workspace's never serves another."""
    own = installed(now)
    org = installed(now, team_id="", org_wide=True, bot_token="xoxb-org")
    await store.installations.save(own)
    assert await store.installations.find("T9", "E1") is None
    await store.installations.save(org)

    assert await store.installations.find("T1", "E1") == own
    assert await store.installations.find("T9", "E1") == org
    assert await store.installations.find("", "E1") == org
    assert await store.installations.find("T9") is None
    assert await store.installations.tenants() == ("E1", "T1")
    assert await store.installations.delete("T1")
    assert not await store.installations.delete("T1")
    assert "secret" not in repr(own)


async def test_one_process_refreshes_a_token(store: Store, now: datetime):
    """A token near its end is refreshed by one caller; after that it is not due any more."""
    await store.installations.save(installed(now))
    before = timedelta(hours=2)
    assert await store.installations.begin_refresh("T1", now, before=before) is None
    late = now + timedelta(hours=11)

    begun = await asyncio.gather(*(store.installations.begin_refresh("T1", late, before=before) for _ in range(6)))

    (taken,) = [each for each in begun if each]
    new = replace(taken, bot_token="xoxb-new", token_expires_at=late + timedelta(hours=12))
    assert await store.installations.renew(taken, new)
    assert await store.installations.find("T1") == new
    assert await store.installations.begin_refresh("T1", late, before=before) is None
    assert await store.installations.begin_refresh("T1", late + timedelta(hours=11), before=before) == new


async def test_a_token_is_renewed_for_the_install_that_it_belongs_to(store: Store, now: datetime):
    """An install that is gone stays so, one that was made anew or renewed by another keeps what it has."""
    old = installed(now)
    new = replace(old, bot_token="xoxb-new", token_expires_at=now + timedelta(hours=23))
    assert not await store.installations.renew(old, new)
    assert await store.installations.tenants() == ()

    for other in (
        installed(now + timedelta(hours=1), bot_token="xoxb-anew"),
        installed(now, bot_token="xoxb-others", token_expires_at=now + timedelta(hours=22)),
    ):
        await store.installations.save(other)
        assert not await store.installations.renew(old, new)
        assert await store.installations.find("T1") == other

    await store.installations.save(replace(old, token_expires_at=None))
    assert await store.installations.renew(replace(old, token_expires_at=None), new)


async def test_no_token_is_kept_without_a_key(sqlite_url: str, now: datetime):
    """Without ENCRYPTION_KEY an installation is refused rather than stored in clear."""
    store = await Store.open(sqlite_url, Sealing())
    with pytest.raises(NoKey):
        await store.installations.save(installed(now))
    await store.close()


async def test_the_database_file_holds_no_secret(sqlite_url: str, a_proposal: Make, now: datetime):
    """Neither the file nor its write-ahead log contains a token or a response_url."""
    store = await Store.open(sqlite_url, Sealing([KEY]))
    await fill(store, a_proposal(), now)

    files = list(Path(sqlite_url.removeprefix("sqlite:///")).parent.glob("bot.sqlite3*"))
    content = b"".join(file.read_bytes() for file in files)
    await store.close()

    assert len(files) > 1
    assert b"Acme" in content
    assert [secret for secret in SECRETS if secret.encode() in content] == []


async def test_keys_can_be_changed(database_url: str, a_proposal: Make, now: datetime):
    """With a new key in front everything stays readable, and after resealing the old key can be dropped."""
    new = new_key()
    store = await Store.open(database_url, Sealing([KEY]))
    proposal = a_proposal()
    await fill(store, proposal, now)
    await store.close()

    store = await Store.open(database_url, Sealing([new]))
    with pytest.raises(Unreadable):
        await store.installations.find("T1")
    (click,) = await store.inbox.take_unanswered("one", now + timedelta(minutes=1), lease=LEASE)
    assert click.payload is None
    await store.close()
    store = await Store.open(database_url, Sealing([new, KEY]))
    assert await store.reseal() == 3
    await store.close()

    store = await Store.open(database_url, Sealing([new]))
    assert await store.installations.find("T1") == installed(now)
    (card,) = await store.cards.cards("T1", proposal.id)
    assert card.place.response_url == "https://hooks.example/secret"
    (click,) = await store.inbox.take_unanswered("two", now + timedelta(minutes=2), lease=LEASE)
    assert "hooks.example" in click.payload
    await store.close()


async def with_sealed_card(database_url: str, proposal: Proposal, now: datetime) -> tuple[Store, Card]:
    """A store in which the proposal is shown where a click's response_url was, sealed with `KEY`."""
    store = await Store.open(database_url, Sealing([KEY]))
    await store.proposals.propose(proposal)
    clicked = CardPlace(channel="C1", ts="1.2", response_url="https://hooks.example/1")
    return store, await store.cards.add_card(proposal, clicked, now)


async def test_a_card_whose_key_is_elsewhere_holds_up_no_other(database_url: str, a_proposal: Make, now: datetime):
    """It is left to a process that has the key; what this one can read is decided, and rewritten by its sweeps."""
    proposal = a_proposal()
    store, sealed = await with_sealed_card(database_url, proposal, now)
    await store.close()

    store = await Store.open(database_url, Sealing([new_key()]))
    plain = await store.cards.add_card(proposal, CardPlace(channel="C1", ts="1.3"), now)
    found = await store.at_stake("T1", proposal.id)
    assert found
    assert [card.id for card in found[0][1]] == [plain.id]
    await store.proposals.cancel("T1", proposal.id, "U1", now)
    later = now + timedelta(minutes=1)
    assert [card.id for card, _ in await store.cards.stale_cards(later, LEASE)] == [plain.id]
    await store.close()

    store = await Store.open(database_url, Sealing([KEY]))
    due = await store.cards.stale_cards(later + timedelta(minutes=1), LEASE)
    assert {card.id for card, _ in due} == {sealed.id, plain.id}
    await store.close()


async def test_a_card_whose_key_is_lost_is_looked_at_ever_less(database_url: str, a_proposal: Make, now: datetime):
    """Once an hour in the end, for its key may come back; then it is a card like any other."""
    proposal = a_proposal()
    store, sealed = await with_sealed_card(database_url, proposal, now)
    await store.proposals.cancel("T1", proposal.id, "U1", now)
    await store.close()

    store = await Store.open(database_url, Sealing([new_key()]))
    for minutes in range(1, 12 * 60):
        assert await store.cards.stale_cards(now + timedelta(minutes=minutes), LEASE) == ()
    await store.close()

    store = await Store.open(database_url, Sealing([KEY]))
    ((card, _),) = await store.cards.stale_cards(now + timedelta(hours=13), LEASE)
    assert card.id == sealed.id
    assert card.tries < 24
    await store.close()


@pytest.mark.parametrize("spoilt", [0, 30, -6])  # the last letter of base64 has bits that mean nothing
def test_what_was_changed_in_the_database_is_not_read(spoilt: int):
    """Whoever can write to the database can forge nothing by it."""
    sealed = Sealing([KEY]).seal("xoxb-1-secret")
    other = "A" if sealed[spoilt] != "A" else "B"
    changed = sealed[:spoilt] + other + sealed[spoilt:][1:]
    for forged in (changed, sealed[:-4], "gAAAAAB", "", "é"):
        with pytest.raises(Unreadable):
            Sealing([KEY]).open(forged)


@pytest.mark.parametrize("keys", [["hunter2"], [KEY, ""], [KEY, "QUJD"]], ids=["words", "empty", "short"])
def test_a_bad_key_is_named_by_its_number(keys: list[str]):
    """What is not a key is refused, saying which, what to do, and not the key itself."""
    with pytest.raises(BadKey, match=f"Key {len(keys)} of ENCRYPTION_KEY .*crm-bot new-key") as caught:
        Sealing(keys)
    assert "hunter2" not in str(caught.value)


async def test_an_uninstall_leaves_nothing_but_doomed_connections(store: Store, a_proposal: Make, now: datetime):
    """Everything of the team goes, also from history, twice is fine, and another team keeps everything."""
    await fill(store, a_proposal(), now)
    other = a_proposal(team_id="T2")
    await store.proposals.propose(other)

    await store.erase_team("T1", now)
    await store.erase_team("T1", now)

    def counts(connection):
        from bot.store.tables import metadata

        return {
            table.name: connection.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar()  # noqa: S608
            for table in metadata.sorted_tables
        }

    left = await store._database.read(counts)
    assert {name: count for name, count in left.items() if count} == {
        "proposals": 1,
        "history": 1,
        "doomed_connections": 2,
    }
    assert await store.proposals.proposal("T2", other.id) == other
