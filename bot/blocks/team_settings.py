"""The form of a team's settings: presets that people understand, and back from what was submitted to the settings.

The form holds one rule of who decides and one of what is never allowed; it is the only way to edit them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from bot.blocks import ids
from bot.blocks.primitives import Block, View, header, modal, option, plain_text
from bot.changes import Verb
from bot.language.money import format_money, parse_money, unknown_currency
from bot.models import WRITABLE, Kind, Money, UserId
from bot.team_settings import Approval, CardPlacing, Effect, Rule, TeamSettings

DECIDES, APPROVERS, VERBS, KINDS, AMOUNT, NEVER = "decides", "approvers", "verbs", "kinds", "amount", "never"
WRITERS, MEMBERS = "writers", "members"
ADDRESS, PLACE, CURRENCY = "address", "place", "currency"

MEMBERS_ONLY = "members"
NAMED_PEOPLE = 100

_DECIDES = {
    Approval.SELF: "The proposer",
    Approval.ANOTHER: "Another person",
    Approval.NAMED: "Named approvers",
}
_VERBS = {Verb.CREATE: "New records", Verb.UPDATE: "Changes", Verb.DELETE: "Deletions"}
_PLACES = {
    CardPlacing.THREAD: "In the message's thread",
    CardPlacing.PRIVATE: "Privately, to the proposer",
    CardPlacing.DM: "In a direct message",
}
_ADDRESS = re.compile(r"https://[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+(?::\d{1,5})?")


class Settled(Struct, frozen=True):
    """What was submitted: the settings, or what is wrong at which field."""

    settings: TeamSettings = field(default_factory=TeamSettings)
    errors: Mapping[str, str] = field(default_factory=dict)


def settings_form(settings: TeamSettings) -> View:
    """The form, filled in with what is settled."""
    rule = _first(settings, Effect.ALLOW)
    never = _first(settings, Effect.DENY)
    blocks = [
        header("Who decides"),
        _input(DECIDES, "Who decides", _radio(_DECIDES, rule.approval), hint="Nothing is written before they confirm."),
        _input(APPROVERS, "Approvers", _people(rule.users), optional=True, hint="For “Named approvers”: one of them."),
        _input(VERBS, "For which changes", _boxes(_VERBS, rule.verbs), optional=True, hint="None checked: all."),
        _input(KINDS, "For which records", _boxes(_kinds(), rule.kinds), optional=True, hint="None checked: all."),
        _input(AMOUNT, "From which amount", _line(_amount(rule, settings)), optional=True, hint=_AMOUNT_HINT),
        _input(NEVER, "Not allowed at all", _boxes(_VERBS, never.verbs), optional=True, hint=_NEVER_HINT),
        header("Who may write"),
        _input(WRITERS, "Writers", _people(settings.writers), optional=True, hint=_WRITERS_HINT),
        _input(MEMBERS, "CRM membership", _members_box(settings), optional=True, hint=_MEMBERS_HINT),
        header("Everything else"),
        _input(ADDRESS, "CRM web address", _line(settings.crm_web_address), optional=True, hint=_ADDRESS_HINT),
        _input(PLACE, "Where cards go", _radio(_PLACES, settings.card_place)),
        _input(CURRENCY, "Default currency", _line(settings.currency), hint="For amounts typed without one: EUR, USD."),
    ]
    return modal("CRM settings", blocks, ids.FORM_SETTINGS, submit="Save")


_AMOUNT_HINT = "Only for changes that name at least this amount, in whatever currency. Empty: every amount."
_NEVER_HINT = "Nobody can confirm these from Slack, whatever is settled above."
_WRITERS_HINT = "Only these people propose and decide. Empty: everybody but guests."
_MEMBERS_HINT = "Matched by equal email addresses, at every click."
_ADDRESS_HINT = "For links to records, such as https://acme.twenty.com"


def read_settings(view: Mapping[str, Any]) -> Settled:
    """The settings of a submission; a mistake is said at its field and nothing of it is used."""
    reader = _Reader((view.get("state") or {}).get("values") or {})
    currency = reader.parsed(CURRENCY, _currency, TeamSettings().currency)
    settings = TeamSettings(
        writers=reader.people(WRITERS),
        require_members=MEMBERS_ONLY in reader.checked(MEMBERS),
        rules=_rules(reader, currency),
        crm_web_address=reader.parsed(ADDRESS, web_address, ""),
        card_place=CardPlacing(reader.chosen(PLACE, CardPlacing.THREAD)),
        currency=currency,
    )
    return Settled(settings, reader.errors)


def web_address(text: str) -> str:
    """`https://host` of a CRM's web address; `ValueError` for anything that is more or less than that."""
    typed = text if "://" in text else f"https://{text}"
    address = typed.lower().rstrip("/")
    if not _ADDRESS.fullmatch(address):
        raise ValueError("Only https:// and a host name, such as https://acme.twenty.com, without a path.")
    return address


