"""Lists as people say them, in the command's own words: `show me my open deals` is `deals owner:me stage:open`."""

import re

from bot.errors import Misunderstood
from bot.language.meant import MEANT, OWN
from bot.language.qualifiers import is_qualified, qualifier
from bot.language.targets import PLURALS
from bot.models import Kind

EXAMPLES = ("my deals", "all tasks", "open deals", "list companies")
"""For help: each is a list."""

_SAID = "|".join({word for known in MEANT.values() for word in known} | set(OWN))
_LISTED = re.compile(
    rf"(?P<lead>(?:list|show(?:\s+me)?)\s+)?(?P<said>(?:(?:{_SAID})\s+)*)"
    rf"(?P<plural>{'|'.join(PLURALS)}|workflows)(?P<rest>\s.*)?",
    re.IGNORECASE | re.DOTALL,
)


def as_command(line: str) -> str:
    """The line as a command where it asks for a list or says `show me`, else as it was.

    Misunderstood where `my` is said of records that have no owner.
    """
    found = _LISTED.fullmatch(line)
    qualified = _qualified(found) if found else None
    return re.sub(r"^show\s+me\s+", "show ", line, flags=re.IGNORECASE) if qualified is None else qualified


def _qualified(found: re.Match[str]) -> str | None:
    """None when it is no list after all: `show deals acme` is a deal's card, `won people` a name."""
    said, rest = found["said"].lower().split(), found["rest"] or ""
    kind = PLURALS.get(found["plural"].lower())
    if _is_of_one(found, kind):
        return None
    known = MEANT[kind] if kind else {}
    if kind and not qualifier(kind, "owner") and not set(OWN).isdisjoint(said):
        raise Misunderstood(
            f"{kind.plural.capitalize()} have no owner in the CRM, so none of them are yours.",
            hint="To look for the words themselves:",
            line=f"find {found[0].removeprefix(found['lead'] or '')}",
        )
    if any(word not in known for word in said):
        return None
    return " ".join([found["plural"], *(known[word] for word in said if known[word]), rest.strip()]).strip()


def _is_of_one(found: re.Match[str], kind: Kind | None) -> bool:
    """`show deals acme` is, `show deals stage:won` is not; a lone quote stands in a name."""
    rest = found["rest"] or ""
    if found["said"] or not rest or (found["lead"] or "").lower().strip() != "show":
        return False
    try:
        return not (kind and is_qualified(kind, rest))
    except Misunderstood:
        return True
