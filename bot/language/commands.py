"""The table of commands, and the reader of what follows `/crm`.

`TABLE` is the only list of commands: the parser, `/crm help` and the README are made of it (product.md section 2).
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from typing import Literal

from msgspec import Struct

from bot.errors import Misunderstood
from bot.language import intents
from bot.language.about import read_about
from bot.language.intents import Command, Target
from bot.language.periods import Clock
from bot.language.plain import plain
from bot.language.prefill import prefill
from bot.language.qualifiers import is_qualified, read_list
from bot.language.spoken import as_command
from bot.language.targets import KIND_WORDS, read_link, read_someone, read_target
from bot.language.tokens import unquote
from bot.models import WRITABLE, Kind, Someone, Value

_MENTION = re.compile(r"<@[UW][A-Z0-9]+>|@[\w.-]+")
_AS_A_QUESTION = re.compile(r"(?:is|am)\s+(?P<whom>.*?)\s*\??", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(r"https?://(?:www\.)?(?P<host>[^\s/?#:@]+\.[^\s/?#:@]+)(?:[/?#:]\S*)?", re.IGNORECASE)
Section = Literal["Look up", "Change", "Follow up", "Set up"]


class Row(Struct, frozen=True):
    """One command: the words that call it, what may follow, what it does, and an example without the command's name."""

    name: str
    arguments: str
    does: str
    example: str
    section: Section
    read: Callable[[str, Clock], Command | None]
    """Reads what follows the name; None when this is not the command after all but words to look for."""
    also: tuple[str, ...] = ()

    def usage(self, command: str = "/crm") -> str:
        """The line to type: `/crm find <words>`."""
        return f"{command} {self.name} {self.arguments}".strip()


def parse(text: str, *, now: datetime, timezone: str) -> Command:
    """What the asker wants, from the text as Slack delivers it; words that are no command are looked up.

    Raises nothing but Misunderstood. `timezone` is the asker's IANA name, `now` an aware time.
    """
    line = plain(text)
    if not line:
        return intents.Help()
    if linked := read_link(line) or _alone(line):
        return intents.Show(linked)
    if _MENTION.fullmatch(line):
        return intents.Who(read_someone(line))
    clock = Clock(now, timezone)
    first, rest = _first_word(line)
    if first.lower() == "show" or first.lower() not in _BY_WORD:
        first, rest = _first_word(as_command(line))
    row = _BY_WORD.get(first.lower())
    command = row.read(rest, clock) if row else None
    return command or _mistyped(first, rest) or intents.Find(_sought(line))


ON_CARDS = {
    **dict.fromkeys(("undo", "revert", "restore"), "history"),
    **dict.fromkeys(("confirm", "approve", "cancel", "reject"), "pending"),
}
"""What is pressed on a card and typed by whoever has lost it, and the command that leads there."""


def nearest(words: str) -> str:
    """The command that the first word almost is, with what follows or else its usage: for words that found nothing.

    "" when there is none.
    """
    first, rest = _first_word(words.strip())
    word = first.lower()
    if word in ON_CARDS:
        return ON_CARDS[word]
    near = get_close_matches(word, list(_BY_WORD), n=1, cutoff=0.7)
    if not near:
        return ""
    row = _BY_WORD[near[0]]
    return f"{row.name} {rest}" if rest and row.arguments else row.usage("").strip()


def markdown_table(command: str = "/crm") -> str:
    """The table of commands for the README."""
    lines = ["| command | does | example |", "|---|---|---|"]
    for row in TABLE:
        cells = (f"`{row.usage(command)}`", row.does, f"`{command} {row.example}`".replace(" `", "`"))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _alone(line: str) -> Target | None:
    """An id with nothing around it."""
    target = read_target(line)
    return target if target.id and target.kind is None else None


def _first_word(line: str) -> tuple[str, str]:
    first, *rest = line.split(maxsplit=1)[:2] or [""]
    return first, rest[0] if rest else ""


