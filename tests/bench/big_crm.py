"""The sandbox's CRM with as many records as wanted, on its own: `python -m tests.bench.big_crm PORT RECORDS`."""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from bot.sandbox.twenty import FakeCRM, FakeMaton, samples
from tests.bench import slack_standin as slack


class Remembering(FakeCRM):
    """Searches for the same but once: a real CRM has an index, and this one searching would crowd out the measured."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._said: dict[str, Any] = {}

    def answer(self, method: str, path: str, query: Mapping[str, list[str]] | None = None, body: bytes = b"") -> Any:
        key = repr((method, path, query, body))
        if key not in self._said:
            self._said[key] = super().answer(method, path, query, body)
        return self._said[key]


async def main(port: int, records: int) -> None:
    """Serve until the process is ended; a third of the records are of each kind. For reading only."""
    each = max(records // 3, 1)
    maton = FakeMaton(api_key="bench")
    maton.connect(
        Remembering("current", samples.big(companies=each, people=each, deals=each)),
        connection_id=f"c-{slack.team(0)}",
    )
    async with maton.serve(port=port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
