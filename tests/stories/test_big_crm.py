"""Lookups over 5,000 companies, 20,000 people and 3,000 deals: right, and soon enough for a call."""

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from bot.sandbox.twenty import FakeCRM, samples
from tests.house import House, house

Raw = dict[str, Any]
log = logging.getLogger(__name__)

SOON = 2.5
"""Seconds; the fake CRM alone takes most of it, since it has no index. Measured alone it is a tenth."""


@pytest.fixture(scope="session")
def big() -> FakeCRM:
    """The large sample, made once; nothing here writes to it."""
    return FakeCRM("current", samples.big())


def company(raw: Raw) -> bool:
    return "Contoso 1" in raw["name"]


LISTS: dict[str, tuple[str, Callable[[Raw], Any]]] = {
    "companies": ("companies", lambda raw: True),
    'companies name:"contoso 1"': ("companies", company),
    "companies -city:paris": ("companies", lambda raw: raw["address"]["addressCity"] != "Paris"),
    "people ada lovelace": (
        "people",
        lambda raw: (raw["name"]["firstName"], raw["name"]["lastName"]) == ("Ada", "Lovelace"),
    ),
    "people no:email sort:title": ("people", lambda raw: not raw["emails"]["primaryEmail"]),
    "deals": ("opportunities", lambda raw: raw["stage"] != "CUSTOMER"),
    "deals amount:>100k€ stage:any sort:amount-desc": (
        "opportunities",
        lambda raw: raw["amount"]["currencyCode"] == "EUR" and raw["amount"]["amountMicros"] > 100_000 * 10**6,
    ),
}


async def test_a_large_crm_is_answered_right_and_soon(sqlite_url: str, big: FakeCRM) -> None:
    """Counts are exact and each answer comes in time; `--log-cli-level=INFO` shows what each took."""
    names = {each["id"]: each["name"] for each in big.all("companies")}
    lists = {**LISTS, "people company:contoso": ("people", lambda raw: "Contoso" in names.get(raw["companyId"], ""))}
    async with house(sqlite_url) as home:
        home.maton.connections.get(home.connection_id).crm = big
        for line, (plural, says) in lists.items():
            wanted = sum(bool(says(raw)) for raw in big.all(plural))
            assert f"\n{wanted:,} in all" in await timed(home, line), line
        for line in ("find contoso 77", "find o'neill", 'show company "Contoso 2"', "who @ben"):
            assert await timed(home, line)


async def timed(home: House, line: str) -> str:
    """The answer's text, which must come soon."""
    began = time.perf_counter()
    answer = await home.ask(f"/crm {line}")
    took = time.perf_counter() - began
    log.info("%5.0f ms  /crm %s", 1000 * took, line)
    assert took < SOON, line
    return answer.text
