"""The names of the records that values point to: what the CRM reads back or echoes has their ids alone."""

from collections.abc import Iterable

from msgspec.structs import replace

from bot.crm.twenty import Twenty
from bot.models import Ref, Value
from bot.proposals.in_time import in_time

Names = dict[str, str]


async def names_in(values: Iterable[Value], crm: Twenty) -> Names:
    """The names by id of the records that these values point to without one; none when the CRM does not tell."""
    nameless = [value for value in values if isinstance(value, Ref) and not value.name]
    if not nameless:
        return {}
    return await in_time(crm.names(nameless), {})


def called(value: Value, names: Names) -> Value:
    """The value with its name, where it is a record among these."""
    return replace(value, name=names[value.id]) if isinstance(value, Ref) and value.id in names else value
