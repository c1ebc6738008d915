"""The load run in short: real processes, killed with -9, in front of a CRM that loses answers."""

from pathlib import Path

from databases import PostgreSQLServer

from tests.faults.load import Plan, run

SHORT = Plan(proposals=40, processes=2, kill_every=4.0, outage=2.0, workers=8)


async def test_nothing_is_doubled_lost_or_unanswered(postgresql_server: PostgreSQLServer, tmp_path: Path) -> None:
    """Forty proposals, eight clicks each, two processes and two kills: each confirmed change is in the CRM once."""
    result = await run(SHORT, postgresql_server.new_database(), tmp_path, most_kills=2)

    assert not result.failed, "\n".join(result.lines())
    assert result.proposals == sum(result.decided.values()) == 40
    assert 1 <= result.kills <= 2
