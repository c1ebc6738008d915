"""The sandbox's CRM with as many records as wanted, on its own: `python -m tests.bench.big_crm PORT RECORDS WAIT`."""

import asyncio
import sys

from bot.sandbox.twenty import FakeCRM, FakeMaton, samples
from tests.bench import slack_standin as slack


async def main(port: int, records: int, wait: float) -> None:
    """Serve until the process is ended, each answer `wait` seconds late; a third of the records are of each kind."""
    each = max(records // 3, 1)
    maton = FakeMaton(api_key="bench")
    crm = FakeCRM("current", samples.big(companies=each, people=each, deals=each))
    if wait:
        maton.fault("delay", seconds=wait, times=None)
    maton.connect(crm, connection_id=f"c-{slack.team(0)}")
    async with maton.serve(port=port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
