"""`crm-bot serve` as an operator starts it: a process, its health, its stop, and Socket Mode."""

import asyncio
import gc
import os
import signal
import socket
import sys
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot.keys import new_key
from bot.sandbox.slack import FakeSlack, text_of
from bot.sandbox.slack.sample import ACME, ACME_TOKEN, ANA, SALES
from bot.sandbox.twenty import FakeCRM, FakeMaton, samples
from bot.serving import collect_by_the_clock

SECRET, KEY = "serving-signing-secret", "serving-maton-key"
OAUTH = {
    "SLACK_BOT_TOKEN": "",
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "made-up",
    "PUBLIC_URL": "https://crm-bot.example.com",
    "ENCRYPTION_KEY": new_key(),
}
"""What makes of `environment` a deployment for many workspaces."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(slack_url: str, maton_url: str, database_url: str, port: int, **more: str) -> dict[str, str]:
    """What an operator sets, and nothing that this test's own environment has."""
    return {
        "PATH": os.environ["PATH"],
        "MATON_API_KEY": KEY,
        "MATON_API_URL": maton_url,
        "SLACK_BOT_TOKEN": ACME_TOKEN,
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": f"{slack_url}/api/",
        "DATABASE_URL": database_url,
        "PORT": str(port),
        **more,
    }


async def command(*arguments: str, env: dict[str, str]) -> tuple[int, str]:
    """Run `crm-bot ...` to its end; its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


@asynccontextmanager
async def serving(env: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """`crm-bot serve` until /readyz says so; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "serve", env=env, stderr=asyncio.subprocess.PIPE
    )
    try:
        await until_ready(int(env["PORT"]))
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def until_ready(port: int) -> None:
    async with asyncio.timeout(20), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)


async def test_a_bound_team_is_answered_and_sigterm_ends_it(sqlite_url):
    """Bind, list, serve, look up, read health and metrics, stop: as the README says."""
    slack, maton = FakeSlack(signing_secret=SECRET), FakeMaton(api_key=KEY)
    connection = maton.connect(FakeCRM(records=samples.acme()))
    async with slack.serve() as slack_url, maton.serve() as maton_url:
        port = free_port()
        env = environment(slack_url, maton_url, sqlite_url, port, LOG_FORMAT="json")
        assert (await command("connections", "bind", ACME, connection, env=env))[0] == 0
        assert connection in (await command("connections", "list", env=env))[1]
        async with serving(env) as process, aiohttp.ClientSession() as session:
            slack.point_at(f"http://127.0.0.1:{port}/slack/events")
            assert (await slack.command(ANA, SALES, "/crm fabrikam")).ok
            answer = await slack.wait_for(lambda: slack.ephemerals(ANA))
            assert "Fabrikam" in text_of(answer[-1])
            async with session.get(f"http://127.0.0.1:{port}/healthz") as alive:
                assert alive.status == 200
            async with session.get(f"http://127.0.0.1:{port}/metrics") as metrics:
                assert 'crm_bot_stories_total{outcome="ok",story="command"} 1.0' in await metrics.text()
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                assert await process.wait() == 0
            assert b"unused" not in await process.stderr.read(), "Bolt was given no token behind our back"
        assert (await command("connections", "unbind", ACME, env=env))[0] == 0
    assert not slack.surprises
    assert not maton.surprises


async def test_socket_mode_needs_no_public_address(sqlite_url):
    """With an app token the bot connects to Slack by itself and answers over the socket."""
    slack, maton = FakeSlack(signing_secret=SECRET), FakeMaton(api_key=KEY)
    connection = maton.connect(FakeCRM(records=samples.acme()))
    async with slack.serve() as slack_url, maton.serve() as maton_url:
        env = environment(slack_url, maton_url, sqlite_url, free_port(), SLACK_APP_TOKEN="xapp-sandbox")
        del env["SLACK_SIGNING_SECRET"]
        await command("connections", "bind", ACME, connection, env=env)
        async with serving(env):
            await slack.wait_for(lambda: slack.socket.is_connected, 10)
            assert (await slack.command(ANA, SALES, "/crm fabrikam")).ok
            answer = await slack.wait_for(lambda: slack.ephemerals(ANA))
            assert "Fabrikam" in text_of(answer[-1])


async def test_sigterm_ends_a_process_that_slack_does_not_let_in(sqlite_url):
    """While the socket cannot be connected, because Slack is away, it still can be stopped."""
    port = free_port()
    nobody = f"http://127.0.0.1:{free_port()}"
    async with serving(environment(nobody, nobody, sqlite_url, port, SLACK_APP_TOKEN="xapp-1")) as process:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await process.wait() == 0
        said = await process.stderr.read()
    assert b": serving " not in said
    assert b"never" not in said, "nothing is left unawaited"


async def test_an_app_token_that_slack_does_not_accept_ends_the_process(sqlite_url):
    """It never becomes right by asking again: the last line says so and what to do, as `crm-bot check` does."""
    slack = FakeSlack(signing_secret=SECRET)
    async with slack.serve() as slack_url:
        env = environment(slack_url, slack_url, sqlite_url, free_port(), SLACK_APP_TOKEN="xapp-wrong")
        async with asyncio.timeout(20):
            code, said = await command("serve", env=env)

    assert code == 1
    assert said.splitlines()[-1].startswith("Error: Slack does not accept SLACK_APP_TOKEN (invalid_auth). Make an app-")
    assert "Traceback" not in said
    assert "Unclosed" not in said
    assert ": serving " not in said


