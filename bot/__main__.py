"""The command line: `crm-bot`, same as `python -m bot`."""

import asyncio
import errno
import gc
import os
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click

from bot.settings import Misconfigured, Settings, read, slash_command, web_address

Result = TypeVar("Result")

READ_BY_BOLT = ("SLACK_BOT_TOKEN", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_SIGNING_SECRET")
"""What Bolt would read behind our back: with a client id it sets up stores of its own, which keep tokens in files."""


LISTENING = {
    errno.EADDRINUSE: "another program listens at HOST and PORT already; stop it, or set PORT to a free one.",
    errno.EADDRNOTAVAIL: "HOST is no address of this machine; set it to 127.0.0.1, or to 0.0.0.0 for all of them.",
    errno.EACCES: "this user may not listen at PORT; set it to one from 1024 on.",
}
"""Why nobody can listen at HOST and PORT, and what to do about it."""


def _checked(check: Callable[[str], str]) -> Callable[[click.Context, click.Parameter, str], str]:
    """An option that is as strict as the variable of the same meaning."""

    def checked(_: click.Context, __: click.Parameter, text: str) -> str:
        try:
            return check(text) if text else text
        except ValueError as error:
            raise click.BadParameter(f"{error}.") from None

    return checked


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="crm-bot", prog_name="crm-bot")
def main() -> None:
    """The CRM in Slack, with every write signed off."""


@main.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=3000,
    show_default=True,
    help="Where the page listens, on loopback.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the page in your browser.")
def sandbox(port: int, open_browser: bool) -> None:
    """Try everything in a browser: a fake Slack, a fake Twenty, the real bot; no account, no network."""
    from bot.sandbox.command import run  # the sandbox is not paid for by `serve`

    _run(run(port=port, open_browser=open_browser))


@main.command()
def serve() -> None:
    """Serve Slack: over HTTP, or over Socket Mode when SLACK_APP_TOKEN is set."""
    gc.disable()  # what is imported stays: looking through it again and again is a seventh of the start
    settings = _settings(to_serve=True)
    import uvloop  # asyncio's own loop answers 7 % fewer look-ups a second at 64 in flight, and 11 % fewer at 256

    from bot.serving import serve as serve_forever

    _run(serve_forever(settings), on=uvloop.new_event_loop)


@main.command()
def check() -> None:
    """Try the configuration, the database, the Slack token and the Maton key; say what to do about each."""
    from bot.checking import check_everything

    lines = _run(check_everything(_settings()))
    for line in lines:
        click.echo(f"{'ok  ' if line.ok else 'FAIL'}  {line.what}: {line.says}")
    sys.exit(0 if all(line.ok for line in lines) else 1)


@main.group()
def connections() -> None:
    """The operator's tool: which Slack team talks to which Maton connection."""


@connections.command("list")
def list_connections() -> None:
    """Show every team with its connection."""
    from bot import operating

    for line in _run(operating.list_connections(_settings())):
        click.echo(line)


@connections.command("bind")
@click.argument("team")
@click.argument("connection_id")
def bind_connection(team: str, connection_id: str) -> None:
    """Bind TEAM (T0123ABCD) to CONNECTION_ID of your Maton account."""
    from bot import operating

    click.echo(_run(operating.bind(_settings(), team, connection_id)))


@connections.command("unbind")
@click.argument("team")
def unbind_connection(team: str) -> None:
    """Forget TEAM's connection; nothing is deleted at Maton."""
    from bot import operating

    click.echo(_run(operating.unbind(_settings(), team)))


@main.command()
@click.option(
    "--public-url",
    default="",
    callback=_checked(web_address),
    help="The https address at which Slack reaches the bot.",
)
@click.option("--socket-mode", is_flag=True, help="For Socket Mode, without a public address.")
@click.option(
    "--command",
    "command_name",
    default="/crm",
    show_default=True,
    callback=_checked(slash_command),
    help="The slash command's name.",
)
@click.option("--token-rotation", is_flag=True, help="Tokens that expire; only for many workspaces.")
def manifest(public_url: str, socket_mode: bool, command_name: str, token_rotation: bool) -> None:
    """Print app_manifest.yml for a public address or for Socket Mode."""
    from bot.manifest import render

    if bool(public_url) == socket_mode:
        raise click.UsageError("Say either --public-url https://... or --socket-mode.")
    if public_url and not public_url.startswith("https://"):
        raise click.UsageError("Slack only calls https:// addresses.")
    if token_rotation and socket_mode:
        raise click.UsageError("Tokens that expire need OAuth, so --public-url.")
    click.echo(render(public_url=public_url, command=command_name, token_rotation=token_rotation), nl=False)


@main.command("new-key")
def new_key() -> None:
    """Print a fresh key for ENCRYPTION_KEY."""
    from bot import keys

    click.echo(keys.new_key())


@main.command()
def reseal() -> None:
    """Encrypt everything stored anew with the first key of ENCRYPTION_KEY; older keys can be dropped afterwards."""
    from bot import operating

    click.echo(_run(operating.reseal(_settings())))


def _settings(*, to_serve: bool = False) -> Settings:
    try:
        return read(os.environ, to_serve=to_serve)
    except Misconfigured as error:
        raise _complaint(error) from None
    finally:
        for name in READ_BY_BOLT:
            os.environ.pop(name, None)


def _complaint(error: Misconfigured) -> click.ClickException:
    lines = "\n".join(f"  - {problem}" for problem in error.problems)
    return click.ClickException(f"the configuration is not complete:\n{lines}\nSee .env.example and README.md.")


def _run(work: Coroutine[Any, Any, Result], *, on: Callable[[], asyncio.AbstractEventLoop] | None = None) -> Result:
    try:
        with asyncio.Runner(loop_factory=on) as runner:
            return runner.run(work)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if sentence := _mistake(error):
            raise click.ClickException(sentence) from None
        raise


def _mistake(error: Exception) -> str:
    """What an operator can mend, as a sentence; "" for what is a fault of ours and keeps its traceback."""
    if isinstance(error, OSError) and error.errno in LISTENING:
        return LISTENING[error.errno]
    if isinstance(error, socket.gaierror):
        return "HOST is no name or address that is known here."
    # By name, since a command that needs no database does not pay for importing the store.
    if type(error).__name__ in ("Unusable", "AppTokenRefused"):
        return str(error)
    if type(error).__name__ in ("Unreadable", "BadKey"):
        return f"{error} See ENCRYPTION_KEY."
    if type(error).__module__.startswith(("sqlalchemy", "sqlite3", "asyncpg")):
        return f"the database cannot be used ({type(error).__name__}). Check DATABASE_URL, and that it is there."
    return ""


if __name__ == "__main__":
    main()
