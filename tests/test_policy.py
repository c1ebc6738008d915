"""Who may propose and who decides."""

from datetime import UTC, datetime

import pytest

from bot import policy
from bot.changes import Change, FieldChange, Verb
from bot.models import Kind, Money, Profile, Record, TeamId, UserId
from bot.proposal import Proposal
from bot.team_settings import Approval, CardPlacing, Effect, Rule, TeamSettings

ANA, BEN, CLEO = UserId("U0ANA0001"), UserId("U0BEN0001"), UserId("U0CLEO001")
NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
MEMBER = Record(kind=Kind.MEMBER, id="m1", name="Ana", values={"email": "ana@acme.example"})
MILLION = 1_000_000


def profile(user: UserId, **more: bool) -> Profile:
    return Profile(user_id=user, team="T0ACME001", email="x@acme.example", **more)


def change(
    verb: Verb = Verb.UPDATE, kind: Kind = Kind.DEAL, *, old: int | None = None, new: int | None = None
) -> Change:
    amounts = [None if each is None else Money(each * MILLION, "EUR") for each in (old, new)]
    fields = (FieldChange("amount", *amounts),) if any(amounts) else (FieldChange("name", "a", "b"),)
    return Change(verb=verb, kind=kind, record_id="r1", name="Renewal", fields=fields)


def proposal(what: Change, proposer: UserId = ANA) -> Proposal:
    return Proposal(
        id="p1", team_id=TeamId("T0ACME001"), change=what, proposer=proposer, created_at=NOW, expires_at=NOW
    )


def settled(*rules: Rule, writers: tuple[UserId, ...] = (), require_members: bool = False) -> TeamSettings:
    return TeamSettings(rules=rules, writers=writers, require_members=require_members)


def deny(**more: object) -> Rule:
    return Rule(effect=Effect.DENY, **more)  # type: ignore[arg-type]


ANOTHER = Rule(approval=Approval.ANOTHER)
BY_CLEO = Rule(approval=Approval.NAMED, users=(CLEO,))
BY_BEN_OR_CLEO = Rule(approval=Approval.NAMED, users=(BEN, CLEO))
DELETES = frozenset({Verb.DELETE})
DEALS = frozenset({Kind.DEAL})


@pytest.mark.parametrize(
    ("settings", "by", "expected"),
    [
        pytest.param(settled(), ANA, None, id="nothing settled, the proposer"),
        pytest.param(settled(), BEN, policy.PROPOSER_ONLY, id="nothing settled, somebody else"),
        pytest.param(settled(Rule()), ANA, None, id="a rule for the proposer"),
        pytest.param(settled(ANOTHER), ANA, policy.NOT_THE_PROPOSER, id="another, the proposer"),
        pytest.param(settled(ANOTHER), BEN, None, id="another, somebody else"),
        pytest.param(settled(BY_CLEO), CLEO, None, id="named, the one"),
        pytest.param(settled(BY_CLEO), BEN, policy.NOT_AN_APPROVER, id="named, somebody else"),
        pytest.param(settled(BY_CLEO), ANA, policy.NOT_AN_APPROVER, id="named, the proposer"),
        pytest.param(settled(BY_BEN_OR_CLEO, BY_CLEO), BEN, policy.NOT_AN_APPROVER, id="two named, only in one"),
        pytest.param(settled(BY_BEN_OR_CLEO, BY_CLEO), CLEO, None, id="two named, in both"),
        pytest.param(
            settled(Rule(approval=Approval.NAMED, users=(ANA, CLEO)), ANOTHER),
            ANA,
            policy.NOT_THE_PROPOSER,
            id="named and another, a named proposer",
        ),
        pytest.param(settled(Rule(approval=Approval.NAMED)), CLEO, policy.NO_APPROVER, id="named, but nobody is"),
        pytest.param(settled(deny()), ANA, policy.FORBIDDEN, id="denied to everybody"),
        pytest.param(settled(Rule(), deny(), BY_CLEO), CLEO, policy.FORBIDDEN, id="a deny wins over every allow"),
        pytest.param(settled(deny(users=(ANA,))), ANA, policy.FORBIDDEN_TO_YOU, id="denied to this one"),
        pytest.param(settled(ANOTHER, deny(users=(ANA,))), BEN, None, id="denied to another one"),
        pytest.param(settled(writers=(BEN,)), ANA, policy.NOT_A_WRITER, id="not among the writers"),
        pytest.param(settled(writers=(ANA,)), ANA, None, id="among the writers"),
        pytest.param(settled(ANOTHER, writers=(ANA,)), BEN, policy.NOT_A_WRITER, id="another, not a writer"),
        pytest.param(settled(BY_CLEO, writers=(ANA,)), CLEO, None, id="a named approver need not be a writer"),
    ],
)
def test_who_may_decide(settings: TeamSettings, by: UserId, expected: str | None) -> None:
    """Every rule that applies must be satisfied, a deny wins, and without rules the proposer decides."""
    assert policy.refusal(settings, proposal(change()), profile(by), None) == expected