async def test_slack_being_away_at_the_start_is_waited_for(sqlite_url):
    """What may pass by itself does not end the process: it is connected once Slack opens the socket."""
    slack = FakeSlack(signing_secret=SECRET)
    slack.faults.fail("apps.connections.open", "internal_error")
    async with slack.serve() as slack_url:
        env = environment(slack_url, slack_url, sqlite_url, free_port(), SLACK_APP_TOKEN="xapp-sandbox")
        async with serving(env):
            await slack.wait_for(lambda: slack.socket.is_connected, 15)


async def test_a_wrong_signature_is_told_without_the_request(sqlite_url):
    """With a wrong secret every request is refused: the log says so, and holds nothing of what they said."""
    nobody, port = f"http://127.0.0.1:{free_port()}", free_port()
    async with serving(environment(nobody, nobody, sqlite_url, port)) as process, aiohttp.ClientSession() as session:
        async with session.post(f"http://127.0.0.1:{port}/slack/events", data={"text": "Secret plans"}) as answer:
            assert answer.status == 401
        process.send_signal(signal.SIGTERM)
        said = (await process.communicate())[1]
    assert b"SLACK_SIGNING_SECRET" in said
    assert b"Secret" not in said


async def test_a_configuration_that_cannot_serve_says_everything_at_once(tmp_path):
    """Without any variable the process ends with one line for each that is missing."""
    code, said = await command("serve", env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)})

    assert code == 1
    for name in ("MATON_API_KEY", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        assert name in said
    assert "Traceback" not in said


async def test_what_is_wrong_and_what_is_missing_are_said_together(tmp_path):
    """A wrong port does not hide that the key is missing."""
    env = {"PATH": os.environ["PATH"], "PORT": "99999", "SLACK_CLIENT_ID": "1.2"}
    code, said = await command("serve", env=env)

    assert code == 1
    for name in ("PORT", "MATON_API_KEY", "SLACK_CLIENT_SECRET", "ENCRYPTION_KEY"):
        assert f"- {name} " in said


async def test_an_operators_mistake_is_a_sentence(tmp_path):
    """A port that is taken and a file that is no database end with a sentence, not with a traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        env = environment("http://127.0.0.1:9", "http://127.0.0.1:9", f"sqlite:///{tmp_path}/a", taken.getsockname()[1])
        code, said = await command("serve", env=env)
    assert code == 1
    assert said.startswith("Error: another program listens at HOST and PORT")
    assert len(said.splitlines()) == 1

    env = environment("http://x", "http://x", f"sqlite:///{tmp_path}/a", free_port())
    for host in ("192.0.2.1", "no.such.invalid"):
        code, said = await command("serve", env=env | {"HOST": host})
        assert (code, "Traceback" in said) == (1, False)
        assert "HOST is no" in said

    (tmp_path / "b").write_text("no database at all, but a text of some length")
    code, said = await command("serve", env=environment("http://x", "http://x", f"sqlite:///{tmp_path}/b", free_port()))
    assert (code, "Traceback" in said) == (1, False)
    assert "DATABASE_URL" in said


async def test_a_check_goes_on_without_a_database():
    """With many workspaces their tokens are in the database: that it is down is a line, not a traceback."""
    nobody = f"127.0.0.1:{free_port()}"
    env = environment(f"http://{nobody}", f"http://{nobody}", f"postgresql://u:pw@{nobody}/b", 0)
    code, said = await command("check", env=env | OAUTH)

    assert code == 1
    assert [line[:4] for line in said.splitlines()] == ["ok  ", "FAIL", "FAIL", "FAIL"]
    assert "database: DATABASE_URL (postgresql) cannot be used: nothing answers at its host and port." in said
    assert "Slack: workspaces install at https://crm-bot.example.com/slack/install; their tokens are in" in said
    assert "pw@" not in said


@pytest.mark.parametrize("arguments", [["serve"], ["connections", "list"], ["reseal"]], ids=" ".join)
async def test_a_database_that_is_down_is_a_sentence(arguments):
    """Whatever asks it first says so, without a traceback and without the password."""
    nobody = f"127.0.0.1:{free_port()}"
    env = environment(f"http://{nobody}", f"http://{nobody}", f"postgresql://u:pw@{nobody}/b", 0)
    code, said = await command(*arguments, env=env | {"ENCRYPTION_KEY": new_key()})

    assert code == 1
    assert said == "Error: DATABASE_URL (postgresql) cannot be used: nothing answers at its host and port.\n"


async def test_binding_what_maton_does_not_know_is_refused(sqlite_url):
    """An unknown connection id, a malformed one, and one of another team end with a sentence."""
    slack, maton = FakeSlack(signing_secret=SECRET), FakeMaton(api_key=KEY)
    connection = maton.connect(FakeCRM(records=samples.acme()))
    async with slack.serve() as slack_url, maton.serve() as maton_url:
        env = environment(slack_url, maton_url, sqlite_url, free_port())
        assert "does not know" in (await command("connections", "bind", ACME, "nobody", env=env))[1]
        assert "no Maton connection id" in (await command("connections", "bind", ACME, "a b", env=env))[1]
        await command("connections", "bind", ACME, connection, env=env)
        code, said = await command("connections", "bind", "T0GLOBEX1", connection, env=env)
    assert code == 1
    assert "another workspace" in said


async def test_garbage_is_collected_by_the_clock():
    """Whatever the count says: objects in use set no collection off, and a cycle is gone within seconds."""

    class Cycle:
        def __init__(self) -> None:
            self.itself = self

    gone = asyncio.Event()
    gc.disable()
    try:
        watched = weakref.ref(Cycle(), lambda _: gone.set())
        collecting = asyncio.create_task(collect_by_the_clock())
        async with asyncio.timeout(5):
            await gone.wait()
        collecting.cancel()
    finally:
        gc.enable()
    assert watched() is None
