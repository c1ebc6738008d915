"""States of installs that have begun: each is good for one return from Slack, in whichever process it arrives."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert

from bot.store.database import Database
from bot.store.tables import oauth_states

GOOD_FOR = timedelta(minutes=10)

ISSUE = insert(oauth_states)
CONSUME = delete(oauth_states).where(oauth_states.c.state == bindparam("b_state")).returning(oauth_states.c.expires_at)


class OAuthStates:
    """Only the hash is kept, so that reading the database gives nobody a state."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issue(self, now: datetime) -> str:
        """A new state, unguessable."""
        state = secrets.token_urlsafe(32)
        row = {"state": _hash(state), "expires_at": now + GOOD_FOR}

        def work(connection: Connection) -> None:
            connection.execute(ISSUE, row)

        await self._database.write(work)
        return state

    async def consume(self, state: str, now: datetime) -> bool:
        """Whether the state was issued, is young enough, and had not been consumed by anybody before."""
        values = {"b_state": _hash(state)}
        expires = await self._database.write(lambda connection: connection.execute(CONSUME, values).scalar())
        return expires is not None and expires > now


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
