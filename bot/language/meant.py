"""Words of a list that found nothing and were perhaps meant as a qualifier: `tasks overdue` for `tasks due:overdue`."""

from bot.models import Kind

_OWNER = dict.fromkeys(("mine", "my", "me"), "owner:me")
_DAYS = ("overdue", "today", "tomorrow", "yesterday")
_MEANT: dict[Kind, dict[str, str]] = {
    Kind.COMPANY: _OWNER,
    Kind.DEAL: {
        **_OWNER,
        **{day: f"close:{day}" for day in _DAYS},
        **{stage: f"stage:{stage}" for stage in ("open", "closed", "new", "won", "lost", "customer")},
        **{stage: f"stage:{stage}" for stage in ("screening", "meeting", "proposal")},
    },
    Kind.TASK: {
        **_OWNER,
        **{day: f"due:{day}" for day in _DAYS},
        **{status: f"status:{status}" for status in ("open", "todo", "done")},
    },
}


def meant(kind: Kind, words: str) -> tuple[str, str]:
    """The first word that reads like a qualifier's value, and the qualifier to write for it; ("", "") for none."""
    known = _MEANT.get(kind, {})
    return next(((word, known[word]) for word in words.lower().split() if word in known), ("", ""))
