"""What is known of one CRM: its fields, their names, its options and routes, learned in passing and never asked twice.

The schema is per workspace (twenty.md section 4). The current dialect is assumed until the CRM's own answers say else.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from bot import fields
from bot.crm import columns
from bot.crm.columns import Column
from bot.models import Kind

_DEFAULTS = {
    (Kind.DEAL, "stage"): (columns.STAGES, columns.DOCUMENTED_STAGES),
    (Kind.TASK, "status"): (columns.STATUSES,),
}
SELECTS: dict[Kind, tuple[str, ...]] = {Kind.DEAL: ("stage",), Kind.TASK: ("status",)}
_SELECTS_OF = {columns.plural(kind): [(kind, key) for key in keys] for kind, keys in SELECTS.items()}


class Knowledge:
    """One connection's memory; lost with the process, and learned again for a request or two."""

    def __init__(self) -> None:
        self.takes_ties: bool | None = None
        self.restores_one: bool | None = None
        self.restores_many: bool | None = None
        self._seen: dict[str, frozenset[str]] = {}
        self._lacking: set[tuple[str, str]] = set()
        self._valid: dict[tuple[Kind, str], tuple[str, ...]] = {}
        self._invalid: dict[tuple[Kind, str], set[str]] = {}
        self._used: dict[tuple[Kind, str], dict[str, None]] = {}

    def saw_all(self, plural: str, raws: Sequence[Mapping[str, Any]]) -> None:
        """Learn an object's fields and the options in use from whole records of it."""
        if raws and not raws[0].keys() <= (seen := self._seen.get(plural, frozenset())):
            self._seen[plural] = _one_for_all(seen.union(raws[0]))
        for kind, key in _SELECTS_OF.get(plural, ()):
            for raw in raws:
                if isinstance(held := raw.get(key), str) and held:
                    self.saw_choice(kind, key, held)

    def saw_choice(self, kind: Kind, key: str, value: str) -> None:
        """Learn an option from its use."""
        self._used.setdefault((kind, key), {})[value] = None
        self._invalid.get((kind, key), set()).discard(value)

    def lacks(self, plural: str, name: str) -> None:
        """Learn from a refusal that the object has no such field."""
        self._lacking.add((plural, name.partition(".")[0]))

    def allows(self, kind: Kind, key: str, valid: Iterable[str]) -> None:
        """Learn a select's options from the refusal that lists them."""
        self._valid[kind, key] = tuple(valid)

    def forbids(self, kind: Kind, key: str, value: str) -> None:
        """Learn that a select has no such option."""
        self._invalid.setdefault((kind, key), set()).add(value)

    def has_seen(self, kind: Kind) -> bool:
        """Whether the fields of this kind are known rather than assumed."""
        return columns.plural(kind) in self._seen

    def name(self, kind: Kind, key: str) -> str | None:
        """What this CRM calls the field; None when it is known not to have it."""
        return self.pick(columns.plural(kind), columns.column(kind, key).names)

    def pick(self, plural: str, names: Iterable[str]) -> str | None:
        """The first of these names that the object has, or may have."""
        seen = self._seen.get(plural)
        for each in names:
            if (seen is None or each in seen) and (plural, each) not in self._lacking:
                return each
        return None

    def has(self, kind: Kind, key: str) -> bool:
        """Whether a form should offer the field: seen, or standard while nothing of this kind has been seen."""
        if key == "records":
            return self.takes_ties is not False
        known = self.name(kind, key) is not None
        return known and (self.has_seen(kind) or fields.field(kind, key).standard)

    def path(self, kind: Kind, column: Column) -> str | None:
        """The path by which the field is filtered and ordered; None when this CRM lacks it."""
        name = self.pick(columns.plural(kind), column.names)
        if name is None:
            return None
        return name if not column.part or name == "body" else f"{name}.{column.part}"

    def paths(self, kind: Kind) -> tuple[str, ...]:
        """The paths of all fields of the kind that this CRM has, in our order, and its times."""
        known = [each for each in columns.COLUMNS[kind] if kind is Kind.MEMBER or self.has(kind, each.key)]
        found = [self.path(kind, each) for each in (*known, columns.CREATED, columns.UPDATED)]
        return tuple(each for each in found if each)

    def choices(self, kind: Kind, key: str) -> tuple[str, ...]:
        """A select's options: as the CRM listed them, else the known list that fits those in use, else those in use."""
        if (kind, key) in self._valid:
            return self._valid[kind, key]
        used, wrong = self._used.get((kind, key), {}), self._invalid.get((kind, key), set())
        for known in self._defaults(kind, key):
            if not wrong.intersection(known) and set(used) <= set(known):
                return known
        return tuple(used) or tuple(each for each in self._defaults(kind, key)[0] if each not in wrong)

    def knows_choices(self, kind: Kind) -> bool:
        """Whether every select of the kind has been seen in use or listed."""
        return all((kind, key) in self._valid or (kind, key) in self._used for key in SELECTS.get(kind, ()))

    def rejects(self, kind: Kind, key: str, value: str) -> bool:
        """Whether this CRM is known to have no such option, or all that was seen of it speaks for a list without it."""
        if (kind, key) in self._valid:
            return value not in self._valid[kind, key]
        used, wrong = self._used.get((kind, key), {}), self._invalid.get((kind, key), set())
        if value in used or value in wrong:
            return value in wrong
        fits = [
            known for known in self._defaults(kind, key) if known and not wrong & set(known) and set(used) <= set(known)
        ]
        return bool(fits) and value not in fits[0]

    def forbidden(self, kind: Kind, key: str) -> set[str]:
        """The options that this CRM said it does not have."""
        return self._invalid.get((kind, key), set())

    def _defaults(self, kind: Kind, key: str) -> tuple[tuple[str, ...], ...]:
        known = _DEFAULTS.get((kind, key), ((),))
        return known[::-1] if self.is_documented else known

    @property
    def is_documented(self) -> bool:
        """Whether the CRM speaks the documented dialect, as far as it has shown."""
        names = {self.pick(plural, ("bodyV2", "body")) for plural in ("notes", "tasks")}
        return "body" in names


@lru_cache(maxsize=1024)
def _one_for_all(names: frozenset[str]) -> frozenset[str]:
    """The same set for every CRM with these fields: most are alike, and sets of its own cost each 2.4 KB."""
    return names