def _mistyped(first: str, rest: str) -> intents.Help | None:
    """A slip in a command that is clear from what follows: `crate company`, `compnies owner:me`."""
    if first.lower() in _BY_WORD or not (near := nearest(first)):
        return None
    second = _first_word(rest)[0].lower()
    kind = KIND_WORDS.get(near.split()[0])
    if second in KIND_WORDS or (kind and rest and _is_qualified(kind, rest)):
        return intents.Help(first, nearest(f"{first} {rest}"))
    return None


def _is_qualified(kind: Kind, rest: str) -> bool:
    try:
        return is_qualified(kind, rest)
    except Misunderstood:
        return True


def _help(rest: str, _: Clock) -> Command:
    if not rest:
        return intents.Help()
    word = _first_word(rest)[0]
    row = _BY_WORD.get(word.lower())
    return intents.Help("", row.usage("").strip()) if row else intents.Help(word, nearest(word))


def _find(rest: str, _: Clock) -> Command:
    if not unquote(rest).strip():
        raise Misunderstood("What should I look for?", hint="For example:", line="find acme")
    return intents.Find(_sought(rest))


def _sought(text: str) -> str:
    """What to look for: of a web address that was pasted whole its host, which is what the CRM knows of it."""
    pasted = _ADDRESS.fullmatch(text)
    return pasted["host"] if pasted else unquote(text)


def _list(kind: Kind, rest: str, clock: Clock) -> Command:
    return read_list(kind, rest, clock)


def _workflows(rest: str, _: Clock) -> Command:
    return intents.Workflows(unquote(rest))


def _who(rest: str, _: Clock) -> Command:
    """Also as a question: `who is @ana?`, `who am I`."""
    asked = _AS_A_QUESTION.fullmatch(rest)
    whom = asked["whom"] if asked else rest
    return intents.Who(read_someone(whom) if whom and whom.lower() != "i" else Someone(me=True))


def _new(rest: str, clock: Clock) -> Command | None:
    """`new relic` is a company to look for; `new comapny` is a slip."""
    word, words = _first_word(rest)
    kind = KIND_WORDS.get(word.lower())
    kinds = ", ".join(WRITABLE[:-1]) + f" or {WRITABLE[-1]}"
    if kind in WRITABLE:
        values = prefill(kind, words, clock)
        return intents.New(kind, values, _about(words, values))
    if kind is Kind.MEMBER:
        raise Misunderstood("Members are added in Twenty itself.", hint=f"New what? {kinds}.")
    near = get_close_matches(word.lower(), list(KIND_WORDS), n=1, cutoff=0.7)
    if near or not word:
        nearest_kind = f" Did you mean {KIND_WORDS[near[0]].value}?" if near else ""
        example = "new task Call Ada tomorrow 3pm"
        raise Misunderstood(f"New what? {kinds}.{nearest_kind}", hint="For example:", line=example)
    return None


def _about(words: str, values: Mapping[str, Value]) -> intents.About | None:
    """Nothing more is looked for in a quoted title, nor for a note or task whose records are told."""
    if "title" not in values or "records" in values or unquote(words) != words:
        return None
    return read_about(str(values["title"]))


def _on(make: Callable[[Target], Command], verb: str, kind: Kind | None, rest: str, _: Clock) -> Command:
    """A command that needs a record; `done` takes tasks only."""
    target = read_target(rest, kind)
    if not target.words.strip() and not target.id:
        example = "done call ada" if kind is Kind.TASK else f"{verb} acme"
        raise Misunderstood(f"{verb.capitalize()} what?", hint="Words, a Twenty link or an id:", line=example)
    if kind and target.kind is not kind:
        raise Misunderstood(f"Only a {kind} can be {verb}.")
    if target.kind is Kind.MEMBER and verb != "show":
        raise Misunderstood("Members are read only here; they are managed in Twenty itself.")
    return make(target)


