"""How `crm-bot serve` starts: it imports what its mode needs, and answers from the moment it says that it serves."""

import asyncio
import json
import sys

import aiohttp
import pytest

from bot.sandbox.slack import FakeSlack, text_of
from bot.sandbox.slack.sample import ACME, ANA, SALES
from bot.sandbox.twenty import FakeCRM, FakeMaton, samples
from tests.test_serving import KEY, OAUTH, SECRET, command, environment, free_port

NOWHERE = "http://127.0.0.1:9"
NEVER = ("alembic", "jinja2", "dateparser", "regex", "dotenv", "httpcore", "boto3", "bot.sandbox", "bot.checking")
NEVER += ("slack_sdk.audit_logs", "slack_sdk.scim", "sqlalchemy.orm", "sqlalchemy.ext.asyncio")
OF_POSTGRESQL = ("asyncpg", "greenlet", "sqlalchemy.dialects.postgresql", "bot.store.postgresql")
OF_SOCKET_MODE = ("slack_sdk.socket_mode", "slack_bolt.adapter.socket_mode")

BUILD = """
import asyncio, json, os, sys
import bot.__main__, bot.serving
from bot.settings import read

async def build():
    bot_built = await bot.serving.build(read(os.environ, dotenv=None, to_serve=True))
    await bot.serving._open_something(bot_built)
    await bot_built.stop()

asyncio.run(build())
print(json.dumps(sorted(sys.modules)))
"""


async def imported(env: dict[str, str]) -> set[str]:
    """The modules that a fresh process has imported once its bot is built."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", BUILD, env=env, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0
    return set(json.loads(said))


def of(modules: set[str], names: tuple[str, ...]) -> set[str]:
    """Those of the modules that are one of these names, or inside it."""
    return {each for each in modules if each.startswith(tuple(f"{name}." for name in names)) or each in names}


@pytest.mark.parametrize("mode", [{}, OAUTH], ids=["one workspace", "many workspaces"])
async def test_a_start_on_a_migrated_file_imports_no_more_than_it_needs(migrated_file, mode):
    """No migrations, no templates, no dates, no sandbox, nothing of PostgreSQL or Socket Mode: a third of a start."""
    env = environment(NOWHERE, NOWHERE, f"sqlite:///{migrated_file}", free_port()) | mode

    modules = await imported(env)

    assert of(modules, ("aiohttp", "slack_bolt"))
    assert not of(modules, (*NEVER, *OF_POSTGRESQL, *OF_SOCKET_MODE))


async def test_a_start_on_postgresql_imports_no_orm(postgresql_url):
    """PostgreSQL pays for its driver and dialect, not for SQLAlchemy's ORM."""
    modules = await imported(environment(NOWHERE, NOWHERE, postgresql_url, free_port()))

    assert of(modules, ("asyncpg",))
    assert not of(modules, (*NEVER, *OF_SOCKET_MODE))


async def test_whoever_reads_that_it_serves_is_answered(sqlite_url):
    """The line in the log comes last: at that moment it is ready, and a command gets its answer at the first try."""
    slack, maton = FakeSlack(signing_secret=SECRET), FakeMaton(api_key=KEY)
    connection = maton.connect(FakeCRM(records=samples.acme()))
    port = free_port()
    async with slack.serve() as slack_url, maton.serve() as maton_url:
        env = environment(slack_url, maton_url, sqlite_url, port)
        await command("connections", "bind", ACME, connection, env=env)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "serve", env=env, stderr=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(20):
                while b"serving" not in await process.stderr.readline():
                    pass
            slack.point_at(f"http://127.0.0.1:{port}/slack/events")
            async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/readyz") as ready:
                assert ready.status == 200
            assert (await slack.command(ANA, SALES, "/crm fabrikam")).ok
            answer = await slack.wait_for(lambda: slack.ephemerals(ANA))
            assert "Fabrikam" in text_of(answer[-1])
        finally:
            process.kill()
            await process.communicate()
