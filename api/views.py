"""Asks a worker what the model saw; the answer comes over a Redis list of its own, which nobody keeps."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence

from anyio.to_thread import run_sync
from redis.asyncio import Redis
from redis.exceptions import RedisError
from ulid import ULID

from shared.broker import VIEW_PREFIX, CeleryQueue
from shared.errors import BrokerUnavailable, NoAnswerInTime
from shared.settings import Settings
from shared.wiring import REDIS_SECONDS, open_celery, open_redis

#: Seconds to wait for a worker, which may have a chunk to finish first.
VIEW_SECONDS = 10
#: Images to ask one worker for at a time.
BATCH = 256
#: Pixels of a side of what the network sees.
SIDE = 28


def open_views(settings: Settings) -> Views:
    """Nothing is connected before it is used."""
    redis = Redis.from_url(settings.redis, socket_timeout=2 * VIEW_SECONDS, socket_connect_timeout=REDIS_SECONDS)
    return Views(CeleryQueue(open_celery(settings), open_redis(settings)), redis)


class Views:
    """Images of 28 x 28 gray pixels, row by row, as the network was fed with them."""

    def __init__(self, queue: CeleryQueue, redis: Redis) -> None:
        self._queue = queue
        self._redis = redis

    async def ask(self, job_id: str, indexes: Sequence[int]) -> Mapping[int, bytes]:
        """The views of these images of a job, at most BATCH; what cannot be read is left out.

        No thread is held while a worker is waited for.
        Raises BrokerUnavailable, NoAnswerInTime.
        """
        reply_to = f"{VIEW_PREFIX}{ULID()}"
        await run_sync(self._queue.ask_for_views, job_id, indexes, reply_to, VIEW_SECONDS)
        try:
            reply = await self._redis.blpop([reply_to], timeout=VIEW_SECONDS)
        except RedisError as error:
            raise BrokerUnavailable from error
        if reply is None:
            raise NoAnswerInTime("No worker had the time to show what the model saw; try again.")
        return {int(index): base64.b64decode(view) for index, view in json.loads(reply[1]).items()}

    async def aclose(self) -> None:
        """Let go of Redis."""
        await self._redis.aclose()
