"""What a team has settled for itself: who may write, who decides, where cards go."""

from enum import StrEnum

from msgspec import Struct

from bot.changes import Verb
from bot.models import Kind, UserId


class Effect(StrEnum):
    """Whether a rule says who decides, or that it must not happen at all."""

    ALLOW = "allow"
    DENY = "deny"


class Approval(StrEnum):
    """Who decides: the proposer, anybody but the proposer, or the people the rule names."""

    SELF = "self"
    ANOTHER = "another"
    NAMED = "named"


class CardPlacing(StrEnum):
    """Where a proposal's card goes first; where the bot may not post there, it goes on as product.md section 3 says."""

    THREAD = "thread"
    PRIVATE = "private"
    DM = "dm"


class Rule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the policy. It applies to a change of these verbs and kinds (empty: all) from this amount on.

    `users` are the approvers of a `NAMED` rule, and those whom a `DENY` concerns (empty: everybody). `min_amount` is in
    millionths of whatever currency the change names.
    """

    effect: Effect = Effect.ALLOW
    verbs: frozenset[Verb] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    min_amount: int | None = None
    approval: Approval = Approval.SELF
    users: tuple[UserId, ...] = ()


class TeamSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A team's own settings; the defaults are those of a team that never opened the form.

    `writers` may propose and decide (empty: everybody). With `require_members` both must be members of the CRM too,
    by equal email address.
    """

    writers: tuple[UserId, ...] = ()
    require_members: bool = False
    rules: tuple[Rule, ...] = ()
    crm_web_address: str = ""
    card_place: CardPlacing = CardPlacing.THREAD
    currency: str = "USD"