@pytest.mark.parametrize(
    ("rule", "what", "expected"),
    [
        (Rule(verbs=DELETES), change(Verb.DELETE), True),
        (Rule(verbs=DELETES), change(Verb.UPDATE), False),
        (Rule(verbs=frozenset({Verb.CREATE})), change(Verb.RESTORE), True),
        (Rule(kinds=DEALS), change(kind=Kind.COMPANY), False),
        (Rule(verbs=DELETES, kinds=DEALS), change(Verb.DELETE, Kind.TASK), False),
        (Rule(min_amount=10_000 * MILLION), change(new=10_000), True),
        (Rule(min_amount=10_000 * MILLION), change(new=9_999), False),
        (Rule(min_amount=10_000 * MILLION), change(old=20_000, new=1), True),
        (Rule(min_amount=10_000 * MILLION), change(), False),
        (Rule(), change(), True),
    ],
)
def test_when_a_rule_applies(rule: Rule, what: Change, expected: bool) -> None:
    """A rule speaks of the verbs, record types and amounts that it names, and of all where it names none."""
    assert policy.applies(rule, what) is expected


@pytest.mark.parametrize("is_proposer", [True, False])
def test_members_only(is_proposer: bool) -> None:
    """Where CRM membership is required, both proposing and deciding need it."""
    settings = settled(require_members=True) if is_proposer else settled(ANOTHER, require_members=True)
    by = profile(ANA if is_proposer else BEN)
    assert policy.refusal(settings, proposal(change()), by, None) == policy.NOT_A_MEMBER
    assert policy.refusal(settings, proposal(change()), by, MEMBER) is None
    assert policy.may_propose(settings, by, None) == policy.NOT_A_MEMBER
    assert policy.may_propose(settings, by, MEMBER) is None


@pytest.mark.parametrize("flaw", ["is_guest", "is_bot", "is_deleted"])
def test_never_a_guest(flaw: str) -> None:
    """Guests, bots and former users neither propose nor decide, whatever the policy names."""
    by = profile(ANA, **{flaw: True})
    named = settled(Rule(approval=Approval.NAMED, users=(ANA,)))
    assert policy.refusal(named, proposal(change()), by, MEMBER) == policy.NOT_A_PERSON
    assert policy.may_propose(settled(), by, MEMBER) == policy.NOT_A_PERSON


def test_what_is_forbidden_is_said_before_it_is_proposed() -> None:
    """A change that nobody could confirm is refused when it is proposed."""
    settings = settled(deny(verbs=DELETES))
    assert policy.may_propose(settings, profile(ANA), None, change(Verb.DELETE)) == policy.FORBIDDEN
    assert policy.may_propose(settings, profile(ANA), None, change(Verb.UPDATE)) is None


@pytest.mark.parametrize(
    ("settings", "sentence", "others", "approvers"),
    [
        (settled(), "The proposer decides.", False, ()),
        (settled(ANOTHER), "Somebody other than the proposer must decide.", True, ()),
        (settled(BY_CLEO), "To be decided by <@U0CLEO001>.", True, (CLEO,)),
        (settled(BY_BEN_OR_CLEO), "To be decided by <@U0BEN0001> or <@U0CLEO001>.", True, (BEN, CLEO)),
        (
            settled(ANOTHER, BY_CLEO),
            "To be decided by <@U0CLEO001>, but not by the proposer.",
            True,
            (CLEO,),
        ),
        (settled(Rule(approval=Approval.NAMED)), policy.NO_APPROVER, True, ()),
        (settled(deny()), policy.FORBIDDEN, False, ()),
    ],
)
def test_the_card_says_who_decides(
    settings: TeamSettings, sentence: str, others: bool, approvers: tuple[UserId, ...]
) -> None:
    """The card names who decides, and stands where those people see it."""
    assert policy.who_decides(settings, change()) == sentence
    assert policy.needs_others(settings, change()) is others
    assert policy.approvers(settings, change()) == approvers


@pytest.mark.parametrize(
    ("place", "rule", "from_message", "belongs"),
    [
        (CardPlacing.THREAD, None, True, CardPlacing.THREAD),
        (CardPlacing.THREAD, None, False, CardPlacing.PRIVATE),
        (CardPlacing.PRIVATE, None, True, CardPlacing.PRIVATE),
        (CardPlacing.DM, None, True, CardPlacing.DM),
        (CardPlacing.DM, None, False, CardPlacing.DM),
        (CardPlacing.DM, ANOTHER, False, CardPlacing.THREAD),
        (CardPlacing.PRIVATE, BY_CLEO, True, CardPlacing.THREAD),
    ],
)
def test_where_a_card_belongs(place: CardPlacing, rule: Rule | None, from_message: bool, belongs: CardPlacing):
    """As settled, unless others decide: they must see it."""
    settings = TeamSettings(card_place=place, rules=(rule,) if rule else ())
    assert policy.placing(settings, change(), from_message=from_message) is belongs
