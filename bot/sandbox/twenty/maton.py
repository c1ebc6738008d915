"""A fake Maton gateway on a real socket."""

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from bot.sandbox.twenty.account import Account
from bot.sandbox.twenty.gateway import application


class FakeMaton(Account):
    """An account and the gateway to it. Everything a test or the page may do to it is a method here."""

    def app(self) -> web.Application:
        """The gateway as an application, for embedding."""
        return application(self)

    @contextlib.asynccontextmanager
    async def serve(self, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Serve on a loopback port and give the base URL; at the end hanging requests go on and stalled writes drop."""
        runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        try:
            yield f"http://{host}:{runner.addresses[0][1]}"
        finally:
            self.clear_faults()
            await runner.cleanup()
            await self.drop_stalled()
