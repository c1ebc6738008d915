"""What a list of deals adds up to: together, by stage and by owner, each currency for itself. Pure."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from bot.models import Choice, Money, Record, Ref


class Part(Struct, frozen=True):
    """The deals of one stage or owner: what it is called, how many they are, and their amounts by currency."""

    name: str
    count: int
    amounts: tuple[Money, ...]


class Sums(Struct, frozen=True):
    """A whole list's totals; a division into a single part is left out, since it tells nothing new."""

    amounts: tuple[Money, ...] = ()
    stages: tuple[Part, ...] = ()
    owners: tuple[Part, ...] = ()


def sums(deals: Sequence[Record], stages: Iterable[str] = ()) -> Sums:
    """The totals of these deals. `stages` is the order of the pipeline; others follow by their name."""
    order = {stage: number for number, stage in enumerate(stages)}
    by_stage: dict[str, list[Record]] = {}
    by_owner: dict[str, list[Record]] = {}
    for deal in deals:
        by_stage.setdefault(_stage(deal), []).append(deal)
        by_owner.setdefault(_owner(deal), []).append(deal)
    in_line = sorted(by_stage, key=lambda stage: (order.get(stage, len(order)), stage))
    by_size = sorted(by_owner, key=lambda owner: (not owner, -len(by_owner[owner]), owner))
    return Sums(
        amounts=amounts(deals),
        stages=_parts([(str(Choice(stage)) if stage else "No stage", by_stage[stage]) for stage in in_line]),
        owners=_parts([(owner or "Nobody", by_owner[owner]) for owner in by_size]),
    )


def amounts(deals: Iterable[Record]) -> tuple[Money, ...]:
    """One amount per currency, the currencies in alphabetical order."""
    totals: dict[str, int] = {}
    for deal in deals:
        if isinstance(amount := deal.values.get("amount"), Money):
            totals[amount.currency] = totals.get(amount.currency, 0) + amount.micros
    return tuple(Money(micros, currency) for currency, micros in sorted(totals.items()))


def _parts(found: Sequence[tuple[str, Sequence[Record]]]) -> tuple[Part, ...]:
    return tuple(Part(name, len(deals), amounts(deals)) for name, deals in found) if len(found) > 1 else ()


def _stage(deal: Record) -> str:
    stage = deal.values.get("stage")
    return stage.value if isinstance(stage, Choice) else ""


def _owner(deal: Record) -> str:
    owner = deal.values.get("owner")
    return (owner.name or owner.id) if isinstance(owner, Ref) else ""
