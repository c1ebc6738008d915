"""Who may propose and who decides, by the team's own settings: pure rules, asked again at every click.

A rule applies by verb, record type and amount. Every rule that applies must be satisfied, an explicit deny wins over
all of them, and where none applies the proposer decides. People are matched by Slack's ids, never by names.
"""

from collections.abc import Iterable

from msgspec import Struct

from bot.changes import Change, Verb
from bot.models import Money, Profile, Record, UserId
from bot.proposal import Proposal
from bot.team_settings import Approval, CardPlacing, Effect, Rule, TeamSettings

NOT_A_PERSON = "Only full members of this workspace can write to its CRM."
NOT_A_WRITER = "In this workspace only the people whom its admins named write to the CRM; an admin can change that."
NOT_A_MEMBER = (
    "In this workspace only CRM members write to the CRM, and no CRM member has your Slack email address. "
    "Ask a CRM admin to invite you, or propose it through a colleague."
)
FORBIDDEN = "This workspace's policy does not allow it from Slack, so nobody can confirm it. An admin can change that."
FORBIDDEN_TO_YOU = "This workspace's policy does not let you do this. An admin can change that."
NOT_THE_PROPOSER = "This workspace's policy asks for somebody other than the proposer to decide."
NOT_AN_APPROVER = "Only the approvers whom this workspace's policy names can decide this; the card says who they are."
NO_APPROVER = "This workspace's policy leaves nobody who could decide this. An admin can change that."
PROPOSER_ONLY = "Only the one who proposed this can decide it."


class Demand(Struct, frozen=True):
    """What all rules together ask for: anybody but the proposer, and/or one of `named` (None: not limited)."""

    another: bool = False
    named: frozenset[UserId] | None = None
    order: tuple[UserId, ...] = ()

    @property
    def is_the_proposers(self) -> bool:
        """Whether no rule asks for anybody: the proposer decides."""
        return not self.another and self.named is None


def refusal(settings: TeamSettings, proposal: Proposal, by: Profile, member: Record | None) -> str | None:
    """Why this person may not decide the proposal, as a sentence; None when that person may."""
    change = proposal.change
    if sentence := _denied(settings, change, by.user_id):
        return sentence
    demand = demanded(settings, change)
    is_named = demand.named is not None and by.user_id in demand.named
    if sentence := _no_right(settings, by, member, is_named=is_named):
        return sentence
    is_proposer = by.user_id == proposal.proposer
    if demand.named is not None and not is_named:
        return NOT_AN_APPROVER if demand.named else NO_APPROVER
    if demand.another and is_proposer:
        return NOT_THE_PROPOSER
    return PROPOSER_ONLY if demand.is_the_proposers and not is_proposer else None


def may_propose(settings: TeamSettings, by: Profile, member: Record | None, change: Change | None = None) -> str | None:
    """Why this person may not propose (this change), as a sentence; None when that person may."""
    if change and (sentence := _denied(settings, change, by.user_id)):
        return sentence
    return _no_right(settings, by, member, is_named=False)


def who_decides(settings: TeamSettings, change: Change) -> str:
    """The sentence for the card, in mrkdwn: named approvers are mentioned."""
    if any(not rule.users for rule in _denying(settings, change)):
        return FORBIDDEN
    demand = demanded(settings, change)
    if demand.is_the_proposers:
        return "The proposer decides."
    if demand.named is None:
        return "Somebody other than the proposer must decide."
    if not demand.named:
        return NO_APPROVER
    people = _any_of(f"<@{user}>" for user in demand.order)
    return f"To be decided by {people}{', but not by the proposer' if demand.another else ''}."


def needs_others(settings: TeamSettings, change: Change) -> bool:
    """Whether somebody other than the proposer may have to decide."""
    return not demanded(settings, change).is_the_proposers


def placing(settings: TeamSettings, change: Change, *, from_message: bool) -> CardPlacing:
    """Where the card belongs: where others see it if they decide, else as settled; without a message is no thread."""
    if needs_others(settings, change):
        return CardPlacing.THREAD
    if settings.card_place is CardPlacing.THREAD and not from_message:
        return CardPlacing.PRIVATE
    return settings.card_place


def approvers(settings: TeamSettings, change: Change) -> tuple[UserId, ...]:
    """The people of whom one must decide; empty when the policy names none."""
    return demanded(settings, change).order


def demanded(settings: TeamSettings, change: Change) -> Demand:
    """What all rules that apply to the change ask for together."""
    another = False
    named: frozenset[UserId] | None = None
    order: tuple[UserId, ...] = ()
    for rule in _applying(settings, change, Effect.ALLOW):
        another = another or rule.approval is Approval.ANOTHER
        if rule.approval is Approval.NAMED:
            named = frozenset(rule.users) if named is None else named & frozenset(rule.users)
            order = tuple(user for user in rule.users if user in named)
    return Demand(another, named, order)


def applies(rule: Rule, change: Change) -> bool:
    """Whether a rule speaks of this change. One with an amount speaks only of changes that name an amount."""
    if (rule.verbs and _as_ruled(change.verb) not in rule.verbs) or (rule.kinds and change.kind not in rule.kinds):
        return False
    return rule.min_amount is None or rule.min_amount <= biggest_amount(change)


def biggest_amount(change: Change) -> int:
    """The largest amount that stands on the card, old or new, in millionths; 0 when there is none."""
    values = (value for each in change.fields for value in (each.old, each.new))
    return max((abs(value.micros) for value in values if isinstance(value, Money)), default=0)


def _as_ruled(verb: Verb) -> Verb:
    """A restore brings a record into the CRM, so whatever is ruled for creates is ruled for it."""
    return Verb.CREATE if verb is Verb.RESTORE else verb


def _applying(settings: TeamSettings, change: Change, effect: Effect) -> list[Rule]:
    return [rule for rule in settings.rules if rule.effect is effect and applies(rule, change)]


def _denying(settings: TeamSettings, change: Change) -> list[Rule]:
    return _applying(settings, change, Effect.DENY)


def _denied(settings: TeamSettings, change: Change, user: UserId) -> str | None:
    denying = _denying(settings, change)
    if any(not rule.users for rule in denying):
        return FORBIDDEN
    return FORBIDDEN_TO_YOU if any(user in rule.users for rule in denying) else None


def _no_right(settings: TeamSettings, by: Profile, member: Record | None, *, is_named: bool) -> str | None:
    """An approver whom a rule names need not stand among the writers, but must be a CRM member where that is asked."""
    if not by.is_full_member:
        return NOT_A_PERSON
    if settings.writers and by.user_id not in settings.writers and not is_named:
        return NOT_A_WRITER
    return NOT_A_MEMBER if settings.require_members and member is None else None


def _any_of(people: Iterable[str]) -> str:
    *most, last = people
    return f"{', '.join(most)} or {last}" if most else last
