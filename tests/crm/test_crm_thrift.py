"""Many teams at once on one account: everybody is answered, in fair time, the urgent first."""

from tests.bench.thrift import burst


async def test_a_burst_of_many_teams_is_answered_fairly() -> None:
    """Nobody waits more than twice the fair share or is told of a limit; writes overtake, suggestions give way."""
    seen = await burst(teams=30, per_second=50, writers=3, typists=10)

    assert seen.refused == []
    assert len(seen.finds) == 30
    assert max(seen.finds) <= 2 * seen.fair_share + 1.5  # a pause that the gateway asked for is nobody's turn
    assert max(seen.writes) < max(seen.finds)
