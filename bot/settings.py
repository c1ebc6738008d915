"""The environment, read once into one frozen value; everything that is missing or wrong is said at once.

The only module that knows a variable's name (product.md section 8).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from bot.keys import read_key

Parsed = TypeVar("Parsed")

LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")


class Misconfigured(Exception):
    """The configuration cannot serve; `problems` holds one sentence for each missing or wrong variable."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One deployment's configuration. Secrets never appear in its repr."""

    maton_api_key: str = ""
    maton_api_url: str = "https://api.maton.ai"
    maton_connect_host: str = "connect.maton.ai"
    slack_bot_token: str = ""
    slack_app_token: str = ""
    slack_signing_secret: str = ""
    slack_client_id: str = ""
    slack_client_secret: str = ""
    slack_api_url: str = "https://slack.com/api/"
    slack_command: str = "/crm"
    public_url: str = ""
    database_url: str = "sqlite:///crm-bot.sqlite3"
    encryption_keys: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 3000
    log_level: str = "info"
    log_format: str = "text"
    retention_days: int = 400

    def __repr__(self) -> str:
        return f"<Settings {self.mode}, {self.host}:{self.port}>"

    @property
    def many_workspaces(self) -> bool:
        """Whether workspaces install the bot themselves, through OAuth."""
        return bool(self.slack_client_id)

    @property
    def socket_mode(self) -> bool:
        """Whether Slack reaches the bot over its own websocket, without a public address."""
        return bool(self.slack_app_token)

    @property
    def mode(self) -> str:
        """How Slack and the bot meet, in a few words for the log."""
        workspaces = "many workspaces" if self.many_workspaces else "one workspace"
        return f"{workspaces}, {'Socket Mode' if self.socket_mode else 'HTTP'}"


DEFAULTS = Settings()


def read(environment: Mapping[str, str], *, dotenv: Path | None = Path(".env"), to_serve: bool = False) -> Settings:
    """The settings of the environment, with a `.env` file beneath it; raises `Misconfigured` with all that is wrong.

    With `to_serve` also with all that is missing to serve; `connections list` needs no Slack token.
    """
    found = {**_dotenv(dotenv), **{name: value for name, value in environment.items() if value.strip()}}
    reader = _Reader(found)
    settings = Settings(
        maton_api_key=reader.text("MATON_API_KEY"),
        maton_api_url=reader.parsed("MATON_API_URL", web_address, DEFAULTS.maton_api_url).rstrip("/"),
        maton_connect_host=reader.parsed("MATON_CONNECT_HOST", _host, DEFAULTS.maton_connect_host),
        slack_bot_token=reader.parsed("SLACK_BOT_TOKEN", _prefixed("xoxb-", "xoxe.xoxb-"), ""),
        slack_app_token=reader.parsed("SLACK_APP_TOKEN", _prefixed("xapp-"), ""),
        slack_signing_secret=reader.text("SLACK_SIGNING_SECRET"),
        slack_client_id=reader.text("SLACK_CLIENT_ID"),
        slack_client_secret=reader.text("SLACK_CLIENT_SECRET"),
        slack_api_url=reader.parsed("SLACK_API_URL", web_address, DEFAULTS.slack_api_url).rstrip("/") + "/",
        slack_command=reader.parsed("SLACK_COMMAND", slash_command, DEFAULTS.slack_command),
        public_url=reader.parsed("PUBLIC_URL", web_address, "").rstrip("/"),
        database_url=reader.parsed("DATABASE_URL", _database, DEFAULTS.database_url),
        encryption_keys=reader.parsed("ENCRYPTION_KEY", _keys, ()),
        host=reader.text("HOST") or DEFAULTS.host,
        port=reader.parsed("PORT", _port, DEFAULTS.port),
        log_level=reader.parsed("LOG_LEVEL", _one_of(LOG_LEVELS), DEFAULTS.log_level),
        log_format=reader.parsed("LOG_FORMAT", _one_of(LOG_FORMATS), DEFAULTS.log_format),
        retention_days=reader.parsed("RETENTION_DAYS", _days, DEFAULTS.retention_days),
    )
    wrong = {problem.split()[0] for problem in reader.problems}
    missing = [each for each in (lacking(settings) if to_serve else []) if each.split()[0] not in wrong]
    if problems := [*reader.problems, *missing]:
        raise Misconfigured(problems)
    return settings