def _history(rest: str, _: Clock) -> Command:
    scopes: dict[str, Literal["mine", "team"]] = {
        "": "mine",
        "mine": "mine",
        "me": "mine",
        "team": "team",
        "all": "team",
    }
    if scope := scopes.get(rest.lower()):
        return intents.History(scope=scope)
    return intents.History(read_target(rest), "record")


def _bare(command: Command, rest: str, _: Clock) -> Command | None:
    """A command that takes nothing; `status quo` is a name to look for."""
    return None if rest else command


def _lists(kind: Kind, does: str, example: str, *also: str) -> Row:
    reader = partial(_list, kind)
    return Row(kind.plural, "[words] [qualifiers]", does, example, "Look up", reader, also=(kind.value, *also))


def _acts(verb: str, make: Callable[[Target], Command], arguments: str, does: str, example: str, *also: str) -> Row:
    section: Section = "Look up" if verb == "show" else "Change"
    reader = partial(_on, make, verb, Kind.TASK if verb == "done" else None)
    return Row(verb, arguments, does, example, section, reader, also=also)


_WHAT = "<words, Twenty link or id>"

TABLE: tuple[Row, ...] = (
    Row("find", "<words>",
        "Companies, people and deals by name, email, domain or phone number; `find` may be left out",
        "acme", "Look up", _find, also=("search", "lookup")),
    _lists(Kind.COMPANY, "A list of companies", "companies city:paris,london has:owner"),
    _lists(Kind.PERSON, "A list of people", 'people company:"Northwind Traders" has:email', "contacts", "contact"),
    _lists(Kind.DEAL, "A list of deals; without words the open ones", "deals stage:proposal amount:>10k",
           "opportunities", "opportunity"),
    _lists(Kind.NOTE, "A list of notes", "notes pricing created:last-90-days"),
    _lists(Kind.TASK, "A list of tasks; mine and open ones unless you say otherwise", "tasks owner:anyone due:overdue"),
    _lists(Kind.MEMBER, "The CRM's members", "members ana"),
    Row("workflows", "[words]", "The CRM's workflows and their status", "workflows", "Look up", _workflows,
        also=("workflow",)),
    Row("who", "[@somebody]", "The CRM person or member behind a Slack user, with open deals", "who @ana",
        "Look up", _who, also=("whois",)),
    _acts("show", intents.Show, _WHAT, "A record's card", "show company acme"),
    Row("new", "company|person|deal|note|task [words]",
        "A form, filled in from the words, `note to acme` attached to Acme; saved after Confirm",
        "new task Call Ada tomorrow 3pm", "Change", _new, also=("create", "add")),
    _acts("edit", intents.Edit, _WHAT, "A form to change a record", "edit company acme", "change", "update"),
    _acts("delete", intents.Delete, _WHAT, "Put a record into the trash, after Confirm", "delete note old minutes",
          "remove"),
    _acts("done", intents.Done, "<task>", "Complete a task, after Confirm", "done call ada", "complete"),
    Row("pending", "", "My undecided proposals, as live cards, and what waits for my decision", "pending",
        "Follow up", partial(_bare, intents.Pending())),
    Row("history", "[team or a record]", "Who proposed, confirmed and undid what, and when", "history acme",
        "Follow up", _history),
    Row("connect", "", "Connect this workspace to its CRM (admins)", "connect", "Set up",
        partial(_bare, intents.Connect())),
    Row("disconnect", "", "Forget this workspace's CRM (admins)", "disconnect", "Set up",
        partial(_bare, intents.Disconnect())),
    Row("status", "", "How the connection is doing", "status", "Set up", partial(_bare, intents.Status())),
    Row("settings", "", "Who may write, and other choices (admins)", "settings", "Set up",
        partial(_bare, intents.Settings())),
    Row("help", "[command]", "This table, or what one command takes", "help deals", "Set up", _help, also=("?",)),
)  # fmt: skip
"""Every command, in the order in which help shows them."""

_BY_WORD = {word: row for row in TABLE for word in (row.name, *row.also)}
