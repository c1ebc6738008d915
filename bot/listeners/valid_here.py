"""What could have been asked instead, after the CRM refused a list: in the language in which it was asked."""

from bot.answers import Schema
from bot.crm.twenty import Twenty
from bot.errors import BotError, Misunderstood, Refused, UnknownField
from bot.language.qualifiers import qualifiers_help
from bot.queries import Query


async def corrected(query: Query, refusal: Refused, crm: Twenty) -> BotError:
    """The refusal with what is valid in this very CRM, where the query's own words are at fault; else as it was."""
    keyword = _raw_part(query, refusal)
    if not keyword and not isinstance(refusal, UnknownField):
        return refusal
    try:
        known = await crm.schema(query.kind)
    except BotError:
        return Misunderstood(str(refusal))
    return Misunderstood(str(refusal), hint=_HINTS[keyword](known))


def _raw_part(query: Query, refusal: Refused) -> str:
    """Which of the CRM's own languages was misspelt, `where` or `order`; "" when it was neither."""
    if isinstance(refusal, UnknownField):
        return next((word for word, raw in _raw(query) if refusal.field in raw), "")
    if type(refusal) is not Refused:  # no permission, a wrong option: each says by itself what is valid
        return ""
    complains_of_order = "order" in str(refusal)
    return next((word for word, _ in _raw(query) if (word == "order") == complains_of_order), "")


def _raw(query: Query) -> list[tuple[str, str]]:
    """The raw parts that the query has; of a field in both, the order is looked at first, as it is the shorter one."""
    return [(word, raw) for word, raw in (("order", query.order), ("where", query.where)) if raw]


def _qualifiers(known: Schema) -> str:
    return f"Valid here: {qualifiers_help(known.kind, {each.key for each in known.fields})}."


def _where(known: Schema) -> str:
    first = next(iter(known.paths), "name")
    return (
        f"Behind where stands the CRM's own filter, such as where {first}[ilike]:%acme%, with its own names: "
        f"{', '.join(known.paths)}. Qualifiers such as created:today stand without where."
    )


def _order(known: Schema) -> str:
    return (
        f"Behind order stand the CRM's own names: {', '.join(known.paths)}; for example "
        "order createdAt[DescNullsLast]. To sort by a qualifier, write sort:created-desc."
    )


_HINTS = {"": _qualifiers, "where": _where, "order": _order}
