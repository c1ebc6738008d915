"""What people type after the command."""

from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.errors import Misunderstood
from bot.language import intents
from bot.language.commands import TABLE, markdown_table, nearest, parse
from bot.language.intents import Command, Target
from bot.models import Kind, Someone

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 3, 26, 10, 0, tzinfo=ZoneInfo(BERLIN))
ID = "5f0c1b7e-0000-4000-8000-00000000000a"


def read(text: str) -> Command:
    return parse(text, now=NOW, timezone=BERLIN)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", intents.Help()),
        ("  ", intents.Help()),
        ("help", intents.Help()),
        ("HELP", intents.Help()),
        ("help find", intents.Help("", "find <words>")),
        ("help hlep", intents.Help("hlep", "help [command]")),
        ("acme", intents.Find("acme")),
        ("find acme", intents.Find("acme")),
        ("find help", intents.Find("help")),
        ('find "help"', intents.Find("help")),
        ("O\u2019Brien", intents.Find("O\u2019Brien")),
        ('5" disk', intents.Find('5" disk')),
        ("find stage:meeting", intents.Find("stage:meeting")),
        ("A &amp; B &lt;x&gt;", intents.Find("A & B <x>")),
        ("<http://acme.com|acme.com>", intents.Find("acme.com")),
        ("<mailto:ada@x.org|ada@x.org>", intents.Find("ada@x.org")),
        ("new relic", intents.Find("new relic")),
        ("status quo", intents.Find("status quo")),
        ("hlep", intents.Find("hlep")),
        ("crate company Acme", intents.Help("crate", "new company Acme")),
        ("compnies owner:me", intents.Help("compnies", "companies owner:me")),
        ("workflows", intents.Workflows()),
        ("workflow onboarding", intents.Workflows("onboarding")),
        ("who", intents.Who(Someone(me=True))),
        ("who <@U123|ana>", intents.Who(Someone(user_id="U123"))),
        ("who @ana", intents.Who(Someone(words="ana"))),
        ("who is <@U123|ana>?", intents.Who(Someone(user_id="U123"))),
        ("who is Ada Lovelace", intents.Who(Someone(words="Ada Lovelace"))),
        ("who am I?", intents.Who(Someone(me=True))),
        ("who isabel", intents.Who(Someone(words="isabel"))),
        ("<@U123|ana>", intents.Who(Someone(user_id="U123"))),
        ("@ana", intents.Who(Someone(words="ana"))),
        ("show acme", intents.Show(Target(words="acme"))),
        (f"show {ID}", intents.Show(Target(id=ID))),
        (ID.upper(), intents.Show(Target(id=ID))),
        (f"<https://x.twenty.com/object/opportunity/{ID}>", intents.Show(Target(id=ID, kind=Kind.DEAL))),
        (f"show <https://crm.x.org/object/person/{ID}?view=1>", intents.Show(Target(id=ID, kind=Kind.PERSON))),
        ("edit company acme", intents.Edit(Target(words="acme", kind=Kind.COMPANY))),
        ("edit company Companies House", intents.Edit(Target(words="Companies House", kind=Kind.COMPANY))),
        ("Edit Companies acme", intents.Edit(Target(words="acme", kind=Kind.COMPANY))),
        ("edit opportunity renewal", intents.Edit(Target(words="renewal", kind=Kind.DEAL))),
        ("delete old minutes", intents.Delete(Target(words="old minutes"))),
        (f"delete note {ID}", intents.Delete(Target(id=ID, kind=Kind.NOTE))),
        ("done call ada", intents.Done(Target(words="call ada", kind=Kind.TASK))),
        ("done task call ada", intents.Done(Target(words="call ada", kind=Kind.TASK))),
        (f"done https://x.twenty.com/object/task/{ID}", intents.Done(Target(id=ID, kind=Kind.TASK))),
        ("pending", intents.Pending()),
        ("history", intents.History()),
        ("history team", intents.History(scope="team")),
        ("history company acme", intents.History(Target(words="acme", kind=Kind.COMPANY), "record")),
        ("connect", intents.Connect()),
        ("disconnect", intents.Disconnect()),
        ("status", intents.Status()),
        ("settings", intents.Settings()),
    ],
)
def test_each_command_is_understood(text: str, command: Command) -> None:
    """A known first word is a command, whatever its case; everything else is looked for as written."""
    assert read(text) == command


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("find", "look for"),
        ("new", "New what? company, person, deal, note or task."),
        ("new comapny Acme", "Did you mean company?"),
        ("new member Ana", "added in Twenty"),
        ("edit", "Edit what?"),
        ('delete ""', "Delete what?"),
        ("delete member ana", "read only"),
        (f"done https://x.twenty.com/object/company/{ID}", "Only a task can be done."),
    ],
)
def test_half_a_command_says_what_is_missing(text: str, says: str) -> None:
    """A command without its object is no guess: the sentence says what may follow."""
    with pytest.raises(Misunderstood, match=says.replace("?", r"\?")):
        read(text)


