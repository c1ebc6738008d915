"""What can go wrong, sorted by who must act.

BotError                str() is a sentence for the person in Slack
├─ Misunderstood        the words or the form are off; nothing was asked of anybody  → they type it again
├─ NotAllowed           this person may not do this                                  → the sentence says who may
├─ NotConnected         the team has no working CRM connection                       → they run /crm connect
├─ NotFound             no such record, or not for us
├─ RateLimited          refused before it was executed; carries retry_after
├─ Refused              the CRM said no; nothing was written
│  ├─ UnknownField      ... because this CRM has no such field; carries its name
│  ├─ InvalidChoice     ... because the value is not one of `valid`
│  ├─ NotRouted         ... because this CRM does not offer the route
│  ├─ PermissionDenied  ... because the credential lacks the right
│  └─ Duplicate         ... because a unique value is taken (also by our own earlier, unanswered try)
├─ Unavailable          nothing was written                                          → trying again is safe
├─ CredentialBroken     the CRM's or the gateway's credential is not accepted; carries whose
└─ OutcomeUnknown       a write left, no answer came                                 → never repeat it blindly
"""

from typing import Literal


class BotError(Exception):
    """Anything the bot can explain: `str()` is a sentence for the person in Slack, without secrets or vendor SQL."""


class Misunderstood(BotError):
    """The words or the form are off. `hint` is the next step, where one is known.

    `line` is what to type for it, without the command's name, which an operator can choose.
    """

    def __init__(self, sentence: str, *, hint: str = "", line: str = "") -> None:
        super().__init__(sentence)
        self.hint = hint
        self.line = line


class NotAllowed(BotError):
    """This person may not do this here."""


class NotConnected(BotError):
    """The team has no CRM connection that works."""


class NotFound(BotError):
    """The CRM has no such record, or not for this connection."""


class RateLimited(BotError):
    """Refused before it was executed: nothing was written. `retry_after` is in seconds.

    `by_account`: the gateway's limit for all workspaces together, not the one of this CRM.
    """

    def __init__(self, sentence: str, *, retry_after: float, by_account: bool = False) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        self.by_account = by_account


class Refused(BotError):
    """The CRM said no; nothing was written."""


class UnknownField(Refused):
    """This CRM's object has no such field (twenty.md section 1.3): `field` is Twenty's name for it."""

    def __init__(self, sentence: str, *, field: str) -> None:
        super().__init__(sentence)
        self.field = field


class InvalidChoice(Refused):
    """A select was given a `value` that this CRM does not have: `valid` lists those that it has, when it told them."""

    def __init__(self, sentence: str, *, field: str, valid: tuple[str, ...], value: str = "") -> None:
        super().__init__(sentence)
        self.field = field
        self.valid = valid
        self.value = value


class NotRouted(Refused):
    """This CRM does not offer the route (twenty.md section 0: the documented dialect has no targets, no restore)."""


class PermissionDenied(Refused):
    """The connection's role lacks the right."""


class Duplicate(Refused):
    """A unique value, or the id itself, is taken (twenty.md section 5)."""


class Unavailable(BotError):
    """Nothing was written; trying again is safe."""


Whose = Literal["operator", "team", "binding"]


class CredentialBroken(BotError):
    """A credential is not accepted. `whose`: the operator's key, the team's connection, or the binding is dead."""

    def __init__(self, sentence: str, *, whose: Whose) -> None:
        super().__init__(sentence)
        self.whose = whose


class OutcomeUnknown(BotError):
    """A write left and no answer came: it may or may not have happened."""
