"""Words that mean a qualifier: in front of a list's name (`overdue tasks`), or behind it when they found nothing."""

from bot.models import Kind

OWN = ("mine", "my", "me")
_OWNER = dict.fromkeys(OWN, "owner:me")
_DAYS = ("overdue", "today", "tomorrow", "yesterday")
MEANT: dict[Kind, dict[str, str]] = {
    **{kind: {"all": ""} for kind in Kind},
    Kind.COMPANY: {**_OWNER, "all": ""},
    Kind.DEAL: {
        **_OWNER,
        "all": "stage:any",
        **{day: f"close:{day}" for day in _DAYS},
        **{stage: f"stage:{stage}" for stage in ("open", "closed", "new", "won", "lost", "customer")},
        **{stage: f"stage:{stage}" for stage in ("screening", "meeting", "proposal")},
    },
    Kind.TASK: {
        **_OWNER,
        "all": "owner:anyone status:any",
        **{day: f"due:{day}" for day in _DAYS},
        **{status: f"status:{status}" for status in ("open", "todo", "done")},
    },
}
"""The qualifiers to write for each word; "" where a list needs none for it."""


def meant(kind: Kind, words: str) -> tuple[str, str]:
    """The first word that reads like a qualifier's value, and the qualifier to write for it; ("", "") for none."""
    known = MEANT[kind]
    return next(((word, known[word]) for word in words.lower().split() if word in known), ("", ""))