@pytest.mark.parametrize(
    ("title", "what", "left"),
    [
        ("to acme", Target(words="acme"), ""),
        ("for company acme", Target(words="acme", kind=Kind.COMPANY), ""),
        ("about acme: they are keen", Target(words="acme"), "they are keen"),
        (f"on https://x.twenty.com/object/person/{ID}", Target(id=ID, kind=Kind.PERSON), ""),
        ("Budget call for Acme", Target(words="Acme"), "Budget call for Acme"),
        ("Talk to Ben about the Acme renewal", Target(words="Acme renewal"), "Talk to Ben about the Acme renewal"),
        ("Re: to Acme", Target(words="Acme"), "Re: to Acme"),
        ("Ask for IT", Target(words="IT"), "Ask for IT"),
    ],
)
def test_a_title_can_speak_of_a_record(title: str, what: Target, left: str) -> None:
    """Behind the last `to`, `for`, `on` or `about`; the title stays whole unless that is all there is."""
    command = read(f"add note {title}")

    assert isinstance(command, intents.New)
    assert command.about == intents.About(what, left)


@pytest.mark.parametrize(
    "typed",
    [
        "note Call Ada",
        'note "to acme"',
        "task to acme records:ada",
        "company Made for You",
        "task Wait for it",
        "note to us: it is late",
    ],
)
def test_nothing_is_looked_for_where_nothing_is_spoken_of(typed: str) -> None:
    """A quoted title is just that, who names the records needs none guessed, names stay whole, and `it` is none."""
    command = read(f"new {typed}")

    assert isinstance(command, intents.New)
    assert command.about is None


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_example_is_its_own_command(row: Any) -> None:
    """The example in help does what its row says."""
    command = type(read(row.example)).__name__.lower()
    kinds = {kind.plural for kind in Kind}
    assert command == ("list" if row.name in kinds else row.name)


@pytest.mark.parametrize(
    ("typed", "sought"),
    [
        ("<https://contoso.example/>", "contoso.example"),
        ("find <https://www.contoso.example/jobs?x=1|contoso>", "contoso.example"),
        ("<http://contoso.example:8080>", "contoso.example"),
        ("contoso.example", "contoso.example"),
        ("<https://contoso.example> renewal", "https://contoso.example renewal"),
        ('"https://contoso.example"', "https://contoso.example"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_a_pasted_web_address_is_looked_for_by_its_host(typed: str, sought: str) -> None:
    """The CRM keeps the domain; with words beside it, or quoted, it is looked for as it was typed."""
    assert read(typed) == intents.Find(sought)


@pytest.mark.parametrize("kind", list(Kind))
def test_singular_and_plural_list_the_same(kind: Kind) -> None:
    """`company acme` and `companies acme` are one list."""
    singular, plural = read(f"{kind.value} acme"), read(f"{kind.plural} acme")
    assert singular == plural
    assert isinstance(singular, intents.List)
    assert (singular.query.kind, singular.query.words) == (kind, "acme")


@pytest.mark.parametrize(
    ("words", "usage"),
    [
        ("hlep", "help [command]"),
        ("compnies", "companies [words] [qualifiers]"),
        ("serach acme", "find acme"),
        ("undo", "history"),
        ("Cancel that", "pending"),
        ("acme", ""),
        ("", ""),
    ],
)
def test_a_slip_is_near_a_command(words: str, usage: str) -> None:
    """Words that found nothing can be told the command that they almost are."""
    assert nearest(words) == usage


def test_the_readme_table_names_every_command() -> None:
    """The table has one line per command, under the command's configured name, with its pipes escaped."""
    table = markdown_table("/deal").splitlines()
    assert len(table) == len(TABLE) + 2
    assert all(line.count("|") - line.count("\\|") == 4 for line in table)
    assert "`/deal find <words>`" in table[2]


@settings(deadline=None, max_examples=300)  # the first example pays for importing dateparser
@given(
    st.one_of(
        st.text(max_size=80),
        st.tuples(
            st.sampled_from([word for row in TABLE for word in (row.name, *row.also)]),
            st.sampled_from(["", "company", "task", "deal", "person", "note"]),
            st.text(max_size=40),
        ).map(" ".join),
        st.lists(
            st.sampled_from(
                ["deals", "tasks", "new", "task", "deal", "due:", "amount:", ">", "<=", "-", "today", "10k", "..", ",",
                 " ", '"', "\u201c", "\\", "<@U1|a>", "sort:", "has:", "2026-02-30", "9999-12-31", "where ", "a[eq]:1",
                 " order id"]
            ),
            max_size=12,
        ).map("".join),
    )
)  # fmt: skip
@example("tasks due:9999-12-31")
@example("new task 9999-12-31")
@example("tasks due:<0001-01-01")
@example("show " + "task " * 2000 + "x")
def test_nothing_but_misunderstood_is_ever_raised(text: str) -> None:
    """Whatever is typed becomes a command or a sentence."""
    with suppress(Misunderstood):
        read(text)
