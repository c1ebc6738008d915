"""`python -m tests.bench`: one command for every measurement."""

import asyncio
import shutil
from pathlib import Path

import click

from tests.bench import click_road, growth, lookup_road, picture
from tests.bench.lookup_road import Load
from tests.bench.thrift import burst

PICTURE = Path(__file__).parent.parent.parent / ".pictures" / "bench.svg"
LOADS = tuple(Load(many, latency) for latency in (0, 50) for many in (1, 16, 64, 256))
STEADY = Load(0, 50)


@click.group(invoke_without_command=True)
@click.option("--quick", is_flag=True, help="Less than a minute: a look at every road instead of a measurement.")
@click.pass_context
def main(context: click.Context, quick: bool) -> None:
    """Measure this bot against what others would build. Without a road: all of them."""
    context.obj = quick
    if context.invoked_subcommand is None:
        for road in (lookup, confirm, thrift) if quick else (lookup, confirm, grow, thrift):
            context.invoke(road)


@main.command()
@click.option("--rounds", default=3, show_default=True)
@click.option("--seconds", default=3.0, show_default=True, help="Per load, contender and round.")
@click.option("--only", default="", help="Only contenders with this in their name.")
@click.pass_obj
def lookup(quick: bool, rounds: int, seconds: float, only: str) -> None:
    """`/crm find`: acknowledgements and answers at several loads."""
    loads = (Load(1, 0), Load(64, 0), STEADY) if quick else (*LOADS, STEADY)
    rounds, seconds = (1, 1.0) if quick else (rounds, seconds)
    directory = lookup_road.scratch()
    try:
        entered = lookup_road.entrants(directory / "ours", only=only)
        results = asyncio.run(lookup_road.measure(entered, loads, rounds=rounds, seconds=seconds))
        click.echo(lookup_road.report(results, entered, loads))
        if not quick and not only:
            picture.write(lookup_road.bars(results, entered), PICTURE)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@main.command()
@click.option("--rounds", default=3, show_default=True)
@click.option("--clicks", default=1200, show_default=True, help="Per setting and round.")
@click.pass_obj
def confirm(quick: bool, rounds: int, clicks: int) -> None:
    """Confirm, on SQLite and PostgreSQL, one and three processes: conditional write, CRM, card."""
    rounds, clicks = (1, 144) if quick else (rounds, clicks)
    click.echo(click_road.report(asyncio.run(click_road.measure(rounds=rounds, clicks=clicks))))


@main.command()
@click.pass_obj
def thrift(quick: bool) -> None:
    """A burst of teams on one account: what each waits for the gateway's limit."""
    teams, per_second = (30, 50) if quick else (200, 10)
    click.echo(asyncio.run(burst(teams=teams, per_second=per_second, writers=teams // 10, typists=teams // 10)))


@main.command()
@click.pass_obj
def grow(quick: bool) -> None:
    """CPU per command and per click, with little and with much stored."""
    most = (2_000, 10_000, 3_000, 60) if quick else (100_000, 1_000_000, 100_000, 300)
    sizes = dict(zip(("most_teams", "most_proposals", "most_records", "many"), most, strict=True))
    directory = lookup_road.scratch()
    try:
        click.echo(asyncio.run(growth.measure(directory, **sizes)))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


main()
