"""The app manifest: what Slack must know of the bot, for a public address or for Socket Mode.

`app_manifest.yml` is the output of `crm-bot manifest --socket-mode` (slack.md section 5).
"""

from bot.blocks.ids import CREATE_TASK, LOOK_UP, SAVE_AS_NOTE

SCOPES = {
    "commands": "the slash command and the shortcuts",
    "chat:write": "answers, cards, and rewriting a card once it is decided",
    "users:read": (
        "the reader's timezone, whether somebody is a guest or an outsider, and who hears when a CRM connection breaks"
    ),
    "users:read.email": "matching a Slack user to a CRM member by email",
}
"""Every scope with the reason for it; the README's table is made of this."""

OPTIONAL_SCOPES = {
    "channels:history": "saving a whole thread of a public channel; without it *Whole thread* is not offered",
    "groups:history": "the same for private channels that the bot was invited to",
}
"""Scopes that an installer may leave out."""

EVENTS = ("app_home_opened", "app_uninstalled", "tokens_revoked")

LONG_DESCRIPTION = (
    "Look up companies, people, deals, notes and tasks of your Twenty CRM with one command. Turn any message into a "
    "note or a task. Every write waits on a card that shows exactly what will change until a person presses Confirm; "
    "it is then written exactly once, can be found again in the history, and can be undone."
)


def render(*, public_url: str = "", command: str = "/crm", token_rotation: bool = False) -> str:
    """The manifest as YAML: with request addresses under `public_url`, or for Socket Mode when it is empty.

    `token_rotation` only for many workspaces: a token in `.env` would die within hours.
    """
    lines = [
        "# Printed by `crm-bot manifest`; paste it at https://api.slack.com/apps under 'From a manifest'.",
        "display_information:",
        "  name: CRM",
        "  description: The CRM in Slack, with every write signed off.",
        "  background_color: '#1d2a3a'",
        f"  long_description: {LONG_DESCRIPTION!r}",
        *_features(public_url, command),
        *_oauth(public_url),
        *_settings(public_url, token_rotation=token_rotation),
    ]
    return "\n".join(lines) + "\n"


def scopes_table() -> str:
    """The README's table: every scope and why."""
    rows = [f"| `{scope}` | {reason} |" for scope, reason in SCOPES.items()]
    rows += [f"| `{scope}` (optional) | {reason} |" for scope, reason in OPTIONAL_SCOPES.items()]
    return "\n".join(["| scope | for |", "|---|---|", *rows])


def _events_url(public_url: str) -> str:
    return f"{public_url.rstrip('/')}/slack/events"


def _features(public_url: str, command: str) -> list[str]:
    lines = [
        "features:",
        "  app_home:",
        "    home_tab_enabled: true",
        "    messages_tab_enabled: true",
        "    messages_tab_read_only_enabled: true",
        "  bot_user:",
        "    display_name: CRM",
        "    always_online: true",
        "  shortcuts:",
    ]
    for name, callback, description in (
        ("Save as CRM note", SAVE_AS_NOTE, "Keep this message as a note on a company, person or deal"),
        ("Create CRM task", CREATE_TASK, "Make a task in the CRM out of this message"),
        ("Look up in CRM", LOOK_UP, "Show whom and what this message is about"),
    ):
        lines += [
            f"    - name: {name}",
            "      type: message",
            f"      callback_id: {callback}",
            f"      description: {description}",
        ]
    lines += ["  slash_commands:", f"    - command: {command}"]
    if public_url:
        lines.append(f"      url: {_events_url(public_url)}")
    return [
        *lines,
        "      description: Look up and change your CRM",
        "      usage_hint: 'acme | deals stage:meeting | new task Call Ada tomorrow 3pm | help'",
        "      should_escape: true",
    ]


def _oauth(public_url: str) -> list[str]:
    lines = ["oauth_config:"]
    if public_url:
        lines += ["  redirect_urls:", f"    - {public_url.rstrip('/')}/slack/oauth_redirect"]
    lines += ["  scopes:", "    bot:"]
    for scope, reason in SCOPES.items():
        lines += [f"      # {reason}", f"      - {scope}"]
    lines.append("    bot_optional:")
    for scope, reason in OPTIONAL_SCOPES.items():
        lines += [f"      # {reason}", f"      - {scope}"]
    return lines


def _settings(public_url: str, *, token_rotation: bool) -> list[str]:
    http = bool(public_url)
    lines = ["settings:", "  event_subscriptions:"]
    if http:
        lines.append(f"    request_url: {_events_url(public_url)}")
    lines += ["    bot_events:", *(f"      - {name}" for name in EVENTS), "  interactivity:", "    is_enabled: true"]
    if http:
        url = _events_url(public_url)
        lines += [f"    request_url: {url}", f"    message_menu_options_url: {url}"]
    return [
        *lines,
        f"  org_deploy_enabled: {str(http).lower()}",
        f"  socket_mode_enabled: {str(not http).lower()}",
        f"  token_rotation_enabled: {str(token_rotation).lower()}",
    ]
