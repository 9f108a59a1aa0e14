"""A worker's end of its connection to Redis, which goes on where Kombu's own stands still or falls.

Kombu takes a message off a worker's hands only after Redis was told. If Redis goes away in that moment it forgets to:
the worker believes that its hands are full for ever, and neither asks for messages nor notices that its connection is
gone. Here the hands are emptied in any case; the next question to Redis fails, and the worker connects anew. And what
cannot be understood at all would end the worker. Here it is dropped; if it was about a chunk, the sweep repeats it.
"""

from __future__ import annotations

from queue import Empty
from typing import Any

import structlog
from kombu.transport import redis, virtual

#: What is raised by texts that are not JSON, and by JSON that lacks what a message must have.
NOT_UNDERSTOOD = (ValueError, TypeError, AttributeError, LookupError)

log = structlog.get_logger(__name__)


class QoS(redis.QoS):
    """Kombu's bookkeeping of what a worker has in its hands, which lets go even if Redis cannot be told."""

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except BaseException:
            virtual.QoS.ack(self, delivery_tag)
            raise

    def newest(self) -> str | None:
        """The tag of the message that was taken last, if any is in the worker's hands."""
        return next(reversed(self._delivered or {}), None)


class Channel(redis.Channel):
    """Takes messages from Redis, and drops those that cannot be understood."""

    QoS = QoS

    def _brpop_read(self, **options: Any) -> bool:
        hands: QoS = self.qos  # type: ignore[assignment]
        before = hands.newest()
        try:
            return bool(super()._brpop_read(**options))  # type: ignore[misc]  # the stubs leave it out
        except NOT_UNDERSTOOD as error:
            log.error("message_dropped", reason=repr(error))
            if (taken := hands.newest()) and taken != before:
                self.basic_ack(taken)
            raise Empty from error


def listen_robustly() -> None:
    """Have every connection to Redis that is made from now on work in this way."""
    redis.Transport.Channel = Channel