# Reading


class _Reader:
    """The submitted state by block id; collects what is wrong."""

    def __init__(self, values: Mapping[str, Mapping[str, Any]]) -> None:
        self._values = values
        self.errors: dict[str, str] = {}

    def _state(self, block: str) -> Mapping[str, Any]:
        return (self._values.get(block) or {}).get(ids.INPUT) or {}

    def chosen(self, block: str, default: str) -> str:
        return str((self._state(block).get("selected_option") or {}).get("value") or default)

    def checked(self, block: str) -> frozenset[str]:
        return frozenset(each["value"] for each in self._state(block).get("selected_options") or ())

    def people(self, block: str) -> tuple[UserId, ...]:
        return tuple(UserId(each) for each in self._state(block).get("selected_users") or ())

    def parsed(self, block: str, parse: Callable[[str], Any], default: Any) -> Any:
        text = str(self._state(block).get("value") or "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.errors[block] = str(error)
            return default


def _rules(reader: _Reader, currency: str) -> tuple[Rule, ...]:
    approval, users = Approval(reader.chosen(DECIDES, Approval.SELF)), reader.people(APPROVERS)
    if approval is Approval.NAMED and not users:
        reader.errors[APPROVERS] = "Name at least one person."
    allow = Rule(
        approval=approval,
        users=users if approval is Approval.NAMED else (),
        verbs=frozenset(map(Verb, reader.checked(VERBS))),
        kinds=frozenset(map(Kind, reader.checked(KINDS))),
        min_amount=reader.parsed(AMOUNT, lambda text: _micros(text, currency), None),
    )
    never = frozenset(map(Verb, reader.checked(NEVER)))
    deny = Rule(effect=Effect.DENY, verbs=never)
    return (*([allow] if approval is not Approval.SELF else []), *([deny] if never else []))


def _micros(text: str, currency: str) -> int:
    money = parse_money(text, currency)
    if money is None or money.micros <= 0:
        raise ValueError(unknown_currency(text) or "An amount such as 10,000 or 10k.")
    return money.micros


def _currency(text: str) -> str:
    code = text.upper()
    if not re.fullmatch(r"[A-Z]{3}", code) or parse_money(f"1 {code}", "") is None:
        raise ValueError("A currency's three letters, such as EUR or USD.")
    return code


# Showing


def _first(settings: TeamSettings, effect: Effect) -> Rule:
    return next((rule for rule in settings.rules if rule.effect is effect), Rule())


def _kinds() -> dict[Kind, str]:
    return {kind: kind.plural.capitalize() for kind in WRITABLE}


def _amount(rule: Rule, settings: TeamSettings) -> str:
    if rule.min_amount is None:
        return ""
    return " ".join(reversed(format_money(Money(rule.min_amount, settings.currency)).split(" ", 1)))


def _input(block_id: str, label: str, element: Block, *, optional: bool = False, hint: str = "") -> Block:
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain_text(label, 2_000),
        "optional": optional,
        "element": {**element, "action_id": ids.INPUT},
    }
    return {**block, "hint": plain_text(hint, 2_000)} if hint else block


def _line(text: str) -> Block:
    element: Block = {"type": "plain_text_input", "multiline": False}
    return {**element, "initial_value": text} if text else element


def _people(users: Sequence[UserId]) -> Block:
    element: Block = {"type": "multi_users_select", "max_selected_items": NAMED_PEOPLE}
    return {**element, "initial_users": list(users)} if users else element


def _radio(choices: Mapping[Any, str], chosen: str) -> Block:
    options = [option(text, str(value)) for value, text in choices.items()]
    initial = next((each for each in options if each["value"] == str(chosen)), options[0])
    return {"type": "radio_buttons", "options": options, "initial_option": initial}


def _boxes(choices: Mapping[Any, str], checked: frozenset[Any]) -> Block:
    options = [option(text, str(value)) for value, text in choices.items()]
    initial = [each for each in options if each["value"] in {str(value) for value in checked}]
    element: Block = {"type": "checkboxes", "options": options}
    return {**element, "initial_options": initial} if initial else element


def _members_box(settings: TeamSettings) -> Block:
    chosen = frozenset({MEMBERS_ONLY} if settings.require_members else ())
    return _boxes({MEMBERS_ONLY: "Only CRM members may propose and decide"}, chosen)
