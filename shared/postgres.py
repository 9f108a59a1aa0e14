"""PostgreSQL's connections, which end when the server falls silent.

A host that is gone is noticed by TCP. A server that stands still is not: its kernel goes on to acknowledge whatever
comes. Only the time tells, and the client has to look at it.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event

#: A host that went away without a word is noticed within 25 s (libpq's parameters: seconds, but the last in ms).
NOTICED = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
#: Seconds that a statement may take: several times what the longest of ours does, and half of a chunk's soft limit.
ANSWER_SECONDS = 15


class WatchedConnection(psycopg.Connection[Any]):
    """Waits so long for an answer, and is closed once one is given up: it would be taken for the next one's."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        try:
            return super().wait(gen, interval, ANSWER_SECONDS if timeout is None else timeout)
        except BaseException as error:
            # What the server itself says has an SQLSTATE; without one it may be the time or a signal.
            if self.info.transaction_status == TransactionStatus.ACTIVE and not getattr(error, "sqlstate", None):
                self.close()
            raise


def give_up_silent_servers(engine: Engine) -> None:
    """Have the engine's connections raise OperationalError where no answer comes in time."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, address: tuple[str, ...], options: dict[str, Any]) -> WatchedConnection:
        return WatchedConnection.connect(*address, **options)