def ready_to_serve(settings: Settings) -> None:
    """Raise `Misconfigured` with everything that `crm-bot serve` still lacks."""
    if problems := lacking(settings):
        raise Misconfigured(problems)


def lacking(settings: Settings) -> list[str]:
    """A sentence for each variable that is missing to serve."""
    problems = []
    if not settings.maton_api_key:
        problems.append("MATON_API_KEY is missing: create a key in your Maton account's settings.")
    return problems + (_missing_for_many(settings) if settings.many_workspaces else _missing_for_one(settings))


def _missing_for_one(settings: Settings) -> list[str]:
    problems = []
    if not settings.slack_bot_token:
        problems.append(
            "SLACK_BOT_TOKEN is missing: install the app in your workspace and copy the token from its page "
            "'OAuth & Permissions' (or set SLACK_CLIENT_ID to serve many workspaces)."
        )
    if not settings.slack_app_token and not settings.slack_signing_secret:
        problems.append(
            "SLACK_SIGNING_SECRET is missing: copy it from the app's page 'Basic Information' for HTTP, or set "
            "SLACK_APP_TOKEN for Socket Mode."
        )
    return problems


def _missing_for_many(settings: Settings) -> list[str]:
    why = "needed to serve many workspaces (SLACK_CLIENT_ID is set)"
    wanted = {
        "SLACK_CLIENT_SECRET": (settings.slack_client_secret, "copy it from the app's page 'Basic Information'"),
        "SLACK_SIGNING_SECRET": (settings.slack_signing_secret, "copy it from the app's page 'Basic Information'"),
        "PUBLIC_URL": (settings.public_url, "the https address at which Slack reaches this bot"),
        "ENCRYPTION_KEY": (settings.encryption_keys, "make one with 'crm-bot new-key'"),
    }
    problems = [f"{name} is missing: {why}; {what}." for name, (value, what) in wanted.items() if not value]
    if settings.slack_bot_token:
        problems.append("SLACK_BOT_TOKEN must not be set together with SLACK_CLIENT_ID: each workspace has its own.")
    return problems


def _dotenv(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        return {}
    from dotenv import dotenv_values  # only here: a process without a .env does not pay for the import

    return {name: value for name, value in dotenv_values(path).items() if value and value.strip()}


class _Reader:
    """Collects what is wrong instead of stopping at the first."""

    def __init__(self, found: Mapping[str, str]) -> None:
        self._found = found
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        return self._found.get(name, "").strip()

    def parsed(self, name: str, parse: Callable[[str], Parsed], default: Parsed) -> Parsed:
        text = self.text(name)
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.problems.append(f"{name} is wrong: {error}.")
            return default


def web_address(text: str) -> str:
    """The text, if it is an address to which a path can be appended; `ValueError` says what is wrong."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or not re.fullmatch(r"[^\s?#]+", text):
        raise ValueError("it must be an address such as https://crm-bot.example.com")
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.-]+(:\d{1,5})?", text):
        raise ValueError("it must be a host name such as connect.maton.ai, without https:// and path")
    return text


def _prefixed(*prefixes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not text.startswith(prefixes):
            raise ValueError(f"it must start with {prefixes[0]}")
        return text

    return parse


def slash_command(text: str) -> str:
    """The text, if Slack takes it for a command's name; `ValueError` says what is wrong."""
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", text):
        raise ValueError("it must be a slash and up to 31 lower-case letters, digits, hyphens or underscores")
    return text


def _database(text: str) -> str:
    if not text.startswith(("sqlite:", "postgresql:", "postgres:", "postgresql+asyncpg:", "sqlite+aiosqlite:")):
        raise ValueError("it must be sqlite:///file.sqlite3 or postgresql://user:password@host/database")
    return text


def _keys(text: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    for number, key in enumerate(keys, start=1):
        try:
            read_key(key)
        except ValueError:
            raise ValueError(f"key {number} is not a key made with 'crm-bot new-key'") from None
    return keys


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise ValueError("it must be a number from 0 to 65535")
    return int(text)


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError("it must be a whole number of days, 1 or more")
    return int(text)


def _one_of(valid: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in valid:
            raise ValueError(f"it must be one of {', '.join(valid)}")
        return text.lower()

    return parse
