"""The sandbox's CRM with as many records as wanted, in a process of its own: `python -m tests.bench.big_crm PORT N`."""

import asyncio
import sys

from bot.sandbox.twenty import FakeCRM, FakeMaton, samples
from tests.bench import slack_standin as slack


async def main(port: int, records: int) -> None:
    """Serve until the process is ended; a third of the records each are companies, people and deals."""
    each = max(records // 3, 1)
    maton = FakeMaton(api_key="bench")
    crm = FakeCRM("current", samples.big(companies=each, people=each, deals=each))
    maton.connect(crm, connection_id=f"c-{slack.team(0)}")
    async with maton.serve(port=port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
