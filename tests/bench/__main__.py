"""`python -m tests.bench`: one command for every measurement."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import click

from tests.bench import click_road, floors, growth, lookup_report, lookup_road, picture
from tests.bench import profile as profiling
from tests.bench.floors import Floor
from tests.bench.results import BUSY, PLAIN, STEADILY, Load
from tests.bench.thrift import burst

PICTURE = Path(__file__).parent.parent.parent / ".pictures" / "bench.svg"
COLD = (Load(0, 64, cold=True), Load(0, 1, cold=True))
AT_ONCE = (Load(0, 1), Load(0, 16), Load(0, 64), *COLD, Load(0, 256))
"""The cold ones come right beside the warm ones that they are held against."""
LOADS = (*AT_ONCE, *(Load(50, each.many) for each in AT_ONCE if not each.cold), STEADILY)
QUICK_LOADS = (Load(0, 1), Load(0, 64), *COLD, STEADILY)


@click.group(invoke_without_command=True)
@click.option("--quick", is_flag=True, help="Less than a minute, without plain Bolt: a look instead of a measurement.")
@click.pass_context
def main(context: click.Context, quick: bool) -> list[Floor]:
    """Measure this bot against what others would build. Without a road: all of them, some 30 minutes on two cores.

    More than half of that is for the look-ups. The floors, and whether they hold, come last.
    """
    context.obj = quick
    if context.invoked_subcommand is not None:
        return []
    roads = (lookup, confirm, thrift) if quick else (lookup, confirm, grow, thrift)
    return [floor for road in roads for floor in context.invoke(road)]


@main.result_callback()
def told(measured: list[Floor], *, quick: bool) -> None:
    """Say which floors hold."""
    if measured:
        click.echo(floors.report(measured))
    if measured and quick:
        click.echo("\nA look, not a measurement: one round, and JavaScript's memory has had no time to grow.")


@main.command()
@click.option("--rounds", default=3, show_default=True)
@click.option("--seconds", default=3.0, show_default=True, help="Per load, contender and round.")
@click.option("--only", default="", help="Only contenders with this in their name.")
@click.pass_obj
def lookup(quick: bool, rounds: int, seconds: float, only: str) -> list[Floor]:
    """`/crm find`: acknowledgements and answers at several loads, from teams that are known and teams that are not."""
    loads = QUICK_LOADS if quick else LOADS
    rounds, seconds = (1, 0.5) if quick else (rounds, seconds)
    directory = lookup_road.scratch()
    try:
        entered = lookup_road.entrants(directory / "ours", only=only, tell=lambda why: click.echo(why, err=True))
        entered = [each for each in entered if not quick or each.name != PLAIN]
        results = asyncio.run(lookup_road.measure(entered, loads, rounds=rounds, seconds=seconds))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    names = [each.name for each in entered]
    click.echo(f"{lookup_report.report(results, names, loads)}\n")
    if not quick and not only:
        note = f"Medians of {rounds} rounds, one process each, two shared cores: python -m tests.bench lookup"
        picture.write(lookup_report.bars(results, names), PICTURE, note=note)
    return floors.of_lookups(results, loads)


@main.command()
@click.option("--rounds", default=3, show_default=True)
@click.option("--clicks", default=1200, show_default=True, help="Per setting and round.")
@click.pass_obj
def confirm(quick: bool, rounds: int, clicks: int) -> list[Floor]:
    """Confirm, on SQLite and PostgreSQL, one and three processes: conditional write, CRM, card."""
    rounds, clicks = (1, 96) if quick else (rounds, clicks)
    seen = asyncio.run(click_road.measure(rounds=rounds, clicks=clicks))
    click.echo(f"{click_road.report(seen)}\n")
    return floors.of_clicks(seen)


@main.command()
@click.pass_obj
def thrift(quick: bool) -> list[Floor]:
    """A burst of teams on one account: what each waits for the gateway's limit."""
    teams, per_second = (40, 20) if quick else (200, 10)
    seen = asyncio.run(burst(teams=teams, per_second=per_second, writers=teams // 10, typists=teams // 10))
    click.echo(f"{seen}\n")
    return floors.of_burst(seen)


@main.command()
@click.pass_obj
def grow(quick: bool) -> list[Floor]:
    """CPU per command and per click, with little and with much stored."""
    most = (2_000, 10_000, 3_000, 60) if quick else (100_000, 1_000_000, 100_000, 300)
    sizes = dict(zip(("most_teams", "most_proposals", "most_records", "many"), most, strict=True))
    directory = lookup_road.scratch()
    try:
        seen = asyncio.run(growth.measure(directory, **sizes))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    click.echo(f"{growth.report(seen)}\n")
    return floors.of_growth(seen)


@main.command()
@click.option("--seconds", default=5.0, show_default=True, help="Without and with samples taken, each.")
@click.option("--cold", is_flag=True, help="Each look-up from a team that the process has never heard of.")
def profile(seconds: float, cold: bool) -> list[Floor]:
    """Where a look-up's time goes, at 64 in flight and a CRM of 0 ms: its parts in percent and milliseconds."""
    program = profiling.sampler()
    if program is None:
        click.echo(profiling.NO_SAMPLER, err=True)
        return []
    directory = lookup_road.scratch()
    try:
        load = replace(BUSY, cold=cold)
        click.echo(asyncio.run(profiling.measure(program, directory, load, seconds=seconds)))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return []


if __name__ == "__main__":
    main()
