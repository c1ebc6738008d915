"""The table of commands, in private, whenever somebody asks for it or is not understood."""

from itertools import groupby

from bot.blocks.primitives import Block, Line, Message, bullets, footnote, header, leaf, message, paragraph
from bot.language.clipping import clip
from bot.language.commands import TABLE, Row
from bot.language.intents import Help
from bot.language.qualifiers import qualifiers_help
from bot.language.spoken import EXAMPLES
from bot.language.targets import KIND_WORDS

QUALIFIERS = (
    'They take qualifiers: stage:meeting,proposal owner:me company:"Acme Inc" due:overdue amount:>10k '
    "created:>2026-01-01 has:email no:phone sort:amount-desc; a leading - negates. "
    "For the rest: where <raw Twenty filter>, order <raw order_by>."
)


def table(asked: Help, *, command: str) -> Message:
    """Every command by section, for an unknown word first the nearest; or only the one that was asked about."""
    if not asked.unknown and (row := next((each for each in TABLE if each.usage("").strip() == asked.nearest), None)):
        return _one(row, command)
    return message(
        [
            _unknown(asked, command),
            header(f"What {command} can do"),
            *(_section(name, list(rows), command) for name, rows in groupby(TABLE, key=lambda row: row.section)),
            footnote(f"Lists can be asked for as one says it, too: {', '.join(EXAMPLES)}. {QUALIFIERS}"),
            footnote("Answers are private to you. Nothing is written to the CRM before somebody presses Confirm."),
        ]
    )


def _one(row: Row, command: str) -> Message:
    """What one command takes, by an example, and for a list by every word that narrows it."""
    kind = KIND_WORDS.get(row.name)
    narrowed = f"Qualifiers: {qualifiers_help(kind)}; a leading - negates." if kind else ""
    return message(
        [
            paragraph(_line(row, command)),
            paragraph([leaf("For example: "), leaf(f"{command} {row.example}", code=True)]),
            footnote(narrowed) if narrowed else None,
            footnote(f"All commands: {command} help"),
        ]
    )


def _unknown(asked: Help, command: str) -> Block | None:
    if not asked.unknown:
        return None
    nearest = leaf(clip(f"{command} {asked.nearest}", 200), code=True)
    guess = [leaf(" Did you mean "), nearest, leaf("?")] if asked.nearest else []
    return paragraph([leaf(f"I do not know “{clip(asked.unknown, 200)}”."), *guess])


def _section(name: str, rows: list[Row], command: str) -> Block:
    listed = bullets(*(_line(row, command) for row in rows))
    title = {"type": "rich_text_section", "elements": [leaf(name, bold=True)]}
    return {**listed, "elements": [title, *listed["elements"]]}


def _line(row: Row, command: str) -> Line:
    return [leaf(row.usage(command), code=True), *_with_code(f" {row.does}")]


def _with_code(text: str) -> Line:
    """Text in which backticks set off what is typed, as the README has it."""
    parts = text.split("`")
    return [leaf(part, code=bool(place % 2)) for place, part in enumerate(parts)]
