"""Keeps a worker from standing still when Redis goes away in the very moment in which it acknowledges a message.

Kombu takes a message off a worker's hands only after Redis was told. If that fails it logs and forgets to do so: the
worker believes that its hands are full for ever, so it neither asks for messages nor notices that its connection is
gone. Here the hands are emptied in any case; the next question to Redis fails, and the worker connects anew. The
message comes once more after the visibility timeout and finds nothing to claim.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    """Kombu's bookkeeping of what a worker has in its hands, which lets go even if Redis cannot be told."""

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except BaseException:
            virtual.QoS.ack(self, delivery_tag)
            raise


def let_go_of_what_cannot_be_acknowledged(channel: Any = redis.Channel) -> None:
    """Have every connection to Redis that is made from now on keep its books in this way."""
    channel.QoS = QoS
